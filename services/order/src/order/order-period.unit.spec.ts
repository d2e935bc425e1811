import { at, created, given, paid } from '../../test/sample-order.ts';
import { fulfilOrder } from './order-fulfilment.ts';
import { alignSwitches, beforeOrder, correctPeriods, type ReportedInstance } from './order-period.ts';
import { orderSnapshot, type Order } from './order.ts';

const rules = { timeZone: 'Asia/Shanghai' };
const purchase: Order = { ...created, orderId: 'ord_1' };
const renewalOf = (start: Date, end: Date, change: Partial<Order> = {}): Order => ({
  ...fulfilOrder(
    { ...paid, orderId: 'ord_2', orderType: 'renewal', instanceIds: ['i-1'], count: 1, ...change },
    [given('i-1', { start, end })],
  ).state,
});
const reported = (start: Date | null, end: Date | null, change: object = {}): ReportedInstance => ({
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

test('ORD-26 ORD-24 a change of plan ends with the orders that pay for its time, whatever was reported before', () => {
  const upgrade = renewalOf(at(20), at(42), { orderType: 'upgrade', duration: null });
  const orders = [purchase, upgrade];
  const both = (end: number) => [
    [11, end],
    [20, end],
  ];
  expect(days(orders, reported(at(11), at(73)))).toEqual(both(42)); // another month: a renewal that was not told yet
  expect(days(orders, reported(at(11), at(44)))).toEqual(both(44));
  expect(days(orders, reported(at(11), at(30)))).toEqual(both(30));
  const after = (report: ReportedInstance) => correctPeriods(orders, report, rules).map(({ state }) => state);
  expect(days(after(reported(at(11), at(73))), reported(at(11), at(44)))).toEqual(both(44));
  const renewal = renewalOf(at(42), at(70), { orderId: 'ord_4' });
  const overBoth = renewalOf(at(20), at(70), { orderId: 'ord_5', orderType: 'upgrade', duration: null });
  expect(days([purchase, renewal, overBoth], reported(at(11), at(110)))).toEqual([
    [11, 42],
    [42, 70],
    [20, 70],
  ]);
});

describe('ORD-26 RFD-6 whose an end is that is told while an order is open', () => {
  const comp: Order = {
    ...paid,
    orderId: 'ord_3',
    orderType: 'compensation',
    instanceIds: ['i-1'],
    count: 1,
    duration: { value: 4320, unit: 'minute' },
  };
  const told = (start: Date, end: Date, open: Partial<Order>, orders: Order[] = [purchase]) =>
    days([...orders, { ...comp, ...open }], reported(start, end));

  test('waits, with its start, where the order may be in it; any other time is taken at once', () => {
    for (const open of [
      { orderType: 'renewal' },
      { orderType: 'compensation' },
      { orderType: 'configuration_change' },
      { orderType: 'upgrade' },
    ] as const) {
      expect(told(at(14), at(45), open)).toEqual([[11, 42]]);
      expect(told(at(11), at(45), open)).toEqual([[11, 42]]);
      expect(told(at(14), at(42), open)).toEqual([[14, 42]]);
      expect(told(at(11), at(20), open)).toEqual([[11, 20]]);
    }
    const place = reported(at(14), at(45), { region: 'gz' });
    const [placed] = correctPeriods([purchase, comp], place, rules);
    expect(placed!.state.instances[0]).toMatchObject({ region: 'gz', start: at(11), end: at(42) });
  });

  test('is of those before at once where the order moves no end: one that changes the plan, one to postpay', () => {
    for (const open of [
      { orderType: 'configuration_change', billType: 'postpay' },
      { orderType: 'upgrade', planChange: { from: null, returns: 'none', rest: [] } },
      { status: 'unpaid', fulfilment: 'none' },
      { status: 'voided', fulfilment: 'failed' },
      { instanceIds: ['i-2'] },
    ] as const)
      expect(told(at(14), at(45), open as Partial<Order>)).toEqual([[14, 45]]);
  });

  test('ends where a renewal begins, and is whole where that begins later; of no other order it says so', () => {
    const end = (type: Partial<Order>, start: Date | null, ends: Date | null, reportedEnd: Date | null) =>
      beforeOrder(reported(at(11), reportedEnd), { ...comp, ...type }, { start, end: ends }).end;
    const renewal = { orderType: 'renewal' } as const;
    expect(end(renewal, at(42), at(73), at(73))).toEqual(at(42));
    expect(end(renewal, at(45), at(76), at(73))).toEqual(at(45));
    expect(end(renewal, at(45), at(76), at(44))).toEqual(at(44));
    expect(end(renewal, at(45), at(76), null)).toBeNull();
    expect(end({}, at(42), at(45), at(45))).toEqual(at(42));
    const change = { orderType: 'configuration_change' } as const;
    expect(end(change, at(46), at(77), at(77))).toBeNull();
    expect(end(change, at(46), at(77), at(45))).toEqual(at(45));
    const upgrade = { orderType: 'upgrade' } as const;
    expect(end(upgrade, at(20), at(51), at(51))).toBeNull();
    expect(end(upgrade, at(20), at(42), at(45))).toEqual(at(45));
    expect(end(upgrade, null, null, at(45))).toEqual(at(45));
  });

  test('whatever comes first, the report or the order, each period is the same', () => {
    const renewal = renewalOf(at(42), at(70));
    const both = [purchase, renewal];
    const compOf = (start: Date, end: Date) => fulfilOrder(comp, [given('i-1', { start, end })]).state;
    const endsOf = (orders: readonly Order[]) =>
      orders.map(({ instances }) => instances.find(({ instanceId }) => instanceId === 'i-1')!.end);
    const after = (orders: readonly Order[], report: ReturnType<typeof reported>) =>
      correctPeriods(orders, report, rules).map(({ state }) => state);
    for (const [start, end] of [
      [at(70), at(73)],
      [at(73), at(76)],
    ] as const) {
      const done = compOf(start, end);
      for (const report of [reported(at(14), at(73)), reported(at(11), at(73)), reported(at(11), at(60))]) {
        const open = after([...both, comp], report);
        const late = after(open, beforeOrder(report, done, { start, end }));
        const early = after(both, report);
        const bound = after(early, beforeOrder(report, done, { start, end }));
        expect(endsOf(late)).toEqual(endsOf(after(both, beforeOrder(report, done, { start, end }))));
        expect(endsOf(bound).at(-1)).toEqual(endsOf(late).at(-1));
        expect(endsOf(after(open, report))).toEqual(endsOf(early)); // it has failed
      }
    }
  });
});

test('ORD-14 ORD-26 a renewal that was given back on an instance has no end there any more', () => {
  const back = renewalOf(at(42), at(70), { refundedInstanceIds: ['i-1'], instanceIds: ['i-1', 'i-2'] });
  expect(days([purchase, back], reported(at(11), at(45)))).toEqual([[11, 45]]);
});

test('ORD-26 a start that no order can have paid for does not keep the end from being corrected', () => {
  expect(days([purchase], reported(at(11 + 91), at(45)))).toEqual([[11, 45]]);
});

describe('ORD-2 a switch to postpay that was fulfilled', () => {
  const byUse: Order = {
    ...renewalOf(at(42), at(70), { orderType: 'configuration_change', billType: 'postpay' }),
    orderId: 'ord_4',
    createdAt: at(20),
    servicePeriod: null,
  };
  const switched: Order = { ...byUse, instances: [{ ...byUse.instances[0]!, end: null }] };
  const other = (orderId: string, start: Date, end: Date, change: Partial<Order> = {}): Order => ({
    ...renewalOf(start, end, { orderType: 'compensation', createdAt: at(25), ...change }),
    orderId,
  });
  const startWith = (...orders: Order[]) => {
    const [decision] = alignSwitches([switched, ...orders], { instanceId: 'i-1', at: at(30) });
    return [decision!.state.instances[0]!.start, decision!.facts.map(({ type }) => type).join()];
  };

  test('holds from where the time paid for ends: a compensation moves that, a renewal given back too', () => {
    expect(startWith(purchase)).toEqual([at(42), '']);
    expect(startWith(purchase, other('ord_5', at(42), at(45)))).toEqual([at(45), 'order.changed']);
    const two = [other('ord_6', at(45), at(48)), other('ord_5', at(42), at(45))];
    expect(startWith(purchase, ...two)).toEqual([at(48), 'order.changed']);
    const renewal = other('ord_2', at(42), at(70), { orderType: 'renewal', createdAt: at(15) });
    expect(startWith(purchase, renewal)).toEqual([at(70), 'order.changed']);
    expect(startWith(purchase, { ...renewal, refundedInstanceIds: ['i-1'] })).toEqual([at(42), '']);
  });

  test('is moved by no time that it was billed by use before, and by none once it was switched back', () => {
    expect(startWith(purchase, other('ord_5', at(50), at(53)))).toEqual([at(42), '']);
    const back = other('ord_5', at(43), at(74), { orderType: 'configuration_change', createdAt: at(42) });
    expect(startWith(purchase, back, other('ord_6', at(43), at(46), { createdAt: at(44) }))).toEqual([
      at(42),
      '',
    ]);
    // Where nothing was paid for any more, its own fulfilment says it.
    expect(startWith()).toEqual([at(42), '']);
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
