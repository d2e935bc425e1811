import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { until } from '@accord/testing';
import { contractService } from '../src/service.ts';
import { codeOf, openOffices, waiting } from './fixtures.ts';

// Contracts are rendered off the service's thread. Here one worker renders, and stands still while its gate is closed.

const folder = mkdtempSync(join(tmpdir(), 'accord-gate-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => rmSync(join(folder, 'closed'), { force: true }));

const close = () => writeFileSync(join(folder, 'closed'), '');
const open = () => rmSync(join(folder, 'closed'));
const began = (number: string) =>
  until(`${number} is being rendered`, () => Promise.resolve(existsSync(join(folder, `began ${number}`))));

const file = pathToFileURL(join(folder, 'worker.mjs'));
writeFileSync(
  file,
  `import { serveBehindGate } from '${new URL('gated-worker.ts', import.meta.url).href}';
   serveBehindGate(import.meta.dirname);`,
);
const rendering = { file, workers: 1, queue: 4, deadlineMs: 300_000 };
const { at, customerOf } = openOffices(
  (name, sealKey) => (context) =>
    contractService({ profile: loadProfile(name), sealKey, rendering }, context),
  'baidu',
);

/** A customer with drafts of one order each. */
async function customerWith(drafts: number) {
  const customer = await customerOf('baidu');
  const contractIds = await customer.draftEach(drafts);
  const paths = contractIds.map((contractId) => `/v1/contracts/${contractId}`);
  const { number } = await customer.get(contractIds[0]!);
  const download = (at = 0) => customer.client.get(`${paths[at]}/document`);
  return { ...customer, paths, number: number as string, download };
}

/** A figure of the service's own /metrics. */
async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${at('baidu').opsUrl}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(name) && !one.startsWith('#'));
  return Number(line?.split(' ').at(-1));
}

const waitingAre = (count: number) =>
  until(`${count} wait`, async () => (await metric('accord_render_waiting')) === count);

test('CTR-17 while a draft is rendered the service answers every other request', async () => {
  const { client, download, paths, number } = await customerWith(1);
  close();
  let isRendered = false;
  const draft = download().then((reply) => {
    isRendered = true;
    return reply;
  });
  await began(number);
  const others = await Promise.all(
    ['/v1/contracts', paths[0]!, '/v1/contracts/eligible-orders'].map((path) => client.get(path)),
  );
  expect([isRendered, ...others.map(({ status }) => status)]).toEqual([false, 200, 200, 200]);
  expect(await metric('accord_render_workers{')).toBe(1);
  open();
  const { status, bytes } = await draft;
  expect([status, readPdf(bytes).pages.length]).toEqual([200, 1]);
  expect((await download()).bytes.equals(bytes)).toBe(true);
  expect(await metric('accord_render_seconds_count')).toBeGreaterThanOrEqual(2);
});

test(
  'API-11 CTR-34 too many drafts, of all or of one account, are refused with 503 and Retry-After; a sealing ' +
    'waits and is done',
  async () => {
    const [one, ...others] = await Promise.all([3, 1, 1, 1, 1].map((drafts) => customerWith(drafts)));
    const last = others.pop()!;
    const refused = await metric('accord_render_refused_total');
    close();
    const asked = [one!.download(0)];
    await began(one!.number);
    asked.push(one!.download(1));
    await waitingAre(1);
    const ofOne = await one!.download(2);
    asked.push(...others.map(({ download }) => download()));
    await waitingAre(4);
    const tooMany = await last.download();
    for (const reply of [ofOne, tooMany])
      expect([...codeOf(reply), reply.headers.get('retry-after')]).toEqual([503, 'server.unavailable', '1']);
    expect(await metric('accord_render_refused_total')).toBe(refused + 2);
    const finalized = last.client.post(`${last.paths[0]}/finalize`, undefined, waiting);
    await waitingAre(5);
    open();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    expect((await finalized).body.status).toBe('official');
  },
);

test('a caller who leaves takes his draft out of the queue', async () => {
  const { t, accountId, download, paths, number } = await customerWith(2);
  close();
  const first = download();
  await began(number);
  const left = new AbortController();
  const { issuer, baseUrl } = t;
  const token = await issuer.token({ sub: 'usr_left', account_id: accountId, scope: 'contracts:read' });
  const second = fetch(`${baseUrl}${paths[1]}/document`, {
    headers: { authorization: `Bearer ${token}` },
    signal: left.signal,
  });
  await waitingAre(1);
  left.abort();
  await expect(second).rejects.toThrow('aborted');
  await waitingAre(0);
  open();
  expect((await first).status).toBe(200);
});

test('CTR-34 a worker that dies fails its draft alone, and its sealing is tried again by another', async () => {
  const { client, download, paths, number } = await customerWith(2);
  close();
  const lost = await metric('accord_render_workers_lost_total');
  writeFileSync(join(folder, 'die'), '');
  const [first, second] = [download(0), download(1)];
  await began(number);
  open();
  const replies = await Promise.all([first, second]);
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 503]);
  writeFileSync(join(folder, 'die'), '');
  const { body } = await client.post(`${paths[0]}/finalize`, undefined, waiting);
  expect(body.status).toBe('official');
  expect(await metric('accord_render_workers_lost_total')).toBe(lost + 2);
});

test('EVT-12 a service that stops ends what it renders first', async () => {
  const { t, download, number } = await customerWith(1);
  close();
  const draft = download();
  await began(number);
  const stopped = t.running.stop();
  await until('it stops', async () => (await fetch(`${t.opsUrl}/readyz`)).status === 503);
  open();
  expect((await draft).status).toBe(200);
  await stopped;
});
