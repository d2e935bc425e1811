import type { EventType } from '@accord/events';
import type { Reply } from '@accord/testing';
import { orderShows, type DemoContext } from './context.ts';
import type { Effect } from './request.ts';
import type { Orders } from './shop.ts';

interface Contracts {
  /** Over the paid machine and the metered one. */
  readonly order: string;
  /** Over the two unpaid machines. */
  readonly request: string;
}

export interface Part {
  readonly kind: string;
  readonly invoicingEntity: string;
  readonly orderIds: readonly string[];
  readonly amount: { readonly amount: string } | null;
}

/** The history of a contract has the event. */
export const contractShows = (contractId: string, event: EventType): Effect => ({
  path: `/v1/contracts/${contractId}`,
  shown: ({ history }) => history.some((one: { event: string }) => one.event === event),
});

/** Each contract that was applied for has its request in its history. */
export const requested = ({ body }: Reply) =>
  (body.data as { contractId: string }[]).map(({ contractId }) =>
    contractShows(contractId, 'contract.requested'),
  );

const partLine = ({ kind, invoicingEntity, orderIds, amount }: Part) =>
  `${kind} with ${invoicingEntity} over ${orderIds.length} order${orderIds.length > 1 ? 's' : ''}, ` +
  (amount ? amount.amount : 'no amount');

export async function applyForContracts(context: DemoContext, orders: Orders): Promise<Contracts> {
  const { narrator } = context;
  narrator.chapter('2 · An application over several orders: preview, refusals, the split, a race');
  const good = [orders.machine, orders.other, orders.metered, ...orders.unpaid].map(({ orderId }) => orderId);
  await refuseOne(context, [...good, orders.odd.orderId]);
  await narrator.ask({
    what: 'Without it: how would it be split?',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts/preview',
    body: { orderIds: good },
    status: 200,
    shows: ({ body }) => body.data.map(partLine).join('; '),
  });
  const [won, lost] = await race(context, good);
  narrator.note(
    `Two applications for the same orders at once: one is answered ${won.status}, ` +
      `the other ${lost.status} ${lost.body.code}`,
  );
  narrator.check(
    won.status === 201 && lost.status === 409 && lost.body.code === 'contract.order_in_contract',
    'exactly one wins (CTR-4)',
  );
  narrator.check(
    won.body.data.length === 3,
    'split by kind and invoicing entity into three contracts (CTR-1, CTR-2):',
  );
  for (const contract of won.body.data)
    narrator.note(`  ${contract.number}  ${contract.status}  ${partLine(contract)}`);
  const of = (orderId: string) =>
    won.body.data.find(({ orderIds }: Part) => orderIds.includes(orderId)).contractId as string;
  return { order: of(orders.machine.orderId), request: of(orders.unpaid[0].orderId) };
}

/** Nothing is created: the answer names every refusal, its remedy too. */
async function refuseOne({ narrator, role }: DemoContext, orderIds: readonly string[]) {
  await narrator.until('the contract service to know all orders', async () => {
    const { body } = await narrator.quietly({
      who: 'customer',
      method: 'post',
      path: '/v1/contracts/preview',
      body: { orderIds },
    });
    return body.refusals.every(({ code }: { code: string }) => code !== 'order.not_found') ? true : undefined;
  });
  const { body } = await narrator.ask({
    what:
      'An application over six orders: the machine, the other product, the metered machine, the two ' +
      'unpaid machines and the special one.',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts',
    body: { orderIds },
    status: 422,
    code: role.oddCode,
  });
  for (const { orderId, code, remedy } of body.facts.refusals)
    narrator.note(`  refused: ${orderId}  ${code}, remedy: ${remedy}`);
}

/** The accepted one first. */
async function race(
  { narrator, mark }: DemoContext,
  orderIds: readonly string[],
): Promise<readonly [Reply, Reply]> {
  const apply = (key: string) =>
    narrator.quietly({
      who: 'customer',
      method: 'post',
      path: '/v1/contracts',
      body: { orderIds, language: 'zh-CN' },
      headers: { prefer: 'wait=25', 'idempotency-key': `${key}-${mark}` },
      effects: requested,
    });
  const [a, b] = await Promise.all([apply('one'), apply('two')]);
  return a.status <= b.status ? [a, b] : [b, a];
}

export async function cancelInsideAContract(
  context: DemoContext,
  contractId: string,
  orders: Orders,
): Promise<void> {
  const { narrator, settings } = context;
  const [first, second] = orders.unpaid;
  narrator.chapter('4 · An unpaid order inside a payment request is cancelled');
  const mailsBefore = settings.system.mails.length;
  await narrator.ask({
    what: 'The customer cancels one of the two.',
    who: 'customer',
    method: 'post',
    path: `/v1/orders/${first.orderId}/cancel`,
    body: { reason: 'Not needed any more.' },
    status: 200,
    follows: ['order.cancelled', 'contract.voided', 'order.released'],
    shows: ({ body }) => `${body.orderId} is ${body.status}`,
    effects: () => [
      orderShows(first.orderId, 'cancelled'),
      contractShows(contractId, 'contract.voided'),
      orderShows(second.orderId, 'released'),
    ],
  });
  const contract = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}`,
  });
  narrator.check(
    contract.body.status === 'voided' && contract.body.voidReason === 'order_cancelled',
    'the whole contract is voided (CTR-28)',
  );
  const other = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/orders/${second.orderId}`,
  });
  narrator.check(other.body.hold === null && other.body.status === 'unpaid', 'its other order is free again');
  await narrator.until('the mail about the voided contract', () =>
    settings.system.mails.slice(mailsBefore).find(({ text }) => text.includes(contract.body.number)),
  );
  narrator.note('and the customer is told, by e-mail:');
}
