import { Refusal, type Decision, type DueItem, type Tx } from '@accord/core';
import { sqlFilter } from '../order/sql-filter.ts';
import type { Claim } from './claim.ts';

const columns = `claim_id as "claimId", account_id as "accountId", claimed_by as "claimedBy",
  bank_reference as "bankReference", amount, currency, order_ids as "orderIds", contract_id as "contractId",
  status, failure, remittance_id as "remittanceId", created_at as "createdAt", expires_at as "expiresAt",
  ended_at as "endedAt"`;

type Row = Omit<Claim, 'amount'> & { amount: string; currency: string };
const toClaim = ({ amount, currency, ...row }: Row): Claim => ({ ...row, amount: { amount, currency } });

/** The claims of an account are made, counted and ended one after the other. Locked before its orders. */
export const lockClaimsOf = (tx: Tx, accountId: string): void =>
  tx.write(`select pg_advisory_xact_lock(hashtextextended('remittance claims ' || $1, 0))`, [accountId]);

/** @throws Refusal `remittance.claim_not_found`, also where it is another account's (API-5). */
export async function getClaim(tx: Tx, claimId: string): Promise<Claim> {
  const row = await tx.one<Row>(`select ${columns} from remittance_claims where claim_id = $1`, [claimId]);
  if (!row) throw new Refusal('not_found', 'remittance.claim_not_found', { claimId });
  return toClaim(row);
}

/** Waiting or paid, oldest first. */
export async function listClaimsOf(tx: Tx, accountId: string, bankReference: string): Promise<Claim[]> {
  const rows = await tx.many<Row>(
    `select ${columns} from remittance_claims
      where bank_reference = $2 and account_id = $1 and status in ('waiting', 'paid') order by created_at, claim_id`,
    [accountId, bankReference],
  );
  return rows.map(toClaim);
}

/** Claims of the account that have paid nothing, made after `since`. */
export async function countAttempts(tx: Tx, accountId: string, since: Date): Promise<number> {
  const row = await tx.one<{ n: number }>(
    `select count(*)::integer as n from remittance_claims
      where account_id = $1 and created_at > $2 and status <> 'paid'`,
    [accountId, since],
  );
  return row!.n;
}

const saveText = `
  insert into remittance_claims (claim_id, account_id, claimed_by, bank_reference, amount, currency, order_ids,
    contract_id, status, failure, remittance_id, created_at, expires_at, look_at, ended_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
  on conflict (claim_id) do update set status = excluded.status, failure = excluded.failure,
    remittance_id = excluded.remittance_id, look_at = excluded.look_at, ended_at = excluded.ended_at`;

/** A new or a changed one; one that waits is looked at again at its end. */
export function saveClaim(tx: Tx, { state: claim, facts }: Decision<Claim>): Claim {
  tx.write(saveText, [
    claim.claimId,
    claim.accountId,
    claim.claimedBy,
    claim.bankReference,
    claim.amount.amount,
    claim.amount.currency,
    claim.orderIds,
    claim.contractId,
    claim.status,
    claim.failure,
    claim.remittanceId,
    claim.createdAt,
    claim.expiresAt,
    claim.status === 'waiting' ? claim.expiresAt : null,
    claim.endedAt,
  ]);
  tx.emit(...facts);
  return claim;
}

/** The claims that wait for this reference are looked at now. */
export const wakeClaims = (tx: Tx, bankReference: string): void =>
  tx.write(`update remittance_claims set look_at = $2 where bank_reference = $1 and status = 'waiting'`, [
    bankReference,
    tx.now,
  ]);

/** Waiting claims whose transfer was reported or whose time is over, over all accounts. */
export const listDueClaims = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select claim_id as id, account_id as "accountId" from remittance_claims
      where status = 'waiting' and look_at <= $1 order by look_at limit $2`,
    [tx.now, limit],
  );

interface ClaimFilter {
  readonly accountId?: string | undefined;
  readonly status?: Claim['status'] | undefined;
  /** createdAt and id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function listClaims(tx: Tx, filter: ClaimFilter): Promise<Claim[]> {
  const { where, values } = sqlFilter()
    .and('account_id = ?', filter.accountId)
    .and('status = ?', filter.status)
    .and('(created_at, claim_id) < (?::timestamptz, ?)', filter.after?.[0], filter.after?.[1]);
  const rows = await tx.many<Row>(
    `select ${columns} from remittance_claims where ${where}
      order by created_at desc, claim_id desc limit $${values.length + 1}`,
    [...values, filter.limit],
  );
  return rows.map(toClaim);
}

const mostOfReference = 20;

/** Of each reference the newest, at most 20, oldest first. */
export async function listClaimsOn(tx: Tx, bankReferences: readonly string[]): Promise<Claim[]> {
  const rows = await tx.many<Row>(
    `select ${columns} from (
       select c.*, row_number() over (partition by bank_reference order by created_at desc, claim_id desc) as n
         from remittance_claims c where bank_reference = any ($1::text[])) c
      where n <= ${mostOfReference} order by created_at, claim_id`,
    [bankReferences],
  );
  return rows.map(toClaim);
}
