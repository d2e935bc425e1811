import type { Refusal } from '@accord/core';
import { calendarEnd } from '@accord/profile';
import { at, created, given, paid } from '../../test/sample-order.ts';
import { expectFit, withRest } from './fulfilment-fit.ts';
import { fulfilOrder } from './order-fulfilment.ts';
import type { Given } from './order-instance.ts';
import { correctPeriods } from './order-period.ts';
import { orderSnapshot, type Order } from './order.ts';

const rules = { timeZone: 'Asia/Shanghai' };
const hours = (of: Date, more: number) => new Date(of.getTime() + more * 3_600_000);
/** Whether the instances fit the order; those that run already end at `ends`. */
function fits(order: Order, instances: readonly Given[], ends: Record<string, Date> = {}): boolean {
  try {
    expectFit(order, instances, { ...rules, ends: new Map(Object.entries(ends)) });
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'order.fulfilment_misfit', facts: { count: order.count } });
    return false;
  }
}

test('ORD-26 a purchase is given as many instances as were ordered, in one report or several', () => {
  const ids = (...of: string[]) => of.map((id) => given(id));
  expect([fits(paid, ids('a')), fits(paid, ids('a', 'b')), fits(paid, ids('a', 'b', 'c'))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(fits(paid, [])).toBe(false);
  const first = fulfilOrder(paid, ids('a')).state;
  expect(first).toMatchObject({
    fulfilment: 'creating',
    instanceIds: ['a'],
    servicePeriod: null,
    version: 3,
  });
  expect([fits(first, ids('a')), fits(first, ids('b')), fits(first, ids('b', 'c'))]).toEqual([
    true,
    true,
    false,
  ]);
  const { state, facts } = fulfilOrder(first, ids('b'));
  expect(state).toMatchObject({
    fulfilment: 'created',
    instanceIds: ['a', 'b'],
    servicePeriod: { start: at(11), end: at(42) },
  });
  expect(facts).toEqual([{ type: 'order.fulfilled', data: { order: orderSnapshot(state) } }]);
});

test('ORD-26 RFD-22 the snapshot says the period and the place of each instance', () => {
  const later = given('i-2', { start: at(12), end: at(43) });
  expect(orderSnapshot(fulfilOrder(paid, [given('i-1'), later]).state)).toMatchObject({
    instances: [
      { instanceId: 'i-1', start: at(11).toISOString(), end: at(42).toISOString(), region: 'bj' },
      { instanceId: 'i-2', start: at(12).toISOString(), end: at(43).toISOString(), region: 'bj' },
    ],
    servicePeriod: { start: at(11).toISOString(), end: at(43).toISOString() },
  });
});

test('ORD-26 every order but a purchase is given the instances it names, each once', () => {
  const renewal: Order = { ...paid, orderType: 'renewal', instanceIds: ['a', 'b'] };
  expect(fits(renewal, [given('a')])).toBe(true);
  expect(fits(renewal, [given('a'), given('c')])).toBe(false);
  const half = fulfilOrder(renewal, [given('b')]).state;
  expect(half).toMatchObject({ fulfilment: 'creating', instanceIds: ['a', 'b'] });
  expect(fulfilOrder(half, [given('a')]).state.fulfilment).toBe('created');
});

test('ORD-26 a period has the ordered length by the calendar, up to a day more or less', () => {
  const until = (end: Date, order: Order = paid) => fits(order, [given('a', { end })]);
  const month = at(42); // 11 February
  expect([until(month), until(hours(month, 24)), until(hours(month, -24))]).toEqual([true, true, true]);
  expect([until(hours(month, 24.01)), until(hours(month, -24.01)), until(at(11 + 3650))]).toEqual([
    false,
    false,
    false,
  ]);
  expect(until(at(11))).toBe(false);
  const of = (value: number, unit: 'minute' | 'month' | 'year') => ({ ...paid, duration: { value, unit } });
  expect([until(at(11 + 365), of(1, 'year')), until(at(11 + 365), of(12, 'month'))]).toEqual([true, true]);
  expect([until(at(18), of(7 * 1440, 'minute')), until(at(20), of(7 * 1440, 'minute'))]).toEqual([
    true,
    false,
  ]);
  const packages: Order = { ...paid, chargeType: 'package', duration: null };
  expect([until(at(400), packages), fits(packages, [{ ...given('a'), end: null }])]).toEqual([true, true]);
  expect(fits(paid, [{ ...given('a'), end: null }])).toBe(false);
});

test('ORD-24 ORD-26 an upgrade pays for what is left, so for less than was ordered, never for more', () => {
  const upgrade: Order = { ...paid, orderType: 'upgrade', instanceIds: ['a', 'b'] };
  expect(fits(upgrade, [given('a', { end: at(20) })])).toBe(true);
  expect(fits(upgrade, [given('a', { end: at(44) })])).toBe(false);
});

test('ORD-26 a period starts at most 90 days from payment, a renewal from the end of what runs', () => {
  const from = (start: Date) => given('a', { start, end: hours(start, 31 * 24) });
  expect([fits(paid, [from(at(11 + 90))]), fits(paid, [from(hours(at(11 + 90), 1))])]).toEqual([true, false]);
  const renewal: Order = {
    ...created,
    orderType: 'renewal',
    fulfilment: 'creating',
    instanceIds: ['a', 'b'],
  };
  const nextYear = at(11 + 365);
  expect([fits(renewal, [from(nextYear)]), fits(renewal, [from(nextYear)], { a: nextYear })]).toEqual([
    false,
    true,
  ]);
});

test('ORD-26 a period is not over when it is paid, nor long before it', () => {
  const month = (start: Date) =>
    given('a', { start, end: calendarEnd(start, paid.duration!, rules.timeZone) });
  const from = (start: Date, order: Order = paid) => fits(order, [month(start)]);
  expect([from(new Date('2016-01-10T00:00:00Z')), from(at(11 - 31)), from(at(11 - 30))]).toEqual([
    false,
    false,
    true,
  ]);
  const year: Order = { ...paid, duration: { value: 1, unit: 'year' } };
  const began = (day: number) => fits(year, [given('a', { start: at(day), end: at(day + 365) })]);
  expect([began(11 - 90), began(11 - 91)]).toEqual([true, false]);
  const metered: Order = { ...paid, chargeType: 'pay_as_you_go', duration: null };
  expect(fits(metered, [{ ...given('a'), start: at(11 - 91), end: null }])).toBe(false);
});

describe('ORD-26 a renewal begins where the instance ends', () => {
  const renewal: Order = {
    ...paid,
    orderId: 'ord_2',
    orderType: 'renewal',
    instanceIds: ['i-1'],
    count: 1,
    paidAt: at(20),
  };
  const from = (start: Date, ends: Record<string, Date>, orders: Order[] = [], order = renewal) => {
    const one = given('i-1', { start, end: calendarEnd(start, renewal.duration!, rules.timeZone) });
    try {
      expectFit(order, [one], { ...rules, ends: new Map(Object.entries(ends)), others: orders });
      return true;
    } catch {
      return false;
    }
  };
  const days = (of: number[], ...more: [Record<string, Date>, Order[]?]) =>
    of.map((day) => from(at(day), ...more));

  test('a day more or less, also for a compensation, and in no other year', () => {
    expect(days([40, 41, 43, 44], { 'i-1': at(42) }, [created])).toEqual([false, true, true, false]);
    expect(from(new Date('2020-01-01T00:00:00Z'), { 'i-1': at(42) }, [created])).toBe(false);
    const compensation: Order = { ...renewal, orderType: 'compensation' };
    expect(from(at(42), { 'i-1': at(42) }, [created], compensation)).toBe(true);
    expect(from(at(20), { 'i-1': at(42) }, [created], compensation)).toBe(false);
  });

  test('as it is paid for, was told first, or was reported, but no ten years on', () => {
    expect(days([42, 45, 46, 47], { 'i-1': at(45) }, [created])).toEqual([true, true, true, false]);
    const [cut] = correctPeriods(
      [created],
      { ...given('i-1', { end: at(25) }), reportVersion: 1, by: 'x', at: at(20) },
      rules,
    );
    expect(days([25, 42, 44], { 'i-1': at(25) }, [cut!.state])).toEqual([true, true, false]);
    expect(days([42, 42 + 3650], { 'i-1': at(42 + 3650) }, [created])).toEqual([true, false]);
  });

  test('or, once it has ended, from then on, but is not over when it is paid', () => {
    const ended = { ...created, instances: [given('i-1', { end: at(15) })] };
    expect(days([13, 14, 15, 20, 110, 111], { 'i-1': at(15) }, [ended])).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
    const longAgo = { ...created, instances: [given('i-1', { end: at(-40) })] };
    expect(days([-40, 19], { 'i-1': at(-40) }, [longAgo])).toEqual([false, true]);
  });
});

test('ORD-24 ORD-26 a change of plan says itself for which rest it is; told times are within a day of it', () => {
  const rest = {
    orderId: 'ord_1',
    start: at(14).toISOString(),
    end: at(42).toISOString(),
    unit: 'day' as const,
    remaining: 28,
    total: 31,
    priceBefore: '45',
    priceAfter: '138',
  };
  const upgrade: Order = {
    ...paid,
    orderType: 'upgrade',
    duration: null,
    instanceIds: ['a', 'b'],
    servicePeriod: { start: at(14), end: at(42) },
    planChange: {
      from: 'small',
      returns: 'none',
      rest: ['a', 'b'].map((instanceId) => ({ instanceId, ...rest })),
    },
  };
  const told = (start: Date | null, end: Date | null, id = 'a') => [{ ...given(id), start, end }];
  const ends = { a: at(42), b: at(42) };
  const taken = [
    told(null, null),
    told(at(13), null),
    told(at(20), at(42)),
    told(null, at(43)),
    told(null, hours(at(42), -24)),
  ];
  expect(taken.map((instances) => fits(upgrade, instances, ends))).toEqual(taken.map(() => true));
  const refused = [
    [],
    told(null, null, 'c'),
    told(null, hours(at(43), 1)),
    told(null, hours(at(41), -1)),
    told(hours(at(13), -1), null),
    told(at(42), null),
  ];
  expect(refused.map((instances) => fits(upgrade, instances, ends))).toEqual(refused.map(() => false));
  expect(fits(upgrade, told(null, at(50)), { a: at(50) })).toBe(true);

  // As far as the orders that pay for it reach, whatever end the platform has told of the instance.
  const until = (end: Date) => ({ ...created, instances: [given('a'), given('b', { end })] });
  const period = (id: string, others: Order[]) => withRest(upgrade, told(at(20), at(50), id)[0]!, others);
  expect(period('a', [until(at(50))])).toMatchObject({ start: at(14), end: at(42), region: 'bj' });
  expect(period('b', [until(at(50)), { ...until(at(90)), orderId: 'ord_9' }])).toMatchObject({
    start: at(14),
    end: at(50),
  });
  expect([period('a', []).end, period('b', [until(at(12))]).end]).toEqual([at(42), at(42)]);
  expect(withRest(paid, given('a'), [until(at(50))])).toEqual(given('a'));
});

test('ORD-26 an end that the platform tells of a change of plan is no ten years off either', () => {
  const change: Order = {
    ...paid,
    orderId: 'ord_2',
    orderType: 'downgrade',
    duration: null,
    instanceIds: ['i-1'],
    servicePeriod: { start: at(14), end: at(42) },
    planChange: { from: 'large', returns: 'none', rest: [] },
  };
  const ends = new Map([['i-1', at(42 + 3650)]]);
  const fitsUntil = (end: Date) => () =>
    expectFit(change, [given('i-1', { start: at(20), end })], { ...rules, ends, others: [created] });
  expect(fitsUntil(at(42 + 3650))).toThrow();
  expect(fitsUntil(at(42))).not.toThrow();
});

test('ORD-2 ORD-26 a configuration change is not given time that is paid already, by a later correction either', () => {
  const change: Order = {
    ...paid,
    orderId: 'ord_2',
    orderType: 'configuration_change',
    instanceIds: ['i-1'],
  };
  // `created` pays until 11 February.
  const misfitFrom = (start: Date, other: Order = created) => {
    const one = given('i-1', { start, end: calendarEnd(start, paid.duration!, rules.timeZone) });
    try {
      expectFit(change, [one], { ...rules, ends: new Map([['i-1', at(42)]]), others: [change, other] });
      return undefined;
    } catch (error) {
      return (error as Refusal).facts;
    }
  };
  expect(misfitFrom(at(20))).toMatchObject({
    misfit: 'paid_twice',
    field: 'start',
    instanceId: 'i-1',
    expected: [at(42).toISOString()],
    told: at(20).toISOString(),
  });
  expect([misfitFrom(hours(at(41), -1)), misfitFrom(at(41)), misfitFrom(at(42))]).toEqual([
    expect.objectContaining({ misfit: 'paid_twice' }),
    undefined,
    undefined,
  ]);
  expect(misfitFrom(at(20), { ...created, refundedInstanceIds: ['i-1'] })).toBeUndefined();
  expect(misfitFrom(at(20), { ...created, status: 'voided' })).toBeUndefined();
});

test('ORD-2 ORD-26 a switch to prepay starts now, one to postpay at the end of the paid period', () => {
  const change: Order = {
    ...paid,
    orderId: 'ord_2',
    orderType: 'configuration_change',
    instanceIds: ['i-1'],
  };
  const toPostpay: Order = { ...change, billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
  const ends = new Map([['i-1', at(42 + 60)]]);
  const starts = (order: Order, day: number) => {
    const end = order === change ? calendarEnd(at(day), paid.duration!, rules.timeZone) : null;
    const one = { ...given('i-1', { start: at(day) }), end };
    try {
      expectFit(order, [one], { ...rules, ends, others: [] });
      return true;
    } catch {
      return false;
    }
  };
  expect([11, 11 + 90, 11 + 91, 42 + 60 + 80].map((day) => starts(change, day))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect([11, 42 + 58, 42 + 60, 42 + 61, 42 + 62].map((day) => starts(toPostpay, day))).toEqual([
    false,
    false,
    true,
    true,
    false,
  ]);
});
