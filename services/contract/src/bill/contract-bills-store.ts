import type { Tx } from '@accord/core';
import type { LiveContract } from '../contract/contract-orders-store.ts';
import type { Bill } from './bill.ts';

interface BillClaim {
  readonly billId: string;
  readonly contractId: string;
  readonly accountId: string;
}

/**
 * Takes each bill for its contract, one live contract each (CTR-5). Lock the bills before. Answers the ids that
 * could not be taken.
 */
export async function claimBills(tx: Tx, claims: readonly BillClaim[]): Promise<string[]> {
  const sorted = claims.toSorted((a, b) => (a.billId < b.billId ? -1 : 1));
  const taken = await tx.many<{ billId: string }>(
    `insert into live_bills (bill_id, contract_id, account_id)
     select * from unnest($1::text[], $2::text[], $3::text[]) on conflict do nothing returning bill_id as "billId"`,
    [sorted.map((c) => c.billId), sorted.map((c) => c.contractId), sorted.map((c) => c.accountId)],
  );
  const ids = new Set(taken.map(({ billId }) => billId));
  return sorted.map(({ billId }) => billId).filter((billId) => !ids.has(billId));
}

/** By bill id, the live contract of each of the bills that are in one. */
export async function findLiveContractsOfBills(
  tx: Tx,
  billIds: readonly string[],
): Promise<Map<string, LiveContract>> {
  const rows = await tx.many<LiveContract & { readonly billId: string }>(
    `select l.bill_id as "billId", contract_id as "contractId", c.number, c.status
       from live_bills l join contracts c using (contract_id) where l.bill_id = any($1)`,
    [billIds],
  );
  return new Map(rows.map(({ billId, ...live }) => [billId, live]));
}

/** The contract's bills as it states them, in the contract's order. */
export async function listContractBills(tx: Tx, contractId: string): Promise<Bill[]> {
  const rows = await tx.many<{ snapshot: Bill }>(
    'select snapshot from contract_bills where contract_id = $1 order by position',
    [contractId],
  );
  return rows.map(({ snapshot }) => snapshot);
}

/** CTR-35: a draft states its bills as they were told last. */
export const restateBills = (tx: Tx, contractId: string, bills: readonly Bill[]): void =>
  tx.write(
    `update contract_bills c set snapshot = b from jsonb_array_elements($2::jsonb) b
      where c.contract_id = $1 and c.bill_id = b->>'billId'`,
    [contractId, JSON.stringify(bills)],
  );
