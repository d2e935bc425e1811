import { z } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import { AccountTelling, type AccountFacts } from '@accord/events/account';
import { expectVersion } from '@accord/http';
import { printable } from '@accord/pdf';

// Accounts are the platform's; it tells their facts over REST or by topic, with the same effect (EVT-14).
// Each telling carries the account's whole state and version, so an older one changes nothing.

export type Account = z.infer<typeof AccountFacts>;

/** Party A as a contract keeps it (CTR-9). */
export interface Party {
  readonly name: string;
  readonly certificate: string | null;
  readonly address: string | null;
  readonly contact: string | null;
}

export const partyOf = (account: Account & { certifiedName: string }): Party => ({
  name: account.certifiedName,
  certificate: account.certificate,
  address: account.address && account.address.address,
  contact: account.address && `${account.address.recipient} ${account.address.phone}`,
});

/** By a name that a document shows: one of signs that nobody sees is none. */
export const isCertified = (account: Account | undefined): account is Account & { certifiedName: string } =>
  printable(account?.certifiedName ?? '').trim() !== '';

export async function findAccount(tx: Tx, accountId: string): Promise<Account | undefined> {
  const row = await tx.one<{ facts: Account }>('select facts from accounts where account_id = $1', [
    accountId,
  ]);
  return row?.facts;
}

/** @throws Refusal `account.not_found`, also where it is another customer's (API-5). */
export async function getAccount(tx: Tx, accountId: string): Promise<Account> {
  const account = await findAccount(tx, accountId);
  if (!account) throw new Refusal('not_found', 'account.not_found', { accountId });
  return account;
}

/**
 * API-8: what is told next meets the version it was decided on. @throws Refusal `request.version_mismatch`
 */
export async function expectAccountVersion(
  tx: Tx,
  accountId: string,
  ifMatch: number | undefined,
): Promise<void> {
  if (ifMatch === undefined) return;
  const row = await tx.one<{ version: string }>(
    'select version from accounts where account_id = $1 for update',
    [accountId],
  );
  expectVersion(ifMatch, row && Number(row.version));
}

const record = (tx: Tx, account: Account) =>
  tx.one<{ version: string }>(
    `insert into accounts (account_id, version, facts, updated_at) values ($1, $2, $3, $4)
       on conflict (account_id) do update set version = excluded.version, facts = excluded.facts, updated_at = excluded.updated_at
       where accounts.version < excluded.version
     returning version`,
    [account.accountId, account.version, JSON.stringify(account), tx.now],
  );

/**
 * Told over REST: announced where it is news. Answers the account as it stands, which may be newer than what
 * was told.
 */
export async function putAccount(tx: Tx, account: Account): Promise<Account> {
  if (await record(tx, account)) tx.emit({ type: 'account.updated', data: { account } });
  return getAccount(tx, account.accountId);
}

/**
 * Told by topic, by the platform or by ourselves: known to everybody already. @throws Refusal `account.unfit`
 * for what REST refuses, too.
 */
export async function onAccountUpdated(
  tx: Tx,
  { data: { account } }: Event<'account.updated'>,
): Promise<void> {
  const { data: told, error } = AccountTelling.safeParse(account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  await record(tx, told);
}
