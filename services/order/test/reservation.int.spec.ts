import { setTimeout as sleep } from 'node:timers/promises';
import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { Holder } from '@accord/events/fields';
import { partitionOf } from '@accord/kafka';
import type { Subscription } from '@accord/messaging';
import { startService, type RunningService, type Service, type ServiceContext } from '@accord/platform';
import { loadProfile, type Profile } from '@accord/profile';
import { orderService } from '../src/service.ts';
import {
  aContract,
  announcedOf,
  anOrder,
  answersTo,
  apply,
  aRefund,
  cny,
  contractSays,
  customer,
  day,
  instance,
  monthFrom,
  nextMonth,
  openShop,
  pay,
  place,
  placeAndPay,
  refundSays,
  stored,
} from './fixtures.ts';

const rounds = 50;
/** The things that the rounds need, one for each, made five at a time. */
async function inFives<T>(make: (round: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < rounds)
    made.push(...(await Promise.all([0, 1, 2, 3, 4].map((n) => make(made.length + n)))));
  return made;
}
const profile: Profile = {
  ...loadProfile('baidu'),
  orders: { payWithinMs: 7 * day, payWithinWhenContractedMs: 30 * day, downgradeReturns: 'none' },
};

/**
 * By holder: a wait before its question is answered, in the transaction of the instance that handles it.
 */
const waits = new Map<string, (instance: string) => Promise<unknown>>();

const instanceOf = (name: string, context: ServiceContext): Service => {
  const service = orderService({ profile }, context);
  const waiting = ([type, { on, ...rest }]: [string, Subscription]) => {
    const answer = async (tx: Tx, event: Event) => (await waits.get(event.subject.id)?.(name), on(tx, event));
    return [type, { ...rest, on: answer }] as const;
  };
  return {
    ...service,
    subscriptions: Object.fromEntries(
      Object.entries<Subscription>(service.subscriptions as Record<string, Subscription>).map(waiting),
    ),
  };
};
const t = await openShop((context) => instanceOf('first', context));
let made = 0;
const newContract = () => `ctr_${(made += 1)}`;
const newRefund = () => `rfd_${(made += 1)}`;
const newInstance = () => `i-r${(made += 1)}`;

const reserved = (id: string) => t.event('order.reserved', ({ holder }) => holder.id === id);
const refused = (id: string) => t.event('order.reservation_refused', ({ holder }) => holder.id === id);
const codesOf = async (id: string) => (await refused(id)).data.refusals.map(({ code }) => code);
const holdOf = async (orderId: string) => {
  const { hold_kind: kind, hold_id: id } = await stored(t, orderId);
  return id === null ? null : { kind, id };
};
const contractEnds = (contractId: string, orderIds: string[], how = {}) =>
  contractSays(
    t,
    'contract.voided',
    aContract(contractId, orderIds, { status: 'voided', version: 2 }),
    { reason: 'unintended', text: null, orderId: null },
    how,
  );
const askRefund = (refundId: string, instanceIds: string[], change: object = {}) =>
  refundSays(t, 'refund.requested', aRefund(refundId, instanceIds, change));
const oneInstance = async (accountId = 'acc_1') => {
  const instanceId = newInstance();
  const { body } = await placeAndPay(t, accountId, {}, [instance(instanceId)]);
  return { instanceId, orderId: body.orderId as string };
};

interface Side {
  readonly holder: Holder;
  readonly ask: () => Promise<unknown>;
}
const contractSide = (id: string, orderIds: string[]): Side => ({
  holder: { kind: 'contract', id },
  ask: () => apply(t, id, orderIds),
});
const refundSide = (id: string, instanceId: string, orderIds: string[]): Side => ({
  holder: { kind: 'refund', id },
  ask: () => askRefund(id, [instanceId], { orderIds }),
});

describe('contracts', () => {
  test('ORD-9 an order whose payBy moved is announced again before the new one', async () => {
    const { orderId } = await place(t, 'acc_1');
    t.clock.offsetMs = 6 * day + 60_000;
    await t.settled();
    await contractSays(
      t,
      'contract.drafted',
      aContract(newContract(), [orderId], { status: 'draft', version: 2 }),
    );
    await t.event('order.changed', ({ order }) => order.orderId === orderId);
    t.clock.offsetMs = 29 * day + 60_000;
    await t.settled();
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual([
      'order.expiring@1',
      'order.placed@1',
      'order.changed@2',
      'order.expiring@2',
    ]);
  });

  test(
    'ORD-12 EVT-20 a contract gets all its orders, each with the version ' +
      'its hold gave it, and the same question changes nothing',
    async () => {
      const contractId = newContract();
      const orderIds = [(await place(t, 'acc_1')).orderId, (await oneInstance()).orderId];
      const id = await apply(t, contractId, orderIds);
      const { data } = await reserved(contractId);
      expect(data).toMatchObject({
        holder: { kind: 'contract', id: contractId },
        accountId: 'acc_1',
        resources: [],
      });
      expect(data.orders.map(({ orderId, version, status }) => [orderId, version, status])).toEqual([
        [orderIds[0], 2, 'unpaid'],
        [orderIds[1], 4, 'paid'],
      ]);
      expect(data.orders.every(({ hold }) => hold?.id === contractId)).toBe(true);

      await contractSays(
        t,
        'contract.requested',
        aContract(contractId, orderIds),
        { earlierEnded: [] },
        { id, repeat: 2 },
      );
      await apply(t, contractId, orderIds);
      await t.settled();
      expect(await answersTo(t, contractId)).toEqual(['order.reserved']);
      expect(await stored(t, orderIds[0] as string)).toMatchObject({
        version: 2,
        hold_kind: 'contract',
        hold_id: contractId,
      });
      expect((await customer(t, 'acc_1').get(`/v1/orders/${orderIds[0]}`)).body).toMatchObject({
        hold: { kind: 'contract', id: contractId },
        links: { contract: `/v1/contracts/${contractId}` },
        allowedOperations: ['view', 'pay', 'cancel'],
      });
    },
  );

  test(
    'ORD-12 all or none: every reason is named per order, another ' +
      "account's order is not found and shown to nobody",
    async () => {
      const [free, held, cancelled, foreign] = [
        await place(t, 'acc_1'),
        await place(t, 'acc_1'),
        await place(t, 'acc_1'),
        await place(t, 'acc_2'),
      ];
      const voided = await place(t, 'acc_1');
      await customer(t, 'acc_1').post(`/v1/orders/${cancelled.orderId}/cancel`, { reason: 'x' });
      await pay(t, voided.orderId);
      await t.platform().post(`/v1/orders/${voided.orderId}/fulfilment`, { outcome: 'failed' });
      const [first, second] = [newContract(), newContract()];
      await apply(t, first, [held.orderId]);
      await reserved(first);
      await apply(t, second, [
        free.orderId,
        held.orderId,
        cancelled.orderId,
        voided.orderId,
        foreign.orderId,
      ]);
      const { data } = await refused(second);
      expect(data.refusals).toEqual([
        { orderId: foreign.orderId, instanceId: null, code: 'order.not_found', holder: null },
        {
          orderId: held.orderId,
          instanceId: null,
          code: 'order.held_by_contract',
          holder: { kind: 'contract', id: first },
        },
        { orderId: cancelled.orderId, instanceId: null, code: 'order.cancelled', holder: null },
        { orderId: voided.orderId, instanceId: null, code: 'order.voided', holder: null },
      ]);
      expect(data.orders.map(({ accountId }) => accountId)).toEqual(['acc_1', 'acc_1', 'acc_1', 'acc_1']);
      expect(await stored(t, free.orderId)).toMatchObject({ hold_id: null, version: 1 });
    },
  );

  test('ORD-13 EVT-22 a voided contract gives its orders back, once, and another can have them', async () => {
    const contractId = newContract();
    const { orderId } = await place(t, 'acc_1');
    await apply(t, contractId, [orderId]);
    await reserved(contractId);
    await contractEnds(contractId, [orderId], { repeat: 3 });
    await contractEnds(contractId, [orderId]);
    const { data } = await t.event('order.released', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({
      holder: { kind: 'contract', id: contractId },
      order: { hold: null, version: 3 },
    });
    await t.settled({ dueWork: false });
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.released@3']);
    const next = newContract();
    await apply(t, next, [orderId]);
    await reserved(next);
    expect(await holdOf(orderId)).toEqual({ kind: 'contract', id: next });
  });

  test(
    'ORD-13 an end that comes before its reservation is remembered, ' + 'and the late reservation is refused',
    async () => {
      const contractId = newContract();
      const { orderId } = await place(t, 'acc_1');
      await contractEnds(contractId, [orderId]);
      await t.settled({ dueWork: false });
      await apply(t, contractId, [orderId]);
      expect(await codesOf(contractId)).toEqual(['holder.ended']);
      await apply(t, contractId, [orderId]);
      await t.settled({ dueWork: false });
      expect(await answersTo(t, contractId)).toEqual(['order.reservation_refused']);
      expect(await stored(t, orderId)).toMatchObject({ hold_id: null, version: 1 });
    },
  );

  test(
    'ORD-13 an application names the earlier contract whose end was not yet ' +
      'seen; it is ended first, and its own end comes later',
    async () => {
      const [earlier, next] = [newContract(), newContract()];
      const [a, b] = [(await place(t, 'acc_1')).orderId, (await place(t, 'acc_1')).orderId];
      await apply(t, earlier, [a, b]);
      await reserved(earlier);
      await apply(t, next, [a], {}, [{ orderId: a, contractId: earlier }]);
      expect((await reserved(next)).data.orders).toMatchObject([
        { orderId: a, version: 4, hold: { id: next } },
      ]);
      await contractEnds(earlier, [a, b]);
      await t.event('order.released', ({ order }) => order.orderId === b);
      await t.settled({ dueWork: false });
      expect(announcedOf(t, a)).toEqual(['order.placed@1', 'order.released@3']);
      expect(await holdOf(a)).toEqual({ kind: 'contract', id: next });
      expect(await holdOf(b)).toBeNull();
    },
  );

  test("ORD-6 EVT-21 cancelling an order ends its hold at once, and the contract's end frees the others", async () => {
    const contractId = newContract();
    const [a, b] = [(await place(t, 'acc_1')).orderId, (await place(t, 'acc_1')).orderId];
    await apply(t, contractId, [a, b]);
    await reserved(contractId);
    expect(await customer(t, 'acc_1').post(`/v1/orders/${a}/cancel`, { reason: 'x' })).toMatchObject({
      status: 200,
      body: { hold: null, status: 'cancelled' },
    });
    expect(await holdOf(b)).toEqual({ kind: 'contract', id: contractId });
    await contractEnds(contractId, [a, b]);
    await t.event('order.released', ({ order }) => order.orderId === b);
    await t.settled({ dueWork: false });
    expect(announcedOf(t, a)).toEqual(['order.placed@1', 'order.cancelled@3']);
  });

  test('ORD-8 ORD-17 a drafted contract moves payBy, also after it ended', async () => {
    const contractId = newContract();
    const { orderId, createdAt } = await place(t, 'acc_1');
    const drafted = aContract(contractId, [orderId], { status: 'draft', version: 2 });
    await contractEnds(contractId, [orderId]);
    await contractSays(t, 'contract.drafted', drafted);
    const { data } = await t.event('order.changed', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({
      what: ['payBy'],
      order: { payBy: new Date(Date.parse(createdAt) + 30 * day).toISOString(), version: 2 },
    });
    await contractSays(t, 'contract.drafted', drafted);
    await t.settled({ dueWork: false });
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.changed@2']);
    // ORD-17: in the history on the provider's clock.
    const minute = new Date(Date.parse(createdAt) + 30 * day)
      .toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' })
      .slice(0, 16);
    for (const [language, note] of [
      ['en', `${minute} (Asia/Shanghai)`],
      ['zh-CN', `${minute}（Asia/Shanghai）`],
    ] as const) {
      const { body } = await customer(t, 'acc_1').get(`/v1/orders/${orderId}`, {
        'accept-language': language,
      });
      expect(body.history.at(-1)).toMatchObject({ change: 'pay_by_moved', note });
    }
    const paid = await oneInstance();
    await contractSays(t, 'contract.drafted', aContract(newContract(), [paid.orderId], { status: 'draft' }));
    await t.settled({ dueWork: false });
    expect(await stored(t, paid.orderId)).toMatchObject({ version: 3 });
  });

  test('EVT-5 a reservation of 500 orders is one event under 900 KB', async () => {
    const { orderId } = await place(t, 'acc_big', {
      configuration: Array.from({ length: 8 }, (_, n) => ({ name: `参数 ${n}`, value: '某个较长的配置值' })),
    });
    const [one] = await t.sql<{ columns: string }>(
      `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
        where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped
          and attgenerated = '' and attname <> 'order_id'`,
    );
    await t.sql(
      `insert into orders (order_id, ${one!.columns}) select 'ord_' || lpad(n::text, 32, '0'), ${one!.columns}
         from orders, generate_series(1, 499) n where order_id = $1`,
      [orderId],
    );
    const ids = (
      await t.sql<{ order_id: string }>(`select order_id from orders where account_id = 'acc_big'`)
    ).map((row) => row.order_id);
    const contractId = newContract();
    await apply(t, contractId, ids, { accountId: 'acc_big' });
    const { data } = await reserved(contractId);
    expect(data.orders).toHaveLength(500);
    expect(Buffer.byteLength(JSON.stringify(data))).toBeLessThan(900_000);
  });
});

describe('refunds', () => {
  test(
    'ORD-12 EVT-20 a refund of an instance gets every paid ' + 'order of it, those it had not seen included',
    async () => {
      const { instanceId, orderId } = await oneInstance();
      const renewal = await place(t, 'acc_1', { orderType: 'renewal', instanceIds: [instanceId] });
      const dropped = renewal.orderId;
      await customer(t, 'acc_1').post(`/v1/orders/${dropped}/cancel`, { reason: 'x' });
      const { body } = await placeAndPay(t, 'acc_1', { orderType: 'renewal', instanceIds: [instanceId] }, [
        instance(instanceId, nextMonth),
      ]);
      const refundId = newRefund();
      await askRefund(refundId, [instanceId], { orderIds: [orderId] });
      const { data } = await reserved(refundId);
      expect(data.orders.map((order) => [order.orderId, order.refundState])).toEqual([
        [orderId, 'in_progress'],
        [body.orderId, 'in_progress'],
      ]);
      expect(data.resources).toMatchObject([{ instanceId, orderIds: [orderId, body.orderId] }]);

      const blocked = await customer(t, 'acc_1').post(
        '/v1/orders',
        anOrder({ orderType: 'renewal', instanceIds: [instanceId] }),
      );
      expect(blocked).toMatchObject({ status: 409, body: { code: 'order.held_by_refund' } });
      const [contract, second] = [newContract(), newRefund()];
      await apply(t, contract, [orderId]);
      await askRefund(second, [instanceId]);
      expect(await codesOf(contract)).toEqual(['order.held_by_refund']);
      expect(await codesOf(second)).toEqual(['order.held_by_refund', 'order.held_by_refund']);
    },
  );

  test(
    'ORD-12 an open order on the instance, a contract over one of its ' +
      'orders, and an unknown instance refuse a refund',
    async () => {
      const [busy, held, theirs] = [await oneInstance(), await oneInstance(), await oneInstance('acc_2')];
      const open = await place(t, 'acc_1', { orderType: 'renewal', instanceIds: [busy.instanceId] });
      const contractId = newContract();
      await apply(t, contractId, [held.orderId]);
      await reserved(contractId);
      const refundId = newRefund();
      await askRefund(refundId, [busy.instanceId, held.instanceId, theirs.instanceId]);
      const { data } = await refused(refundId);
      expect(data.refusals).toEqual([
        { orderId: open.orderId, instanceId: busy.instanceId, code: 'order.instance_busy', holder: null },
        {
          orderId: held.orderId,
          instanceId: held.instanceId,
          code: 'order.held_by_contract',
          holder: { kind: 'contract', id: contractId },
        },
        { orderId: null, instanceId: theirs.instanceId, code: 'order.not_found', holder: null },
      ]);
      expect(JSON.stringify(data)).not.toContain(theirs.orderId);
      expect(await holdOf(busy.orderId)).toBeNull();
    },
  );

  test('ORD-13 EVT-23 a refund that comes to nothing gives everything back', async () => {
    for (const end of [
      ['refund.refused', { refusals: [] }],
      ['refund.rejected', { text: 'no' }],
      ['refund.withdrawn', {}],
    ] as const) {
      const { instanceId, orderId } = await oneInstance();
      const refundId = newRefund();
      await askRefund(refundId, [instanceId]);
      await reserved(refundId);
      await refundSays(t, end[0], aRefund(refundId, [instanceId], { version: 2 }), end[1]);
      const { data } = await t.event('order.released', ({ order }) => order.orderId === orderId);
      expect(data).toMatchObject({
        holder: { kind: 'refund', id: refundId },
        order: { hold: null, refundState: 'none', version: 5 },
      });
    }
  });

  test('ORD-14 EVT-23 a succeeded refund voids the order and releases the resource, once', async () => {
    const { instanceId, orderId } = await oneInstance();
    const refundId = newRefund();
    await askRefund(refundId, [instanceId]);
    await reserved(refundId);
    const succeeded = () =>
      refundSays(
        t,
        'refund.succeeded',
        aRefund(refundId, [instanceId], { version: 4, status: 'succeeded', orderIds: [orderId] }),
      );
    await succeeded();
    await succeeded();
    const { data } = await t.event('order.voided', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({
      reason: 'refunded',
      order: { status: 'voided', refundState: 'full', hold: null, version: 5 },
    });
    await t.settled({ dueWork: false });
    expect(announcedOf(t, orderId).slice(3)).toEqual(['order.voided@5']);
    expect(announcedOf(t, instanceId)).toEqual(['resource.changed@1', 'resource.changed@2']);
    expect((await customer(t, 'acc_1').get(`/v1/resources/${instanceId}`)).body.released).toBe(true);
    expect((await customer(t, 'acc_1').get(`/v1/orders/${orderId}`)).body.links.refunds).toEqual([
      `/v1/refunds/${refundId}`,
    ]);
    const late = newContract();
    await apply(t, late, [orderId]);
    expect(await codesOf(late)).toEqual(['order.voided']);
    const again = newRefund();
    await askRefund(again, [instanceId]);
    expect(await codesOf(again)).toEqual(['order.voided']);
  });

  test(
    'ORD-14 CTR-16 refunding one of two instances makes the order partial and gives it back, refunding the ' +
      'last makes it full; each tells once how much came back, as do its reservations',
    async () => {
      const [a, b] = [newInstance(), newInstance()];
      const { body } = await placeAndPay(t, 'acc_1', { count: 2 }, [instance(a), instance(b)], '90.00');
      const refund = async (instanceId: string) => {
        const refundId = newRefund();
        await askRefund(refundId, [instanceId]);
        await reserved(refundId);
        const none = cny('0.00');
        const line = {
          orderId: body.orderId,
          instanceId,
          paid: cny('45.00'),
          consumed: cny('10.16'),
          fee: none,
        };
        await refundSays(
          t,
          'refund.succeeded',
          aRefund(refundId, [instanceId], {
            version: 4,
            status: 'succeeded',
            lines: [
              { ...line, refund: cny('34.84') },
              { ...line, orderId: 'ord_other', refund: cny('9.00') },
            ],
          }),
          {},
          { repeat: 2 },
        );
        return t.event(
          'resource.changed',
          ({ resource }) => resource.instanceId === instanceId && resource.released,
        );
      };
      await refund(a);
      await t.event('order.released', ({ order }) => order.orderId === body.orderId);
      expect(await stored(t, body.orderId)).toMatchObject({
        status: 'paid',
        refund_state: 'partial',
        cash_returned: '34.84',
        hold_id: null,
        version: 5,
      });
      const contractId = newContract();
      await apply(t, contractId, [body.orderId]);
      expect((await reserved(contractId)).data.orders).toMatchObject([{ cashReturned: cny('34.84') }]);
      await contractEnds(contractId, [body.orderId]);
      await t.event('order.released', ({ order }) => order.orderId === body.orderId && order.version === 7);
      await refund(b);
      await t.settled({ dueWork: false });
      expect(await stored(t, body.orderId)).toMatchObject({
        status: 'voided',
        refund_state: 'full',
        cash_returned: '69.68',
        version: 9,
      });
      expect(announcedOf(t, body.orderId).slice(3)).toEqual([
        'order.changed@5',
        'order.released@5',
        'order.released@7',
        'order.voided@9',
      ]);
    },
  );

  test(
    'ORD-14 a renewal-only refund voids the renewals of its lines ' +
      'and gives back their time; the instance lives on',
    async () => {
      const { instanceId, orderId } = await oneInstance();
      const period = nextMonth;
      const renewal = (
        await placeAndPay(t, 'acc_1', { orderType: 'renewal', instanceIds: [instanceId] }, [
          instance(instanceId, period),
        ])
      ).body.orderId;
      const refundId = newRefund();
      const none = cny('0.00');
      const lines = [
        { orderId: renewal, instanceId, paid: cny('45.00'), consumed: none, fee: none, refund: cny('45.00') },
      ];
      await askRefund(refundId, [instanceId], { kind: 'renewal_only', lines });
      await reserved(refundId);
      await refundSays(
        t,
        'refund.succeeded',
        aRefund(refundId, [instanceId], { kind: 'renewal_only', lines, version: 4, status: 'succeeded' }),
      );
      await t.event('order.voided', ({ order }) => order.orderId === renewal);
      const { data } = await t.event(
        'resource.changed',
        ({ resource }) => resource.instanceId === instanceId && resource.version === 3,
      );
      expect(data.resource).toMatchObject({ end: period.start, released: false });
      expect(
        (await t.event('order.released', ({ order }) => order.orderId === orderId)).data.order,
      ).toMatchObject({ status: 'paid', refundState: 'none', hold: null });
    },
  );

  test('ORD-14 of a renewal of two instances one is given back: it is partial, the other keeps its time', async () => {
    const [a, b] = [newInstance(), newInstance()];
    const { body: purchase } = await placeAndPay(
      t,
      'acc_1',
      { count: 2 },
      [instance(a), instance(b)],
      '90.00',
    );
    const period = nextMonth;
    const { body: renewal } = await placeAndPay(
      t,
      'acc_1',
      { orderType: 'renewal', count: 2, instanceIds: [a, b] },
      [instance(a, period), instance(b, period)],
      '90.00',
    );
    const refundId = newRefund();
    const none = cny('0.00');
    const lines = [
      {
        orderId: renewal.orderId,
        instanceId: a,
        paid: cny('45.00'),
        consumed: none,
        fee: none,
        refund: cny('45.00'),
      },
    ];
    await askRefund(refundId, [a], { kind: 'renewal_only', lines });
    await reserved(refundId);
    const succeeded = aRefund(refundId, [a], {
      kind: 'renewal_only',
      lines,
      version: 4,
      status: 'succeeded',
    });
    await refundSays(t, 'refund.succeeded', succeeded);
    await refundSays(t, 'refund.succeeded', succeeded);
    await t.settled({ dueWork: false });
    expect(await stored(t, renewal.orderId)).toMatchObject({
      status: 'paid',
      refund_state: 'partial',
      refunded_instance_ids: [a],
      hold_id: null,
    });
    expect(await stored(t, purchase.orderId)).toMatchObject({
      status: 'paid',
      refund_state: 'none',
      hold_id: null,
    });
    const endOf = async (instanceId: string) =>
      (await customer(t, 'acc_1').get(`/v1/resources/${instanceId}`)).body;
    expect(await endOf(a)).toMatchObject({ end: period.start, released: false });
    expect(await endOf(b)).toMatchObject({ end: period.end, released: false });
  });

  test('EVT-24 the refund of a failed fulfilment makes the voided order full and holds nothing', async () => {
    const { orderId } = await place(t, 'acc_1');
    await pay(t, orderId);
    await t.platform().post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' });
    const refund = aRefund(newRefund(), [], {
      kind: 'failed_fulfilment',
      orderIds: [orderId],
      version: 2,
      status: 'succeeded',
    });
    await refundSays(t, 'refund.requested', refund);
    await refundSays(t, 'refund.succeeded', refund);
    await refundSays(t, 'refund.succeeded', refund);
    const { data } = await t.event('order.changed', ({ order }) => order.orderId === orderId);
    expect(data).toMatchObject({
      what: ['refundState'],
      order: { refundState: 'full', status: 'voided', version: 4 },
    });
    await t.settled({ dueWork: false });
    expect(announcedOf(t, orderId).at(-1)).toBe('order.changed@4');
    expect(t.events.filter(({ subject }) => subject.id === refund.refundId)).toEqual([]);
  });

  test(
    'ORD-12 a renewal placed while a refund is asked for: either ' +
      'the refund is refused or the renewal is',
    async () => {
      const outcomes = await inFives(async (round) => {
        const { instanceId } = await oneInstance();
        const refundId = newRefund();
        const begun = Promise.withResolvers<void>();
        waits.set(refundId, () => (begun.resolve(), sleep((round % 5) * 15)));
        const renewal = anOrder({ orderType: 'renewal', instanceIds: [instanceId] });
        // In turn as the refund asks, and once its transaction is open, so that both win some rounds on any
        // machine.
        const sent = (round % 3 === 0 ? Promise.resolve() : begun.promise).then(() =>
          customer(t, 'acc_1').post('/v1/orders', renewal),
        );
        const [placed] = await Promise.all([sent, askRefund(refundId, [instanceId])]);
        return `${placed.body.code ?? 'placed'}, ${(await answersTo(t, refundId)).join()}`;
      });
      expect(new Set(outcomes)).toEqual(
        new Set(['placed, order.reservation_refused', 'order.held_by_refund, order.reserved']),
      );
    },
  );

  test('ORD-12 EVT-5 what would not fit one event is refused as a whole, and nothing stays held', async () => {
    const configuration = Array.from({ length: 30 }, (_, n) => ({
      name: `参数${n}`.padEnd(60, '名'),
      value: '值'.repeat(200),
    }));
    const instanceId = `i-large-${(made += 1)}`;
    await placeAndPay(t, 'acc_large', { configuration }, [instance(instanceId)]);
    let period = nextMonth;
    for (let n = 0; n < 39; n += 1) {
      await placeAndPay(t, 'acc_large', { configuration, orderType: 'renewal', instanceIds: [instanceId] }, [
        instance(instanceId, period),
      ]);
      period = monthFrom(period.end);
    }
    const refundId = newRefund();
    await askRefund(refundId, [instanceId], { accountId: 'acc_large' });
    const { data } = await refused(refundId);
    expect(data).toMatchObject({ refusals: [{ code: 'holder.too_large', holder: null }], orders: [] });
    expect(
      await t.sql(`select 1 from orders where account_id = 'acc_large' and hold_id is not null`),
    ).toEqual([]);
    expect(await t.sql('select 1 from outbox_refused')).toEqual([]);
  });

  test('ORD-12 an order past its payBy is expired on the spot and refused', async () => {
    const { orderId } = await place(t, 'acc_1');
    await Promise.all(t.running.workers.map((worker) => worker.stop()));
    await t.sql(`update orders set pay_by = now() - interval '1 second' where order_id = $1`, [orderId]);
    const contractId = newContract();
    await apply(t, contractId, [orderId]);
    expect(await codesOf(contractId)).toEqual(['order.cancelled']);
    await t.settled({ dueWork: false });
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.cancelled@2']);
    expect((await t.event('order.cancelled', ({ order }) => order.orderId === orderId)).data.reason).toBe(
      'expired',
    );
  });
});

describe('two instances', () => {
  let second: RunningService;
  beforeAll(async () => {
    const settings = { ...t.running.settings, ACCORD_PORT: 0, ACCORD_OPS_PORT: 0 };
    second = await startService(settings, (_, context) => instanceOf('second', context), { clock: t.clock });
    await second.joined;
  });
  afterAll(() => second.stop());

  /** Ids of two holders whose questions go to different partitions, and with them to different instances. */
  const apart = (make: () => string, other = make): [string, string] => {
    const one = make();
    let two = other();
    while (partitionOf(two, 2) === partitionOf(one, 2)) two = other();
    return [one, two];
  };

  /**
   * Both ask for `orderId`, and both begin, each in a transaction of its own, before one of them goes on; the
   * late one goes on up to 4 ms after the other.
   *
   * @returns which of them got it, after answers, holds and versions were found to agree.
   */
  async function race(round: number, sides: readonly [Side, Side], orderId: string) {
    const [early, late] = round % 2 === 0 ? sides : [sides[1], sides[0]];
    const [both, begun] = [
      Promise.withResolvers<void>(),
      new Map(sides.map(({ holder }) => [holder.id, [] as string[]])),
    ];
    for (const { holder } of sides) {
      waits.set(holder.id, async (instance) => {
        begun.get(holder.id)!.push(instance);
        if ([...begun.values()].every(({ length }) => length > 0)) both.resolve();
        await Promise.race([both.promise, sleep(5_000, undefined, { ref: false })]);
        if (holder === late.holder) await sleep((round >> 1) % 5);
      });
    }
    const before = (await stored(t, orderId))['version'] as number;
    await Promise.all([early.ask(), late.ask()]);
    expect(await answersTo(t, early.holder.id, late.holder.id)).toEqual([
      'order.reservation_refused',
      'order.reserved',
    ]);
    // By an instance of its own, and once: without the lock `order_history` refuses the second, which then is
    // parked and tried again.
    expect([...begun.values()].sort()).toEqual([['first'], ['second']]);

    const winner = await holdOf(orderId);
    const [won, lost] = early.holder.id === winner?.id ? [early, late] : [late, early];
    expect(winner).toEqual(won.holder);
    expect(
      (await reserved(won.holder.id)).data.orders.find((order) => order.orderId === orderId),
    ).toMatchObject({ hold: won.holder, version: before + 1 });
    expect((await refused(lost.holder.id)).data.refusals).toMatchObject([
      { code: `order.held_by_${won.holder.kind}`, holder: won.holder, orderId },
    ]);
    expect(await t.sql('select 1 from orders where hold_id = $1', [lost.holder.id])).toEqual([]);
    expect(await stored(t, orderId)).toMatchObject({ version: before + 1 });
    return won;
  }

  test('ORD-12 CTR-4 two applications that race for one order, alone or among others: exactly one wins', async () => {
    const placed = () => place(t, 'acc_1').then(({ orderId }) => orderId as string);
    // Of several rows all are locked beforehand (`lockRows`), a single one by its handler.
    const all = await inFives(async (round) => ({
      both: await placed(),
      own: round % 4 < 2 ? [[], []] : [[await placed()], [await placed()]],
    }));
    const won = [0, 0];
    for (const [round, { both, own }] of all.entries()) {
      const [one, two] = apart(newContract);
      const sides = [contractSide(one, [...own[0]!, both]), contractSide(two, [...own[1]!, both])] as const;
      won[sides.indexOf(await race(round, sides, both))]! += 1;
    }
    expect(Math.min(...won)).toBeGreaterThan(0);
  });

  test('ORD-12 EVT-30 a refund against a contract that race for one order: exactly one wins', async () => {
    const all = await inFives(() => oneInstance());
    const won = { contract: 0, refund: 0 };
    for (const [round, { orderId, instanceId }] of all.entries()) {
      const [contractId, refundId] = apart(newContract, newRefund);
      const sides = [
        contractSide(contractId, [orderId]),
        refundSide(refundId, instanceId, round % 4 < 2 ? [] : [orderId]),
      ] as const;
      won[(await race(round, sides, orderId)).holder.kind] += 1;
    }
    expect(Math.min(won.contract, won.refund)).toBeGreaterThan(0);
  });
});

test('EVT-34 every version of every order and resource was announced, and none that does not exist', async () => {
  await t.settled({ dueWork: false });
  const seen = new Map<string, Set<number>>();
  const see = (id: string, version: number) => seen.set(id, (seen.get(id) ?? new Set()).add(version));
  for (const { type, subject, data } of t.events) {
    if (type === 'order.reserved') data.orders.forEach(({ orderId, version }) => see(orderId, version));
    else see(subject.id, subject.version);
  }
  const owned = await t.sql<{ id: string; version: number }>(
    `select order_id as id, version from orders where account_id <> 'acc_big'
      union all select instance_id, version from resources`,
  );
  for (const { id, version } of owned)
    expect([id, [...(seen.get(id) ?? [])].sort((a, b) => a - b)]).toEqual([
      id,
      Array.from({ length: version }, (_, n) => n + 1),
    ]);
});
