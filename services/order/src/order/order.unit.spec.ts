import { Temporal } from 'temporal-polyfill';
import { fitsEvent } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { at, cny, created, paid, parts, placed } from '../../test/sample-order.ts';
import { mostPackages } from '../placement.ts';
import { quote } from '../product/price.ts';
import { createResource } from '../resource/resource.ts';
import { daysOf } from '../statistics.ts';
import { allowedOperations, operationContextOf } from './allowed-operations.ts';
import { rangeOf } from './asked-range.ts';
import { failFulfilment } from './order-fulfilment.ts';
import { refundOrder } from './order-refund.ts';
import {
  cancelOrder,
  expireOrder,
  holdOrder,
  isOpen,
  movePayBy,
  obstacle,
  orderSnapshot,
  payOrder,
  releaseOrder,
  type Order,
} from './order.ts';

const contract = { kind: 'contract', id: 'ctr_1' } as const;
const refund = { kind: 'refund', id: 'rfd_1' } as const;
const given = (instanceId: string) => ({
  instanceId,
  start: at(11),
  end: at(31),
  region: null,
  ipAddress: null,
});
const cancelled = cancelOrder(placed, { reason: 'by_customer', text: 'x', at: at(11) }).state;

test('EVT-5 an order with as many instances as it may have, all names as long as they may be, fits one event', () => {
  const ids = Array.from({ length: mostPackages }, (_, n) => String(n).padStart(64, 'i'));
  const instances = ids.map((instanceId) => ({
    instanceId,
    start: at(11),
    end: at(31),
    region: '区'.repeat(64),
    ipAddress: '2001:0db8:1111:2222:3333:4444:192.168.100.100',
    told: null,
    knownSince: null,
  }));
  const configuration = Array.from({ length: 30 }, () => ({
    name: '名'.repeat(60),
    value: '值'.repeat(200),
  }));
  const largest = { ...paid, count: mostPackages, configuration, instanceIds: ids, instances, hold: refund };
  const data = { order: orderSnapshot(largest), reason: '因'.repeat(200) };
  const others = 100_000; // texts of the product, and of the one that asks
  expect(fitsEvent(data, others)).toBe(true);
  expect(fitsEvent({ order: orderSnapshot({ ...largest, instances: [...instances, ...instances] }) })).toBe(
    false,
  );
});

test('ORD-5 paying sets the cash and the voucher part, starts fulfilment, and says so once', () => {
  const { state, facts } = payOrder({ ...placed, hold: contract }, { reference: 'p1', parts, at: at(11) });
  expect(state).toEqual({
    ...placed,
    version: 2,
    status: 'paid',
    fulfilment: 'creating',
    cashPaid: cny('80.00'),
    voucherPaid: cny('10.00'),
    paidParts: parts,
    payBy: null,
    paidAt: at(11),
    hold: contract,
  });
  expect(facts).toEqual([
    { type: 'order.paid', data: { order: orderSnapshot(state), paymentReference: 'p1' } },
  ]);
});

test('ORD-5 only an unpaid order is paid, and only before its payBy', () => {
  expect(() => payOrder(paid, { reference: 'p2', parts, at: at(11) })).toThrow('order.not_payable');
  expect(() => payOrder(cancelled, { reference: 'p2', parts, at: at(11) })).toThrow('order.not_payable');
  expect(() => payOrder(placed, { reference: 'p2', parts, at: at(17) })).toThrow('order.not_payable');
});

test('ORD-6 a cancelled order has no hold, whoever held it', () => {
  const { state, facts } = cancelOrder(
    { ...placed, hold: contract },
    { reason: 'by_operator', text: 'x', at: at(12) },
  );
  expect(state).toEqual({ ...placed, version: 2, status: 'cancelled', cancelledAt: at(12), hold: null });
  expect(facts).toEqual([
    { type: 'order.cancelled', data: { order: orderSnapshot(state), reason: 'by_operator', text: 'x' } },
  ]);
  expect(() => cancelOrder(paid, { reason: 'by_customer', text: 'x', at: at(12) })).toThrow(
    'order.not_cancellable',
  );
});

test('ORD-8 an order expires at its payBy and not a millisecond before', () => {
  expect(expireOrder(placed, new Date(at(17).getTime() - 1))).toEqual({
    facts: [],
    state: placed,
  });
  expect(expireOrder(placed, at(17)).facts).toMatchObject([
    { type: 'order.cancelled', data: { reason: 'expired' } },
  ]);
  expect(expireOrder(paid, at(30)).facts).toEqual([]);
});

test('ORD-8 payBy moves for an unpaid order alone, and only when it differs', () => {
  const day = 24 * 3_600_000;
  expect(movePayBy(placed, 30 * day).state).toEqual({
    ...placed,
    version: 2,
    payBy: new Date(at(10).getTime() + 30 * day),
  });
  expect(movePayBy(placed, 7 * day).facts).toEqual([]);
  expect(movePayBy(paid, 30 * day).facts).toEqual([]);
});

test('ORD-10 a failed fulfilment voids the order, ends its hold, and says both with one version', () => {
  const { state, facts } = failFulfilment({ ...paid, hold: contract }, { reason: null, at: at(12) });
  expect(state).toEqual({
    ...paid,
    version: 3,
    status: 'voided',
    fulfilment: 'failed',
    voidedAt: at(12),
    hold: null,
  });
  expect(facts.map(({ type }) => type)).toEqual(['order.fulfilment_failed', 'order.voided']);
  expect(() => failFulfilment(created, { reason: null, at: at(12) })).toThrow('order.not_fulfillable');
});

test("ORD-12 what stands in a holder's way", () => {
  expect(obstacle(placed, contract)).toBeUndefined();
  expect(obstacle({ ...paid, hold: contract }, refund)).toBe('order.held_by_contract');
  expect(obstacle({ ...paid, hold: refund }, contract)).toBe('order.held_by_refund');
  expect(obstacle(cancelled, contract)).toBe('order.cancelled');
  expect(obstacle({ ...paid, status: 'voided' }, contract)).toBe('order.voided');
});

test('ORD-13 a hold is released by its own holder alone', () => {
  const held = holdOrder(created, refund).state;
  expect(held).toEqual({
    ...created,
    version: 4,
    hold: refund,
    refundState: 'in_progress',
    refundIds: ['rfd_1'],
  });
  expect(releaseOrder(held, contract)).toMatchObject({ state: held, facts: [] });
  expect(releaseOrder(held, { kind: 'refund', id: 'rfd_2' }).facts).toEqual([]);
  expect(releaseOrder(held, refund)).toMatchObject({
    state: { hold: null, refundState: 'none', version: 5 },
    facts: [{ type: 'order.released' }],
  });
});

test('ORD-14 CTR-16 partial while an instance is left, full with the last', () => {
  const held = holdOrder(created, refund).state;
  const part = refundOrder(held, {
    holder: refund,
    instanceIds: ['i-1', 'i-other'],
    returned: cny('30.00'),
    at: at(20),
  });
  expect(part.state).toMatchObject({
    status: 'paid',
    refundState: 'partial',
    refundedInstanceIds: ['i-1'],
    cashReturned: cny('30.00'),
    hold: null,
  });
  expect(part.facts[0]).toMatchObject({
    type: 'order.changed',
    data: { what: ['refundState', 'cashReturned'], order: { cashReturned: cny('30.00') } },
  });
  const again = holdOrder(part.state, { kind: 'refund', id: 'rfd_2' }).state;
  expect(releaseOrder(again, { kind: 'refund', id: 'rfd_2' }).state.refundState).toBe('partial');
  const full = refundOrder(again, {
    holder: { kind: 'refund', id: 'rfd_2' },
    instanceIds: ['i-2'],
    returned: cny('20.50'),
    at: at(21),
  });
  expect(full.state).toMatchObject({
    status: 'voided',
    refundState: 'full',
    voidedAt: at(21),
    hold: null,
    refundIds: ['rfd_1', 'rfd_2'],
    cashReturned: cny('50.50'),
  });
  expect(full.facts.map(({ type }) => type)).toEqual(['order.voided']);
});

test('ORD-3 an order is open until it is cancelled, voided or fulfilled', () => {
  expect([placed, paid, created, cancelled].map(isOpen)).toEqual([true, true, false, false]);
});

test('ORD-16 what may be done with an order', () => {
  const account = {
    certifiedName: 'A Ltd.',
    certificate: null,
    invoiceTitle: null,
    partner: null,
    address: null,
  };
  const resources = created.instanceIds.map((instanceId) =>
    createResource(created, given(instanceId), at(11)),
  );
  const context = operationContextOf({
    accounts: new Map([['acc_1', account]]),
    resources: resources.map(({ state }) => state),
    orders: [created],
  });
  const rules = { profile: loadProfile('baidu'), missingGlyphs: () => undefined, now: at(12) };
  const may = (order: Order, now = rules.now) => allowedOperations(order, context, { ...rules, now });
  expect(may(placed)).toEqual(['view', 'pay', 'cancel', 'request_contract']);
  expect(may({ ...placed, hold: contract })).toEqual(['view', 'pay', 'cancel']);
  expect(may(placed, at(17))).toEqual(['view']);
  expect(may(created)).toEqual(['view', 'request_contract', 'unsubscribe']);
  expect(may({ ...created, refundable: false, contractable: false })).toEqual(['view']);
  expect(may(cancelled)).toEqual(['view']);
});

test('ORD-1 unit price × count × duration, a monthly price serving years, half up once', () => {
  const monthly = [{ chargeType: 'subscription', amount: '45.005', currency: 'CNY', unit: 'month' }] as const;
  const ask = { chargeType: 'subscription', currency: 'CNY', count: 3 } as const;
  const cost = (value: number, unit: 'minute' | 'month' | 'year'): Order['productAmount'] =>
    quote(monthly, { ...ask, duration: { value, unit } }).productAmount;
  expect(cost(1, 'month')).toEqual(cny('135.02'));
  expect(cost(2, 'year')).toEqual(cny('3240.36'));
  expect(() => cost(90, 'minute')).toThrow('order.duration_not_offered');
  expect(() => quote(monthly, { ...ask, currency: 'USD', duration: { value: 1, unit: 'month' } })).toThrow(
    'order.price_missing',
  );
  const dear = [
    { chargeType: 'subscription', amount: '9999999999', currency: 'CNY', unit: 'minute' },
  ] as const;
  expect(() =>
    quote(dear, { ...ask, count: 10_000, duration: { value: 5_000_000, unit: 'minute' } }),
  ).toThrow('order.amount_too_large');
  const cheap = [{ ...monthly[0]!, amount: '0.0001', unit: 'minute' as const }];
  expect(() => quote(cheap, { ...ask, count: 1, duration: { value: 49, unit: 'minute' } })).toThrow(
    'order.amount_too_small',
  );
  expect(quote(cheap, { ...ask, count: 1, duration: { value: 50, unit: 'minute' } }).productAmount).toEqual({
    amount: '0.01',
    currency: 'CNY',
  });
});

describe('ORD-15 the range of a list', () => {
  const whole = { from: undefined, before: undefined };
  const in_ = (timeZone: string, from?: string, before?: string) => ({
    timeZone,
    from: from === undefined ? undefined : new Date(from),
    before: before === undefined ? undefined : new Date(before),
  });

  test('is today and the six days before where nothing is said, as of statistics, and a year at most', () => {
    const now = at(31);
    const justAfter = new Date(now.getTime() + 1);
    expect(rangeOf(in_('UTC'), now)).toEqual({ from: at(25), before: justAfter });
    for (const [timeZone, day] of [
      ['UTC', '2026-01-25'],
      ['Asia/Shanghai', '2026-01-26'],
    ] as const) {
      const evening = new Date('2026-01-31T20:00:00Z');
      const start = Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;
      expect(rangeOf(in_(timeZone), evening).from).toEqual(new Date(start));
      expect(daysOf({}, { now: evening, timeZone }).from).toBe(day);
    }
    expect(rangeOf(in_('Asia/Shanghai', undefined, '2026-01-30T16:00:00Z'), now).from).toEqual(
      new Date('2026-01-23T16:00:00Z'),
    );
    expect(rangeOf(in_('UTC', '2025-01-31T00:00:00Z'), now).from).toEqual(new Date(Date.UTC(2025, 0, 31)));
    expect(() => rangeOf(in_('UTC', '2025-01-30T23:00:00Z'), now)).toThrow('order.range_too_wide');
    expect(rangeOf({ ...in_('UTC', '2020-01-01T00:00:00Z'), orderId: 'ord_1' }, now)).toEqual(whole);
    expect(rangeOf({ ...in_('UTC', '2020-01-01T00:00:00Z'), instanceIds: ['i-1'] }, now)).toEqual(whole);
  });

  test.each([
    // Clocks change on other days of the next year, so a year is longer there than 365 days.
    ['Europe/Berlin', '2027-10-30T22:00:00Z', '2028-10-30T23:00:00Z'],
    ['America/Havana', '2026-11-01T04:00:00Z', '2027-11-01T04:00:00Z'],
    ['Asia/Shanghai', '2027-02-28T16:00:00Z', '2028-02-29T16:00:00Z'],
  ])('a year by the calendar of %s is no day too wide', (timeZone, from, before) => {
    const now = new Date('2030-01-01T00:00:00Z');
    expect(rangeOf(in_(timeZone, from, before), now)).toEqual({
      from: new Date(from),
      before: new Date(before),
    });
    const dayMore = new Date(Date.parse(before) + 24 * 3_600_000).toISOString();
    expect(() => rangeOf(in_(timeZone, from, dayMore), now)).toThrow('order.range_too_wide');
  });
});
