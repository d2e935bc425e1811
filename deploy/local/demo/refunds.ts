import { randomUUID } from 'node:crypto';
import { equal, exactly, roundHalfUp, subtract, zero, type Money } from '@accord/money';
import {
  money,
  orderShows,
  pay,
  place,
  subscription,
  usedOf,
  type DemoContext,
  type Placed,
} from './context.ts';
import { contractShows } from './contracts.ts';
import type { Orders } from './shop.ts';

interface Step {
  readonly step: string;
  readonly formula: string;
  readonly result: string;
}

const quoteOf = (context: DemoContext, instanceId: string, what: string) =>
  context.narrator.ask({
    what,
    who: 'customer',
    method: 'post',
    path: '/v1/refund-quotes',
    body: { instanceIds: [instanceId] },
    status: 201,
    shows: ({ body: { quoteId, refundable, amounts, instances } }) => {
      const codes = instances[0].reasons.map(({ code }: { code: string }) => code);
      return `${quoteId}: ${refundable ? `would give back ${amounts.refund.amount}` : codes.join(', ')}`;
    },
  });

/** Of the account, in CNY. */
export async function balanceOf({ narrator }: DemoContext): Promise<Money> {
  const { body } = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/balances/${narrator.accountId}`,
  });
  return (
    (body.balances as { currency: string; balance: Money }[]).find(({ currency }) => currency === 'CNY')
      ?.balance ?? zero('CNY')
  );
}

export async function refund(context: DemoContext, { instanceId, machine, period }: Orders): Promise<void> {
  const { narrator } = context;
  narrator.chapter('6 · A refund: refused while a contract stands over the order, then paid to the balance');
  const linked = await quoteOf(context, instanceId, 'What would the machine give back?');
  const reason = linked.body.instances[0].reasons.find(
    ({ code }: { code: string }) => code === 'CONTRACT_LINKED',
  );
  narrator.check(Boolean(reason), `refused with CONTRACT_LINKED: ${reason?.text}`);
  await removeDraft(context, reason.facts.contractId as string);
  const quote = await narrator
    .until('a quote without the contract', async () => {
      const { body } = await narrator.quietly({
        who: 'customer',
        method: 'post',
        path: '/v1/refund-quotes',
        body: { instanceIds: [instanceId] },
      });
      return body.refundable ? true : undefined;
    })
    .then(() => quoteOf(context, instanceId, 'And now?'));
  for (const { step, formula, result } of quote.body.instances[0].lines[0].calculation as Step[])
    narrator.note(`  ${step}: ${formula} = ${result}`);
  const { unit, used, of } = usedOf(period, quote.body.createdAt, context.settings.rules);
  const percent = monthlyFee(context);
  const back = roundHalfUp(
    exactly(money('45.00'))
      .mul(of - used)
      .div(of)
      .sub(exactly(money('45.00')).mul(percent).div(100)),
    'CNY',
  ).amount;
  const less = percent === '0' ? '' : `, less ${percent} %`;
  narrator.check(
    quote.body.amounts.refund.amount === back,
    `45.00 for ${of} ${unit}, ${used} of them used${less}: ${back} (RFD-7)`,
  );
  await requestRefund(context, { quoteId: quote.body.quoteId, orderId: machine.orderId, back });
}

/** RFD-8: percent of what was paid for a month. */
const monthlyFee = ({ settings: { rules } }: DemoContext): string =>
  rules.refunds.fees.find(({ termMonths }) => termMonths === 1)?.steps[0]?.percent ?? '0';

async function requestRefund(
  context: DemoContext,
  { quoteId, orderId, back }: { quoteId: string; orderId: string; back: string },
): Promise<void> {
  const { narrator, settings } = context;
  const mailsBefore = settings.system.mails.length;
  const before = await balanceOf(context);
  const { body } = await narrator.ask({
    what: 'The refund is requested.',
    who: 'customer',
    method: 'post',
    path: '/v1/refunds',
    body: { quoteId, reason: 'not_usable' },
    headers: { prefer: 'wait=25' },
    status: 200,
    follows: [
      'refund.requested',
      'order.reserved',
      'refund.approved',
      'refund.succeeded',
      'order.voided',
      'resource.changed',
    ],
    worker: { announces: 'refund.succeeded', about: ({ body: { refundId } }) => refundId },
    shows: ({ body: { refundId, status, amount } }) =>
      `${refundId} ${status}, ${amount.amount} ${amount.currency}`,
    effects: ({ body: { refundId } }) => [
      { path: `/v1/refunds/${refundId}`, shown: ({ status }) => status === 'succeeded' },
      orderShows(orderId, 'refunded', refundId),
    ],
  });
  narrator.check(body.status === 'succeeded', 'it has succeeded');
  const after = await balanceOf(context);
  narrator.check(
    equal(subtract(after, before), money(back)),
    `the balance of the account: ${before.amount} → ${after.amount} CNY`,
  );
  await narrator.until('the mail about the refund', () =>
    settings.system.mails.slice(mailsBefore).find(({ text }) => text.includes(back)),
  );
  narrator.note('and the customer is told, by e-mail:');
}

/** RFD-9: the instance keeps the time before its renewal. */
export async function giveBackRenewal(
  context: DemoContext,
  { instanceId, renewal, end }: { instanceId: string; renewal: Placed; end: string },
): Promise<void> {
  const { narrator } = context;
  const before = await balanceOf(context);
  const ask = { who: 'customer', method: 'post', path: '/v1/refund-quotes' } as const;
  const body = { instanceIds: [instanceId], kind: 'renewal_only' };
  await narrator.until('a quote of the renewal', async () =>
    (await narrator.quietly({ ...ask, body })).body.refundable ? true : undefined,
  );
  const quote = await narrator.ask({
    ...ask,
    what: 'What would the renewal alone give back?',
    body,
    status: 201,
    shows: ({ body: { quoteId, amounts } }) => `${quoteId}: would give back ${amounts.refund.amount}`,
  });
  await narrator.ask({
    what: 'It has not begun, so it is given back in full, and the server stays.',
    who: 'customer',
    method: 'post',
    path: '/v1/refunds',
    body: { quoteId: quote.body.quoteId, reason: 'not_usable' },
    headers: { prefer: 'wait=25' },
    status: 200,
    follows: [
      'refund.requested',
      'order.reserved',
      'refund.approved',
      'refund.succeeded',
      'order.voided',
      'order.released',
      'resource.changed',
    ],
    worker: { announces: 'refund.succeeded', about: ({ body: { refundId } }) => refundId },
    shows: ({ body: { refundId, status, amount } }) => `${refundId} ${status}, ${amount.amount}`,
    effects: ({ body: { refundId } }) => [orderShows(renewal.orderId, 'refunded', refundId)],
  });
  await narrator.until('the end before the renewal', async () => {
    const path = `/v1/resources/${instanceId}`;
    const { body: resource } = await narrator.quietly({ who: 'customer', method: 'get', path });
    return Date.parse(resource.end) === Date.parse(end) ? true : undefined;
  });
  const back = subtract(await balanceOf(context), before);
  narrator.check(
    equal(back, money(renewal.amount)),
    `${renewal.amount} is back, the server ends ${end} (RFD-9)`,
  );
}

/** Voided (baidu) or deleted (alibaba), as the rules say (CTR-25). */
async function removeDraft({ narrator, settings }: DemoContext, contractId: string): Promise<void> {
  const effects = () => [contractShows(contractId, 'contract.voided')];
  const common = {
    who: 'customer',
    status: 200,
    follows: ['contract.voided', 'order.released', 'order.released'],
    effects,
  } as const;
  if (settings.rules.contracts.removeDraft === 'delete') {
    await narrator.ask({
      ...common,
      what: 'The draft is deleted.',
      method: 'delete',
      path: `/v1/contracts/${contractId}`,
      shows: ({ body }) => body.status,
    });
    return;
  }
  const body = { reason: 'unintended' };
  await narrator.ask({
    ...common,
    what: 'The draft is voided.',
    method: 'post',
    path: `/v1/contracts/${contractId}/void`,
    body,
    shows: (reply) => reply.body.status,
  });
}

export async function failFulfilment(context: DemoContext): Promise<void> {
  const { narrator, role } = context;
  narrator.chapter('7 · A fulfilment fails and refunds itself, once');
  const order = await place(context, 'A machine is ordered,', subscription(role.machine));
  await pay(context, order, 'paid,');
  const failing = {
    what: 'and could not be created.',
    who: 'platform',
    method: 'post',
    path: `/v1/orders/${order.orderId}/fulfilment`,
    body: { outcome: 'failed', reason: 'no capacity' },
    headers: { 'idempotency-key': randomUUID() },
    status: 200,
    effects: () => [orderShows(order.orderId, 'fulfilment_failed')],
  } as const;
  await narrator.ask({
    ...failing,
    follows: ['order.fulfilment_failed', 'order.voided', 'refund.succeeded', 'order.changed'],
    shows: ({ body }) => `fulfilment ${body.fulfilment}, order ${body.status}`,
  });
  const again = {
    ...failing,
    what: 'The platform tells it again, as news.',
    headers: { 'idempotency-key': randomUUID() },
  };
  await narrator.ask({
    ...again,
    shows: ({ body }) => `order ${body.status}, version ${body.version}: nothing changed`,
  });
  const { body } = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/refunds?orderId=${order.orderId}`,
  });
  narrator.check(
    body.data.length === 1 && body.data[0].amount.amount === money(order.amount).amount,
    `one refund of ${order.amount}, however often it is told (RFD-14)`,
  );
}
