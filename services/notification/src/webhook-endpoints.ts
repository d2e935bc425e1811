import { expectVersion, Refusal, type Actor, type Tx } from '@accord/core';
import { eventTypes as knownTypes } from '@accord/events';
import { refusalOfUrl, type UrlRules } from './webhook/address.ts';
import {
  countEndpoints,
  insertEndpoint,
  lockEndpoint,
  saveEndpoint,
  type OwnerFilter,
} from './webhook/endpoint-store.ts';
import {
  changeTerms,
  createEndpoint,
  disable,
  enable,
  mostEndpoints,
  ownerOf,
  remove,
  rotateSecret,
  type Endpoint,
  type EndpointTerms,
} from './webhook/endpoint.ts';
import type { WebhookKeys } from './webhook/secret.ts';

// NTF-7: endpoints, as their owners make and change them. How their deliveries go is in webhook-deliveries.ts.

export interface WebhookRules {
  readonly urls: UrlRules;
  readonly keys: WebhookKeys;
}

/** A customer's are those of the account, a platform service's its own; an operator sees all. */
export const ownersOf = (actor: Actor, asked?: string): OwnerFilter =>
  actor.kind === 'operator'
    ? { accountId: asked, service: undefined }
    : actor.kind === 'platform'
      ? ownerOf(actor)
      : { accountId: actor.accountId, service: undefined };

interface Told {
  readonly endpoint: Endpoint;
  /** Told this once. */
  readonly secret: string;
}

/** @throws Refusal `webhook.url_refused`, `webhook.type_unknown`, `webhook.too_many`, `webhook.not_configured`. */
export async function create(tx: Tx, terms: EndpointTerms, rules: WebhookRules): Promise<Told> {
  checkTerms(terms, rules);
  const key = presentKey(rules.keys);
  const owner = ownerOf(tx.actor);
  if ((await countEndpoints(tx, owner)) >= mostEndpoints)
    throw new Refusal('conflict', 'webhook.too_many', { most: mostEndpoints });
  const endpoint = createEndpoint(terms, { actor: tx.actor, key, now: tx.now });
  insertEndpoint(tx, endpoint);
  return { endpoint, secret: rules.keys.secretOf(endpoint.endpointId, endpoint.secret)! };
}

interface Ask {
  readonly endpointId: string;
  readonly ifMatch: readonly number[] | undefined;
}

const lockOwn = async (tx: Tx, { endpointId, ifMatch }: Ask): Promise<Endpoint> => {
  const endpoint = await lockEndpoint(tx, endpointId, ownersOf(tx.actor));
  expectVersion(ifMatch, endpoint.version);
  return endpoint;
};

/** @throws Refusal `webhook.not_found`, `webhook.url_refused`, `webhook.type_unknown`, `request.version_mismatch`. */
export async function change(
  tx: Tx,
  {
    enabled,
    terms,
    ...ask
  }: Ask & { readonly enabled: boolean | undefined; readonly terms: Partial<EndpointTerms> },
  rules: WebhookRules,
): Promise<Endpoint> {
  let endpoint = await lockOwn(tx, ask);
  checkTerms(terms, rules);
  if (Object.keys(terms).length > 0) endpoint = saveEndpoint(tx, changeTerms(endpoint, terms, tx.now));
  if (enabled === true) endpoint = saveEndpoint(tx, enable(endpoint, tx.now));
  const by = tx.actor.kind === 'operator' ? 'by_operator' : 'by_owner';
  if (enabled === false) endpoint = saveEndpoint(tx, disable(endpoint, by, tx.now));
  return endpoint;
}

/** @throws Refusal `webhook.not_found`, `request.version_mismatch`. */
export const removeEndpoint = async (tx: Tx, ask: Ask): Promise<Endpoint> =>
  saveEndpoint(tx, remove(await lockOwn(tx, ask), tx.now));

/** @throws Refusal `webhook.not_found`, `webhook.not_configured`, `request.version_mismatch`. */
export async function rotate(
  tx: Tx,
  { overlap, ...ask }: Ask & { readonly overlap: number },
  { keys }: WebhookRules,
): Promise<Told> {
  const locked = await lockOwn(tx, ask);
  const endpoint = saveEndpoint(tx, rotateSecret(locked, { key: presentKey(keys), now: tx.now, overlap }));
  return { endpoint, secret: keys.secretOf(endpoint.endpointId, endpoint.secret)! };
}

function presentKey(keys: WebhookKeys): string {
  const key = keys.present();
  if (key === undefined) throw new Refusal('conflict', 'webhook.not_configured');
  return key;
}

function checkTerms({ url, eventTypes = [] }: Partial<EndpointTerms>, { urls }: WebhookRules): void {
  const reason = url === undefined ? undefined : refusalOfUrl(url, urls);
  if (reason !== undefined) throw new Refusal('invalid', 'webhook.url_refused', { reason });
  const type = eventTypes.find((wanted) => !isKnown(wanted));
  if (type !== undefined) throw new Refusal('invalid', 'webhook.type_unknown', { type });
}

const isKnown = (wanted: string): boolean =>
  wanted === '*' ||
  (wanted.endsWith('.*')
    ? knownTypes.some((type) => type.startsWith(wanted.slice(0, -1)))
    : knownTypes.some((type) => type === wanted));
