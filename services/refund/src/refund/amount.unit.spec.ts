import fc from 'fast-check';
import { add, compare, isNegative, money, subtract, sum } from '@accord/money';
import { bought, cny, dayMs, ends, exampleOrder, none, parts, refundedAt } from '../../test/fixtures.ts';
import { lineOf, total, usedOf, wholeOrder, type AmountRules } from './amount.ts';

const plain: AmountRules = { consumption: 'day', fees: [], vouchersReturn: 'only_failed_fulfilment' };
const ask = (at: Date | string, more = {}) => ({
  instanceId: 'i-1',
  at: new Date(at),
  packageUsed: false,
  ...more,
});
const after = (ms: number) => new Date(new Date(bought).getTime() + ms);
const period = { start: bought, end: ends };

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
    expect(line.calculation.map(({ step, formula, result }) => `${step}: ${formula} = ${result}`)).toEqual([
      'share: 45.00 ÷ 1 = 45.00 CNY',
      'period: 2026-01-10T11:00:00.000Z / 2026-02-10T11:00:00.000Z = 31 days',
      'used: until 2026-01-16T15:00:00.000Z = 7 days',
      'consumed: 45.00 × 7 ÷ 31 = 10.16 CNY',
      'fee: 45.00 × 0 % = 0.00 CNY',
      'refund: 45.00 × (31 − 7) ÷ 31 = 34.84 CNY',
      'split: cash + gift credit + stored card = 34.84 + 0.00 + 0.00',
    ]);
  },
);

test.each([
  ['not begun', -1, 0n],
  ['at its first instant', 0, 0n],
  ['a millisecond in', 1, 1n],
  ['a whole day', dayMs, 1n],
  ['a day and a millisecond', dayMs + 1, 2n],
  ['its last day', 31 * dayMs - 1, 31n],
  ['ended', 31 * dayMs, 31n],
  ['long ended', 400 * dayMs, 31n],
])('RFD-6 in days, a started 24 h period counts whole: %s', (_, ms, used) => {
  expect(usedOf(period, after(ms), 'day')).toEqual({ used, total: 31n });
});

test.each([
  ['2026-01-10T11:59:59.999Z', 0n],
  ['2026-01-10T12:00:00.000Z', 1n],
  ['2026-01-11T11:30:00.000Z', 24n],
  ['2026-02-10T11:29:59.999Z', 744n],
])('RFD-6 in hours, both ends are floored to the hour: %s', (at, used) => {
  const shifted = { start: '2026-01-10T11:30:00.000Z', end: '2026-02-10T11:30:00.000Z' };
  expect(usedOf(shifted, new Date(at), 'hour')).toEqual({ used, total: 744n });
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

test('ORD-14 what was paid is split over the instances, the last taking the remainder', () => {
  const order = exampleOrder({
    paid: parts({ cash: '100.00' }),
    instanceIds: ['i-1', 'i-2', 'i-3'],
    count: 3,
  });
  const at = new Date(bought);
  const paid = order.instanceIds.map(
    (instanceId) => lineOf(order, { instanceId, at, packageUsed: false }, plain).refund.amount,
  );
  expect(paid).toEqual(['33.33', '33.33', '33.34']);
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
    { termYears: 1, steps: [{ usedUpToYears: 1, percent: '10' }] },
    {
      termYears: 2,
      steps: [
        { usedUpToYears: 1, percent: '15' },
        { usedUpToYears: 2, percent: '10' },
      ],
    },
    {
      termYears: 3,
      steps: [
        { usedUpToYears: 1, percent: '15' },
        { usedUpToYears: 2, percent: '10' },
        { usedUpToYears: 3, percent: '5' },
      ],
    },
  ];
  const charging: AmountRules = { ...plain, fees };
  const twoYears = exampleOrder({ paid: parts({ cash: '730.00' }), servicePeriod: year });

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
      expect(line.calculation.find(({ step }) => step === 'fee')?.formula).toBe(`730.00 × ${percent} %`);
    },
  );

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
  fees: fc.constantFrom([], [{ termYears: 1, steps: [{ usedUpToYears: 1, percent: '12.5' }] }]),
}) as fc.Arbitrary<AmountRules>;
const orderOf = (paid: ReturnType<typeof parts>, length: number, count = 1) =>
  exampleOrder({
    paid,
    instanceIds: Array.from({ length: count }, (_, i) => `i-${i + 1}`),
    servicePeriod: { start: bought, end: after(length * dayMs).toISOString() },
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
      const { used, total: whole } = usedOf(order.servicePeriod, after(ms), 'day');
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
        const lines = order.instanceIds.map((instanceId) =>
          lineOf(order, { instanceId, at: after(ms), packageUsed: false }, profile),
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

test('RFD-7 yen have no minor unit', () => {
  const yen = {
    ...exampleOrder(),
    cashPaid: money('100', 'JPY'),
    paidParts: null,
    voucherPaid: money('0', 'JPY'),
  };
  expect(lineOf(yen, ask(refundedAt), plain).refund).toEqual(money('77', 'JPY'));
});
