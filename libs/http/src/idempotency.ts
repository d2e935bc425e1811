import { hash } from 'node:crypto';
import { Refusal, type Actor, type Database, type Tx } from '@accord/core';
import { accountTable } from '@accord/postgres';
import { Problem } from './problem.ts';
import type { Reply } from './reply.ts';

// API-6: a repeat answers the stored response. The response is stored in the transaction of the effect, so a
// crash leaves both or neither. While a transaction runs it holds an advisory lock on its key; a second one
// does not wait for it, it answers 409 at once.

export const keptMs = 24 * 3_600_000;
const leaseMs = 60_000;
export const longestKey = 255;
/** Visible ASCII, and blanks between. */
export const keyForm = /^[!-~]([ -~]*[!-~])?$/;

/** A request with an idempotency key: the key's owner, and what was asked with it. */
export interface KeyedRequest {
  /**
   * SHA-256 of issuer, subject, account, method, route, its parameters and key: two callers never meet in one
   * key, and one request is the same in whatever form its target is written.
   */
  readonly keyHash: Buffer;
  /** SHA-256 of the query's names and values, in any order, and of the body, byte for byte. */
  readonly requestHash: Buffer;
  readonly accountId: string;
}

export const idempotencyTable = (service: string): readonly string[] => [
  `create table idempotency_keys (
     key_hash bytea primary key,
     account_id text not null,
     request_hash bytea not null,
     lease_until timestamptz,
     status smallint,
     headers jsonb,
     body text,
     created_at timestamptz not null
   ) with (autovacuum_vacuum_scale_factor = 0.05)`,
  `create index idempotency_keys_created_at on idempotency_keys (created_at)`,
  accountTable(service, 'idempotency_keys', ['insert', 'update', 'delete']),
];

const sha256 = (data: string | Buffer): Buffer => hash('sha256', data, 'buffer');

const inOrder = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));

/** @throws Problem 400 `idempotency.key_invalid` where the key is empty, longer than 255 or not of `keyForm`. */
export function keyedRequest(ask: {
  key: string;
  issuer: string;
  actor: Actor;
  method: string;
  /** The route's, `/v1/orders/{orderId}`. */
  path: string;
  /** Decoded. */
  params: Readonly<Record<string, unknown>>;
  /** Decoded. */
  query: Readonly<Record<string, unknown>>;
  body: Buffer;
}): KeyedRequest {
  if (ask.key.length > longestKey || !keyForm.test(ask.key))
    throw new Problem(400, 'idempotency.key_invalid', { longest: longestKey });
  const { issuer, actor, method, path, key, body } = ask;
  const [params, query] = [inOrder(ask.params), inOrder(ask.query)];
  const asked = query.length === 0 ? body : Buffer.concat([Buffer.from(`${JSON.stringify(query)}\n`), body]);
  return {
    keyHash: sha256(
      JSON.stringify([issuer, actor.kind, actor.id, actor.accountId ?? null, method, path, params, key]),
    ),
    requestHash: sha256(asked),
    // No account is named `*`, so neither a customer nor an unset account sees the keys of operators and the
    // platform.
    accountId: actor.accountId ?? '*',
  };
}

type Stored = {
  requestHash: Buffer | null;
  status: number | null;
  headers: Record<string, string>;
  body: string;
};

const columns = `k.request_hash as "requestHash", k.status, k.headers, k.body`;
const inProgress = () => new Refusal('conflict', 'idempotency.in_progress');

/** The stored reply; undefined where nothing is stored yet. */
function replayOf(found: Stored, keyed: KeyedRequest): Reply | undefined {
  if (!found.requestHash) return undefined;
  if (!found.requestHash.equals(keyed.requestHash)) throw new Refusal('invalid', 'idempotency.key_reused');
  if (found.status === null) return undefined;
  return {
    status: found.status,
    headers: { ...found.headers, 'Idempotency-Replayed': 'true' },
    text: found.body,
  };
}

/**
 * Another transaction stored its response between our look and our store: ours is rolled back and looks
 * again.
 */
class KeyTaken extends Error {}

const lookSql = `select pg_try_advisory_xact_lock($2::bigint) as free, ${columns}
   from (select 1) as one left join idempotency_keys k on k.key_hash = $1 and k.created_at > $3`;

const storeSql = `insert into idempotency_keys as k (key_hash, account_id, request_hash, status, headers,
  body, created_at)
   values ($1, $2, $3, $4, $5, $6, $7)
   on conflict (key_hash) do update set request_hash = $3, status = $4, headers = $5, body = $6, created_at = $7
     where k.created_at <= $8
   returning 1 as stored`;

async function lookOrDo(tx: Tx, keyed: KeyedRequest, work: (tx: Tx) => Promise<Reply>): Promise<Reply> {
  const expired = new Date(tx.now.getTime() - keptMs);
  const lock = keyed.keyHash.readBigInt64BE(0).toString();
  const found = (await tx.one<Stored & { free: boolean }>(lookSql, [keyed.keyHash, lock, expired]))!;
  const stored = replayOf(found, keyed);
  if (stored) return stored;
  if (!found.free || found.requestHash) throw inProgress();
  const reply = await work(tx);
  const { status, headers, text, kept: keptText = text } = reply;
  const kept = await tx.one(storeSql, [
    keyed.keyHash,
    keyed.accountId,
    keyed.requestHash,
    status,
    JSON.stringify(headers),
    keptText,
    tx.now,
    expired,
  ]);
  if (!kept) throw new KeyTaken();
  return reply;
}

/**
 * Does `work` once per key, in one transaction with the stored reply; a refusal rolls back and stores
 * nothing.
 *
 * @throws Refusal `idempotency.in_progress` while the first runs, `idempotency.key_reused` where something
 * else was asked with the key.
 */
export async function onceInTransaction(
  db: Database,
  actor: Actor,
  keyed: KeyedRequest,
  work: (tx: Tx) => Promise<Reply>,
): Promise<Reply> {
  try {
    return await db.transaction(actor, (tx) => lookOrDo(tx, keyed, work));
  } catch (error) {
    if (!(error instanceof KeyTaken)) throw error;
    return db.transaction(actor, (tx) => lookOrDo(tx, keyed, work));
  }
}

const claimSql = `with claimed as (
     insert into idempotency_keys as k (key_hash, account_id, request_hash, lease_until, created_at)
     values ($1, $2, $3, $4, $5)
     on conflict (key_hash) do update
     set request_hash = $3, lease_until = $4, status = null, headers = null, body = null, created_at = $5
       where k.created_at <= $6 or (k.status is null and k.lease_until <= $5 and k.request_hash = $3)
     returning 1)
   select exists (select 1 from claimed) as claimed, ${columns}
     from (select 1) as one left join idempotency_keys k on k.key_hash = $1 and k.created_at > $6`;

/**
 * For work that opens its own transactions: the key is claimed first, for 60 s, and the reply stored after. A
 * claim whose process died is taken again once its lease is over. Where `work` throws, the claim is given
 * back: what it did before must be harmless to repeat.
 *
 * @throws Refusal as `onceInTransaction`.
 */
export async function onceLeased(
  db: Database,
  actor: Actor,
  keyed: KeyedRequest,
  work: () => Promise<Reply>,
): Promise<Reply> {
  const { keyHash, accountId, requestHash } = keyed;
  const claim = await db.transaction(actor, async (tx) => {
    const leaseUntil = new Date(tx.now.getTime() + leaseMs);
    const expired = new Date(tx.now.getTime() - keptMs);
    const found = (await tx.one<Stored & { claimed: boolean }>(claimSql, [
      keyHash,
      accountId,
      requestHash,
      leaseUntil,
      tx.now,
      expired,
    ]))!;
    if (found.claimed) return { leaseUntil };
    const stored = replayOf(found, keyed);
    if (!stored) throw inProgress();
    return { stored };
  });
  if (claim.stored) return claim.stored;
  const mine = [keyHash, claim.leaseUntil];
  try {
    const reply = await work();
    await db.transaction(actor, (tx) =>
      tx.one(
        `update idempotency_keys set status = $3, headers = $4, body = $5, lease_until = null
          where key_hash = $1 and lease_until = $2`,
        [...mine, reply.status, JSON.stringify(reply.headers), reply.kept ?? reply.text],
      ),
    );
    return reply;
  } catch (error) {
    await db
      .transaction(actor, (tx) =>
        tx.one('delete from idempotency_keys where key_hash = $1 and lease_until = $2', mine),
      )
      .catch(() => {
        // The database is away, or the process is ending: the lease gives the claim back.
      });
    throw error;
  }
}

/** The key of one item of a keyed batch. */
export const itemKey = (keyed: KeyedRequest, item: string): KeyedRequest => ({
  ...keyed,
  keyHash: sha256(`${keyed.keyHash.toString('hex')} ${item}`),
});
