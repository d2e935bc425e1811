import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { openAudit } from '@accord/audit';
import type { EventType } from '@accord/events';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { applyTopics, openAdmin, openKafka, readTopics } from '@accord/kafka';
import { auditSettingsOf, machineMonth, startSystem, type System } from '@accord/local';
import { rolesOf, roleUrl, schemas } from '@accord/postgres/provision';
import { clientOf, developmentPassword, until, type Reply } from '@accord/testing';
import { publishRaw } from '@accord/testing/outsider';
import { personalData } from '../../deploy/account/personal-data.ts';
import { machineProduct } from '../faults/load.ts';
import { folder, removeFolders } from './story.ts';

// The command `account` against a running system with two accounts that did the same.

const [gone, stays] = ['acc_gone', 'acc_stays'] as const;
const log = pino({ level: 'silent' });
const root = fileURLToPath(new URL('../../', import.meta.url));
const { period } = machineMonth();
const money = (amount: string) => ({ amount, currency: 'CNY' });

let system: System;
let db: pg.Client;
const platform = () => clientOf(system.url, () => system.token({ kind: 'platform' }));
const customer = (accountId: string) =>
  clientOf(system.url, () => system.token({ kind: 'customer', accountId, subject: `usr_${accountId}` }));

/** Words that occur in nothing but what is held of this account. */
const marksOf = (accountId: string) => ({
  name: `Name of ${accountId}`,
  certificate: `certificate-${accountId}`,
  email: `${accountId}@example.com`,
  phone: `phone-${accountId}`,
  recipient: `Recipient ${accountId}`,
  address: `Street of ${accountId}`,
  words: `Words of ${accountId}`,
});
const marked = (accountId: string) => Object.values(marksOf(accountId));

const factsOf = (accountId: string, version: number) => {
  const { name, certificate, email, phone, recipient, address } = marksOf(accountId);
  return {
    version,
    certifiedName: name,
    certificate,
    invoiceTitle: name,
    partner: null,
    contacts: [
      {
        contactId: `cnt_${accountId}`,
        name: recipient,
        email,
        phone,
        locale: 'en',
        timeZone: 'Asia/Shanghai',
        classes: ['orders', 'contracts', 'refunds', 'security'],
      },
    ],
    address: { recipient, phone, address },
  };
};

async function accepted(reply: Promise<Reply>): Promise<Reply['body']> {
  const { status, body } = await reply;
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

interface Life {
  readonly sealed: string;
  readonly unsigned: string;
  readonly cancelled: string;
  readonly instanceId: string;
}

/** A sealed contract over a machine, and one that was voided as a draft, over an order that was cancelled. */
async function live(accountId: string): Promise<Life> {
  const own = customer(accountId);
  const { words, recipient, phone, address } = marksOf(accountId);
  await accepted(platform().put(`/v1/accounts/${accountId}`, factsOf(accountId, 7)));
  await accepted(own.post(`/v1/accounts/${accountId}/addresses`, { recipient, phone, address }));
  await until(
    'the order service knows the account',
    async () =>
      (await rowsOf(`select from orders.account_view where account_id = '${accountId}'`)).length > 0,
  );
  const place = async () =>
    (
      await accepted(
        own.post('/v1/orders', {
          productCode: 'BCC',
          billType: 'prepay',
          chargeType: 'subscription',
          duration: { unit: 'month', value: 1 },
        }),
      )
    ).orderId as string;
  // Asked again where the contract service had not heard of the order yet.
  const apply = async (orderId: string) => {
    let contractId: string | undefined;
    await until('the contract is drafted', async () => {
      if (!contractId) {
        const { body } = await own.post('/v1/contracts', { orderIds: [orderId] }, { prefer: 'wait=10' });
        contractId = body?.data?.[0]?.contractId;
      }
      if (!contractId) return false;
      const { status } = (await own.get(`/v1/contracts/${contractId}`)).body;
      if (status === 'refused') contractId = undefined;
      return status === 'draft';
    });
    return contractId!;
  };
  const paid = await place();
  const key = { 'idempotency-key': `pay-${paid}` };
  const parts = { cash: money('45.00') };
  await accepted(
    platform().post(`/v1/orders/${paid}/payments`, { paymentReference: `ref-${paid}`, parts }, key),
  );
  const instanceId = `i-${accountId}`;
  const created = { outcome: 'created', instances: [{ instanceId, ...period }] };
  await accepted(platform().post(`/v1/orders/${paid}/fulfilment`, created));
  const sealed = await apply(paid);
  await until('it can be sealed', async () => {
    await own.post(`/v1/contracts/${sealed}/finalize`, undefined, { prefer: 'wait=10' });
    return (await own.get(`/v1/contracts/${sealed}`)).body.status === 'official';
  });
  const cancelled = await place();
  const unsigned = await apply(cancelled);
  await accepted(own.post(`/v1/contracts/${unsigned}/void`, { reason: 'other', text: words }));
  await accepted(own.post(`/v1/orders/${cancelled}/cancel`, { reason: words }));
  return { sealed, unsigned, cancelled, instanceId };
}

const released = (instanceId: string) =>
  accepted(
    platform().put(`/v1/resources/${instanceId}`, {
      reportVersion: 9,
      ...period,
      usage: '0',
      released: true,
    }),
  );

const rowsOf = async <Row extends pg.QueryResultRow>(text: string) => (await db.query<Row>(text)).rows;

/** Tables with rows that say one of these words. */
async function tablesThatSay(words: readonly string[]): Promise<string[]> {
  const tables = Object.entries(schemas).flatMap(([service, schema]) =>
    Object.keys(personalData[service as ServiceName]).map((table) => `${schema}.${table}`),
  );
  const found: string[] = [];
  for (const table of tables) {
    const { rows } = await db.query(`select from ${table} t where t::text like any ($1) limit 1`, [
      words.map((word) => `%${word}%`),
    ]);
    if (rows.length > 0) found.push(table);
  }
  return found;
}

interface Ran {
  readonly code: number;
  readonly out: string[];
  readonly err: string;
}

function run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  const command = ['--disable-warning=TimeoutNegativeWarning', file, ...args];
  const settings = {
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
    PATH: process.env['PATH'],
    ...env,
  };
  return new Promise((resolve) =>
    execFile(
      process.execPath,
      command,
      { cwd: root, env: settings, maxBuffer: 2 ** 28 },
      (error, stdout, stderr) =>
        resolve({
          code: error ? Number(error.code ?? -1) : 0,
          out: stdout.split('\n').filter(Boolean),
          err: stderr.trim(),
        }),
    ),
  );
}

const urlOf = (role: string) => roleUrl(system.databaseUrl, role, developmentPassword(role));
const operators = () =>
  Object.fromEntries(
    serviceNames.map((name) => [
      `ACCORD_${name.toUpperCase()}_OPERATOR_DATABASE_URL`,
      urlOf(rolesOf(name).operator),
    ]),
  );
const accord = (...args: string[]) =>
  run('deploy/accord.ts', args, { ...auditSettingsOf(system), ...operators() });
const rebuild = (service: ServiceName) =>
  run('deploy/accord.ts', ['rebuild', service], {
    ...auditSettingsOf(system),
    ACCORD_OWNER_DATABASE_URL: urlOf(rolesOf(service).owner),
  });

const place = () => ({ brokers: system.brokers.split(','), topicPrefix: system.topicPrefix });
const auditAsk = () => ({ databaseUrl: urlOf('accord_auditor'), ...place(), log });

async function broken(): Promise<unknown> {
  const audit = openAudit(auditAsk());
  try {
    return (await audit.round({ settleMs: 20_000 })).broken;
  } finally {
    await audit.close();
  }
}

/** All that follows by itself has been done. */
async function quiet(): Promise<void> {
  const none = async (text: string) => (await rowsOf(text)).length === 0;
  await until('every mail is sent', () =>
    none('select from notifications.notifications where next_at is not null'),
  );
  expect(await broken()).toEqual([]);
  await until('orders are counted', () => none('select from orders.order_deltas'));
}

/** Its lines, in an order of their own. */
async function exported(accountId: string): Promise<string[]> {
  await quiet();
  return (await accord('account', 'export', accountId)).out.sort();
}

const told = (version: number) =>
  publishRaw(place(), 'account.updated', [
    { key: gone, value: JSON.stringify({ account: { accountId: gone, ...factsOf(gone, version) } }) },
  ]);

let life: Life;
let other: Life;
let exportOfStays: string[];

beforeAll(async () => {
  system = await startSystem({ dataDir: folder(), profile: 'baidu' });
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
  const operator = clientOf(system.url, () => system.token({ kind: 'operator' }));
  await accepted(operator.put('/v1/products/BCC', machineProduct));
  [life, other] = await Promise.all([live(gone), live(stays)]);
  await quiet();
});

afterAll(async () => {
  await db?.end();
  await system?.stop();
  removeFolders();
});

test('an export has every row of the account, each word of it, and none of another', async () => {
  const { code, out, err } = await accord('account', 'export', gone);
  expect([code, err]).toEqual([0, '']);
  const lines = out.map((line) => JSON.parse(line) as { table: string; row: Record<string, unknown> });
  const { summary } = lines.pop() as unknown as { summary: object };
  expect(summary).toEqual({ accountId: gone, rows: lines.length });
  for (const word of marked(gone)) expect(out.some((line) => line.includes(word))).toBe(true);
  for (const word of [...marked(stays), stays, ...Object.values(other)])
    expect(out.filter((line) => line.includes(word))).toEqual([]);
  const byTable = Map.groupBy(lines, ({ table }) => table);
  for (const [service, schema] of Object.entries(schemas))
    for (const [table, { isOf }] of Object.entries(personalData[service as ServiceName])) {
      if (isOf !== 'account_id = $1') continue;
      const rows = await rowsOf(`select from ${schema}.${table} where account_id = '${gone}'`);
      expect([table, byTable.get(`${schema}.${table}`)?.length ?? 0]).toEqual([table, rows.length]);
    }
  const [document] = byTable.get('contracts.contract_documents')!;
  const file = await customer(gone).get(`/v1/contracts/${life.sealed}/document`);
  expect(Buffer.from(String(document!.row['file']), 'base64').equals(file.bytes)).toBe(true);
  exportOfStays = await exported(stays);
});

test('an export needs no more memory than some rows, and ends where nobody reads on', async () => {
  await db.query(
    `insert into orders.order_history (order_id, version, account_id, at, actor, change, status, note)
     select 'ord_many', n, 'acc_many', now(), 'customer:x', 'placed', 'unpaid', repeat('x', 10000)
       from generate_series(1, 7000) n`,
  );
  try {
    const { ACCORD_AUDIT_DATABASE_URL } = auditSettingsOf(system);
    const start = (out: 'ignore' | 'pipe') =>
      spawn(
        process.execPath,
        ['--max-old-space-size=60', 'deploy/accord.ts', 'account', 'export', 'acc_many'],
        {
          cwd: root,
          env: { ACCORD_AUDIT_DATABASE_URL, ACCORD_ENV: 'development' },
          stdio: ['ignore', out, 'ignore'],
        },
      );
    expect(await once(start('ignore'), 'close')).toEqual([0, null]);
    const left = start('pipe');
    left.stdout!.once('data', () => left.stdout!.destroy());
    expect(await once(left, 'exit')).toEqual([2, null]);
  } finally {
    await db.query(`delete from orders.order_history where account_id = 'acc_many'`);
  }
});

test('what is asked wrongly, or of nobody, ends with its code', async () => {
  expect((await accord('account', '--help')).code).toBe(0);
  expect((await accord('account', 'export')).code).toBe(2);
  expect((await accord('account', 'forget', gone)).code).toBe(2);
  expect((await accord('account', 'export', gone, '--apply')).code).toBe(2);
  expect((await accord('account', 'erase', "x' or true")).code).toBe(2);
  for (const what of ['export', 'erase'])
    expect(await accord('account', what, 'acc_nobody')).toMatchObject({
      code: 3,
      out: [],
      err: 'account: account.not_found: nothing is held of acc_nobody',
    });
});

test('an account with open processes is not erased, and each is named', async () => {
  const { orderId } = await accepted(
    customer(gone).post('/v1/orders', {
      productCode: 'BCC',
      billType: 'prepay',
      chargeType: 'subscription',
      duration: { unit: 'month', value: 1 },
    }),
  );
  // A version that no service takes.
  await publishRaw(place(), 'account.updated', [
    {
      key: gone,
      value: JSON.stringify({ account: { accountId: gone, ...factsOf(gone, 3), contacts: 'none' } }),
    },
  ]);
  const waiting = `select distinct event_id::text as id from contracts.parked_events join orders.parked_events
    using (event_id) join notifications.parked_events using (event_id)`;
  await until('the event waits everywhere', async () => (await rowsOf(waiting)).length > 0);
  const [{ id: eventId }] = (await rowsOf<{ id: string }>(waiting)) as [{ id: string }];
  expect(await accord('account', 'erase', gone, '--apply')).toEqual({
    code: 3,
    out: [],
    err: [
      `an order that is not paid: ${orderId}`,
      `an instance that lives: ${life.instanceId}`,
      `an event that waits for an operator: ${eventId}`,
    ]
      .map((line) => `account: account.has_open_processes: ${line}`)
      .join('\n'),
  });
  await accepted(customer(gone).post(`/v1/orders/${orderId}/cancel`, { reason: 'never mind' }));
  await released(life.instanceId);
  const operator = clientOf(system.url, () => system.token({ kind: 'operator' }));
  for (const service of ['order', 'contract', 'notification'])
    await accepted(operator.post(`/v1/${service}-dead-letters/discard`, { eventIds: [eventId] }));
  expect(await broken()).toEqual([]);
});

test('without --apply it tells what it would do, and changes nothing', async () => {
  const before = await exported(gone);
  const { code, out, err } = await accord('account', 'erase', gone, '--json');
  expect([code, err]).toEqual([1, '']);
  const lines = out.map((line) => JSON.parse(line) as { table: string; toErase: number });
  expect(lines.filter(({ toErase }) => toErase > 0).map(({ table }) => table)).toEqual([
    'orders.account_view',
    'contracts.accounts',
    'contracts.address_books',
    'contracts.contracts',
    'notifications.contacts',
    'notifications.timeline_events',
  ]);
  expect((await accord('account', 'erase', gone)).out).toContainEqual(
    expect.stringMatching(/^kept {4}orders.orders +3 {2}until the end of the 30th year/),
  );
  expect(await exported(gone)).toEqual(before);
});

/** Words are left in tables alone whose rows are kept, or go by themselves. */
async function expectErased(): Promise<void> {
  const fateOf = (name: string) => {
    const [schema, table] = name.split('.') as [string, string];
    const [service] = Object.entries(schemas).find(([, of]) => of === schema)!;
    return personalData[service as ServiceName][table]!.fate;
  };
  for (const name of await tablesThatSay(marked(gone))) {
    const fate = fateOf(name)!;
    expect([name, fate.is === 'kept' || fate.is === 'gone' || (fate.is === 'erased' && !!fate.rest)]).toEqual(
      [name, true],
    );
  }
  const { email, certificate, phone } = marksOf(gone);
  expect(await tablesThatSay([email])).toEqual([]);
  // On the sealed contract, and in answers that are forgotten after a day.
  for (const table of await tablesThatSay([certificate, phone]))
    expect(['contracts.contracts', 'orders.idempotency_keys', 'contracts.idempotency_keys']).toContain(table);
}

test('an erasure that ends half way is gone on with', async () => {
  await db.query('begin');
  await db.query(`select from notifications.timeline_events where account_id = '${gone}' for update`);
  expect(await accord('account', 'erase', gone, '--apply')).toMatchObject({
    code: 2,
    err: 'account: canceling statement due to lock timeout',
  });
  await db.query('rollback');
  expect((await customer(gone).get(`/v1/accounts/${gone}`)).body.certifiedName).toBe(null);
  expect((await accord('account', 'erase', gone)).code).toBe(1);
});

test('it is erased while the services run; what the law keeps stays; again nothing is to be done', async () => {
  expect(await accord('account', 'erase', gone, '--apply')).toMatchObject({ code: 0, err: '' });
  expect(await accord('account', 'erase', gone, '--apply')).toMatchObject({ code: 0, err: '' });
  await expectErased();
  const own = customer(gone);
  expect((await own.get(`/v1/accounts/${gone}`)).body).toMatchObject({
    certifiedName: null,
    certificate: null,
    contacts: [],
    address: null,
  });
  expect((await own.get(`/v1/contracts/${life.sealed}/document`)).status).toBe(200);
  expect((await own.get(`/v1/contracts/${life.sealed}`)).body.partyA).toBe(marksOf(gone).name);
  expect((await own.get(`/v1/contracts/${life.unsigned}`)).body).toMatchObject({
    partyA: '—',
    voidText: null,
  });
  const timeline = await own.get(`/v1/timeline?contractId=${life.unsigned}`);
  expect([timeline.status, timeline.body.data.length > 2]).toEqual([200, true]);
  expect(marked(gone).filter((word) => JSON.stringify(timeline.body).includes(word))).toEqual([]);
  expect((await own.get('/v1/notifications')).status).toBe(200);
  expect(await broken()).toEqual([]);
});

test('nothing of the other account has changed', async () => {
  expect(await exported(stays)).toEqual(exportOfStays);
});

test('EVT-5 a later or repeated telling of the platform brings nothing back', async () => {
  const { status, body } = await platform().put(`/v1/accounts/${gone}`, factsOf(gone, Date.now()));
  expect([status, body.certifiedName, body.version]).toEqual([200, null, Number.MAX_SAFE_INTEGER]);
  await told(7);
  await told(Date.now());
  await until(
    'the timeline has both',
    async () =>
      (
        await rowsOf(
          `select from notifications.timeline_events where aggregate = 'account' and account_id = '${gone}'
             and source = '/platform/test'`,
        )
      ).length === 2,
  );
  expect(await broken()).toEqual([]);
  await expectErased();
});

test('NTF-2 no mail goes to an erased account; its inbox has the message', async () => {
  const mailsTo = (accountId: string) =>
    system.mails.filter((mail) => JSON.stringify(mail).includes(marksOf(accountId).email)).length;
  const before = { gone: mailsTo(gone), stays: mailsTo(stays) };
  expect(before.gone).toBeGreaterThan(0);
  for (const [accountId, { cancelled: orderId }] of [
    [gone, life],
    [stays, other],
  ] as const)
    await publishRaw(place(), 'payment.received', [
      {
        key: `late-${accountId}`,
        value: JSON.stringify({
          paymentReference: `late-${accountId}`,
          accountId,
          orderId,
          parts: { cash: money('45.00'), voucher: money('0.00') },
        }),
      },
    ]);
  const inboxOf = async (accountId: string) =>
    (
      await rowsOf(
        `select from notifications.notifications where account_id = '${accountId}'
           and event_type = 'payment.unapplied' and channel = 'inbox'`,
      )
    ).length;
  await until('both are told', async () => (await inboxOf(gone)) + (await inboxOf(stays)) === 2);
  await until('the other gets a mail', () => mailsTo(stays) > before.stays);
  const waiting = `select from notifications.notifications where account_id = '${gone}' and next_at is not null`;
  expect(await rowsOf(waiting)).toEqual([]);
  expect(mailsTo(gone)).toBe(before.gone);
});

/** The topics whole, as text. */
async function messagesOf(topics: readonly EventType[]): Promise<string> {
  let texts = '';
  const reader = await readTopics(openKafka({ ...place(), clientId: 'test', log }), {
    reader: 'test',
    topics,
    onMessages: (_topic, _partition, messages) => {
      for (const { value } of messages) texts += String(value);
    },
  });
  try {
    await reader.untilRead(await reader.offsetRanges());
    return texts;
  } finally {
    await reader.close();
  }
}

/** As docs/personal-data.md says. */
async function makeAnew(topics: readonly EventType[]): Promise<void> {
  const services = Object.values(system.services);
  await Promise.all(services.map((service) => service.kill('SIGTERM')));
  const admin = await openAdmin(openKafka({ ...place(), clientId: 'test', log }));
  try {
    await admin.deleteTopics(topics);
    await until(
      'the topics are gone',
      async () => (await admin.missingTopics(topics)).length === topics.length,
    );
  } finally {
    await admin.close();
  }
  await applyTopics({ ...place(), log }, { topics, replication: 1, partitions: 2 });
  expect(await accord('reconcile', '--apply')).toMatchObject({ code: 0, err: '' });
  expect(await accord('reconcile')).toMatchObject({ code: 0, err: '' });
  await Promise.all(services.map((service) => service.restart()));
  expect(await broken()).toEqual([]);
}

test('EVT-13 views that are made anew have nothing of it; account.updated, made anew, neither', async () => {
  for (const service of ['order', 'notification'] as const)
    expect(await rebuild(service)).toMatchObject({ code: 0 });
  expect(await tablesThatSay([marksOf(gone).email])).toEqual([]);
  expect(await messagesOf(['account.updated'])).toContain(marksOf(gone).email);
  await makeAnew(['account.updated']);
  const texts = await messagesOf(['account.updated']);
  expect(marked(gone).filter((word) => texts.includes(word))).toEqual([]);
  expect(texts).toContain(marksOf(stays).email);
  for (const service of ['order', 'notification'] as const)
    expect(await rebuild(service)).toMatchObject({ code: 0 });
  expect(await broken()).toEqual([]);
});

test('topics of contracts, made anew, name nobody who is erased; no timeline is made from them', async () => {
  // The timeline was rebuilt, from topics that still have them.
  expect((await accord('account', 'erase', gone)).code).toBe(1);
  expect(await accord('account', 'erase', gone, '--apply')).toMatchObject({ code: 0 });
  const topics = ['contract.requested', 'contract.drafted', 'contract.voided'] as const;
  await makeAnew(topics);
  const texts = await messagesOf(topics);
  expect(marked(gone).filter((word) => texts.includes(word))).toEqual([]);
  expect(texts).toContain(marksOf(stays).words);
  expect(await rebuild('notification')).toMatchObject({ code: 1 });
  await expectErased();
});
