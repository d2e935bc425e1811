import { Refusal, type Tx } from '@accord/core';
import type { Account } from './account.ts';

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

/** Locks the account; undefined where it is unknown. */
export async function lockAccountVersion(tx: Tx, accountId: string): Promise<number | undefined> {
  const row = await tx.one<{ version: string }>(
    'select version from accounts where account_id = $1 for update',
    [accountId],
  );
  return row && Number(row.version);
}

/**
 * Keeps the account where its version is newer than the stored one; answers the certified name that it had
 * before, and undefined where nothing was newer.
 */
export const saveAccount = (tx: Tx, account: Account) =>
  tx.one<{ formerName: string | null }>(
    `insert into accounts (account_id, version, facts, updated_at) values ($1, $2, $3, $4)
       on conflict (account_id) do update
         set version = excluded.version, facts = excluded.facts, updated_at = excluded.updated_at
       where accounts.version < excluded.version
     returning old.facts->>'certifiedName' as "formerName"`,
    [account.accountId, account.version, JSON.stringify(account), tx.now],
  );
