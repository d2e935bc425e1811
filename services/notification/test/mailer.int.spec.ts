import { constant } from '@accord/core/runtime';
import { eventTypes, type EventType, type Fact } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { testService, until, type TestService } from '@accord/testing';
import { notices, type Notice } from '../src/notice/notice.ts';
import { notificationService } from '../src/service.ts';
import { accountFact, contractFact, orderFact, sample } from './fixtures.ts';
import { signatureOf, startGateway, type GatewayMood, type LocalGateway } from './local-gateway.ts';
import { startMailServer, type MailServer, type ReceivedMail } from './mail-server.ts';

const MINUTE = 60_000;
let smtp: MailServer;
let gateway: LocalGateway;
let t: TestService;

beforeAll(async () => {
  smtp = await startMailServer();
  gateway = await startGateway();
  const config = {
    profile: loadProfile('baidu'),
    smtp: { url: constant(smtp.url) },
    mailFrom: 'Accord <no-reply@accord.example>',
    sms: {
      url: gateway.url,
      secrets: constant(gateway.secret),
      withinMs: 1_000,
      countryCode: '86',
      price: { amount: '0.045', currency: 'CNY' },
      limits: { perAccount: 3, perNumber: 2 },
    },
  };
  t = await testService({ service: (context) => notificationService(config, context) });
});

afterAll(async () => {
  await t.stop();
  await smtp.down();
  await gateway.close();
});

afterEach(() => {
  smtp.behave = () => 'take';
  smtp.beforeAccepting = () => Promise.resolve();
});

type Row = {
  notification_id: string;
  channel: string;
  status: string;
  attempts: number;
  reason: string | null;
  version: number;
};
const rows = (accountId: string, channel = 'email') =>
  t.sql<Row>(
    `select notification_id, channel, status, attempts, reason, version from notifications
      where account_id = $1 and channel = $2 order by created_at, 1`,
    [accountId, channel],
  );
const mailsTo = (accountId: string) => smtp.mails.filter(({ to }) => to.startsWith(`${accountId}-`));
const arrives = (accountId: string, count = 1) =>
  until(`${count} mails to ${accountId}`, () => mailsTo(accountId).length >= count);
const becomes = (accountId: string, status: string) =>
  until(`${accountId} ${status}`, async () => (await rows(accountId))[0]?.status === status);
const paid = (accountId: string, orderId: string) => orderFact('order.paid', { accountId, orderId });

test(
  'NTF-5 EVT-8 every event of the catalogue, handled twice, ' + 'makes one message per recipient and channel',
  async () => {
    const account = sample('account.updated').data.account.accountId;
    const contacts = [{ locale: 'zh-CN' as const }, { classes: ['refunds' as const] }].map((contact, i) => ({
      ...contact,
      email: `${account}-${i}@example.com`,
    }));
    await t.publish(accountFact(account, 1, contacts));
    await t.settled({ dueWork: false });
    const ids = new Map<EventType, string>();
    for (const type of eventTypes.filter((type) => type !== 'account.updated'))
      ids.set(type, await t.publish(sample(type) as Fact, { repeat: 2 }));
    await t.settled({ dueWork: false });

    const expected = eventTypes.flatMap((type) => {
      const notice = notices[type] as Notice;
      if (notice.tells === 'nobody') return [];
      const emails = notice.channels.includes('email') ? (notice.tells === 'refunds' ? 2 : 1) : 0;
      const sms = notice.channels.includes('sms') ? [`${type} sms 1`] : [];
      return [`${type} inbox 1`, ...(emails ? [`${type} email ${emails}`] : []), ...sms];
    });
    const found = await t.sql<{ line: string }>(
      `select event_type || ' ' || channel || ' ' || count(*) as line from notifications
          where account_id = $1 group by event_type, channel`,
      [account],
    );
    expect(found.map(({ line }) => line).sort()).toEqual(expected.sort());
    expect(await t.sql('select event_id from parked_events')).toEqual([]);

    const mails = (await rows(account)).length;
    await arrives(account, mails);
    await until('all are recorded', async () =>
      (await rows(account)).every(({ status }) => status === 'sent'),
    );
    expect(mailsTo(account)).toHaveLength(mails);
    expect(new Set(mailsTo(account).map(({ messageId }) => messageId)).size).toBe(mails);
    await t.settled({ dueWork: false });
    const announced = t.events.filter(
      ({ type, actor, subject }) =>
        type === 'notification.sent' && actor === 'system:mailer' && subject.accountId === account,
    );
    expect(announced).toHaveLength(mails);
  },
);

test(
  'NTF-2 NTF-3 an e-mail has text and HTML in the language of its contact, ' +
    'and an id that can be recognised',
  async () => {
    await t.publish(accountFact('acc_text', 1, [{ name: '陈 <星>', locale: 'zh-CN' }]));
    await t.settled({ dueWork: false });
    const orderIds = ['ord_a', 'ord_b', 'ord_c'];
    const voided = contractFact(
      'contract.voided',
      { accountId: 'acc_text', contractId: 'ctr_t', number: 'CT-2026-00000001', orderIds },
      { reason: 'order_cancelled', orderId: 'ord_b', text: null },
    );
    const eventId = await t.publish(voided);
    await arrives('acc_text');
    const [{ raw, messageId }] = mailsTo('acc_text') as [ReceivedMail];
    const [row] = await rows('acc_text');
    expect(messageId).toBe(`<${row!.notification_id}@accord.example>`);
    const decoded = raw
      .split(/\r?\n\r?\n/)
      .map((part) => Buffer.from(part.replaceAll(/\s/g, ''), 'base64').toString())
      .join('\n');
    expect(raw).toMatch(/multipart\/alternative[^]*text\/plain[^]*text\/html/);
    const [, sender] = /^From: =\?UTF-8\?B\?(\S+)\?= <no-reply@accord\.example>\r?$/m.exec(raw)!;
    expect(Buffer.from(sender!, 'base64').toString()).toBe('百度智能云');
    expect(decoded).toContain('<a href="https://console.bce.baidu.com/contracts/ctr_t"');
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(decoded).toContain('其他订单已释放，可以重新申请合同：ord_a、ord_c');
    expect(decoded).toContain('尊敬的 陈 &lt;星&gt;，您好');
    const sent = await t.event(
      'notification.sent',
      ({ notification }) => notification.accountId === 'acc_text',
    );
    expect(sent.data.notification).toMatchObject({
      eventId,
      eventType: 'contract.voided',
      channel: 'email',
      version: 1,
      contactId: 'acc_text-c0',
    });
    expect(sent.causationId).toBe(eventId);
  },
);

test('NTF-5 NTF-13 while the mail server is down the inbox fills; when it is back the mails go out, once', async () => {
  await t.publish(accountFact('acc_down', 1, [{}]));
  await t.settled({ dueWork: false });
  await smtp.down();
  await t.publish(paid('acc_down', 'ord_down'));
  await becomes('acc_down', 'retry_wait');
  const retries = async () =>
    /^accord_mail_retries\{.*\} (\d+)$/m.exec(await (await fetch(`${t.opsUrl}/metrics`)).text())?.[1];
  expect(await retries()).toBe('1');
  expect(await rows('acc_down', 'inbox')).toHaveLength(1);
  const [{ reason }] = (await rows('acc_down')) as [Row];
  expect(reason).toMatch(/^smtp E/);
  expect(reason).not.toContain('@');
  await smtp.up();
  t.clock.offsetMs += 2 * MINUTE;
  await becomes('acc_down', 'sent');
  expect(await retries()).toBe('0');
  expect(await rows('acc_down')).toMatchObject([{ attempts: 2, version: 1 }]);
  expect(mailsTo('acc_down')).toHaveLength(1);
  const [{ notification_id: id }] = (await rows('acc_down')) as [Row];
  const detail = await t.customer('acc_down').get(`/v1/notifications/${id}`);
  expect(detail.body).toMatchObject({
    status: 'sent',
    attempts: [
      { attempt: 1, outcome: reason },
      { attempt: 2, outcome: 'sent' },
    ],
  });
});

test('NTF-13 a mailbox that hangs delays only its own message', async () => {
  await t.publish(accountFact('acc_hang', 1, [{}]));
  await t.publish(accountFact('acc_free', 1, [{}]));
  await t.settled({ dueWork: false });
  smtp.behave = (address) => (address.startsWith('acc_hang') ? 'hang' : 'take');
  await t.publish(paid('acc_hang', 'ord_hang'));
  await becomes('acc_hang', 'sending');
  await t.publish(paid('acc_free', 'ord_free'));
  await arrives('acc_free');
  expect((await rows('acc_hang'))[0]!.status).toBe('sending');
  expect(await rows('acc_hang', 'inbox')).toHaveLength(1);
});

test('NTF-5 a crash between sending and recording sends the same Message-ID again, and records it once', async () => {
  await t.publish(accountFact('acc_crash', 1, [{}]));
  await t.settled({ dueWork: false });
  await t.sql('create sequence crashes'); // its count outlives the rolled back transaction
  await t.sql(`create function refuse_record() returns trigger language plpgsql security definer as $$
    begin perform nextval('notifications.crashes'); raise exception 'crash'; end $$`);
  await t.sql(
    `create trigger crash before update on notifications for each row
       when (new.account_id = 'acc_crash' and new.status = 'sent') execute function refuse_record()`,
  );
  await t.publish(paid('acc_crash', 'ord_crash'));
  await until(
    'it crashed',
    async () => (await t.sql<{ is_called: boolean }>('select is_called from crashes'))[0]!.is_called,
  );
  await t.sql('drop trigger crash on notifications');
  expect(await rows('acc_crash')).toMatchObject([{ status: 'sending', attempts: 1 }]);
  expect(mailsTo('acc_crash')).toHaveLength(1);
  t.clock.offsetMs += 3 * MINUTE;
  await becomes('acc_crash', 'sent');
  const [first, second, ...more] = mailsTo('acc_crash');
  expect([second!.messageId, more]).toEqual([first!.messageId, []]);
  await t.settled({ dueWork: false });
  expect(
    t.events.filter(({ type, subject }) => type === 'notification.sent' && subject.accountId === 'acc_crash'),
  ).toHaveLength(1);
});

test('NTF-5 an address that is refused is dead at once; an operator sends it again, nobody else', async () => {
  await t.publish(accountFact('acc_dead', 1, [{}]));
  await t.settled({ dueWork: false });
  smtp.behave = () => 'refuse';
  await t.publish(paid('acc_dead', 'ord_dead'));
  const dead = await t.event(
    'notification.dead',
    ({ notification }) => notification.accountId === 'acc_dead',
  );
  expect(dead.data).toMatchObject({
    reason: expect.stringMatching(/EENVELOPE 550/) as unknown,
    notification: { version: 1 },
  });
  expect(JSON.stringify(dead.data)).not.toContain('example.com');
  const { notificationId } = dead.data.notification;
  const replay = `/v1/notifications/${notificationId}/replay`;
  expect((await t.customer('acc_dead').post(replay)).status).toBe(403);
  smtp.behave = () => 'take';
  expect(await t.operator().post(replay)).toMatchObject({
    status: 200,
    body: { status: 'pending', attempts: [{ attempt: 1 }] },
  });
  await becomes('acc_dead', 'sent');
  await t.event(
    'notification.sent',
    ({ notification }) => notification.notificationId === notificationId && notification.version === 2,
  );
  expect(await t.operator().post(replay)).toMatchObject({
    status: 409,
    body: { code: 'notification.not_dead' },
  });
  expect(await t.operator().post('/v1/notifications/ntf_none/replay')).toMatchObject({
    status: 404,
    body: { code: 'notification.not_found' },
  });
});

test('NTF-5 a server that says later is asked again, with the back-off of the attempt', async () => {
  await t.publish(accountFact('acc_later', 1, [{}]));
  await t.settled({ dueWork: false });
  smtp.behave = () => 'later';
  await t.publish(paid('acc_later', 'ord_later'));
  await becomes('acc_later', 'retry_wait');
  const [wait] = await t.sql<{ s: string }>(
    `select extract(epoch from next_at - ended_at) as s
      from notifications n join notification_attempts using (notification_id)
      where n.account_id = 'acc_later' and channel = 'email'`,
  );
  expect(Number(wait!.s)).toBeGreaterThan(45);
  expect(Number(wait!.s)).toBeLessThan(80);
});

test('NTF-2 an e-mail waits for the contacts of an account that is not known yet', async () => {
  await t.publish(paid('acc_new', 'ord_new'));
  await until('it is stored', async () => (await rows('acc_new')).length === 1);
  await t.publish(
    accountFact('acc_new', 2, [{}, { email: 'acc_new-1@example.com' }, { classes: ['refunds'] }]),
  );
  await t.publish(accountFact('acc_new', 1, [{ email: 'acc_new-old@example.com' }]));
  await arrives('acc_new', 2);
  await t.settled({ dueWork: false });
  expect(
    mailsTo('acc_new')
      .map(({ to }) => to)
      .sort(),
  ).toEqual(['acc_new-0@example.com', 'acc_new-1@example.com']);
  expect(await rows('acc_new')).toHaveLength(2);
});

test(
  'NTF-4 quiet hours hold back what may wait, and then it comes as one mail; what was switched off is skipped, ' +
    'and says why; mandatory messages come at once',
  async () => {
    const me = t.customer('acc_quiet');
    await t.publish(accountFact('acc_quiet', 1, [{ timeZone: 'UTC' }]));
    await t.settled({ dueWork: false });
    const hour = 60 * MINUTE;
    const clock = (ms: number) => new Date(Date.now() + t.clock.offsetMs + ms).toISOString().slice(11, 16);
    const quietHours = { from: clock(-hour), to: clock(hour) };
    const off = [{ messageClass: 'refunds', channel: 'email', on: false }];
    expect(await me.put('/v1/notifications/preferences', { channels: off, quietHours })).toMatchObject({
      status: 200,
      body: { version: 2, quietHours },
    });
    await t.publish(paid('acc_quiet', 'ord_quiet_1'));
    await t.publish(orderFact('order.cancelled', { accountId: 'acc_quiet', orderId: 'ord_quiet_2' }));
    const { data } = sample('refund.review_required');
    const refund = { ...data.refund, accountId: 'acc_quiet' };
    await t.publish({ type: 'refund.review_required', data: { ...data, refund } });
    const reasons = async () =>
      (await rows('acc_quiet')).map(({ status, reason }) => `${status} ${reason}`).sort();
    const held = ['pending quiet_hours', 'pending quiet_hours', 'skipped switched_off'];
    await until('they are held back', async () => (await reasons()).join() === held.join());
    const expiring = sample('order.expiring').data;
    const order = { ...expiring.order, accountId: 'acc_quiet', orderId: 'ord_quiet_3' };
    await t.publish({ type: 'order.expiring', data: { ...expiring, order } });
    await arrives('acc_quiet');
    expect(mailsTo('acc_quiet')).toHaveLength(1);

    t.clock.offsetMs += 2 * hour;
    await until('they were sent', async () =>
      (await rows('acc_quiet')).every((row) => row.status !== 'pending'),
    );
    await until('all are recorded', async () =>
      (await rows('acc_quiet')).every(({ status }) => ['sent', 'skipped'].includes(status)),
    );
    const [, digest, ...more] = mailsTo('acc_quiet');
    expect([more, await rows('acc_quiet')]).toMatchObject([[], { length: 4 }]);
    const words = Buffer.from(/base64\r?\n\r?\n([^-]*)/.exec(digest!.raw)![1]!, 'base64').toString();
    expect(words).toMatch(/ord_quiet_1[^]*ord_quiet_2/);
    expect((await rows('acc_quiet')).map(({ version }) => version).sort()).toEqual([0, 1, 1, 1]);
  },
);

test('NTF-4 preferences have versions; what is mandatory is refused with a code; quiet hours end early', async () => {
  const me = t.customer('acc_pref');
  const path = '/v1/notifications/preferences';
  const first = await me.get(path);
  expect(first).toMatchObject({ status: 200, body: { version: 1, quietHours: null, unsubscribed: [] } });
  expect(first.body.channels).toContainEqual({
    messageClass: 'orders',
    channel: 'email',
    on: true,
    alwaysTold: ['order.expiring'],
  });
  const security = [{ messageClass: 'security', channel: 'email', on: false }];
  expect(await me.put(path, { channels: security })).toMatchObject({
    status: 409,
    body: { code: 'preference.mandatory', facts: { messageClass: 'security', channel: 'email' } },
  });
  const clock = (ms: number) => new Date(Date.now() + t.clock.offsetMs + ms).toISOString().slice(11, 16);
  const quietHours = { from: clock(-60 * MINUTE), to: clock(60 * MINUTE) };
  expect((await me.put(path, { quietHours }, { 'if-match': '"1"' })).body.version).toBe(2);
  expect(await me.put(path, {}, { 'if-match': '"1"' })).toMatchObject({
    status: 412,
    body: { code: 'request.version_mismatch' },
  });
  await t.publish(accountFact('acc_pref', 1, [{ timeZone: 'UTC' }]));
  await t.publish(paid('acc_pref', 'ord_pref'));
  await until('it is held back', async () => (await rows('acc_pref'))[0]?.reason === 'quiet_hours');
  expect(await me.put(path, {})).toMatchObject({ status: 200, body: { version: 3, quietHours: null } });
  await arrives('acc_pref');
  expect((await t.operator().get(`${path}?accountId=acc_pref`)).body).toMatchObject({ version: 3 });
  expect((await t.customer('acc_other').get(path)).body).toMatchObject({
    accountId: 'acc_other',
    version: 1,
  });
});

const expiring = (accountId: string, orderId: string): Fact => {
  const { order, ...data } = sample('order.expiring').data;
  return { type: 'order.expiring', data: { ...data, order: { ...order, accountId, orderId } } };
};
const texts = async (accountId: string) =>
  t.sql<Row & { sms: { segments: number; encoding: string; cost: object; report?: object } | null }>(
    `select notification_id, status, attempts, reason, version, sms from notifications
      where account_id = $1 and channel = 'sms' order by created_at, 1`,
    [accountId],
  );
const ends = (accountId: string, statuses: readonly string[]) =>
  until(
    `${accountId} by SMS: ${statuses.join()}`,
    async () => (await texts(accountId)).map(({ status }) => status).join() === statuses.join(),
  );

test('NTF-2 an SMS is signed and counted; the report of its end is taken once, and from nobody else', async () => {
  await t.publish(accountFact('acc_sms', 1, [{ phone: '138 0000-0001', locale: 'zh-CN', email: null }]));
  await t.publish(expiring('acc_sms', 'ord_sms'));
  await ends('acc_sms', ['sent']);
  expect(gateway.phones.get('+8613800000001')).toEqual([
    expect.stringMatching(/^【百度智能云】订单 ord_sms 尚未付款/),
  ]);
  const [{ notification_id: id, sms }] = (await texts('acc_sms')) as [Awaited<ReturnType<typeof texts>>[0]];
  expect(sms).toMatchObject({ encoding: 'ucs2', cost: { currency: 'CNY' } });
  expect(sms!.segments).toBeGreaterThan(0);

  const path = '/v1/notifications/sms-reports';
  const report = async (status: string, more: { id?: string; ageMs?: number; secret?: string } = {}) => {
    const at = new Date(Date.now() + t.clock.offsetMs - (more.ageMs ?? 0));
    const body = JSON.stringify({ id: more.id ?? id, status, at: at.toISOString() });
    const seconds = String(Math.floor(+at / 1_000));
    const signature = signatureOf(more.secret ?? gateway.secret, { id: 'msg_1', seconds, body });
    const { status: got, body: said } = await t.anonymous().send('POST', path, body, {
      'content-type': 'application/json',
      'webhook-id': 'msg_1',
      'webhook-timestamp': seconds,
      'webhook-signature': signature,
    });
    return [got, said.code ?? said.taken];
  };
  const forged = `whsec_${Buffer.from('another secret, of another gateway').toString('base64')}`;
  expect(await report('failed', { secret: forged })).toEqual([403, 'sms.signature_invalid']);
  expect(await report('failed', { ageMs: 6 * MINUTE })).toEqual([403, 'sms.signature_invalid']);
  expect(
    await t.anonymous().post(path, { id, status: 'failed', at: '2026-01-10T08:00:00.000Z' }),
  ).toMatchObject({
    status: 403,
  });
  expect(await report('delivered', { id: 'ntf_none' })).toEqual([404, 'notification.not_found']);
  expect(await report('delivered')).toEqual([200, true]);
  expect([await report('delivered'), await report('failed')]).toEqual([
    [200, false],
    [200, false],
  ]);
  expect((await t.customer('acc_sms').get(`/v1/notifications/${id}`)).body).toMatchObject({
    channel: 'sms',
    status: 'sent',
    sms: { ...sms, report: { status: 'delivered', reason: null } },
  });
});

test(
  'NTF-2 NTF-13 whatever the gateway does and says, a phone gets a message once, ' +
    'and it is asked before the message is sent again',
  async () => {
    const moods: readonly GatewayMood[] = [
      'cuts',
      'hangs',
      'fails',
      'speaks of another',
      'speaks no JSON',
      'redirects',
      'forgets when asked',
    ];
    const accounts = moods.map((mood, i) => ({
      mood,
      accountId: `acc_lie_${i}`,
      number: `+861390000000${i}`,
    }));
    for (const { mood, accountId, number } of accounts) {
      gateway.moods.set(number, mood);
      await t.publish(accountFact(accountId, 1, [{ phone: number, email: null }]));
      await t.publish(expiring(accountId, `${accountId}_ord`));
    }
    for (const { accountId } of accounts) await ends(accountId, ['retry_wait']);
    expect((await texts('acc_lie_1'))[0]!.reason).toBe('sms unknown ETIMEDOUT');
    const before = gateway.asked.length;
    t.clock.offsetMs += 2 * MINUTE;
    for (const { accountId } of accounts) await ends(accountId, ['sent']);
    for (const { number } of accounts)
      expect([number, gateway.phones.get(number)]).toEqual([number, [expect.any(String)]]);
    const again = gateway.asked.slice(before).map(({ line }) => line);
    expect(again.filter((line) => line.startsWith('GET'))).toHaveLength(moods.length);
    expect(again.filter((line) => line.startsWith('POST'))).toEqual(['POST +8613900000006']);
    expect(gateway.asked.flatMap(({ wrong }) => wrong)).toEqual([]);
  },
);

test('NTF-2 a number has its limit, so has an account; a number that is none says so', async () => {
  const phones = ['+8613700000001', '+8613700000002', 'ask Li Lei', '+8613700000003'];
  gateway.moods.set('+8613700000002', 'refuses').set('+8613700000003', 'busy');
  for (const [i, phone] of phones.entries())
    await t.publish(accountFact(`acc_limit_${i}`, 1, [{ phone, email: null }]));
  await t.publish(accountFact('acc_limit_4', 1, [{ phone: '13700000001', email: null }]));
  for (const orderId of ['ord_limit_1', 'ord_limit_2', 'ord_limit_3'])
    await t.publish(expiring('acc_limit_0', orderId));
  await until('the first two went', async () =>
    (await texts('acc_limit_0')).every((row) => row.status !== 'pending'),
  );
  for (const i of [1, 2, 3, 4]) await t.publish(expiring(`acc_limit_${i}`, 'ord_limit'));
  const end = async (i: number) =>
    (await texts(`acc_limit_${i}`)).map(({ status, reason }) => `${status} ${reason}`);
  await until('all have ended', async () =>
    (await Promise.all(phones.map((_, i) => end(i)))).flat().every((one) => !/^(pending|sending)/.test(one)),
  );
  expect((await end(0)).sort()).toEqual(['sent null', 'sent null', 'skipped number_limit']);
  expect(await end(1)).toEqual(['dead sms refused unknown_number']);
  expect(await end(2)).toEqual(['skipped phone_unusable']);
  expect(await end(3)).toEqual(['retry_wait sms later status_503']);
  await ends('acc_limit_4', ['skipped']);
  expect(await end(4)).toEqual(['skipped number_limit']);

  const own = [1, 2].map((n) => ({ phone: `+861360000000${n}`, email: null }));
  await t.publish(accountFact('acc_limit_5', 1, own));
  for (const orderId of ['ord_1', 'ord_2']) await t.publish(expiring('acc_limit_5', orderId));
  await until('four have ended', async () => {
    const rows = await texts('acc_limit_5');
    return rows.length === 4 && rows.every(({ status }) => ['sent', 'skipped'].includes(status));
  });
  expect((await end(5)).sort()).toEqual(['sent null', 'sent null', 'sent null', 'skipped account_limit']);
});

test('NTF-5 an attempt that hangs ends by itself, and says so', async () => {
  const outcomes = () =>
    t.sql<{ outcome: string | null }>(
      `select outcome from notification_attempts where account_id = 'acc_hang' and attempt = 1`,
    );
  await until('the first attempt ended', async () => (await outcomes())[0]!.outcome !== null);
  expect((await outcomes())[0]!.outcome).toMatch(/^smtp E(TIMEDOUT|CONNECTION)/);
});
