import { z } from 'zod';
import { Refusal, type Actor } from '@accord/core';
import { Moment, Money, PaymentSplit } from '@accord/events/fields';
import { decodeCursor, encodeCursor, paged, pageQuery, route, type Route } from '@accord/http';
import { sum, zero } from '@accord/money';
import { balancesOf, statementOf } from '../ledger/ledger-store.ts';
import { funds, type Fund } from '../ledger/ledger.ts';

const Account = z.strictObject({ accountId: z.string().min(1).max(64) });
const access = { customer: 'refunds:read', operator: true, platform: true } as const;

const Balance = z.object({
  accountId: z.string(),
  balances: z.array(
    z.object({
      currency: z.string(),
      balance: Money.meta({
        description: 'Cash, gift credit and stored card together; vouchers are not in it.',
      }),
      funds: PaymentSplit,
    }),
  ),
});

const Entry = z.object({
  entryId: z.string(),
  at: Moment,
  kind: z.enum(['refund', 'unapplied_payment']),
  fund: z.enum(funds),
  amount: Money,
  balance: Money.meta({ description: 'Of this fund, after the entry.' }),
  refundId: z.string().nullable(),
  orderId: z.string().nullable(),
  paymentReference: z.string().nullable(),
});

export const balanceRoutes: Route[] = [
  route({
    method: 'get',
    path: '/v1/balances/{accountId}',
    summary: "An account's balance in each currency.",
    access,
    params: Account,
    answer: Balance,
    refusals: ['balance.not_found'],
    inTransaction: async (tx, { params: { accountId }, actor }) => {
      checkOwn(actor, accountId);
      return { body: { accountId, balances: perCurrency(await balancesOf(tx, accountId)) } };
    },
  }),
  route({
    method: 'get',
    path: '/v1/balances/{accountId}/statement',
    summary: 'Every movement of the balance, newest first.',
    access,
    params: Account,
    query: z.strictObject(pageQuery),
    answer: paged(Entry),
    refusals: ['balance.not_found'],
    inTransaction: async (tx, { params: { accountId }, query: { limit, cursor }, actor }) => {
      const before = cursor ? postingOf(cursor) : null;
      checkOwn(actor, accountId);
      const found = await statementOf(tx, { accountId, before, limit: limit + 1 });
      const data = found
        .slice(0, limit)
        .map(({ postingId, at, ...entry }) => ({ entryId: postingId, at: at.toISOString(), ...entry }));
      return {
        body: { data, nextCursor: found.length > limit ? encodeCursor([data.at(-1)!.entryId]) : null },
      };
    },
  }),
];

/** @throws Refusal `request.bad_cursor` */
function postingOf(cursor: string): string {
  const [postingId = ''] = decodeCursor(cursor, 1);
  if (!/^\d{1,18}$/.test(postingId)) throw new Refusal('invalid', 'request.bad_cursor');
  return postingId;
}

/** API-5. @throws Refusal `balance.not_found` for another account's. */
function checkOwn(actor: Actor, accountId: string): void {
  if (actor.kind === 'customer' && actor.accountId !== accountId)
    throw new Refusal('not_found', 'balance.not_found', { accountId });
}

function perCurrency(balances: readonly { fund: Fund; amount: Money }[]) {
  const currencies = [...new Set(balances.map(({ amount }) => amount.currency))];
  return currencies.map((currency) => {
    const of = (name: Fund) =>
      balances.find(({ fund, amount }) => fund === name && amount.currency === currency)?.amount ??
      zero(currency);
    const [cash, giftCredit, storedCard, voucher] = [
      of('cash'),
      of('gift_credit'),
      of('stored_card'),
      of('voucher'),
    ];
    return {
      currency,
      balance: sum([cash, giftCredit, storedCard], currency),
      funds: { cash, giftCredit, storedCard, voucher },
    };
  });
}
