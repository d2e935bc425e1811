import fc from 'fast-check';
import Fraction from 'fraction.js';
import { exactly, isNegative, roundHalfUp, type Money } from '@accord/money';
import { calendarEnd, restOf, usedOf } from '@accord/profile';
import { bought, cny, dayMs, ends, exampleOrder, parts } from '../../test/fixtures.ts';
import { computed } from '../../test/formula.ts';
import { stepsOf } from '../http/calculation-texts.ts';
import {
  afterLine,
  isWithinPaid,
  lineOf,
  refundedOf,
  untouched,
  type AmountRules,
  type Line,
} from './amount.ts';
import { differenceLine, returnDifference } from './automatic-refund.ts';
import type { Order } from './candidate.ts';

const timeZone = 'Asia/Shanghai';
const rules: AmountRules = {
  consumption: 'day',
  fees: [],
  vouchersReturn: 'only_failed_fulfilment',
  timeZone,
};
const later = (days: number, hours = 0) => new Date(Date.parse(bought) + days * dayMs + hours * 3_600_000);

const on = (start: string, end: string) => ({
  servicePeriod: { start, end },
  instances: [{ instanceId: 'i-1', start, end, region: null, ipAddress: null }],
});
const purchase = exampleOrder({ ...on(bought, ends) });

/** The part of each order that is left at `at`, at these prices, as the order service tells it. */
const restsAt = (orders: readonly Order[], at: Date, [priceBefore, priceAfter]: readonly [string, string]) =>
  orders.flatMap(({ orderId, servicePeriod }) => {
    const { used, total } = usedOf(servicePeriod!, at, { unit: 'day', timeZone });
    const start = restOf(servicePeriod!, at, { unit: 'day', timeZone }).toISOString();
    const rest = { instanceId: 'i-1', orderId, start, end: servicePeriod!.end, unit: 'day' as const };
    return used === total ? [] : [{ ...rest, remaining: total - used, total, priceBefore, priceAfter }];
  });

type Change = readonly [orderType: 'upgrade' | 'downgrade', at: Date, prices: readonly [string, string]];

/** The orders with a change of plan; an upgrade is paid by the difference of the rest. */
function changed(orders: readonly Order[], [orderType, at, prices]: Change, vouchers = '0'): Order[] {
  const base = orders.filter(({ planChange }) => !planChange);
  const returns = orderType === 'downgrade' ? ('difference' as const) : ('none' as const);
  const rest = restsAt(orderType === 'downgrade' ? orders : base, at, prices);
  const cost = rest.reduce(
    (sum, one) => sum.add(new Fraction(prices[1]).sub(prices[0]).mul(one.remaining).div(one.total)),
    new Fraction(0),
  );
  const cash = orderType === 'upgrade' ? roundHalfUp(cost, 'CNY').amount : '0.00';
  return [
    ...orders,
    exampleOrder({
      orderId: `ord_${orders.length + 1}`,
      orderType,
      createdAt: at.toISOString(),
      paidAt: at.toISOString(),
      duration: null,
      paid: parts({ cash, voucher: vouchers }),
      planChange: { from: 'any', returns, rest },
      ...on(rest[0]?.start ?? at.toISOString(), ends),
    }),
  ];
}

/** The lines of these downgrades, in the order they are told in, and of the instance after them. */
function settled(orders: readonly Order[], steps: readonly (Order | Date)[]) {
  const before = new Map(orders.map((order) => [order.orderId, untouched(order)]));
  const lines: Line[] = [];
  for (const step of steps)
    for (const order of orders) {
      const known = before.get(order.orderId)!;
      const line =
        step instanceof Date
          ? lineOf(order, { instanceId: 'i-1', at: step, packageUsed: false, orders }, rules, known)
          : differenceLine(order, { instanceId: 'i-1', downgrade: step, orders }, rules, known);
      if (!line) continue;
      lines.push(line);
      before.set(order.orderId, afterLine(known, line));
    }
  return { lines, after: [...before.values()] };
}
const sumOf = (lines: readonly Line[]) =>
  roundHalfUp(
    lines.reduce((sum, { exact }) => sum.add(exact.refund), new Fraction(0)),
    'CNY',
  ).amount;

const upgraded = changed([purchase], ['upgrade', later(2, 4), ['45', '138']]);
const downgraded = changed(upgraded, ['downgrade', later(5, 4), ['138', '45']]);
const downgrade = downgraded.at(-1)!;

test('ORD-24 an upgrade by 84.00 for 28 days gives 75.00 back with 25 days left', () => {
  expect(upgraded.at(-1)).toMatchObject({ cashPaid: cny('84.00') });
  const { lines } = settled(downgraded, [downgrade]);
  expect(lines.map(({ orderId, refund, paid, consumed }) => [orderId, refund, paid, consumed])).toEqual([
    ['ord_1', cny('24.46'), cny('24.46'), cny('0.00')],
    ['ord_2', cny('50.54'), cny('50.54'), cny('0.00')],
  ]);
  expect(sumOf(lines)).toBe('75.00');
  expect(
    stepsOf(lines[1]!, 'en').map(({ step, formula, result }) => `${step}: ${formula} = ${result}`),
  ).toEqual([
    'period: 2026-01-13 19:00 to 2026-02-10 19:00 (Asia/Shanghai) = 28 days',
    'used: until 2026-01-15 23:00 = 3 days',
    'refund: 84.00 × (28 − 3) ÷ 28 × (138 − 45) ÷ 138 = 50.54 CNY',
    'split: cash 50.54 + gift credit 0.00 + stored card 0.00 = 50.54 CNY',
  ]);
});

test('ORD-24 RFD-6 after that the rest is worth what the small plan costs, whichever comes first', () => {
  const at = later(10, 4);
  for (const steps of [
    [downgrade, at],
    [at, downgrade],
  ]) {
    const { lines, after } = settled(downgraded, steps);
    const given = lines.filter(({ calculation }) => !calculation?.downgrade);
    expect(sumOf(given)).toBe('29.03');
    expect(after.every(isWithinPaid)).toBe(true);
    expect(after.map((order) => refundedOf(order).amount)).toEqual(['33.92', '70.11', '0.00']);
  }
});

test('ORD-24 only money comes back, and where nothing was paid nothing does', () => {
  const byVoucher = exampleOrder({ ...on(bought, ends), paid: parts({ cash: '20.00', voucher: '25.00' }) });
  const [, down] = changed([byVoucher], ['downgrade', later(0), ['45', '30']]);
  expect(settled([byVoucher, down!], [down!]).lines).toMatchObject([
    { refund: cny('6.67'), split: { cash: cny('6.67'), voucher: cny('0.00') } },
  ]);
  const free = exampleOrder({ ...on(bought, ends), paid: parts({ voucher: '45.00' }) });
  expect(settled([free, down!], [down!]).lines).toEqual([]);
});

test('ORD-24 a renewal that has not begun gives its own difference back', () => {
  const next = calendarEnd(new Date(ends), { value: 1, unit: 'month' }, timeZone).toISOString();
  const renewal = exampleOrder({
    orderId: 'ord_r',
    orderType: 'renewal',
    paid: parts({ cash: '138.00' }),
    ...on(ends, next),
  });
  const large = exampleOrder({ ...on(bought, ends), paid: parts({ cash: '138.00' }) });
  const orders = changed([large, renewal], ['downgrade', later(2, 4), ['138', '45']]);
  const { lines } = settled(orders, [orders[2]!]);
  expect(lines.map(({ orderId, refund }) => [orderId, refund.amount])).toEqual([
    ['ord_1', '84.00'],
    ['ord_r', '93.00'],
  ]);
});

test('ORD-24 the difference waits for the orders that it comes back from, as they were paid and fulfilled', () => {
  const give = (orders: readonly Order[]) =>
    returnDifference({ downgrade, orders }, [], { at: later(6), timeZone }).state;
  expect(give(downgraded)).toMatchObject({
    kind: 'downgrade_difference',
    reason: 'downgraded',
    status: 'succeeded',
    amount: cny('75.00'),
    orderIds: ['ord_3', 'ord_1', 'ord_2'],
  });
  const unpaid = { ...purchase, status: 'unpaid' as const, paidAt: null, fulfilment: 'none' as const };
  for (const orders of [downgraded.slice(1), [unpaid, ...downgraded.slice(1)]])
    expect(() => give(orders)).toThrow(
      expect.objectContaining({ kind: 'not_found', code: 'refund.orders_to_come' }),
    );
});

test('ORD-24 RFD-7 RFD-20 after any changes of plan: never more than was paid, and formulas that hold', () => {
  const price = fc.integer({ min: 1, max: 20_000 }).map((cents) => (cents / 100).toFixed(2));
  const step = fc.record({ hours: fc.integer({ min: 1, max: 200 }), price });
  fc.assert(
    fc.property(
      price,
      fc.array(step, { maxLength: 5 }),
      fc.integer({ min: 0, max: 744 }),
      (first, steps, last) => {
        let [orders, at, now] = [
          [exampleOrder({ ...on(bought, ends), paid: parts({ cash: first }) })],
          Date.parse(bought),
          first,
        ];
        for (const { hours, price: next } of steps) {
          at += hours * 3_600_000;
          if (at >= Date.parse(ends)) break;
          const kind = Number(next) < Number(now) ? 'downgrade' : 'upgrade';
          orders = changed(orders, [kind, new Date(at), [now, next]]);
          now = next;
        }
        const end = new Date(Math.max(at, Date.parse(bought) + last * 3_600_000));
        const downgrades = orders.filter(({ orderType }) => orderType === 'downgrade');
        const { lines, after } = settled(orders, [...downgrades, end]);
        expect(after.filter((order) => !isWithinPaid(order))).toEqual([]);
        expect(lines.flatMap(amounts).filter(isNegative)).toEqual([]);
        // The last part to come back is the rest of the time at the price of the last plan.
        const { used, total } = usedOf({ start: bought, end: ends }, end, { unit: 'day', timeZone });
        const worth = exactly(cny(now))
          .mul(total - used)
          .div(total);
        const given = lines.filter(({ calculation }) => !calculation?.downgrade);
        const back = given.reduce((sum, { exact }) => sum.add(exact.refund), new Fraction(0));
        expect(worth.sub(back).abs().compare(new Fraction(orders.length, 200))).toBeLessThanOrEqual(0);
        const wrong = lines
          .flatMap((line) => stepsOf(line, 'en'))
          .filter(({ step: name }) => !['period', 'used', 'fee_table'].includes(name))
          .filter(({ formula, result }) => `${roundHalfUp(computed(formula), 'CNY').amount} CNY` !== result);
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});

const amounts = ({ paid, consumed, fee, refund, split }: Line): Money[] => [
  paid,
  consumed,
  fee,
  refund,
  ...Object.values(split),
];
