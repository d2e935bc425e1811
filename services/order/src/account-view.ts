import type { Tx } from '@accord/core';
import { AccountTelling } from '@accord/events/account';
import { eventsAbout, keepNewest, type ReadModel } from '@accord/messaging';
import type { Account } from './order/allowed-operations.ts';

// Of accounts, that which decides whether their orders may be in a contract (ORD-16). The platform tells them to
// the contract service, which announces them.

const keepAccounts = keepNewest({ table: 'account_view', key: 'account_id', columns: ['facts'] });

export const accountView: ReadModel = {
  name: 'account-view',
  tables: ['account_view'],
  projections: eventsAbout('account', {
    on(writer, { data }) {
      // The contract service takes no other in.
      const { data: account } = AccountTelling.safeParse(data.account);
      if (account) keepAccounts(writer, [rowOf(account)]);
    },
  }),
};

const rowOf = ({
  accountId,
  version,
  certifiedName,
  certificate,
  invoiceTitle,
  partner,
  address,
}: ToldAccount) => ({
  account_id: accountId,
  version,
  facts: { certifiedName, certificate, invoiceTitle, partner, address } satisfies Account,
});
type ToldAccount = ReturnType<typeof AccountTelling.parse>;

/** By account id; those that no event told of yet are not there. */
export async function findAccounts(
  tx: Tx,
  accountIds: readonly string[],
): Promise<ReadonlyMap<string, Account>> {
  const rows = await tx.many<{ accountId: string; facts: Account }>(
    `select account_id as "accountId", facts from account_view where account_id = any ($1::text[])`,
    [[...new Set(accountIds)]],
  );
  return new Map(rows.map(({ accountId, facts }) => [accountId, facts]));
}
