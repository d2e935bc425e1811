import fc from 'fast-check';
import Fraction from 'fraction.js';
import {
  add,
  compare,
  exactly,
  isNegative,
  money,
  roundHalfUp,
  subtract,
  sum,
  type Money,
} from '@accord/money';
import { usedOf } from '@accord/profile';
import { bought, cny, dayMs, ends, exampleOrder, none, parts, refundedAt } from '../../test/fixtures.ts';
import { computed } from '../../test/formula.ts';
import { stepsOf } from '../http/calculation-texts.ts';
import {
  afterLine,
  lineOf,
  refundedOf,
  total,
  untouched,
  wholeOrder,
  type AmountRules,
  type Line,
} from './amount.ts';
import type { Order } from './candidate.ts';

const timeZone = 'Asia/Shanghai';
const plain: AmountRules = {
  consumption: 'day',
  fees: [],
  vouchersReturn: 'only_failed_fulfilment',
  timeZone,
};
const ask = (at: Date | string, more = {}) => ({
  instanceId: 'i-1',
  at: new Date(at),
  packageUsed: false,
  ...more,
});
const after = (ms: number) => new Date(new Date(bought).getTime() + ms);
const period = { start: bought, end: ends };

/** The lines of these instances, one refund after the other or all in one: it is the same. */
function linesOf(order: Order, asks: readonly { id: string; at: Date | string }[], rules = plain): Line[] {
  let before = untouched(order);
  return asks.map(({ id, at }) => {
    const line = lineOf(order, ask(at, { instanceId: id }), rules, before);
    before = afterLine(before, line);
    return line;
  });
}
const instances = (count: number) => Array.from({ length: count }, (_, i) => `i-${i + 1}`);
const refunds = (lines: readonly Line[]) => lines.map(({ refund }) => refund.amount);
const steps = (line: Line, locale: 'en' | 'zh-CN' = 'en') =>
  stepsOf(line, locale).map(({ step, formula, result }) => `${step}: ${formula} = ${result}`);

test(
  'RFD-7 45.00 paid for 31 days, bought 10 January 11:00, ' +
    'refunded 16 January 15:00: 7 days used, 34.84 back',
  () => {
    const line = lineOf(exampleOrder(), ask(refundedAt), plain);
    expect(line).toMatchObject({
      paid: cny('45.00'),
      consumed: cny('10.16'),
      fee: none,
      refund: cny('34.84'),
    });
    expect(steps(line)).toEqual([
      'share: 45.00 ÷ 1 = 45.00 CNY',
      'period: 2026-01-10 19:00 to 2026-02-10 19:00 (Asia/Shanghai) = 31 days',
      'used: until 2026-01-16 23:00 = 7 days',
      'consumed: 45.00 × 7 ÷ 31 = 10.16 CNY',
      'fee: 45.00 × 0 % = 0.00 CNY',
      'refund: 45.00 × (31 − 7) ÷ 31 = 34.84 CNY',
      'split: cash 34.84 + gift credit 0.00 + stored card 0.00 = 34.84 CNY',
    ]);
    expect(steps(line, 'zh-CN')).toEqual([
      'share: 45.00 ÷ 1 = 45.00 CNY',
      'period: 2026-01-10 19:00 至 2026-02-10 19:00（Asia/Shanghai） = 31 天',
      'used: 截至 2026-01-16 23:00 = 7 天',
      'consumed: 45.00 × 7 ÷ 31 = 10.16 CNY',
      'fee: 45.00 × 0 % = 0.00 CNY',
      'refund: 45.00 × (31 − 7) ÷ 31 = 34.84 CNY',
      'split: 现金 34.84 + 赠送金 0.00 + 储值卡 0.00 = 34.84 CNY',
    ]);
  },
);

describe('RFD-7 an order is rounded once, over several instances and several refunds', () => {
  test('0.50 over 10 instances, 1 of 2 days used: 0.25, all together or one by one', () => {
    const order = exampleOrder({
      paid: parts({ cash: '0.50' }),
      instanceIds: instances(10),
      servicePeriod: { start: bought, end: after(2 * dayMs).toISOString() },
    });
    const lines = linesOf(
      order,
      order.instanceIds.map((id) => ({ id, at: after(dayMs) })),
    );
    expect(refunds(lines)).toEqual([
      '0.03',
      '0.02',
      '0.03',
      '0.02',
      '0.03',
      '0.02',
      '0.03',
      '0.02',
      '0.03',
      '0.02',
    ]);
    expect(total(lines, 'CNY')).toMatchObject({
      paid: cny('0.50'),
      consumed: cny('0.25'),
      refund: cny('0.25'),
    });
    expect(steps(lines[0]!).slice(0, 4)).toEqual([
      'share: 0.50 ÷ 10 = 0.05 CNY',
      'period: 2026-01-10 19:00 to 2026-01-12 19:00 (Asia/Shanghai) = 2 days',
      'used: until 2026-01-11 19:00 = 1 day',
      'consumed: 0.05 − 0.03 = 0.02 CNY',
    ]);
    expect(steps(lines[1]!)[5]).toBe('refund: round(1 ÷ 40 + 0.50 ÷ 10 × (2 − 1) ÷ 2) − 0.03 = 0.02 CNY');
  });

  test('ORD-14 the share of each instance is rounded with those before it, and says so', () => {
    const order = exampleOrder({ paid: parts({ cash: '100.00' }), instanceIds: instances(3), count: 3 });
    const lines = linesOf(
      order,
      ['i-3', 'i-1', 'i-2'].map((id) => ({ id, at: bought })),
    );
    expect(lines.map(({ paid }) => paid.amount)).toEqual(['33.33', '33.34', '33.33']);
    expect(lines.map((line) => steps(line)[0])).toEqual([
      'share: 100.00 ÷ 3 = 33.33 CNY',
      'share: round(100.00 × 2 ÷ 3) − 33.33 = 33.34 CNY',
      'share: round(100.00 × 3 ÷ 3) − 66.67 = 33.33 CNY',
    ]);
  });

  test('three instances over 0.01 give it back together', () => {
    const order = exampleOrder({ paid: parts({ cash: '0.01' }), instanceIds: instances(3) });
    const lines = linesOf(
      order,
      order.instanceIds.map((id) => ({ id, at: bought })),
    );
    expect(refunds(lines)).toEqual(['0.00', '0.01', '0.00']);
  });
});

test.each([
  ['not begun', -1, 0],
  ['at its first instant', 0, 0],
  ['a millisecond in', 1, 1],
  ['a whole day', dayMs, 1],
  ['a day and a millisecond', dayMs + 1, 2],
  ['its last day', 31 * dayMs - 1, 31],
  ['ended', 31 * dayMs, 31],
  ['long ended', 400 * dayMs, 31],
])('RFD-6 in days, a started 24 h period counts whole: %s', (_, ms, used) => {
  expect(usedOf(period, after(ms), { unit: 'day', timeZone })).toEqual({ used, total: 31 });
});

test.each([
  ['2026-01-10T11:59:59.999Z', 0],
  ['2026-01-10T12:00:00.000Z', 1],
  ['2026-01-11T11:30:00.000Z', 24],
  ['2026-02-10T11:29:59.999Z', 744],
])('RFD-6 in hours, both ends are floored to the hour: %s', (at, used) => {
  const shifted = { start: '2026-01-10T11:30:00.000Z', end: '2026-02-10T11:30:00.000Z' };
  expect(usedOf(shifted, new Date(at), { unit: 'hour', timeZone })).toEqual({ used, total: 744 });
});

test(
  'RFD-5 each original order over its own period: ' +
    'an ended one gives nothing, a running one a part, a renewal not begun all',
  () => {
    const running = exampleOrder({
      orderId: 'ord_2',
      orderType: 'renewal',
      servicePeriod: { start: ends, end: '2026-03-13T11:00:00.000Z' },
    });
    const later = exampleOrder({
      orderId: 'ord_3',
      orderType: 'renewal',
      servicePeriod: { start: '2026-03-13T11:00:00.000Z', end: '2026-04-13T11:00:00.000Z' },
    });
    const at = ask('2026-02-16T15:00:00.000Z');
    const lines = [exampleOrder(), running, later].map((order) => lineOf(order, at, plain));
    expect(lines.map(({ refund }) => refund.amount)).toEqual(['0.00', '34.84', '45.00']);
    expect(total(lines, 'CNY')).toMatchObject({
      paid: cny('135.00'),
      consumed: cny('55.16'),
      refund: cny('79.84'),
    });
  },
);

test('RFD-5 a compensation counts as nothing paid', () => {
  expect(lineOf(exampleOrder({ orderType: 'compensation' }), ask(refundedAt), plain)).toMatchObject({
    paid: none,
    refund: none,
  });
});

test('RFD-3 money for a trial does not come back; a renewal of it does', () => {
  const trial = exampleOrder({ trial: true, paid: parts({ cash: '1.00' }) });
  expect(lineOf(trial, ask(refundedAt), plain)).toMatchObject({ consumed: cny('1.00'), refund: none });
  expect(lineOf(exampleOrder({ orderType: 'renewal' }), ask(refundedAt), plain).refund).toEqual(cny('34.84'));
});

test('RFD-10 an unused package comes back in full, a used one not at all', () => {
  const order = exampleOrder({ chargeType: 'package', productForm: 'usage_package' });
  expect(lineOf(order, ask(refundedAt), plain)).toMatchObject({ refund: cny('45.00'), consumed: none });
  expect(lineOf(order, ask(refundedAt, { packageUsed: true }), plain)).toMatchObject({
    refund: none,
    consumed: cny('45.00'),
  });
});

describe('fees', () => {
  const year = { start: '2026-01-10T11:00:00.000Z', end: '2028-01-10T11:00:00.000Z' };
  const fees = [
    { termMonths: 12, steps: [{ usedUpToMonths: 12, percent: '10' }] },
    {
      termMonths: 24,
      steps: [
        { usedUpToMonths: 12, percent: '15' },
        { usedUpToMonths: 24, percent: '10' },
      ],
    },
    {
      termMonths: 36,
      steps: [
        { usedUpToMonths: 12, percent: '15' },
        { usedUpToMonths: 24, percent: '10' },
        { usedUpToMonths: 36, percent: '5' },
      ],
    },
  ];
  const charging: AmountRules = { ...plain, fees };
  const twoYears = exampleOrder({
    paid: parts({ cash: '730.00' }),
    servicePeriod: year,
    duration: { value: 2, unit: 'year' },
  });

  test.each([
    ['2026-07-29T11:00:00.000Z', '15', '200.00', '109.50', '420.50'],
    ['2027-01-10T11:00:00.000Z', '15', '365.00', '109.50', '255.50'],
    ['2027-01-11T11:00:00.000Z', '10', '366.00', '73.00', '291.00'],
    ['2027-12-31T11:00:00.000Z', '10', '720.00', '10.00', '0.00'],
    ['2028-02-01T11:00:00.000Z', '10', '730.00', '0.00', '0.00'],
  ])(
    'RFD-8 a part of what was paid, by term and time used, never below 0: %s',
    (at, percent, consumed, fee, refund) => {
      const line = lineOf(twoYears, ask(at), charging);
      expect([line.consumed.amount, line.fee.amount, line.refund.amount]).toEqual([consumed, fee, refund]);
      expect(line.calculation?.feeBy?.percent ?? '0').toBe(percent);
    },
  );

  test('RFD-8 the term is the order’s own duration, whatever second its end was told for', () => {
    const yearOf = (end: string, change = {}) =>
      exampleOrder({
        paid: parts({ cash: '1000.00' }),
        duration: { value: 1, unit: 'year' },
        servicePeriod: { start: '2026-01-10T00:00:00.000Z', end },
        ...change,
      });
    const feeOf = (order: Order) => lineOf(order, ask('2026-01-10T00:00:00.000Z'), charging).fee.amount;
    expect(feeOf(yearOf('2027-01-09T23:59:59.000Z'))).toBe('100.00');
    expect(feeOf(yearOf('2027-01-09T00:00:00.000Z'))).toBe('100.00');
    expect(feeOf(yearOf('2027-01-09T15:59:59.000Z', { duration: { value: 12, unit: 'month' } }))).toBe(
      '100.00',
    );
    expect(feeOf(yearOf('2027-01-09T23:59:59.000Z', { duration: null }))).toBe('100.00');
    expect(feeOf(yearOf('2027-01-08T00:00:00.000Z', { duration: null }))).toBe('0.00');
    expect(feeOf(yearOf('2028-01-09T23:59:59.000Z', { duration: { value: 2, unit: 'year' } }))).toBe(
      '150.00',
    );
    expect(feeOf(yearOf('2026-12-10T00:00:00.000Z', { duration: { value: 11, unit: 'month' } }))).toBe(
      '0.00',
    );
  });

  test('RFD-8 a table for months: 100.00 for a month, 344 of 758 hours used, 10 %: 44.62 back', () => {
    const monthly: AmountRules = {
      ...charging,
      consumption: 'hour',
      fees: [...fees, { termMonths: 1, steps: [{ usedUpToMonths: 1, percent: '10' }] }],
    };
    const month = exampleOrder({
      paid: parts({ cash: '100.00' }),
      servicePeriod: { start: '2026-01-01T02:30:00.000Z', end: '2026-02-01T15:59:59.000Z' },
    });
    const line = lineOf(month, ask('2026-01-15T10:45:00.000Z'), monthly);
    expect(line).toMatchObject({ consumed: cny('45.38'), fee: cny('10.00'), refund: cny('44.62') });
    expect(steps(line).slice(1, 7)).toEqual([
      'period: 2026-01-01 10:30 to 2026-02-01 23:59:59 (Asia/Shanghai) = 758 hours',
      'used: until 2026-01-15 18:45 = 344 hours',
      'consumed: 100.00 × 344 ÷ 758 = 45.38 CNY',
      'fee_table: term of 1 month: up to 1 month 10 % = 10 % (up to 1 month)',
      'fee: 100.00 × 10 % = 10.00 CNY',
      'refund: 100.00 × (758 − 344) ÷ 758 − 100.00 × 10 % = 44.62 CNY',
    ]);
    expect(steps(lineOf(twoYears, ask('2027-01-11T11:00:00.000Z'), monthly), 'zh-CN')[4]).toBe(
      'fee_table: 期限 2 年：使用 1 年以内 15 %，使用 2 年以内 10 % = 10 %（使用 2 年以内）',
    );
  });

  test('RFD-8 none for a term without a table, for a renewal not begun, for a failed fulfilment', () => {
    expect(lineOf(exampleOrder(), ask(refundedAt), charging).fee).toEqual(none);
    expect(
      lineOf({ ...twoYears, orderType: 'renewal' }, ask('2026-01-01T00:00:00.000Z'), charging),
    ).toMatchObject({ fee: none, refund: cny('730.00') });
    expect(wholeOrder(twoYears)).toMatchObject({ fee: none, refund: cny('730.00') });
  });
});

test('RFD-11 a mixed payment returns in the proportion it was paid, the last part taking the remainder', () => {
  const order = exampleOrder({ paid: parts({ cash: '30.00', giftCredit: '10.00', storedCard: '5.00' }) });
  expect(lineOf(order, ask(refundedAt), plain).split).toEqual(
    parts({ cash: '23.23', giftCredit: '7.74', storedCard: '3.87' }),
  );
});

describe('RFD-11 each fund gets its share of all that came back, over any number of refunds', () => {
  const byFund = (lines: readonly Line[]) => {
    const { cash, giftCredit, storedCard } = total(lines, 'CNY').split;
    return [cash, giftCredit, storedCard].map(({ amount }) => amount);
  };
  const unused = (order: Order) =>
    linesOf(
      order,
      order.instanceIds.map((id) => ({ id, at: bought })),
    );

  test.each([
    [3, { cash: '50.00', giftCredit: '25.00', storedCard: '25.00' }],
    [100, { cash: '50.50', giftCredit: '49.50' }],
    [7, { giftCredit: '0.01', storedCard: '0.01' }],
    [14, { cash: '0.06', giftCredit: '0.06', storedCard: '0.02' }],
  ])('given back one by one unused, %i instances end as they were paid: %j', (count, paid) => {
    const lines = unused(exampleOrder({ paid: parts(paid), instanceIds: instances(count) }));
    const { cash, giftCredit, storedCard } = parts(paid);
    expect(byFund(lines)).toEqual([cash, giftCredit, storedCard].map(({ amount }) => amount));
    for (const { split } of lines)
      expect(Object.values(split).filter((part) => isNegative(part))).toEqual([]);
  });

  test('a fund whose share falls by rounding keeps what went back to it', () => {
    const paid = parts({ cash: '0.06', giftCredit: '0.06', storedCard: '0.02' });
    const lines = unused(exampleOrder({ paid, instanceIds: instances(14) }));
    expect([byFund(lines.slice(0, 10)), byFund(lines.slice(0, 11))]).toEqual([
      ['0.04', '0.04', '0.02'],
      ['0.05', '0.04', '0.02'],
    ]);
  });
});

test('RFD-5 vouchers do not return; where the profile says so, their unused part returns as a voucher', () => {
  const order = exampleOrder({ paid: parts({ cash: '45.00', voucher: '31.00' }) });
  expect(lineOf(order, ask(refundedAt), plain).split).toEqual(parts({ cash: '34.84' }));
  expect(lineOf(order, ask(refundedAt), { ...plain, vouchersReturn: 'always' }).split).toEqual(
    parts({ cash: '34.84', voucher: '24.00' }),
  );
});

test('RFD-14 all that was paid for an order, vouchers as vouchers', () => {
  const paid = parts({ cash: '1.00', giftCredit: '2.00', storedCard: '3.00', voucher: '4.00' });
  expect(wholeOrder(exampleOrder({ paid }))).toMatchObject({
    refund: cny('6.00'),
    consumed: none,
    split: paid,
    instanceId: null,
  });
});

const cents = fc
  .integer({ min: 0, max: 100_000_000 })
  .map((n) => cny((BigInt(n) / 100n).toString() + `.${String(n % 100).padStart(2, '0')}`));
const payment = fc.record({ cash: cents, giftCredit: cents, storedCard: cents, voucher: cents });
const days = fc.integer({ min: 1, max: 1200 });
const when = fc.integer({ min: -10 * dayMs, max: 1300 * dayMs });
const rules = fc.record({
  consumption: fc.constantFrom('day', 'hour'),
  vouchersReturn: fc.constantFrom('only_failed_fulfilment', 'always'),
  timeZone: fc.constant(timeZone),
  fees: fc.constantFrom([], [{ termMonths: 12, steps: [{ usedUpToMonths: 12, percent: '12.5' }] }]),
}) as fc.Arbitrary<AmountRules>;
const orderOf = (paid: ReturnType<typeof parts>, length: number, count = 1) =>
  exampleOrder({
    paid,
    instanceIds: instances(count),
    servicePeriod: { start: bought, end: after(length * dayMs).toISOString() },
    duration: null,
  });

test(
  'RFD-5 whatever was paid and whenever it ends: ' +
    'paid = consumed + fee + refund, nothing below 0, the parts make up the refund',
  () => {
    fc.assert(
      fc.property(payment, days, when, rules, (paid, length, ms, profile) => {
        const line = lineOf(orderOf(paid, length), ask(after(ms)), profile);
        expect(add(add(line.consumed, line.fee), line.refund)).toEqual(line.paid);
        for (const amount of [line.consumed, line.fee, line.refund, ...Object.values(line.split)])
          expect(isNegative(amount)).toBe(false);
        expect(sum([line.split.cash, line.split.giftCredit, line.split.storedCard], 'CNY')).toEqual(
          line.refund,
        );
        for (const part of ['cash', 'giftCredit', 'storedCard', 'voucher'] as const)
          expect(compare(line.split[part], paid[part])).toBeLessThanOrEqual(0);
      }),
    );
  },
);

test('RFD-5 later never gives back more', () => {
  fc.assert(
    fc.property(payment, days, when, fc.nat(100 * dayMs), (paid, length, ms, more) => {
      const [early, late] = [ms, ms + more].map(
        (at) => lineOf(orderOf(paid, length), ask(after(at)), plain).refund,
      );
      expect(compare(late!, early!)).toBeLessThanOrEqual(0);
    }),
  );
});

test('RFD-7 rounded half up once: never more than half a unit from the exact amount', () => {
  fc.assert(
    fc.property(cents, days, when, (cash, length, ms) => {
      const order = orderOf(parts({ cash: cash.amount }), length);
      const units = usedOf(order.servicePeriod!, after(ms), { unit: 'day', timeZone });
      const [used, whole] = [BigInt(units.used), BigInt(units.total)];
      const { refund } = lineOf(order, ask(after(ms)), plain);
      const exactTimesWhole = BigInt(cash.amount.replace('.', '')) * (whole - used);
      const off = 2n * (BigInt(refund.amount.replace('.', '')) * whole - exactTimesWhole);
      expect(off > -whole && off <= whole).toBe(true);
    }),
  );
});

test('RFD-20 all instances of an order together never give back more than it was paid', () => {
  fc.assert(
    fc.property(
      payment,
      days,
      when,
      rules,
      fc.integer({ min: 1, max: 7 }),
      (paid, length, ms, profile, count) => {
        const order = orderOf(paid, length, count);
        const lines = linesOf(
          order,
          order.instanceIds.map((id) => ({ id, at: after(ms) })),
          profile,
        );
        const all = total(lines, 'CNY');
        expect(all.paid).toEqual(order.cashPaid);
        expect(compare(all.refund, order.cashPaid)).toBeLessThanOrEqual(0);
        expect(compare(all.split.voucher, order.voucherPaid)).toBeLessThanOrEqual(0);
        expect(subtract(all.paid, all.refund)).toEqual(add(all.consumed, all.fee));
      },
    ),
  );
});

test(
  'RFD-1 RFD-7 RFD-11 whatever is given back, in whatever steps: each formula gives its result, ' +
    'the order gave the exact sum rounded once, each fund its share, nothing is below 0',
  () => {
    fc.assert(
      fc.property(
        payment,
        days,
        rules,
        fc.array(when, { minLength: 1, maxLength: 9 }),
        fc.nat(3),
        (paid, length, profile, times, left) => {
          const order = orderOf(paid, length, times.length + left);
          const lines = linesOf(
            order,
            times.map((ms, i) => ({ id: `i-${i + 1}`, at: after(ms) })),
            profile,
          );
          let before = untouched(order);
          let exact = new Fraction(0);
          for (const line of lines) {
            exact = exact.add(line.exact.refund);
            before = afterLine(before, line);
            expect([refundedOf(before), add(add(line.consumed, line.fee), line.refund)]).toEqual([
              roundHalfUp(exact, 'CNY'),
              line.paid,
            ]);
            expect(
              [line.paid, line.consumed, line.fee, ...Object.values(line.split)].filter(isNegative),
            ).toEqual([]);
            const all = exactly(order.cashPaid);
            const hasShare = (fund: 'cash' | 'giftCredit' | 'storedCard') => {
              const back = exactly(before.refunded[fund]);
              const share = all.equals(0)
                ? all
                : exactly(refundedOf(before)).mul(exactly(paid[fund])).div(all);
              return share.sub(back).abs().mul(100).compare(1) < 0 && back.compare(exactly(paid[fund])) <= 0;
            };
            expect((['cash', 'giftCredit', 'storedCard'] as const).filter(hasShare)).toHaveLength(3);
            const wrong = stepsOf(line, 'en')
              .filter(({ step }) => !['period', 'used', 'fee_table'].includes(step))
              .filter(
                ({ formula, result }) => `${roundHalfUp(computed(formula), 'CNY').amount} CNY` !== result,
              );
            expect(wrong).toEqual([]);
          }
          const off = subtract(
            total(lines, 'CNY').paid,
            scaled(order.cashPaid, times.length, times.length + left),
          );
          expect(['-0.01', '0.00', '0.01']).toContain(off.amount);
          if (left === 0) expect(off.amount).toBe('0.00');
        },
      ),
      { numRuns: 100 },
    );
  },
);

const scaled = (whole: Money, n: number, d: number) =>
  roundHalfUp(exactly(whole).mul(new Fraction(n, d)), whole.currency);

test('RFD-7 yen have no minor unit', () => {
  const yen = {
    ...exampleOrder(),
    cashPaid: money('100', 'JPY'),
    paidParts: null,
    voucherPaid: money('0', 'JPY'),
  };
  expect(lineOf(yen, ask(refundedAt), plain).refund).toEqual(money('77', 'JPY'));
});
