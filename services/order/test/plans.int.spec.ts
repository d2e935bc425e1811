import { randomUUID } from 'node:crypto';
import Fraction from 'fraction.js';
import { roundHalfUp } from '@accord/money';
import { copiedText } from '@accord/pdf/testing';
import { calendarEnd, loadProfile, usedOf } from '@accord/profile';
import type { Client } from '@accord/testing';
import { orderService } from '../src/service.ts';
import {
  announcedOf,
  anOrder,
  answersTo,
  aPayment,
  apply,
  aProduct,
  aRefund,
  cny,
  customer,
  day,
  fulfil,
  instance,
  key,
  openShop,
  pay,
  place,
  placeAndPay,
  refundSays,
  stored,
  tellAccount,
} from './fixtures.ts';
import { sheetsOf } from './reading-xlsx.ts';

const baidu = loadProfile('baidu');
const profile = {
  ...baidu,
  orders: { ...baidu.orders, downgradeReturns: 'difference' as const },
  refunds: { ...baidu.refunds, yearlyQuota: 2 },
  invoicingEntities: [
    ...baidu.invoicingEntities,
    { ...baidu.invoicingEntities[0]!, code: 'jp', currency: 'JPY' },
    { ...baidu.invoicingEntities[0]!, code: 'kw', currency: 'KWD' },
  ],
};
const t = await openShop((context) => orderService({ profile }, context));

const monthly = (amount: string) => [{ chargeType: 'subscription', amount, currency: 'CNY', unit: 'month' }];
const plan = (code: string, prices: object[], change: object = {}) => ({
  code,
  name: { 'zh-CN': `规格 ${code}`, en: `Size ${code}` },
  configuration: [{ name: 'CPU', value: code }],
  prices,
  ...change,
});
const metered = { chargeType: 'pay_as_you_go', amount: '0.00200000', currency: 'CNY', unit: 'minute' };
const plans = [
  plan('small', monthly('45.00')),
  plan('large', [...monthly('138.00'), metered]),
  plan('same', monthly('45.00')),
  plan('old', monthly('20.00'), { onSale: false }),
];
const publish = (change: object = {}) => t.operator().put('/v1/products/VM', aProduct({ plans, ...change }));
beforeAll(async () => void expect((await publish()).status).toBe(201));

/** A month that began so long ago, as the platform tells it. */
function month(daysAgo: number, change: object = {}) {
  const start = new Date(Date.now() - daysAgo * day);
  const end = calendarEnd(start, { value: 1, unit: 'month' }, 'Asia/Shanghai');
  const period = { start: start.toISOString(), end: end.toISOString() };
  const { total } = usedOf(period, start, { unit: 'day', timeZone: 'Asia/Shanghai' });
  return { ...period, total, ...change };
}
type Month = ReturnType<typeof month>;

const ask = (orderType: string, instanceIds: string[], change: object = {}) =>
  anOrder({
    productCode: 'VM',
    orderType,
    instanceIds,
    count: Math.max(1, instanceIds.length),
    configuration: [],
    ...(orderType.endsWith('grade') && { duration: null }),
    ...change,
  });
const theirs = customer(t, 'acc_plans');
const order = async (orderType: string, instanceIds: string[], change: object = {}) => {
  const reply = await theirs.post('/v1/orders', ask(orderType, instanceIds, change));
  expect(reply).toMatchObject({ status: 201 });
  return reply.body;
};
const refused = async (orderType: string, instanceIds: string[], change: object = {}) => {
  const { status, body } = await theirs.post('/v1/orders', ask(orderType, instanceIds, change));
  return [status, body.code];
};

/** An instance of a plan for a month, running since `period` began. */
async function bought(period: Month, code = 'small', amount = '45.00'): Promise<string> {
  const id = `i-${randomUUID()}`;
  const given = instance(id, { start: period.start, end: period.end });
  await placeAndPay(t, 'acc_plans', ask('purchase', [], { plan: code }), [given], amount);
  return id;
}
async function renewed(id: string, { end }: Month): Promise<string> {
  const { orderId, payableAmount } = await order('renewal', [id]);
  expect((await pay(t, orderId, aPayment(payableAmount.amount))).status).toBe(201);
  const next = calendarEnd(new Date(end), { value: 1, unit: 'month' }, 'Asia/Shanghai').toISOString();
  expect((await fulfil(t, orderId, [{ instanceId: id, start: end, end: next }])).status).toBe(200);
  return next;
}
const resource = async (id: string) => (await theirs.get(`/v1/resources/${id}`)).body;
const read = async (orderId: string) => (await theirs.get(`/v1/orders/${orderId}`)).body;
/** Half up, in minor units. */
const part = (price: number, of: number, total: number, digits = 2) => {
  const minor = Math.round(price * 10 ** digits);
  return (Math.floor((minor * of * 2 + total) / (2 * total)) / 10 ** digits).toFixed(digits);
};

describe('the catalogue', () => {
  test('ORD-24 ORD-22 a plan that was published stays; its prices fit the product', async () => {
    expect((await publish()).body).toMatchObject({
      version: 1,
      plans: [{ code: 'small', onSale: true }, {}, {}, {}],
    });
    expect(
      (await t.event('product.published', ({ product }) => product.productCode === 'VM')).data,
    ).toMatchObject({
      product: { plans: [{ code: 'small', prices: [{ amount: '45.00' }] }, {}, {}, { onSale: false }] },
    });
    expect(await publish({ plans: plans.slice(1) })).toMatchObject({
      status: 409,
      body: { code: 'product.plan_removed', facts: { plan: 'small' } },
    });
    const dollars = [{ ...monthly('1')[0], currency: 'USD' }];
    expect(await publish({ plans: [...plans, plan('odd', dollars)] })).toMatchObject({
      status: 422,
      body: { code: 'product.price_misfit' },
    });
    expect(await publish({ plans: [...plans, plans[0]] })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/plans' }] },
    });
    expect((await publish()).body).toMatchObject({ version: 1 });
  });
});

describe('an order for a plan', () => {
  test('ORD-24 ORD-25 a purchase names one, its instance has it, and the snapshot says it with its place', async () => {
    const period = month(1);
    expect([
      await refused('purchase', []),
      await refused('purchase', [], { plan: 'none' }),
      await refused('purchase', [], { plan: 'old' }),
      await refused('purchase', [], { plan: 'x', productCode: 'BCC' }),
      await refused('purchase', [], {
        plan: 'small',
        billType: 'postpay',
        chargeType: 'pay_as_you_go',
        duration: null,
      }),
    ]).toEqual([
      [422, 'order.plan_required'],
      [422, 'order.plan_unknown'],
      [422, 'order.plan_withdrawn'],
      [422, 'order.plan_unknown'],
      [422, 'order.price_missing'],
    ]);
    const id = `i-${randomUUID()}`;
    const placed = await order('purchase', [], {
      plan: 'large',
      configuration: [
        { name: 'CPU', value: '64' },
        { name: 'Disk', value: '40 GB' },
      ],
    });
    const large = { code: 'large', name: { 'zh-CN': '规格 large', en: 'Size large' } };
    expect(placed).toMatchObject({
      plan: large,
      planChange: null,
      payableAmount: cny('138.00'),
      configuration: [
        { name: 'CPU', value: 'large' },
        { name: 'Disk', value: '40 GB' },
      ],
    });
    await pay(t, placed.orderId, aPayment('138.00'));
    await fulfil(t, placed.orderId, [instance(id, { start: period.start, end: period.end })]);
    const { data } = await t.event('order.fulfilled', ({ order: one }) => one.orderId === placed.orderId);
    expect(data.order).toMatchObject({
      plan: large,
      instances: [
        {
          instanceId: id,
          start: period.start,
          end: period.end,
          plan: 'large',
          region: 'bj',
          ipAddress: '10.0.0.1',
          knownSince: expect.stringMatching(/Z$/),
        },
      ],
    });
    const seen = await resource(id);
    expect(seen).toMatchObject({ plan: 'large', knownSince: data.order.instances![0]!.knownSince });

    expect(await refused('renewal', [id], { plan: 'large' })).toEqual([422, 'order.plan_not_allowed']);
    const renewal = await order('renewal', [id]);
    expect(renewal).toMatchObject({ plan: { code: 'large' }, payableAmount: cny('138.00') });
    const report = { reportVersion: 1, start: period.start, end: period.end, region: 'gz', usage: '0' };
    await t.platform().put(`/v1/resources/${id}`, report);
    const later = await resource(id);
    expect(later).toMatchObject({ plan: 'large', region: 'gz' });
    expect(later.knownSince > seen.knownSince).toBe(true);
    expect((await read(placed.orderId)).instances).toMatchObject([
      { region: 'gz', knownSince: later.knownSince },
    ]);
  });

  test('ORD-24 an upgrade pays for exactly the rest, and the instance has the plan once it is fulfilled', async () => {
    const period = month(2.5);
    const id = await bought(period);
    const remaining = period.total - 3;
    const start = new Date(Date.parse(period.start) + 3 * day).toISOString();
    const cost = part(93, remaining, period.total);
    const upgrade = await order('upgrade', [id], { plan: 'large' });
    expect(upgrade).toMatchObject({
      status: 'unpaid',
      duration: null,
      unitPrice: { amount: '138.00', unit: 'month' },
      payableAmount: cny(cost),
      servicePeriod: { start, end: period.end },
      instances: [],
      planChange: {
        from: 'small',
        returns: 'none',
        rest: [
          {
            instanceId: id,
            start,
            end: period.end,
            unit: 'day',
            remaining,
            total: period.total,
            priceBefore: '45',
            priceAfter: '138',
          },
        ],
      },
    });
    expect((await resource(id)).plan).toBe('small');
    expect(await refused('upgrade', [id], { plan: 'large' })).toEqual([409, 'order.instance_busy']);
    expect((await pay(t, upgrade.orderId, aPayment(cost))).status).toBe(201);

    const misfit = { status: 422, body: { code: 'order.fulfilment_misfit' } };
    const given = { instanceId: id };
    for (const wrong of [
      [],
      [{ instanceId: 'i-other' }],
      [{ ...given, end: new Date(Date.parse(period.end) + 2 * day).toISOString() }],
      [{ ...given, start: new Date(Date.parse(period.start) - day).toISOString() }],
      [{ ...given, start: period.end }],
    ])
      expect(await fulfil(t, upgrade.orderId, wrong)).toMatchObject(misfit);
    const done = await fulfil(t, upgrade.orderId, [{ ...given, start: new Date().toISOString() }]);
    expect(done).toMatchObject({
      status: 200,
      body: {
        fulfilment: 'created',
        servicePeriod: { start, end: period.end },
        instances: [{ instanceId: id, start, end: period.end, plan: 'large' }],
      },
    });
    const again = await fulfil(t, upgrade.orderId, [{ ...given, start: new Date().toISOString() }]);
    expect(again).toMatchObject({ status: 409, body: { code: 'order.not_fulfillable' } });
    const seen = await resource(id);
    expect(seen).toMatchObject({ plan: 'large', start: period.start, end: period.end, version: 2 });
    expect(seen.orderIds).toHaveLength(2);
    await t.settled();
    expect(announcedOf(t, upgrade.orderId)).toEqual(['order.placed@1', 'order.paid@2', 'order.fulfilled@3']);
    expect((await order('renewal', [id])).payableAmount).toEqual(cny('138.00'));
  });

  test('ORD-24 a renewal that has not begun is changed with the running period', async () => {
    const period = month(2.5);
    const id = await bought(period);
    const end = await renewed(id, period);
    const upgrade = await order('upgrade', [id], { plan: 'large' });
    expect(upgrade.planChange.rest).toMatchObject([
      { remaining: period.total - 3 },
      { start: period.end, end },
    ]);
    expect(upgrade.servicePeriod.end).toBe(end);
    expect(upgrade.payableAmount).toEqual(cny(part(93, period.total * 2 - 3, period.total)));
  });

  test('ORD-24 a change of plan that is cancelled or fails leaves the plan as it was', async () => {
    const id = await bought(month(1));
    const first = await order('upgrade', [id], { plan: 'large' });
    await theirs.post(`/v1/orders/${first.orderId}/cancel`, { reason: 'no' });
    const second = await order('upgrade', [id], { plan: 'large' });
    await pay(t, second.orderId, aPayment(second.payableAmount.amount));
    const failure = { outcome: 'failed', reason: 'no capacity' };
    await t.platform().post(`/v1/orders/${second.orderId}/fulfilment`, failure);
    expect(await read(second.orderId)).toMatchObject({ status: 'voided', fulfilment: 'failed' });
    expect(await resource(id)).toMatchObject({ plan: 'small', released: false, version: 1 });
    expect((await order('upgrade', [id], { plan: 'large' })).status).toBe('unpaid');
  });

  test('ORD-24 a downgrade costs nothing, takes effect when fulfilled, and says whether it gives back', async () => {
    const period = month(2.5);
    const id = await bought(period, 'large', '138.00');
    const bad = await refused('downgrade', [id], { plan: 'small', productAmount: cny('1.00') });
    expect(bad).toEqual([422, 'order.amount_mismatch']);
    const downgrade = await order('downgrade', [id], { plan: 'small' });
    expect(downgrade).toMatchObject({
      status: 'paid',
      fulfilment: 'creating',
      payableAmount: cny('0.00'),
      planChange: {
        from: 'large',
        returns: 'difference',
        rest: [{ remaining: period.total - 3, priceBefore: '138', priceAfter: '45' }],
      },
    });
    expect(await fulfil(t, downgrade.orderId, [{ instanceId: id, end: period.end }])).toMatchObject({
      status: 200,
      body: { fulfilment: 'created' },
    });
    expect(await resource(id)).toMatchObject({ plan: 'small', end: period.end });

    const [{ orderId: payer }] = downgrade.planChange.rest;
    const none = cny('0.00');
    const refundId = `rfd_${randomUUID()}`;
    const refund = aRefund(refundId, [id], {
      accountId: 'acc_plans',
      status: 'succeeded',
      kind: 'downgrade_difference',
      reason: 'downgraded',
      orderIds: [downgrade.orderId, payer],
      lines: [
        {
          orderId: payer,
          instanceId: id,
          paid: cny('84.00'),
          consumed: none,
          fee: none,
          refund: cny('84.00'),
        },
      ],
    });
    await refundSays(t, 'refund.difference_returned', refund, {}, { repeat: 2 });
    await t.settled();
    const shown = await read(downgrade.orderId);
    expect([shown, await read(payer)].map(({ cashReturned }) => cashReturned)).toEqual([none, cny('84.00')]);
    expect(shown.links.refunds).toEqual([`/v1/refunds/${refundId}`]);
    expect(shown.history.map(({ change }: { change: string }) => change)).toEqual([
      'placed',
      'fulfilled',
      'difference_returned',
    ]);
  });

  test('ORD-24 a change of plan is refused for what the instance is', async () => {
    const running = month(2);
    const id = await bought(running);
    const up = (ids: string[], change: object = {}) => refused('upgrade', ids, { plan: 'large', ...change });
    expect([
      await up(['i-nowhere']),
      await up([id], { plan: undefined }),
      await up([id], { plan: 'small' }),
      await up([id], { plan: 'old' }),
      await up([id], { duration: { unit: 'month', value: 1 } }),
      await refused('downgrade', [id], { plan: 'large' }),
      await up([id], { billType: 'postpay', chargeType: 'pay_as_you_go' }),
      (await customer(t, 'acc_other').post('/v1/orders', ask('upgrade', [id], { plan: 'large' }))).status,
    ]).toEqual([
      [404, 'order.instance_unknown'],
      [422, 'order.plan_required'],
      [409, 'order.plan_unchanged'],
      [422, 'order.plan_withdrawn'],
      [422, 'order.duration_not_allowed'],
      [422, 'order.not_a_downgrade'],
      [409, 'order.instance_billed_otherwise'],
      404,
    ]);
    expect(await order('upgrade', [id], { plan: 'same' })).toMatchObject({
      status: 'paid',
      payableAmount: cny('0.00'),
    });

    const dear = await bought(running, 'large', '138.00');
    expect(await refused('upgrade', [dear], { plan: 'small' })).toEqual([422, 'order.not_an_upgrade']);
    const other = await bought(month(20));
    const twin = await bought(running);
    expect(await up([twin, other], { count: 2 })).toEqual([422, 'order.instances_differ']);
    expect(await refused('renewal', [twin, dear], { count: 2 })).toEqual([422, 'order.instances_differ']);

    const report = (of: string, facts: object) =>
      t
        .platform()
        .put(`/v1/resources/${of}`, { reportVersion: 1, start: running.start, end: running.end, ...facts });
    await report(twin, { frozenBy: 'police' });
    expect(await up([twin])).toEqual([409, 'order.instance_frozen']);
    await report(dear, { released: true });
    expect(await refused('downgrade', [dear], { plan: 'small' })).toEqual([404, 'order.instance_unknown']);
  });

  test('ORD-24 several instances of one order share its price, rounded once', async () => {
    const period = month(2.5);
    const ids = [`i-${randomUUID()}`, `i-${randomUUID()}`, `i-${randomUUID()}`];
    const given = ids.map((id) => instance(id, { start: period.start, end: period.end }));
    await placeAndPay(t, 'acc_plans', ask('purchase', [], { plan: 'small', count: 3 }), given, '135.00');
    const upgrade = await order('upgrade', ids, { plan: 'large' });
    const cost = part(93 * 3, period.total - 3, period.total);
    expect(upgrade.payableAmount).toEqual(cny(cost));
    await pay(t, upgrade.orderId, aPayment(cost));
    const [first, ...others] = ids.map((instanceId) => ({ instanceId }));
    expect(await fulfil(t, upgrade.orderId, [first!])).toMatchObject({
      status: 200,
      body: { fulfilment: 'creating' },
    });
    expect(await fulfil(t, upgrade.orderId, others)).toMatchObject({
      status: 200,
      body: { fulfilment: 'created' },
    });
    for (const id of ids) expect((await resource(id)).plan).toBe('large');
  });

  test('ORD-10 ORD-24 ORD-26 an order for several instances takes effect on all of them, or on none', async () => {
    const period = month(2.5);
    const pair = async (plan: string, amount: string) => {
      const ids = [`i-${randomUUID()}`, `i-${randomUUID()}`].sort();
      const given = ids.map((id) => instance(id, { start: period.start, end: period.end }));
      const { body } = await placeAndPay(
        t,
        'acc_plans',
        ask('purchase', [], { plan, count: 2 }),
        given,
        amount,
      );
      return { ids, orderId: body.orderId as string };
    };
    const next = calendarEnd(
      new Date(period.end),
      { value: 1, unit: 'month' },
      'Asia/Shanghai',
    ).toISOString();
    const renewed = { start: period.end, end: next };
    const { ids: small, orderId: purchase } = await pair('small', '90.00');
    const { ids: large } = await pair('large', '276.00');
    const begun = async (orderType: string, ids: string[], told: object, change: object = {}) => {
      const { orderId, payableAmount } = await order(orderType, ids, change);
      if (payableAmount.amount !== '0.00') await pay(t, orderId, aPayment(payableAmount.amount));
      const first = await fulfil(t, orderId, [{ instanceId: ids[0]!, ...told }]);
      expect(first).toMatchObject({ status: 200, body: { fulfilment: 'creating', instances: [{}] } });
      return orderId;
    };
    const fails = async (orderId: string) => {
      const failure = { outcome: 'failed', reason: 'no capacity' };
      await t.platform().post(`/v1/orders/${orderId}/fulfilment`, failure);
      expect(await read(orderId)).toMatchObject({ status: 'voided', cashReturned: cny('0.00') });
    };
    const report = { reportVersion: 1, start: period.start, end: period.end, usage: '1' };
    const upgrade = await begun('upgrade', small, { region: 'gz' }, { plan: 'large' });
    // Where it runs is known at once, its plan with the last instance.
    expect(await resource(small[0]!)).toMatchObject({ plan: 'small', region: 'gz', ipAddress: '10.0.0.1' });
    expect((await read(purchase)).instances).toMatchObject([{ region: 'gz' }, { region: 'bj' }]);
    await fails(upgrade);
    const renewal = await begun('renewal', small, renewed);
    await t.platform().put(`/v1/resources/${small[0]}`, { ...report, region: 'gz' });
    await fails(renewal);
    await fails(await begun('downgrade', large, {}, { plan: 'small' }));
    for (const [ids, plan] of [
      [small, 'small'],
      [large, 'large'],
    ] as const)
      for (const id of ids) {
        const seen = await resource(id);
        expect(seen).toMatchObject({ plan, end: period.end, released: false });
        expect(seen.orderIds).toHaveLength(1);
      }
    const again = await begun('renewal', small, renewed);
    await t.platform().put(`/v1/resources/${small[0]}`, { ...report, reportVersion: 2, region: 'gz' });
    const whole = await fulfil(t, again, [{ instanceId: small[1]!, ...renewed }]);
    // ORD-25: a place that is not told again stays.
    expect(whole).toMatchObject({
      status: 200,
      body: { fulfilment: 'created', instances: [{ region: 'gz' }, { region: 'bj', ipAddress: '10.0.0.1' }] },
    });
    for (const id of small)
      expect(await resource(id)).toMatchObject({ end: next, orderIds: [purchase, again] });
    const { planChange } = await order('upgrade', small, { plan: 'large' });
    expect(
      planChange.rest.map(({ instanceId, end }: { instanceId: string; end: string }) => [instanceId, end]),
    ).toEqual(
      small.flatMap((id) => [
        [id, period.end],
        [id, next],
      ]),
    );
  });

  test('ORD-24 an upgrade pays for the rest it was priced for, whatever end the platform tells since', async () => {
    const period = month(2.5);
    const id = await bought(period);
    const far = new Date(Date.parse(period.end) + 3650 * day).toISOString();
    await t.platform().put(`/v1/resources/${id}`, { reportVersion: 1, start: period.start, end: far });
    const upgrade = await order('upgrade', [id], { plan: 'large' });
    expect(upgrade.servicePeriod.end).toBe(period.end);
    await pay(t, upgrade.orderId, aPayment(upgrade.payableAmount.amount));
    const misfit = await fulfil(t, upgrade.orderId, [{ instanceId: id, end: far }]);
    expect(misfit).toMatchObject({ status: 422, body: { code: 'order.fulfilment_misfit' } });
    expect(await fulfil(t, upgrade.orderId, [{ instanceId: id }])).toMatchObject({
      status: 200,
      body: { servicePeriod: { end: period.end }, instances: [{ end: period.end, plan: 'large' }] },
    });
    expect(await resource(id)).toMatchObject({ plan: 'large', end: far });
  });

  test('ORD-24 an upgrade is ordered 24 hours before the end at the latest, and paid before the end', async () => {
    const period = month(2.5);
    const id = await bought(period);
    const end = Date.parse(period.end);
    t.clock.offsetMs = end - Date.now() - day - 60_000;
    const upgrade = await order('upgrade', [id], { plan: 'large' });
    expect(upgrade).toMatchObject({ payBy: period.end, payableAmount: cny(part(93, 1, period.total)) });
    await theirs.post(`/v1/orders/${upgrade.orderId}/cancel`, { reason: 'later' });
    t.clock.offsetMs = end - Date.now() - day + 1_000;
    expect(await refused('upgrade', [id], { plan: 'large' })).toEqual([409, 'order.too_late_to_upgrade']);
    t.clock.offsetMs = end - Date.now() + 1_000;
    expect(await refused('upgrade', [id], { plan: 'large' })).toEqual([409, 'order.no_running_period']);
  });

  test('ORD-2 ORD-24 a switch to postpay keeps the plan; until it takes effect no plan is changed', async () => {
    const period = month(2.5);
    const id = await bought(period, 'large', '138.00');
    const byUse = { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
    const change = await order('configuration_change', [id], byUse);
    expect(change).toMatchObject({
      status: 'paid',
      plan: { code: 'large' },
      unitPrice: { amount: '0.00200000' },
      productAmount: null,
    });
    expect((await fulfil(t, change.orderId, [{ instanceId: id, start: period.end }])).status).toBe(200);
    expect(await resource(id)).toMatchObject({ plan: 'large', end: period.end });
    const billed = [409, 'order.instance_billed_otherwise'];
    expect(await refused('renewal', [id])).toEqual(billed);
    expect(await refused('downgrade', [id], { plan: 'small' })).toEqual(billed);
    expect(await refused('upgrade', [id], { ...byUse, plan: 'large' })).toEqual([
      409,
      'order.plan_unchanged',
    ]);

    expect(await refused('configuration_change', [id])).toEqual([409, 'order.instance_paid']);
    t.clock.offsetMs = Date.parse(period.end) - Date.now() + day;
    const back = await order('configuration_change', [id]);
    expect(back).toMatchObject({ status: 'unpaid', plan: { code: 'large' }, payableAmount: cny('138.00') });
    await pay(t, back.orderId, aPayment('138.00'));
    const { end } = period;
    const next = {
      start: end,
      end: calendarEnd(new Date(end), { value: 1, unit: 'month' }, 'Asia/Shanghai'),
    };
    expect((await fulfil(t, back.orderId, [{ instanceId: id, ...next }])).status).toBe(200);
    expect((await order('renewal', [id])).payableAmount).toEqual(cny('138.00'));
  });
});

describe('ORD-22 ORD-24 the price that a plan was bought at', () => {
  const period = () => month(0.5);
  const sold = async (productCode: string, prices: Record<'small' | 'large', object[]>) => {
    const body = aProduct({
      prices: prices.small,
      chargeTypes: ['subscription'],
      plans: [plan('small', prices.small), plan('large', prices.large)],
    });
    expect([200, 201]).toContain((await t.operator().put(`/v1/products/${productCode}`, body)).status);
  };
  const buy = async (productCode: string, code: string, amount: string, more: object = {}) => {
    const id = `i-${randomUUID()}`;
    const running = period();
    const given = instance(id, { start: running.start, end: running.end });
    const asked = ask('purchase', [], { productCode, plan: code, ...more });
    const { body } = await placeAndPay(t, 'acc_plans', asked, [given], amount);
    return { id, orderId: body.orderId as string, total: running.total, end: running.end };
  };
  const monthlyOf = (small: string, large: string) => ({ small: monthly(small), large: monthly(large) });
  const restsOf = async (orderId: string) =>
    (await t.event('order.placed', (data) => data.order.orderId === orderId)).data.order.planChange!.rest;

  test('a later edit of the catalogue changes neither its upgrade nor its downgrade', async () => {
    await sold('VM_EDITED', monthlyOf('45.00', '138.00'));
    const [large, small] = [
      await buy('VM_EDITED', 'large', '138.00'),
      await buy('VM_EDITED', 'small', '45.00'),
    ];
    await sold('VM_EDITED', monthlyOf('45.00', '1000.00'));
    const { total } = large;
    const down = await order('downgrade', [large.id], { productCode: 'VM_EDITED', plan: 'small' });
    const given = new Fraction(93 * (total - 1), 138 * total);
    expect(roundHalfUp(given.mul(138), 'CNY')).toEqual(cny(part(93, total - 1, total)));
    expect(await restsOf(down.orderId)).toMatchObject([
      { priceBefore: '138', priceAfter: '45', returned: given.toFraction(), kept: '15/46' },
    ]);
    await sold('VM_EDITED', monthlyOf('10.00', '210.00'));
    const up = await order('upgrade', [small.id], { productCode: 'VM_EDITED', plan: 'large' });
    expect(up.payableAmount).toEqual(cny(part(165, total - 1, total)));
    expect(up.planChange.rest).toMatchObject([{ priceBefore: '45', priceAfter: '210' }]);
    expect(up.planChange.rest[0]).not.toHaveProperty('returned');
  });

  test('each stretch of the time at its own, a renewal at another price in between', async () => {
    await sold('VM_RENEWED', monthlyOf('45.00', '138.00'));
    const { id, orderId, end, total } = await buy('VM_RENEWED', 'small', '45.00');
    await sold('VM_RENEWED', monthlyOf('60.00', '160.00'));
    const renewal = await order('renewal', [id], { productCode: 'VM_RENEWED' });
    await pay(t, renewal.orderId, aPayment('60.00'));
    const next = calendarEnd(new Date(end), { value: 1, unit: 'month' }, 'Asia/Shanghai').toISOString();
    expect((await fulfil(t, renewal.orderId, [{ instanceId: id, start: end, end: next }])).status).toBe(200);

    const up = await order('upgrade', [id], { productCode: 'VM_RENEWED', plan: 'large' });
    const cost = roundHalfUp(new Fraction(115 * (total - 1), total).add(100), 'CNY');
    expect(up.payableAmount).toEqual(cost);
    await pay(t, up.orderId, aPayment(cost.amount));
    await fulfil(t, up.orderId, [{ instanceId: id }]);
    const down = await order('downgrade', [id], { productCode: 'VM_RENEWED', plan: 'small' });
    const [ofPurchase, ofRenewal, ofUpgrade, ...others] = await restsOf(down.orderId);
    expect([others, ofPurchase, ofRenewal]).toMatchObject([
      [],
      { orderId, priceBefore: '160', priceAfter: '60', returned: '0', kept: '1' },
      { orderId: renewal.orderId, priceBefore: '160', priceAfter: '60', returned: '0', kept: '1' },
    ]);
    // For both months: all that the upgrade cost, and the part of it above the small plan of today.
    const whole = new Fraction(115 * (total - 1), total).add(100);
    const given = new Fraction(100 * (total - 1), total).add(100);
    expect(ofUpgrade).toMatchObject({ orderId: up.orderId, returned: given.div(whole).toFraction() });
  });

  test('to 8 decimals, of a time in minutes', async () => {
    const perMinute = (amount: string) => [
      { chargeType: 'subscription', amount, currency: 'CNY', unit: 'minute' },
    ];
    const prices = (small: string, large: string) => ({ small: perMinute(small), large: perMinute(large) });
    await sold('VM_MINUTES', prices('0.00103456', '0.00310127'));
    const days = 31;
    const duration = { value: days * 1440, unit: 'minute' };
    const id = `i-${randomUUID()}`;
    const start = new Date(Date.now() - day / 2);
    const given = { start: start.toISOString(), end: new Date(start.getTime() + days * day).toISOString() };
    const asked = ask('purchase', [], { productCode: 'VM_MINUTES', plan: 'small', duration });
    await placeAndPay(t, 'acc_plans', asked, [instance(id, given)], '46.18');
    await sold('VM_MINUTES', prices('0.00000001', '0.00310127'));
    const up = await order('upgrade', [id], { productCode: 'VM_MINUTES', plan: 'large' });
    expect(up.payableAmount).toEqual(cny('89.28'));
  });

  test('nothing comes back of a plan that was given for free', async () => {
    await sold('VM_FREE', monthlyOf('45.00', '138.00'));
    const { id, orderId, total } = await buy('VM_FREE', 'small', '45.00');
    const asked = ask('upgrade', [id], {
      productCode: 'VM_FREE',
      plan: 'large',
      accountId: 'acc_plans',
      free: true,
    });
    const free = await t.operator().post('/v1/orders', asked);
    expect(free).toMatchObject({ status: 201, body: { status: 'paid', payableAmount: cny('0.00') } });
    await fulfil(t, free.body.orderId, [{ instanceId: id }]);
    const down = await order('downgrade', [id], { productCode: 'VM_FREE', plan: 'small' });
    expect(await restsOf(down.orderId)).toMatchObject([
      { orderId, returned: '0', kept: '1' },
      { orderId: free.body.orderId, returned: '1', kept: '0' },
    ]);
    expect(down.planChange.rest[0]).toMatchObject({
      remaining: total - 1,
      priceBefore: '138',
      priceAfter: '45',
    });
  });
});

describe('ORD-3 one open order', () => {
  test('of orders of every type that names an instance, racing for one, one is placed, fifty times', async () => {
    const productCode = 'VM_RACE';
    const sizes = [
      plan('small', monthly('45.00')),
      plan('middle', [...monthly('90.00'), metered]),
      plan('large', monthly('138.00')),
    ];
    expect((await t.operator().put(`/v1/products/${productCode}`, aProduct({ plans: sizes }))).status).toBe(
      201,
    );
    const byUse = { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
    // All but a purchase, which names none.
    const types: [string, object, Client?][] = [
      ['renewal', {}],
      ['upgrade', { plan: 'large' }],
      ['downgrade', { plan: 'small' }],
      ['configuration_change', byUse],
      ['compensation', { accountId: 'acc_plans' }, t.operator()],
    ];
    const asking = types.map(([orderType, change, asker = theirs]) => (id: string) => {
      return asker.post('/v1/orders', ask(orderType, [id], { productCode, ...change }));
    });
    const { start, end } = month(2);
    const ids = Array.from({ length: 50 + types.length }, () => `i-${randomUUID()}`);
    const purchase = ask('purchase', [], { productCode, plan: 'middle', count: ids.length });
    const given = ids.map((id) => instance(id, { start, end }));
    await placeAndPay(t, 'acc_plans', purchase, given, (90 * ids.length).toFixed(2));

    const alone = ids.splice(0, types.length);
    for (const [at, asks] of asking.entries())
      expect(await asks(alone[at]!)).toMatchObject({ status: 201, body: { orderType: types[at]![0] } });
    const busy = { status: 409, body: { code: 'order.instance_busy' } };
    for (const [round, id] of ids.entries()) {
      const first = round % types.length;
      const inTurn = [...asking.slice(first), ...asking.slice(0, first)];
      const replies = await Promise.all(inTurn.map((asks) => asks(id)));
      const placed = replies.filter(({ status }) => status === 201);
      expect(placed).toHaveLength(1);
      for (const reply of replies) if (reply !== placed[0]) expect(reply).toMatchObject(busy);
      const open = await t.sql('select order_id from order_instances where instance_id = $1 and open', [id]);
      expect(open).toEqual([{ order_id: placed[0]!.body.orderId }]);
    }
  });

  test('the database refuses a second, whatever asks for it', async () => {
    const id = await bought(month(2));
    const { orderId } = await order('renewal', [id]);
    const other = await place(t, 'acc_plans');
    const insert = t.sql(
      `insert into order_instances (instance_id, order_id, account_id) values ($1, $2, 'acc_plans')`,
      [id, other.orderId],
    );
    await expect(insert).rejects.toMatchObject({ code: '23505', constraint: 'one_open_order' });
    await pay(t, orderId, aPayment('45.00'));
    expect(await t.sql('select open from order_instances where order_id = $1', [orderId])).toEqual([
      { open: true },
    ]);
  });
});

describe('ORD-1 ORD-4 ORD-10 ORD-26 from placement to fulfilment', () => {
  const period = month(0);
  const times = { start: period.start, end: period.end };
  const year = {
    start: times.start,
    end: calendarEnd(new Date(times.start), { value: 1, unit: 'year' }, 'Asia/Shanghai').toISOString(),
  };
  const once = { productCode: 'SSL', chargeType: 'one_time', duration: null };
  const domain = {
    productCode: 'DOMAIN_COM',
    serviceType: 'registration',
    duration: { value: 1, unit: 'year' },
  };
  const byUse = { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
  const granted = { accountId: 'acc_charged' };
  const nothing = { productAmount: cny('45.00'), discountAmount: cny('45.00'), payableAmount: cny('0.00') };
  beforeAll(async () => {
    const prices = [{ chargeType: 'one_time', amount: '30', currency: 'CNY', unit: 'piece' }];
    const ssl = aProduct({ form: 'one_time', chargeTypes: ['one_time'], prices });
    expect((await t.operator().put('/v1/products/SSL', ssl)).status).toBe(201);
  });

  test.each<[string, object, string, (object | null)[], object?]>([
    ['a subscription', {}, '45.00', [times]],
    ['pay as you go', byUse, '0.00', [{ start: times.start, end: null }], { productAmount: null }],
    ['a package', { productCode: 'CDN', chargeType: 'package', duration: null }, '99.50', [times]],
    [
      'packages',
      { productCode: 'CDN', chargeType: 'package', duration: null, count: 2 },
      '199.00',
      [times, times],
    ],
    ['a one-time service that leaves nothing behind', once, '30.00', []],
    ['one-time services that leave something behind', { ...once, count: 3 }, '90.00', [{}, {}, {}]],
    ['a domain', domain, '69.00', [year]],
    ['a free order', { ...granted, free: true }, '0.00', [times], { ...nothing, free: true }],
    ['a trial', { ...granted, trial: true }, '0.00', [times], { ...nothing, trial: true }],
  ])('%s', async (_what, change, amount, given, more = {}) => {
    const asker = 'accountId' in change ? t.operator() : customer(t, 'acc_charged');
    const placed = await asker.post('/v1/orders', anOrder(change));
    const owes = amount !== '0.00';
    expect(placed).toMatchObject({
      status: 201,
      body: { status: owes ? 'unpaid' : 'paid', payableAmount: cny(amount), instances: [], ...more },
    });
    const { orderId } = placed.body;
    if (owes) expect((await pay(t, orderId, aPayment(amount))).status).toBe(201);
    const instances = given.map((one) => ({ instanceId: `i-${randomUUID()}`, ...one }));
    const reports = instances.length > 0 ? instances.map((one) => [one]) : [[]];
    for (const [at, report] of reports.entries()) {
      const isLast = at === reports.length - 1;
      expect(await fulfil(t, orderId, report)).toMatchObject({
        status: 200,
        body: { fulfilment: isLast ? 'created' : 'creating' },
      });
      // Part of it is not none of it.
      if (!isLast) expect((await fulfil(t, orderId, [])).body.code).toBe('order.fulfilment_misfit');
    }
    const again = await fulfil(t, orderId, instances);
    expect(again).toMatchObject({
      status: 200,
      body: { instanceIds: instances.map((one) => one.instanceId) },
    });
    const another = await fulfil(t, orderId, [{ instanceId: `i-${randomUUID()}`, ...times }]);
    expect(another.body.code).toBe('order.not_fulfillable');
    await t.settled();
    const told = announcedOf(t, orderId).map((name) => name.split('@')[0]);
    expect(told).toEqual([
      'order.placed',
      ...(owes ? ['order.paid'] : []),
      ...reports.slice(1).map(() => 'order.changed'),
      'order.fulfilled',
    ]);
    for (const { instanceId } of instances)
      expect((await customer(t, 'acc_charged').get(`/v1/resources/${instanceId}`)).body.orderIds).toEqual([
        orderId,
      ]);
  });
});

describe('currencies of no and of three minor units', () => {
  test.each([
    ['JPY', 'jp', '4500', '13800', 0],
    ['KWD', 'kw', '4.500', '13.800', 3],
  ] as const)(
    'API-9 ORD-18 ORD-21 ORD-23 ORD-24 %s, from an order to its exports',
    async (currency, code, small, large, digits) => {
      const accountId = `acc_${code}`;
      const its = customer(t, accountId);
      const amountOf = (amount: string) => ({ amount, currency });
      const price = (amount: string) => [{ chargeType: 'subscription', amount, currency, unit: 'month' }];
      const productCode = `VM_${currency}`;
      const product = aProduct({
        invoicingEntity: code,
        chargeTypes: ['subscription'],
        prices: price(small),
        plans: [plan('small', price(small)), plan('large', price(large))],
      });
      expect((await t.operator().put(`/v1/products/${productCode}`, product)).status).toBe(201);
      await tellAccount(t, accountId);

      const purchase = await its.post('/v1/orders', ask('purchase', [], { productCode, plan: 'small' }));
      expect(purchase).toMatchObject({ status: 201, body: { payableAmount: amountOf(small) } });
      const { orderId } = purchase.body;
      const tooFine = { ...aPayment(), parts: { cash: amountOf(`${small}${digits === 0 ? '.00' : '0'}`) } };
      expect((await pay(t, orderId, tooFine)).status).toBe(400);
      const transfer = { bankReference: `B-${currency}`, amount: amountOf(small) };
      const about = { payerName: '某某有限公司', receivedAt: '2026-01-10T03:00:00.000Z' };
      expect((await t.platform().post('/v1/remittances', { ...transfer, ...about }, key())).status).toBe(201);
      const claim = await its.post('/v1/remittance-claims', { ...transfer, orderId }, key());
      expect(claim).toMatchObject({ status: 201, body: { status: 'paid' } });
      const period = month(2.5);
      const id = `i-${randomUUID()}`;
      await fulfil(t, orderId, [instance(id, { start: period.start, end: period.end })]);

      const upgrade = await its.post('/v1/orders', ask('upgrade', [id], { productCode, plan: 'large' }));
      const cost = part(Number(large) - Number(small), period.total - 3, period.total, digits);
      expect(upgrade.body).toMatchObject({ payableAmount: amountOf(cost), planChange: { from: 'small' } });
      expect(
        (await pay(t, upgrade.body.orderId, { ...aPayment(), parts: { cash: amountOf(cost) } })).status,
      ).toBe(201);
      expect((await fulfil(t, upgrade.body.orderId, [{ instanceId: id }])).status).toBe(200);

      const sum = amountOf((Number(small) + Number(cost)).toFixed(digits));
      const { body } = await its.get('/v1/orders/statistics');
      expect(body.byStatus).toEqual([
        {
          status: 'paid',
          orders: 2,
          productAmount: sum,
          payableAmount: sum,
          cashPaid: sum,
          voucherPaid: amountOf((0).toFixed(digits)),
        },
      ]);
      const csv = (await its.get('/v1/orders/export')).bytes.toString().trimEnd().split('\r\n').slice(1);
      expect(csv.map((line) => line.split(',').slice(15, 18))).toEqual(
        [cost, small].map((amount) => [amount, (0).toFixed(digits), currency]),
      );
      const [sheet] = sheetsOf((await its.get('/v1/orders/export?format=xlsx')).bytes);
      expect(sheet!.slice(1).map((row) => row[15])).toEqual(
        [cost, small].map((text) => ({ kind: 'number', text })),
      );
      const paper = await its.get(`/v1/orders/${upgrade.body.orderId}/document`);
      expect(copiedText(paper.bytes).replaceAll(/[ ,]/g, '')).toMatch(
        new RegExp(`Payableamount.{0,6}${cost}`),
      );
    },
  );
});

test('ORD-26 CTR-4 an order given in part is not reserved for a contract before its last instance', async () => {
  const ids = [`i-${randomUUID()}`, `i-${randomUUID()}`];
  const period = month(0);
  const given = ids.map((id) => instance(id, { start: period.start, end: period.end }));
  const { orderId } = await place(t, 'acc_1', { count: 2 });
  await pay(t, orderId, aPayment('90.00'));
  const whole = async () => (await customer(t, 'acc_1').get(`/v1/orders/${orderId}`)).body.allowedOperations;
  expect(await whole()).toContain('request_contract');
  await fulfil(t, orderId, [given[0]!]);
  expect(await whole()).toEqual(['view']);
  const [early, late] = [`ctr_${randomUUID()}`, `ctr_${randomUUID()}`];
  await apply(t, early, [orderId]);
  expect(await answersTo(t, early)).toEqual(['order.reservation_refused']);
  expect(
    t.events.find(({ type, subject }) => type === 'order.reservation_refused' && subject.id === early)?.data,
  ).toMatchObject({ refusals: [{ orderId, code: 'order.instance_busy' }] });
  await fulfil(t, orderId, [given[1]!]);
  expect(await whole()).toEqual(['view', 'request_contract', 'unsubscribe']);
  await apply(t, late, [orderId]);
  expect(await answersTo(t, late)).toEqual(['order.reserved']);
  expect(await stored(t, orderId)).toMatchObject({ hold_id: late, fulfilment: 'created' });
});

test('ORD-16 RFD-3 unsubscribe is not offered once the refunds of the year are used up', async () => {
  const accountId = 'acc_quota';
  const orderIds: string[] = [];
  for (const instanceId of ['i-q1', 'i-q2', 'i-q3'])
    orderIds.push((await placeAndPay(t, accountId, {}, [instance(instanceId)])).body.orderId);
  const says = async (type: string, refund: object) => {
    await refundSays(t, type, refund);
    await t.settled({ dueWork: false });
    const { body } = await customer(t, accountId).get(`/v1/orders/${orderIds.at(-1)}`);
    return body.allowedOperations.includes('unsubscribe');
  };
  const first = aRefund('rfd_q1', ['i-q1'], { accountId });
  const second = aRefund('rfd_q2', ['i-q2'], { accountId });
  expect(await says('refund.requested', first)).toBe(true);
  expect(await says('refund.succeeded', { ...first, version: 4, status: 'succeeded' })).toBe(true);
  expect(await says('refund.requested', second)).toBe(false);
  expect(await says('refund.withdrawn', { ...second, version: 2, status: 'withdrawn' })).toBe(true);
});

test.each(['upgrade', 'downgrade'] as const)(
  'ORD-24 ORD-26 RFD-6 a renewed end that is told before its renewal stretches no %s, and the renewal begins there',
  async (orderType) => {
    const period = month(3);
    const id = await bought(
      period,
      orderType === 'upgrade' ? 'small' : 'large',
      orderType === 'upgrade' ? '45.00' : '138.00',
    );
    const change = await order(orderType, [id], { plan: orderType === 'upgrade' ? 'large' : 'small' });
    if (change.status === 'unpaid')
      expect((await pay(t, change.orderId, aPayment(change.payableAmount.amount))).status).toBe(201);
    expect((await fulfil(t, change.orderId, [{ instanceId: id }])).status).toBe(200);
    const renewedEnd = calendarEnd(
      new Date(period.end),
      { value: 1, unit: 'month' },
      'Asia/Shanghai',
    ).toISOString();
    const told = { reportVersion: 1, start: period.start, end: renewedEnd, inEffect: true };
    expect((await t.platform().put(`/v1/resources/${id}`, told, key())).status).toBe(200);
    expect(await read(change.orderId)).toMatchObject({ instances: [{ instanceId: id, end: period.end }] });
    expect(await renewed(id, period)).toBe(renewedEnd);
    expect(await read(change.orderId)).toMatchObject({ instances: [{ instanceId: id, end: period.end }] });
    expect(await resource(id)).toMatchObject({ end: renewedEnd });
  },
);
