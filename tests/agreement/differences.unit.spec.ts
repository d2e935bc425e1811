import fc from 'fast-check';
import Fraction from 'fraction.js';
import { Refusal } from '@accord/core';
import { exactly, isNegative, roundHalfUp, sum, zero } from '@accord/money';
import { calendarEnd } from '@accord/profile';
import { orderSnapshot, type Order } from '../../services/order/src/order/order.ts';
import { changePlan } from '../../services/order/src/order/plan-change.ts';
import type { Plan } from '../../services/order/src/product/plan.ts';
import type { Product } from '../../services/order/src/product/product.ts';
import type { Resource } from '../../services/order/src/resource/resource.ts';
import { created } from '../../services/order/test/sample-order.ts';
import { stepsOf } from '../../services/refund/src/http/calculation-texts.ts';
import {
  afterLine,
  isWithinPaid,
  lineOf,
  untouched,
  type AmountRules,
  type Line,
} from '../../services/refund/src/refund/amount.ts';
import { returnDifference } from '../../services/refund/src/refund/automatic-refund.ts';
import { computed } from '../../services/refund/test/formula.ts';

// ORD-24: the order service says what a change of plan costs and which parts come back, the refund service pays them.
// Both are asked about the same life of an instance here, while the catalogue changes.

const timeZone = 'Asia/Shanghai';
const dayMs = 86_400_000;
const cny = (amount: string) => ({ amount, currency: 'CNY' });
const begin = Date.UTC(2026, 0, 10, 3);
/** So many days after the purchase, in the course of that day. */
const at = (days: number) => new Date(begin + days * dayMs);

type Code = 'small' | 'medium' | 'large';
type Catalogue = Readonly<Record<Code, string>>;
const list: Catalogue = { small: '45.00', medium: '90.00', large: '138.00' };
const ofYear: Catalogue = { small: '300.00', medium: '600.00', large: '1200.00' };
const planOf = (code: Code, prices: Catalogue): Plan => ({
  code,
  name: { 'zh-CN': code, en: code },
  configuration: [],
  prices: [
    { chargeType: 'subscription', amount: prices[code], currency: 'CNY', unit: 'month' },
    { chargeType: 'subscription', amount: ofYear[code], currency: 'CNY', unit: 'year' },
  ],
  onSale: true,
});

type Step = {
  readonly days: number;
  /** From now on. */
  readonly catalogue?: Partial<Catalogue>;
  /** The order is given for free. */
  readonly free?: boolean;
  /** Of its price, by the provider. */
  readonly discount?: string;
  /** Of its price, paid by voucher. */
  readonly voucher?: string;
} & (
  | { readonly do: 'buy'; readonly plan: Code }
  | { readonly do: 'upgrade'; readonly plan: Code }
  | { readonly do: 'downgrade'; readonly plan: Code; readonly returns?: 'none' }
  | { readonly do: 'renew'; readonly unit?: 'year' }
  | { readonly do: 'compensate'; readonly minutes: number }
);

interface Life {
  readonly orders: readonly Order[];
  readonly plan: Code;
  readonly prices: Catalogue;
  /** The end of all that is paid for. */
  readonly end: Date;
}

const month = { value: 1, unit: 'month' } as const;
const amountOf = (order: Pick<Order, 'productAmount'>) => exactly(order.productAmount!);

/** The life after a step; its money is paid and the platform has done what was ordered. */
function after(life: Life, step: Step): Life {
  const prices = { ...life.prices, ...step.catalogue };
  const placed = orderOf({ ...life, prices }, step);
  const full = amountOf(placed);
  const discount = step.free ? full : new Fraction(step.discount ?? 0);
  const payable = full.sub(discount);
  const voucher = new Fraction(step.voucher ?? 0);
  const [cash, vouchers, asked] = [payable.sub(voucher), voucher, payable].map((one) =>
    roundHalfUp(one, 'CNY'),
  ) as [Order['cashPaid'], Order['cashPaid'], Order['cashPaid']];
  const { start, end } = placed.servicePeriod!;
  const order: Order = {
    ...placed,
    orderId: `ord_${life.orders.length + 1}`,
    count: 1,
    createdAt: at(step.days),
    paidAt: at(step.days),
    free: step.free ?? false,
    discountAmount: roundHalfUp(discount, 'CNY'),
    payableAmount: asked,
    cashPaid: cash,
    voucherPaid: vouchers,
    paidParts: { cash, giftCredit: zero('CNY'), storedCard: zero('CNY'), voucher: vouchers },
    instanceIds: ['i-1'],
    instances: [{ ...created.instances[0]!, instanceId: 'i-1', start, end }],
  };
  return {
    orders: [...life.orders, order],
    prices,
    plan: 'plan' in step ? step.plan : life.plan,
    end: order.planChange ? life.end : end,
  };
}

function orderOf(life: Life, step: Step): Order {
  if (step.do === 'upgrade' || step.do === 'downgrade') return changeOf(life, step);
  const start = step.do === 'buy' ? at(step.days) : life.end;
  const duration =
    step.do === 'compensate'
      ? ({ value: step.minutes, unit: 'minute' } as const)
      : { ...month, ...('unit' in step && { unit: step.unit }) };
  const prices = duration.unit === 'year' ? ofYear : life.prices;
  const amount = step.do === 'compensate' ? '0' : prices['plan' in step ? step.plan : life.plan];
  return {
    ...created,
    orderType: ({ buy: 'purchase', renew: 'renewal', compensate: 'compensation' } as const)[step.do],
    planChange: null,
    duration,
    unitPrice: { ...cny(amount), unit: duration.unit },
    productAmount: roundHalfUp(new Fraction(amount), 'CNY'),
    servicePeriod: { start, end: calendarEnd(start, duration, timeZone) },
  };
}

function changeOf(
  { orders, plan, prices }: Life,
  step: Extract<Step, { do: 'upgrade' | 'downgrade' }>,
): Order {
  const plans = (['small', 'medium', 'large'] as const).map((code) => planOf(code, prices));
  const ask = { ...created, orderType: step.do, instanceIds: ['i-1'], count: 1, plan: step.plan };
  const { quote, ...change } = changePlan(
    ask,
    {
      product: { productCode: 'VM', plans } as unknown as Product,
      plan: planOf(step.plan, prices),
      resources: [{ instanceId: 'i-1', plan, frozenBy: null } as unknown as Resource],
      orders,
    },
    {
      timeZone,
      unit: 'day',
      currency: 'CNY',
      returns: 'returns' in step && step.returns ? step.returns : 'difference',
      now: at(step.days),
    },
  );
  return { ...created, ...change, ...quote, orderType: step.do, duration: null };
}

const none: Life = { orders: [], plan: 'small', prices: list, end: at(0) };
const live = (steps: readonly Step[]): Life => steps.reduce(after, none);

const rules: AmountRules = {
  consumption: 'day',
  fees: [],
  vouchersReturn: 'only_failed_fulfilment',
  timeZone,
};

/** All that came back by itself, and then the instance given back at `end`. */
function settled({ orders }: Life, end: Date) {
  const told = orders.map(orderSnapshot);
  const soFar = new Map(told.map((order) => [order.orderId, untouched(order)]));
  const keep = (lines: readonly Line[]) => {
    for (const line of lines) soFar.set(line.orderId, afterLine(soFar.get(line.orderId)!, line));
    return lines;
  };
  const differences = told
    .filter(({ planChange }) => planChange?.returns === 'difference')
    .map((downgrade) => {
      const state = returnDifference({ downgrade, orders: told }, [...soFar.values()], {
        at: end,
        timeZone,
      }).state;
      return { downgrade, lines: keep(state.lines), amount: state.amount };
    });
  const given = told.flatMap((order) =>
    keep([
      lineOf(
        order,
        { instanceId: 'i-1', at: end, packageUsed: false, orders: told },
        rules,
        soFar.get(order.orderId),
      ),
    ]),
  );
  return { differences, given, after: [...soFar.values()] };
}

const buy = (plan: Code, change: object = {}): Step => ({ days: 0, do: 'buy', plan, ...change });
const renew = (days: number, change: object = {}): Step => ({ days, do: 'renew', ...change });
const up = (days: number, plan: Code, change: object = {}): Step => ({
  days,
  do: 'upgrade',
  plan,
  ...change,
});
const down = (days: number, plan: Code, change: object = {}): Step => ({
  days,
  do: 'downgrade',
  plan,
  ...change,
});
const free = { free: true };
const dear = { catalogue: { small: '31.00', large: '310.00' } };
const edited = { catalogue: { small: '60.00', medium: '100.00', large: '160.00' } };

interface Expected {
  /** Cash, by order. */
  readonly paid: readonly string[];
  /** By downgrade. */
  readonly back: readonly string[];
  /** Of all orders, for the instance given back right after the last step, or on day `on`. */
  readonly rest: string;
  readonly on?: number;
}

/** January's period has 31 days, February's 28. */
const cases: readonly (readonly [string, readonly Step[], Expected])[] = [
  [
    'an upgrade gives back what it cost for the rest',
    [buy('small'), up(3, 'large'), down(6, 'small')],
    { paid: ['45.00', '84.00', '0.00'], back: ['75.00'], rest: '36.29' },
  ],
  [
    'and again, after a downgrade',
    [buy('small'), up(3, 'large'), down(3, 'small'), up(6, 'large'), down(6, 'small')],
    { paid: ['45.00', '84.00', '0.00', '75.00', '0.00'], back: ['84.00', '75.00'], rest: '36.29' },
  ],
  [
    'one downgrade after the other',
    [buy('large'), down(3, 'medium'), down(6, 'small')],
    { paid: ['138.00', '0.00', '0.00'], back: ['43.35', '36.30'], rest: '36.29' },
  ],
  [
    'a renewal that was paid ahead gives back its own',
    [buy('small'), up(3, 'large'), renew(4), down(6, 'small')],
    { paid: ['45.00', '84.00', '138.00', '0.00'], back: ['168.00'], rest: '81.29' },
  ],
  [
    'of a plan that was given for free nothing',
    [buy('small'), up(2, 'large', free), down(2, 'small')],
    { paid: ['45.00', '0.00', '0.00'], back: ['0.00'], rest: '42.10' },
  ],
  [
    'below the plan that was paid for, the difference to that',
    [buy('medium'), up(3, 'large', free), down(3, 'small')],
    { paid: ['90.00', '0.00', '0.00'], back: ['40.65'], rest: '40.64' },
  ],
  [
    'of a paid and a free upgrade what was paid',
    [buy('small'), up(3, 'medium'), up(3, 'large', free), down(3, 'small')],
    { paid: ['45.00', '40.65', '0.00', '0.00'], back: ['40.65'], rest: '40.65' },
  ],
  [
    'of the free one alone nothing',
    [buy('small'), up(3, 'medium'), up(3, 'large', free), down(3, 'medium')],
    { paid: ['45.00', '40.65', '0.00', '0.00'], back: ['0.00'], rest: '81.30' },
  ],
  [
    'of a free purchase what its upgrade cost',
    [buy('small', free), up(3, 'large'), down(6, 'medium'), down(6, 'small')],
    { paid: ['0.00', '84.00', '0.00', '0.00'], back: ['38.71', '36.29'], rest: '0.00' },
  ],
  [
    'and below it nothing more',
    [buy('medium', free), up(3, 'large'), down(3, 'small')],
    { paid: ['0.00', '43.35', '0.00'], back: ['43.35'], rest: '0.00' },
  ],
  [
    'of a discount price the same part as of the full one',
    [buy('large', { discount: '38.00' }), down(3, 'small')],
    { paid: ['100.00', '0.00'], back: ['60.87'], rest: '29.45' },
  ],
  [
    'of what was paid by voucher nothing',
    [buy('small'), up(3, 'large', { voucher: '44.00' }), down(3, 'small')],
    { paid: ['45.00', '40.00', '0.00'], back: ['40.00'], rest: '40.65' },
  ],
  [
    'days that were given are worth the plan that they were given with, and give back what an upgrade paid for them',
    [buy('small'), { days: 1, do: 'compensate', minutes: 4320 }, up(3, 'large', edited), down(3, 'small')],
    { paid: ['45.00', '0.00', '116.19', '0.00'], back: ['101.03'], rest: '55.81' },
  ],
  [
    'the price that was paid counts, not the catalogue of today',
    [buy('large'), down(1, 'small', { catalogue: { large: '1000.00' } })],
    { paid: ['138.00', '0.00'], back: ['90.00'], rest: '43.55' },
  ],
  [
    'an upgrade costs the new plan of today less the old one as it was bought',
    [buy('small'), up(3, 'large', { catalogue: { small: '10.00' } })],
    { paid: ['45.00', '84.00'], back: [], rest: '124.65' },
  ],
  [
    'each stretch of the time is worth what was paid for it',
    [buy('small'), renew(1, edited), up(3, 'large'), down(3, 'small')],
    { paid: ['45.00', '60.00', '203.87', '0.00'], back: ['190.32'], rest: '114.20' },
  ],
  [
    'also when the first of them is over',
    [buy('small'), renew(1, edited), up(3, 'large'), down(31, 'small')],
    { paid: ['45.00', '60.00', '203.87', '0.00'], back: ['100.00'], rest: '60.00' },
  ],
  [
    'a year ahead was raised by its own price, whatever is used of the dear month before it',
    [buy('small', dear), renew(0, { unit: 'year' }), up(0.5, 'large'), down(31, 'small')],
    { paid: ['31.00', '300.00', '1170.00', '0.00'], back: ['900.00'], rest: '300.00' },
  ],
  [
    'and so it does of the instance itself: 1200.00, where even use of the 395 days would give 1381.14',
    [buy('small', dear), renew(0, { unit: 'year' }), up(0.5, 'large')],
    { paid: ['31.00', '300.00', '1170.00'], back: [], rest: '1200.00', on: 31 },
  ],
  [
    'what a provider kept once does not come back later',
    [buy('large'), down(3, 'medium', { returns: 'none' }), down(3, 'small')],
    { paid: ['138.00', '0.00', '0.00'], back: ['40.65'], rest: '84.00' },
  ],
];

test.each(cases)('ORD-24 RFD-20 of a difference comes back: %s', (_, steps, { paid, back, rest, on }) => {
  const life = live(steps);
  const { differences, given, after: left } = settled(life, at(on ?? steps.at(-1)!.days));
  const returned = sum(
    given.map(({ refund }) => refund),
    'CNY',
  );
  expect({
    paid: life.orders.map(({ cashPaid }) => cashPaid.amount),
    back: differences.map(({ amount }) => amount.amount),
    rest: returned.amount,
  }).toEqual({ paid, back, rest });
  expect(left.filter((order) => !isWithinPaid(order))).toEqual([]);
});

test.each<[string, Step, string]>([
  ['a dearer plan', up(3, 'large', { catalogue: { large: '80.00' } }), 'order.not_an_upgrade'],
  ['a cheaper plan', down(3, 'small', { catalogue: { small: '95.00' } }), 'order.not_a_downgrade'],
])('ORD-24 by the price that the plan before was bought at it is no more %s', (_, step, code) => {
  expect(() => live([buy('medium'), step])).toThrow(expect.objectContaining({ code }));
});

const code = fc.constantFrom<Code>('small', 'medium', 'large');
const price = fc.integer({ min: 1, max: 30_000 }).map((cents) => (cents / 100).toFixed(2));
const random = fc.record({
  wait: fc.integer({ min: 0, max: 12 }),
  renews: fc.constantFrom(false, false, true),
  plan: code,
  isFree: fc.constantFrom(false, false, false, true),
  returns: fc.constantFrom('difference', 'difference', 'none'),
  edit: fc.option(fc.record({ plan: code, price }), { nil: undefined }),
});
const asItWas = {
  wait: 0,
  renews: false,
  isFree: false,
  returns: 'difference' as const,
  edit: undefined,
};
type Random = typeof random extends fc.Arbitrary<infer One> ? One : never;

/** The life after a random step; as it was where that is refused. `days`: since the purchase. */
function tried(life: Life, { renews, plan, isFree, returns, edit }: Random, days: number): Life {
  const catalogue = edit && { [edit.plan]: edit.price };
  const changes = (['upgrade', 'downgrade'] as const).map((what) => ({ days, do: what, plan }));
  const steps = renews
    ? [renew(days, { catalogue, free: isFree })]
    : changes.map((change) => ({
        ...change,
        catalogue,
        free: isFree,
        ...(returns === 'none' && { returns }),
      }));
  for (const step of steps as Step[]) {
    try {
      return after(life, step);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return life;
}

/** By how much the rest costs less, stretch by stretch, for a downgrade's instance. */
const dearerBefore = (
  downgrade: { planChange?: Order['planChange'] | undefined },
  orders: readonly Order[],
) =>
  (downgrade.planChange?.rest ?? [])
    .filter(({ orderId }) => orders.some((order) => order.orderId === orderId && !order.planChange))
    .reduce((total, { priceBefore, priceAfter, remaining, total: units }) => {
      const less = new Fraction(priceBefore).sub(priceAfter);
      return less.compare(0) > 0 ? total.add(less.mul(remaining).div(units)) : total;
    }, new Fraction(0));

test('ORD-24 RFD-7 RFD-20 whatever is ordered, no more comes back than was paid, or than is given up', () => {
  const found = new Set<string>();
  fc.assert(
    fc.property(
      fc.array(random, { minLength: 2, maxLength: 8 }),
      fc.integer({ max: 40, min: 0 }),
      (steps, last) => {
        let [life, days] = [live([buy('small')]), 0];
        for (const step of steps) {
          days += step.wait;
          life = tried(life, step, days);
        }
        const { differences, given, after: left } = settled(life, at(days + last));
        expect(left.filter((order) => !isWithinPaid(order))).toEqual([]);
        const lines = [...differences.flatMap((one) => one.lines), ...given];
        expect(lines.filter((line) => isNegative(line.refund) || isNegative(line.consumed))).toEqual([]);
        const cents = new Fraction(life.orders.length, 100);
        const isPlain = life.orders.every(
          ({ free: isFree, planChange, orderType }) =>
            !isFree &&
            (orderType !== 'downgrade' || planChange?.returns === 'difference') &&
            !isMixed(planChange),
        );
        for (const { downgrade, amount } of differences) {
          const most = dearerBefore(downgrade, life.orders);
          expect(exactly(amount).sub(most).compare(cents)).toBeLessThanOrEqual(0);
          if (!isPlain) continue;
          found.add(amount.amount === '0.00' ? 'nothing' : 'all of it');
          expect(exactly(amount).sub(most).abs().compare(cents)).toBeLessThanOrEqual(0);
        }
        const downgraded = tried(life, { ...asItWas, plan: 'small' }, days + last);
        if (
          isPlain &&
          differences.length === 0 &&
          downgraded.orders.at(-1)!.planChange?.rest.every(isCheaper)
        ) {
          found.add('the same by a downgrade first');
          const first = settled(downgraded, at(days + last));
          const all = (one: ReturnType<typeof settled>) =>
            [...one.differences.flatMap((difference) => difference.lines), ...one.given].reduce(
              (total, { exact }) => total.add(exact.refund),
              new Fraction(0),
            );
          expect(
            all(first)
              .sub(all({ differences, given, after: left }))
              .abs()
              .compare(cents),
          ).toBeLessThanOrEqual(0);
        }
        const wrong = lines
          .flatMap((line) => stepsOf(line, 'en'))
          .filter(({ step: name }) => !['period', 'used', 'fee_table'].includes(name))
          .filter(({ formula, result }) => `${roundHalfUp(computed(formula), 'CNY').amount} CNY` !== result);
        expect(wrong).toEqual([]);
      },
    ),
    { numRuns: 300 },
  );
  expect([...found]).toEqual(expect.arrayContaining(['all of it', 'the same by a downgrade first']));
});

const isCheaper = ({ priceBefore, priceAfter }: { priceBefore: string; priceAfter: string }): boolean =>
  new Fraction(priceAfter).compare(priceBefore) < 0;

/** Dearer for some of the time and cheaper for some of it. */
function isMixed(planChange: Order['planChange']): boolean {
  const signs = (planChange?.rest ?? []).map(({ priceBefore, priceAfter }) =>
    new Fraction(priceAfter).compare(priceBefore),
  );
  return signs.includes(1) && signs.includes(-1);
}
