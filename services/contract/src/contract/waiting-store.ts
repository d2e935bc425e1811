import type { DueItem, Tx } from '@accord/core';
import { contractColumns } from './contract-store.ts';
import type { Contract } from './contract.ts';

/** Drafts of before `before` and no earlier than `from`, of which nobody was told that they wait, oldest first. */
export const listSilentDrafts = (
  tx: Tx,
  { from, before }: { readonly from: Date | null; readonly before: Date },
  limit: number,
) =>
  tx.many<DueItem>(
    `select contract_id as id, account_id as "accountId" from contracts
      where status = 'draft' and reminded_at is null and drafted_at <= $1
        and drafted_at > coalesce($2::timestamptz, '-infinity')
      order by drafted_at limit $3`,
    [before, from, limit],
  );

/** Drafts of before `before`, oldest first. */
export const listOldDrafts = (tx: Tx, before: Date, limit: number) =>
  tx.many<DueItem>(
    `select contract_id as id, account_id as "accountId" from contracts
      where status = 'draft' and drafted_at <= $1 order by drafted_at limit $2`,
    [before, limit],
  );

/** For update, in the order of their ids; without those that others have locked: something is done about them. */
export const lockFreeDrafts = (tx: Tx, contractIds: readonly string[]) =>
  tx.many<Contract>(
    `select ${contractColumns} from contracts where contract_id = any ($1::text[]) and status = 'draft'
      order by contract_id for update skip locked`,
    [contractIds],
  );

/** Of these contracts, those that were not told of before. */
export async function rememberReminded(tx: Tx, contractIds: readonly string[]): Promise<Set<string>> {
  const rows = await tx.many<{ contractId: string }>(
    `update contracts set reminded_at = $2 where contract_id = any ($1::text[]) and reminded_at is null
      returning contract_id as "contractId"`,
    [contractIds, tx.now],
  );
  return new Set(rows.map(({ contractId }) => contractId));
}
