import { Refusal, type Tx } from '@accord/core';
import type { Data, Event } from '@accord/events';
import { expectVersion } from '@accord/http';
import { money } from '@accord/money';
import type { Profile } from '@accord/profile';

// Monthly bills are the platform's; it tells them over REST or by topic, with the same effect (EVT-14). Each
// telling carries the whole bill and its version, so an older one changes nothing. They are kept whatever the
// profile; where its sources have them, contracts may be over them (CTR-1).

export type Bill = Data<'bill.issued'>;
type Rules = Pick<Profile, 'invoicingEntities'>;

const insert = `
  insert into bills (bill_id, account_id, version, month, status, facts, updated_at) values ($1, $2, $3, $4, $5, $6, $7)
    on conflict do nothing returning version`;
const update = `
  update bills set version = $3, month = $4, status = $5, facts = $6, updated_at = $7
   where bill_id = $1 and account_id = $2 and version < $3 returning version`;

/**
 * Keeps what is news. Answers the bill as it stands, which may be newer than what was told.
 *
 * @throws Refusal `bill.entity_unknown`, `bill.currency_mismatch`; `bill.taken` where another account has a
 * bill of that id.
 */
export async function keepBill(tx: Tx, told: Bill, rules: Rules): Promise<Bill> {
  expectFitting(told, rules);
  const bill = exact(told);
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
  const kept = await findBill(tx, bill.billId);
  if (kept?.accountId !== bill.accountId)
    throw new Refusal('conflict', 'bill.taken', { billId: bill.billId });
  return kept;
}

export const onBillIssued =
  (rules: Rules) =>
  async (tx: Tx, { data }: Event<'bill.issued'>) =>
    void (await keepBill(tx, data, rules));

/** A contract is with one of the profile's entities, in that entity's currency (ORD-1). */
function expectFitting({ invoicingEntity, amount: { currency } }: Bill, { invoicingEntities }: Rules): void {
  const entity = invoicingEntities.find(({ code }) => code === invoicingEntity);
  if (!entity) throw new Refusal('invalid', 'bill.entity_unknown', { invoicingEntity });
  if (entity.currency !== currency)
    throw new Refusal('invalid', 'bill.currency_mismatch', { currency: entity.currency, given: currency });
}

/** Every amount with its currency's digits, however it was told. */
const exact = (bill: Bill): Bill => ({
  ...bill,
  amount: money(bill.amount.amount, bill.amount.currency),
  lines: bill.lines.map(({ productCode, amount }) => ({
    productCode,
    amount: money(amount.amount, amount.currency),
  })),
});

/**
 * API-8: what is told next meets the version it was decided on. @throws Refusal `request.version_mismatch`
 */
export async function expectBillVersion(tx: Tx, billId: string, ifMatch: number | undefined): Promise<void> {
  if (ifMatch === undefined) return;
  const row = await tx.one<{ version: string }>('select version from bills where bill_id = $1 for update', [
    billId,
  ]);
  expectVersion(ifMatch, row && Number(row.version));
}

async function findBill(tx: Tx, billId: string): Promise<Bill | undefined> {
  const row = await tx.one<{ facts: Bill }>('select facts from bills where bill_id = $1', [billId]);
  return row?.facts;
}

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
  readonly status?: Bill['status'];
  /** Months, both included. */
  readonly from?: string;
  readonly to?: string;
  /** Month and bill id of the last one seen. */
  readonly after?: readonly string[];
}

/**
 * CTR-6: the account's bills that could be in a contract now, latest month first.
 *
 * @throws Refusal `contract.bills_not_offered` where the profile has no contracts over bills: an empty list
 * would tell nobody to use orders.
 */
export async function listEligibleBills(
  tx: Tx,
  filter: BillFilter,
  limit: number,
  { contracts: { sources } }: Profile,
): Promise<Bill[]> {
  if (!sources.includes('bill')) throw new Refusal('invalid', 'contract.bills_not_offered', { sources });
  const rows = await tx.many<{ facts: Bill }>(
    `select facts from bills
      where account_id = $1 and ($2::text is null or status = $2)
        and ($3::text is null or exists (select from jsonb_array_elements(facts->'lines') line where line->>'productCode' = $3))
        and ($4::text is null or month >= $4) and ($5::text is null or month <= $5)
        and ($6::text is null or (month, bill_id) < ($6, $7::text))
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
  return rows.map(({ facts }) => facts);
}
