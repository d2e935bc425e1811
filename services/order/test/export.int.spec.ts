import { spawn, type ChildProcess } from 'node:child_process';
import { hash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copiedText, readStrictly } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { until, type Client, type Reply } from '@accord/testing';
import { rowsOfPart } from '../src/exporting.ts';
import { rowsOfPage } from '../src/order-download.ts';
import { orderService } from '../src/service.ts';
import {
  anOrder,
  aProduct,
  customer,
  day,
  fulfil,
  instance,
  key,
  later,
  month,
  openShop,
  pay,
  place,
} from './fixtures.ts';
import { plainLine, type StoredOrder } from './plain-csv.ts';
import { sheetsOf } from './reading-xlsx.ts';

const profile = loadProfile('baidu');
/** This process writes parts only while it may; else a process of its own does, which a test kills. */
let mayWrite = true;
const t = await openShop((context) => {
  const service = orderService({ profile }, context);
  const workers = service.workers.map((worker) =>
    worker.name === 'exporting'
      ? {
          ...worker,
          due: async (...ask: Parameters<typeof worker.due>) => (mayWrite ? worker.due(...ask) : []),
        }
      : worker,
  );
  return { ...service, workers };
});

const zh = { 'accept-language': 'zh-CN' };
const csvOf = (reply: Reply) => {
  expect(reply.status).toBe(200);
  const text = reply.bytes.toString();
  expect(text.startsWith('\ufeff')).toBe(true);
  return text.slice(1).trimEnd().split('\r\n');
};
const idsOf = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(',')[0]!);

/** Copies of an order, each a second older than the one before; answers their ids. */
async function manyLike(
  orderId: string,
  count: number,
  instanceIds: readonly string[] | null = null,
): Promise<string[]> {
  const columns = await t.sql<{ name: string }>(
    `select column_name as name from information_schema.columns
      where table_schema = 'orders' and table_name = 'orders' and is_generated = 'NEVER'`,
  );
  const changed: Readonly<Record<string, string>> = {
    order_id: `left(order_id, 28) || lpad(n::text, 8, '0')`,
    created_at: `created_at - n * interval '1 second'`,
    instance_ids: 'coalesce($3::text[], instance_ids)',
  };
  const names = columns.map(({ name }) => name);
  await t.sql(
    `insert into orders (${names.join(', ')}) select ${names.map((name) => changed[name] ?? name).join(', ')}
       from orders, generate_series(1, $2::int) n where order_id = $1`,
    [orderId, count, instanceIds],
  );
  return Array.from({ length: count }, (_, n) => orderId.slice(0, 28) + String(n + 1).padStart(8, '0'));
}

const request = (client: Client, body: object = {}, headers: Record<string, string> = {}) =>
  client.post('/v1/exports', body, { ...key(), ...headers });
const ready = async (client: Client, exportId: string) => {
  let answer: Reply | undefined;
  await until(
    'the export is ready',
    async () => (answer = await client.get(`/v1/exports/${exportId}`)).body.status === 'ready',
  );
  return answer!.body;
};

describe('the document of an order', () => {
  test('ORD-18 API-5 one order as PDF in the reader’s language, of the own account alone', async () => {
    const { orderId } = await place(t, 'acc_1');
    await pay(t, orderId);
    await fulfil(t, orderId, [instance('i-pdf')]);
    const chinese = await customer(t, 'acc_1').get(`/v1/orders/${orderId}/document`, zh);
    expect(chinese.status).toBe(200);
    expect(chinese.headers.get('content-type')).toBe('application/pdf');
    expect(chinese.headers.get('content-disposition')).toContain(`${orderId}.pdf`);
    expect(readStrictly([{ file: chinese.bytes }]).complaints).toEqual([]);
    const text = copiedText(chinese.bytes).replaceAll(' ', '');
    const begins = later(month.start, 8 / 24)
      .slice(0, 16)
      .replace('T', '');
    for (const said of [orderId, '某某有限公司', '已支付', 'i-pdf', begins, '10.0.0.1'])
      expect(text).toContain(said);
    const english = await t.operator().get(`/v1/orders/${orderId}/document`);
    expect(copiedText(english.bytes)).toContain('Payable amount CN¥45.00');
    const stranger = await customer(t, 'acc_2').get(`/v1/orders/${orderId}/document`);
    expect([stranger.status, stranger.body.code]).toEqual([404, 'order.not_found']);
  });
});

describe('a list as a file', () => {
  test('ORD-18 CSV has the rows of the list, words in the reader’s language, money as it is, no formula', async () => {
    await t.operator().put('/v1/products/EVIL', aProduct({ name: { 'zh-CN': '=1+1', en: '@SUM(A1), "x"' } }));
    const evil = await place(t, 'acc_csv', { productCode: 'EVIL' });
    const plain = await place(t, 'acc_csv');
    await pay(t, plain.orderId);
    const list = await customer(t, 'acc_csv').get('/v1/orders');
    const reply = await customer(t, 'acc_csv').get('/v1/orders/export', zh);
    expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const [head, ...lines] = csvOf(reply);
    expect(head).toMatch(/^订单号,账户,产品名称,.*,下单时间 \(Asia\/Shanghai\),/);
    expect(lines.map((line) => line.split(',')[0])).toEqual(
      list.body.data.map(({ orderId }: { orderId: string }) => orderId),
    );
    const placedAt = new Date(plain.createdAt).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });
    expect(lines[0]!.split(',').slice(1, 20)).toEqual(
      [
        'acc_csv',
        '云服务器',
        'BCC',
        '新购',
        '预付费',
        '包年包月',
        '已支付',
        '开通中',
        '无',
        '1',
        '1 个月',
      ].concat(['45.00', '0.00', '45.00', '45.00', '0.00', 'CNY', placedAt.slice(0, 16), '']),
    );
    expect(lines[1]).toContain(`${evil.orderId},acc_csv,"'=1+1",EVIL,`);
    const english = csvOf(await customer(t, 'acc_csv').get('/v1/orders/export?status=unpaid'));
    expect(english).toHaveLength(2);
    expect(english[1]).toContain(`,"'@SUM(A1), ""x""",EVIL,Purchase,Prepaid,`);
    expect(
      csvOf(await customer(t, 'acc_csv').get(`/v1/orders/export?orderId=${plain.orderId}`)),
    ).toHaveLength(2);
  });

  test('ORD-15 ORD-18 who of the provider placed an order is told to the provider alone, in every answer', async () => {
    const me = customer(t, 'acc_mask');
    const own = (await place(t, 'acc_mask')).orderId;
    // The same subject as the customer's, and another.
    const byStaff = [];
    for (const staff of [t.operator('op_secret'), t.operator('usr_acc_mask'), t.platform()]) {
      const { status, body } = await staff.post('/v1/orders', anOrder({ accountId: 'acc_mask' }));
      expect(status).toBe(201);
      byStaff.push(body);
    }
    expect(byStaff.map(({ operatorId }) => operatorId)).toEqual(['op_secret', 'usr_acc_mask', 'platform_1']);
    const ids = [...byStaff.map(({ orderId }) => orderId as string)];
    const detail = async (reader: Client, id: string) =>
      (await reader.get(`/v1/orders/${id}`)).body.operatorId;
    for (const id of ids) {
      expect(await detail(me, id)).toBeNull();
      expect((await me.post(`/v1/orders/${id}/cancel`, { reason: 'Not mine' })).body.operatorId).toBeNull();
    }
    expect(await detail(me, own)).toBe('usr_acc_mask');
    expect(await detail(t.operator(), ids[0]!)).toBe('op_secret');

    const last = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(',').at(-1));
    const inChinese = csvOf(await me.get('/v1/orders/export', zh));
    expect(last(inChinese)).toEqual(['服务商', '服务商', '服务商', 'usr_acc_mask']);
    const [sheet] = sheetsOf((await me.get('/v1/orders/export?format=xlsx')).bytes);
    expect(sheet!.slice(1).map((row) => row.at(-1)!.text)).toEqual([
      'Provider',
      'Provider',
      'Provider',
      'usr_acc_mask',
    ]);
    const ofStaff = csvOf(await t.operator().get('/v1/orders/export?accountId=acc_mask'));
    expect(last(ofStaff)).toEqual(['platform_1', 'usr_acc_mask', 'op_secret', 'usr_acc_mask']);
    // A job's file is the account's, whoever asked for it.
    for (const asker of [me, t.operator()]) {
      const { exportId } = (await request(asker, { filter: { accountId: 'acc_mask' } })).body;
      const { links } = await ready(me, exportId);
      expect(last(csvOf(await me.get(links.file)))).toEqual([
        'Provider',
        'Provider',
        'Provider',
        'usr_acc_mask',
      ]);
    }
    const pdf = copiedText((await me.get(`/v1/orders/${ids[0]}/document`)).bytes);
    expect(pdf).not.toContain('op_secret');

    // Nor does the filter find it out, by lists, counts and files.
    const found = async (reader: Client, id: string) => ({
      list: (await reader.get(`/v1/orders?operatorId=${id}`)).body.data.length,
      counts: (await reader.get(`/v1/orders/counts?operatorId=${id}`)).body.data.reduce(
        (sum: number, { orders }: { orders: number }) => sum + orders,
        0,
      ),
      file: csvOf(await reader.get(`/v1/orders/export?operatorId=${id}`)).length - 1,
    });
    expect(await found(me, 'op_secret')).toEqual({ list: 0, counts: 0, file: 0 });
    expect(await found(me, 'usr_acc_mask')).toEqual({ list: 1, counts: 1, file: 1 });
    expect(await found(t.operator(), 'op_secret')).toEqual({ list: 1, counts: 1, file: 1 });
    expect(await found(t.operator(), 'usr_acc_mask')).toEqual({ list: 2, counts: 2, file: 2 });
    const asked = await request(me, { filter: { operatorId: 'op_secret' } });
    const job = await ready(me, asked.body.exportId);
    expect(job.rows).toBe(0);
  });

  test('ORD-18 a file says that it is sent whole, and is, whatever part is asked for', async () => {
    const { orderId } = await place(t, 'acc_range');
    const me = customer(t, 'acc_range');
    const { links } = await ready(me, (await request(me)).body.exportId);
    for (const path of ['/v1/orders/export', `/v1/orders/${orderId}/document`, links.file]) {
      const whole = await me.get(path);
      const part = await me.get(path, { range: 'bytes=0-9' });
      expect([path, part.status, part.headers.get('accept-ranges')]).toEqual([path, 200, 'none']);
      expect(part.headers.get('content-range')).toBeNull();
      expect(part.bytes.length).toBe(whole.bytes.length);
    }
  });

  test('ORD-15 ORD-18 by any filter a file has the orders of the list, in its order', async () => {
    const paidFrom = new Date(Date.now() - day).toISOString();
    const some = ['', 'status=paid', 'status=cancelled', `paidFrom=${paidFrom}`, 'productCode=BCC'];
    some.push(`status=unpaid&paidFrom=${paidFrom}`, `status=paid&orderType=purchase&paidFrom=${paidFrom}`);
    for (const reader of [customer(t, 'acc_csv'), t.operator()])
      for (const filter of some) {
        const { data } = (await reader.get(`/v1/orders?limit=100&${filter}`)).body;
        const file = csvOf(await reader.get(`/v1/orders/export?${filter}`));
        expect(idsOf(file)).toEqual(data.map(({ orderId }: { orderId: string }) => orderId));
      }
  });

  test('ORD-18 rows are to the byte those of plain code, whatever is in them', async () => {
    const texts = [
      '=1+1',
      '+1',
      '-1',
      '@x',
      '\t=1',
      '\r',
      '\n=1',
      '＝1',
      ' =1',
      '\u3000\u200b＋1',
      'a,b',
      'say "x"',
      'two\nlines',
      'x\r\ny',
    ];
    texts.push('"', ',', "'", '\\n \\', ' blank ', '汉字 🙂', '\u001c\u007f\ufeff', 'plain', 'a=b');
    const { orderId } = await place(t, 'acc_plain');
    const ids = await manyLike(orderId, texts.length, ['i-1', 'i-2']);
    await t.sql(
      `update orders set paid_at = case when n % 2 = 0 then created_at end, voucher_paid = 1000000 * n + 0.10,
          period_start = '2026-03-29T00:59:59.999Z', period_end = '9999-12-31T15:59:00Z',
          pay_by = timestamptz '2096-02-29T16:00:00Z' + n * interval '1 hour', terms = terms || jsonb_build_object(
            'count', n, 'operatorId', text, 'productName', jsonb_build_object('zh-CN', text, 'en', reversed),
            'duration', case when n % 5 < 4 then jsonb_build_object('value', n % 3, 'unit',
              (array['minute', 'month', 'year'])[1 + n % 3]) end)
        from unnest($1::text[], $2::text[], $3::text[]) with ordinality given (id, text, reversed, n)
       where order_id = id`,
      [ids, texts, texts.toReversed()],
    );
    const rows = await t.sql<StoredOrder>(
      `select * from orders where account_id = 'acc_plain' order by created_at desc, order_id desc`,
    );
    for (const locale of ['zh-CN', 'en'] as const) {
      const headers = { 'accept-language': locale };
      const reply = await customer(t, 'acc_plain').get('/v1/orders/export', headers);
      const [, ...lines] = reply.bytes.toString().split(/(?<=\r\n)(?=ord_)/);
      expect(lines).toEqual(rows.map((row) => `${plainLine(row, locale)}\r\n`));
    }
  });

  test('ORD-18 XLSX has the same cells: amounts as numbers, all else as text', async () => {
    const reply = await customer(t, 'acc_csv').get('/v1/orders/export?format=xlsx');
    const [sheet] = sheetsOf(reply.bytes);
    expect(sheet!.map((row) => row.slice(2, 4).map(({ text }) => text))).toEqual([
      ['Product', 'Product code'],
      ['Cloud Compute', 'BCC'],
      ['@SUM(A1), "x"', 'EVIL'],
    ]);
    expect(sheet![1]![12]).toEqual({ kind: 'number', text: '45.00' });
    expect(sheet!.flat().some(({ kind }) => kind === 'formula')).toBe(false);
  });

  test('ORD-18 API-5 each order once over all pages, of the own account alone, while others are placed', async () => {
    const { orderId } = await place(t, 'acc_many');
    const count = 2 * rowsOfPage + 7;
    const copies = await manyLike(orderId, count);
    const asked = customer(t, 'acc_many').get('/v1/orders/export');
    await place(t, 'acc_many');
    const ids = idsOf(csvOf(await asked));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.slice(-count)).toEqual(copies);
    expect(ids).toContain(orderId);
    const foreign = await customer(t, 'acc_2').get('/v1/orders/export?accountId=acc_many');
    expect([foreign.status, foreign.body.code]).toEqual([422, 'request.account_not_yours']);
    expect(idsOf(csvOf(await customer(t, 'acc_2').get('/v1/orders/export')))).toEqual([]);
    expect(idsOf(csvOf(await t.operator().get('/v1/orders/export?accountId=acc_many'))).length).toBe(
      count + 2,
    );
    const wide = await customer(t, 'acc_many').get('/v1/orders/export?from=2020-01-01&to=2026-01-01');
    expect([wide.status, wide.body.code]).toEqual([422, 'order.range_too_wide']);
    expect((await t.anonymous().get('/v1/orders/export')).status).toBe(401);
  });

  test('ORD-18 API-11 a caller has two downloads at once, and one that he leaves ends', async () => {
    const { orderId } = await place(t, 'acc_slow');
    // More than the buffers between the two ends hold.
    const ids = Array.from({ length: 100 }, (_, index) => `i-${index}`.padEnd(60, 'x'));
    await manyLike(orderId, rowsOfPage, ids);
    const token = await t.issuer.token({ sub: 'u', account_id: 'acc_slow', scope: 'orders:read' });
    const open = async (method = 'GET') => {
      const leaving = new AbortController();
      const headers = { authorization: `Bearer ${token}` };
      const asked = { method, headers, signal: leaving.signal };
      const response = await fetch(`${t.baseUrl}/v1/orders/export`, asked);
      // Kept: a response that nobody holds any more is given up by its client.
      return { response, status: response.status, leave: () => leaving.abort() };
    };
    for (let n = 0; n < 3; n += 1) expect((await open('HEAD')).status).toBe(200);
    const opened = [await open(), await open(), await open()];
    expect(opened.map(({ response }) => response.status)).toEqual([200, 200, 503]);
    opened[0]!.leave();
    await until('a place is free', async () => {
      const { status, leave } = await open();
      if (status === 200) leave();
      return status === 200;
    });
    opened[1]!.leave();
  });
});

describe('an export job', () => {
  test('ORD-19 a job tells its progress, announces its file once, and that is the file it hashed', async () => {
    const me = customer(t, 'acc_many');
    const keyed = key();
    const asked = await me.post('/v1/exports', { format: 'csv' }, { ...keyed, ...zh });
    expect(asked).toMatchObject({
      status: 202,
      body: { accountId: 'acc_many', format: 'csv', language: 'zh-CN', status: 'running', progress: 0 },
    });
    const { exportId } = asked.body;
    expect(asked.headers.get('location')).toBe(`/v1/exports/${exportId}`);
    const repeated = await me.post('/v1/exports', { format: 'csv' }, { ...keyed, ...zh });
    expect(repeated.body.exportId).toBe(exportId);
    const job = await ready(me, exportId);
    const stream = await me.get('/v1/orders/export', zh);
    const file = await me.get(job.links.file);
    expect(file.bytes.equals(stream.bytes)).toBe(true);
    const sha256 = hash('sha256', file.bytes);
    expect(job).toMatchObject({ progress: 100, sha256, bytes: file.bytes.length, rows: 2 * rowsOfPage + 9 });
    expect(file.headers.get('content-length')).toBe(String(file.bytes.length));
    expect(file.headers.get('repr-digest')).toBe(
      `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`,
    );
    const { expiresAt } = job;
    expect((await t.event('export.ready', (data) => data.exportId === exportId)).data).toEqual({
      exportId,
      version: 1,
      accountId: 'acc_many',
      sha256,
      expiresAt,
    });
    await t.settled();
    const told = t.events.filter(({ type, subject }) => type === 'export.ready' && subject.id === exportId);
    expect(told).toHaveLength(1);
  });

  test('ORD-19 an account has one job at a time, also when requests race; others have their own', async () => {
    mayWrite = false;
    const me = customer(t, 'acc_race');
    const replies = await Promise.all(Array.from({ length: 8 }, () => request(me, { format: 'xlsx' })));
    const codes = replies.map(({ status, body }) => body.code ?? status).sort();
    expect(codes).toEqual([202, ...Array.from({ length: 7 }, () => 'export.already_running')]);
    const { exportId } = replies.find(({ status }) => status === 202)!.body;
    const other = await request(customer(t, 'acc_race2'));
    expect(other.status).toBe(202);
    const early = await me.get(`/v1/exports/${exportId}/file`, zh);
    expect([early.status, early.body.code, early.body.title]).toEqual([
      409,
      'export.not_ready',
      '文件尚未生成',
    ]);
    for (const path of [`/v1/exports/${exportId}`, `/v1/exports/${exportId}/file`]) {
      const strange = await customer(t, 'acc_race2').get(path);
      expect([strange.status, strange.body.code]).toEqual([404, 'export.not_found']);
    }
    const strange = await customer(t, 'acc_race2').post(`/v1/exports/${exportId}/cancel`);
    expect([strange.status, strange.body.code]).toEqual([404, 'export.not_found']);
    const cancelled = await me.post(`/v1/exports/${exportId}/cancel`);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', links: { file: null } });
    const again = await me.post(`/v1/exports/${exportId}/cancel`);
    expect([again.status, again.body.code]).toEqual([409, 'export.ended']);
    const gone = await me.get(`/v1/exports/${exportId}/file`);
    expect([gone.status, gone.body.code]).toEqual([409, 'export.file_gone']);
    await customer(t, 'acc_race2').post(`/v1/exports/${other.body.exportId}/cancel`);
    mayWrite = true;
    expect((await request(me, {}, { prefer: 'wait=10' })).body).toMatchObject({ status: 'ready', rows: 0 });
    const { data } = (await me.get('/v1/exports')).body;
    expect(data.map(({ status }: { status: string }) => status)).toEqual(['ready', 'cancelled']);
    expect((await customer(t, 'acc_race2').get('/v1/exports')).body.data).toHaveLength(1);
  });

  test('ORD-19 a file is gone after 24 h, its parts with it; a job that was not done by then is given up', async () => {
    const me = customer(t, 'acc_old');
    const { body } = await request(me, {}, { prefer: 'wait=10' });
    mayWrite = false;
    const { exportId } = (await request(me)).body;
    t.clock.offsetMs = day + 60_000;
    const gone = await me.get(`/v1/exports/${body.exportId}/file`);
    expect([gone.status, gone.body.code]).toEqual([409, 'export.file_gone']);
    await t.settled();
    for (const id of [body.exportId, exportId])
      expect((await me.get(`/v1/exports/${id}`)).body).toMatchObject({
        status: 'expired',
        links: { file: null },
      });
    expect(await t.sql(`select from export_parts where account_id = 'acc_old'`)).toEqual([]);
    mayWrite = true;
  });

  test('ORD-19 an account keeps ten files at most', async () => {
    const me = customer(t, 'acc_ten');
    for (let n = 0; n < 10; n += 1)
      expect((await request(me, {}, { prefer: 'wait=10' })).body.status).toBe('ready');
    const refused = await request(me);
    expect([refused.status, refused.body.code]).toEqual([409, 'export.too_many_files']);
    const { data } = (await me.get('/v1/exports')).body;
    expect((await me.post(`/v1/exports/${data[0].exportId}/cancel`)).body.status).toBe('cancelled');
    expect((await request(me)).status).toBe(202);
  });

  test.each(['csv', 'xlsx'])(
    'ORD-19 a process that is killed in the middle of a job leaves it to the next, and the %s is whole',
    async (format) => {
      mayWrite = false;
      const me = customer(t, 'acc_killed');
      if (format === 'csv') {
        const { orderId } = await place(t, 'acc_killed');
        await manyLike(orderId, 16 * rowsOfPart);
      }
      const { exportId } = (await request(me, { format })).body;
      const partsNow = async () =>
        (await t.sql<{ parts: number }>('select parts from exports where export_id = $1', [exportId]))[0]!
          .parts;
      for (const point of ['before commit', 'after commit']) {
        const before = await partsNow();
        const writer = startWriter(point);
        await until('some parts are written', async () => (await partsNow()) > before + 2);
        expect(await writer.die()).toBe('SIGKILL');
        expect((await me.get(`/v1/exports/${exportId}`)).body.status).toBe('running');
      }
      mayWrite = true;
      const job = await ready(me, exportId);
      const file = await me.get(job.links.file);
      expect(hash('sha256', file.bytes)).toBe(job.sha256);
      const stream = await me.get(`/v1/orders/export?format=${format}`);
      expect(file.bytes.equals(stream.bytes)).toBe(true);
    },
  );
});

const writers: ChildProcess[] = [];
afterAll(() => writers.forEach((child) => child.kill('SIGKILL')));

/** The service as a process of its own, which dies at the point once it is told to. */
function startWriter(point: string) {
  const folder = mkdtempSync(join(tmpdir(), 'accord-die-'));
  const dieNow = join(folder, 'now');
  const { settings } = t.running;
  const dieAt = new URL('../../../tests/faults/die-at.ts', import.meta.url).href;
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', `--import=${dieAt}`, main],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        ACCORD_ENV: 'development',
        ACCORD_HOST: '127.0.0.1',
        ACCORD_PORT: '0',
        ACCORD_OPS_PORT: '0',
        ACCORD_DATABASE_URL: settings.ACCORD_DATABASE_URL(),
        ACCORD_OPERATOR_DATABASE_URL: settings.ACCORD_OPERATOR_DATABASE_URL(),
        ACCORD_KAFKA_BROKERS: t.brokers.join(','),
        ACCORD_TOPIC_PREFIX: t.topicPrefix,
        ACCORD_TOKEN_ISSUER: settings.ACCORD_TOKEN_ISSUER,
        ACCORD_JWKS_URL: settings.ACCORD_JWKS_URL,
        ACCORD_LOG_LEVEL: 'warn',
        PROVIDER_PROFILE: 'baidu',
        ACCORD_DIE_AT: point,
        ACCORD_DIE_NOW: dieNow,
      },
    },
  );
  writers.push(child);
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    child.once('exit', (_code, signal) => resolve(signal)),
  );
  return {
    async die() {
      writeFileSync(dieNow, '');
      const signal = await ended;
      expect(existsSync(dieNow)).toBe(false);
      rmSync(folder, { recursive: true });
      return signal;
    },
  };
}
