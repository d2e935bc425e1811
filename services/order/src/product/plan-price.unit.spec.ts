import { roundHalfUp } from '@accord/money';
import { differenceOf, restsOf, type PaidPeriod } from './plan-price.ts';
import { exactPrice, type Price, type Span } from './price.ts';

const monthly = (amount: string): Price[] => [
  { chargeType: 'subscription', amount, currency: 'CNY', unit: 'month' },
];
const rules = { timeZone: 'Asia/Shanghai', unit: 'day' as const };
const at = (month: number, day: number, hour = 3) => new Date(Date.UTC(2026, month - 1, day, hour));
const january: PaidPeriod = {
  orderId: 'ord_1',
  duration: { value: 1, unit: 'month' },
  start: at(1, 10),
  end: at(2, 10),
};
const february: PaidPeriod = { ...january, orderId: 'ord_2', start: at(2, 10), end: at(3, 10) };

interface Ask {
  readonly periods?: readonly PaidPeriod[];
  readonly before?: Price[];
  readonly after?: Price[];
  readonly unit?: 'day' | 'hour';
  /** Where the price is not for the whole of a period. */
  readonly by?: Span;
}
function restAt(now: Date, { periods = [january], before, after, unit = 'day', by }: Ask = {}) {
  const priced = periods.map((period) => {
    const pricedBy = by ?? period.duration!;
    return { ...period, pricedBy, price: exactPrice(before ?? monthly('45.00'), 'CNY', pricedBy)! };
  });
  const prices = { prices: after ?? monthly('138.00'), currency: 'CNY' };
  return restsOf(priced, now, prices, { ...rules, unit });
}
const cost = (now: Date, ask?: Ask) => roundHalfUp(differenceOf(restAt(now, ask)), 'CNY').amount;

test('ORD-24 45.00 to 138.00 with 28 of 31 days left costs 84.00', () => {
  const now = at(1, 12, 15);
  expect(cost(now)).toBe('84.00');
  expect(restAt(now)).toMatchObject([
    { orderId: 'ord_1', unit: 'day', remaining: 28, total: 31, start: at(1, 13), end: at(2, 10) },
  ]);
});

test.each([
  ['nothing is used before the period begins', at(1, 9), {}, '93.00'],
  ['a started day counts whole', at(1, 10, 4), {}, '90.00'],
  ['at the very end of a day the next has not begun', at(1, 13), {}, '84.00'],
  ['by hours', new Date('2026-01-12T15:30:00Z'), { unit: 'hour' as const }, '85.50'],
  ['a cheaper plan costs less', at(1, 13), { before: monthly('138.00'), after: monthly('45.00') }, '-84.00'],
  ['nothing is left on the last day', at(2, 10, 2), {}, '0.00'],
  ['a renewal that has not begun is left whole', at(1, 13), { periods: [january, february] }, '177.00'],
  ['the running period is all used', at(2, 10, 2), { periods: [january, february] }, '93.00'],
  ['prices are exact to 8 decimals', at(1, 10), { after: monthly('45.00499999') }, '0.00'],
  ['and rounded half up', at(1, 10), { after: monthly('45.00500000') }, '0.01'],
])('ORD-24 %s', (_, now, ask, expected) => {
  expect(cost(now, ask)).toBe(expected);
});

test('ORD-24 several small parts are rounded once, together', () => {
  const after = monthly('45.00500000');
  expect(cost(at(1, 10), { after, periods: [january, february] })).toBe('0.01');
});

test('ORD-24 a time that was not bought by itself goes by the month: the 4320 minutes of a compensation', () => {
  const periods = [
    {
      orderId: 'ord_3',
      duration: { value: 4320, unit: 'minute' as const },
      start: at(2, 10),
      end: at(2, 13),
    },
  ];
  const by: Span = { value: 1, unit: 'month' };
  expect(restAt(at(1, 13), { periods, by })).toMatchObject([{ remaining: 3, total: 28 }]);
  expect(cost(at(1, 13), { periods, by })).toBe('9.96');
  expect(cost(at(1, 13), { periods, before: perMinute('0.001'), after: perMinute('0.002') })).toBe('4.32');
});

test('ORD-24 a year has the price of a year, or of twelve months', () => {
  const year = {
    ...january,
    duration: { value: 1, unit: 'year' as const },
    end: new Date('2027-01-10T03:00:00Z'),
  };
  const yearly = (amount: string): Price[] => [{ ...monthly(amount)[0]!, unit: 'year' }];
  expect(cost(at(1, 10), { periods: [year] })).toBe('1116.00');
  expect(cost(at(1, 10), { periods: [year], before: yearly('450') })).toBe('1206.00');
  expect(cost(at(1, 10), { periods: [year], before: yearly('450'), after: yearly('1380') })).toBe('930.00');
});

test.each<[string, Partial<Price>]>([
  ['in the currency', { currency: 'USD' }],
  ['for the time that was bought', { unit: 'year' }],
])('ORD-24 a plan without a price %s refuses', (_, change) => {
  expect(() => restAt(at(1, 13), { after: [{ ...monthly('1')[0]!, ...change }] })).toThrow(
    expect.objectContaining({ code: 'order.price_missing' }),
  );
});

function perMinute(amount: string): Price[] {
  return [{ chargeType: 'subscription', amount, currency: 'CNY', unit: 'minute' }];
}
