import { randomUUID } from 'node:crypto';
import { copiedText } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { until } from '@accord/testing';
import { cancel } from '../src/cancellation.ts';
import { pay as recordPayment } from '../src/payment.ts';
import { orderService } from '../src/service.ts';
import {
  announcedOf,
  anOrder,
  answersTo,
  aPayment,
  apply,
  aProduct,
  customer,
  day,
  openShop,
  pay,
  place,
  stored,
} from './fixtures.ts';

// Orders that are not paid yet: they expire, in masses where the service was down, and the name of a domain order may
// be registered by somebody else.

const baidu = loadProfile('baidu');
/** Unpaid domains of one brand get no contract (CTR-7). */
const profile = { ...baidu, contracts: { ...baidu.contracts, unpaidDomainRefusedBrands: ['hichina'] } };
const t = await openShop((context) => orderService({ profile }, context));

const aDomain = (change: object = {}) =>
  anOrder({
    productCode: 'DOMAIN_COM',
    serviceType: 'registration',
    duration: { value: 1, unit: 'year' },
    configuration: [{ name: '域名', value: 'example.com' }],
    ...change,
  });

describe('many overdue orders', () => {
  const accounts = Array.from({ length: 7 }, () => `acc_${randomUUID()}`);
  const placeMany = async (count: number) =>
    (
      await Promise.all(Array.from({ length: count }, (_, n) => place(t, accounts[n % accounts.length]!)))
    ).map(({ orderId }) => orderId as string);
  const overdue = (orderIds: string[]) =>
    t.sql(`update orders set pay_by = now() - interval '1 hour' where order_id = any ($1)`, [orderIds]);
  const unpaid = async (orderIds: string[]) =>
    (
      await t.sql<{ id: string }>(
        `select order_id as id from orders where order_id = any ($1) and status = 'unpaid' order by 1`,
        [orderIds],
      )
    ).map(({ id }) => id);
  const look = () => t.running.workers.forEach((worker) => worker.look());

  test('ORD-8 are cancelled together, each with its own history and event; none waits for a locked one', async () => {
    const orderIds = await placeMany(80);
    const [busy] = orderIds as [string];
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: isLocked, resolve: locked } = Promise.withResolvers<void>();
    const lock = t.running.db.transaction({ kind: 'system', id: 'test' }, async (tx) => {
      await tx.one('select 1 from orders where order_id = $1 for update', [busy]);
      locked();
      await over;
    });
    await isLocked;
    t.clock.offsetMs = 7 * day + 60_000;
    look();
    await until('all but the locked one are cancelled', async () => (await unpaid(orderIds)).join() === busy);
    end();
    await lock;
    await t.settled();
    expect(await unpaid(orderIds)).toEqual([]);
    for (const orderId of orderIds)
      expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.cancelled@2']);
    const history = await t.sql<{ orders: number; accounts: number; actors: string[] }>(
      `select count(distinct h.order_id)::integer as orders, count(distinct h.account_id)::integer as accounts,
         array_agg(distinct actor) as actors
        from order_history h join orders o using (order_id, account_id)
       where order_id = any ($1) and change = 'cancelled' and h.version = 2 and note = 'expired'`,
      [orderIds],
    );
    expect(history).toEqual([{ orders: 80, accounts: 7, actors: ['system:expire'] }]);
    const [{ count } = { count: NaN }] = await t.sql<{ count: number }>(
      'select count(distinct xmin::text)::integer as count from orders where order_id = any ($1)',
      [orderIds],
    );
    expect(count).toBeLessThanOrEqual(20);
  });

  test('ORD-8 ORD-5 ORD-6 leave those paid or cancelled at that moment, and take those that are held', async () => {
    const orderIds = await placeMany(20);
    const [paid, cancelled, ...others] = orderIds as [string, string, ...string[]];
    const { orderId: held } = await place(t, 'acc_1');
    const contractId = `ctr_${randomUUID()}`;
    await apply(t, contractId, [held], { kind: 'payment_request' });
    await answersTo(t, contractId);
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const begun = Array.from({ length: 2 }, () => Promise.withResolvers<void>());
    // Both have decided before payBy, and commit behind it.
    const { db } = t.running;
    const payment = db.transaction({ kind: 'platform', id: 'payments' }, async (tx) => {
      await recordPayment(tx, { orderId: paid, ...aPayment() });
      begun[0]!.resolve();
      await over;
    });
    const accountId = (await stored(t, cancelled))['account_id'] as string;
    const cancellation = db.transaction({ kind: 'customer', id: 'usr', accountId }, async (tx) => {
      await cancel(tx, { orderId: cancelled, reason: 'Ordered twice' });
      begun[1]!.resolve();
      await over;
    });
    await Promise.all(begun.map(({ promise }) => promise));
    t.clock.offsetMs = 7 * day + 60_000;
    look();
    await until('the others are cancelled', async () => (await unpaid([...others, held])).length === 0);
    end();
    await Promise.all([payment, cancellation]);
    await t.settled();
    const reasonOf = (orderId: string) =>
      t.events.flatMap(({ type, data, subject }) =>
        type === 'order.cancelled' && subject.id === orderId ? [data.reason, data.order.hold] : [],
      );
    expect(announcedOf(t, paid)).toEqual(['order.placed@1', 'order.paid@2']);
    expect(announcedOf(t, cancelled)).toEqual(['order.placed@1', 'order.cancelled@2']);
    expect(reasonOf(cancelled)).toEqual(['by_customer', null]);
    for (const orderId of [...others, held]) expect(reasonOf(orderId)).toEqual(['expired', null]);
    expect(await stored(t, held)).toMatchObject({ status: 'cancelled', hold_id: null, version: 3 });
    expect(await stored(t, paid)).toMatchObject({ status: 'paid', version: 2 });
  });

  test('ORD-8 one that cannot be cancelled keeps no other', async () => {
    const orderIds = await placeMany(40);
    const [poisoned] = orderIds as [string];
    await t.sql(
      `insert into order_history (order_id, version, account_id, at, actor, change, status)
       select order_id, 2, account_id, now(), 'nobody', 'planted', status from orders where order_id = $1`,
      [poisoned],
    );
    await overdue(orderIds);
    look();
    await until('all but one are cancelled', async () => (await unpaid(orderIds)).join() === poisoned);
    await t.sql(`delete from order_history where order_id = $1 and change = 'planted'`, [poisoned]);
    await until('it is tried again', async () => (look(), await unpaid(orderIds)).length === 0);
    await t.settled();
    for (const orderId of orderIds)
      expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.cancelled@2']);
  });

  test('ORD-9 are announced once for each payBy, a day before it, and again for a payBy that was moved', async () => {
    const orderIds = await placeMany(60);
    t.clock.offsetMs = 6 * day + 60_000;
    await t.settled();
    await t.settled();
    for (const orderId of orderIds)
      expect(announcedOf(t, orderId)).toEqual(['order.expiring@1', 'order.placed@1']);
    const [moved] = orderIds as [string];
    await t.sql(`update orders set pay_by = pay_by + interval '2 days' where order_id = $1`, [moved]);
    await t.settled();
    expect(announcedOf(t, moved)).toEqual(['order.expiring@1', 'order.placed@1']);
    t.clock.offsetMs = 8 * day + 60_000;
    await t.settled();
    expect(announcedOf(t, moved)).toEqual(['order.expiring@1', 'order.expiring@1', 'order.placed@1']);
  });
});

describe('a domain order', () => {
  test('ORD-20 warns while it is unpaid, in the language asked for', async () => {
    const { body: order } = await customer(t, 'acc_1').post('/v1/orders', aDomain(), {
      'accept-language': 'en',
    });
    const detail = (language: string) =>
      customer(t, 'acc_1').get(`/v1/orders/${order.orderId}`, { 'accept-language': language });
    const warning = { code: 'order.domain_not_reserved', remedy: 'pay_soon' };
    expect(order.warnings).toEqual((await detail('en')).body.warnings);
    expect((await detail('en')).body.warnings).toEqual([
      { ...warning, text: expect.stringContaining('somebody else may register it') },
    ]);
    expect((await detail('zh-CN')).body.warnings).toEqual([
      { ...warning, text: expect.stringContaining('可能被他人注册') },
    ]);
    await pay(t, order.orderId, aPayment('69.00'));
    expect((await detail('en')).body.warnings).toEqual([]);
    const server = await place(t, 'acc_1');
    expect((await customer(t, 'acc_1').get(`/v1/orders/${server.orderId}`)).body.warnings).toEqual([]);
  });

  test('ORD-20 CTR-7 that gets no contract has a checklist while it is unpaid, in the language asked for', async () => {
    const domain = {
      brand: 'hichina',
      form: 'domain',
      chargeTypes: ['subscription'],
      prices: [{ chargeType: 'subscription', amount: '69', currency: 'CNY', unit: 'year' }],
      serviceTypes: ['registration'],
    };
    expect((await t.operator().put('/v1/products/DOMAIN_CN', aProduct(domain))).status).toBe(201);
    const { body: order } = await customer(t, 'acc_1').post(
      '/v1/orders',
      aDomain({ productCode: 'DOMAIN_CN' }),
    );
    const path = `/v1/orders/${order.orderId}/checklist`;
    expect((await customer(t, 'acc_1').get(`/v1/orders/${order.orderId}`)).body.links.checklist).toBe(path);
    const copied = async (language: string) => {
      const { status, headers, bytes } = await customer(t, 'acc_1').get(path, {
        'accept-language': language,
      });
      expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/pdf' });
      return copiedText(bytes).replaceAll(/\s/g, '');
    };
    expect(await copied('zh-CN')).toMatch(/业务清单.*某某有限公司.*example\.com/);
    expect(await copied('en')).toMatch(/Businesschecklist.*example\.com/);
    expect((await t.operator().get(path)).status).toBe(200);
    expect((await customer(t, 'acc_2').get(path)).body.code).toBe('order.not_found');

    const { body: late } = await customer(t, 'acc_1').post(
      '/v1/orders',
      aDomain({ productCode: 'DOMAIN_CN' }),
    );
    await t.sql(`update orders set pay_by = now() - interval '1 hour' where order_id = $1`, [late.orderId]);
    expect((await customer(t, 'acc_1').get(`/v1/orders/${late.orderId}`)).body.links.checklist).toBeNull();
    expect((await customer(t, 'acc_1').get(`/v1/orders/${late.orderId}/checklist`)).body.code).toBe(
      'order.no_checklist',
    );

    await pay(t, order.orderId, aPayment('69.00'));
    expect(await customer(t, 'acc_1').get(path)).toMatchObject({
      status: 409,
      body: { code: 'order.no_checklist' },
    });
    expect((await customer(t, 'acc_1').get(`/v1/orders/${order.orderId}`)).body.links.checklist).toBeNull();
    const { body: contractable } = await customer(t, 'acc_1').post('/v1/orders', aDomain());
    for (const { orderId } of [contractable, await place(t, 'acc_1')])
      expect((await customer(t, 'acc_1').get(`/v1/orders/${orderId}/checklist`)).body.code).toBe(
        'order.no_checklist',
      );
  });

  const taken = (orderId: string, headers: Record<string, string> = {}) =>
    t.platform().post(`/v1/orders/${orderId}/domain-taken`, undefined, headers);

  test('ORD-20 whose name was taken is cancelled, once, whatever contract holds it', async () => {
    const { body: order } = await customer(t, 'acc_1').post('/v1/orders', aDomain());
    const contractId = `ctr_${randomUUID()}`;
    await apply(t, contractId, [order.orderId], { kind: 'payment_request' });
    await answersTo(t, contractId);
    expect(await taken(order.orderId, { 'if-match': '"1"' })).toMatchObject({ status: 412 });
    expect(await taken(order.orderId)).toMatchObject({
      status: 200,
      body: { status: 'cancelled', hold: null, version: 3 },
    });
    expect(await taken(order.orderId)).toMatchObject({ status: 200, body: { version: 3 } });
    const { data } = await t.event('order.cancelled', (one) => one.order.orderId === order.orderId);
    expect(data).toMatchObject({ reason: 'domain_taken', text: null, order: { status: 'cancelled' } });
    await t.settled();
    expect(announcedOf(t, order.orderId).filter((type) => type.startsWith('order.cancelled'))).toHaveLength(
      1,
    );
    const { history } = (await customer(t, 'acc_1').get(`/v1/orders/${order.orderId}`)).body;
    expect(history.at(-1)).toMatchObject({
      change: 'cancelled',
      note: 'the domain name was registered by somebody else',
      actor: { kind: 'platform', id: null },
    });
  });

  test('ORD-20 that was paid is not cancelled, nor is an order of anything else', async () => {
    const { body: paid } = await customer(t, 'acc_1').post('/v1/orders', aDomain());
    await pay(t, paid.orderId, aPayment('69.00'));
    expect(await taken(paid.orderId)).toMatchObject({ status: 409, body: { code: 'order.not_cancellable' } });
    const server = await place(t, 'acc_1');
    expect(await taken(server.orderId)).toMatchObject({ status: 422, body: { code: 'order.not_a_domain' } });
    expect(await taken('ord_none')).toMatchObject({ status: 404, body: { code: 'order.not_found' } });
    for (const caller of [customer(t, 'acc_1'), t.operator()])
      expect((await caller.post(`/v1/orders/${server.orderId}/domain-taken`)).status).toBe(403);
    expect(await stored(t, server.orderId)).toMatchObject({ status: 'unpaid', version: 1 });
  });

  test('ORD-20 ORD-5 a payment and the report that race: exactly one wins, 30 rounds', async () => {
    const won = { paid: 0, cancelled: 0 };
    const race = async () => {
      const { body: order } = await customer(t, 'acc_1').post('/v1/orders', aDomain());
      const [paid, cancelled] = await Promise.all([
        pay(t, order.orderId, aPayment('69.00')),
        taken(order.orderId),
      ]);
      const { status, version } = await stored(t, order.orderId);
      expect([paid.status, cancelled.status]).toEqual(status === 'paid' ? [201, 409] : [409, 200]);
      expect(version).toBe(2);
      won[status as keyof typeof won] += 1;
    };
    for (let round = 0; round < 30; round += 5) await Promise.all([1, 2, 3, 4, 5].map(race));
    expect(won.paid + won.cancelled).toBe(30);
  });
});

describe('the catalogue', () => {
  test('ORD-22 keeps every version, with who published it, when and what changed, for operators alone', async () => {
    const put = (who: string, change: object) => t.operator(who).put('/v1/products/KEPT', aProduct(change));
    expect((await put('lin', {})).status).toBe(201);
    expect(
      (await put('wang', { name: { 'zh-CN': '云服务器', en: 'Renamed' }, renewable: false })).status,
    ).toBe(200);
    expect(
      (await put('wang', { name: { 'zh-CN': '云服务器', en: 'Renamed' }, renewable: false })).body.version,
    ).toBe(2);
    expect(
      (await put('lin', { name: { 'zh-CN': '云服务器', en: 'Renamed' }, renewable: false, onSale: false }))
        .status,
    ).toBe(200);
    const first = await t.operator().get('/v1/products/KEPT/history?limit=2');
    expect(first.body.data).toMatchObject([
      {
        version: 3,
        actor: { kind: 'operator', id: 'lin' },
        changed: ['onSale'],
        product: { onSale: false, version: 3 },
      },
      {
        version: 2,
        actor: { kind: 'operator', id: 'wang' },
        changed: ['name', 'renewable'],
        product: { name: { en: 'Renamed' }, renewable: false },
      },
    ]);
    const rest = await t.operator().get(`/v1/products/KEPT/history?limit=2&cursor=${first.body.nextCursor}`);
    expect(rest.body).toMatchObject({
      data: [
        { version: 1, actor: { kind: 'operator', id: 'lin' }, product: { name: { en: 'Cloud Compute' } } },
      ],
      nextCursor: null,
    });
    expect(rest.body.data[0].changed).toEqual(expect.arrayContaining(['name', 'prices', 'termsUrl']));
    for (const caller of [customer(t, 'acc_1'), t.platform()])
      expect((await caller.get('/v1/products/KEPT/history')).status).toBe(403);
    expect((await t.operator().get('/v1/products/NONE/history')).body.code).toBe('product.not_found');
    expect(await t.asRole('acc_1').sql('select from product_history')).toEqual([]);
  });

  test('ORD-22 has names in both languages, none of them empty', async () => {
    for (const name of [
      { en: 'X' },
      { 'zh-CN': '甲' },
      { 'zh-CN': '', en: 'X' },
      { 'zh-CN': '甲', en: 'X', fr: 'Y' },
    ])
      expect((await t.operator().put('/v1/products/NAMED', aProduct({ name }))).status).toBe(400);
  });

  test('ORD-22 API-3 terms have an address of the web; no pattern says whether its host can be', async () => {
    for (const [termsUrl, status] of [
      ['ftp://terms.example.com/', 400],
      ['https://user@terms.example.com/', 400],
      ['https://terms.example.com:99999/', 422],
      ['http://\u{fbb7}±;p/', 422],
      ['https://条款.例子.中国/云?v=1#a', 201],
    ] as const) {
      const put = await t.operator().put('/v1/products/TERMS', aProduct({ termsUrl }));
      expect([termsUrl, put.status]).toEqual([termsUrl, status]);
    }
  });
});
