import {
  actorId,
  amend,
  changed,
  lifecycle,
  newId,
  unchanged,
  type Actor,
  type Decision,
} from '@accord/core';
import type { SecretMark } from './secret.ts';

/** NTF-7, NTF-8. A disabled one gets nothing until it is enabled; a deleted one is remembered without its URL. */
export const endpointLifecycle = lifecycle('webhook', 'enabled', {
  enabled: { disable: 'disabled', remove: 'deleted' },
  disabled: { enable: 'enabled', remove: 'deleted' },
  deleted: {},
});

type Status = (typeof endpointLifecycle.statuses)[number];
export type DisabledReason = 'by_owner' | 'by_operator' | 'gone' | 'failing';

/** The account whose rows are a platform service's. No account is named so. */
export const platformAccount = '*';
/** Endpoints of one account, or of one platform service. */
export const mostEndpoints = 1_000;
/** How long a secret stays good after the next one was made, unless told otherwise, hours. */
export const overlapHours = 24;

/** Its owner is an account, or a platform service, whose endpoints hear of all accounts. */
export interface Endpoint {
  readonly endpointId: string;
  readonly accountId: string;
  /** Subject of the platform service's token; empty for an account's. */
  readonly service: string;
  readonly url: string;
  readonly description: string | null;
  /** `contract.voided`, `contract.*` or `*`. */
  readonly eventTypes: readonly string[];
  readonly status: Status;
  readonly disabledReason: DisabledReason | null;
  /** Grows with each change of its owner or an operator, and when it is disabled. */
  readonly version: number;
  /** How many events told of it. */
  readonly announced: number;
  readonly secret: SecretMark;
  readonly previousSecret: (SecretMark & { readonly until: Date }) | null;
  /** Deliveries that failed since the last one that did not. */
  readonly failures: number;
  readonly failingSince: Date | null;
  /** Left alone until then. */
  readonly restUntil: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type Owner = Pick<Endpoint, 'accountId' | 'service'>;

/** An account's endpoints are its own, a platform service's are those of its subject. */
export const ownerOf = ({ kind, id, accountId = platformAccount }: Actor): Owner => ({
  accountId,
  service: kind === 'platform' ? id : '',
});

export interface EndpointTerms {
  readonly url: string;
  readonly description: string | null;
  readonly eventTypes: readonly string[];
}

export function createEndpoint(
  terms: EndpointTerms,
  { actor, key, now }: { readonly actor: Actor; readonly key: string; readonly now: Date },
): Endpoint {
  return {
    endpointId: newId('whe'),
    ...ownerOf(actor),
    ...terms,
    status: endpointLifecycle.start,
    disabledReason: null,
    version: 1,
    announced: 0,
    secret: { key, generation: 1 },
    previousSecret: null,
    failures: 0,
    failingSince: null,
    restUntil: null,
    createdBy: actorId(actor),
    createdAt: now,
    updatedAt: now,
  };
}

const healthy = { failures: 0, failingSince: null, restUntil: null };
const next = (endpoint: Endpoint, now: Date, change: Partial<Endpoint>): Endpoint =>
  amend(endpoint, { ...change, updatedAt: now });

/** Another URL is tried at once, whatever the old one did. */
export const changeTerms = (
  endpoint: Endpoint,
  terms: Partial<EndpointTerms>,
  now: Date,
): Decision<Endpoint> =>
  changed(
    next(endpoint, now, { ...terms, ...(terms.url !== undefined && terms.url !== endpoint.url && healthy) }),
  );

/** An enabled one stays as it is. */
export function enable(endpoint: Endpoint, now: Date): Decision<Endpoint> {
  if (endpoint.status === 'enabled') return unchanged(endpoint);
  const status = endpointLifecycle.after(endpoint.status, 'enable');
  return changed(next(endpoint, now, { status, disabledReason: null, ...healthy }));
}

/**
 * One that is not enabled stays as it is. Told where it was not the owner's own wish (NTF-8); of a platform service's
 * own, which has no account, operators hear by a log line and a metric.
 */
export function disable(endpoint: Endpoint, reason: DisabledReason, now: Date): Decision<Endpoint> {
  if (endpoint.status !== 'enabled') return unchanged(endpoint);
  const status = endpointLifecycle.after(endpoint.status, 'disable');
  const { endpointId, accountId } = endpoint;
  const isTold = reason !== 'by_owner' && accountId !== platformAccount;
  const announced = endpoint.announced + (isTold ? 1 : 0);
  const disabled = next(endpoint, now, { status, disabledReason: reason, announced });
  if (!isTold) return changed(disabled);
  const data = { endpointId, version: announced, accountId, reason };
  return changed(disabled, { type: 'webhook.disabled', data });
}

/** Its URL may have had a token in it. */
export function remove(endpoint: Endpoint, now: Date): Decision<Endpoint> {
  const status = endpointLifecycle.after(endpoint.status, 'remove');
  const gone = { url: '', description: null, previousSecret: null, ...healthy };
  return changed(next(endpoint, now, { status, disabledReason: null, ...gone }));
}

/** Two are good from now on: the new one, and the one before it for some hours (NTF-7). */
export function rotateSecret(
  endpoint: Endpoint,
  { key, now, overlap }: { readonly key: string; readonly now: Date; readonly overlap: number },
): Decision<Endpoint> {
  const until = new Date(now.getTime() + overlap * 3_600_000);
  return changed(
    next(endpoint, now, {
      secret: { key, generation: endpoint.secret.generation + 1 },
      previousSecret: overlap === 0 ? null : { ...endpoint.secret, until },
    }),
  );
}

/** The secrets that sign now, the newest first. */
export const secretsAt = ({ secret, previousSecret }: Endpoint, now: Date): readonly SecretMark[] =>
  previousSecret && previousSecret.until > now ? [secret, previousSecret] : [secret];

/** `contract.voided` is wanted as itself, as `contract.*` and as `*`. */
export const isWanted = (eventTypes: readonly string[], type: string): boolean =>
  eventTypes.some(
    (wanted) =>
      wanted === type || wanted === '*' || (wanted.endsWith('.*') && type.startsWith(wanted.slice(0, -1))),
  );
