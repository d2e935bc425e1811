import { constant, newEventId } from '@accord/core/runtime';
import type { Fact } from '@accord/events';
import { encodeCursor } from '@accord/http';
import { loadProfile } from '@accord/profile';
import { knowledgeOf, rebuildOf, testService, until, type TestService } from '@accord/testing';
import { flawsOfExamples, flawsUnderBadInput, flawsUnderRepeats } from '@accord/testing/edges';
import { giveUp, parkedEvent } from '@accord/testing/outsider';
import { readModels } from '../src/read-models.ts';
import { notificationService } from '../src/service.ts';
import { signed } from '../src/sms/signature.ts';
import { accountFact, contractFact, orderFact, sample } from './fixtures.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { developmentWebhooks } from './receiver.ts';
import { webhookExamples, webhookRepeats } from './webhook-calls.ts';

const secret = `whsec_${Buffer.alloc(32, 'a secret').toString('base64')}`;
let smtp: MailServer;
let t: TestService;

beforeAll(async () => {
  smtp = await startMailServer();
  const config = {
    profile: loadProfile('alibaba'),
    smtp: { url: constant(smtp.url) },
    mailFrom: 'no-reply@accord.example',
    sms: {
      url: new URL('http://127.0.0.1:9'),
      secrets: constant(secret),
      countryCode: '86',
      limits: { perAccount: 10, perNumber: 10 },
    },
    webhooks: developmentWebhooks(),
  };
  t = await testService({ service: (context) => notificationService(config, context) });
});

afterAll(async () => {
  await t.stop();
  await smtp.down();
});

test('API-1 API-2 API-4 bad input is refused on every route and nothing is stored', async () => {
  expect(await flawsUnderBadInput(t)).toEqual([]);
  const twice = await t.customer('acc_inbox').get('/v1/timeline?orderId=ord_1&refundId=rfd_1');
  expect(twice).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
  const forged = (values: string[]) => `/v1/notifications?cursor=${encodeCursor(values)}`;
  for (const values of [
    ['maybe', '2026-01-10T00:00:00.000Z', 'x'],
    ['true', 'infinity', 'x'],
    ['true', '2026-01-10T00:00:00.000Z', ''],
  ]) {
    expect(await t.customer('acc_inbox').get(forged(values))).toMatchObject({
      status: 422,
      body: { code: 'request.bad_cursor' },
    });
  }
});

test(
  'EVT-14 EVT-9 an account that the contract service refuses is a dead letter here, ' +
    'too, at once and with the reason; its contacts stay as they were',
  async () => {
    await t.publish(accountFact('acc_unfit', 1, [{}]));
    await t.settled();
    await t.publish(accountFact('acc_unfit', 2, [{ name: 'x'.repeat(201) }]));
    expect(await parkedEvent(t, 'acc_unfit')).toEqual({
      status: 'dead',
      reason: expect.stringContaining('at contacts[0].name'),
    });
    expect(await t.sql(`select version::int from contacts where account_id = 'acc_unfit'`)).toEqual([
      { version: 1 },
    ]);
    await giveUp(t, 'acc_unfit');
  },
);

const ids = (body: { data: { notificationId: string }[] }) =>
  body.data.map(({ notificationId }) => notificationId);

test('NTF-6 the inbox: unread first, page by page, counted, marked one by one and all at once', async () => {
  const me = t.customer('acc_inbox');
  expect((await me.get('/v1/notifications')).body).toEqual({ data: [], nextCursor: null });
  for (let n = 1; n <= 5; n += 1) {
    t.clock.offsetMs += 1_000;
    await t.publish(
      orderFact('order.placed', { accountId: 'acc_inbox', orderId: `ord_${n}`, status: 'unpaid' }),
    );
    await t.settled();
  }
  const first = await me.get('/v1/notifications?limit=2');
  const second = await me.get(`/v1/notifications?limit=2&cursor=${first.body.nextCursor}`);
  const third = await me.get(`/v1/notifications?limit=2&cursor=${second.body.nextCursor}`);
  const about = [first, second, third].flatMap(({ body }) =>
    body.data.map((item: { about: { id: string } }) => item.about.id),
  );
  expect(about).toEqual(['ord_5', 'ord_4', 'ord_3', 'ord_2', 'ord_1']);
  expect(third.body.nextCursor).toBeNull();

  const newest = ids(first.body)[0]!;
  const read = await me.post(`/v1/notifications/${newest}/read`);
  expect(read).toMatchObject({
    status: 200,
    body: { notificationId: newest, readAt: expect.any(String) as unknown },
  });
  expect((await me.post(`/v1/notifications/${newest}/read`)).body.readAt).toBe(read.body.readAt);
  expect((await me.get('/v1/notifications/unread-count')).body).toEqual({ unread: 4 });
  expect(ids((await me.get('/v1/notifications')).body).at(-1)).toBe(newest);
  expect((await me.post('/v1/notifications/read')).body).toEqual({ read: 4 });
  expect((await me.get('/v1/notifications/unread-count')).body).toEqual({ unread: 0 });
  expect((await me.get('/v1/notifications')).body.data).toHaveLength(5);
});

test(
  'API-6 every route that takes a key answers a repeat as it did, ' +
    'does nothing twice, and refuses the key with another body',
  async () => {
    const accountId = 'acc_twice';
    const me = t.customer(accountId);
    await t.publish(accountFact(accountId, 1, [{}]));
    await t.settled({ dueWork: false });
    smtp.behave = () => 'refuse';
    const dead = () =>
      t.events.filter(({ type, subject }) => type === 'notification.dead' && subject.accountId === accountId);
    const onTimeline = () =>
      t.sql(`select from timeline_events where account_id = $1 and type = 'notification.dead'`, [accountId]);
    let deaths = 0;
    /** The e-mail was refused again, and that is known everywhere. */
    const over = (count: number) =>
      until(
        'the e-mail is dead',
        async () => dead().length === count && (await onTimeline()).length === count,
      );
    const told = async (orderId: string) => {
      await t.publish(orderFact('order.paid', { accountId, orderId, status: 'paid' }));
      await over((deaths += 1));
      await t.settled();
      return ids((await me.get('/v1/notifications')).body)[0]!;
    };
    expect(
      await flawsUnderRepeats(t, {
        'POST /v1/notifications/{notificationId}/read': async () => ({
          by: me,
          path: `/v1/notifications/${await told('ord_twice_1')}/read`,
        }),
        'POST /v1/notifications/read': async () => (
          await told('ord_twice_2'),
          { by: me, path: '/v1/notifications/read' }
        ),
        'POST /v1/notifications/{notificationId}/replay': async () => {
          await told('ord_twice_3');
          const [{ notificationId }] = (await t.sql<{ notificationId: string }>(
            `select notification_id as "notificationId" from notifications
              where account_id = $1 and status = 'dead' limit 1`,
            [accountId],
          )) as [{ notificationId: string }];
          return {
            by: t.operator(),
            path: `/v1/notifications/${notificationId}/replay`,
            over: () => over(deaths + 1),
          };
        },
        ...webhookRepeats(me),
      }),
    ).toEqual([]);
    smtp.behave = () => 'take';
  },
);

/** The signature of the request that the document shows, about this SMS. */
function signedReport({ notificationId }: { notificationId: string }) {
  const { example } = t.running.service.routes.find(({ operationId }) => operationId === 'reportSms')!;
  const body = JSON.stringify({ ...(example as object), id: notificationId });
  return { ...signed(secret, { id: 'msg_shown', body, now: new Date(Date.now() + t.clock.offsetMs) }) };
}

test('API-3 each route answers the request that the document shows for it as described', async () => {
  const accountId = 'acc_examples';
  const me = t.customer(accountId);
  const ofMine = { by: me };
  await t.publish(accountFact(accountId, 1, [{}]));
  await t.settled();
  smtp.behave = () => 'refuse';
  for (const orderId of ['ord_shown_1', 'ord_shown_2'])
    await t.publish(orderFact('order.paid', { accountId, orderId, status: 'paid' }));
  await t.event('notification.dead', ({ notification }) => notification.accountId === accountId);
  await t.settled();
  smtp.behave = () => 'take';
  const messages = await t.sql<{ id: string }>(
    `select notification_id as id from notifications where account_id = $1 order by channel = 'email'`,
    [accountId],
  );
  const inInbox = { notificationId: ids((await me.get('/v1/notifications')).body)[0]! };
  const byMail = { notificationId: messages.at(-1)!.id };
  const bySms = { notificationId: messages.at(-2)!.id };
  await t.sql(`update notifications set channel = 'sms' where notification_id = $1`, [bySms.notificationId]);
  expect(
    await flawsOfExamples(t, {
      listNotifications: () => ofMine,
      countUnread: () => ofMine,
      markRead: () => ({ by: me, ids: inInbox }),
      markAllRead: () => ofMine,
      getNotification: () => ({ by: t.operator(), ids: byMail }),
      replayNotification: () => ({ by: t.operator(), ids: byMail }),
      reportSms: () => ({
        by: t.anonymous(),
        ids: { id: bySms.notificationId },
        headers: signedReport(bySms),
      }),
      getPreferences: () => ofMine,
      choosePreferences: () => ofMine,
      getTimeline: () => ({ by: me, query: 'orderId=ord_shown_1' }),
      ...webhookExamples(me),
    }),
  ).toEqual([]);
});

test('NTF-3 the inbox speaks the language that was asked for', async () => {
  await t.publish(orderFact('order.placed', { accountId: 'acc_lang', orderId: 'ord_lang' }));
  await t.settled();
  const title = async (language: string) =>
    (await t.customer('acc_lang').get('/v1/notifications', { 'accept-language': language })).body.data[0]
      .title;
  expect([await title('en'), await title('zh-CN')]).toEqual([
    'Order ord_lang was placed',
    '订单 ord_lang 已提交',
  ]);
});

/**
 * A cancelled order inside a contract, as it runs through the services (EVT-21), heard from its end to its
 * beginning.
 */
async function tellStory(accountId: string): Promise<string[]> {
  const [placed, requested, reserved, drafted, cancelled, voided, released] = Array.from({ length: 7 }, () =>
    newEventId(),
  ) as [string, string, string, string, string, string, string];
  const one = { accountId, orderId: `${accountId}_1` };
  const two = { accountId, orderId: `${accountId}_2` };
  const contract = { accountId, contractId: `${accountId}_ctr`, orderIds: [one.orderId, two.orderId] };
  const holder = { kind: 'contract' as const, id: contract.contractId };
  const order = sample('order.placed').data.order;
  const told: [string, string, string, Fact][] = [
    [placed, newEventId(), `customer:usr_1`, orderFact('order.placed', { ...one, version: 1 })],
    [
      requested,
      newEventId(),
      'customer:usr_1',
      contractFact('contract.requested', { ...contract, version: 1 }),
    ],
    [
      reserved,
      requested,
      `event:${requested}`,
      {
        type: 'order.reserved',
        data: {
          holder,
          accountId,
          resources: [],
          orders: [one, two].map((o) => ({ ...order, ...o, version: 2, hold: holder })),
        },
      },
    ],
    [drafted, reserved, `event:${reserved}`, contractFact('contract.drafted', { ...contract, version: 2 })],
    [
      cancelled,
      newEventId(),
      'operator:op_7',
      orderFact('order.cancelled', { ...one, version: 3 }, { reason: 'by_operator' }),
    ],
    [
      voided,
      cancelled,
      `event:${cancelled}`,
      contractFact(
        'contract.voided',
        { ...contract, version: 3 },
        { reason: 'order_cancelled', orderId: one.orderId },
      ),
    ],
    [released, voided, `event:${voided}`, orderFact('order.released', { ...two, version: 3 }, { holder })],
  ];
  t.clock.offsetMs += told.length * 1_000;
  for (const [id, causationId, actor, fact] of told.toReversed()) {
    await t.publish(fact, { id, causationId, actor });
    t.clock.offsetMs -= 1_000;
  }
  t.clock.offsetMs += told.length * 1_000;
  await t.settled();
  return told.map(([id]) => id);
}

test('NTF-11 one call answers everything that happened to an order, causes first, with who did it', async () => {
  await t.publish(accountFact('acc_tl', 1, [{}]));
  await t.settled();
  const [placed, requested, reserved, drafted, cancelled, voided, released] = await tellStory('acc_tl');
  await until(
    'the messages were sent',
    () =>
      t.events.filter(({ type, subject }) => type === 'notification.sent' && subject.accountId === 'acc_tl')
        .length === 3,
  );
  await until(
    'they are on the timeline',
    async () =>
      (await t.sql(`select from timeline_events where account_id = 'acc_tl' and type = 'notification.sent'`))
        .length === 3,
  );

  const me = t.customer('acc_tl');
  const answer = await me.get('/v1/timeline?orderId=acc_tl_1');
  const told = answer.body.data as {
    eventId: string;
    type: string;
    actor: object;
    startedBy: object;
    data: { notification?: { eventType: string } };
  }[];
  const happened = told.filter(({ type }) => type !== 'notification.sent');
  expect(happened.map(({ eventId }) => eventId)).toEqual(
    [placed, requested, reserved, drafted, cancelled, voided, released].filter((id) => id !== released),
  );
  expect(
    told
      .filter(({ type }) => type === 'notification.sent')
      .map(({ data }) => data.notification!.eventType)
      .sort(),
  ).toEqual(['contract.drafted', 'contract.voided', 'order.cancelled']);
  const at = (id: string | undefined) => told.findIndex(({ eventId }) => eventId === id);
  expect(told[at(reserved)]).toMatchObject({
    type: 'order.reserved',
    actor: { kind: 'event', id: requested },
    startedBy: { kind: 'customer', id: 'usr_1' },
  });
  expect(told[at(voided)]).toMatchObject({
    startedBy: { kind: 'operator', id: null },
    subject: { kind: 'contract', id: 'acc_tl_ctr', version: 3 },
  });
  expect(JSON.stringify(told)).not.toContain('operatorId');

  const forStaff = (await t.operator().get('/v1/timeline?orderId=acc_tl_1')).body.data as {
    eventId: string;
    actor: object;
  }[];
  expect(forStaff.find(({ eventId }) => eventId === cancelled)).toMatchObject({
    actor: { kind: 'operator', id: 'op_7' },
  });
  const ofContract = (await me.get('/v1/timeline?contractId=acc_tl_ctr')).body.data as { eventId: string }[];
  expect(ofContract.map(({ eventId }) => eventId)).toEqual(
    expect.arrayContaining([requested, reserved, drafted, voided, released]),
  );
  expect(ofContract.map(({ eventId }) => eventId)).not.toContain(placed);
});

test('NTF-11 CTR-35 all that happened to a monthly bill: its tellings, and the contract over it', async () => {
  const [accountId, billId] = ['acc_bill', 'bill_2026_01'];
  const bill = { ...sample('bill.issued').data, accountId, billId };
  const withdrawn = { ...bill, version: bill.version + 1, status: 'withdrawn' as const };
  const contract = {
    accountId,
    contractId: 'ctr_bill',
    kind: 'bill' as const,
    orderIds: [],
    billIds: [billId],
  };
  await t.publish({ type: 'bill.issued', data: bill });
  await t.publish({ type: 'bill.issued', data: withdrawn });
  await t.publish(
    contractFact('contract.voided', contract, { reason: 'bill_withdrawn', orderId: null, billId }),
  );
  await t.settled();
  const { body } = await t.customer(accountId).get('/v1/timeline?billId=bill_2026_01');
  const told = body.data as { type: string; data: object }[];
  expect(told.map(({ type }) => type).sort()).toEqual(['bill.issued', 'bill.issued', 'contract.voided']);
  expect(told.find(({ type }) => type === 'contract.voided')!.data).toMatchObject({
    contract: { billIds: ['bill_2026_01'] },
    billId: 'bill_2026_01',
  });
  expect((await t.customer('acc_other').get('/v1/timeline?billId=bill_2026_01')).status).toBe(404);
});

test("NTF-11 an account's timeline comes page by page and misses nothing", async () => {
  const ids = await tellStory('acc_pages');
  const seen: string[] = [];
  let cursor = '';
  do {
    const { body } = await t.customer('acc_pages').get(`/v1/timeline?accountId=acc_pages&limit=3${cursor}`);
    seen.push(...body.data.map(({ eventId }: { eventId: string }) => eventId));
    cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : '';
  } while (cursor);
  expect(seen.toSorted()).toEqual(ids.toSorted());
  const within = async (path: string) => (await t.customer('acc_pages').get(path)).body.data.length;
  for (const list of [
    '/v1/timeline?limit=200',
    '/v1/timeline?orderId=acc_pages_1',
    '/v1/notifications?limit=200',
  ])
    expect([await within(`${list}&to=2020-01-01`), await within(`${list}&from=2020-01-01`)]).toEqual([
      0,
      await within(list),
    ]);
});

test("API-5 another account's messages and events are not there, on any route nor in the database", async () => {
  await tellStory('acc_mine');
  const [message] = (await t.customer('acc_mine').get('/v1/notifications')).body.data;
  const id = message.notificationId as string;
  const other = t.customer('acc_other');
  const gone = [
    await other.get(`/v1/notifications/${id}`),
    await other.post(`/v1/notifications/${id}/read`),
    await other.get('/v1/timeline?orderId=acc_mine_1'),
    await other.get('/v1/timeline?contractId=acc_mine_ctr'),
    await other.get('/v1/timeline?accountId=acc_mine'),
  ];
  expect(gone.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
  expect((await other.post('/v1/notifications/read')).body).toEqual({ read: 0 });
  expect((await other.get('/v1/notifications')).body.data).toEqual([]);
  expect((await t.customer('acc_mine').get(`/v1/notifications/${id}`)).body.readAt).toBeUndefined();
  expect((await t.customer('acc_mine').get('/v1/notifications/unread-count')).body.unread).toBeGreaterThan(0);
  for (const table of [
    'notifications',
    'timeline_events',
    'timeline_links',
    'contacts',
    'notification_attempts',
    'preferences',
  ]) {
    expect(await t.asRole('acc_other').sql(`select from ${table}`)).toEqual([]);
    expect(await t.asRole(undefined).sql(`select from ${table}`)).toEqual([]);
  }
  expect((await t.asRole('acc_mine').sql('select from timeline_events')).length).toBeGreaterThan(0);
});

test(
  'API-4 an operator names the account; the platform reads no inbox, and a reader ' +
    'of the inbox no timeline',
  async () => {
    expect(await t.operator().get('/v1/notifications')).toMatchObject({
      status: 422,
      body: { code: 'request.account_required' },
    });
    expect(await t.operator().get('/v1/notifications?accountId=acc_mine')).toMatchObject({ status: 200 });
    expect((await t.platform().get('/v1/notifications')).status).toBe(403);
    expect((await t.customer('acc_mine', 'orders:read').get('/v1/notifications')).status).toBe(403);
    const inbox = t.customer('acc_mine', 'notifications:read notifications:write');
    expect((await inbox.get('/v1/notifications')).status).toBe(200);
    for (const path of ['/v1/timeline', '/v1/timeline?orderId=acc_mine_1'])
      expect(await inbox.get(path)).toMatchObject({ status: 403, body: { code: 'auth.scope_missing' } });
    expect((await t.customer('acc_mine', 'timeline:read').get('/v1/timeline')).status).toBe(200);
    expect((await t.anonymous().get('/v1/timeline?orderId=x')).status).toBe(401);
  },
);

test(
  'EVT-13 NTF-11 the timeline and the contacts are rebuilt from the topics as they were, ' +
    'cursors stay good, and nobody is told twice',
  async () => {
    await tellStory('acc_rebuilt');
    await t.settled();
    const read = (cursor = '') =>
      t.customer('acc_rebuilt').get(`/v1/timeline?accountId=acc_rebuilt&limit=3${cursor}`);
    const first = await read();
    const cursor = `&cursor=${first.body.nextCursor}`;
    const [before, second, mails] = [await knowledgeOf(t), await read(cursor), smtp.mails.length];
    await t.sql('truncate timeline_links, contacts');
    await t.sql(
      `delete from timeline_events
          where event_id <= (select event_id from timeline_events order by event_id offset 3 limit 1)`,
    );
    await t.sql(
      `update timeline_events set time = time + interval '1 day', data = '{}' where account_id = 'acc_rebuilt'`,
    );
    await rebuildOf(t, readModels);
    expect(await knowledgeOf(t)).toEqual(before);
    expect([(await read()).body, (await read(cursor)).body, smtp.mails.length]).toEqual([
      first.body,
      second.body,
      mails,
    ]);
  },
);
