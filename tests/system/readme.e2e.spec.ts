import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { catalogue, startSystem, type System } from '@accord/local';
import { clientOf } from '@accord/testing';
import { Kafka, logLevel } from 'kafkajs';

// The commands of the README, run by bash as they stand against a running system, as somebody would who copies them.

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const run = promisify(execFile);

/** The commands under a heading, in their order. */
function commandsOf(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/```bash\n(.*?)```/gs)].map(([, commands]) => commands!);
}

let system: System;
let dataDir: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const { NODE_OPTIONS: _ours, ...around } = process.env;
  env = around;
  await run('npm', ['run', '-s', 'token', '--', 'platform'], { cwd: root, env });
  dataDir = mkdtempSync(join(tmpdir(), 'accord-'));
  // The key that `npm run token` signs with.
  copyFileSync(join(root, '.accord', 'issuer.json'), join(dataDir, 'issuer.json'));
  system = await startSystem({ dataDir, profile: 'baidu' });
  env = { ...env, ACCORD_PORT: new URL(system.url).port, ACCORD_KAFKA_BROKERS: system.brokers };
  await openTheShop();
}, 90_000);

afterAll(async () => {
  await system.stop();
  rmSync(dataDir, { recursive: true, force: true });
}, 30_000);

/** What the story of `npm start` has done by then. */
async function openTheShop() {
  const operator = clientOf(system.url, () => system.token({ kind: 'operator' }));
  const platform = clientOf(system.url, () => system.token({ kind: 'platform' }));
  for (const { productCode, ...product } of catalogue.baidu) {
    expect((await operator.put(`/v1/products/${productCode}`, product)).status).toBe(201);
  }
  const facts = { version: 1, certifiedName: '杭州云上科技有限公司', invoiceTitle: '杭州云上科技有限公司', contacts: [] };
  expect((await platform.put('/v1/accounts/acc_demo', facts)).status).toBe(200);
}

test('the first call: every command succeeds, with the status that stands behind it', async () => {
  const commands = commandsOf('The first call').join('\n');
  const shown = [...commands.matchAll(/ {3}# (\d{3})$/gm)].map(([, status]) => status);
  expect(shown).toHaveLength((commands.match(/\bcurl /g) ?? []).length);
  // Whatever bash prints of statuses comes from curl itself, not from the page.
  const telling = `set -euo pipefail\ncurl() { command curl -w '%{stderr}%{http_code}\\n' "$@"; }\n`;
  const { stdout, stderr } = await run('bash', ['-c', telling + commands], { cwd: root, env, timeout: 60_000 });
  expect(stderr.trim().split('\n')).toEqual(shown);
  expect(stdout).toContain('"type":"contract.drafted"');
  expect(readFileSync('/tmp/contract.pdf').subarray(0, 5).toString()).toBe('%PDF-');
}, 90_000);

test('subscribing with kafkajs: the script hears the orders that were placed, and Ctrl-C leaves the group', async () => {
  const customer = clientOf(system.url, () => system.token({ kind: 'customer', accountId: 'acc_demo' }));
  const body = { productCode: 'BCC', billType: 'prepay', chargeType: 'subscription', duration: { unit: 'month', value: 1 } };
  const { orderId } = (await customer.post('/v1/orders', body)).body;
  const [, kafkajs = ''] = commandsOf('Subscribe to a topic');
  // Several systems may share the broker, so topics and groups have a prefix here.
  const script = kafkajs.replaceAll(/'(order\.\w+|my-service)'/g, `'${system.topicPrefix}$1'`);
  const bash = spawn('bash', ['-c', script], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [bash.stdout, bash.stderr]) stream.on('data', (chunk: Buffer) => (printed += String(chunk)));
  const line = `${system.topicPrefix}order.placed ${orderId} version 1 unpaid`;
  await new Promise<void>((resolve) => {
    bash.stdout.on('data', () => printed.includes(line) && resolve());
    bash.once('close', () => resolve());
    setTimeout(resolve, 20_000).unref();
  });
  const ended = new Promise<number | null>((resolve) => bash.once('close', resolve));
  if (bash.exitCode === null) process.kill(-bash.pid!, 'SIGINT');
  setTimeout(() => bash.exitCode === null && process.kill(-bash.pid!, 'SIGKILL'), 5_000).unref();
  expect(printed).toContain(line);
  expect(await ended).toBe(0);
  expect(await stateOfGroup(`${system.topicPrefix}my-service`)).toBe('Empty');
}, 40_000);

async function stateOfGroup(groupId: string) {
  const admin = new Kafka({ brokers: [system.brokers], logLevel: logLevel.NOTHING }).admin();
  try {
    return (await admin.describeGroups([groupId])).groups[0]!.state;
  } finally {
    await admin.disconnect();
  }
}
