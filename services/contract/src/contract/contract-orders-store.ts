import type { Tx } from '@accord/core';
import type { Order } from '../order-view.ts';
import type { Contract, EarlierEnded } from './contract.ts';

export interface Claim {
  readonly orderId: string;
  readonly contractId: string;
  readonly accountId: string;
}

/**
 * Takes each order for its contract, one live contract each (CTR-5); waits for another transaction that is
 * taking or leaving one of them. Answers the ids that could not be taken. In id order, so that two
 * applications never wait for each other.
 */
export async function claimOrders(tx: Tx, claims: readonly Claim[]): Promise<string[]> {
  const sorted = claims.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
  const taken = await tx.many<{ orderId: string }>(
    `insert into live_orders (order_id, contract_id, account_id)
     select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing returning order_id as "orderId"`,
    [sorted.map((c) => c.orderId), sorted.map((c) => c.contractId), sorted.map((c) => c.accountId)],
  );
  const ids = new Set(taken.map(({ orderId }) => orderId));
  return sorted.map(({ orderId }) => orderId).filter((orderId) => !ids.has(orderId));
}

/** The live contract that has an order. */
export type LiveContract = Pick<Contract, 'contractId' | 'number' | 'status'>;

/** By order id, the live contract of each of the orders that are in one. */
export async function findLiveContracts(
  tx: Tx,
  orderIds: readonly string[],
): Promise<Map<string, LiveContract>> {
  const rows = await tx.many<LiveContract & { readonly orderId: string }>(
    `select l.order_id as "orderId", contract_id as "contractId", c.number, c.status
       from live_orders l join contracts c using (contract_id) where l.order_id = any($1)`,
    [orderIds],
  );
  return new Map(rows.map(({ orderId, ...live }) => [orderId, live]));
}

/** The contract's orders as they were decided on, in the contract's order. */
export async function listContractOrders(tx: Tx, contractId: string): Promise<Order[]> {
  const rows = await tx.many<{ snapshot: Order }>(
    'select snapshot from contract_orders where contract_id = $1 order by position',
    [contractId],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** Keeps the orders as they were reserved; an earlier holder of them no longer has them. */
export function keepReserved(tx: Tx, contractId: string, orders: readonly Order[]): void {
  tx.write(
    `update contract_orders c set snapshot = o from jsonb_array_elements($2::jsonb) o
      where c.contract_id = $1 and c.order_id = o->>'orderId'`,
    [contractId, JSON.stringify(orders)],
  );
  tx.write(
    `update contract_orders set released = true
      where order_id = any($2) and contract_id <> $1 and not released`,
    [contractId, orders.map(({ orderId }) => orderId)],
  );
}

/**
 * Ended contracts of the orders that, by all that was heard, may still hold them at the order service
 * (ORD-13). Ask after claiming.
 */
export const listUnreleased = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<EarlierEnded>(
    `select order_id as "orderId", contract_id as "contractId" from contract_orders
      where order_id = any($1) and not released order by order_id, contract_id`,
    [orderIds],
  );

/** The order service answered that the contract holds none of its orders. */
export const markNeverHeld = (tx: Tx, contractId: string): void =>
  tx.write('update contract_orders set released = true where contract_id = $1', [contractId]);

/** The order service told that the contract no longer holds the order. */
export const markReleased = (tx: Tx, contractId: string, orderId: string): void =>
  tx.write('update contract_orders set released = true where contract_id = $1 and order_id = $2', [
    contractId,
    orderId,
  ]);
