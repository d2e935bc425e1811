import { Refusal, type Tx } from '@accord/core';
import type { Bill } from './bill.ts';

const insert = `
  insert into bills (bill_id, account_id, version, month, status, facts, updated_at)
  values ($1, $2, $3, $4, $5, $6, $7)
  on conflict do nothing returning version`;
const update = `
  update bills set version = $3, month = $4, status = $5, facts = $6, updated_at = $7
   where bill_id = $1 and account_id = $2 and version < $3 returning version`;

/**
 * Keeps the bill where its version is newer than the stored one of the same account. Answers the bill as it
 * stands, which may be another.
 */
export async function saveBill(tx: Tx, bill: Bill): Promise<Bill | undefined> {
  const values = [
    bill.billId,
    bill.accountId,
    bill.version,
    bill.month,
    bill.status,
    JSON.stringify(bill),
    tx.now,
  ];
  if (!(await tx.one(insert, values))) await tx.one(update, values);
  return findBill(tx, bill.billId);
}

/** Locks the bill; undefined where it is unknown. */
export async function lockBillVersion(tx: Tx, billId: string): Promise<number | undefined> {
  const row = await tx.one<{ version: string }>('select version from bills where bill_id = $1 for update', [
    billId,
  ]);
  return row && Number(row.version);
}

async function findBill(tx: Tx, billId: string): Promise<Bill | undefined> {
  const row = await tx.one<{ facts: Bill }>('select facts from bills where bill_id = $1', [billId]);
  return row?.facts;
}

/** The bills of these ids that are known and the account's own, in no order. */
export const findBills = async (
  tx: Tx,
  { accountId, billIds }: { readonly accountId: string; readonly billIds: readonly string[] },
): Promise<Bill[]> =>
  billsOf(
    await tx.many<{ facts: Bill }>('select facts from bills where bill_id = any($1) and account_id = $2', [
      billIds,
      accountId,
    ]),
  );

/** The same for update, in id order: none of them is told anew before the transaction has ended (CTR-35). */
export const lockBills = async (
  tx: Tx,
  { accountId, billIds }: Parameters<typeof findBills>[1],
): Promise<Bill[]> =>
  billsOf(
    await tx.many<{ facts: Bill }>(
      'select facts from bills where bill_id = any($1) and account_id = $2 order by bill_id for update',
      [billIds, accountId],
    ),
  );

const billsOf = (rows: readonly { readonly facts: Bill }[]): Bill[] => rows.map(({ facts }) => facts);

/** @throws Refusal `bill.not_found`, also where it is another customer's (API-5). */
export async function getBill(tx: Tx, billId: string): Promise<Bill> {
  const bill = await findBill(tx, billId);
  if (!bill) throw new Refusal('not_found', 'bill.not_found', { billId });
  return bill;
}

export interface BillFilter {
  readonly accountId: string;
  /** Bills with a line of this product. */
  readonly productCode?: string;
  readonly status?: 'paid' | 'unpaid';
  /** Months, both included. */
  readonly from?: string;
  readonly to?: string;
  /** Month and bill id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
}

/** Bills that stand and are in no live contract, latest month first. */
export async function listFreeBills(tx: Tx, filter: BillFilter, limit: number): Promise<Bill[]> {
  const rows = await tx.many<{ facts: Bill }>(
    `select facts from bills b
      where account_id = $1 and status <> 'withdrawn' and ($2::text is null or status = $2)
        and ($3::text is null
          or exists (select from jsonb_array_elements(facts->'lines') line where line->>'productCode' = $3))
        and ($4::text is null or month >= $4) and ($5::text is null or month <= $5)
        and ($6::text is null or (month, bill_id) < ($6, $7::text))
        and not exists (select from live_bills l where l.bill_id = b.bill_id)
      order by month desc, bill_id desc limit $8`,
    [
      filter.accountId,
      filter.status ?? null,
      filter.productCode ?? null,
      filter.from ?? null,
      filter.to ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      limit,
    ],
  );
  return billsOf(rows);
}
