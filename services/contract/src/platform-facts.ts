import { z } from 'zod';
import { expectVersion, Refusal, type Tx } from '@accord/core';
import type { Event } from '@accord/events';
import { AccountTelling } from '@accord/events/account';
import type { Subscriptions } from '@accord/messaging';
import { getAccount, lockAccountVersion, saveAccount } from './account/account-store.ts';
import type { Account } from './account/account.ts';
import { onBillTold } from './bill-contracts.ts';
import { lockBillVersion, saveBill } from './bill/bill-store.ts';
import { expectFitting, withExactAmounts, type Bill, type BillRules } from './bill/bill.ts';

// Accounts and monthly bills are the platform's. It tells them over REST or by topic, with the same effect
// (EVT-14), each time with the whole state and its version, so an older one changes nothing.

/**
 * Over REST: announced where it is news. Answers the account as it stands, which may be newer than the one
 * told, and the certified name that it had before this telling (CTR-10).
 *
 * @throws Refusal `request.version_mismatch`
 */
export async function tellAccount(
  tx: Tx,
  { account, ifMatch }: { readonly account: Account; readonly ifMatch: readonly number[] | undefined },
): Promise<{ account: Account; formerName: string | null }> {
  if (ifMatch !== undefined) expectVersion(ifMatch, await lockAccountVersion(tx, account.accountId));
  const saved = await saveAccount(tx, account);
  if (saved) tx.emit({ type: 'account.updated', data: { account } });
  const now = await getAccount(tx, account.accountId);
  return { account: now, formerName: saved ? saved.formerName : now.certifiedName };
}

/**
 * By topic, from the platform or from ourselves: announced already.
 *
 * @throws Refusal `account.unfit` for facts that REST refuses, too.
 */
async function onAccountUpdated(tx: Tx, { data: { account } }: Event<'account.updated'>): Promise<void> {
  const { data: told, error } = AccountTelling.safeParse(account);
  if (error) throw new Refusal('invalid', 'account.unfit', { errors: z.prettifyError(error) });
  await saveAccount(tx, told);
}

/**
 * Over REST. Answers the bill as it stands, which may be newer than the one told.
 *
 * @throws Refusal as `keepBill` does, `request.version_mismatch`
 */
export async function tellBill(
  tx: Tx,
  rules: BillRules,
  { bill, ifMatch }: { readonly bill: Bill; readonly ifMatch: readonly number[] | undefined },
): Promise<Bill> {
  if (ifMatch !== undefined) expectVersion(ifMatch, await lockBillVersion(tx, bill.billId));
  return keepBill(tx, rules, bill);
}

/** By topic. */
const onBillIssued =
  (rules: BillRules) =>
  async (tx: Tx, { data }: Event<'bill.issued'>) =>
    void (await keepBill(tx, rules, data));

/**
 * Kept whatever the profile's sources are; the contract that has it is told (CTR-35).
 *
 * @throws Refusal `bill.entity_unknown`, `bill.currency_mismatch`; `bill.taken` where another account has a
 * bill of that id.
 */
async function keepBill(tx: Tx, rules: BillRules, told: Bill): Promise<Bill> {
  expectFitting(told, rules);
  const kept = await saveBill(tx, withExactAmounts(told));
  if (kept?.accountId !== told.accountId)
    throw new Refusal('conflict', 'bill.taken', { billId: told.billId });
  if (kept.version === told.version) await onBillTold(tx, kept);
  return kept;
}

export const platformSubscriptions = (rules: BillRules): Subscriptions => ({
  'account.updated': { on: onAccountUpdated },
  'bill.issued': { on: onBillIssued(rules), locks: ({ data }) => [data.billId] },
});

declare module '@accord/core' {
  interface RefusalCodes {
    /** No caller gets it: an event is refused by it. */
    'account.unfit': true;
  }
}
