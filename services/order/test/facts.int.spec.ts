import { randomUUID } from 'node:crypto';
import type { Data } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { giveUp, parkedEvent, publishRaw } from '@accord/testing/outsider';
import { orderService } from '../src/service.ts';
import {
  announcedOf,
  answersTo,
  aPayment,
  apply,
  cny,
  customer,
  day,
  fulfil,
  instance,
  key,
  later,
  month,
  monthFrom,
  nextMonth,
  openShop,
  pay,
  place,
  placeAndPay,
  stored,
} from './fixtures.ts';

// Facts that other platform services tell by topic, beside the routes that take the same facts.

const t = await openShop((context) => orderService({ profile: loadProfile('baidu') }, context));

type Received = Data<'payment.received'>;
type Reported = Data<'resource.reported'>;

const received = (orderId: string, change: Partial<Received> = {}): Received => ({
  paymentReference: `top-${randomUUID()}`,
  accountId: 'acc_1',
  orderId,
  parts: { cash: cny('45.00') },
  ...change,
});
const tellPayment = (data: Received, how?: { id?: string; repeat?: number }) =>
  t.publish({ type: 'payment.received', data }, how);

const facts = (instanceId: string, reportVersion: number, change: object = {}) => ({
  instanceId,
  accountId: 'acc_1',
  reportVersion,
  ...month,
  usage: '12.5',
  inEffect: true,
  ...change,
});
const tellReport = (data: object, how?: { id?: string; repeat?: number }) =>
  t.publish({ type: 'resource.reported', data: data as Reported }, how);
const putReport = ({ instanceId, accountId: _account, ...body }: ReturnType<typeof facts>) =>
  t.platform().put(`/v1/resources/${instanceId}`, body, key());

const unappliedOf = (reference: string) =>
  t.events
    .filter((event) => event.type === 'payment.unapplied' && event.subject.id === reference)
    .map(({ data }) => data);
const parked = (key: string) => parkedEvent(t, key);

/** Of an order, all that does not say which order it is or when things were done. */
const alike = async (orderId: string) => {
  const { order_id: _id, created_at: _at, pay_by: _by, paid_at: paidAt, ...rest } = await stored(t, orderId);
  return { ...rest, isPaid: paidAt !== null };
};

describe('payment.received', () => {
  test(
    'EVT-14 ORD-5 a payment told by topic has the effect of one told over REST, ' +
      'once, however often and by whichever way it is told again',
    async () => {
      const parts = {
        cash: cny('20.00'),
        giftCredit: cny('10.00'),
        storedCard: cny('5.00'),
        voucher: cny('10.00'),
      };
      const [byTopic, byRest] = [await place(t, 'acc_1'), await place(t, 'acc_1')];
      const told = received(byTopic.orderId, { parts });
      await pay(t, byRest.orderId, { paymentReference: `rest-${randomUUID()}`, parts });
      await tellPayment(told, { repeat: 3 });
      await tellPayment(told);
      await t.settled();

      expect(await alike(byTopic.orderId)).toEqual(await alike(byRest.orderId));
      expect(announcedOf(t, byTopic.orderId)).toEqual(['order.placed@1', 'order.paid@2']);
      const [ours, theirs] = [byTopic, byRest].map(({ orderId }) =>
        t.events.find(({ type, subject }) => type === 'order.paid' && subject.id === orderId)!,
      );
      expect(Object.keys(ours!.data).sort()).toEqual(Object.keys(theirs!.data).sort());
      expect(ours!.data).toMatchObject({
        paymentReference: told.paymentReference,
        order: { status: 'paid', cashPaid: cny('35.00'), voucherPaid: cny('10.00'), paidParts: parts },
      });
      const again = await pay(t, byTopic.orderId, { paymentReference: told.paymentReference, parts });
      expect(again).toMatchObject({
        status: 201,
        body: { paymentReference: told.paymentReference, cashPaid: cny('35.00') },
      });
      const rest = await t.sql<{ payment_reference: string }>(
        'select payment_reference from payments where order_id = $1',
        [byRest.orderId],
      );
      await tellPayment(received(byRest.orderId, { paymentReference: rest[0]!.payment_reference, parts }));
      await t.settled();
      expect(t.events.filter(({ type }) => type === 'payment.unapplied')).toEqual([]);
    },
  );

  test(
    'EVT-14 ORD-5 money that cannot pay its order is announced with its parts ' +
      'and its reason, once for each reference, and never lost',
    async () => {
      const cancelled = await place(t, 'acc_1');
      await customer(t, 'acc_1').post(`/v1/orders/${cancelled.orderId}/cancel`, { reason: 'too dear' });
      const paid = await place(t, 'acc_1');
      await pay(t, paid.orderId);
      const voided = await place(t, 'acc_1');
      await pay(t, voided.orderId);
      await t
        .platform()
        .post(`/v1/orders/${voided.orderId}/fulfilment`, { outcome: 'failed', reason: 'no room' });
      const unpaid = await place(t, 'acc_1');
      const expired = await place(t, 'acc_1');
      const parts = { cash: cny('30.00'), voucher: cny('15.00') };
      const cases: [Received, string][] = [
        [received(cancelled.orderId), 'cancelled'],
        [received(paid.orderId, { parts }), 'already_paid'],
        [received(voided.orderId), 'voided'],
        [received(unpaid.orderId, { parts: { cash: cny('44.99') } }), 'wrong_amount'],
        [received(unpaid.orderId, { parts: { cash: { amount: '45.00', currency: 'USD' } } }), 'wrong_amount'],
      ];
      for (const [data] of cases) await tellPayment(data, { repeat: 2 });
      await t.settled();
      t.clock.offsetMs = 8 * day;
      await t.settled(); // the worker cancels what is past its payBy
      expect(await stored(t, expired.orderId)).toMatchObject({ status: 'cancelled' });
      const late = received(expired.orderId, { parts: { storedCard: { amount: '45', currency: 'CNY' } } });
      cases.push([late, 'expired']);
      for (const [data] of cases) await tellPayment(data);
      await t.settled();

      const none = cny('0.00');
      for (const [{ paymentReference, parts: given }, reason] of cases) {
        expect(unappliedOf(paymentReference)).toMatchObject([
          { paymentReference, reason, accountId: 'acc_1' },
        ]);
        if (given === parts)
          expect(unappliedOf(paymentReference)).toMatchObject([
            { amount: cny('45.00'), parts: { ...parts, giftCredit: none, storedCard: none } },
          ]);
      }
      expect(unappliedOf(late.paymentReference)).toMatchObject([
        { amount: cny('45.00'), parts: { storedCard: cny('45.00'), cash: none } },
      ]);
      expect((await stored(t, unpaid.orderId)).status).toBe('cancelled');
      expect(
        await t.sql('select payment_reference from payments where payment_reference = any($1)', [
          cases.map(([data]) => data.paymentReference),
        ]),
      ).toEqual([]);
    },
  );

  test('EVT-14 ORD-5 an order past its payBy that nobody has cancelled yet is not paid by topic either', async () => {
    const { orderId } = await place(t, 'acc_1');
    await t.sql(`update orders set pay_by = now() + interval '7 days 500 milliseconds' where order_id = $1`, [
      orderId,
    ]);
    t.clock.offsetMs = 7 * day + 1_000;
    const told = received(orderId);
    await tellPayment(told);
    await t.settled();
    expect(unappliedOf(told.paymentReference)).toMatchObject([{ reason: 'expired' }]);
    expect((await stored(t, orderId)).status).toBe('cancelled');
  });

  test(
    'EVT-14 ORD-5 a reference that was credited pays no order over REST, and one ' +
      'that paid is not credited when it tells of another order',
    async () => {
      const [cancelled, open, other] = [
        await place(t, 'acc_1'),
        await place(t, 'acc_1'),
        await place(t, 'acc_1'),
      ];
      await customer(t, 'acc_1').post(`/v1/orders/${cancelled.orderId}/cancel`, { reason: 'no' });
      const credited = received(cancelled.orderId);
      await tellPayment(credited);
      await t.settled();
      expect(
        await pay(t, open.orderId, aPayment('45.00', { paymentReference: credited.paymentReference })),
      ).toMatchObject({ status: 409, body: { code: 'payment.reference_used' } });

      const paid = received(open.orderId);
      await tellPayment(paid);
      await t.settled();
      await tellPayment({ ...paid, orderId: other.orderId });
      expect(await parked(paid.paymentReference)).toMatchObject({
        reason: expect.stringContaining('payment.reference_used'),
      });
      expect([(await stored(t, open.orderId)).status, (await stored(t, other.orderId)).status]).toEqual([
        'paid',
        'unpaid',
      ]);
      expect(unappliedOf(paid.paymentReference)).toEqual([]);
      await giveUp(t, paid.paymentReference);
    },
  );

  test(
    'EVT-14 a payment that overtakes its order waits for it, and then ' +
      "pays it; another account's order is never paid by it",
    async () => {
      const { orderId } = await place(t, 'acc_1');
      await t.sql(`update orders set account_id = 'acc_hidden' where order_id = $1`, [orderId]);
      const told = received(orderId);
      const id = await tellPayment(told);
      expect(await parked(told.paymentReference)).toMatchObject({
        status: 'waiting',
        reason: expect.stringContaining('order.not_found'),
      });
      expect(await t.sql('select from unapplied_payments where order_id = $1', [orderId])).toEqual([]);
      await t.sql(`update orders set account_id = 'acc_1' where order_id = $1`, [orderId]);
      await t.settled();
      expect(await stored(t, orderId)).toMatchObject({ status: 'paid', version: 2 });
      expect(await t.sql('select from inbox where event_id = $1', [id])).toHaveLength(1);
    },
  );

  test('EVT-8 EVT-14 payments of two sources that use one id pay both their orders', async () => {
    const orders = await Promise.all([place(t, 'acc_1'), place(t, 'acc_1')]);
    const ce_id = randomUUID();
    const messages = orders.map(({ orderId }, i) => ({
      key: orderId,
      value: JSON.stringify(received(orderId)),
      headers: {
        ce_specversion: '1.0',
        ce_id,
        ce_source: `/bank/${i}`,
        ce_type: 'payment.received',
        ce_time: '2026-01-10T03:00:00Z',
      },
    }));
    await publishRaw(t, 'payment.received', [...messages, ...messages]);
    for (const { orderId } of orders) {
      const paid = await t.event('order.paid', ({ order }) => order.orderId === orderId);
      expect(paid.causationId).toBe(ce_id);
    }
    await t.settled();
    for (const { orderId } of orders)
      expect(await stored(t, orderId)).toMatchObject({ status: 'paid', version: 2 });
  });

  test(
    'EVT-2 EVT-9 a payment whose correlation id no later event could carry is dead ' +
      'at once; told well, it pays',
    async () => {
      const { orderId } = await place(t, 'acc_1');
      const value = JSON.stringify(received(orderId));
      const headers = {
        ce_specversion: '1.0',
        ce_id: randomUUID(),
        ce_source: '/bank/1',
        ce_type: 'payment.received',
        ce_time: '2026-01-10T03:00:00Z',
      };
      const key = `long ${orderId}`;
      await publishRaw(t, 'payment.received', [
        { key, value, headers: { ...headers, ce_correlationid: 'x'.repeat(900_000) } },
      ]);
      expect(await parked(key)).toEqual({
        status: 'dead',
        // A record with so long headers is passed over unread.
        reason: expect.stringMatching(/^6 headers of 900\d{3} bytes, too many for an event$/),
      });
      await publishRaw(t, 'payment.received', [
        { key: orderId, value, headers: { ...headers, ce_id: randomUUID() } },
      ]);
      await t.event('order.paid', ({ order }) => order.orderId === orderId);
      await giveUp(t, key);
    },
  );

  test('EVT-14 ORD-5 of payments by topic and over REST that race, one pays and each other is credited', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, () => place(t, 'acc_1')));
    const told = orders.map(({ orderId }) => [received(orderId), received(orderId)]);
    const replies = await Promise.all(
      told.flatMap(([first, second]) => [
        tellPayment(first!),
        tellPayment(second!, { repeat: 2 }),
        pay(t, first!.orderId).then(({ status }) => status),
      ]),
    );
    await t.settled();
    const overRest = replies.filter((reply) => reply === 201).length;
    for (const [i, { orderId }] of orders.entries()) {
      const payments = await t.sql<{ payment_reference: string }>(
        'select payment_reference from payments where order_id = $1',
        [orderId],
      );
      expect(payments).toHaveLength(1);
      const credited = told[i]!.flatMap(({ paymentReference }) => unappliedOf(paymentReference));
      expect(
        credited.length +
          told[i]!.filter(({ paymentReference }) => paymentReference === payments[0]!.payment_reference)
            .length,
      ).toBe(2);
    }
    const [{ n } = { n: 0 }] = await t.sql<{ n: number }>(
      `select count(*)::int as n from payments where order_id = any($1) and payment_reference like 'pay-%'`,
      [orders.map(({ orderId }) => orderId)],
    );
    expect(n).toBe(overRest);
  });
});

describe('resource.reported', () => {
  test(
    'EVT-14 ORD-11 a report by topic has the effect of one over REST; ' +
      'what is told again, or older, changes nothing',
    async () => {
      const [topic, rest] = [`i-${randomUUID()}`, `i-${randomUUID()}`];
      for (const id of [topic, rest]) await placeAndPay(t, 'acc_1', {}, [instance(id)]);
      const change = {
        frozenBy: 'police',
        archived: true,
        nextRenewalPeriod: nextMonth,
        scaledAt: '2026-01-20T00:00:00.000Z',
      };
      expect(await putReport(facts(rest, 7, change))).toMatchObject({ status: 200 });
      await tellReport(facts(topic, 7, change), { repeat: 3 });
      await tellReport(facts(topic, 7, change));
      await tellReport(facts(topic, 5, { usage: '1', released: true }));
      await t.settled();

      const read = async (id: string) => (await customer(t, 'acc_1').get(`/v1/resources/${id}`)).body;
      const [ours, theirs] = [await read(topic), await read(rest)];
      const { orderIds, knownSince } = ours;
      expect(ours).toEqual({ ...theirs, instanceId: topic, orderIds, knownSince });
      expect(ours).toMatchObject({
        version: 2,
        reportVersion: 7,
        usage: '12.5',
        frozenBy: 'police',
        released: false,
        region: null,
      });
      expect(announcedOf(t, topic)).toEqual(['resource.changed@1', 'resource.changed@2']);
      await tellReport(facts(topic, 8, { usage: '13' }));
      await t.settled();
      expect(await read(topic)).toMatchObject({ version: 3, reportVersion: 8, usage: '13', frozenBy: null });
    },
  );

  test(
    'EVT-14 ORD-11 an unknown instance of a known order is created; a report that ' +
      'overtakes the payment waits for it, the newer ones behind it',
    async () => {
      const { orderId } = await place(t, 'acc_1');
      const id = `i-${randomUUID()}`;
      await tellReport(facts(id, 1, { orderId }));
      await tellReport(facts(id, 2, { orderId, usage: '99' }));
      expect(await parked(id)).toMatchObject({
        status: 'waiting',
        reason: expect.stringContaining('order.not_fulfillable'),
      });
      await tellPayment(received(orderId));
      await t.settled();
      expect((await customer(t, 'acc_1').get(`/v1/resources/${id}`)).body).toMatchObject({
        reportVersion: 2,
        usage: '99',
        orderIds: [orderId],
      });
      expect(await fulfil(t, orderId, [instance(id)])).toMatchObject({
        status: 200,
        body: { instanceIds: [id] },
      });
    },
  );

  test(
    'ORD-26 RFD-22 EVT-14 a report that corrects start and end corrects what the orders pay for, once, ' +
      'and says who said so and when',
    async () => {
      const id = `i-${randomUUID()}`;
      const { body: bought } = await placeAndPay(t, 'acc_1', {}, [instance(id)]);
      const { body: renewal } = await placeAndPay(t, 'acc_1', { orderType: 'renewal', instanceIds: [id] }, [
        instance(id, nextMonth),
      ]);
      const corrected = { start: later(month.start, 3), end: later(nextMonth.end, 3), region: 'gz' };
      await tellReport(facts(id, 1, corrected), { repeat: 2 });
      await t.settled();
      const read = async (orderId: string) => (await t.platform().get(`/v1/orders/${orderId}`)).body;
      const [first, second] = [await read(bought.orderId), await read(renewal.orderId)];
      const joint = later(month.end, 3);
      expect([first, second]).toMatchObject([
        {
          version: 4,
          instances: [
            { instanceId: id, start: corrected.start, end: joint, region: 'gz', ipAddress: '10.0.0.1' },
          ],
          servicePeriod: { start: corrected.start, end: joint },
        },
        { version: 4, servicePeriod: { start: joint, end: corrected.end } },
      ]);
      expect(first.history.at(-1)).toMatchObject({
        change: 'period_corrected',
        at: expect.stringMatching(/Z$/),
        note:
          `${id}, report 1 by platform:test: ${month.start} / ${month.end} → ` +
          `${corrected.start} / ${joint}`,
      });
      const changed = t.events.filter(
        ({ type, subject }) => type === 'order.changed' && subject.id === bought.orderId,
      );
      expect(changed.map(({ data }) => data)).toMatchObject([
        {
          what: ['instances', 'servicePeriod'],
          order: { instances: [{ instanceId: id, start: corrected.start, end: joint }] },
        },
      ]);

      await tellReport(facts(id, 2, { ...corrected, usage: '13' }));
      await tellReport(facts(id, 1, {}));
      expect(
        await putReport(facts(id, 3, { start: corrected.start, end: later(month.end, 3650) })),
      ).toMatchObject({ status: 200, body: { end: later(month.end, 3650) } });
      await t.settled();
      expect(await read(bought.orderId)).toMatchObject({ version: 4 });
      expect(await read(renewal.orderId)).toMatchObject({
        version: 4,
        servicePeriod: { end: corrected.end },
      });
    },
  );

  test('ORD-26 RFD-6 an end that is told while a renewal is open is not lost', async () => {
    const id = `i-${randomUUID()}`;
    const { body: bought } = await placeAndPay(t, 'acc_1', {}, [instance(id)]);
    const { orderId } = await place(t, 'acc_1', { orderType: 'renewal', instanceIds: [id] });
    await pay(t, orderId);
    const period = async (of: string) => (await t.platform().get(`/v1/orders/${of}`)).body.servicePeriod;
    const [start, end] = [later(month.start, 3), later(month.end, 3)];
    // The renewal is in it already, so that it says the end of neither until that is fulfilled.
    await putReport(facts(id, 1, { start, end: monthFrom(end).end }));
    expect(await period(bought.orderId)).toEqual({ start: month.start, end: month.end });
    expect(await fulfil(t, orderId, [instance(id, monthFrom(later(month.end, 5)))])).toMatchObject({
      status: 200,
    });
    expect(await period(bought.orderId)).toEqual({ start, end: later(month.end, 5) });
    const corrected = t.event(
      'order.changed',
      ({ order, what }) =>
        order.orderId === bought.orderId && what.includes('servicePeriod') && order.version > 3,
    );
    expect((await corrected).data.order).toMatchObject({
      version: 4,
      servicePeriod: { start, end: later(month.end, 5) },
    });
    const longAgo = await place(t, 'acc_1', { orderType: 'renewal', instanceIds: [id] });
    await pay(t, longAgo.orderId);
    expect(
      await fulfil(t, longAgo.orderId, [instance(id, monthFrom('2020-01-10T03:00:00.000Z'))]),
    ).toMatchObject({
      status: 422,
      body: { code: 'order.fulfilment_misfit' },
    });
  });

  test('ORD-11 ORD-26 a period that ends before it starts is no fact, by whichever way it is told', async () => {
    const id = `i-${randomUUID()}`;
    await placeAndPay(t, 'acc_1', {}, [instance(id)]);
    const backwards = facts(id, 1, { start: month.end, end: month.start });
    expect(await putReport(backwards)).toMatchObject({
      status: 422,
      body: { code: 'request.invalid', errors: [{ pointer: '/end' }] },
    });
    await publishRaw(t, 'resource.reported', [{ key: `${id}-b`, value: JSON.stringify(backwards) }]);
    expect(await parked(`${id}-b`)).toMatchObject({
      status: 'dead',
      reason: expect.stringContaining('start'),
    });
    await t.sql(`delete from parked_events where key = $1`, [`${id}-b`]);
  });

  test('EVT-14 API-5 a report in the name of another account changes nothing of the instance', async () => {
    const id = `i-${randomUUID()}`;
    const { body } = await placeAndPay(t, 'acc_1', {}, [instance(id)]);
    await tellReport({ ...facts(id, 9, { released: true }), accountId: 'acc_2' });
    expect(await parked(id)).toMatchObject({
      status: 'waiting',
      reason: expect.stringContaining('resource.order_required'),
    });
    await giveUp(t, id);
    await tellReport({ ...facts(id, 9, { released: true, orderId: body.orderId }), accountId: 'acc_2' });
    expect(await parked(id)).toMatchObject({ reason: expect.stringContaining('order.not_found') });
    await giveUp(t, id);
    expect((await customer(t, 'acc_1').get(`/v1/resources/${id}`)).body).toMatchObject({
      reportVersion: 0,
      released: false,
    });
  });
});

test('API-5 payments that could not be applied, and their references, are seen by their account alone', async () => {
  const { orderId } = await place(t, 'acc_seen');
  const told = received(orderId, { accountId: 'acc_seen', parts: { cash: cny('1.00') } });
  await tellPayment(told);
  await t.settled();
  for (const table of ['unapplied_payments', 'payment_references']) {
    const sql = `select from ${table} where payment_reference = '${told.paymentReference}'`;
    expect(await t.asRole('acc_seen').sql(sql)).toHaveLength(1);
    expect(await t.asRole('acc_1').sql(sql)).toHaveLength(0);
    expect(await t.asRole(undefined).sql(`select from ${table}`)).toHaveLength(0);
  }
});

test(
  'EVT-9 EVT-14 a fact that nobody can read holds up neither what it ' +
    'borrowed its key from nor other facts without a key',
  async () => {
    const { orderId } = await place(t, 'acc_k');
    const contractId = `ctr_${orderId}`;
    await publishRaw(t, 'payment.received', [{ key: contractId, value: '{}' }, { value: '{}' }]);
    expect((await parked(contractId)).status).toBe('dead');
    await apply(t, contractId, [orderId], { accountId: 'acc_k', kind: 'payment_request' });
    expect(await answersTo(t, contractId)).toEqual(['order.reserved']);
    await publishRaw(t, 'payment.received', [
      { value: JSON.stringify({ ...received(orderId), accountId: 'acc_k' }) },
    ]);
    await t.event('order.paid', ({ order }) => order.orderId === orderId);
    await t.sql(`delete from parked_events where status = 'dead'`);
  },
);

test(
  'EVT-14 EVT-3 facts that do not fit their schema are dead letters at once ' +
    'with the reason, and the facts beside them have their effect',
  async () => {
    const { orderId } = await place(t, 'acc_1');
    const good = received(orderId);
    const bad: [string, object][] = [
      ['parts', { parts: {} }],
      ['parts', { parts: { cash: cny('-45.00') } }],
      ['parts', { parts: { cash: cny('0.00') } }],
      ['parts', { parts: { cash: cny('45.001') } }],
      ['parts', { parts: { cash: cny('30.00'), voucher: { amount: '15.00', currency: 'USD' } } }],
      ['cash', { parts: { cash: 45 } }],
      ['accountId', { accountId: undefined }],
      ['paymentReference', { paymentReference: 'a reference' }],
    ];
    const messages = bad.map(([, change], i) => ({
      key: `bad-${i}-${orderId}`,
      value: JSON.stringify({ ...received(orderId), ...change }),
    }));
    await publishRaw(t, 'payment.received', [
      ...messages,
      { key: 'no-json', value: '{' },
      { key: good.paymentReference, value: JSON.stringify(good) },
    ]);
    for (const [i, [field]] of bad.entries()) {
      expect(await parked(`bad-${i}-${orderId}`)).toMatchObject({
        status: 'dead',
        reason: expect.stringContaining(field),
      });
    }
    expect(await parked('no-json')).toMatchObject({ status: 'dead' });
    await t.event('order.paid', ({ order }) => order.orderId === orderId);

    const id = `i-${randomUUID()}`;
    const reports: [string, object][] = [
      ['usage', { usage: 'much' }],
      ['reportVersion', { reportVersion: 0 }],
      ['start', { start: 'yesterday' }],
      ['ipAddress', { ipAddress: 'localhost' }],
      ['frozenBy', { frozenBy: 'nobody' }],
    ];
    await publishRaw(
      t,
      'resource.reported',
      reports.map(([, change], i) => ({
        key: `${id}-${i}`,
        value: JSON.stringify({ ...facts(`${id}-${i}`, 1), ...change }),
      })),
    );
    for (const [i, [field]] of reports.entries())
      expect(await parked(`${id}-${i}`)).toMatchObject({
        status: 'dead',
        reason: expect.stringContaining(field),
      });
    const listed = await t.operator().get(`/v1/order-dead-letters?type=resource.reported&limit=200`);
    expect(listed.body.data).toHaveLength(reports.length);
  },
);
