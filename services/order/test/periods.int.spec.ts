import { randomUUID } from 'node:crypto';
import type { Data } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { orderService } from '../src/service.ts';
import {
  announcedOf,
  anOrder,
  aPayment,
  aRefund,
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
  refundSays,
  stored,
} from './fixtures.ts';

// Orders over one instance, and the times and the release that the platform reports of it, whichever comes first.

const t = await openShop((context) => orderService({ profile: loadProfile('baidu') }, context));

const accountId = 'acc_periods';
const theirs = customer(t, accountId);
const newId = () => `i-${randomUUID()}`;
const read = async (orderId: string) => (await t.operator().get(`/v1/orders/${orderId}`)).body;
const resource = async (id: string) => (await theirs.get(`/v1/resources/${id}`)).body;

const versions = new Map<string, number>();
/** The next report of the instance, in turns over REST and by topic. */
async function tell(instanceId: string, change: object = {}): Promise<void> {
  const reportVersion = (versions.get(instanceId) ?? 0) + 1;
  versions.set(instanceId, reportVersion);
  const facts = { reportVersion, start: month.start, end: month.end, inEffect: true, ...change };
  if (reportVersion % 2 === 1) {
    expect((await t.platform().put(`/v1/resources/${instanceId}`, facts, key())).status).toBe(200);
    return;
  }
  const data = { usage: '0', instanceId, accountId, ...facts } as Data<'resource.reported'>;
  await t.publish({ type: 'resource.reported', data }, { repeat: 2 });
  await t.settled();
}

const byUse = { billType: 'postpay', chargeType: 'pay_as_you_go', duration: null };
const threeDays = { value: 4320, unit: 'minute' } as const;

/** An order over the instances, paid where it owes anything. */
async function open(orderType: string, instanceIds: string[], change: object = {}) {
  const by = orderType === 'compensation' ? t.operator() : theirs;
  const placed = await by.post('/v1/orders', anOrder({ accountId, orderType, instanceIds, ...change }));
  expect(placed).toMatchObject({ status: 201 });
  const { orderId, status, payableAmount } = placed.body;
  if (status === 'unpaid') expect((await pay(t, orderId, aPayment(payableAmount.amount))).status).toBe(201);
  return orderId as string;
}
const fail = (orderId: string) =>
  t.platform().post(`/v1/orders/${orderId}/fulfilment`, { outcome: 'failed' });

/** A month of an instance, or of each of several in one order. */
async function bought(count = 1) {
  const ids = Array.from({ length: count }, newId).sort();
  const amount = `${count * 45}.00`;
  const { body } = await placeAndPay(
    t,
    accountId,
    { count },
    ids.map((id) => instance(id)),
    amount,
  );
  return { ids, id: ids[0]!, orderId: body.orderId as string };
}

const periodOn = async (orderId: string, id: string) => {
  const { instances } = await read(orderId);
  const { start, end } = instances.find(({ instanceId }: { instanceId: string }) => instanceId === id);
  return { start, end };
};

describe('ORD-26 RFD-6 the end of an instance is the paying order’s, whatever other order is open', () => {
  const kinds: [string, string, object][] = [
    ['a switch to postpay', 'configuration_change', byUse],
    ['a renewal', 'renewal', {}],
    ['a compensation', 'compensation', { duration: threeDays }],
    ['an upgrade', 'upgrade', {}],
  ];

  test.each(kinds)('%s that fails, told before, meanwhile and after', async (_what, orderType, change) => {
    const times = { start: later(month.start, 2), end: later(month.end, 5) };
    const corrected = async (when: 'before' | 'meanwhile' | 'after') => {
      const { id, orderId } = await bought();
      if (when === 'before') await tell(id, times);
      const other = await open(orderType, [id], change);
      if (when === 'meanwhile') {
        await tell(id, { ...times, end: later(month.end, 1) });
        await tell(id, times);
        await tell(id, times);
      }
      expect(await fail(other)).toMatchObject({ status: 200, body: { status: 'voided' } });
      expect(await fail(other)).toMatchObject({ status: 200, body: { status: 'voided' } });
      if (when === 'after') await tell(id, times);
      expect(await resource(id)).toMatchObject(times);
      expect((await stored(t, orderId))['period_end']).toEqual(new Date(times.end));
      return { orderId, other, period: await periodOn(orderId, id) };
    };
    const results = await Promise.all((['before', 'meanwhile', 'after'] as const).map(corrected));
    expect(results.map(({ period }) => period)).toEqual([times, times, times]);
    await t.settled();
    for (const { orderId, other } of results) {
      const changed = t.events.filter(
        ({ subject, type }) => subject.id === orderId && type === 'order.changed',
      );
      expect(changed.at(-1)!.data).toMatchObject({
        what: ['instances', 'servicePeriod'],
        order: { servicePeriod: times },
      });
      expect((await read(orderId)).history.at(-1)).toMatchObject({
        change: 'period_corrected',
        note: expect.stringMatching(/, report \d by platform:/),
      });
      const failed = announcedOf(t, other).filter((event) => event.startsWith('order.fulfilment_failed'));
      expect(failed).toHaveLength(1);
    }
  });

  test('who said it is kept, though it corrects a period only once the order has failed', async () => {
    const { id, orderId } = await bought();
    const other = await open('renewal', [id]);
    const end = later(month.end, 4);
    const facts = {
      instanceId: id,
      accountId,
      reportVersion: 7,
      start: month.start,
      end,
      usage: '0',
      inEffect: true,
    };
    await t.publish({ type: 'resource.reported', data: facts as Data<'resource.reported'> });
    await t.settled();
    await fail(other);
    const { history, instances } = await read(orderId);
    expect(history.at(-1).note).toBe(
      `${id}, report 7 by platform:test: ${month.start} / ${month.end} → ${month.start} / ${end}`,
    );
    expect(instances[0].knownSince).toBe((await resource(id)).knownSince);
  });

  test('an end that a failed renewal’s report told, a month later, is nobody’s until it is told anew', async () => {
    const { id, orderId } = await bought();
    const renewal = await open('renewal', [id]);
    await tell(id, { end: nextMonth.end });
    await fail(renewal);
    expect(await periodOn(orderId, id)).toEqual({ start: month.start, end: month.end });
    await tell(id, { end: later(month.end, 1) });
    expect(await periodOn(orderId, id)).toEqual({ start: month.start, end: later(month.end, 1) });
  });

  test('a renewal that is fulfilled begins where its own report says, and those before it end there', async () => {
    const after = async (told: string[], start: string, when: 'first' | 'last') => {
      const { id, orderId } = await bought();
      const renewal = await open('renewal', [id]);
      const report = async () => {
        for (const end of told) await tell(id, { end });
      };
      if (when === 'first') await report();
      const period = monthFrom(start);
      const done = await fulfil(t, renewal, [{ instanceId: id, ...period }]);
      expect(done).toMatchObject({ status: 200, body: { fulfilment: 'created', servicePeriod: period } });
      expect(await fulfil(t, renewal, [{ instanceId: id, ...period }])).toMatchObject({ status: 200 });
      if (when === 'last') await report();
      const periods = [await periodOn(orderId, id), await periodOn(renewal, id)];
      expect((await resource(id)).end).toBe(periods[1]!.end);
      return periods.map(({ end }) => end);
    };
    const moved = later(month.end, 3);
    const next = monthFrom(moved);
    // Told to end where the renewal begins, before that, behind it, and with the renewal in it.
    expect(await after([moved], moved, 'first')).toEqual([moved, next.end]);
    expect(await after([later(moved, -0.5)], moved, 'first')).toEqual([later(moved, -0.5), next.end]);
    expect(await after([later(moved, 0.5)], moved, 'first')).toEqual([moved, next.end]);
    expect(await after([nextMonth.end, next.end], moved, 'first')).toEqual([moved, next.end]);
    expect(await after([nextMonth.end], month.end, 'first')).toEqual([month.end, nextMonth.end]);
    expect(await after([moved, month.end], month.end, 'first')).toEqual([month.end, nextMonth.end]);
    expect(await after([later(nextMonth.end, 2)], month.end, 'last')).toEqual([
      month.end,
      later(nextMonth.end, 2),
    ]);
  });

  test('several instances: each as it was told, also between the parts of a report of fulfilment', async () => {
    const outcome = async (ends: 'fulfilled' | 'failed') => {
      const { ids, orderId } = await bought(3);
      const renewal = await open('renewal', ids, { count: 3 });
      const given = ids.map((id) => ({ instanceId: id, ...nextMonth }));
      await tell(ids[0]!, { end: later(month.end, 5) });
      await fulfil(t, renewal, [given[1]!]);
      await tell(ids[1]!, { end: later(nextMonth.end, 2) });
      await tell(ids[2]!, { end: later(month.end, 4) });
      if (ends === 'failed') await fail(renewal);
      else expect((await fulfil(t, renewal, [given[0]!, given[2]!])).body.fulfilment).toBe('created');
      const periods = async (of: string) => Promise.all(ids.map(async (id) => (await periodOn(of, id)).end));
      const resources = await Promise.all(ids.map(async (id) => (await resource(id)).end));
      return {
        paid: await periods(orderId),
        resources,
        renewal: ends === 'failed' ? [] : await periods(renewal),
      };
    };
    expect(await outcome('failed')).toEqual({
      paid: [later(month.end, 5), month.end, later(month.end, 4)],
      resources: [later(month.end, 5), later(nextMonth.end, 2), later(month.end, 4)],
      renewal: [],
    });
    const renewed = [nextMonth.end, later(nextMonth.end, 2), nextMonth.end];
    expect(await outcome('fulfilled')).toEqual({
      paid: Array(3).fill(month.end),
      resources: renewed,
      renewal: renewed,
    });
  });

  test('a purchase in parts: what is told of the first before the last is there is not lost', async () => {
    const { orderId } = await place(t, accountId, { count: 2 });
    await pay(t, orderId, aPayment('90.00'));
    const [first, last] = [newId(), newId()];
    await fulfil(t, orderId, [instance(first)]);
    await tell(first, { end: later(month.end, 9) });
    expect((await fulfil(t, orderId, [instance(last)])).body.fulfilment).toBe('created');
    expect(await periodOn(orderId, first)).toEqual({ start: month.start, end: later(month.end, 9) });
    expect(await periodOn(orderId, last)).toEqual({ start: month.start, end: month.end });
    expect((await resource(first)).end).toBe(later(month.end, 9));
  });

  test('a report against a failure that race: the end is the paying order’s, twenty rounds', async () => {
    const race = async () => {
      const { id, orderId } = await bought();
      const other = await open('compensation', [id], { duration: threeDays });
      const end = later(month.end, 5);
      await Promise.all([tell(id, { end }), fail(other)]);
      expect(await periodOn(orderId, id)).toEqual({ start: month.start, end });
    };
    for (let round = 0; round < 20; round += 5) await Promise.all([race(), race(), race(), race(), race()]);
  });
});

describe('ORD-2 from when a switch to postpay holds', () => {
  const startsOf = async (orderId: string) => (await read(orderId)).takesEffect;

  test('a compensation since moves it, and with it the period that its order announces', async () => {
    const { id } = await bought();
    const change = await open('configuration_change', [id], byUse);
    await fulfil(t, change, [{ instanceId: id, start: month.end }]);
    const given = await open('compensation', [id], { duration: threeDays });
    expect(await startsOf(change)).toEqual([{ instanceId: id, at: month.end }]);
    const end = later(month.end, 3);
    await fulfil(t, given, [{ instanceId: id, start: month.end, end }]);
    expect(await startsOf(change)).toEqual([{ instanceId: id, at: end }]);
    expect(await periodOn(change, id)).toEqual({ start: end, end: null });
    await t.settled();
    expect(announcedOf(t, change)).toEqual(['order.placed@1', 'order.fulfilled@2', 'order.changed@3']);
    await tell(id, { end: later(end, 2) });
    expect(await startsOf(change)).toEqual([{ instanceId: id, at: later(end, 2) }]);
    expect(await startsOf(given)).toEqual([]);
  });

  test('an end that is told while it is open moves it, and so does a renewal that is given back', async () => {
    const { id } = await bought();
    const renewal = await open('renewal', [id]);
    await fulfil(t, renewal, [{ instanceId: id, ...nextMonth }]);
    const change = await open('configuration_change', [id], byUse);
    const end = later(nextMonth.end, 2);
    await tell(id, { end });
    expect(await startsOf(change)).toEqual([{ instanceId: id, at: end }]);
    // Its own report has the end as it was.
    expect(await fulfil(t, change, [{ instanceId: id, start: nextMonth.end }])).toMatchObject({
      status: 200,
    });
    expect(await periodOn(change, id)).toEqual({ start: end, end: null });
    const line = { orderId: renewal, instanceId: id };
    const none = { paid: cny('45.00'), consumed: cny('0.00'), fee: cny('0.00'), refund: cny('45.00') };
    const refund = aRefund(`rfd_${id}`, [id], {
      accountId,
      kind: 'renewal_only',
      lines: [{ ...line, ...none }],
    });
    await refundSays(t, 'refund.requested', refund);
    await refundSays(
      t,
      'refund.succeeded',
      { ...refund, version: 2, status: 'succeeded' },
      {},
      { repeat: 2 },
    );
    await t.event('order.voided', ({ order }) => order.orderId === renewal);
    expect((await resource(id)).end).toBe(month.end);
    expect(await startsOf(change)).toEqual([{ instanceId: id, at: month.end }]);
    expect(await periodOn(change, id)).toEqual({ start: month.end, end: null });
  });

  test('ORD-2 an instance is switched once to each side; only another configuration is a change', async () => {
    const { id } = await bought();
    const asked = async (change: object) => {
      const ask = anOrder({ orderType: 'configuration_change', instanceIds: [id], ...change });
      const { status, body } = await theirs.post('/v1/orders', ask);
      return [status, body.code, body.facts];
    };
    const unchanged = (billType: string) => [
      409,
      'order.configuration_unchanged',
      { instanceId: id, billType },
    ];
    const larger = { configuration: [{ name: 'CPU', value: '4 核' }] };
    expect(await asked({})).toEqual(unchanged('prepay'));
    expect(await asked({ configuration: [] })).toEqual(unchanged('prepay'));
    const change = await open('configuration_change', [id], byUse);
    await fulfil(t, change, [{ instanceId: id, start: month.end }]);
    expect(await asked(byUse)).toEqual(unchanged('postpay'));
    expect(await asked({ ...byUse, configuration: [] })).toEqual(unchanged('postpay'));
    const other = await open('configuration_change', [id], { ...byUse, ...larger });
    expect(await fail(other)).toMatchObject({ status: 200 });
    t.clock.offsetMs = Date.parse(month.end) - Date.now() + 2 * day;
    const back = await open('configuration_change', [id], {});
    const period = monthFrom(later(month.end, 2));
    expect(await fulfil(t, back, [{ instanceId: id, ...period }])).toMatchObject({ status: 200 });
    t.clock.offsetMs = Date.parse(period.end) - Date.now() + day;
    expect(await asked({})).toEqual(unchanged('prepay'));
  });
});

describe('ORD-6 ORD-10 ORD-11 an order that is open on an instance which is released', () => {
  const released = { released: true, inEffect: false };

  test('is cancelled where it is not paid; money on its way goes to the account', async () => {
    const { id, ids } = await bought(2);
    const { orderId } = await place(t, accountId, { orderType: 'renewal', instanceIds: ids, count: 2 });
    await tell(ids[1]!, {});
    await tell(id, released);
    await tell(id, released);
    const order = await read(orderId);
    expect(order).toMatchObject({ status: 'cancelled', allowedOperations: ['view'] });
    expect(order.history.at(-1)).toMatchObject({ change: 'cancelled', note: 'the instance was released' });
    expect(await pay(t, orderId, aPayment('90.00'))).toMatchObject({
      status: 409,
      body: { code: 'order.not_payable' },
    });
    const paymentReference = `late-${orderId}`;
    const data = { paymentReference, accountId, orderId, parts: { cash: cny('90.00') } };
    await t.publish({ type: 'payment.received', data }, { repeat: 2 });
    expect(
      (await t.event('payment.unapplied', (of) => of.paymentReference === paymentReference)).data,
    ).toMatchObject({
      reason: 'cancelled',
      amount: cny('90.00'),
    });
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.cancelled@2']);
    const [cancelled] = t.events.filter(
      ({ type, subject }) => type === 'order.cancelled' && subject.id === orderId,
    );
    expect(cancelled!.data).toMatchObject({ reason: 'by_operator', text: null, releasedInstanceId: id });
    // The other instance of the order is free for a new one.
    expect((await place(t, accountId, { orderType: 'renewal', instanceIds: [ids[1]!] })).status).toBe(
      'unpaid',
    );
  });

  const kinds: [string, string, object][] = [
    ['a renewal', 'renewal', {}],
    ['an upgrade', 'upgrade', {}],
    ['a downgrade', 'downgrade', {}],
    ['a compensation', 'compensation', { duration: threeDays }],
    ['a switch to postpay', 'configuration_change', byUse],
  ];

  test.each(kinds)(
    '%s has failed where it is paid, once, and gives its money back',
    async (_what, type, change) => {
      const { id, ids, orderId } = await bought(2);
      const other = await open(type, ids, { count: 2, ...change });
      await tell(ids[1]!, { end: later(month.end, 5) });
      await tell(id, { ...released, end: later(month.end, 4) });
      await tell(id, released);
      const late = { instanceId: id, ...nextMonth };
      expect(await fulfil(t, other, [late])).toMatchObject({
        status: 409,
        body: { code: 'order.not_fulfillable' },
      });
      expect(await fail(other)).toMatchObject({
        status: 200,
        body: { status: 'voided', fulfilment: 'failed' },
      });
      await t.settled();
      const told = announcedOf(t, other);
      expect(told.slice(-2).map((event) => event.split('@')[0])).toEqual([
        'order.fulfilment_failed',
        'order.voided',
      ]);
      expect(told.filter((event) => event.startsWith('order.fulfilment_failed'))).toHaveLength(1);
      // ORD-26: the ends that were told meanwhile are the purchase's.
      expect(await periodOn(orderId, ids[1]!)).toEqual({ start: month.start, end: later(month.end, 5) });
      expect(await resource(id)).toMatchObject({ released: true, inEffect: false });
      expect(await resource(ids[1]!)).toMatchObject({ released: false, end: later(month.end, 5) });
    },
  );

  test('a purchase of which an instance is released before the last is there goes on', async () => {
    const { orderId } = await place(t, accountId, { count: 2 });
    await pay(t, orderId, aPayment('90.00'));
    const [first, last] = [newId(), newId()];
    await fulfil(t, orderId, [instance(first)]);
    await tell(first, released);
    expect(await fulfil(t, orderId, [instance(last)])).toMatchObject({
      status: 200,
      body: { status: 'paid', fulfilment: 'created' },
    });
  });

  test('a release that races with a payment, or with a new order, leaves none open, forty rounds', async () => {
    const race = async (round: number) => {
      const { id, ids } = await bought(2);
      const ask = anOrder({ orderType: 'renewal', instanceIds: ids, count: 2 });
      const early = round % 2 === 0 ? (await theirs.post('/v1/orders', ask)).body.orderId : undefined;
      const [paid, placed] = await Promise.all([
        early && pay(t, early, aPayment('90.00')),
        early ? undefined : theirs.post('/v1/orders', ask),
        tell(id, released),
      ]);
      if (placed && placed.status !== 201) expect(placed.body.code).toBe('order.instance_unknown');
      const orderId = early ?? placed?.body.orderId;
      if (!orderId) return;
      const { status, fulfilment } = await read(orderId);
      expect([status, fulfilment]).toEqual(
        paid?.status === 201 ? ['voided', 'failed'] : ['cancelled', 'none'],
      );
      if (paid && paid.status !== 201) expect(paid.body.code).toBe('order.not_payable');
      expect(await t.sql('select from order_instances where open and instance_id = any ($1)', [ids])).toEqual(
        [],
      );
    };
    for (let round = 0; round < 40; round += 5)
      await Promise.all([0, 1, 2, 3, 4].map((n) => race(round + n)));
  });
});

describe('ORD-10 RFD-14 a creation that is reported after the order has failed', () => {
  test('is refused, and neither money nor instance is counted twice or lost', async () => {
    const { orderId } = await place(t, accountId, { count: 2 });
    await pay(t, orderId, aPayment('90.00'));
    const [first, last] = [newId(), newId()];
    await fulfil(t, orderId, [instance(first)]);
    await fail(orderId);
    const before = await stored(t, orderId);
    const refused = { status: 409, body: { code: 'order.not_fulfillable', facts: { fulfilment: 'failed' } } };
    expect(await fulfil(t, orderId, [instance(last)])).toMatchObject(refused);
    expect(await fulfil(t, orderId, [instance(first), instance(last)])).toMatchObject(refused);
    // The part that was told before is no news; it says that the order is over.
    expect((await fulfil(t, orderId, [instance(first)])).body).toMatchObject({ status: 'voided' });
    const report = { reportVersion: 1, orderId, start: month.start, end: month.end };
    expect(await t.platform().put(`/v1/resources/${last}`, report, key())).toMatchObject(refused);
    expect(await stored(t, orderId)).toEqual(before);
    expect(await theirs.get(`/v1/resources/${last}`)).toMatchObject({ status: 404 });
    expect(await resource(first)).toMatchObject({ released: true });
    const refundId = `rfd_${orderId}`;
    const refund = aRefund(refundId, [], {
      accountId,
      kind: 'failed_fulfilment',
      status: 'succeeded',
      orderIds: [orderId],
    });
    await refundSays(t, 'refund.succeeded', refund, {}, { repeat: 2 });
    await t.settled();
    expect(await fulfil(t, orderId, [instance(last)])).toMatchObject(refused);
    expect(await read(orderId)).toMatchObject({ status: 'voided', refundState: 'full' });
    expect(announcedOf(t, orderId)).toEqual([
      'order.placed@1',
      'order.paid@2',
      'order.changed@3',
      'order.fulfilment_failed@4',
      'order.voided@4',
      'order.changed@5',
    ]);
  });

  test('of a renewal that failed leaves the instance as it was; of two that race one counts', async () => {
    const race = async () => {
      const { id, orderId } = await bought();
      const renewal = await open('renewal', [id]);
      const given = [{ instanceId: id, ...nextMonth }];
      const [created, failed] = await Promise.all([fulfil(t, renewal, given), fail(renewal)]);
      expect([created.status, failed.status].sort()).toEqual([200, 409]);
      const isCreated = created.status === 200;
      expect(await read(renewal)).toMatchObject({ fulfilment: isCreated ? 'created' : 'failed' });
      expect(await resource(id)).toMatchObject({
        end: isCreated ? nextMonth.end : month.end,
        orderIds: isCreated ? [orderId, renewal] : [orderId],
      });
    };
    for (let round = 0; round < 20; round += 5) await Promise.all([race(), race(), race(), race(), race()]);
  });
});
