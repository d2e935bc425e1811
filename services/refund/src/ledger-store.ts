import { newId, type Tx } from '@accord/core';
import { isZero, money, negate, sum, type Money } from '@accord/money';
import type { Split } from './refund/amount.ts';

// Double entry: each transaction's postings sum to zero. A customer's money lies in funds; a voucher is one,
// but no money to spend freely.

export const funds = ['cash', 'gift_credit', 'stored_card', 'voucher'] as const;
export type Fund = (typeof funds)[number];

interface Posting {
  /** `customer:<fund>` of the transaction's account, or the provider's that stands against it. */
  readonly account: `customer:${Fund}` | 'provider:refunds' | 'provider:unapplied_payments';
  readonly amount: Money;
}

/** The reason of a transaction; posted once, whatever repeats. */
type Cause =
  | { readonly kind: 'refund'; readonly refundId: string; readonly orderId: string | null }
  | { readonly kind: 'unapplied_payment'; readonly paymentReference: string; readonly orderId: string };

/**
 * Credits the account: each part goes to the fund it came from (RFD-11, RFD-15; ORD-5 where it pays no order).
 * Nothing happens where this cause was posted before, or `split` is nothing.
 */
export async function post(
  tx: Tx,
  accountId: string,
  { cause, split }: { cause: Cause; split: Split },
): Promise<void> {
  const credits = creditsOf(split);
  const [first] = credits;
  if (!first) return;
  const transactionId = newId('ltx');
  const posted = await tx.one(
    `insert into ledger_transactions (transaction_id, account_id, kind, refund_id, payment_reference, order_id,
       posted_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning transaction_id`,
    [
      transactionId,
      accountId,
      cause.kind,
      cause.kind === 'refund' ? cause.refundId : null,
      cause.kind === 'unapplied_payment' ? cause.paymentReference : null,
      cause.orderId,
      tx.now,
    ],
  );
  if (!posted) return;
  const amounts = credits.map(({ amount }) => amount);
  const debit: Posting = {
    account: cause.kind === 'refund' ? 'provider:refunds' : 'provider:unapplied_payments',
    amount: negate(sum(amounts, first.amount.currency)),
  };
  for (const posting of [...credits, debit].sort((a, b) => (a.account < b.account ? -1 : 1)))
    await insertPosting(tx, { accountId, transactionId, posting });
}

/** True where no fund gets anything. */
export const isNothing = (split: Split): boolean => creditsOf(split).length === 0;

const creditsOf = (split: Split): Posting[] => {
  const postings: Posting[] = [
    { account: 'customer:cash', amount: split.cash },
    { account: 'customer:gift_credit', amount: split.giftCredit },
    { account: 'customer:stored_card', amount: split.storedCard },
    { account: 'customer:voucher', amount: split.voucher },
  ];
  return postings.filter(({ amount }) => !isZero(amount));
};

/**
 * The fund's balance moves with its posting, in fund order, so that two transactions of one account never
 * wait for each other.
 */
async function insertPosting(
  tx: Tx,
  { accountId, transactionId, posting }: { accountId: string; transactionId: string; posting: Posting },
) {
  const fund = funds.find((one) => posting.account === `customer:${one}`);
  const { amount, currency } = posting.amount;
  const balance =
    fund &&
    (await tx.one<{ amount: string }>(
      `insert into balances (account_id, fund, currency, amount) values ($1, $2, $3, $4)
     on conflict (account_id, fund, currency) do update set amount = balances.amount + excluded.amount
     returning amount`,
      [accountId, fund, currency, amount],
    ));
  tx.write(
    `insert into ledger_postings (transaction_id, account_id, ledger_account, amount, currency, balance_after)
     values ($1, $2, $3, $4, $5, $6)`,
    [transactionId, accountId, posting.account, amount, currency, balance?.amount ?? null],
  );
}

export async function listBalances(tx: Tx, accountId: string): Promise<{ fund: Fund; amount: Money }[]> {
  const rows = await tx.many<{ fund: Fund; amount: string; currency: string }>(
    'select fund, amount, currency from balances where account_id = $1 order by currency, fund',
    [accountId],
  );
  return rows.map(({ fund, amount, currency }) => ({ fund, amount: money(amount, currency) }));
}

interface StatementEntry {
  readonly postingId: string;
  readonly at: Date;
  readonly kind: Cause['kind'];
  readonly fund: Fund;
  readonly amount: Money;
  /** Of this fund and currency, after the entry. */
  readonly balance: Money;
  readonly refundId: string | null;
  readonly orderId: string | null;
  readonly paymentReference: string | null;
}

type EntryRow = Omit<StatementEntry, 'amount' | 'balance'> & {
  amount: string;
  balance: string;
  currency: string;
};

/** The customer's side of every transaction, newest first. */
export async function listStatementEntries(
  tx: Tx,
  ask: {
    accountId: string;
    from: Date | undefined;
    before: Date | undefined;
    /** The posting id of the last one seen. */
    after: string | undefined;
    limit: number;
  },
): Promise<StatementEntry[]> {
  const rows = await tx.many<EntryRow>(
    `select p.posting_id as "postingId", t.posted_at as at, t.kind, substr(p.ledger_account, 10) as fund, p.amount,
       p.currency, p.balance_after as balance, t.refund_id as "refundId", t.order_id as "orderId",
       t.payment_reference as "paymentReference"
       from ledger_postings p join ledger_transactions t using (transaction_id)
      where p.account_id = $1 and p.balance_after is not null and ($2::bigint is null or p.posting_id < $2)
        and ($3::timestamptz is null or t.posted_at >= $3) and ($4::timestamptz is null or t.posted_at < $4)
      order by p.posting_id desc limit $5`,
    [ask.accountId, ask.after ?? null, ask.from ?? null, ask.before ?? null, ask.limit],
  );
  return rows.map(({ currency, amount, balance, ...entry }) => ({
    ...entry,
    amount: money(amount, currency),
    balance: money(balance, currency),
  }));
}
