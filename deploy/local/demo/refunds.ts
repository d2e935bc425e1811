import { randomUUID } from 'node:crypto';
import { equal, subtract, zero, type Money } from '@accord/money';
import { money, orderShows, pay, place, subscription, type Plot } from './context.ts';
import { contractShows } from './contracts.ts';
import type { Orders } from './shop.ts';

interface Step {
  readonly step: string;
  readonly formula: string;
  readonly result: string;
}

const quoteOf = (plot: Plot, instanceId: string, what: string) =>
  plot.teller.ask({
    what,
    who: 'customer',
    method: 'post',
    path: '/v1/refund-quotes',
    body: { instanceIds: [instanceId] },
    status: 201,
    shows: ({ body }) =>
      `${body.quoteId}: ${body.refundable ? `would give back ${body.amounts.refund.amount}` : body.instances[0].reasons.map(({ code }: { code: string }) => code).join(', ')}`,
  });

/** Of the account, in CNY. */
async function balanceOf({ teller }: Plot): Promise<Money> {
  const { body } = await teller.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/balances/${teller.accountId}`,
  });
  return (
    (body.balances as { currency: string; balance: Money }[]).find(({ currency }) => currency === 'CNY')
      ?.balance ?? zero('CNY')
  );
}

export async function refund(plot: Plot, { instanceId, machine }: Orders): Promise<void> {
  const { teller, context } = plot;
  teller.chapter('6 · A refund: refused while a contract stands over the order, then paid to the balance');
  const linked = await quoteOf(plot, instanceId, 'What would the machine give back?');
  const reason = linked.body.instances[0].reasons.find(
    ({ code }: { code: string }) => code === 'CONTRACT_LINKED',
  );
  teller.check(Boolean(reason), `refused with CONTRACT_LINKED: ${reason?.text}`);
  await removeDraft(plot, reason.facts.contractId as string);
  const quote = await teller
    .until('a quote without the contract', async () => {
      const { body } = await teller.quietly({
        who: 'customer',
        method: 'post',
        path: '/v1/refund-quotes',
        body: { instanceIds: [instanceId] },
      });
      return body.refundable ? true : undefined;
    })
    .then(() => quoteOf(plot, instanceId, 'And now?'));
  for (const { step, formula, result } of quote.body.instances[0].lines[0].calculation as Step[])
    teller.note(`  ${step}: ${formula} = ${result}`);
  teller.check(
    quote.body.amounts.refund.amount === '34.84',
    '45.00 for 31 days, 7 of them used: 34.84 (RFD-7)',
  );
  const mailsBefore = context.system.mails.length;
  const before = await balanceOf(plot);
  const { body } = await teller.ask({
    what: 'The refund is requested.',
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
      'resource.changed',
    ],
    worker: { announces: 'refund.succeeded', about: ({ body: { refundId } }) => refundId },
    shows: ({ body: { refundId, status, amount } }) =>
      `${refundId} ${status}, ${amount.amount} ${amount.currency}`,
    effects: ({ body: { refundId } }) => [
      { path: `/v1/refunds/${refundId}`, shown: ({ status }) => status === 'succeeded' },
      orderShows(machine.orderId, 'refunded', refundId),
    ],
  });
  teller.check(body.status === 'succeeded', 'it has succeeded');
  const after = await balanceOf(plot);
  teller.check(
    equal(subtract(after, before), money('34.84')),
    `the balance of the account: ${before.amount} → ${after.amount} CNY`,
  );
  await teller.until('the mail about the refund', () =>
    context.system.mails.slice(mailsBefore).find(({ text }) => text.includes('34.84')),
  );
  teller.note('and the customer is told, by e-mail:');
}

/** baidu voids drafts, alibaba deletes them (CTR-25). */
async function removeDraft({ teller, context }: Plot, contractId: string): Promise<void> {
  const effects = () => [contractShows(contractId, 'contract.voided')];
  const common = {
    who: 'customer',
    status: 200,
    follows: ['contract.voided', 'order.released', 'order.released'],
    effects,
  } as const;
  if (context.profile === 'alibaba') {
    await teller.ask({
      ...common,
      what: 'The draft is deleted.',
      method: 'delete',
      path: `/v1/contracts/${contractId}`,
      shows: ({ body }) => body.status,
    });
    return;
  }
  const body = { reason: 'unintended' };
  await teller.ask({
    ...common,
    what: 'The draft is voided.',
    method: 'post',
    path: `/v1/contracts/${contractId}/void`,
    body,
    shows: (reply) => reply.body.status,
  });
}

export async function failFulfilment(plot: Plot): Promise<void> {
  const { teller, role } = plot;
  teller.chapter('7 · A fulfilment fails and refunds itself, once');
  const order = await place(plot, 'A machine is ordered,', subscription(role.machine));
  await pay(plot, order, 'paid,');
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
  await teller.ask({
    ...failing,
    follows: ['order.fulfilment_failed', 'order.voided', 'refund.succeeded', 'order.changed'],
    shows: ({ body }) => `fulfilment ${body.fulfilment}, order ${body.status}`,
  });
  const again = {
    ...failing,
    what: 'The platform tells it again, as news.',
    headers: { 'idempotency-key': randomUUID() },
  };
  await teller.ask({
    ...again,
    shows: ({ body }) => `order ${body.status}, version ${body.version}: nothing changed`,
  });
  const { body } = await teller.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/refunds?orderId=${order.orderId}`,
  });
  teller.check(
    body.data.length === 1 && body.data[0].amount.amount === money(order.amount).amount,
    `one refund of ${order.amount}, however often it is told (RFD-14)`,
  );
}
