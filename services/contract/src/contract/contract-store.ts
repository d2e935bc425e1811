import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { DocumentContent } from '../document/content.ts';
import type { Order } from '../order-view.ts';
import { isLive, type Contract, type EarlierEnded } from './contract.ts';

const columns = `contract_id as "contractId", version, account_id as "accountId", number, kind, status, language,
  invoicing_entity as "invoicingEntity", party_a as "partyA", order_ids as "orderIds", amount, refusals, void_reason as "voidReason",
  void_text as "voidText", removed, created_at as "createdAt", drafted_at as "draftedAt", finalized_at as "finalizedAt",
  voided_at as "voidedAt", content`;

/** For update. @throws Refusal `contract.not_found`, also where it is another account's (API-5). */
export async function lockContract(tx: Tx, contractId: string): Promise<Contract> {
  const contract = await lockContractIfKnown(tx, contractId);
  if (!contract) throw new Refusal('not_found', 'contract.not_found', { contractId });
  return contract;
}

/** For update; undefined where it is unknown, as in a replay of events that are older than this schema. */
export const lockContractIfKnown = (tx: Tx, contractId: string) =>
  tx.one<Contract>(`select ${columns} from contracts where contract_id = $1 for update`, [contractId]);

/** @throws Refusal `contract.not_found`, also where it is another account's (API-5). */
export async function getContract(tx: Tx, contractId: string): Promise<Contract> {
  const contract = await tx.one<Contract>(`select ${columns} from contracts where contract_id = $1`, [
    contractId,
  ]);
  if (!contract) throw new Refusal('not_found', 'contract.not_found', { contractId });
  return contract;
}

export const findContracts = (tx: Tx, contractIds: readonly string[]) =>
  tx.many<Contract>(`select ${columns} from contracts where contract_id = any($1) order by contract_id`, [
    contractIds,
  ]);

/** For update; undefined where no live contract lists the order. There is at most one (CTR-5). */
export const lockLiveContractOf = (tx: Tx, orderId: string) =>
  tx.one<Contract>(
    `select ${columns} from contracts where contract_id = (select contract_id from live_orders where order_id = $1) for update`,
    [orderId],
  );

export interface ContractFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string;
  readonly status?: string;
  readonly kind?: string;
  readonly orderId?: string;
  readonly number?: string;
  /** createdAt and contract id of the last one seen. */
  readonly after?: readonly string[];
}

/** Newest first, without the removed ones (CTR-25). */
export const listContracts = (tx: Tx, filter: ContractFilter, limit: number) =>
  tx.many<Contract>(
    `select ${columns} from contracts
      where not removed and ($1::text is null or account_id = $1) and ($2::text is null or status = $2) and ($3::text is null or kind = $3)
        and ($4::text is null or contract_id = any(array(select contract_id from contract_orders where order_id = $4)))
        and ($5::text is null or number = $5)
        and ($6::timestamptz is null or (created_at, contract_id) < ($6, $7::text))
      order by created_at desc, contract_id desc limit $8`,
    [
      filter.accountId ?? null,
      filter.status ?? null,
      filter.kind ?? null,
      filter.orderId ?? null,
      filter.number ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      limit,
    ],
  );

/** Which of the orders are in a live contract, and in which. */
export const findLiveOrders = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<{ orderId: string; contractId: string }>(
    `select order_id as "orderId", contract_id as "contractId" from live_orders where order_id = any($1)`,
    [orderIds],
  );

/**
 * Takes each order for its contract, one live contract each (CTR-5); waits for another transaction that is
 * taking or leaving one of them. Answers the ids that could not be taken. In id order, so that two
 * applications never wait for each other.
 */
export async function claimOrders(
  tx: Tx,
  claims: readonly { orderId: string; contractId: string; accountId: string }[],
): Promise<string[]> {
  const sorted = claims.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
  const taken = await tx.many<{ orderId: string }>(
    `insert into live_orders (order_id, contract_id, account_id)
     select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing returning order_id as "orderId"`,
    [sorted.map((c) => c.orderId), sorted.map((c) => c.contractId), sorted.map((c) => c.accountId)],
  );
  const ids = new Set(taken.map(({ orderId }) => orderId));
  return sorted.map(({ orderId }) => orderId).filter((orderId) => !ids.has(orderId));
}

/**
 * Ended contracts of the orders that, for all that was heard, may still hold them at the order service
 * (ORD-13). Ask after claiming.
 */
export const listUnreleased = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<EarlierEnded>(
    `select order_id as "orderId", contract_id as "contractId" from contract_orders
      where order_id = any($1) and not released order by order_id, contract_id`,
    [orderIds],
  );

export async function insertContract(
  tx: Tx,
  decision: Decision<Contract>,
  orders: readonly Order[],
): Promise<Contract> {
  const { state: contract } = decision;
  await tx.one(
    `insert into contracts (contract_id, version, account_id, kind, status, language, invoicing_entity, party_a, order_ids, amount, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      contract.contractId,
      contract.version,
      contract.accountId,
      contract.kind,
      contract.status,
      contract.language,
      contract.invoicingEntity,
      contract.partyA,
      contract.orderIds,
      contract.amount,
      contract.createdAt,
    ],
  );
  await tx.many(
    `insert into contract_orders (contract_id, order_id, account_id, position, snapshot)
     select $1, o->>'orderId', $2, position, o from jsonb_array_elements($3::jsonb) with ordinality as listed (o, position)`,
    [contract.contractId, contract.accountId, JSON.stringify(orders)],
  );
  await announce(tx, decision);
  return contract;
}

/** One that ended lets its orders go, here and now (CTR-27). */
export async function saveContract(tx: Tx, decision: Decision<Contract>): Promise<Contract> {
  const { state: contract, facts } = decision;
  if (facts.length === 0) return contract;
  await tx.one(
    `update contracts set version = $2, status = $3, number = $4, refusals = $5, void_reason = $6, void_text = $7, removed = $8,
       drafted_at = $9, finalized_at = $10, voided_at = $11, content = $12 where contract_id = $1`,
    [
      contract.contractId,
      contract.version,
      contract.status,
      contract.number,
      JSON.stringify(contract.refusals),
      contract.voidReason,
      contract.voidText,
      contract.removed,
      contract.draftedAt,
      contract.finalizedAt,
      contract.voidedAt,
      contract.content,
    ],
  );
  if (!isLive(contract))
    await tx.one('delete from live_orders where contract_id = $1', [contract.contractId]);
  await announce(tx, decision);
  return contract;
}

async function announce(tx: Tx, { state: contract, facts }: Decision<Contract>): Promise<void> {
  await tx.one(
    `insert into contract_history (contract_id, version, account_id, event, status, at, actor) values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      contract.contractId,
      contract.version,
      contract.accountId,
      facts[0]!.type,
      contract.status,
      tx.now,
      `${tx.actor.kind}:${tx.actor.id}`,
    ],
  );
  tx.emit(...facts);
}

export interface HistoryEntry {
  readonly version: number;
  readonly event: string;
  readonly status: Contract['status'];
  readonly at: Date;
  readonly actor: string;
}

export const listHistory = (tx: Tx, contractId: string) =>
  tx.many<HistoryEntry>(
    'select version, event, status, at, actor from contract_history where contract_id = $1 order by version',
    [contractId],
  );

/** The contract's orders as they were decided on, in the contract's order. */
export async function listContractOrders(tx: Tx, contractId: string): Promise<Order[]> {
  const rows = await tx.many<{ snapshot: Order }>(
    'select snapshot from contract_orders where contract_id = $1 order by position',
    [contractId],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** Keeps the orders as they were reserved; whatever held them before no longer does. */
export async function keepReserved(tx: Tx, contractId: string, orders: readonly Order[]): Promise<void> {
  await tx.many(
    `update contract_orders c set snapshot = o from jsonb_array_elements($2::jsonb) o where c.contract_id = $1 and c.order_id = o->>'orderId'`,
    [contractId, JSON.stringify(orders)],
  );
  await tx.many(
    'update contract_orders set released = true where order_id = any($2) and contract_id <> $1 and not released',
    [contractId, orders.map(({ orderId }) => orderId)],
  );
}

/** The order service answered that the contract holds none of its orders. */
export const markNeverHeld = (tx: Tx, contractId: string) =>
  tx.one('update contract_orders set released = true where contract_id = $1', [contractId]);

/** ORD-13: the release was seen. */
export async function onOrderReleased(
  tx: Tx,
  { data: { order, holder } }: Event<'order.released'>,
): Promise<void> {
  if (holder.kind !== 'contract') return;
  await tx.one('update contract_orders set released = true where contract_id = $1 and order_id = $2', [
    holder.id,
    order.orderId,
  ]);
}

export async function nextNumber(tx: Tx): Promise<bigint> {
  const row = await tx.one<{ next: string }>(`select nextval('contract_numbers') as next`);
  return BigInt(row!.next);
}

/** Draft to sealing: a step that nobody is told of, so the version stays. */
export const saveSealing = (tx: Tx, contract: Contract) =>
  tx.one(
    `update contracts set status = $2, content = $3, sealing_since = $4, seal_attempts = 0, seal_lease_until = null where contract_id = $1`,
    [contract.contractId, contract.status, contract.content, tx.now],
  );

/** Contracts that wait for their seal and that nobody is sealing at `tx.now`, oldest first. */
export const listToSeal = (tx: Tx, limit: number) =>
  tx.many<{ id: string; accountId: string }>(
    `select contract_id as id, account_id as "accountId" from contracts
      where status = 'sealing' and (seal_lease_until is null or seal_lease_until <= $1) order by sealing_since limit $2`,
    [tx.now, limit],
  );

export interface Lease {
  readonly content: DocumentContent;
  /** The contract's version while it is sealed: that of no earlier or later round. */
  readonly round: number;
  /** Counted from 1 in each round. */
  readonly attempt: number;
}

/** Undefined where it needs no seal any more, or another instance is at it. */
export const leaseSealing = (tx: Tx, { contractId, until }: { contractId: string; until: Date }) =>
  tx.one<Lease>(
    `update contracts set seal_attempts = seal_attempts + 1, seal_lease_until = $2
      where contract_id = $1 and status = 'sealing' and (seal_lease_until is null or seal_lease_until <= $3)
      returning content, version as round, seal_attempts as attempt`,
    [contractId, until, tx.now],
  );

/** Of this attempt alone: a later one has a lease of its own. */
export const endLease = (
  tx: Tx,
  { contractId, round, attempt }: Omit<Lease, 'content'> & { contractId: string },
) =>
  tx.one(
    'update contracts set seal_lease_until = null where contract_id = $1 and version = $2 and seal_attempts = $3',
    [contractId, round, attempt],
  );

/** The first file stored stays (CTR-19); answers the SHA-256 of that one. */
export async function storeDocument(
  tx: Tx,
  of: { contract: Contract; file: Buffer; sha256: string },
): Promise<string> {
  await tx.one(
    `insert into contract_documents (contract_id, account_id, sha256, file, stored_at) values ($1, $2, $3, $4, $5) on conflict do nothing`,
    [of.contract.contractId, of.contract.accountId, of.sha256, of.file, tx.now],
  );
  return (await findDocumentHash(tx, of.contract.contractId))!.sha256;
}

export const findDocumentHash = (tx: Tx, contractId: string) =>
  tx.one<{ sha256: string }>('select sha256 from contract_documents where contract_id = $1', [contractId]);

export const findDocument = (tx: Tx, contractId: string) =>
  tx.one<{ file: Buffer; sha256: string }>(
    'select file, sha256 from contract_documents where contract_id = $1',
    [contractId],
  );

/**
 * CTR-20: over all accounts; number and status of the contract whose official file has this SHA-256, nothing
 * more.
 */
export const verifyDocument = (tx: Tx, sha256: string) =>
  tx.one<{ number: string; status: 'official' | 'voided' }>(
    'select number, status from verify_document($1)',
    [sha256],
  );
