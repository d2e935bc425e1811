import { z } from 'zod';
import { Refusal, type Actor } from '@accord/core';
import { AccountId, Moment, Money, PaymentSplit } from '@accord/events/fields';
import { paged, pageOf, pageQuery, pageRange, rangeQuery, route, timeRange, type Route } from '@accord/http';
import { sum, zero } from '@accord/money';
import { funds, listBalances, listStatementEntries, type Fund } from '../ledger-store.ts';

const Account = z.strictObject({ accountId: AccountId });
const access = { customer: 'refunds:read', operator: true, platform: true } as const;

const Balance = z
  .object({
    accountId: z.string(),
    balances: z.array(
      z
        .object({
          currency: z.string(),
          balance: Money,
          funds: PaymentSplit,
        })
        .meta({
          id: 'CurrencyBalance',
          description: '`balance` is cash, gift credit and stored card together; vouchers are not in it.',
        }),
    ),
  })
  .meta({ id: 'AccountBalance' });

const Entry = z
  .object({
    entryId: z.string(),
    at: Moment,
    kind: z.enum(['refund', 'unapplied_payment']),
    fund: z.enum(funds),
    amount: Money,
    balance: Money,
    refundId: z.string().nullable(),
    orderId: z.string().nullable(),
    paymentReference: z.string().nullable(),
  })
  .meta({ id: 'StatementEntry', description: '`balance` is that of the fund, after the entry.' });

const getBalance = route({
  method: 'get',
  path: '/v1/balances/{accountId}',
  operationId: 'getBalance',
  summary: "An account's balance in each currency.",
  access,
  params: Account,
  answer: Balance,
  refusals: ['balance.not_found'],
  inTransaction: async (tx, { params: { accountId }, actor }) => {
    checkOwn(actor, accountId);
    return { body: { accountId, balances: perCurrency(await listBalances(tx, accountId)) } };
  },
});

const PostingPlace = z.tuple([z.string().regex(/^\d{1,18}$/)]).transform(([postingId]) => postingId);

const getStatement = route({
  method: 'get',
  path: '/v1/balances/{accountId}/statement',
  operationId: 'getStatement',
  summary: 'Every movement of the balance, newest first.',
  access,
  params: Account,
  query: z.strictObject({ ...pageQuery, ...rangeQuery }),
  answer: paged(Entry),
  refusals: ['balance.not_found', 'request.range_reversed'],
  inTransaction: async (
    tx,
    { params: { accountId }, query: { limit, cursor, ...query }, actor, timeZone },
  ) => {
    const page = pageRange({ limit, cursor }, PostingPlace);
    checkOwn(actor, accountId);
    const range = timeRange(query, timeZone);
    const rows = await listStatementEntries(tx, { accountId, ...range, ...page });
    return {
      body: pageOf(rows, limit, {
        item: ({ postingId, at, ...entry }) => ({ entryId: postingId, at: at.toISOString(), ...entry }),
        key: ({ postingId }) => [postingId],
      }),
    };
  },
});

export const balanceRoutes: readonly Route[] = [getBalance, getStatement];

/** API-5. @throws Refusal `balance.not_found` for another account's. */
function checkOwn(actor: Actor, accountId: string): void {
  if (actor.kind === 'customer' && actor.accountId !== accountId)
    throw new Refusal('not_found', 'balance.not_found', { accountId });
}

function perCurrency(balances: readonly { fund: Fund; amount: Money }[]) {
  const currencies = [...new Set(balances.map(({ amount }) => amount.currency))];
  return currencies.map((currency) => {
    const inFund = (name: Fund) =>
      balances.find(({ fund, amount }) => fund === name && amount.currency === currency)?.amount ??
      zero(currency);
    const [cash, giftCredit, storedCard] = [inFund('cash'), inFund('gift_credit'), inFund('stored_card')];
    return {
      currency,
      balance: sum([cash, giftCredit, storedCard], currency),
      funds: { cash, giftCredit, storedCard, voucher: inFund('voucher') },
    };
  });
}
