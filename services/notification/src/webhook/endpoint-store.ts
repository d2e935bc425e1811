import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Endpoint, Owner } from './endpoint.ts';

type Row = Omit<Endpoint, 'secret' | 'previousSecret'> & {
  readonly secretKey: string;
  readonly secretGeneration: number;
  readonly previousKey: string | null;
  readonly previousGeneration: number | null;
  readonly previousUntil: Date | null;
};

export const endpointColumns = `e.endpoint_id as "endpointId", e.account_id as "accountId", e.service, e.url,
  e.description, e.event_types as "eventTypes", e.status, e.disabled_reason as "disabledReason", e.version, e.announced,
  e.secret_key as "secretKey", e.secret_generation as "secretGeneration", e.previous_key as "previousKey",
  e.previous_generation as "previousGeneration", e.previous_until as "previousUntil", e.failures,
  e.failing_since as "failingSince", e.rest_until as "restUntil", e.created_by as "createdBy",
  e.created_at as "createdAt", e.updated_at as "updatedAt"`;

export function endpointOf(row: Row): Endpoint {
  const { secretKey, secretGeneration, previousKey, previousGeneration, previousUntil, ...rest } = row;
  return {
    ...rest,
    secret: { key: secretKey, generation: secretGeneration },
    previousSecret:
      previousKey !== null && previousGeneration !== null && previousUntil !== null
        ? { key: previousKey, generation: previousGeneration, until: previousUntil }
        : null,
  };
}

export const insertEndpoint = (tx: Tx, endpoint: Endpoint): void =>
  tx.write(
    `insert into webhook_endpoints (endpoint_id, account_id, service, url, description, event_types, status, version,
       announced, secret_key, secret_generation, created_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)`,
    [
      endpoint.endpointId,
      endpoint.accountId,
      endpoint.service,
      endpoint.url,
      endpoint.description,
      endpoint.eventTypes,
      endpoint.status,
      endpoint.version,
      endpoint.announced,
      endpoint.secret.key,
      endpoint.secret.generation,
      endpoint.createdBy,
      endpoint.createdAt,
    ],
  );

/** Stores a decision and emits its facts. */
export function saveEndpoint(tx: Tx, { state, facts }: Decision<Endpoint>): Endpoint {
  tx.write(
    `update webhook_endpoints set url = $2, description = $3, event_types = $4, status = $5, disabled_reason = $6,
       version = $7, announced = $8, secret_key = $9, secret_generation = $10, previous_key = $11,
       previous_generation = $12, previous_until = $13, failures = $14, failing_since = $15, rest_until = $16,
       updated_at = $17 where endpoint_id = $1`,
    [
      state.endpointId,
      state.url,
      state.description,
      state.eventTypes,
      state.status,
      state.disabledReason,
      state.version,
      state.announced,
      state.secret.key,
      state.secret.generation,
      state.previousSecret?.key ?? null,
      state.previousSecret?.generation ?? null,
      state.previousSecret?.until ?? null,
      state.failures,
      state.failingSince,
      state.restUntil,
      state.updatedAt,
    ],
  );
  tx.emit(...facts);
  return state;
}

/** Undefined of each part: anybody's. */
export type OwnerFilter = { readonly [K in keyof Owner]: Owner[K] | undefined };

const isOfOwner = `($2::text is null or e.account_id = $2) and ($3::text is null or e.service = $3)`;
const ownerValues = ({ accountId, service }: OwnerFilter) => [accountId ?? null, service ?? null];

/** @throws Refusal `webhook.not_found`, also where it is another's, or deleted. */
export const getEndpoint = (tx: Tx, endpointId: string, owner: OwnerFilter): Promise<Endpoint> =>
  found(tx, endpointId, owner, '');

/** For update. @throws Refusal as `getEndpoint`. */
export const lockEndpoint = (tx: Tx, endpointId: string, owner: OwnerFilter): Promise<Endpoint> =>
  found(tx, endpointId, owner, 'for update');

async function found(
  tx: Tx,
  endpointId: string,
  owner: OwnerFilter,
  lock: '' | 'for update',
): Promise<Endpoint> {
  const row = await tx.one<Row>(
    `select ${endpointColumns} from webhook_endpoints e
      where e.endpoint_id = $1 and ${isOfOwner} and e.status <> 'deleted' ${lock}`,
    [endpointId, ...ownerValues(owner)],
  );
  if (!row) throw new Refusal('not_found', 'webhook.not_found', { endpointId });
  return endpointOf(row);
}

/** Serialised by the owner, so that two requests do not both make the last one that is allowed. */
export async function countEndpoints(tx: Tx, { accountId, service }: Owner): Promise<number> {
  tx.write(`select pg_advisory_xact_lock(hashtextextended('webhooks ' || $1 || ' ' || $2, 0))`, [
    accountId,
    service,
  ]);
  const row = await tx.one<{ count: number }>(
    `select count(*)::integer as count from webhook_endpoints
      where account_id = $1 and service = $2 and status <> 'deleted'`,
    [accountId, service],
  );
  return row!.count;
}

/** Health as its owner sees it. */
export interface EndpointHealth {
  readonly endpoint: Endpoint;
  /** Open deliveries, counted to 10 000. */
  readonly open: number;
  readonly oldestOpenAt: Date | null;
}

const mostCounted = 10_000;

/** By id. `failing`: those alone whose last delivery failed. */
export async function listEndpoints(
  tx: Tx,
  of: OwnerFilter & {
    readonly status: string | undefined;
    readonly failing: boolean | undefined;
    readonly endpointId?: string;
    readonly after?: string | undefined;
    readonly limit: number;
  },
): Promise<EndpointHealth[]> {
  const rows = await tx.many<Row & { open: number; oldestOpenAt: Date | null }>(
    `select ${endpointColumns}, q.open, q.oldest as "oldestOpenAt"
       from webhook_endpoints e cross join lateral (
         select count(*)::integer as open, min(created_at) as oldest from (
           select created_at from webhook_queue where endpoint_id = e.endpoint_id order by delivery_id
            limit ${mostCounted}) one) q
      where ($1::text is null or e.endpoint_id = $1) and ${isOfOwner} and e.status <> 'deleted'
        and ($4::text is null or e.status = $4) and ($5::boolean is null or (e.failing_since is not null) = $5)
        and e.endpoint_id > $6
      order by e.endpoint_id limit $7`,
    [
      of.endpointId ?? null,
      ...ownerValues(of),
      of.status ?? null,
      of.failing ?? null,
      of.after ?? '',
      of.limit,
    ],
  );
  return rows.map(({ open, oldestOpenAt, ...row }) => ({ endpoint: endpointOf(row), open, oldestOpenAt }));
}
