import type { EventType } from '@accord/events';
import { exactly, roundHalfUp } from '@accord/money';
import { calendarEnd, type Profile } from '@accord/profile';
import type { Reply } from '@accord/testing';
import type { ShippedProvider } from './catalogue.ts';
import type { NarratedRequest, Narrator } from './narrator.ts';
import type { Effect } from './request.ts';
import type { DemoSettings } from './settings.ts';

export const day = 86_400_000;
export const money = (amount: string) => ({ amount, currency: 'CNY' });

/** So many units' part of an amount for a period of `of` of them, half up. */
export const partOf = (amount: string, units: number, of: number): string =>
  roundHalfUp(exactly(money(amount)).mul(units).div(of), 'CNY').amount;

/**
 * RFD-6: what is used of a period, in the profile's units: started days, or whole hours of the clock, which changes
 * nowhere here by less than an hour.
 */
export function usedOf(
  { start, end }: { readonly start: string; readonly end: string },
  at: string,
  { refunds: { consumption } }: Pick<Profile, 'refunds'>,
) {
  const [from, until, now] = [start, end, at].map((time) => Date.parse(time)) as [number, number, number];
  if (consumption === 'day')
    return { unit: 'days', used: Math.ceil((now - from) / day), of: Math.round((until - from) / day) };
  const hourOf = (time: number) => Math.floor(time / (day / 24));
  return { unit: 'hours', used: hourOf(now) - hourOf(from), of: hourOf(until) - hourOf(from) };
}

/**
 * The month of the machine, 6 days and 4 hours of it gone: 31 days, unless it begins in February, for a period is
 * at most a day longer than was ordered (ORD-26). `back` is what is left of 45.00 (RFD-7).
 */
export function machineMonth() {
  const start = new Date(Date.now() - 6 * day - 4 * 3_600_000);
  const ordered =
    calendarEnd(start, { value: 1, unit: 'month' }, 'Asia/Shanghai').getTime() - start.getTime();
  const days = Math.min(31, Math.round(ordered / day) + 1);
  const back = partOf('45.00', days - 7, days);
  const period = { start: start.toISOString(), end: new Date(start.getTime() + days * day).toISOString() };
  return { period, days, back };
}

/** Which of the provider's products play which part. */
export const roles = {
  baidu: {
    machine: 'BCC',
    other: 'RDS',
    planned: 'LS',
    domain: 'DOMAIN_COM',
    odd: 'MKT_IMAGE',
    oddCode: 'contract.product_excluded',
  },
  alibaba: {
    machine: 'ECS',
    other: 'VIRTUAL_HOST',
    planned: 'SWAS',
    domain: 'DOMAIN_COM',
    odd: 'MKT_IMAGE',
    oddCode: 'contract.marketplace_alone',
  },
  example: {
    machine: 'VM',
    other: 'DB',
    planned: 'VPS',
    domain: 'DOMAIN_COM',
    odd: 'MKT_IMAGE',
    oddCode: 'contract.marketplace_alone',
  },
} as const;

export interface DemoContext {
  readonly narrator: Narrator;
  readonly settings: DemoSettings;
  readonly provider: ShippedProvider;
  readonly role: (typeof roles)[ShippedProvider];
  /** Of this telling alone, so that the story can be told again on the same data. */
  readonly mark: string;
}

export interface Placed {
  readonly orderId: string;
  readonly amount: string;
  readonly createdAt: string;
}

export const subscription = (productCode: string) => ({
  productCode,
  billType: 'prepay',
  chargeType: 'subscription',
  configuration: [
    { name: 'Region', value: 'Beijing' },
    { name: 'Model', value: '2 vCPU, 4 GiB' },
  ],
  duration: { unit: 'month', value: 1 },
});

interface Change {
  readonly change: string;
  readonly note: string | null;
}

/** That the history of an order has a change, once. */
export const orderShows = (orderId: string, change: string, note?: string): Effect => ({
  path: `/v1/orders/${orderId}`,
  shown: ({ history }) =>
    history.filter((one: Change) => one.change === change && (note === undefined || one.note === note))
      .length === 1,
});

/** That an order is in this state. */
export const orderIs = (orderId: string, is: string): Effect => ({
  path: `/v1/orders/${orderId}`,
  shown: ({ status }) => status === is,
});

const orderLine = ({ body: { orderId, productName, status, payableAmount, payBy } }: Reply) =>
  `${orderId}  ${productName.en}, ${status}, ${payableAmount.amount} ${payableAmount.currency}` +
  (payBy ? `, pay by ${payBy}` : '');

export async function place({ narrator }: DemoContext, what: string, body: object): Promise<Placed> {
  const reply = await narrator.ask({
    what,
    who: 'customer',
    method: 'post',
    path: '/v1/orders',
    body,
    status: 201,
    follows: ['order.placed'],
    shows: orderLine,
    effects: (placed) => [orderShows(placed.body.orderId, 'placed')],
  });
  const { orderId, payableAmount, createdAt } = reply.body;
  return { orderId, amount: payableAmount.amount, createdAt };
}

/**
 * Paid in cash, and told twice, as a careful platform does: the second time answers the same and changes
 * nothing.
 */
export async function pay(
  { narrator, mark }: DemoContext,
  { orderId, amount }: Placed,
  what: string,
): Promise<void> {
  const paymentReference = `pay-${mark}-${orderId.slice(-8)}`;
  const paying: NarratedRequest = {
    what,
    who: 'platform',
    method: 'post',
    path: `/v1/orders/${orderId}/payments`,
    body: { paymentReference, parts: { cash: money(amount) } },
    headers: { 'idempotency-key': `pay-${orderId}` },
    status: 201,
    shows: ({ body, headers }) =>
      `paid ${body.cashPaid.amount} in cash${headers.get('idempotency-replayed') ? ', the stored answer again' : ''}`,
    effects: () => [orderShows(orderId, 'paid', paymentReference)],
  };
  await narrator.ask({ ...paying, follows: ['order.paid'] });
  const again = await narrator.ask({ ...paying, what: 'The same payment is told again.' });
  narrator.check(again.headers.get('idempotency-replayed') === 'true', 'it is one payment (API-6)');
}

export async function fulfil(
  { narrator }: DemoContext,
  { orderId }: Placed,
  what: string,
  instances: readonly object[],
  also: readonly EventType[] = [],
): Promise<void> {
  await narrator.ask({
    what,
    who: 'platform',
    method: 'post',
    path: `/v1/orders/${orderId}/fulfilment`,
    body: { outcome: 'created', instances },
    status: 200,
    follows: ['order.fulfilled', ...instances.map(() => 'resource.changed' as const), ...also],
    shows: ({ body }) => `fulfilment ${body.fulfilment}, ${body.instanceIds.join(', ')}`,
    effects: () => [orderShows(orderId, 'fulfilled')],
  });
}
