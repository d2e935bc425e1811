import { Refusal, type Tx } from '@accord/core';
import { sqlFilter } from '../order/sql-filter.ts';
import type { Claim } from './claim.ts';
import { nameKey, type Remittance, type ReportedRemittance } from './remittance.ts';

const columns = `remittance_id as "remittanceId", bank_reference as "bankReference", amount, currency,
  payer_name as "payerName", received_at as "receivedAt", reported_at as "reportedAt", claim_id as "claimId",
  claimed_at as "claimedAt"`;

type Row = Omit<Remittance, 'amount'> & { amount: string; currency: string };
const toRemittance = ({ amount, currency, ...row }: Row): Remittance => ({
  ...row,
  amount: { amount, currency },
});

/** Reports and claims of one reference come one after the other: each sees all that came before. */
export const lockReference = (tx: Tx, bankReference: string): void =>
  tx.write(`select pg_advisory_xact_lock(hashtextextended('remittance ' || $1, 0))`, [bankReference]);

/** Undefined where the reference is known already. */
export async function insertRemittance(
  tx: Tx,
  { remittanceId, ...told }: ReportedRemittance & { remittanceId: string },
): Promise<Remittance | undefined> {
  const { bankReference, amount, payerName, receivedAt } = told;
  const row = await tx.one<Row>(
    `insert into remittances (remittance_id, bank_reference, amount, currency, payer_name, payer_key, received_at,
       reported_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (bank_reference) do nothing returning ${columns}`,
    [
      remittanceId,
      bankReference,
      amount.amount,
      amount.currency,
      payerName,
      nameKey(payerName),
      receivedAt,
      tx.now,
    ],
  );
  return row && toRemittance(row);
}

export async function listByReference(tx: Tx, bankReferences: readonly string[]): Promise<Remittance[]> {
  const rows = await tx.many<Row>(
    `select ${columns} from remittances where bank_reference = any ($1::text[])`,
    [bankReferences],
  );
  return rows.map(toRemittance);
}

/** @throws Refusal `remittance.not_found`. */
export async function getRemittance(tx: Tx, remittanceId: string): Promise<Remittance> {
  const row = await tx.one<Row>(`select ${columns} from remittances where remittance_id = $1`, [
    remittanceId,
  ]);
  if (!row) throw new Refusal('not_found', 'remittance.not_found', { remittanceId });
  return toRemittance(row);
}

/** Of the claim's reference, amount and payer, if it is unclaimed. The claim has it from now on. */
export const takeRemittance = (tx: Tx, claim: Claim, payer: string): Promise<string | undefined> =>
  claimRemittance(tx, claim, { payer, claimId: claim.claimId });

/** As `takeRemittance`, and it stays unclaimed. */
export const findFitting = (tx: Tx, claim: Claim, payer: string): Promise<string | undefined> =>
  claimRemittance(tx, claim, { payer, claimId: null });

async function claimRemittance(
  tx: Tx,
  { bankReference, amount }: Claim,
  { payer, claimId }: { payer: string; claimId: string | null },
): Promise<string | undefined> {
  const row = await tx.one<{ remittanceId: string | null }>(
    `select claim_remittance($1, $2, $3, $4, $5, $6) as "remittanceId"`,
    [bankReference, amount.amount, amount.currency, nameKey(payer), claimId, tx.now],
  );
  return row?.remittanceId ?? undefined;
}

interface RemittanceFilter {
  readonly status?: 'unclaimed' | 'claimed' | undefined;
  /** reportedAt and id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

const claimed = { unclaimed: 'claim_id is null', claimed: 'claim_id is not null' } as const;

/** The last reported first. */
export async function listRemittances(
  tx: Tx,
  { status, after, limit }: RemittanceFilter,
): Promise<Remittance[]> {
  const { where, values } = sqlFilter(status ? [claimed[status]] : []).and(
    '(reported_at, remittance_id) < (?::timestamptz, ?)',
    after?.[0],
    after?.[1],
  );
  const rows = await tx.many<Row>(
    `select ${columns} from remittances where ${where}
      order by reported_at desc, remittance_id desc limit $${values.length + 1}`,
    [...values, limit],
  );
  return rows.map(toRemittance);
}
