import { at, created, given, paid } from '../../test/sample-order.ts';
import { fulfilOrder } from './order-fulfilment.ts';
import { correctPeriods, joinPeriods } from './order-period.ts';
import { orderSnapshot, type Order } from './order.ts';

const rules = { timeZone: 'Asia/Shanghai' };
const purchase: Order = { ...created, orderId: 'ord_1' };
const renewalOf = (start: Date, end: Date, change: Partial<Order> = {}): Order => ({
  ...fulfilOrder(
    { ...paid, orderId: 'ord_2', orderType: 'renewal', instanceIds: ['i-1'], count: 1, ...change },
    [given('i-1', { start, end })],
  ).state,
});
const reported = (start: Date | null, end: Date | null, change: object = {}) => ({
  instanceId: 'i-1',
  reportVersion: 7,
  by: 'platform:cmdb',
  at: at(20),
  start,
  end,
  region: null,
  ipAddress: null,
  ...change,
});
/** Day of January, counted on, of the start and the end that each order pays for on the instance then. */
const days = (orders: readonly Order[], report: Parameters<typeof correctPeriods>[1]) =>
  correctPeriods(orders, report, rules).map(({ state }) => {
    const { start, end } = state.instances.find(({ instanceId }) => instanceId === 'i-1')!;
    return [start, end].map((time) => time && (time.getTime() - at(0).getTime()) / 86_400_000);
  });

test('ORD-26 RFD-6 a reported start and end are what the order pays for, kept with what was told before', () => {
  const [decision] = correctPeriods([purchase], reported(at(14), at(45)), rules);
  const { state, facts, history } = decision!;
  expect(state).toEqual({
    ...purchase,
    version: purchase.version + 1,
    instances: [
      {
        ...given('i-1', { start: at(14), end: at(45) }),
        told: { start: at(11), end: at(42) },
        knownSince: at(20),
      },
      given('i-2'),
    ],
    servicePeriod: { start: at(11), end: at(45) },
  });
  expect(history).toEqual({
    change: 'period_corrected',
    note:
      'i-1, report 7 by platform:cmdb: 2026-01-11T00:00:00.000Z / 2026-02-11T00:00:00.000Z → ' +
      '2026-01-14T00:00:00.000Z / 2026-02-14T00:00:00.000Z',
  });
  expect(facts).toEqual([
    { type: 'order.changed', data: { order: orderSnapshot(state), what: ['instances', 'servicePeriod'] } },
  ]);
});

test('ORD-26 equal times change nothing; a place that was told stays until another is', () => {
  expect(correctPeriods([purchase], reported(at(11), at(42)), rules)).toEqual([
    { state: purchase, facts: [] },
  ]);
  expect(correctPeriods([purchase], reported(null, null), rules)).toEqual([{ state: purchase, facts: [] }]);
  const [moved] = correctPeriods(
    [purchase],
    reported(null, null, { region: 'gz', ipAddress: '10.0.0.9' }),
    rules,
  );
  expect(moved!.state.instances[0]).toMatchObject({ region: 'gz', ipAddress: '10.0.0.9', start: at(11) });
  expect(moved!.history).toEqual({ change: 'place_reported', note: 'i-1, report 7 by platform:cmdb' });
});

test('RFD-6 one end may be corrected alone; a period may become shorter', () => {
  expect(days([purchase], reported(at(14), at(42)))).toEqual([[14, 42]]);
  expect(days([purchase], reported(null, at(45)))).toEqual([[11, 45]]);
  expect(days([purchase], reported(at(11), at(20)))).toEqual([[11, 20]]);
});

test('RFD-6 of orders that follow one another the first begins, and the last ends, where the instance does', () => {
  const renewal = renewalOf(at(42), at(70));
  expect(days([purchase, renewal], reported(at(14), at(73)))).toEqual([
    [14, 45],
    [45, 73],
  ]);
  expect(days([purchase, renewal], reported(at(14), at(70)))).toEqual([
    [14, 42],
    [42, 70],
  ]);
  expect(days([purchase, renewal], reported(at(11), at(72)))).toEqual([
    [11, 42],
    [42, 72],
  ]);
  const upgrade = renewalOf(at(20), at(42), { orderType: 'upgrade' });
  expect(days([purchase, upgrade], reported(at(12), at(43)))).toEqual([
    [12, 43],
    [20, 43],
  ]);
});

test('ORD-26 a time that the order cannot have paid for corrects nothing', () => {
  const cases: [Date | null, Date | null, number[]][] = [
    [at(11), at(11 + 3650), [11, 42]], // ten years
    [at(11), at(70), [11, 42]], // another month, which is a renewal that was not told yet
    [at(12), at(71), [12, 42]], // of both, the start
    [at(50), at(42), [11, 42]], // it would end before it starts
    [at(11 + 91), at(11 + 122), [11, 42]], // more than 90 days from payment
    [at(11 - 365), at(42), [11, 42]],
    [at(11 - 3650), at(42 - 3650), [11, 42]], // as long, ten years ago
    [at(-25), at(6), [11, 42]], // over when it was paid
    [at(11), at(69), [11, 69]], // 27 days more
  ];
  for (const [start, end, expected] of cases)
    expect(days([purchase], reported(start, end))).toEqual([expected]);
  const week = renewalOf(at(42), at(49), { duration: { value: 7 * 1440, unit: 'minute' } });
  expect(days([week], reported(null, at(56)))).toEqual([[42, 49]]);
});

test('ORD-26 an end that a paid renewal will move is not the end of what was paid before', () => {
  const coming: Order = { ...paid, orderId: 'ord_3', orderType: 'compensation', instanceIds: ['i-1'] };
  expect(days([purchase, coming], reported(at(12), at(45)))).toEqual([[12, 42]]);
  expect(
    days([purchase, { ...coming, status: 'unpaid', fulfilment: 'none' }], reported(at(12), at(45))),
  ).toEqual([[12, 45]]);
});

describe('ORD-26 RFD-6 an end that is told while a renewal is open', () => {
  const coming: Order = { ...paid, orderId: 'ord_3', orderType: 'renewal', instanceIds: ['i-1'] };
  const told = (start: Date, end: Date, orders: Order[] = [purchase]) =>
    days([...orders, coming], reported(start, end));

  test('is taken where it is no later than what is paid for, or has moved as the start has', () => {
    expect(told(at(14), at(45))).toEqual([[14, 45]]);
    expect(told(at(11), at(20))).toEqual([[11, 20]]);
    expect(told(at(14), at(42))).toEqual([[14, 42]]);
    expect(told(at(14), at(73))).toEqual([[14, 42]]);
    expect(told(at(11), at(45))).toEqual([[11, 42]]);
    expect(told(at(14), at(73), [purchase, renewalOf(at(42), at(70))])).toEqual([
      [14, 45],
      [45, 73],
    ]);
  });

  test('is taken once the renewal begins there', () => {
    const joined = (reportedEnd: Date, next: Date, change = {}, orders = [purchase]) =>
      joinPeriods(orders, reported(at(11), reportedEnd, change), next, rules).map(({ state, facts }) => [
        Number(state.instances[0]!.end) / 86_400_000 - at(0).getTime() / 86_400_000,
        facts.map(({ type }) => type).join(),
      ]);
    const extended = [[45, 'order.changed']];
    expect(joined(at(73), at(45))).toEqual(extended);
    expect(joined(at(45), at(45))).toEqual(extended);
    expect(joined(at(44), at(45))).toEqual([]);
    expect(joined(at(45), at(45), { reportVersion: 0 })).toEqual([]);
    expect(joined(at(73), at(42))).toEqual([]);
    expect(joined(at(200), at(73))).toEqual([]);
    expect(joined(at(45), at(45), {}, [{ ...purchase, status: 'voided' }])).toEqual([]);
  });
});

test('ORD-26 an order that ended, and one that is not of the instance, stay as they are', () => {
  const voided: Order = { ...purchase, status: 'voided' };
  expect(correctPeriods([voided, paid], reported(at(14), at(45)), rules)).toEqual([]);
});

test('ORD-26 until its last instance is told an order takes only a period that fits', () => {
  const half = fulfilOrder(paid, [{ ...given('i-1'), start: null, end: null, told: null } as never]).state;
  expect(days([half], reported(at(12), at(43)))).toEqual([[12, 43]]);
  expect(days([half], reported(at(12), at(60)))).toEqual([[null, null]]);
  const timed = fulfilOrder(paid, [given('i-1')]).state;
  expect(days([timed], reported(at(12), at(45)))).toEqual([[12, 42]]);
});

test('ORD-26 pay as you go has no end to correct', () => {
  const metered: Order = { ...purchase, chargeType: 'pay_as_you_go', duration: null };
  const running = { ...metered, instances: [{ ...given('i-1'), end: null }], servicePeriod: null };
  expect(days([running], reported(at(13), at(99)))).toEqual([[13, null]]);
});
