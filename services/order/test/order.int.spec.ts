import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx, Worker } from '@accord/core';
import { startService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { type Client } from '@accord/testing';
import {
  flawsOfExamples,
  flawsUnderBadInput,
  flawsUnderRepeats,
  type ExampleCalls,
} from '@accord/testing/edges';
import { operationsOf } from '../src/operations.ts';
import { listOrders } from '../src/order/order-list.ts';
import type { Order } from '../src/order/order.ts';
import { orderService } from '../src/service.ts';
import {
  aContract,
  announcedOf,
  anOrder,
  aPayment,
  apply,
  aProduct,
  aRefund,
  cny,
  contractSays,
  customer,
  day,
  fulfil,
  instance,
  key,
  later,
  month,
  monthFrom,
  openShop,
  pay,
  place,
  placeAndPay,
  refundSays,
  stored,
  tellAccount,
} from './fixtures.ts';

const rounds = 50;
const failedWork: unknown[] = [];
const baidu = loadProfile('baidu');
/** With an entity that bills in another currency than the others, and unpaid domains that get no contract (CTR-7). */
const profile = {
  ...baidu,
  contracts: { ...baidu.contracts, unpaidDomainRefusedBrands: ['hichina'] },
  invoicingEntities: [
    ...baidu.invoicingEntities,
    { ...baidu.invoicingEntities[0]!, code: 'baidu_global', currency: 'USD' },
  ],
};
const t = await openShop((context) => {
  const service = orderService({ profile }, context);
  const noted = (error: unknown) => {
    failedWork.push(error);
    throw error;
  };
  return {
    ...service,
    workers: service.workers.map(
      (worker) => ({ ...worker, run: (db, item) => worker.run(db, item).catch(noted) }) satisfies Worker,
    ),
  };
});

/** Fifty, five at a time. */
const inRounds = async (race: (round: number) => Promise<void>) => {
  for (let round = 0; round < rounds; round += 5)
    await Promise.all([0, 1, 2, 3, 4].map((n) => race(round + n)));
};

describe('placing', () => {
  test(
    'ORD-1 the server computes what an order costs, keeps the product ' +
      'as it is now, and announces the order once',
    async () => {
      const reply = await customer(t, 'acc_1').post(
        '/v1/orders',
        anOrder({ count: 2, productAmount: cny('90.00') }),
      );

      expect(reply.status).toBe(201);
      expect(reply.headers.get('location')).toBe(`/v1/orders/${reply.body.orderId}`);
      expect(reply.headers.get('etag')).toBe('"1"');
      expect(reply.body).toMatchObject({
        accountId: 'acc_1',
        operatorId: 'usr_acc_1',
        status: 'unpaid',
        fulfilment: 'none',
        version: 1,
        hold: null,
        category: 'COMPUTE',
        unitPrice: { amount: '45', currency: 'CNY', unit: 'month' },
        productAmount: cny('90.00'),
        payableAmount: cny('90.00'),
        cashPaid: cny('0.00'),
      });
      expect(Date.parse(reply.body.payBy) - Date.parse(reply.body.createdAt)).toBe(7 * day);
      const { data } = await t.event('order.placed', ({ order }) => order.orderId === reply.body.orderId);
      const { links: _links, warnings, ...snapshot } = reply.body;
      expect(warnings).toEqual([]);
      expect(data.order).toEqual(snapshot);
      await t.settled();
      expect(announcedOf(t, reply.body.orderId)).toEqual(['order.placed@1']);
    },
  );

  test.each([
    ['ORD-1 an unknown product', { productCode: 'NOPE' }, 422, 'order.product_unknown'],
    [
      "ORD-1 an amount that differs from the server's",
      { productAmount: cny('44.99') },
      422,
      'order.amount_mismatch',
    ],
    [
      "ORD-1 a currency that is not the invoicing entity's",
      { productAmount: { amount: '45.00', currency: 'USD' } },
      422,
      'order.currency_mismatch',
    ],
    [
      'ORD-1 a bill type that does not fit the charge type',
      { billType: 'postpay' },
      422,
      'order.bill_type_mismatch',
    ],
    [
      'ORD-1 a charge type that is not offered',
      { chargeType: 'one_time', duration: null },
      422,
      'order.charge_type_not_offered',
    ],
    ['ORD-1 a subscription without a duration', { duration: null }, 422, 'order.duration_required'],
    [
      'ORD-1 a duration in a unit without a price',
      { duration: { value: 5, unit: 'minute' } },
      422,
      'order.duration_not_offered',
    ],
    [
      'ORD-1 pay-as-you-go with a duration',
      { billType: 'postpay', chargeType: 'pay_as_you_go' },
      422,
      'order.duration_not_allowed',
    ],
    [
      'ORD-1 a package with a duration',
      { productCode: 'CDN', chargeType: 'package' },
      422,
      'order.duration_not_allowed',
    ],
    ['ORD-1 a count of zero', { count: 0 }, 400, 'request.invalid'],
    ['ORD-1 ORD-10 more instances than one report can name', { count: 101 }, 422, 'order.count_too_large'],
    [
      'ORD-1 ORD-10 more names than one report can name',
      {
        productCode: 'DOMAIN_COM',
        serviceType: 'registration',
        duration: { value: 1, unit: 'year' },
        count: 101,
      },
      422,
      'order.count_too_large',
    ],
    [
      'ORD-1 EVT-5 more packages than one event can name',
      { productCode: 'CDN', chargeType: 'package', duration: null, count: 1_001 },
      422,
      'order.count_too_large',
    ],
    [
      'ORD-1 a service type on what is no domain',
      { serviceType: 'renewal' },
      422,
      'order.service_type_misfit',
    ],
    ['ORD-2 a purchase that names an instance', { instanceIds: ['i-x'] }, 422, 'order.instance_not_allowed'],
    ['ORD-2 a renewal without an instance', { orderType: 'renewal' }, 422, 'order.instance_required'],
    [
      'ORD-2 a renewal of an unknown instance',
      { orderType: 'renewal', instanceIds: ['i-nowhere'] },
      404,
      'order.instance_unknown',
    ],
    [
      'ORD-2 a compensation by a customer',
      { orderType: 'compensation', instanceIds: ['i-x'] },
      403,
      'order.compensation_by_operators',
    ],
    [
      'ORD-1 a discount a customer gives himself',
      { discountAmount: cny('45.00') },
      403,
      'order.terms_by_provider',
    ],
    ['ORD-1 a free order a customer gives himself', { free: true }, 403, 'order.terms_by_provider'],
  ])('%s is refused and nothing is stored', async (_case, change, status, code) => {
    const before = await t.sql('select count(*) from orders');
    expect(await customer(t, 'acc_1').post('/v1/orders', anOrder(change))).toMatchObject({
      status,
      body: { code },
    });
    expect(await t.sql('select count(*) from orders')).toEqual(before);
  });

  test('ORD-4 what owes nothing is placed as paid: pay-as-you-go, and what the provider gives away', async () => {
    const postpay = await place(t, 'acc_1', {
      billType: 'postpay',
      chargeType: 'pay_as_you_go',
      duration: null,
    });
    expect(postpay).toMatchObject({
      status: 'paid',
      fulfilment: 'creating',
      cashPaid: cny('0.00'),
      productAmount: null,
      payBy: null,
    });
    expect(postpay.paidAt).toBe(postpay.createdAt);
    for (const given of [{ free: true }, { trial: true }]) {
      const { body } = await t.operator().post('/v1/orders', anOrder({ accountId: 'acc_1', ...given }));
      expect(body).toMatchObject({
        ...given,
        status: 'paid',
        fulfilment: 'creating',
        discountAmount: cny('45.00'),
        payableAmount: cny('0.00'),
        payBy: null,
        operatorId: 'op_1',
      });
    }
  });

  test(
    'ORD-2 ORD-3 later orders name instances of the account and product, ' +
      'one open order at a time, also when they race',
    async () => {
      await placeAndPay(t, 'acc_2', {}, [instance('i-2a')]);
      const renewal = { orderType: 'renewal', instanceIds: ['i-2a'] };
      const foreign = await customer(t, 'acc_3').post('/v1/orders', anOrder(renewal));
      expect(foreign).toMatchObject({ status: 404, body: { code: 'order.instance_unknown' } });
      const wrong = await t.operator().post('/v1/orders', anOrder({ ...renewal, accountId: 'acc_3' }));
      expect(wrong).toMatchObject({ status: 404, body: { code: 'order.instance_unknown' } });
      const otherProduct = await customer(t, 'acc_2').post(
        '/v1/orders',
        anOrder({ ...renewal, productCode: 'CDN', chargeType: 'package', duration: null }),
      );
      expect(otherProduct).toMatchObject({
        status: 404,
        body: { code: 'order.instance_unknown', facts: { instanceIds: ['i-2a'] } },
      });
      for (const gone of ['released', 'archived']) {
        await placeAndPay(t, 'acc_2', {}, [instance(`i-2${gone}`)]);
        expect(
          (await t.platform().put(`/v1/resources/i-2${gone}`, { reportVersion: 1, [gone]: true })).status,
        ).toBe(200);
        const late = await customer(t, 'acc_2').post(
          '/v1/orders',
          anOrder({ ...renewal, instanceIds: [`i-2${gone}`] }),
        );
        expect(late).toMatchObject({
          status: 404,
          body: { code: 'order.instance_unknown', facts: { instanceIds: [`i-2${gone}`] } },
        });
      }

      const theirs = customer(t, 'acc_2');
      for (let round = 0; round < rounds; round += 1) {
        const replies = await Promise.all([1, 2].map(() => theirs.post('/v1/orders', anOrder(renewal))));
        expect(replies.map(({ status }) => status).sort()).toEqual([201, 409]);
        expect(replies.find(({ status }) => status === 409)?.body.code).toBe('order.instance_busy');
        const placed = replies.find(({ status }) => status === 201);
        await theirs.post(`/v1/orders/${placed?.body.orderId}/cancel`, { reason: 'race' });
      }
    },
  );

  test('ORD-3 an order that cannot be is refused without waiting for instances that another one locks', async () => {
    await placeAndPay(t, 'acc_2', {}, [instance('i-2queue')]);
    const renewal = { orderType: 'renewal', instanceIds: ['i-2queue'] };
    const open = await place(t, 'acc_2', renewal);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
    const lock = t.running.db.transaction({ kind: 'system', id: 'test' }, async (tx) => {
      await tx.one(`select from resources where instance_id = 'i-2queue' for update`);
      locked();
      await over;
    });
    await isLocked;
    try {
      const replies = await Promise.all(
        Array.from({ length: 40 }, () => customer(t, 'acc_2').post('/v1/orders', anOrder(renewal))),
      );
      for (const { status, body } of replies)
        expect({ status, code: body.code, facts: body.facts }).toEqual({
          status: 409,
          code: 'order.instance_busy',
          facts: { instanceId: 'i-2queue', orderId: open.orderId },
        });
    } finally {
      end();
      await lock;
    }
  });

  test('ORD-3 of 40 orders that race for the same five instances one is placed, the others are refused', async () => {
    const ids = [1, 2, 3, 4, 5].map((n) => `i-2many${n}`);
    await placeAndPay(
      t,
      'acc_2',
      { count: 5 },
      ids.map((id) => instance(id)),
      '225.00',
    );
    for (let round = 0; round < 5; round += 1) {
      const replies = await Promise.all(
        Array.from({ length: 40 }, (_, n) => {
          const instanceIds = [...ids.slice(n % 5), ...ids.slice(0, n % 5)];
          return customer(t, 'acc_2').post(
            '/v1/orders',
            anOrder({ orderType: 'renewal', instanceIds, count: 5 }),
          );
        }),
      );
      const codes = replies.map(({ status, body }) => `${status} ${body.code ?? ''}`).sort();
      expect(codes).toEqual(['201 ', ...Array<string>(39).fill('409 order.instance_busy')]);
      const placed = replies.find(({ status }) => status === 201)!.body.orderId;
      await customer(t, 'acc_2').post(`/v1/orders/${placed}/cancel`, { reason: 'race' });
    }
  });

  test('ORD-1 a duration that an order does not take is refused with why, in both languages', async () => {
    const detailsOf = async (change: object) => {
      const replies = [];
      for (const language of ['en', 'zh-CN'])
        replies.push(
          await customer(t, 'acc_1').post('/v1/orders', anOrder(change), { 'accept-language': language }),
        );
      return replies.map(({ body }) => [body.code, body.detail]);
    };
    const code = 'order.duration_not_allowed';
    expect(await detailsOf({ billType: 'postpay', chargeType: 'pay_as_you_go' })).toEqual([
      [code, 'An order of type purchase takes no duration here: it is charged by use. Leave it out.'],
      [code, '类型为新购的订单此处不填写时长：该订单按用量计费。请去掉时长。'],
    ]);
    const [[, packaged]] = (await detailsOf({ productCode: 'CDN', chargeType: 'package' })) as [string[]];
    expect(packaged).toContain('it is charged by the piece');
  });

  test('ORD-2 a compensation by an operator costs nothing and moves the end of the instance', async () => {
    await placeAndPay(t, 'acc_2', {}, [instance('i-2b')]);
    const placed = await t.operator().post('/v1/orders', {
      ...anOrder({ accountId: 'acc_2', orderType: 'compensation', instanceIds: ['i-2b'] }),
      duration: { value: 4320, unit: 'minute' },
    });
    expect(placed).toMatchObject({
      status: 201,
      body: { status: 'paid', payableAmount: cny('0.00'), productAmount: cny('0.00') },
    });
    const given = { instanceId: 'i-2b', start: month.end, end: later(month.end, 3) };
    expect(await fulfil(t, placed.body.orderId, [given])).toMatchObject({ status: 200 });
    const { body } = await customer(t, 'acc_2').get('/v1/resources/i-2b');
    expect(body).toMatchObject({ end: given.end, start: instance('x').start, region: 'bj', version: 2 });
    expect(body.orderIds).toHaveLength(2);
  });

  test(
    'ORD-2 a configuration change to postpay owes nothing and leaves the paid ' +
      'period; one back to prepay is paid and starts its own',
    async () => {
      const bought = await placeAndPay(t, 'acc_2', {}, [instance('i-2c')]);
      const change = { orderType: 'configuration_change', instanceIds: ['i-2c'] };
      const unknown = await customer(t, 'acc_2').post(
        '/v1/orders',
        anOrder({ ...change, instanceIds: ['i-nowhere'] }),
      );
      expect(unknown).toMatchObject({ status: 404, body: { code: 'order.instance_unknown' } });

      const postpay = await place(t, 'acc_2', {
        ...change,
        billType: 'postpay',
        chargeType: 'pay_as_you_go',
        duration: null,
      });
      expect(postpay).toMatchObject({
        orderType: 'configuration_change',
        status: 'paid',
        payableAmount: cny('0.00'),
        productAmount: null,
        instanceIds: ['i-2c'],
      });
      // Its detail says from when it holds, before and after it is fulfilled, and no other order says so.
      const startsOf = async (orderId: string) =>
        (await customer(t, 'acc_2').get(`/v1/orders/${orderId}`)).body.takesEffect;
      expect(await startsOf(postpay.orderId)).toEqual([{ instanceId: 'i-2c', at: month.end }]);
      expect(await startsOf(bought.body.orderId)).toEqual([]);
      const { start, end } = instance('x');
      expect(await fulfil(t, postpay.orderId, [{ instanceId: 'i-2c', start: end }])).toMatchObject({
        status: 200,
        body: { servicePeriod: null },
      });
      expect((await customer(t, 'acc_2').get('/v1/resources/i-2c')).body).toMatchObject({ start, end });
      expect(await startsOf(postpay.orderId)).toEqual([{ instanceId: 'i-2c', at: end }]);
      const before = (await customer(t, 'acc_2').get(`/v1/orders/${bought.body.orderId}`)).body;
      expect(before).toMatchObject({
        status: 'paid',
        refundState: 'none',
        cashPaid: cny('45.00'),
        servicePeriod: { start, end },
      });

      // The time that is paid already is not paid for again.
      const early = await customer(t, 'acc_2').post('/v1/orders', anOrder(change));
      expect(early).toMatchObject({
        status: 409,
        body: { code: 'order.instance_paid', facts: { instanceId: 'i-2c', paidUntil: month.end } },
      });
      t.clock.offsetMs = Date.parse(month.end) - Date.now() + 2 * day;
      const prepay = await place(t, 'acc_2', change);
      expect(prepay).toMatchObject({
        orderType: 'configuration_change',
        status: 'unpaid',
        payableAmount: cny('45.00'),
        instanceIds: ['i-2c'],
      });
      expect((await pay(t, prepay.orderId)).status).toBe(201);
      const period = monthFrom(later(month.end, 2));
      expect(await fulfil(t, prepay.orderId, [{ instanceId: 'i-2c', ...period }])).toMatchObject({
        status: 200,
        body: { servicePeriod: period },
      });
      expect((await customer(t, 'acc_2').get('/v1/resources/i-2c')).body).toMatchObject({
        end: period.end,
        orderIds: [bought.body.orderId, postpay.orderId, prepay.orderId],
      });
    },
  );
});

describe('paying', () => {
  test(
    'ORD-5 a payment of all parts pays once; the same reference ' +
      'again is the same payment and the same answer',
    async () => {
      const { orderId } = await place(t, 'acc_1');
      const payment = aPayment('20.00', {
        parts: {
          cash: cny('20.00'),
          giftCredit: cny('10.00'),
          storedCard: cny('5.00'),
          voucher: cny('10.00'),
        },
      });
      const first = await pay(t, orderId, payment);
      const again = await pay(t, orderId, payment);

      expect(first).toMatchObject({
        status: 201,
        body: { cashPaid: cny('35.00'), voucherPaid: cny('10.00'), orderId },
      });
      expect([again.status, again.body]).toEqual([first.status, first.body]);
      expect((await customer(t, 'acc_1').get(`/v1/orders/${orderId}`)).body.payBy).toBeNull();
      await t.settled();
      expect(announcedOf(t, orderId)).toEqual(
        ['order.paid@2', 'order.placed@1'].sort((a, b) => a.slice(-1).localeCompare(b.slice(-1))),
      );
      expect(await stored(t, orderId)).toMatchObject({
        status: 'paid',
        fulfilment: 'creating',
        cash_paid: '35.00',
        voucher_paid: '10.00',
        version: 2,
      });
      expect(await t.sql('select count(*)::int as n from payments where order_id = $1', [orderId])).toEqual([
        { n: 1 },
      ]);
    },
  );

  test(
    'ORD-5 parts that do not make up what is payable, another reference, ' +
      'and a reference used elsewhere are refused',
    async () => {
      const { orderId } = await place(t, 'acc_1');
      const other = await place(t, 'acc_1');
      for (const parts of [
        { cash: cny('44.99') },
        { cash: cny('50.00'), voucher: cny('-5.00') },
        { cash: { amount: '45.00', currency: 'USD' } },
      ]) {
        expect(await pay(t, orderId, { ...aPayment(), parts })).toMatchObject({
          status: 422,
          body: { code: 'order.payment_mismatch' },
        });
      }
      const payment = aPayment();
      expect(await pay(t, orderId, payment)).toMatchObject({ status: 201 });
      expect(await pay(t, orderId)).toMatchObject({ status: 409, body: { code: 'order.not_payable' } });
      expect(await pay(t, other.orderId, payment)).toMatchObject({
        status: 409,
        body: { code: 'payment.reference_used' },
      });
      const split = { ...payment, parts: { cash: cny('40.00'), voucher: cny('5.00') } };
      expect(await pay(t, orderId, split)).toMatchObject({
        status: 409,
        body: { code: 'payment.reference_used' },
      });
      const dollars = {
        ...payment,
        parts: Object.fromEntries(
          Object.entries(payment.parts).map(([name, part]) => [name, { ...part, currency: 'USD' }]),
        ),
      };
      expect(await pay(t, orderId, dollars)).toMatchObject({
        status: 409,
        body: { code: 'payment.reference_used' },
      });
      expect((await stored(t, other.orderId)).status).toBe('unpaid');
    },
  );

  test('ORD-5 two payments that race: exactly one pays', async () => {
    await inRounds(async () => {
      const { orderId } = await place(t, 'acc_1');
      const replies = await Promise.all([pay(t, orderId), pay(t, orderId)]);
      expect(replies.map(({ status, body }) => body.code ?? status).sort()).toEqual([
        201,
        'order.not_payable',
      ]);
      expect(await t.sql('select count(*)::int as n from payments where order_id = $1', [orderId])).toEqual([
        { n: 1 },
      ]);
    });
  });

  test('ORD-5 one reference for two orders that race pays one of them', async () => {
    await inRounds(async () => {
      const orders = await Promise.all([place(t, 'acc_1'), place(t, 'acc_1')]);
      const payment = aPayment();
      const replies = await Promise.all(orders.map(({ orderId }) => pay(t, orderId, payment)));
      expect(replies.map(({ status, body }) => body.code ?? status).sort()).toEqual([
        201,
        'payment.reference_used',
      ]);
    });
  });
});

describe('cancelling', () => {
  test('ORD-6 an unpaid order is cancelled at once by its customer, with a reason, and not again', async () => {
    const { orderId } = await place(t, 'acc_1');
    const cancel = () => customer(t, 'acc_1').post(`/v1/orders/${orderId}/cancel`, { reason: '不需要了' });
    expect(await cancel()).toMatchObject({
      status: 200,
      body: { status: 'cancelled', version: 2 },
    });
    expect(await cancel()).toMatchObject({ status: 409, body: { code: 'order.not_cancellable' } });
    const { data } = await t.event('order.cancelled', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({ reason: 'by_customer', order: { status: 'cancelled', version: 2 } });
    const { body } = await customer(t, 'acc_1').get(`/v1/orders/${orderId}`);
    expect(body.history).toMatchObject([
      { change: 'placed', status: 'unpaid' },
      {
        change: 'cancelled',
        status: 'cancelled',
        actor: { kind: 'customer', id: 'usr_acc_1' },
        note: '不需要了',
      },
    ]);
  });

  test('ORD-6 API-2 a reason that nobody can read is none, wherever one is asked for', async () => {
    const { orderId } = await place(t, 'acc_1');
    const me = customer(t, 'acc_1');
    const blank = [
      '',
      ' ',
      '\t\n',
      '\u3000\u00a0',
      '\u200b\u200d\ufeff',
      '\u00ad',
      '\u3164',
      '\u2800 \u180e',
      '\u0301',
      ' \u0301\u20dd\u0e31',
      '\uffff\ufdd0',
      '\ue000\u{f0000}',
      '\ufffd\ufffc',
    ];
    for (const reason of blank) {
      const refused = { status: 400, body: { code: 'request.invalid', errors: [{ in: 'body' }] } };
      expect([reason, await me.post(`/v1/orders/${orderId}/cancel`, { reason })]).toMatchObject([
        reason,
        refused,
      ]);
      const batch = { orderIds: [orderId], reason };
      expect([reason, await me.post('/v1/orders/cancel', batch)]).toMatchObject([reason, refused]);
      const failed = { outcome: 'failed', reason };
      const report = t.platform().post(`/v1/orders/${orderId}/fulfilment`, failed);
      expect([reason, await report]).toMatchObject([reason, refused]);
    }
    const inChinese = await me.post(
      `/v1/orders/${orderId}/cancel`,
      { reason: '\u200b' },
      { 'accept-language': 'zh-CN' },
    );
    expect(inChinese.body.errors).toMatchObject([
      { pointer: '/reason', detail: expect.stringContaining('空白') },
    ]);
    for (const reason of ['two\nlines', 'a\u0007'])
      expect((await me.post(`/v1/orders/${orderId}/cancel`, { reason })).status).toBe(400);
    expect((await stored(t, orderId)).status).toBe('unpaid');
    expect((await me.post(`/v1/orders/${orderId}/cancel`, { reason: ' 🙂\u200d ' })).status).toBe(200);
  });

  test('ORD-1 ORD-22 API-2 names and values of a configuration and of a product can be read', async () => {
    const me = customer(t, 'acc_1');
    for (const text of [' ', '\u200b', '\u0301', '\uffff', '\ue000', '\u2800\ufffd']) {
      for (const [pointer, item] of [
        ['/configuration/0/name', { name: text, value: '2 核' }],
        ['/configuration/0/value', { name: 'CPU', value: text }],
      ] as const)
        expect([text, await me.post('/v1/orders', anOrder({ configuration: [item] }))]).toMatchObject([
          text,
          { status: 400, body: { code: 'request.invalid', errors: [{ in: 'body', pointer }] } },
        ]);
      const named = aProduct({ name: { 'zh-CN': '云服务器', en: text } });
      expect([text, await t.operator().put('/v1/products/UNREAD', named)]).toMatchObject([
        text,
        { status: 400, body: { errors: [{ pointer: '/name/en' }] } },
      ]);
    }
    expect((await t.operator().get('/v1/products/UNREAD')).status).toBe(404);
    const configuration = [{ name: ' CPU', value: 'e\u0301 👩\u200d💻 ' }];
    expect(await place(t, 'acc_1', { configuration })).toMatchObject({ configuration });
  });

  test('ORD-6 an operator cancels an unpaid order of any account, and it says so', async () => {
    const { orderId } = await place(t, 'acc_1');
    expect(await t.operator().post(`/v1/orders/${orderId}/cancel`, { reason: '客户来电' })).toMatchObject({
      status: 200,
      body: { status: 'cancelled', version: 2 },
    });
    expect((await t.event('order.cancelled', ({ order }) => order.orderId === orderId)).data.reason).toBe(
      'by_operator',
    );
  });

  test('ORD-6 a paid order is not cancelled, and nothing is without a reason', async () => {
    const { orderId } = await place(t, 'acc_1');
    expect(await customer(t, 'acc_1').post(`/v1/orders/${orderId}/cancel`, {})).toMatchObject({
      status: 400,
    });
    await pay(t, orderId);
    const refused = await t.operator().post(`/v1/orders/${orderId}/cancel`, { reason: 'x' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'order.not_cancellable' } });
    expect(await stored(t, orderId)).toMatchObject({ status: 'paid', version: 2 });
  });

  test('ORD-6 cancel against pay: exactly one wins', async () => {
    const won = { paid: 0, cancelled: 0 };
    await inRounds(async (round) => {
      const { orderId } = await place(t, 'acc_1');
      const cancel = () => customer(t, 'acc_1').post(`/v1/orders/${orderId}/cancel`, { reason: 'race' });
      // One of them a little later, in turn, so that both win some rounds on any machine; a payment has its lock later.
      const [toPay, toCancel] = round % 2 === 0 ? [0, (round % 5) * 20] : [(round % 5) * 3, 0];
      const [paid, cancelled] = await Promise.all([
        sleep(toPay).then(() => pay(t, orderId)),
        sleep(toCancel).then(cancel),
      ]);
      const codes = [paid.body.code, cancelled.body.code];
      expect([
        [undefined, 'order.not_cancellable'],
        ['order.not_payable', undefined],
      ]).toContainEqual(codes);
      const status = paid.status === 201 ? 'paid' : 'cancelled';
      expect(await stored(t, orderId)).toMatchObject({ status, version: 2 });
      won[status] += 1;
    });
    expect(Math.min(won.paid, won.cancelled)).toBeGreaterThan(0);
  });

  test(
    'ORD-7 a batch answers for each, and one refusal spoils no other; ' +
      'sent again with its key it answers the same',
    async () => {
      const [open, paid, foreign] = await Promise.all([
        place(t, 'acc_1'),
        place(t, 'acc_1'),
        place(t, 'acc_9'),
      ]);
      await pay(t, paid.orderId);
      const unknown = `ord_${'0'.repeat(32)}`;
      const orderIds = [paid.orderId, unknown, foreign.orderId, open.orderId];
      const headers = key();
      const reply = await customer(t, 'acc_1').post(
        '/v1/orders/cancel',
        { orderIds, reason: 'batch' },
        headers,
      );
      expect(reply).toMatchObject({
        status: 200,
        body: {
          data: [
            {
              orderId: paid.orderId,
              outcome: 'refused',
              version: null,
              code: 'order.not_cancellable',
              title: 'The order cannot be cancelled',
              detail: 'Only an unpaid order is cancelled; this one is paid.',
            },
            { orderId: unknown, outcome: 'refused', code: 'order.not_found' },
            {
              orderId: foreign.orderId,
              outcome: 'refused',
              code: 'order.not_found',
              detail: `There is no order ${foreign.orderId}, or it is not known here yet.`,
            },
            {
              orderId: open.orderId,
              outcome: 'cancelled',
              version: 2,
              code: null,
              title: null,
              detail: null,
            },
          ],
        },
      });
      const inChinese = await customer(t, 'acc_1').post(
        '/v1/orders/cancel',
        { orderIds: [paid.orderId, unknown], reason: 'batch' },
        { 'accept-language': 'zh-CN' },
      );
      expect(inChinese.body.data).toMatchObject([
        { title: '订单无法取消', detail: '只有未支付的订单可以取消，当前状态为已支付。' },
        { title: '订单不存在', detail: `找不到订单 ${unknown}，或该订单尚未同步。` },
      ]);
      expect(
        (await customer(t, 'acc_1').post('/v1/orders/cancel', { orderIds, reason: 'batch' }, headers)).body,
      ).toEqual(reply.body);
      expect((await stored(t, foreign.orderId)).status).toBe('unpaid');
      const eleven = Array.from({ length: 11 }, (_, n) => `ord_${String(n).padStart(32, '0')}`);
      expect(
        await customer(t, 'acc_1').post('/v1/orders/cancel', { orderIds: eleven, reason: 'batch' }),
      ).toMatchObject({ status: 400 });
    },
  );

  test('API-8 a change that names another version is refused', async () => {
    const { orderId } = await place(t, 'acc_1');
    const stale = await customer(t, 'acc_1').post(
      `/v1/orders/${orderId}/cancel`,
      { reason: 'x' },
      { 'if-match': '"7"' },
    );
    expect(stale).toMatchObject({ status: 412, body: { code: 'request.version_mismatch' } });
    const fresh = await customer(t, 'acc_1').post(
      `/v1/orders/${orderId}/cancel`,
      { reason: 'x' },
      { 'if-match': '"1"' },
    );
    expect(fresh).toMatchObject({ status: 200 });
    expect(fresh.headers.get('etag')).toBe('"2"');
  });

  test(
    'API-8 facts that are told on another version are refused, and ' +
      'change nothing; told again they are what they were',
    async () => {
      const platform = t.platform();
      const { orderId } = await place(t, 'acc_1');
      const stale = { 'if-match': '"7"' };
      const mismatch = { status: 412, body: { code: 'request.version_mismatch' } };
      const payment = aPayment();
      const paying = (tag: object) =>
        platform.post(`/v1/orders/${orderId}/payments`, payment, { ...key(), ...tag });
      const fulfilling = (tag: object) =>
        platform.post(
          `/v1/orders/${orderId}/fulfilment`,
          { outcome: 'created', instances: [instance('i-1v')] },
          { ...tag },
        );
      const failing = platform.post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' }, stale);
      const reporting = (reportVersion: number, tag: object) =>
        platform.put('/v1/resources/i-1v', { reportVersion }, { ...tag });
      expect([await paying(stale), await failing]).toMatchObject([mismatch, mismatch]);
      expect((await stored(t, orderId)).version).toBe(1);
      expect((await paying({ 'if-match': '"1"' })).status).toBe(201);
      expect((await paying({ 'if-match': '"1"' })).status).toBe(201);
      expect(await fulfilling({ 'if-match': '"1"' })).toMatchObject(mismatch);
      expect((await fulfilling({ 'if-match': '"2"' })).headers.get('etag')).toBe('"3"');
      expect((await fulfilling({ 'if-match': '"2"' })).status).toBe(200);
      expect(await reporting(1, stale)).toMatchObject(mismatch);
      expect((await reporting(1, { 'if-match': '"1"' })).headers.get('etag')).toBe('"2"');
      expect(await reporting(2, { 'if-match': '"1"' })).toMatchObject(mismatch);
    },
  );
});

describe('expiring', () => {
  test('ORD-17 the history says codes in words, in both languages, and a person’s words as they are', async () => {
    const { orderId } = await place(t, 'acc_4');
    const own = await place(t, 'acc_4');
    await customer(t, 'acc_4').post(`/v1/orders/${own.orderId}/cancel`, { reason: 'expired' });
    const facts = { invoiced: true, supportRightsUsed: true };
    expect((await t.platform().put(`/v1/orders/${orderId}/facts`, facts)).status).toBe(200);
    t.clock.offsetMs = 7 * day + 1_000;
    await t.settled();
    const notesIn = async (language: string, id: string) =>
      (await customer(t, 'acc_4').get(`/v1/orders/${id}`, { 'accept-language': language })).body.history.map(
        ({ change, note }: { change: string; note: string | null }) => [change, note],
      );
    expect(await notesIn('en', orderId)).toEqual([
      ['placed', null],
      ['facts_changed', 'invoice, use of the support rights'],
      ['cancelled', 'not paid in time'],
    ]);
    expect(await notesIn('zh-CN', orderId)).toEqual([
      ['placed', null],
      ['facts_changed', '开票情况、服务权益使用情况'],
      ['cancelled', '逾期未支付'],
    ]);
    expect((await notesIn('zh-CN', own.orderId)).at(-1)).toEqual(['cancelled', 'expired']);
  });

  test('ORD-8 ORD-9 an unpaid order is announced a day before its payBy, once, and cancelled past it', async () => {
    const { orderId, payBy } = await place(t, 'acc_4');
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1']);
    t.clock.offsetMs = 6 * day + 60_000;
    await t.settled();
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.expiring@1', 'order.placed@1']);
    expect((await t.event('order.expiring', ({ order }) => order.orderId === orderId)).data.payBy).toBe(
      payBy,
    );
    t.clock.offsetMs = 7 * day + 1_000;
    expect(await pay(t, orderId)).toMatchObject({ status: 409, body: { code: 'order.not_payable' } });
    await t.settled();
    const { data } = await t.event('order.cancelled', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({ reason: 'expired', order: { status: 'cancelled' } });
    expect(announcedOf(t, orderId)).toEqual(['order.expiring@1', 'order.placed@1', 'order.cancelled@2']);
  });

  /**
   * Locks it as another transaction would, so that all who want it meanwhile wait in transactions of their
   * own; resolves with a function that ends that.
   */
  const locked = (orderId: string) =>
    new Promise<() => Promise<void>>((resolve, reject) => {
      const { promise: over, resolve: end } = Promise.withResolvers<void>();
      const lock = t.running.db.transaction({ kind: 'system', id: 'test' }, async (tx) => {
        await tx.one('select 1 from orders where order_id = $1 for update', [orderId]);
        resolve(() => (end(), lock));
        await over;
      });
      lock.catch(reject);
    });

  test('ORD-8 expire against pay: exactly one wins', async () => {
    const won = { paid: 0, cancelled: 0 };
    const race = async (round: number) => {
      const { orderId } = await place(t, 'acc_4');
      // From at once with time to spare to long past it, so that both win some rounds on any machine.
      const [left, wait] = round % 10 === 0 ? [2_000, 0] : [40, (round % 10) * 7];
      await t.sql(`update orders set pay_by = clock_timestamp() + $2 * interval '1 ms' where order_id = $1`, [
        orderId,
        left,
      ]);
      await sleep(wait);
      const release = round % 2 === 0 ? undefined : await locked(orderId);
      const [paid] = await Promise.all([pay(t, orderId), release && sleep(60).then(release)]);
      expect([201, 'order.not_payable']).toContain(paid.body.code ?? paid.status);
      for (
        let { status } = await stored(t, orderId);
        status === 'unpaid';
        { status } = await stored(t, orderId)
      )
        await sleep(5);
      const { status, version } = (await stored(t, orderId)) as {
        status: 'paid' | 'cancelled';
        version: number;
      };
      expect({ status, version }).toEqual({ status: paid.status === 201 ? 'paid' : 'cancelled', version: 2 });
      won[status] += 1;
    };
    const looking = setInterval(() => t.running.workers.forEach((worker) => worker.look()), 2);
    await inRounds(race);
    clearInterval(looking);
    // Neither met the other's version: without the lock `order_history` refuses it, and the worker tries
    // again.
    expect(failedWork).toEqual([]);
    expect(won.paid + won.cancelled).toBe(rounds);
    expect(won.cancelled).toBeGreaterThan(0);
    expect(won.paid).toBeGreaterThan(0);
  });
});

describe('fulfilment and facts', () => {
  test("ORD-10 what was created becomes the account's resources; the same report again changes nothing", async () => {
    const { orderId } = await place(t, 'acc_5', { count: 2 });
    const instances = [instance('i-5a'), instance('i-5b', { end: later(month.end, 1) })];
    expect(await fulfil(t, orderId, instances)).toMatchObject({
      status: 409,
      body: { code: 'order.not_fulfillable' },
    });
    await pay(t, orderId, aPayment('90.00'));
    const reply = await fulfil(t, orderId, instances);
    expect(reply).toMatchObject({
      status: 200,
      body: {
        fulfilment: 'created',
        instanceIds: ['i-5a', 'i-5b'],
        servicePeriod: { start: instance('x').start, end: later(month.end, 1) },
        version: 3,
      },
    });
    expect((await fulfil(t, orderId, instances)).body).toEqual(reply.body);
    expect(await fulfil(t, orderId, [instance('i-5c')])).toMatchObject({ status: 409 });
    const listed = await customer(t, 'acc_5').get('/v1/resources');
    expect(listed.body.data).toMatchObject([
      { instanceId: 'i-5a', orderIds: [orderId], version: 1, inEffect: true },
      { instanceId: 'i-5b' },
    ]);
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.paid@2', 'order.fulfilled@3']);
    expect(announcedOf(t, 'i-5a')).toEqual(['resource.changed@1']);
    expect(
      await fulfil(t, (await placeAndPay(t, 'acc_5', {}, [instance('i-5d')])).body.orderId, []),
    ).toMatchObject({ status: 409 });
  });

  test(
    'ORD-10 a failed fulfilment voids the order in the same moment; an ' +
      'instance of another account is never taken over',
    async () => {
      const { orderId } = await place(t, 'acc_5');
      await pay(t, orderId);
      expect(await fulfil(t, orderId, [])).toMatchObject({
        status: 422,
        body: { code: 'order.fulfilment_misfit' },
      });
      await placeAndPay(t, 'acc_6', {}, [instance('i-6')]);
      expect(await fulfil(t, orderId, [instance('i-6')])).toMatchObject({
        status: 409,
        body: { code: 'resource.taken' },
      });
      const fail = () =>
        t.platform().post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed', reason: 'no capacity' });
      const reply = await fail();
      expect(reply).toMatchObject({
        status: 200,
        body: { status: 'voided', fulfilment: 'failed', version: 3 },
      });
      expect((await fail()).body).toEqual(reply.body);
      await t.settled();
      expect(announcedOf(t, orderId)).toEqual([
        'order.placed@1',
        'order.paid@2',
        'order.fulfilment_failed@3',
        'order.voided@3',
      ]);
    },
  );

  test('ORD-2 ORD-10 ORD-11 a purchase takes over no instance of another order, by whichever report', async () => {
    const first = await placeAndPay(t, 'acc_5', {}, [instance('i-5own')]);
    const { orderId } = await place(t, 'acc_5');
    await pay(t, orderId);
    const taken = { status: 409, body: { code: 'resource.taken' } };
    expect(await fulfil(t, orderId, [instance('i-5own')])).toMatchObject(taken);
    expect(await t.platform().put('/v1/resources/i-5own', { reportVersion: 3, orderId })).toMatchObject(
      taken,
    );
    expect(await stored(t, orderId)).toMatchObject({ fulfilment: 'creating', instance_ids: [], version: 2 });
    expect((await customer(t, 'acc_5').get('/v1/resources/i-5own')).body).toMatchObject({
      orderIds: [first.body.orderId],
      reportVersion: 0,
      version: 1,
    });
  });

  test(
    'ORD-10 RFD-14 what was reported for an order that then fails is released ' +
      "with it, and why it failed is the provider's to read",
    async () => {
      const { orderId } = await place(t, 'acc_5');
      await pay(t, orderId);
      await t.platform().put('/v1/resources/i-5dead', {
        reportVersion: 1,
        orderId,
        start: instance('x').start,
        end: instance('x').end,
        inEffect: true,
      });
      const { body } = await t
        .platform()
        .post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed', reason: 'rack 17 is on fire' });
      expect(body).toMatchObject({ status: 'voided', fulfilment: 'failed', instanceIds: ['i-5dead'] });
      expect((await customer(t, 'acc_5').get('/v1/resources/i-5dead')).body).toMatchObject({
        released: true,
        inEffect: false,
        version: 2,
      });
      // Nor does a late report bring it back.
      const late = { reportVersion: 2, start: month.start, end: month.end, inEffect: true };
      expect((await t.platform().put('/v1/resources/i-5dead', late)).body).toMatchObject({
        reportVersion: 2,
        released: true,
        inEffect: false,
      });
      const renewal = anOrder({ orderType: 'renewal', instanceIds: ['i-5dead'] });
      expect(await customer(t, 'acc_5').post('/v1/orders', renewal)).toMatchObject({
        status: 404,
        body: { code: 'order.instance_unknown' },
      });
      const lastOf = async (client: Client) =>
        (await client.get(`/v1/orders/${orderId}`)).body.history.at(-1);
      expect(await lastOf(customer(t, 'acc_5'))).toMatchObject({ change: 'fulfilment_failed', note: null });
      expect(await lastOf(t.operator())).toMatchObject({
        change: 'fulfilment_failed',
        note: 'rack 17 is on fire',
      });
    },
  );

  test('ORD-10 a renewal that fails leaves its instance as it is', async () => {
    await placeAndPay(t, 'acc_5', {}, [instance('i-5keep')]);
    const { orderId } = await place(t, 'acc_5', { orderType: 'renewal', instanceIds: ['i-5keep'] });
    await pay(t, orderId);
    expect(await t.platform().post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' })).toMatchObject({
      status: 200,
      body: { status: 'voided' },
    });
    expect((await customer(t, 'acc_5').get('/v1/resources/i-5keep')).body).toMatchObject({
      released: false,
      version: 1,
    });
  });

  test(
    'ORD-10 an instance of a subscription is reported with its ' +
      'period, which its refund and its contract go by',
    async () => {
      const { orderId } = await place(t, 'acc_5');
      await pay(t, orderId);
      for (const change of [
        { end: null },
        { start: null },
        { start: null, end: null },
        { end: instance('x').start },
      ]) {
        expect(await fulfil(t, orderId, [instance('i-5p', change)])).toMatchObject({
          status: 422,
          body: { code: 'order.fulfilment_misfit' },
        });
      }
      expect(await fulfil(t, orderId, [instance('i-5p')])).toMatchObject({
        status: 200,
        body: { servicePeriod: { start: instance('x').start, end: instance('x').end } },
      });
    },
  );

  test(
    'ORD-10 ORD-11 a report of an instance and the fulfilment that ' +
      'names it race: both are taken, 30 rounds',
    async () => {
      const race = async (round: number) => {
        const { orderId } = await place(t, 'acc_5');
        await pay(t, orderId);
        const given = instance(`i-5race-${round}`);
        const report = t.platform().put(`/v1/resources/${given.instanceId}`, {
          reportVersion: 1,
          orderId,
          start: given.start,
          end: given.end,
        });
        const [reported, fulfilled] = await Promise.all([report, fulfil(t, orderId, [given])]);
        expect([reported.status, fulfilled.status, fulfilled.body.fulfilment]).toEqual([200, 200, 'created']);
        expect((await customer(t, 'acc_5').get(`/v1/resources/${given.instanceId}`)).body).toMatchObject({
          orderIds: [orderId],
          reportVersion: 1,
          end: given.end,
        });
      };
      for (let round = 0; round < 30; round += 5)
        await Promise.all([0, 1, 2, 3, 4].map((n) => race(round + n)));
    },
  );

  test('ORD-11 a report joins no instance to an order that is not paid', async () => {
    await placeAndPay(t, 'acc_5', {}, [instance('i-5open')]);
    const { orderId } = await place(t, 'acc_5', { orderType: 'renewal', instanceIds: ['i-5open'] });
    const early = await t.platform().put('/v1/resources/i-5open', { reportVersion: 1, orderId });
    expect(early).toMatchObject({ status: 409, body: { code: 'order.not_fulfillable' } });
  });

  test('ORD-26 a misfit says which instance, what was expected and what was told, in both languages', async () => {
    const { orderId } = await place(t, 'acc_1');
    await pay(t, orderId);
    const report = { outcome: 'created', instances: [instance('i-far', { end: later(month.end, 5) })] };
    const detailIn = async (language: string) =>
      (
        await t
          .platform()
          .post(`/v1/orders/${orderId}/fulfilment`, report, { ...key(), 'accept-language': language })
      ).body.detail as string;
    // A whole minute is told without its seconds.
    const local = (time: string) =>
      new Date(time).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).replace(/:00$/, '');
    const english = await detailIn('en');
    const chinese = await detailIn('zh-CN');
    for (const time of [-1, 1, 5].map((days) => local(later(month.end, days))))
      for (const said of [english, chinese]) expect(said).toContain(time);
    expect(english).toMatch(/^The period is not as long as was ordered: .*field end, instance i-far/);
    expect(chinese).toMatch(/^服务期与订购时长不符：.*字段 end，实例 i-far/);
    const other = await t
      .platform()
      .post(
        `/v1/orders/${(await place(t, 'acc_1')).orderId}/fulfilment`,
        { outcome: 'created', instances: [] },
        key(),
      );
    expect(other.body.code).toBe('order.not_fulfillable');
  });

  test("ORD-10 what was reported for the order since does not make the provisioner's repeat news", async () => {
    const { orderId } = await place(t, 'acc_5', { count: 2 });
    await pay(t, orderId, aPayment('90.00'));
    await fulfil(t, orderId, [instance('i-5one')]);
    await t.platform().put('/v1/resources/i-5two', { reportVersion: 1, orderId });
    expect(await fulfil(t, orderId, [instance('i-5one')])).toMatchObject({
      status: 200,
      body: { instanceIds: ['i-5one', 'i-5two'], version: 4 },
    });
    // The platform corrects its start and repeats what it told before.
    const start = later(month.start, 3);
    await t.platform().put('/v1/resources/i-5one', { reportVersion: 1, start, end: later(month.end, 3) });
    expect(await fulfil(t, orderId, [instance('i-5one')])).toMatchObject({
      status: 200,
      body: { version: 5, instances: [{ start }, { start: null }] },
    });
    // Something else is no repeat, and more than was ordered fits no more.
    expect(await fulfil(t, orderId, [instance('i-5two'), instance('i-5three')])).toMatchObject(misfit);
    const { body } = await fulfil(t, orderId, [instance('i-5two')]);
    expect(body).toMatchObject({
      fulfilment: 'created',
      version: 6,
      servicePeriod: { end: later(month.end, 3) },
    });
    expect(await fulfil(t, orderId, [instance('i-5one', { end: later(month.end, 1) })])).toMatchObject({
      status: 409,
      body: { code: 'order.not_fulfillable' },
    });
  });

  const misfit = { status: 422, body: { code: 'order.fulfilment_misfit' } };

  test(
    'ORD-26 a fulfilment that does not fit its order changes nothing: too many instances, a period that ' +
      'was not ordered, a start too late, one that was over before it was paid',
    async () => {
      const { orderId } = await place(t, 'acc_26');
      await pay(t, orderId);
      const before = await stored(t, orderId);
      const lengths = { expected: [later(month.end, -1), later(month.end, 1)], instanceId: 'i-26a' };
      const early = monthFrom('2016-01-10T03:00:00.000Z');
      const tooLate = monthFrom(later(month.start, 92));
      for (const [given, facts] of [
        [
          ['i-26a', 'i-26b', 'i-26c'].map((id) => instance(id)),
          { misfit: 'too_many_instances', field: 'instances', expected: ['1'], told: '3', instanceId: null },
        ],
        [[], { misfit: 'no_instances', field: 'instances', expected: ['1'], told: '0' }],
        [
          [instance('i-26a', { end: null })],
          { misfit: 'period_missing', field: 'end', ...lengths, told: null },
        ],
        [
          [instance('i-26a', { end: later(month.end, 3650) })],
          { misfit: 'period_length', field: 'end', ...lengths, told: later(month.end, 3650) },
        ],
        [[instance('i-26a', { end: later(month.end, 2) })], { misfit: 'period_length', ...lengths }],
        [[instance('i-26a', { end: later(month.end, -2) })], { misfit: 'period_length', ...lengths }],
        [
          [instance('i-26a', tooLate)],
          { misfit: 'start_out_of_time', field: 'start', told: tooLate.start, instanceId: 'i-26a' },
        ],
        [[instance('i-26a', monthFrom(later(month.start, -32)))], { misfit: 'period_over', field: 'end' }],
        [[instance('i-26a', early)], { misfit: 'period_over', field: 'end', told: early.end }],
      ] as const) {
        const { status, body } = await fulfil(t, orderId, [...given]);
        expect({ status, code: body.code, facts: body.facts }).toMatchObject({
          status: 422,
          code: 'order.fulfilment_misfit',
          facts: { orderId, count: 1, ...facts },
        });
        expect(body.detail).not.toMatch(/\{|null|undefined/);
      }
      expect(await fulfil(t, orderId, [instance('i-26a'), instance('i-26a')])).toMatchObject({
        status: 422,
        body: { code: 'request.invalid', errors: [{ pointer: '/instances' }] },
      });
      const report = {
        reportVersion: 1,
        orderId,
        start: instance('x').start,
        end: later(month.end, 3650),
      };
      expect(await t.platform().put('/v1/resources/i-26a', report)).toMatchObject(misfit);
      expect(await stored(t, orderId)).toEqual(before);
      expect((await customer(t, 'acc_26').get('/v1/resources')).body.data).toEqual([]);
      await t.settled();
      expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.paid@2']);
      expect(await fulfil(t, orderId, [instance('i-26a')])).toMatchObject({ status: 200 });
      expect(
        await t.platform().put('/v1/resources/i-26b', { ...report, end: instance('x').end }),
      ).toMatchObject(misfit);
    },
  );

  test(
    'ORD-26 RFD-22 instances may come in several reports, also ones that race or are repeated; the order is ' +
      'fulfilled with the last one',
    async () => {
      const race = async (round: number) => {
        const { orderId } = await place(t, 'acc_26', { count: 3 });
        await pay(t, orderId, aPayment('135.00'));
        const given = ['a', 'b', 'c'].map((id) => instance(`i-26r${round}${id}`));
        const reports = given.flatMap((one) => [fulfil(t, orderId, [one]), fulfil(t, orderId, [one])]);
        expect((await Promise.all(reports)).map(({ status }) => status)).toEqual(Array(6).fill(200));
        const { body } = await customer(t, 'acc_26').get(`/v1/orders/${orderId}`);
        expect(body).toMatchObject({ fulfilment: 'created', version: 5 });
        expect(body.history.map(({ change }: { change: string }) => change)).toEqual([
          'placed',
          'paid',
          'instances_given',
          'instances_given',
          'fulfilled',
        ]);
        expect([...body.instances].sort((a, b) => (a.instanceId < b.instanceId ? -1 : 1))).toEqual(
          given.map((one) => ({ ...one, plan: null, knownSince: expect.stringMatching(/Z$/) })),
        );
        return orderId;
      };
      const orderIds = await Promise.all([1, 2, 3, 4].map(race));
      await t.settled();
      for (const orderId of orderIds)
        expect(announcedOf(t, orderId)).toEqual([
          'order.placed@1',
          'order.paid@2',
          'order.changed@3',
          'order.changed@4',
          'order.fulfilled@5',
        ]);
    },
  );

  test('ORD-26 a part of an order that then fails is released with it', async () => {
    const { orderId } = await place(t, 'acc_26', { count: 2 });
    await pay(t, orderId, aPayment('90.00'));
    expect((await fulfil(t, orderId, [instance('i-26half')])).body).toMatchObject({ fulfilment: 'creating' });
    await t.platform().post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' });
    expect((await customer(t, 'acc_26').get('/v1/resources/i-26half')).body.released).toBe(true);
    expect(await fulfil(t, orderId, [instance('i-26rest')])).toMatchObject({ status: 409 });
  });

  test(
    'ORD-11 reports carry a version and an older one changes nothing; ' +
      'an instance of a known order is created',
    async () => {
      const order = await place(t, 'acc_5', { count: 2 });
      await pay(t, order.orderId, aPayment('90.00'));
      await fulfil(t, order.orderId, [instance('i-5r')]);
      const put = (id: string, body: object) => t.platform().put(`/v1/resources/${id}`, body);
      const facts = { start: instance('x').start, end: instance('x').end, frozenBy: 'police', usage: '1.5' };
      expect(await put('i-5r', { reportVersion: 5, ...facts })).toMatchObject({
        status: 200,
        body: { version: 2, reportVersion: 5, frozenBy: 'police', usage: '1.5' },
      });
      expect(await put('i-5r', { reportVersion: 4, released: true })).toMatchObject({
        status: 200,
        body: { version: 2, released: false },
      });
      expect(await put('i-5new', { reportVersion: 1 })).toMatchObject({
        status: 404,
        body: { code: 'resource.order_required' },
      });
      expect(await put('i-5new', { reportVersion: 1, orderId: order.orderId, ...facts })).toMatchObject({
        status: 200,
        body: { orderIds: [order.orderId] },
      });
      expect((await customer(t, 'acc_5').get(`/v1/orders/${order.orderId}`)).body.instanceIds).toEqual([
        'i-5r',
        'i-5new',
      ]);
      await t.settled();
      expect(announcedOf(t, 'i-5r')).toEqual(['resource.changed@1', 'resource.changed@2']);
      expect(announcedOf(t, order.orderId).at(-1)).toBe('order.changed@4');
    },
  );

  test('ORD-22 facts that change later come with order.changed; equal facts change nothing', async () => {
    const { orderId } = await place(t, 'acc_5');
    const put = (body: object) => t.platform().put(`/v1/orders/${orderId}/facts`, body);
    expect(await put({ invoiced: true })).toMatchObject({
      status: 200,
      body: { invoiced: true, version: 2 },
    });
    expect(await put({ invoiced: true, supportRightsUsed: false })).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    expect(await put({})).toMatchObject({ status: 400 });
    expect((await t.event('order.changed', ({ order }) => order.orderId === orderId)).data.what).toEqual([
      'invoiced',
    ]);
  });

  test('ORD-22 withdrawing a product stops new orders only, and a later edit changes no order', async () => {
    const put = (change: object) =>
      t.operator().put('/v1/products/MKT_IMAGE', aProduct({ category: 'MKT', ...change }));
    expect(await put({})).toMatchObject({ status: 201, body: { version: 1 } });
    expect(await put({})).toMatchObject({ status: 200, body: { version: 1 } });
    const order = await place(t, 'acc_1', { productCode: 'MKT_IMAGE' });
    expect(await put({ onSale: false, name: { 'zh-CN': '新名', en: 'New' } })).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    const bought = () => customer(t, 'acc_1').post('/v1/orders', anOrder({ productCode: 'MKT_IMAGE' }));
    expect(await bought()).toMatchObject({ status: 422, body: { code: 'order.product_withdrawn' } });
    expect((await customer(t, 'acc_1').get(`/v1/orders/${order.orderId}`)).body.productName.en).toBe(
      'Cloud Compute',
    );
    await t.settled();
    expect(announcedOf(t, 'MKT_IMAGE')).toEqual(['product.published@1', 'product.published@2']);
    expect(await put({ invoicingEntity: 'nobody' })).toMatchObject({
      status: 422,
      body: { code: 'product.entity_unknown' },
    });
    const usd = [{ chargeType: 'subscription', amount: '45', currency: 'USD', unit: 'month' }];
    expect(await put({ prices: usd })).toMatchObject({ status: 422, body: { code: 'product.price_misfit' } });
    const twice = ['45', '46'].map((amount) => ({ ...usd[0], amount, currency: 'CNY' }));
    expect(await put({ prices: twice })).toMatchObject({
      status: 422,
      body: { code: 'product.price_misfit' },
    });
    const codes = (await customer(t, 'acc_1').get('/v1/products?limit=2')).body;
    expect(codes.data).toHaveLength(2);
    expect(
      (await customer(t, 'acc_1').get(`/v1/products?cursor=${codes.nextCursor}`)).body.data.map(
        (p: { productCode: string }) => p.productCode,
      ),
    ).toEqual(['DOMAIN_COM', 'MKT_IMAGE']);
  });
});

test(
  'RFD-3 ORD-1 what can only come back together is placed in one currency, ' +
    'also when two begin a bundle at once',
  async () => {
    const inDollars = aProduct({
      invoicingEntity: 'baidu_global',
      chargeTypes: ['subscription'],
      prices: [{ chargeType: 'subscription', amount: '9', currency: 'USD', unit: 'month' }],
    });
    await t.operator().put('/v1/products/GLOBAL', inDollars);
    const accountId = 'acc_currencies';
    const add = (productCode: string, bundleId: string) =>
      t.operator().post('/v1/orders', anOrder({ accountId, productCode, bundleId }));
    expect((await add('BCC', 'bdl_1')).status).toBe(201);
    const mixed = {
      status: 422,
      body: { code: 'order.mixed_currencies', facts: { others: ['CNY'], currency: 'USD' } },
    };
    expect(await add('GLOBAL', 'bdl_1')).toMatchObject(mixed);
    expect((await add('BCC', 'bdl_1')).status).toBe(201);
    const rounds = Array.from({ length: 10 }, (_, round) => `bdl_race_${round}`);
    for (const bundleId of rounds) {
      const both = await Promise.all(['BCC', 'GLOBAL'].map((code) => add(code, bundleId)));
      expect(both.map(({ status }) => status).sort()).toEqual([201, 422]);
    }

    await t.operator().put('/v1/products/MOVED', aProduct());
    await placeAndPay(t, accountId, { productCode: 'MOVED' }, [instance('i-moved')]);
    await t.operator().put('/v1/products/MOVED', inDollars);
    const renewal = { productCode: 'MOVED', orderType: 'renewal', instanceIds: ['i-moved'] };
    expect(await customer(t, accountId).post('/v1/orders', anOrder(renewal))).toMatchObject(mixed);
  },
);

test(
  'ORD-22 a running instance of a withdrawn product is renewed and changed, ' +
    'unless the product says that it is not renewable',
  async () => {
    const put = (change: object) => t.operator().put('/v1/products/OLD_VM', aProduct(change));
    await put({});
    await placeAndPay(t, 'acc_22', { productCode: 'OLD_VM' }, [instance('i-old')]);
    await put({ onSale: false });
    const ask = (orderType: string, as = customer(t, 'acc_22')) =>
      as.post(
        '/v1/orders',
        anOrder({
          productCode: 'OLD_VM',
          orderType,
          instanceIds: ['i-old'],
          accountId: 'acc_22',
          configuration: [{ name: 'CPU', value: '4 核' }],
        }),
      );
    const answers = async () => {
      const all = [];
      for (const orderType of ['renewal', 'upgrade', 'downgrade', 'configuration_change']) {
        const { status, body } = await ask(orderType);
        all.push([orderType, status, body.code]);
        if (status === 201)
          await customer(t, 'acc_22').post(`/v1/orders/${body.orderId}/cancel`, { reason: 'next' });
      }
      return all;
    };
    // Of the last, the product is no reason against it: the instance is paid for.
    const paid = [409, 'order.instance_paid'];
    const codes = (await answers()).map(([, status, code]) => [status, code]);
    expect(codes).toEqual([[201, undefined], [201, undefined], [201, undefined], paid]);
    await put({ onSale: false, renewable: false });
    expect(await answers()).toEqual([
      ['renewal', 422, 'order.not_renewable'],
      ['upgrade', 422, 'order.not_renewable'],
      ['downgrade', 422, 'order.not_renewable'],
      ['configuration_change', 422, 'order.not_renewable'],
    ]);
    await put({ onSale: true, renewable: false });
    expect((await answers()).map(([, status]) => status)).toEqual([422, 201, 201, 409]);
    expect((await ask('compensation', t.operator())).status).toBe(201);
  },
);

describe('listing', () => {
  test('ORD-15 ORD-16 newest first by keyset, within a time range of at most a year, ids ignoring it', async () => {
    await tellAccount(t, 'acc_7');
    const orders = [];
    for (let n = 0; n < 5; n += 1) orders.unshift(await place(t, 'acc_7'));
    const ids = orders.map(({ orderId }) => orderId as string);
    const get = (query: string) => customer(t, 'acc_7').get(`/v1/orders?${query}`);
    const first = await get('limit=3');
    const late = await place(t, 'acc_7');
    const second = await get(`limit=3&cursor=${first.body.nextCursor}`);
    const listed = [...first.body.data, ...second.body.data] as { orderId: string }[];
    expect(listed.map(({ orderId }) => orderId)).toEqual(ids);
    expect(second.body.nextCursor).toBeNull();
    expect(listed[0]).toEqual({
      orderId: ids[0],
      version: 1,
      accountId: 'acc_7',
      productCode: 'BCC',
      productName: { 'zh-CN': '云服务器', en: 'Cloud Compute' },
      orderType: 'purchase',
      billType: 'prepay',
      status: 'unpaid',
      fulfilment: 'none',
      refundState: 'none',
      productAmount: cny('45.00'),
      payableAmount: cny('45.00'),
      cashPaid: cny('0.00'),
      createdAt: orders[0].createdAt,
      payBy: orders[0].payBy,
      allowedOperations: ['view', 'pay', 'cancel', 'request_contract'],
    });

    await t.sql(`update orders set created_at = created_at - interval '30 days' where order_id = $1`, [
      late.orderId,
    ]);
    expect((await get('')).body.data).toHaveLength(5);
    expect((await get(`orderId=${late.orderId}`)).body.data).toHaveLength(1);
    const monthAgo = new Date(Date.now() - 31 * day).toISOString();
    expect((await get(`from=${monthAgo}&status=unpaid`)).body.data).toHaveLength(6);
    expect((await get(`from=${monthAgo}&status=paid`)).body.data).toHaveLength(0);
    expect(await get('from=2024-01-01&to=2025-06-01')).toMatchObject({
      status: 422,
      body: { code: 'order.range_too_wide' },
    });
    expect(await get('from=2026-02-01&to=2026-01-01')).toMatchObject({
      status: 422,
      body: { code: 'request.range_reversed' },
    });
    expect(await get('cursor=nonsense')).toMatchObject({ status: 422, body: { code: 'request.bad_cursor' } });
  });

  test('ORD-15 a date alone is that whole day where the provider is, its end included', async () => {
    const times = [
      '2026-01-09T15:59:59.999Z',
      '2026-01-09T16:00:00.000Z',
      '2026-01-10T15:59:59.999Z',
      '2026-01-10T16:00:00.000Z',
    ];
    const ids: string[] = [];
    for (const time of times) {
      const { orderId } = await place(t, 'acc_15');
      ids.push(orderId);
      await t.sql('update orders set created_at = $2 where order_id = $1', [orderId, time]);
    }
    const listed = async (query: string) =>
      (await customer(t, 'acc_15').get(`/v1/orders?${query}`)).body.data.map(
        ({ orderId }: { orderId: string }) => ids.indexOf(orderId),
      );
    expect(await listed('from=2026-01-10&to=2026-01-10')).toEqual([2, 1]);
    expect(await listed(`from=${times[1]}&to=${times[2]}`)).toEqual([2, 1]);
    expect(await listed(`from=2026-01-10T00:00:00%2B08:00&to=2026-01-11`)).toEqual([3, 2, 1]);
    expect(await listed('to=2026-01-10')).toEqual([2, 1, 0]);
  });

  test(
    'ORD-16 what the account, the product and the instances allow is offered, ' +
      'in the list as in the detail, in as many questions for one order as for many',
    async () => {
      await tellAccount(t, 'acc_16');
      const ofAll = async () => {
        const { data } = (await customer(t, 'acc_16').get('/v1/orders?limit=200')).body;
        const offered = new Map<string, string[]>();
        for (const { orderId, allowedOperations } of data) {
          offered.set(orderId, allowedOperations);
          expect((await customer(t, 'acc_16').get(`/v1/orders/${orderId}`)).body.allowedOperations).toEqual(
            allowedOperations,
          );
        }
        return offered;
      };
      const soon = {
        start: new Date(Date.now() - day).toISOString(),
        end: new Date(Date.now() + 29 * day).toISOString(),
      };
      const unpaid = await place(t, 'acc_16');
      const running = (await placeAndPay(t, 'acc_16', {}, [instance('i-16a', soon)])).body;
      const frozen = (await placeAndPay(t, 'acc_16', {}, [instance('i-16b', soon)])).body;
      await t.platform().put('/v1/resources/i-16b', { reportVersion: 1, ...soon, frozenBy: 'police' });
      const renewed = (await placeAndPay(t, 'acc_16', {}, [instance('i-16c', soon)])).body;
      const renewal = await place(t, 'acc_16', { orderType: 'renewal', instanceIds: ['i-16c'] });
      const byProvider = async (change: object) =>
        (await t.operator().post('/v1/orders', anOrder({ accountId: 'acc_16', ...change }))).body;
      const customised = await byProvider({ customised: true });
      expect(
        (await customer(t, 'acc_16').get(`/v1/orders/${customised.orderId}`)).body.allowedOperations,
      ).toEqual(['view', 'pay', 'cancel']);
      const free = await byProvider({ free: true });
      expect(await ofAll()).toEqual(
        new Map([
          [free.orderId, ['view', 'request_contract']],
          [customised.orderId, ['view', 'pay', 'cancel']],
          [renewal.orderId, ['view', 'pay', 'cancel', 'request_contract']],
          [renewed.orderId, ['view', 'request_contract']],
          [frozen.orderId, ['view', 'request_contract']],
          [running.orderId, ['view', 'request_contract', 'unsubscribe']],
          [unpaid.orderId, ['view', 'pay', 'cancel', 'request_contract']],
        ]),
      );

      await tellAccount(t, 'acc_16', { version: 2, certifiedName: null });
      expect((await ofAll()).get(running.orderId)).toEqual(['view', 'unsubscribe']);
      const questions = (orders: readonly Order[]) =>
        t.running.db.transaction({ kind: 'operator', id: 'op_1' }, async (tx) => {
          let asked = 0;
          const counting = {
            ...tx,
            now: new Date(),
            many: (...ask: unknown[]) => ((asked += 1), tx.many(...(ask as [string]))),
          };
          await operationsOf(counting as Tx, loadProfile('baidu'), orders);
          return asked;
        });
      const orders = await t.running.db.transaction({ kind: 'operator', id: 'op_1' }, (tx) =>
        listOrders(
          tx,
          { accountId: 'acc_16', from: undefined, before: undefined },
          { sort: 'newest_first', limit: 200 },
        ),
      );
      expect(orders).toHaveLength(7);
      const one = orders.find(({ orderId }) => orderId === running.orderId)!;
      expect([await questions([one]), await questions(orders)]).toEqual([3, 3]);
    },
  );

  test(
    'ORD-17 the detail shows what was ordered, its price, its hold and ' +
      'links, and every state with its time and actor',
    async () => {
      const ask = {
        count: 2,
        configuration: [
          { name: '地域', value: '北京' },
          { name: 'IP', value: '10.0.0.1' },
        ],
      };
      const asked = anOrder({ ...ask, accountId: 'acc_17', discountAmount: cny('10.00') });
      const { orderId } = (await t.operator().post('/v1/orders', asked)).body;
      await pay(t, orderId, aPayment('80.00', { paymentReference: 'ref-17' }));
      const [contractId, refundId] = ['ctr_17', 'rfd_17'];
      await apply(t, contractId, [orderId], { accountId: 'acc_17' });
      await t.event('order.reserved', ({ holder }) => holder.id === contractId);
      const get = async () => (await customer(t, 'acc_17').get(`/v1/orders/${orderId}`)).body;
      const held = await get();
      expect(held).toMatchObject({
        productCode: 'BCC',
        productName: { en: 'Cloud Compute' },
        configuration: ask.configuration,
        count: 2,
        duration: { value: 1, unit: 'month' },
        unitPrice: { amount: '45', currency: 'CNY', unit: 'month' },
        chargeType: 'subscription',
        productAmount: cny('90.00'),
        discountAmount: cny('10.00'),
        payableAmount: cny('80.00'),
        cashPaid: cny('80.00'),
        hold: { kind: 'contract', id: contractId },
        version: 3,
        links: { contract: `/v1/contracts/${contractId}`, refunds: [] },
      });
      const voided = aContract(contractId, [orderId], { accountId: 'acc_17', status: 'voided', version: 2 });
      await contractSays(t, 'contract.voided', voided, { reason: 'unintended', text: null, orderId: null });
      await t.event('order.released', ({ order }) => order.orderId === orderId);
      await fulfil(t, orderId, [instance('i-17a'), instance('i-17b')]);
      await refundSays(t, 'refund.requested', aRefund(refundId, ['i-17a', 'i-17b'], { accountId: 'acc_17' }));
      await t.event('order.reserved', ({ holder }) => holder.id === refundId);
      const now = await get();
      expect(now).toMatchObject({
        hold: { kind: 'refund', id: refundId },
        links: { contract: null, refunds: [`/v1/refunds/${refundId}`] },
      });
      expect(now.history).toMatchObject([
        {
          version: 1,
          change: 'placed',
          status: 'unpaid',
          actor: { kind: 'operator', id: null },
          at: now.createdAt,
        },
        {
          version: 2,
          change: 'paid',
          status: 'paid',
          actor: { kind: 'platform', id: null },
          at: now.paidAt,
          note: 'ref-17',
        },
        {
          version: 3,
          change: 'held_by_contract',
          actor: { kind: 'event', id: 'contract.requested' },
          note: contractId,
        },
        { version: 4, change: 'released', actor: { kind: 'event', id: 'contract.voided' }, note: contractId },
        { version: 5, change: 'fulfilled', actor: { kind: 'platform', id: null } },
        {
          version: 6,
          change: 'held_by_refund',
          actor: { kind: 'event', id: 'refund.requested' },
          note: refundId,
        },
      ]);
      const ofTheStaff = (await t.operator().get(`/v1/orders/${orderId}`)).body.history;
      expect(ofTheStaff.slice(0, 2)).toMatchObject([
        { actor: { kind: 'operator', id: 'op_1' } },
        { actor: { kind: 'platform', id: 'platform_1' } },
      ]);
      const times = now.history.map(({ at }: { at: string }) => at);
      expect(times).toEqual([...times].sort());
    },
  );

  test("ORD-15 instance ids find every order of that instance's life", async () => {
    const { body } = await placeAndPay(t, 'acc_8', {}, [instance('i-8')]);
    const renewal = await place(t, 'acc_8', { orderType: 'renewal', instanceIds: ['i-8'] });
    const listed = await customer(t, 'acc_8').get('/v1/orders?instanceIds=i-8,i-none');
    expect(listed.body.data.map((row: { orderId: string }) => row.orderId)).toEqual([
      renewal.orderId,
      body.orderId,
    ]);
  });
});

/** The shop as the examples of the document see it: at their time, on their product. */
async function exampleCalls(): Promise<ExampleCalls> {
  t.clock.offsetMs = Date.parse('2026-01-31T09:30:00Z') - Date.now();
  const accountId = 'acc_examples';
  await tellAccount(t, accountId);
  const [me, operator, platform] = [customer(t, accountId), t.operator(), t.platform()];
  const ofMine = { by: me };
  const another = async () => ({ orderId: (await place(t, accountId)).orderId as string });
  const aDomain = async () => {
    const year = { value: 1, unit: 'year' };
    const domain = { productCode: 'DOMAIN_CN', serviceType: 'registration', duration: year };
    return { orderId: (await place(t, accountId, domain)).orderId as string };
  };
  const terms = { form: 'domain', chargeTypes: ['subscription'], serviceTypes: ['registration'] };
  const prices = [{ chargeType: 'subscription', amount: '29', currency: 'CNY', unit: 'year' }];
  await operator.put('/v1/products/DOMAIN_CN', aProduct({ brand: 'hichina', prices, ...terms }));
  return {
    publishProduct: () => ({ by: operator, ids: { productCode: 'VM' } }),
    getProduct: () => ofMine,
    listProducts: () => ofMine,
    listProductVersions: () => ({ by: operator }),
    placeOrder: () => ofMine,
    recordPayment: () => ({ by: platform }),
    reportFulfilment: () => ({ by: platform }),
    reportOrderFacts: () => ({ by: platform }),
    reportResource: () => ({ by: platform, ids: { instanceId: 'i-bp1a2b3c' } }),
    getResource: () => ofMine,
    listResources: () => ofMine,
    getOrder: () => ofMine,
    downloadOrder: () => ofMine,
    listOrders: () => ofMine,
    countOrders: () => ofMine,
    getOrderStatistics: () => ofMine,
    exportOrders: () => ofMine,
    requestExport: () => ({ by: me, headers: { prefer: 'wait=10' } }),
    listExports: () => ofMine,
    getExport: () => ofMine,
    downloadExport: () => ofMine,
    cancelExport: () => ofMine,
    cancelOrder: async () => ({ by: me, ids: await another() }),
    cancelOrders: async () => ({ by: me, ids: await another() }),
    downloadChecklist: async () => ({ by: me, ids: await aDomain() }),
    reportDomainTaken: async () => ({ by: platform, ids: await aDomain() }),
    reportRemittance: () => ({ by: platform }),
    listRemittances: () => ({ by: operator }),
    getRemittance: () => ({ by: operator }),
    claimRemittance: async () => ({ by: me, ids: await another() }),
    listRemittanceClaims: () => ofMine,
    getRemittanceClaim: () => ofMine,
  };
}

test('API-3 each route answers the request that the document shows for it as described', async () => {
  expect(await flawsOfExamples(t, await exampleCalls())).toEqual([]);
});

const aTransfer = (bankReference: string) => ({
  bankReference,
  amount: cny('45.00'),
  payerName: '某某有限公司',
  receivedAt: '2026-01-10T03:00:00.000Z',
});

test('API-1 API-2 API-4 bad input is refused on every route and nothing is stored', async () => {
  await t.settled();
  expect(await flawsUnderBadInput(t)).toEqual([]);
});

test(
  'API-6 every route that takes a key answers a repeat as it did, does ' +
    'nothing twice, and refuses the key with another body',
  async () => {
    const me = customer(t, 'acc_twice');
    const placed = async (what: string) => `/v1/orders/${(await place(t, 'acc_twice')).orderId}/${what}`;
    const paid = async () => {
      const { orderId } = await place(t, 'acc_twice');
      await pay(t, orderId);
      return `/v1/orders/${orderId}/fulfilment`;
    };
    const reasons = { body: { reason: 'twice' }, other: { reason: 'otherwise' } };
    expect(
      await flawsUnderRepeats(t, {
        'POST /v1/orders': () =>
          Promise.resolve({ by: me, path: '/v1/orders', body: anOrder(), other: anOrder({ count: 2 }) }),
        'POST /v1/orders/{orderId}/cancel': async () => ({
          by: me,
          path: await placed('cancel'),
          ...reasons,
        }),
        'POST /v1/orders/cancel': async () => {
          const orderIds = [(await place(t, 'acc_twice')).orderId, 'ord_none'];
          return {
            by: me,
            path: '/v1/orders/cancel',
            body: { orderIds, reason: 'twice' },
            other: { orderIds: orderIds.slice(1), reason: 'twice' },
          };
        },
        'POST /v1/exports': () =>
          Promise.resolve({ by: me, path: '/v1/exports', body: {}, other: { format: 'xlsx' } }),
        'POST /v1/exports/{exportId}/cancel': async () => {
          const { body } = await me.post('/v1/exports', {}, { prefer: 'wait=10' });
          return { by: me, path: `/v1/exports/${body.exportId}/cancel` };
        },
        'POST /v1/orders/{orderId}/domain-taken': async () => {
          const domain = { productCode: 'DOMAIN_COM', serviceType: 'registration' };
          const order = await place(t, 'acc_twice', { ...domain, duration: { value: 1, unit: 'year' } });
          return { by: t.platform(), path: `/v1/orders/${order.orderId}/domain-taken` };
        },
        'POST /v1/remittances': () =>
          Promise.resolve({
            by: t.platform(),
            path: '/v1/remittances',
            body: aTransfer('CMB-twice'),
            other: aTransfer('CMB-other'),
          }),
        'POST /v1/remittance-claims': async () => {
          await tellAccount(t, 'acc_twice');
          const { orderId } = await place(t, 'acc_twice');
          const claim = { bankReference: 'CMB-claimed', amount: cny('45.00'), orderId };
          return {
            by: me,
            path: '/v1/remittance-claims',
            body: claim,
            other: { ...claim, bankReference: 'CMB-another' },
          };
        },
        'POST /v1/orders/{orderId}/payments': async () => ({
          by: t.platform(),
          path: await placed('payments'),
          body: aPayment(),
          other: aPayment(),
        }),
        'POST /v1/orders/{orderId}/fulfilment': async () => ({
          by: t.platform(),
          path: await paid(),
          body: { outcome: 'created', instances: [instance('i-twice')] },
          other: { outcome: 'failed', reason: 'no capacity' },
        }),
      }),
    ).toEqual([]);
  },
);

test('API-3 the description of every route can be made', async () => {
  const { status, body } = await t.anonymous().get('/openapi.json');
  expect(status).toBe(200);
  expect(Object.keys(body.paths)).toContain('/v1/orders/{orderId}/payments');
});

describe('accounts', () => {
  test("API-5 another account's ids answer 404 on every route, and lists do not show them", async () => {
    const { body } = await placeAndPay(t, 'acc_mine', {}, [instance('i-mine')]);
    const other = customer(t, 'acc_other');
    for (const reply of [
      await other.get(`/v1/orders/${body.orderId}`),
      await other.post(`/v1/orders/${body.orderId}/cancel`, { reason: 'x' }),
      await other.get('/v1/resources/i-mine'),
      await other.post('/v1/orders', anOrder({ orderType: 'renewal', instanceIds: ['i-mine'] })),
    ]) {
      expect(reply.status).toBe(404);
      expect(JSON.stringify(reply.body)).not.toContain('acc_mine');
    }
    const unknown = await other.get(`/v1/orders/ord_${'f'.repeat(32)}`);
    const foreign = await other.get(`/v1/orders/${body.orderId}`);
    expect(foreign.body).toMatchObject({ code: unknown.body.code, title: unknown.body.title, status: 404 });
    expect(Object.keys(foreign.body)).toEqual(Object.keys(unknown.body));
    for (const path of [
      `/v1/orders?orderId=${body.orderId}`,
      '/v1/orders?instanceIds=i-mine',
      '/v1/resources',
    ]) {
      expect((await other.get(path)).body.data).toEqual([]);
    }
    expect(await other.get('/v1/orders?accountId=acc_mine')).toMatchObject({ status: 422 });
    expect((await t.operator().get('/v1/orders?instanceIds=i-mine')).body.data).toHaveLength(1);
  });

  test(
    'API-5 the database itself shows the runtime role nothing of ' +
      'another account, and nothing at all without one',
    async () => {
      const { body } = await placeAndPay(t, 'acc_mine', {}, [instance('i-mine2')]);
      for (const table of [
        'orders',
        'order_instances',
        'order_history',
        'payments',
        'resources',
        'holders',
      ]) {
        for (const account of ['acc_other', undefined]) {
          expect(await t.asRole(account).sql(`select * from ${table} where account_id = 'acc_mine'`)).toEqual(
            [],
          );
        }
      }
      expect(
        await t.asRole('acc_mine').sql('select order_id from orders where order_id = $1', [body.orderId]),
      ).toHaveLength(1);
      expect(
        await t
          .asRole('acc_other')
          .sql(`update orders set status = 'voided' where order_id = $1 returning 1`, [body.orderId]),
      ).toEqual([]);
      await expect(
        t
          .asRole('acc_other')
          .sql(`insert into holders (holder_id, kind, account_id) values ('x', 'contract', 'acc_mine')`),
      ).rejects.toThrow(/row-level security/);
    },
  );

  test("API-4 facts need the platform, products an operator; a customer's scopes never reach them", async () => {
    const { orderId } = await place(t, 'acc_1');
    const theirs = customer(t, 'acc_1');
    for (const reply of [
      await theirs.post(`/v1/orders/${orderId}/payments`, aPayment(), key()),
      await theirs.post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' }),
      await theirs.put(`/v1/orders/${orderId}/facts`, { invoiced: true }),
      await theirs.put('/v1/resources/i-1', { reportVersion: 1 }),
      await theirs.put('/v1/products/BCC', aProduct()),
      await t.platform().put('/v1/products/BCC', aProduct()),
      await t.platform().post(`/v1/orders/${orderId}/cancel`, { reason: 'x' }),
      await t.customer('acc_1', 'orders:read').post('/v1/orders', anOrder()),
    ])
      expect(reply.status).toBe(403);
    expect(await t.platform().post(`/v1/orders/${orderId}/payments`, aPayment())).toMatchObject({
      status: 400,
      body: { code: 'idempotency.key_required' },
    });
    expect(await t.operator().post('/v1/orders', anOrder())).toMatchObject({
      status: 422,
      body: { code: 'request.account_required' },
    });
  });
});

test(
  'ORD-8 an order whose payBy passed while the service was down ' + 'is cancelled once it is back, by itself',
  async () => {
    const { orderId } = await place(t, 'acc_4');
    await t.running.stop();
    await t.sql(`update orders set pay_by = now() - interval '1 hour' where order_id = $1`, [orderId]);
    const again = await startService(t.running.settings, (_, context) =>
      orderService({ profile: loadProfile('baidu') }, context),
    );
    try {
      const { data } = await t.event('order.cancelled', ({ order }) => order.orderId === orderId);
      expect(data.reason).toBe('expired');
    } finally {
      await again.stop();
    }
  },
);
