import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { pino } from 'pino';
import { checks, openAudit, type Audit, type Difference } from '@accord/audit';
import { OrderSnapshot } from '@accord/events/order';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { auditSettingsOf, machineMonth, startSystem, type System } from '@accord/local';
import { freePort } from '@accord/local/parts';
import { rolesOf, roleUrl } from '@accord/postgres/provision';
import { clientOf, developmentPassword, until } from '@accord/testing';
import { publishRaw, takeBack } from '@accord/testing/outsider';
import { dashboardQueries } from '../docs/dashboards.ts';
import { LogLine } from '../docs/log-line.ts';
import { monitoringQueries, runbookBlocks } from '../docs/monitoring-queries.ts';
import { selectedBy, type Selected } from '../docs/promql.ts';
import { metricsIn, startPrometheus, type Prometheus } from './prometheus.ts';
import { folder, hurried, runStory, removeFolders } from './story.ts';

// The auditor against a system that has played the whole story. First beside the running services, then, with
// them stopped so that nothing mends or follows, every kind of difference is planted, found, and undone: at one
// time only differences of different tables and different ids, so that none is found in another's place.

const command = fileURLToPath(new URL('../../deploy/audit/main.ts', import.meta.url));
const rebuild = fileURLToPath(new URL('../../deploy/local/commands/rebuild.ts', import.meta.url));
const log = pino({ level: 'silent' });

let system: System;
let db: pg.Client;
let audit: Audit;
/** The command, scheduled: one test scrapes it, the next one ends it. */
let auditor: (ReturnType<typeof run> & { readonly url: string }) | undefined;
/** The story's words. */
let told: string;
/** Of a payment for a cancelled order. */
const reference = 'money-for-nothing';

beforeAll(async () => {
  // A service that is paused for a while stays in its group.
  system = await startSystem({
    dataDir: folder(),
    profile: hurried('baidu', 'PT8S'),
    settings: { ACCORD_KAFKA_SESSION_MS: '10000' },
  });
  told = await runStory({ system, profile: 'baidu' });
  db = new pg.Client({ connectionString: system.databaseUrl });
  await db.connect();
  audit = openAudit({ ...auditAsk(), log });
  await abortOutside();
  await tellFromOutside();
});

/** A producer of the platform begins to tell in every partition of a topic, and takes all of it back. */
const abortOutside = () =>
  takeBack(
    auditAsk(),
    'bill.issued',
    [0, 1, 2, 3].map((partition) => ({ partition, value: 'taken back' })),
  );

/**
 * Tells by topic, as the platform does. The account's message is older than what is known, the other's is
 * refused: neither leaves a version behind.
 */
async function tellFromOutside(): Promise<void> {
  const { orderId } = await one<{ orderId: string }>(
    `select order_id as "orderId" from orders.orders where status = 'cancelled' limit 1`,
  );
  const { account } = await one<{ account: { version: number } }>(
    `select facts as account from contracts.accounts where account_id = 'acc_demo'`,
  );
  const tell = (type: Parameters<typeof publishRaw>[1], key: string, data: object) =>
    publishRaw(auditAsk(), type, [{ key, value: JSON.stringify(data) }]);
  const cny = (amount: string) => ({ amount, currency: 'CNY' });
  await tell('payment.received', reference, {
    paymentReference: reference,
    accountId: 'acc_demo',
    orderId,
    parts: { cash: cny('40.00'), voucher: cny('5.00') },
  });
  await tell('bill.issued', 'bill_1', {
    billId: 'bill_1',
    version: 7,
    accountId: 'acc_demo',
    month: '2026-01',
    invoicingEntity: 'baidu_cloud',
    status: 'paid',
    amount: cny('9.00'),
    lines: [{ productCode: 'BCC', amount: cny('9.00') }],
  });
  await tell('account.updated', 'acc_demo', { account });
  await tell('account.updated', 'acc_refused', {
    account: { ...account, accountId: 'acc_refused', version: 5, contacts: 'none' },
  });
  const there = async (sql: string) => (await db.query(sql)).rows.length > 0;
  await until(
    'all was taken in, or refused by all who hear it',
    async () =>
      (await there(`select from refunds.ledger_transactions where payment_reference = '${reference}'`)) &&
      (await there(`select from contracts.bills where bill_id = 'bill_1'`)) &&
      (await there(
        `select from contracts.parked_events p join notifications.parked_events n using (event_id)
           join orders.parked_events o using (event_id)
          where p.key = 'account.updated acc_refused'`,
      )),
  );
  for (const schema of ['contracts', 'notifications', 'orders'])
    await db.query(`delete from ${schema}.parked_events where key = 'account.updated acc_refused'`);
}

afterAll(async () => {
  auditor?.child.kill('SIGKILL'); // has ended, where its test came to its end
  await audit?.close();
  await db?.end();
  await system?.stop();
  removeFolders();
});

const auditAsk = () => ({
  databaseUrl: settings()['ACCORD_AUDIT_DATABASE_URL']!,
  brokers: system.brokers.split(','),
  topicPrefix: system.topicPrefix,
});
const settings = () => auditSettingsOf(system);

/** The command as an operator runs it. */
function run(args: readonly string[], env: Readonly<Record<string, string>>, file = command) {
  const child = spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', file, ...args], {
    env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += String(chunk)));
  child.stderr.on('data', (chunk: Buffer) => (said.err += String(chunk)));
  const ended = new Promise<{ code: number | null; out: string[]; err: string[] }>((resolve) =>
    child.once('close', (code) =>
      resolve({ code, out: said.out.trim().split('\n'), err: said.err.trim().split('\n') }),
    ),
  );
  return { child, ended };
}

const broken = async (settleMs: number): Promise<Difference[]> => [
  ...(await audit.round({ settleMs })).broken,
];
const one = async <Row = { id: string }>(sql: string): Promise<Row> => {
  const { rows } = await db.query(sql);
  if (rows.length === 0) throw new Error(`nothing there: ${sql}`);
  return rows[0] as Row;
};

/** Panels that show nothing, series without a label of their legend, and rules that fail, once all of it has moved. */
async function unanswered(prometheus: Prometheus): Promise<string[]> {
  const [customer, platform] = [
    clientOf(system.url, () => system.token({ kind: 'customer', accountId: 'acc_scraped' })),
    clientOf(system.url, () => system.token({ kind: 'platform' })),
  ];
  const facts = { certifiedName: '抓取公司', invoiceTitle: '抓取公司', contacts: [] };
  const burns = () => prometheus.query('count by (service, slo) (accord:slo_burn:rate30d)');
  let version = 0;
  await until('each service was asked, and heard an event', async () => {
    version += 1;
    await platform.put('/v1/accounts/acc_scraped', { version, ...facts });
    const order = { productCode: 'BCC', billType: 'prepay', chargeType: 'subscription' };
    await customer.post('/v1/orders', { ...order, duration: { unit: 'month', value: 1 } });
    const asked = ['/v1/orders', '/v1/contracts', '/v1/refunds', '/v1/notifications'];
    await Promise.all(asked.map((path) => customer.get(path)));
    await sleep(500);
    return (await burns()).length === 16;
  });
  const silent = await Promise.all(
    dashboardQueries().map(async ({ panel, legend, query, mayBeEmpty }) => {
      const series = await prometheus.query(query);
      const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      if (series.length === 0) return mayBeEmpty ? [] : [`${panel}: nothing`];
      return labels.filter((label) => !(label in series[0]!.metric)).map((label) => `${panel}: no ${label}`);
    }),
  );
  const absent = await prometheus.query('ALERTS{alertname=~"AccordServiceAbsent|AccordDatabaseAway"}');
  return [
    ...silent.flat(),
    ...absent.map(({ metric }) => JSON.stringify(metric)),
    ...(await prometheus.brokenRules()),
  ];
}

describe('beside the running services', () => {
  test(
    'EVT-20 EVT-21 EVT-22 EVT-23 EVT-24 EVT-30 EVT-31 EVT-32 EVT-33 EVT-36 as baidu the main story goes as ' +
      'documented, and the four services agree',
    () => expect(told).toContain(`7 of them used: ${machineMonth().back} (RFD-7)`),
  );

  test('EVT-37 the command finds nothing on a quiet system, and exits 0', async () => {
    const { code, out, err } = await run(['--json'], settings() as Record<string, string>).ended;
    const { broken: found, messages, aggregates, byRule } = JSON.parse(out.at(-1)!);
    expect({ code, err, lines: out.length, found, byRule }).toEqual({
      code: 0,
      err: [''],
      lines: 1,
      found: 0,
      byRule: {},
    });
    expect(messages).toBeGreaterThan(60);
    expect(aggregates).toBeGreaterThan(20);
  });

  test('EVT-37 without settings it says in one line which are missing, and exits 2', async () => {
    const { code, out, err } = await run([], {}).ended;
    expect({ code, out, err }).toEqual({
      code: 2,
      out: [''],
      err: ['audit: settings: ACCORD_AUDIT_DATABASE_URL is missing; ACCORD_KAFKA_BROKERS is missing'],
    });
  });

  const scrape = (page: string) =>
    fetch(`${page}/metrics`).then(
      (reply) => reply.text(),
      () => '',
    );

  test('API-12 alerts, dashboards and runbooks ask for what a scrape of the running system has', async () => {
    const port = await freePort();
    const scheduled = run(['--every', '500ms', '--settle', '100ms'], {
      ...settings(),
      ACCORD_OPS_PORT: String(port),
      ACCORD_HOST: '127.0.0.1',
    } as Record<string, string>);
    const url = `http://127.0.0.1:${port}`;
    auditor = { ...scheduled, url };
    const pages = [...Object.values(system.services).map(({ opsUrl }) => opsUrl), url];
    await until('the auditor made a round', async () =>
      /_last_run_seconds\{.*\} \d{10}/.test(await scrape(url)),
    );
    const metrics = metricsIn((await Promise.all(pages.map(scrape))).join('\n'));
    // Kubernetes and Prometheus add these.
    const added = ['namespace', 'instance', 'alertname', 'alertstate'];
    const isThere = ({ metric, labels }: Selected) =>
      /^accord:|^ALERTS$/.test(metric) ||
      (metrics.has(metric) &&
        labels.every((label) => added.includes(label) || (metrics.get(metric)?.has(label) ?? true)));
    expect(
      monitoringQueries().flatMap(({ from, query }) =>
        selectedBy(query)
          .filter((one) => !isThere(one))
          .map(({ metric, labels }) => `${from}: ${metric}{${labels.join()}}`),
      ),
    ).toEqual([]);
    const prometheus = await startPrometheus(
      folder(),
      pages.map((page) => new URL(page).host),
    );
    process.stderr.write(
      `dashboards and alerts are ${prometheus ? 'asked of a Prometheus' : 'not asked: prometheus is not installed'}\n`,
    );
    try {
      let silent = prometheus ? await unanswered(prometheus) : [];
      // A scrape that took too long on a busy machine leaves a gap, which the next one closes.
      for (let asked = 1; prometheus && silent.length > 0 && asked < 5; asked += 1) {
        await sleep(2_000);
        silent = await unanswered(prometheus);
      }
      expect(silent).toEqual([]);
    } finally {
      await prometheus?.stop();
    }
  });

  test('EVT-37 scheduled it stays up, and shows each rule’s differences as a metric', async () => {
    const { url, child, ended } = auditor!;
    const shows = async (line: RegExp) =>
      until(`the auditor shows ${line}`, async () => line.test(await scrape(url)), { everyMs: 50 });
    await shows(/^accord_audit_differences\{rule="EVT-33",service="audit"\} 0$/m);
    await shows(/^accord_audit_last_run_seconds\{service="audit"\} \d{10}/m);
    const planted = plants.find(({ what }) => what.startsWith('a balance'))!;
    const undo = await plant(planted, (await one(planted.about)).id);
    await shows(/^accord_audit_differences\{rule="EVT-33",service="audit"\} 1$/m);
    await undo();
    await shows(/^accord_audit_differences\{rule="EVT-33",service="audit"\} 0$/m);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('EVT-37 every statement of a runbook can be made in the role of the auditor', async () => {
    const reader = new pg.Client({ connectionString: settings()['ACCORD_AUDIT_DATABASE_URL']! });
    await reader.connect();
    const statements = runbookBlocks('sql');
    expect(statements.length).toBeGreaterThan(8);
    const failed: string[] = [];
    for (const { from, text } of statements)
      await reader.query(text).catch((error: Error) => failed.push(`${from}: ${error.message}`));
    await reader.end();
    expect(failed).toEqual([]);
  });

  test('API-13 every line of the logs has the form of docs/log-line.schema.json, and no line has more', () => {
    const flaws = Object.keys(system.services).flatMap((name) => {
      const lines = readFileSync(join(system.logs, `${name}.log`), 'utf8')
        .trim()
        .split('\n');
      expect(lines.length).toBeGreaterThan(0);
      return lines.flatMap((line) => {
        const { success, error } = LogLine.safeParse(JSON.parse(line));
        return success ? [] : [`${line}: ${error.message}`];
      });
    });
    expect(flaws).toEqual([]);
  });

  test('EVT-13 a view that the auditor finds broken is mended by a rebuild, and everything agrees again', async () => {
    const { order_id: orderId } = await one<{ order_id: string }>(
      `delete from refunds.order_view where order_id = (select min(order_id) from refunds.order_view)
        returning order_id`,
    );
    expect(await broken(0)).toEqual([
      expect.objectContaining({ rule: 'EVT-36', id: orderId, mends: 'refund' }),
    ]);
    const owner = rolesOf('refund').owner;
    const database = roleUrl(system.databaseUrl, owner, developmentPassword(owner));
    const env = {
      ACCORD_ENV: 'development',
      ACCORD_OWNER_DATABASE_URL: database,
      ACCORD_KAFKA_BROKERS: system.brokers,
      ACCORD_TOPIC_PREFIX: system.topicPrefix,
      KAFKAJS_NO_PARTITIONER_WARNING: '1',
    };
    const { code, out } = await run(['refund', '--model', 'order-view', '--json'], env, rebuild).ended;
    expect({ code, ...JSON.parse(out.at(-1)!) }).toMatchObject({
      code: 0,
      service: 'refund',
      models: ['order-view'],
      unreadable: 0,
      tables: [{ table: 'order_view', missing: 1, surplus: 0, other: 0 }, {}, {}, {}, {}],
    });
    expect(await broken(0)).toEqual([]);

    const wrong = await Promise.all([
      run(['billing'], env, rebuild).ended,
      run(['refund', '--model', 'timeline'], env, rebuild).ended,
      run(['refund'], {}, rebuild).ended,
    ]);
    expect(wrong.map(({ code: ended, err }) => [ended, err[0]])).toEqual([
      [2, `name a service: ${serviceNames.join(', ')}`],
      [2, 'rebuild: refund has no read model timeline'],
      [1, 'npm start does not run in this folder; set ACCORD_OWNER_DATABASE_URL and ACCORD_KAFKA_BROKERS'],
    ]);
  });

  test('EVT-8 EVT-14 EVT-37 money whose event was taken for a repeat is found, until it is discarded', async () => {
    const [id, lost] = [randomUUID(), 'money-without-a-trace'];
    await db.query(`insert into orders.inbox (event_id, source) values ($1, '/platform/bank')`, [id]);
    const { orderId } = await one<{ orderId: string }>(
      `select order_id as "orderId" from orders.orders where status = 'cancelled' limit 1`,
    );
    const data = {
      paymentReference: lost,
      accountId: 'acc_demo',
      orderId,
      parts: { cash: { amount: '1.00', currency: 'CNY' } },
    };
    const headers = {
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: '/platform/bank',
      ce_type: 'payment.received',
      ce_time: new Date().toISOString(),
    };
    await publishRaw(auditAsk(), 'payment.received', [{ key: lost, value: JSON.stringify(data), headers }]);
    expect(await broken(500)).toEqual([
      expect.objectContaining({
        rule: 'EVT-14',
        id: lost,
        found: `payment.received of event ${id} from /platform/bank has none`,
        mends: 'order',
      }),
    ]);
    await db.query(
      `insert into orders.redrive_acts (event_id, source, act, actor, at)
       values ($1, '/platform/bank', 'discard', 'operator:op_1', now())`,
      [id],
    );
    expect(await broken(0)).toEqual([]);
  });

  test(
    'EVT-37 what is on its way is moving, and broken once it ' + 'stays away for longer than the settle time',
    async () => {
      const { contract } = system.services;
      const customer = clientOf(system.url, () => system.token({ kind: 'customer', accountId: 'acc_demo' }));
      process.kill(contract.pid, 'SIGSTOP');
      try {
        const body = {
          productCode: 'BCC',
          billType: 'prepay',
          chargeType: 'subscription',
          duration: { unit: 'month', value: 1 },
        };
        const { orderId } = (await customer.post('/v1/orders', body)).body;
        expect(await broken(700)).toContainEqual(
          expect.objectContaining({ rule: 'EVT-36', id: orderId, mends: 'contract' }),
        );
        const settled = audit.round({ settleMs: 30_000 });
        await sleep(700);
        process.kill(contract.pid, 'SIGCONT');
        expect((await settled).broken).toEqual([]);
        expect((await settled).tookMs).toBeGreaterThan(700);
      } finally {
        process.kill(contract.pid, 'SIGCONT');
      }
    },
  );
});

interface Plant {
  readonly rule: string;
  readonly what: string;
  readonly mends: ServiceName;
  /** Gives the id of the aggregate that will differ. */
  readonly about: string;
  /** The words that it says of that id at the least. */
  readonly found?: string;
  /** SQL; `$id` stands for that id. Undone by putting the row back as it was, or away. */
  readonly change?: readonly [table: string, where: string, set: string];
  readonly remove?: readonly [table: string, where: string];
  readonly add?: readonly [table: string, where: string, insert: string];
}

const draft = `select contract_id as id from contracts.contracts where status = 'draft'`;
const voided = `select contract_id as id from contracts.contracts where status = 'voided' limit 1`;
const heldOrder = `select order_id as id from orders.orders where hold_kind = 'contract'`;
const freeOrder = `select order_id as id from orders.orders where status = 'paid' and hold_id is null limit 1`;
const freeInstance = `select order_id as id from orders.orders join orders.order_instances using (order_id)
  where status = 'paid' and hold_id is null limit 1`;
const periodOrder = `select order_id as id from orders.orders where period_end is not null
  and paid_parts is not null limit 1`;
const refund = `select refund_id as id from refunds.refunds where status = 'succeeded' and kind = 'unsubscribe'`;
const returnedRenewal = `refunds.refunds where status = 'succeeded' and kind = 'renewal_only'`;
const refundedOrder = `select order_id as id from refunds.refunded_orders order by 1 limit 1`;
const sentMail = `select notification_id as id from notifications.notifications where version = 1 limit 1`;
const totalsId = `concat_ws(' ', account_id, grain, starts_on, product_code, status, currency)`;
const eventId = '0199aaaa-0000-7000-8000-000000000001';
const literal = (id: string) => `select '${id}' as id`;

const remittanceLike = (
  id: string,
  claimId: string,
) => `insert into orders.remittances (remittance_id, bank_reference,
    amount, currency, payer_name, payer_key, received_at, reported_at, claim_id, claimed_at)
  values ('${id}', 'CMB-planted', 45.00, 'CNY', 'payer', 'PAYER', now(), now(), '${claimId}', now())`;

/** Another contract or refund like the one that is there. */
const contractLike = (id: string, status: string, orderIds: string) => `insert into contracts.contracts
  select (jsonb_populate_record(c, jsonb_build_object('contract_id',
  '${id}', 'status', '${status}', 'number', null, 'order_ids', array[${orderIds}]))).*
  from contracts.contracts c where status = 'draft'`;
const billContract = (
  id: string,
  status: string,
  billId: string,
  amount: string,
) => `insert into contracts.contracts
  select (jsonb_populate_record(c, jsonb_build_object('contract_id', '${id}', 'status', '${status}', 'number', null,
    'kind', 'bill', 'order_ids', '{}'::text[], 'bill_ids', array['${billId}'],
    'amount', jsonb_build_object('amount', '${amount}', 'currency', 'CNY')))).*
  from contracts.contracts c where status = 'draft'`;
const refundLike = (
  id: string,
  status: string,
  orderIds: string,
  instances = `select null where false`,
) => `insert into refunds.refunds
  select (jsonb_populate_record(r, jsonb_build_object('refund_id',
  '${id}', 'status', '${status}', 'quote_id', '${id}', 'order_ids', array[${orderIds}]::text[],
    'instance_ids', array(${instances})::text[]))).*
  from refunds.refunds r where status = 'succeeded' and kind = 'unsubscribe'`;
const outboxRow = (table: string) => `insert into ${table}
  (${table.endsWith('refused') ? 'seq, reason, ' : ''}event_id, aggregate_type, aggregate_id,
  aggregate_version, topic, key, type, payload, headers, shard, occurred_at)
  values (${table.endsWith('refused') ? `1, 'too large', ` : ''}'${eventId}', 'order', 'ord_x', 1,
  'order.changed', 'ord_x', 'order.changed', '{}', '{}', 0, now())`;

const signedOutside = `select contract_id as id from contracts.offline_contracts`;

const plants: readonly Plant[] = [
  {
    rule: 'EVT-30',
    what: 'an order in two live contracts',
    mends: 'contract',
    about: heldOrder,
    add: ['contracts.contracts', `contract_id = 'ctr_twin'`, contractLike('ctr_twin', 'official', `'$id'`)],
  },
  {
    rule: 'EVT-30',
    what: 'an order in a live contract and a running refund',
    mends: 'order',
    about: heldOrder,
    add: ['refunds.refunds', `refund_id = 'rfd_twin'`, refundLike('rfd_twin', 'reviewing', `'$id'`)],
  },
  {
    rule: 'EVT-30',
    what: 'a live contract whose claim is gone',
    mends: 'contract',
    about: heldOrder,
    remove: ['contracts.live_orders', `order_id = '$id'`],
  },
  {
    rule: 'CTR-5',
    what: 'a bill in two live contracts',
    mends: 'contract',
    about: literal('bill_1'),
    found: 'ctr_bills_1, ctr_bills_2',
    add: [
      'contracts.contracts',
      `contract_id like 'ctr_bills_%'`,
      `with one as (${billContract('ctr_bills_1', 'official', '$id', '1.00')} returning 1)
        ${billContract('ctr_bills_2', 'official', '$id', '1.00')}`,
    ],
  },
  {
    rule: 'CTR-5',
    what: 'a claim of a bill by no contract',
    mends: 'contract',
    about: literal('bill_1'),
    found: 'claims it',
    add: [
      'contracts.live_bills',
      `bill_id = '$id'`,
      `insert into contracts.live_bills (bill_id, contract_id, account_id) values ('$id', 'ctr_none', 'acc_demo')`,
    ],
  },
  {
    rule: 'CTR-35',
    what: 'a live contract over a bill that is nowhere',
    mends: 'contract',
    about: literal('bill_nowhere'),
    found: 'nowhere in ctr_vain',
    add: [
      'contracts.contracts',
      `contract_id = 'ctr_vain'`,
      billContract('ctr_vain', 'official', '$id', '1.00'),
    ],
  },
  {
    rule: 'CTR-35',
    what: 'a draft that states a bill as it was before',
    mends: 'contract',
    about: draft,
    found: 'bill_1 was told at version',
    add: [
      'contracts.contract_bills',
      `contract_id = '$id'`,
      `insert into contracts.contract_bills (contract_id, bill_id, account_id, position, snapshot)
        select contract_id, bill_id, c.account_id, 1, jsonb_set(facts, '{month}', '"2000-01"')
          from contracts.contracts c, contracts.bills where contract_id = '$id' and bill_id = 'bill_1'`,
    ],
  },
  {
    rule: 'CTR-8',
    what: 'a contract over bills of another amount than theirs',
    mends: 'contract',
    about: literal('ctr_amiss'),
    found: '2.00 for no bill',
    add: ['contracts.contracts', `contract_id = '$id'`, billContract('$id', 'official', 'bill_1', '2.00')],
  },
  {
    rule: 'EVT-31',
    what: 'a cancelled order in a live contract',
    mends: 'contract',
    about: heldOrder,
    change: ['orders.orders', `order_id = '$id'`, `status = 'cancelled', hold_kind = null, hold_id = null`],
  },
  {
    rule: 'EVT-32',
    what: 'an order held by a contract that has ended',
    mends: 'order',
    about: freeOrder,
    change: ['orders.orders', `order_id = '$id'`, `hold_kind = 'contract', hold_id = (${voided})`],
  },
  {
    rule: 'EVT-32',
    what: 'a live contract that lost its hold',
    mends: 'order',
    about: heldOrder,
    change: ['orders.orders', `order_id = '$id'`, `hold_kind = null, hold_id = null`],
  },
  {
    rule: 'EVT-32',
    what: 'a live contract over an order that nobody has',
    mends: 'order',
    about: literal('ord_nowhere'),
    add: ['contracts.contracts', `contract_id = 'ctr_vain'`, contractLike('ctr_vain', 'draft', `'$id'`)],
  },
  {
    rule: 'EVT-32',
    what: 'a living order on an instance of a running refund that did not see it',
    mends: 'order',
    about: freeInstance,
    add: [
      'refunds.refunds',
      `refund_id = 'rfd_blind'`,
      refundLike(
        'rfd_blind',
        'reviewing',
        '',
        `select instance_id from orders.order_instances where order_id = '$id'`,
      ),
    ],
  },
  {
    rule: 'EVT-32',
    what: 'an ended holder that is not remembered',
    mends: 'order',
    about: voided,
    change: ['orders.holders', `holder_id = '$id'`, 'ended_at = null'],
  },
  {
    rule: 'EVT-33',
    what: 'postings that do not sum to zero',
    mends: 'refund',
    about: `select transaction_id as id from refunds.ledger_transactions limit 1`,
    change: [
      'refunds.ledger_postings',
      `transaction_id = '$id' and balance_after is null`,
      'amount = amount - 1',
    ],
  },
  {
    rule: 'EVT-33',
    what: 'a refund that was not paid in full',
    mends: 'refund',
    about: refund,
    change: ['refunds.refunds', `refund_id = '$id'`, 'amount = amount + 1'],
  },
  {
    rule: 'EVT-33',
    what: 'a refund that was paid and did not succeed',
    mends: 'refund',
    about: refund,
    change: ['refunds.refunds', `refund_id = '$id'`, `status = 'withdrawn'`],
  },
  {
    rule: 'EVT-33',
    what: 'a balance that no posting explains',
    mends: 'refund',
    about: `select 'acc_demo cash CNY' as id`,
    change: [
      'refunds.balances',
      `account_id || ' ' || fund || ' ' || currency = '$id'`,
      'amount = amount + 1',
    ],
  },
  {
    rule: 'EVT-33',
    what: 'more refunded than was paid',
    mends: 'refund',
    about: refundedOrder,
    change: [
      'refunds.refunded_orders',
      `order_id = '$id'`,
      'paid_cash = paid_cash + 1000, refunded_cash = paid_cash + 1',
    ],
    found: 'cash: ',
  },
  {
    rule: 'EVT-33',
    what: 'a fund that gets back money of another',
    mends: 'refund',
    about: refundedOrder,
    change: [
      'refunds.refunded_orders',
      `order_id = '$id'`,
      'paid_stored_card = 0.01, refunded_stored_card = 0.01, refunded_cash = refunded_cash - 0.01',
    ],
    found: 'stored_card: 0.01 of 0',
  },
  {
    rule: 'EVT-33',
    what: 'an order whose funds drifted from how it was paid',
    mends: 'refund',
    about: refundedOrder,
    change: [
      'refunds.refunded_orders',
      `order_id = '$id'`,
      'paid_gift_credit = 10, refunded_gift_credit = 0.02, refunded_cash = refunded_cash - 0.02',
    ],
    found: 'gift_credit: 0.02 of ',
  },
  {
    rule: 'EVT-33',
    what: 'an order whose parts were rounded one by one',
    mends: 'refund',
    about: refundedOrder,
    change: ['refunds.refunded_orders', `order_id = '$id'`, 'refunded_cash = refunded_cash - 0.01'],
    found: ' of exactly ',
  },
  {
    rule: 'EVT-33',
    what: 'a line whose parts do not make up what was paid',
    mends: 'refund',
    about: refund,
    change: [
      'refunds.refunds',
      `refund_id = '$id'`,
      `lines = jsonb_set(lines, '{0,consumed,amount}', '"0.01"')`,
    ],
    found: ' i-',
  },
  {
    rule: 'EVT-33',
    what: 'a refund that went to another fund',
    mends: 'refund',
    about: refund,
    change: [
      'refunds.refunds',
      `refund_id = '$id'`,
      `split = jsonb_set(jsonb_set(split, '{giftCredit,amount}', split #> '{cash,amount}'), '{cash,amount}', '"0.00"')`,
    ],
    found: 'gift_credit: 0 posted, of ',
  },
  {
    rule: 'EVT-33',
    what: 'an order that forgot what it gave back',
    mends: 'refund',
    about: refundedOrder,
    change: ['refunds.refunded_orders', `order_id = '$id'`, 'refunded_cash = 0'],
  },
  {
    rule: 'EVT-33',
    what: 'an order that tells contracts of less returned cash than came back',
    mends: 'order',
    about: `select order_id as id from orders.orders where cash_returned > 0 limit 1`,
    change: ['orders.orders', `order_id = '$id'`, 'cash_returned = cash_returned - 0.01'],
    found: ', its refunds say ',
  },
  {
    rule: 'EVT-33',
    what: 'a paid order without its payment',
    mends: 'order',
    about: `select order_id as id from orders.payments limit 1`,
    remove: ['orders.payments', `order_id = '$id'`],
  },
  {
    rule: 'EVT-33',
    what: 'money that paid no order and was never credited',
    mends: 'refund',
    about: literal(reference),
    remove: [
      'refunds.ledger_postings',
      `transaction_id = (select transaction_id from refunds.ledger_transactions where payment_reference = '$id')`,
    ],
  },
  {
    rule: 'EVT-33',
    what: 'money that was credited, which nobody received',
    mends: 'refund',
    about: literal(reference),
    change: [
      'orders.unapplied_payments',
      `payment_reference = '$id'`,
      `parts = jsonb_set(parts, '{voucher,amount}', '"0.00"')`,
    ],
  },
  {
    rule: 'EVT-33',
    what: 'money that was credited and paid an order, too',
    mends: 'order',
    about: literal(reference),
    add: [
      'orders.payments',
      `payment_reference = '$id'`,
      `insert into orders.payments select payment_reference, order_id, account_id, parts, received_at
        from orders.unapplied_payments where payment_reference = '$id'`,
    ],
  },
  {
    rule: 'EVT-33',
    what: 'a claimed transfer that has paid nothing',
    mends: 'order',
    about: literal('rem_planted'),
    found: 'paid 0 of 45.00',
    add: ['orders.remittances', `remittance_id = '$id'`, remittanceLike('$id', 'rcl_planted')],
  },
  {
    rule: 'EVT-33',
    what: 'a transfer that a claim has which is not there',
    mends: 'order',
    about: literal('rcl_planted'),
    add: ['orders.remittances', `claim_id = '$id'`, remittanceLike('rem_planted', '$id')],
  },
  {
    rule: 'EVT-33',
    what: 'a claim that has a transfer and forgot that it has paid',
    mends: 'order',
    about: `select claim_id as id from orders.remittance_claims where status = 'paid' limit 1`,
    found: 'expired, has rem_',
    change: ['orders.remittance_claims', `claim_id = '$id'`, `status = 'expired', remittance_id = null`],
  },
  {
    rule: 'ORD-23',
    what: 'an order that the totals have forgotten',
    mends: 'order',
    about: `select ${totalsId} as id from orders.order_totals where account_id <> '*' order by 1 limit 1`,
    found: '0 0 0 0 0 in the totals',
    remove: ['orders.order_totals', `${totalsId} = '$id'`],
  },
  {
    rule: 'EVT-33',
    what: 'a claim of a transfer that waits for ever',
    mends: 'order',
    about: literal('rcl_late'),
    add: [
      'orders.remittance_claims',
      `claim_id = '$id'`,
      `insert into orders.remittance_claims (claim_id, account_id, claimed_by, bank_reference, amount, currency,
         order_ids, status, created_at, expires_at, look_at)
       values ('$id', 'acc_demo', 'customer:usr', 'CMB-1', 45.00, 'CNY', '{ord_1}', 'waiting',
         now() - interval '8 days', now() - interval '1 day', now() - interval '1 day')`,
    ],
  },
  {
    rule: 'CTR-24',
    what: 'a ticket that is open about a contract that has ended',
    mends: 'contract',
    about: `select ticket_id as id from contracts.tickets where kind = 'void_official'`,
    change: ['contracts.tickets', `ticket_id = '$id'`, `status = 'submitted'`],
    found: 'which is voided',
  },
  {
    rule: 'CTR-36',
    what: 'a contract signed outside under another number',
    mends: 'contract',
    about: signedOutside,
    change: ['contracts.contracts', `contract_id = '$id'`, `number = 'HT-planted'`],
    found: 'number HT-planted',
  },
  {
    rule: 'CTR-36',
    what: 'a contract signed outside that lost its facts',
    mends: 'contract',
    about: signedOutside,
    remove: ['contracts.offline_contracts', `contract_id = '$id'`],
    found: 'no facts',
  },
  {
    rule: 'CTR-36',
    what: 'a contract that was recorded for a ticket that nobody approved',
    mends: 'contract',
    about: signedOutside,
    change: [
      'contracts.tickets',
      `ticket_id = (select ticket_id from contracts.offline_contracts where contract_id = '$id')`,
      `status = 'rejected'`,
    ],
    found: 'is rejected',
  },
  {
    rule: 'EVT-34',
    what: 'a version that no topic holds',
    mends: 'notification',
    about: sentMail,
    change: ['notifications.notifications', `notification_id = '$id'`, 'version = version + 1'],
  },
  {
    rule: 'EVT-34',
    what: 'a version that its owner does not have',
    mends: 'notification',
    about: sentMail,
    change: ['notifications.notifications', `notification_id = '$id'`, 'version = version - 1'],
  },
  {
    rule: 'EVT-34',
    what: 'an aggregate that its owner lost',
    mends: 'contract',
    about: `select ticket_id as id from contracts.tickets where kind = 'void_official'`,
    remove: ['contracts.tickets', `ticket_id = '$id'`],
  },
  {
    rule: 'EVT-34',
    what: 'an event left in its outbox',
    mends: 'order',
    about: literal(eventId),
    add: ['orders.outbox', `event_id = '$id'`, outboxRow('orders.outbox')],
  },
  {
    rule: 'EVT-34',
    what: 'an event that the broker refused',
    mends: 'refund',
    about: literal(eventId),
    add: ['refunds.outbox_refused', `event_id = '$id'`, outboxRow('refunds.outbox_refused')],
  },
  {
    rule: 'EVT-9',
    what: 'a dead letter',
    mends: 'contract',
    about: literal(eventId),
    add: [
      'contracts.parked_events',
      `event_id = '$id'`,
      `insert into contracts.parked_events (event_id, type, key, topic, partition, "offset", payload,
        headers, status) values ('$id', 'order.paid', 'ord_x', 'order.paid', 0, 0, '{}', '{}', 'dead')`,
    ],
  },
  {
    rule: 'EVT-35',
    what: 'an accepted order that is not there',
    mends: 'order',
    about: literal('ord_gone'),
    add: [
      'orders.idempotency_keys',
      `key_hash = 'planted'`,
      `insert into orders.idempotency_keys (key_hash, account_id, request_hash, status, headers, body,
        created_at) values ('planted', 'acc_demo', '', 201, '{}', '{"orderId":"$id"}', now())`,
    ],
  },
  {
    rule: 'EVT-35',
    what: 'one of several accepted contracts that is not there',
    mends: 'contract',
    about: literal('ctr_gone'),
    add: [
      'contracts.idempotency_keys',
      `key_hash = 'planted'`,
      `insert into contracts.idempotency_keys (key_hash, account_id, request_hash, status, headers, body, created_at)
        select 'planted', 'acc_demo', '', 201, '{}', json_build_object('data',
        json_build_array(json_build_object('contractId', (${draft})), json_build_object('contractId',
        '$id')))::text, now()`,
    ],
  },
  ...(
    [
      ['refund', 'refunds.idempotency_keys', 'refundId', 'rfd_gone'],
      ['contract', 'contracts.idempotency_keys', 'ticketId', 'tkt_gone'],
      ['order', 'orders.idempotency_keys', 'exportId', 'exp_gone'],
    ] as const
  ).map(([service, table, field, id]): Plant => {
    return {
      rule: 'EVT-35',
      what: `an accepted ${field} that is not there`,
      mends: service,
      about: literal(id),
      add: [
        table,
        `key_hash = 'planted'`,
        `insert into ${table} (key_hash, account_id, request_hash, status, headers, body, created_at)
          values ('planted', 'acc_demo', '', 200, '{}', '{"${field}":"$id"}', now())`,
      ],
    };
  }),
  {
    rule: 'EVT-36',
    what: 'an order view that lags behind',
    mends: 'contract',
    about: freeOrder,
    change: ['contracts.order_view', `order_id = '$id'`, 'version = version - 1'],
  },
  {
    rule: 'EVT-36',
    what: 'an order view of the right version that says something else',
    mends: 'refund',
    about: freeOrder,
    change: ['refunds.order_view', `order_id = '$id'`, `snapshot = snapshot || '{"invoiced": true}'`],
  },
  {
    rule: 'EVT-36',
    what: 'a view of an order that nobody has',
    mends: 'refund',
    about: literal('ord_nowhere'),
    add: [
      'refunds.order_view',
      `order_id = '$id'`,
      `insert into refunds.order_view (order_id, account_id, version, snapshot) values ('$id', 'acc_demo', 1, '{}')`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'a resource that was never seen',
    mends: 'refund',
    about: `select instance_id as id from orders.resources limit 1`,
    remove: ['refunds.resource_view', `instance_id = '$id'`],
  },
  {
    rule: 'CTR-11',
    what: 'a sealed contract whose party is another than its file prints',
    mends: 'contract',
    about: `select contract_id as id from contracts.contracts where content is not null limit 1`,
    change: ['contracts.contracts', `contract_id = '$id'`, `party_a = party_a || '{"contact": "another"}'`],
  },
  {
    rule: 'CTR-40',
    what: 'a signed contract that ended because it waited',
    mends: 'contract',
    about: `select contract_id as id from contracts.contracts where finalized_at is not null limit 1`,
    change: ['contracts.contracts', `contract_id = '$id'`, `void_reason = 'draft_expired'`],
  },
  {
    rule: 'CTR-40',
    what: 'a draft that was told of twice',
    mends: 'contract',
    about: draft,
    add: [
      'notifications.timeline_events',
      `type = 'contract.draft_idle' and aggregate_id = '$id'`,
      `insert into notifications.timeline_events
         select (jsonb_populate_record(t, jsonb_build_object('event_id', 'planted-' || n, 'type', 'contract.draft_idle',
           'aggregate_version', 1000 + n))).*
           from notifications.timeline_events t, generate_series(1, 2) n
          where t.type = 'contract.drafted' and t.aggregate_id = '$id'`,
    ],
  },
  {
    rule: 'CTR-24',
    what: 'paper of a contract that has ended, still to be mailed',
    mends: 'contract',
    about: `select contract_id as id from contracts.contracts where status = 'voided' order by 1 limit 1`,
    add: [
      'contracts.paper_copies',
      `contract_id = '$id'`,
      `insert into contracts.paper_copies (contract_id, account_id, status, copies, recipient, phone, address,
         requested_at, promised_from, promised_by)
       select contract_id, account_id, 'printed', 1, 'r', 'p', 'a', now(), now(), now()
         from contracts.contracts where contract_id = '$id'`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'a refund that is not counted',
    mends: 'contract',
    about: `select refund_id as id from refunds.refunds order by 1 limit 1`,
    remove: ['contracts.refund_view', `refund_id = '$id'`],
  },
  {
    rule: 'EVT-36',
    what: 'an order seen with another value in every field, and listed with another status',
    mends: 'contract',
    about: freeOrder,
    found: `these differ: ${Object.keys(OrderSnapshot.shape).sort().join(', ')}, column status`,
    change: [
      'contracts.order_view',
      `order_id = '$id'`,
      `status = 'unpaid', snapshot = (select jsonb_object_agg(key, '"another"'::jsonb) from jsonb_each(snapshot))`,
    ],
  },
  {
    rule: 'ORD-23',
    what: 'totals with an order too many',
    mends: 'order',
    about: `select ${totalsId} as id from orders.order_totals where account_id = '*' order by 1 limit 1`,
    change: ['orders.order_totals', `${totalsId} = '$id'`, 'orders = orders + 1'],
  },
  {
    rule: 'EVT-36',
    what: 'an order whose owner has other amounts by a cent, and times by a millisecond',
    mends: 'refund',
    about: periodOrder,
    found: 'cashPaid, createdAt, paidAt, paidParts, payableAmount, servicePeriod',
    change: [
      'orders.orders',
      `order_id = '$id'`,
      `cash_paid = cash_paid + 0.01, payable_amount = payable_amount + 0.01,
        paid_parts = jsonb_set(paid_parts, '{cash,amount}', to_jsonb((cash_paid + 0.01)::text)),
        period_end = period_end + interval '1 ms', created_at = created_at + interval '1 ms',
         paid_at = paid_at + interval '1 ms'`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'an order seen with another service period, paid otherwise and under other terms',
    mends: 'refund',
    about: periodOrder,
    found: 'these differ: bundleId, paidParts, servicePeriod, unitPrice, column bundle_id',
    change: [
      'refunds.order_view',
      `order_id = '$id'`,
      `bundle_id = 'bdl_1', snapshot = jsonb_set(jsonb_set(jsonb_set(snapshot,
        '{servicePeriod,end}', '"2020-01-01T00:00:00.000Z"'),
        '{paidParts,giftCredit,amount}', '"1.00"'), '{unitPrice,amount}', '"1.0"') || '{"bundleId": "bdl_1"}'`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'an order view that holds no order',
    mends: 'refund',
    about: freeOrder,
    found: 'these differ: accountId, ',
    change: ['refunds.order_view', `order_id = '$id'`, `snapshot = '[]'`],
  },
  {
    rule: 'EVT-36',
    what: 'an order that its instance does not lead to',
    mends: 'refund',
    about: `select order_id as id from orders.order_instances limit 1`,
    remove: ['refunds.order_view_instances', `order_id = '$id'`],
  },
  {
    rule: 'EVT-36',
    what: 'a resource seen in another region',
    mends: 'refund',
    about: `select instance_id as id from orders.resources limit 1`,
    found: 'these differ: region',
    change: [
      'refunds.resource_view',
      `instance_id = '$id'`,
      `snapshot = snapshot || '{"region": "planted"}'`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'a contract seen in another state, under another number',
    mends: 'refund',
    about: voided,
    found: 'these differ: column number, column status',
    change: ['refunds.contract_view', `contract_id = '$id'`, `status = 'official', number = 'CT-0'`],
  },
  {
    rule: 'EVT-36',
    what: 'a product seen at another price',
    mends: 'contract',
    about: literal('BCC'),
    change: ['contracts.products', `product_code = '$id'`, `snapshot = snapshot || '{"prices": []}'`],
  },
  {
    rule: 'EVT-36',
    what: 'a product seen in another category, and listed as not refundable',
    mends: 'refund',
    about: literal('BCC'),
    found: 'these differ: category, column refundable',
    change: [
      'refunds.product_view',
      `product_code = '$id'`,
      `refundable = not refundable, snapshot = snapshot || '{"category": "planted"}'`,
    ],
  },
  {
    rule: 'EVT-36',
    what: 'an account seen under another name',
    mends: 'order',
    about: literal('acc_demo'),
    found: 'these differ: column facts',
    change: ['orders.account_view', `account_id = '$id'`, `facts = facts || '{"certifiedName": "planted"}'`],
  },
  {
    rule: 'EVT-36',
    what: 'contacts that were lost',
    mends: 'notification',
    about: literal('acc_demo'),
    change: ['notifications.contacts', `account_id = '$id'`, `contacts = '[]'`],
  },
  {
    rule: 'EVT-36',
    what: 'a step missing in the timeline',
    mends: 'notification',
    about: voided,
    remove: [
      'notifications.timeline_events',
      `aggregate = 'contract' and aggregate_id = '$id' and aggregate_version = 1`,
    ],
  },
  ...(
    [
      [
        'an order’s newest version',
        'order',
        `select order_id as id from orders.orders where status = 'cancelled' limit 1`,
        'order.cancelled',
      ],
      ['money that paid no order', 'payment', literal(reference), 'payment.unapplied'],
      ['a sent mail', 'notification', sentMail, 'notification.sent'],
      ['an account', 'account', literal('acc_demo'), 'account.updated'],
    ] as const
  ).map(([what, aggregate, about, type]): Plant => ({
    rule: 'EVT-36',
    what: `${what} missing in the timeline`,
    mends: 'notification',
    about,
    remove: [
      'notifications.timeline_events',
      `aggregate = '${aggregate}' and aggregate_id = '$id' and type = '${type}'`,
    ],
  })),
  {
    rule: 'EVT-20',
    what: 'a contract that is never answered',
    mends: 'order',
    about: literal('ctr_waits'),
    add: ['contracts.contracts', `contract_id = '$id'`, contractLike('$id', 'requested', `'ord_nowhere'`)],
  },
  {
    rule: 'EVT-23',
    what: 'a refund that is never answered',
    mends: 'order',
    about: literal('rfd_waits'),
    add: ['refunds.refunds', `refund_id = '$id'`, refundLike('$id', 'requested', `'ord_nowhere'`)],
  },
  {
    rule: 'EVT-23',
    what: 'an approved refund that is never paid',
    mends: 'refund',
    about: literal('rfd_waits'),
    add: ['refunds.refunds', `refund_id = '$id'`, refundLike('$id', 'approved', `'ord_nowhere'`)],
  },
  {
    rule: 'EVT-23',
    what: 'an order that lives on for a refunded instance',
    mends: 'order',
    about: `select unnest(order_ids) as id from refunds.refunds where refund_id = (${refund})`,
    change: ['orders.orders', `order_id = '$id'`, `status = 'paid', refunded_instance_ids = '{}'`],
  },
  {
    rule: 'RFD-9',
    what: 'a renewal that lives on after it was given back',
    mends: 'order',
    about: `select lines -> 0 ->> 'orderId' as id from ${returnedRenewal}`,
    change: ['orders.orders', `order_id = '$id'`, `status = 'paid', refunded_instance_ids = '{}'`],
  },
  {
    rule: 'RFD-9',
    what: 'an instance that keeps the time of a renewal that it gave back',
    mends: 'order',
    about: `select instance_ids[1] as id from ${returnedRenewal}`,
    change: ['orders.resources', `instance_id = '$id'`, `known_since = '2020-01-01'`],
  },
  {
    rule: 'RFD-9',
    what: 'a renewal that was not given back in full',
    mends: 'refund',
    about: `select refund_id as id from ${returnedRenewal}`,
    change: [
      'refunds.refunds',
      `refund_id = '$id'`,
      `lines = jsonb_set(lines, '{0,consumed,amount}', '"5.00"')`,
    ],
  },
  {
    rule: 'ORD-24',
    what: 'a downgrade whose difference has not come back',
    mends: 'refund',
    about: freeOrder.replace('where', `where fulfilment = 'created' and`),
    found: 'not settled',
    change: [
      'orders.orders',
      `order_id = '$id'`,
      `terms = jsonb_set(terms, '{planChange}', '{"returns": "difference"}')`,
    ],
  },
  {
    rule: 'EVT-24',
    what: 'a failed fulfilment that was not refunded',
    mends: 'refund',
    about: `select order_id as id from orders.orders where fulfilment = 'failed'`,
    change: ['orders.orders', `order_id = '$id'`, `refund_state = 'none'`],
  },
  {
    rule: 'ORD-19',
    what: 'a file that lacks a part',
    mends: 'order',
    about: literal('exp_torn'),
    found: '3 parts of 7 bytes told, 0 of 0 there',
    add: [
      'orders.exports',
      `export_id = '$id'`,
      `insert into orders.exports (export_id, account_id, version, requested_by, format, locale, filter, status,
          rows_expected, rows_written, parts, bytes, whole, sha256, requested_at, worked_at, ready_at, expires_at)
        values ('$id', 'acc_demo', 0, 'planted', 'csv', 'en', '{}', 'ready', 1, 1, 3, 7, true, 'planted', now(),
          now(), now(), now() + interval '1 day')`,
    ],
  },
  {
    rule: 'ORD-19',
    what: 'a file with a letter that has changed',
    mends: 'order',
    about: literal('exp_changed'),
    found: 'other bytes than were hashed',
    add: [
      'orders.exports',
      `export_id = '$id'`,
      `with added as (
          insert into orders.exports (export_id, account_id, version, requested_by, format, locale, filter, status,
            rows_expected, rows_written, parts, bytes, whole, sha256, requested_at, worked_at, ready_at, expires_at)
          values ('$id', 'acc_demo', 0, 'planted', 'csv', 'en', '{}', 'ready', 1, 1, 2, 7, true,
            encode(sha256('planted'), 'hex'), now(), now(), now(), now() + interval '1 day')
          returning export_id, account_id)
        insert into orders.export_parts (export_id, account_id, part, bytes)
        select export_id, account_id, part, bytes::bytea from added, (values (1, 'Pla'), (2, 'nned')) p (part, bytes)`,
    ],
  },
];

/** Plants it. @returns how to undo it. */
async function plant({ change, remove, add }: Plant, id: string): Promise<() => Promise<void>> {
  const filled = (sql: string) => sql.replaceAll('$id', id);
  const [table, where] = (change ?? remove ?? add)!;
  const { rows: before } = await db.query(
    `select to_jsonb(t)::text as row from ${table} t where ${filled(where)}`,
  );
  expect(before.length > 0).toBe(!add);
  const { rows } = await db.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ') as columns from pg_attribute
      where attrelid = '${table}'::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
  );
  const columns = rows[0]!.columns;
  if (change) await db.query(`update ${table} set ${filled(change[2])} where ${filled(where)}`);
  else if (remove) await db.query(`delete from ${table} where ${filled(where)}`);
  else await db.query(filled(add![2]));
  return async () => {
    // Rows that others refer to are put back as they were, amounts with all their digits; triggers and keys
    // have seen them before.
    await db.query('begin');
    await db.query('set local session_replication_role = replica');
    await db.query(`delete from ${table} where ${filled(where)}`);
    for (const { row } of before) {
      await db.query(
        `insert into ${table} (${columns}) overriding system value select ${columns}
          from jsonb_populate_record(null::${table}, $1)`,
        [row],
      );
    }
    // The change of an order was counted (ORD-23), and this is not.
    if (table === 'orders.orders') await db.query('delete from orders.order_deltas');
    await db.query('commit');
  };
}

const tableOf = ({ change, remove, add }: Plant) => (change ?? remove ?? add)![0];

/** Plants with the ids that they are about, in as few groups as have no table and no id twice. */
async function plantedTogether(): Promise<{ planted: Plant; id: string }[][]> {
  const groups: { planted: Plant; id: string }[][] = [];
  for (const planted of plants) {
    const { id } = await one(planted.about);
    const isFree = (group: (typeof groups)[number]) =>
      group.every((other) => other.id !== id && tableOf(other.planted) !== tableOf(planted));
    const group = groups.find(isFree);
    if (group) group.push({ planted, id });
    else groups.push([{ planted, id }]);
  }
  return groups;
}

describe('with the services stopped', () => {
  /** Of each plant, in the order of `plants`, what was found about its id by its rule. */
  const ofPlants = new Map<Plant, { readonly id: string; readonly differences: readonly Difference[] }>();

  beforeAll(async () => {
    expect((await audit.round({ settleMs: 20_000 })).broken).toEqual([]);
    while ((await db.query('select from orders.order_deltas limit 1')).rowCount) await sleep(100);
    await Promise.all(Object.values(system.services).map((service) => service.stop()));
    for (const together of await plantedTogether()) {
      const undo: (() => Promise<void>)[] = [];
      try {
        for (const { planted, id } of together) undo.unshift(await plant(planted, id));
        const differences = await broken(0);
        for (const { planted, id } of together)
          ofPlants.set(planted, {
            id,
            differences: differences.filter((one) => one.rule === planted.rule && one.id === id),
          });
      } finally {
        for (const each of undo) await each();
      }
    }
  });

  test.each(plants.map((one) => [one.rule, one.what, one] as const))(
    'EVT-37 %s %s is found',
    (rule, _what, planted) => {
      const { id, differences } = ofPlants.get(planted)!;
      expect(differences).toContainEqual(
        expect.objectContaining({
          rule,
          id,
          mends: planted.mends,
          found: expect.stringContaining(planted.found ?? ''),
        }),
      );
    },
  );

  test('EVT-37 at least 20 kinds were planted, each statement has found one, and undone all are gone', async () => {
    expect(await broken(0)).toEqual([]);
    expect(plants.length).toBeGreaterThanOrEqual(20);
    const proved = new Set(
      [...ofPlants.values()].flatMap(({ differences }) => differences.map(({ says }) => says)),
    );
    expect(checks.map(({ says }) => says).filter((says) => !proved.has(says))).toEqual([]);
  });

  test('EVT-9 EVT-37 a dead letter that two services have, or that two sources sent, is listed for each', async () => {
    const insert = (schema: string, source: string) =>
      db.query(
        `insert into ${schema}.parked_events (event_id, source, type, key, topic, partition, "offset", payload,
           headers, status) values ($1, $2, 'bill.issued', 'ord_x', 'bill.issued', 0, 0, '{}', '{}', 'dead')`,
        [eventId, source],
      );
    await insert('contracts', '/bank/one');
    await insert('contracts', '/bank/two');
    await insert('refunds', '/bank/one');
    const found = (await broken(200)).map(({ id, mends, mark }) => `${id} ${mends} ${mark}`);
    for (const schema of ['contracts', 'refunds'])
      await db.query(`delete from ${schema}.parked_events where event_id = $1`, [eventId]);
    expect(found.toSorted()).toEqual(
      ['contract /bank/one', 'contract /bank/two', 'refund /bank/one'].map((one) => `${eventId} ${one}`),
    );
  });

  test('EVT-37 EVT-34 a message that nobody owns is found, then a gap before it, then nothing', async () => {
    const producer = new Kafka({ brokers: [...auditAsk().brokers], logLevel: logLevel.NOTHING }).producer({
      allowAutoTopicCreation: false,
    });
    await producer.connect();
    const ticket = await one<{ data: Record<string, unknown> }>(
      `select to_jsonb(t) as data from contracts.tickets t`,
    );
    const tell = (version: number) =>
      producer.send({
        topic: `${system.topicPrefix}ticket.submitted`,
        messages: [
          {
            key: 'tkt_ghost',
            value: JSON.stringify({ ticket: { ticketId: 'tkt_ghost', version, accountId: 'acc_demo' } }),
          },
        ],
      });
    const ofTopics = async () =>
      (await broken(200)).filter(({ rule }) => rule === 'EVT-34').map(({ id, found }) => `${id}: ${found}`);
    await tell(3);
    expect(await ofTopics()).toEqual([
      'tkt_ghost: ticket version 3 in a topic, which its owner does not have',
    ]);
    const ghost = { ...ticket.data, ticket_id: 'tkt_ghost', version: 3, contract_id: null };
    await db.query(
      'insert into contracts.tickets select * from jsonb_populate_record(null::contracts.tickets, $1)',
      [ghost],
    );
    expect(await ofTopics()).toEqual(['tkt_ghost: ticket version 1, 2 of 3 in no topic']);
    await tell(1);
    expect(await ofTopics()).toEqual(['tkt_ghost: ticket version 2 of 3 in no topic']);
    await tell(2);
    await producer.disconnect();
    expect(await ofTopics()).toEqual([]);
    // The timeline did not hear of it, for its service is stopped.
    expect((await broken(200)).map(({ rule, id }) => [rule, id])).toEqual([['EVT-36', 'tkt_ghost']]);
    await db.query(
      `insert into notifications.timeline_events select $1::text || v, 'acc_demo', 'ticket.submitted',
        now(), 'test:test', '', '', 'ticket', 'tkt_ghost', v, '{}' from generate_series(1, 3) v`,
      [randomUUID()],
    );
    expect(await broken(200)).toEqual([]);
  });

  test('EVT-37 the command lists each difference as JSON, and exits 1', async () => {
    const planted = plants.find(({ what }) => what.startsWith('a balance'))!;
    const { id } = await one(planted.about);
    const undo = await plant(planted, id);
    const { code, out } = await run(['--json', '--settle', '200ms'], settings() as Record<string, string>)
      .ended;
    await undo();
    expect(code).toBe(1);
    expect(out.map((line) => JSON.parse(line))).toEqual([
      {
        rule: 'EVT-33',
        says: 'a balance is the sum of its postings',
        id,
        found: expect.stringMatching(/^\d+\.\d+ of \d+\.\d+$/),
        mends: 'refund',
      },
      expect.objectContaining({ broken: 1, moving: 0, byRule: { 'EVT-33': 1 } }),
    ]);
  });

  test('EVT-37 EVT-13 a topic that lost its beginning is found', async () => {
    const admin = new Kafka({ brokers: [...auditAsk().brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topic = `${system.topicPrefix}product.published`;
    const filled = (await admin.fetchTopicOffsets(topic)).find(({ high }) => Number(high) > 0)!;
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: filled.partition, offset: '1' }] });
    await admin.disconnect();
    expect(await broken(200)).toEqual([
      expect.objectContaining({
        rule: 'EVT-13',
        id: `product.published/${filled.partition}`,
        mends: 'order',
      }),
    ]);
    // A fresh look misses what was in it, too.
    const fresh = openAudit({ ...auditAsk(), log });
    const { broken: found } = await fresh.round({ settleMs: 200 });
    await fresh.close();
    expect(found.map(({ rule }) => rule).sort()).toEqual(['EVT-13', 'EVT-34']);
  });
});
