import { loadProfile } from '@accord/profile';
import { orderService } from '../src/service.ts';
import {
  anOrder,
  aPayment,
  aProduct,
  cny,
  customer,
  day,
  instance,
  openShop,
  pay,
  place,
  placeAndPay,
  stored,
} from './fixtures.ts';

// Lists, counts and statistics of orders (ORD-15, ORD-23), through the service's routes.

const t = await openShop((context) => orderService({ profile: loadProfile('baidu') }, context));

type Row = { orderId: string; createdAt: string };
const idsOf = ({ body }: { body: { data: Row[] } }) => body.data.map(({ orderId }) => orderId);
const search = (query: Record<string, string>, accountId = 'acc_1') =>
  customer(t, accountId).get(`/v1/orders?${new URLSearchParams(query)}`);
const countsOf = async (query: Record<string, string>, accountId = 'acc_1') => {
  const { status, body } = await customer(t, accountId).get(
    `/v1/orders/counts?${new URLSearchParams(query)}`,
  );
  expect(status).toBe(200);
  return Object.fromEntries(
    (body.data as { status: string; orders: number }[]).map(({ status, orders }) => [status, orders]),
  );
};
/** By the clock of the test, which decides the time of an order. */
const placeAt = async (daysAhead: number, accountId: string, change: object = {}) => {
  t.clock.offsetMs = daysAhead * day;
  return place(t, accountId, change);
};

describe('filters', () => {
  /** One order for each that differs in one thing from the first. */
  let orders: Record<
    'plain' | 'byOperator' | 'postpay' | 'package' | 'paid' | 'renewal' | 'cancelled',
    string
  >;

  beforeAll(async () => {
    const id = (order: { orderId: string }) => order.orderId;
    const byOperator = await t.operator('op_7').post('/v1/orders', anOrder({ accountId: 'acc_1' }));
    const paid = await placeAndPay(t, 'acc_1', {}, [instance('i-list')]);
    const cancelled = id(await place(t, 'acc_1'));
    await customer(t, 'acc_1').post(`/v1/orders/${cancelled}/cancel`, { reason: 'Ordered twice' });
    orders = {
      plain: id(await place(t, 'acc_1')),
      byOperator: byOperator.body.orderId,
      postpay: id(
        await place(t, 'acc_1', { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null }),
      ),
      package: id(await place(t, 'acc_1', { productCode: 'CDN', chargeType: 'package', duration: null })),
      paid: paid.body.orderId,
      renewal: id(await place(t, 'acc_1', { orderType: 'renewal', instanceIds: ['i-list'] })),
      cancelled,
    };
  });

  const found = async (query: Record<string, string>) => {
    const ids = idsOf(await search(query));
    return Object.entries(orders)
      .filter(([, id]) => ids.includes(id))
      .map(([name]) => name);
  };

  test.each([
    ['no filter', {}, ['plain', 'byOperator', 'postpay', 'package', 'paid', 'renewal', 'cancelled']],
    ['a status', { status: 'unpaid' }, ['plain', 'byOperator', 'package', 'renewal']],
    ['a product', { productCode: 'CDN' }, ['package']],
    ['a bill type', { billType: 'postpay' }, ['postpay']],
    ['all bill types', { billType: 'all', productCode: 'CDN' }, ['package']],
    ['an order type', { orderType: 'renewal' }, ['renewal']],
    [
      'who placed it',
      { operatorId: 'usr_acc_1', orderType: 'purchase', status: 'unpaid' },
      ['plain', 'package'],
    ],
    ['staff, whom a customer cannot ask for', { operatorId: 'op_7' }, []],
    ['an id', { orderId: 'plain' }, ['plain']],
    ['an instance, its whole life', { instanceIds: 'i-list,i-other' }, ['paid', 'renewal']],
    ['an instance and a type', { instanceIds: 'i-list', orderType: 'renewal' }, ['renewal']],
    ['an id and a status it is not in', { orderId: 'plain', status: 'paid' }, []],
    [
      'several',
      { productCode: 'BCC', billType: 'prepay', operatorId: 'usr_acc_1', status: 'unpaid' },
      ['plain', 'renewal'],
    ],
    ['several that no order has together', { productCode: 'CDN', billType: 'postpay' }, []],
    ['what nothing has', { orderType: 'downgrade' }, []],
  ])(
    'ORD-15 %s: every order that fits, and no other',
    async (_what, query: Record<string, string>, expected) => {
      const ask: Record<string, string> = { ...query };
      if (query.orderId) ask.orderId = orders[query.orderId as keyof typeof orders];
      expect(await found(ask)).toEqual(expected);
      expect(await found({ ...ask, sort: 'oldest_first' })).toEqual(expected);
      const { status: _status, ...others } = ask;
      const ofStatus = await Promise.all(
        ['unpaid', 'paid', 'cancelled', 'voided'].map(async (status) => [
          status,
          idsOf(await search({ ...others, status })).length,
        ]),
      );
      expect(await countsOf(others)).toEqual(Object.fromEntries(ofStatus));
    },
  );

  test('ORD-15 operators search all accounts by the same filters, or one; a customer sees its own alone', async () => {
    const { orderId } = await place(t, 'acc_2', {
      productCode: 'CDN',
      chargeType: 'package',
      duration: null,
    });
    const asked = async (query: Record<string, string>) =>
      idsOf(await t.operator().get(`/v1/orders?${new URLSearchParams(query)}`));
    expect(await asked({ productCode: 'CDN' })).toEqual([orderId, orders.package]);
    expect(await asked({ productCode: 'CDN', accountId: 'acc_1' })).toEqual([orders.package]);
    expect(await asked({ productName: 'compute', orderType: 'renewal', billType: 'prepay' })).toEqual([
      orders.renewal,
    ]);
    expect(await asked({ operatorId: 'op_7', status: 'unpaid', sort: 'oldest_first' })).toEqual([
      orders.byOperator,
    ]);
    expect(await asked({ operatorId: 'usr_acc_1', orderType: 'renewal' })).toEqual([orders.renewal]);
    expect(await asked({ operatorId: 'op_7', orderId: orders.byOperator })).toEqual([orders.byOperator]);
    expect(await asked({ orderId, accountId: 'acc_1' })).toEqual([]);
    expect(idsOf(await search({ orderId }))).toEqual([]);
    expect(idsOf(await search({ productCode: 'CDN' }))).toEqual([orders.package]);
    expect(await search({ accountId: 'acc_2' })).toMatchObject({
      status: 422,
      body: { code: 'request.account_not_yours' },
    });
  });
});

test('ORD-15 a product is found by any part of its name as ordered, in both languages and any case', async () => {
  const publish = (zh: string, en: string) =>
    t.operator().put('/v1/products/SEARCHED', aProduct({ name: { 'zh-CN': zh, en } }));
  await publish('弹性裸金属_服务器', 'Bare-Metal 50% Server');
  const before = (await place(t, 'acc_3', { productCode: 'SEARCHED' })).orderId;
  await publish('弹性物理机', 'Physical Machine');
  const after = (await place(t, 'acc_3', { productCode: 'SEARCHED' })).orderId;
  const other = (await place(t, 'acc_3')).orderId;
  const found = async (productName: string, more: Record<string, string> = {}) =>
    idsOf(await search({ productName, ...more }, 'acc_3'));
  expect(await found('裸')).toEqual([before]);
  expect(await found('弹性')).toEqual([after, before]);
  expect(await found('服务器')).toEqual([other, before]);
  expect(await found('bARE-mETAL')).toEqual([before]);
  expect(await found('ＢＡＲＥ')).toEqual([before]);
  expect(await found('machine')).toEqual([after]);
  expect(await found('50% s')).toEqual([before]);
  expect(await found('%')).toEqual([before]);
  expect(await found('_服')).toEqual([before]);
  for (const none of ['5_%', '裸%属', 'en', '{', '"', 'server\\'])
    expect([none, await found(none)]).toEqual([none, []]);
  expect(await found('弹性', { productCode: 'BCC' })).toEqual([]);
  expect(await found('弹性', { productCode: 'SEARCHED', status: 'unpaid' })).toEqual([after, before]);
  expect(idsOf(await t.operator().get(`/v1/orders?productName=${encodeURIComponent('裸金属')}`))).toEqual([
    before,
  ]);
});

test('ORD-15 the time of payment is a filter of its own, both ends included; what is unpaid has none', async () => {
  const paidOn = async (placed: number, paid: number) => {
    const { orderId } = await placeAt(placed, 'acc_4');
    t.clock.offsetMs = paid * day;
    expect((await pay(t, orderId, aPayment())).status).toBe(201);
    return orderId as string;
  };
  const [early, late] = [await paidOn(1, 2), await paidOn(1.1, 6)];
  await placeAt(1.2, 'acc_4');
  const at = async (orderId: string) => ((await stored(t, orderId)).paid_at as Date).toISOString();
  const [from, to] = [await at(early), await at(late)];
  const since = { from: new Date(Date.now() - day).toISOString() };
  const found = async ({ sort, ...query }: Record<string, string>) => {
    const ids = idsOf(await search({ ...since, ...query, ...(sort && { sort }) }, 'acc_4'));
    expect(await countsOf({ ...since, ...query }, 'acc_4')).toEqual({
      unpaid: 0,
      paid: ids.length,
      cancelled: 0,
      voided: 0,
    });
    return ids;
  };
  expect(await found({ paidFrom: from, paidTo: to })).toEqual([late, early]);
  expect(await found({ paidFrom: from, paidTo: to, sort: 'oldest_first' })).toEqual([early, late]);
  expect(await found({ paidTo: from })).toEqual([early]);
  expect(await found({ paidFrom: to })).toEqual([late]);
  expect(await found({ paidFrom: to, orderType: 'purchase', operatorId: 'usr_acc_4' })).toEqual([late]);
  expect(await found({ paidTo: new Date(Date.parse(from) - 1).toISOString() })).toEqual([]);
  expect(idsOf(await search({ paidFrom: from, ...since, status: 'unpaid' }, 'acc_4'))).toEqual([]);
  expect(await search({ paidFrom: to, paidTo: from }, 'acc_4')).toMatchObject({
    status: 422,
    body: { code: 'request.range_reversed' },
  });
});

test.each(['newest_first', 'oldest_first'])(
  'ORD-15 API-7 pages of %s are stable while orders are placed, paid and come in between',
  async (sort) => {
    const accountId = `acc_${sort}`;
    const ids: string[] = [];
    for (let n = 0; n < 7; n += 1) ids.push((await place(t, accountId)).orderId);
    // Two of one moment, which their ids tell apart.
    await t.sql(
      'update orders set created_at = (select created_at from orders where order_id = $1) where order_id = $2',
      [ids[2], ids[3]],
    );
    const expected = sort === 'newest_first' ? ids.toReversed() : ids;
    const filters: Record<string, string>[] = [
      {},
      { orderType: 'purchase' },
      { status: 'unpaid', productName: 'cloud' },
    ];
    for (const filter of filters) {
      const seen: string[] = [];
      const late: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await search({ sort, limit: '3', ...filter, ...(cursor && { cursor }) }, accountId);
        seen.push(...idsOf(page));
        cursor = page.body.nextCursor;
        late.push((await place(t, accountId)).orderId);
      } while (cursor && seen.length < 30);
      expect(seen.filter((id) => !late.includes(id))).toEqual(expected);
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of late) await customer(t, accountId).post(`/v1/orders/${id}/cancel`, { reason: 'next' });
      await t.sql(
        `update orders set created_at = created_at - interval '30 days' where order_id = any ($1)`,
        [late],
      );
    }
  },
);

test('ORD-15 a cursor of another range goes on within the range that is asked for', async () => {
  const ids: string[] = [];
  for (let n = 0; n < 3; n += 1) ids.push((await placeAt(n, 'acc_5')).orderId);
  t.clock.offsetMs = 3 * day;
  const { nextCursor } = (await search({ limit: '1' }, 'acc_5')).body;
  const to = (await stored(t, ids[0]!)).created_at as Date;
  expect(idsOf(await search({ cursor: nextCursor, to: to.toISOString() }, 'acc_5'))).toEqual([ids[0]]);
});

test('ORD-15 bad filters are refused', async () => {
  const bad = {
    productCode: '1x',
    billType: 'cash',
    orderType: 'gift',
    sort: 'createdAt',
    paidFrom: '2026-02-30',
    operatorId: '',
    productName: 'a\nb',
    unknown: 'x',
  };
  for (const [name, value] of Object.entries(bad))
    expect([name, (await search({ [name]: value })).status]).toEqual([name, 400]);
  for (const path of [
    'counts?status=paid',
    'counts?cursor=x',
    'counts?limit=1',
    'statistics?from=2026-01-01T00:00:00Z',
  ])
    expect([path, (await customer(t, 'acc_1').get(`/v1/orders/${path}`)).status]).toEqual([path, 400]);
});

describe('statistics', () => {
  const line = (orders: number, amount: string, cashPaid: string) => ({
    orders,
    productAmount: cny(amount),
    payableAmount: cny(amount),
    cashPaid: cny(cashPaid),
    voucherPaid: cny('0.00'),
  });
  const of = async (query: string, asker = customer(t, 'acc_6')) => {
    const reply = await asker.get(`/v1/orders/statistics?${query}`);
    expect(reply.status).toBe(200);
    return reply.body;
  };

  test('ORD-23 numbers and sums by status, day and product follow each change at once, counted or not', async () => {
    // 15:30 and 16:30 UTC are two days in Shanghai.
    const at = (time: string) => void (t.clock.offsetMs = Date.parse(time) - Date.now());
    const cdn = { productCode: 'CDN', chargeType: 'package', duration: null };
    at('2027-03-01T15:30:00Z');
    const first = (await place(t, 'acc_6')).orderId;
    await place(t, 'acc_6', cdn);
    at('2027-03-01T16:30:00Z');
    const second = (await place(t, 'acc_6')).orderId;
    await place(t, 'acc_61');
    const postpay = { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
    await place(t, 'acc_6', postpay);
    const placed = {
      from: '2027-02-24',
      to: '2027-03-02',
      byStatus: [
        { status: 'paid', ...line(1, '0.00', '0.00') },
        { status: 'unpaid', ...line(3, '189.50', '0.00') },
      ],
      byDay: [
        { day: '2027-03-01', ...line(2, '144.50', '0.00') },
        { day: '2027-03-02', ...line(2, '45.00', '0.00') },
      ],
      byProduct: [
        { productCode: 'BCC', ...line(3, '90.00', '0.00') },
        { productCode: 'CDN', ...line(1, '99.50', '0.00') },
      ],
    };
    expect(await of('')).toEqual(placed);
    await t.settled();
    expect(await t.sql('select from order_deltas')).toEqual([]);
    expect(await of('')).toEqual(placed);

    expect((await pay(t, first, aPayment())).status).toBe(201);
    await customer(t, 'acc_6').post(`/v1/orders/${second}/cancel`, { reason: 'Ordered twice' });
    const changed = [
      { status: 'cancelled', ...line(1, '45.00', '0.00') },
      { status: 'paid', ...line(2, '45.00', '45.00') },
      { status: 'unpaid', ...line(1, '99.50', '0.00') },
    ];
    expect((await of('')).byStatus).toEqual(changed);
    await t.settled();
    expect((await of('')).byStatus).toEqual(changed);

    // A month that is whole, and days before and behind it.
    const long = await of('from=2027-02-15&to=2027-04-15');
    expect([long.byStatus, long.byDay, long.byProduct]).toEqual([
      changed,
      [
        { day: '2027-03-01', ...line(2, '144.50', '45.00') },
        { day: '2027-03-02', ...line(2, '45.00', '0.00') },
      ],
      [
        { productCode: 'BCC', ...line(3, '90.00', '45.00') },
        { productCode: 'CDN', ...line(1, '99.50', '0.00') },
      ],
    ]);
    expect((await of('from=2027-03-01&to=2027-03-01')).byProduct).toEqual([
      { productCode: 'BCC', ...line(1, '45.00', '45.00') },
      { productCode: 'CDN', ...line(1, '99.50', '0.00') },
    ]);
    expect((await of('productCode=BCC&status=paid')).byDay).toEqual([
      { day: '2027-03-01', ...line(1, '45.00', '45.00') },
      { day: '2027-03-02', ...line(1, '0.00', '0.00') },
    ]);
    expect((await of('accountId=acc_6', t.operator())).byStatus).toEqual(changed);
    expect((await of('', t.operator())).byStatus).toEqual([
      changed[0],
      changed[1],
      { status: 'unpaid', ...line(2, '144.50', '0.00') },
    ]);
    expect(await of('', customer(t, 'acc_62'))).toMatchObject({ byStatus: [], byDay: [], byProduct: [] });
  });

  test('ORD-23 a day is that of the provider, and a range has a year at most', async () => {
    const refused = async (query: string) =>
      (await customer(t, 'acc_6').get(`/v1/orders/statistics?${query}`)).body.code;
    expect(await refused('from=2026-01-01&to=2027-01-01')).toBe('order.range_too_wide');
    expect((await of('from=2026-01-01&to=2026-12-31')).to).toBe('2026-12-31');
    expect(await refused('from=2026-01-02&to=2026-01-01')).toBe('request.range_reversed');
    expect(await refused('accountId=acc_7')).toBe('request.account_not_yours');
  });

  test('ORD-23 orders of one account that are placed, paid and counted at once are each counted once', async () => {
    const ids: string[] = [];
    const work = Array.from({ length: 30 }, async () => {
      const { orderId } = await place(t, 'acc_63');
      ids.push(orderId);
      if (ids.length % 2 === 0) await pay(t, orderId, aPayment());
      for (const worker of t.running.workers) worker.look();
    });
    await Promise.all(work);
    await t.settled();
    expect((await of('', customer(t, 'acc_63'))).byStatus).toEqual([
      { status: 'paid', ...line(15, '675.00', '675.00') },
      { status: 'unpaid', ...line(15, '675.00', '0.00') },
    ]);
  });

  test('API-5 the service’s role reads the totals and facets of its account alone, and changes none', async () => {
    const { sql } = t.asRole('acc_6');
    for (const table of ['order_totals', 'order_facets', 'order_deltas'])
      expect(await sql(`select distinct account_id from ${table} where account_id <> 'acc_6'`)).toEqual([]);
    await expect(sql(`update order_totals set orders = 0`)).rejects.toThrow('permission denied');
    await expect(sql(`delete from order_deltas`)).rejects.toThrow('permission denied');
  });
});
