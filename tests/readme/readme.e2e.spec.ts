import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { calendarEnd } from '@accord/profile';
import { clientOf, until, type Client } from '@accord/testing';
import { folder, removeFolders } from '../system/story.ts';

// `npm start` as a process, and the commands of the README beside it, run by bash as they stand, as somebody
// would who copies them.

const root = fileURLToPath(new URL('../../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const run = promisify(execFile);
const { NODE_OPTIONS: _ours, ...around } = process.env;

/** The commands under a heading, in their order. */
function commandsOf(heading: string): string[] {
  const section = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!;
  return [...section.matchAll(/```bash\n(.*?)```/gs)].map(([, commands]) => commands!);
}

/** `npm start` with a home of its own; Postgres and Kafka are the tests'. */
function startIn(env: NodeJS.ProcessEnv, ...options: string[]) {
  const child = spawn(process.execPath, [join(root, 'deploy/local/commands/start.ts'), ...options], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watchers = new Set<() => void>();
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const started = { child, ended, said: '', says };
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      started.said += String(chunk);
      for (const look of watchers) look();
    });
  }
  /** Resolves with the match in what it says, once it fits. @throws Error where it ends before. */
  function says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(started.said);
        if (found) resolve(found);
      };
      watchers.add(look);
      look();
      void ended.then((code) => reject(new Error(`it ended with ${code}:\n${started.said.slice(-2_000)}`)));
    });
  }
  return started;
}

const homeless = { ...around, ACCORD_PORT: '0' };
const home = folder();
let env: NodeJS.ProcessEnv = { ...homeless, ACCORD_HOME: home };
let started: ReturnType<typeof startIn>;
const endAll: ChildProcess[] = [];

beforeAll(async () => {
  started = startIn(env);
  endAll.push(started.child);
  const [, port] = await started.says(/ API +http:\/\/127\.0\.0\.1:(\d+)\n/);
  env = { ...env, ACCORD_PORT: port };
  await started.says(/Ctrl-C stops everything/);
});

afterAll(async () => {
  for (const child of endAll) child.kill('SIGINT');
  await started.ended;
  removeFolders();
});

const bash = (commands: string) =>
  run('bash', ['-c', `set -euo pipefail\n${commands}`], { cwd: root, env, timeout: 240_000 });

test('the story went to its end, and what can be tried next is what it says', async () => {
  expect(started.said).toMatch(/34\.84/);
  expect(started.said).toMatch(/The story ended as it should/);
  const [, tries] = /Try next:\n((?: {2}.+\n)+)/.exec(started.said)!;
  expect(tries!.match(/\bcurl /g)).toHaveLength(3);
  const { stdout } = await bash(tries!);
  const pages = [...stdout.matchAll(/\{"data":\[\{"(\w+)"/g)].map(([, field]) => field);
  expect(pages).toEqual(['productCode', 'orderId', 'contractId']);
});

test('the first call: every command succeeds, with the status that stands behind it', async () => {
  const commands = commandsOf('The first call').join('\n');
  const shown = [...commands.matchAll(/ {3}# (\d{3})$/gm)].map(([, status]) => status);
  expect(shown).toHaveLength((commands.match(/\bcurl /g) ?? []).length);
  // Any status that bash prints comes from curl itself, not from the page.
  const { stdout, stderr } = await bash(
    `curl() { command curl -w '%{stderr}%{http_code}\\n' "$@"; }\n${commands}`,
  );
  expect(stderr.trim().split('\n')).toEqual(shown);
  expect(stdout).toContain('"type":"contract.drafted"');
  expect(readFileSync('/tmp/contract.pdf').subarray(0, 5).toString()).toBe('%PDF-');
});

const machineOfAMonth = {
  productCode: 'BCC',
  billType: 'prepay',
  chargeType: 'subscription',
  duration: { unit: 'month', value: 1 },
};

test(
  'subscribing with kafkajs: the script hears the orders ' + 'that were placed, and Ctrl-C leaves the group',
  async () => {
    const token = (
      await run('npm', ['run', '-s', 'token', '--', 'customer', 'acc_demo'], { cwd: root, env })
    ).stdout.trim();
    const customer = clientOf(`http://127.0.0.1:${env['ACCORD_PORT']}`, () => Promise.resolve(token));
    const { orderId, payBy, createdAt } = (await customer.post('/v1/orders', machineOfAMonth)).body;
    // After the story the provider's own times hold.
    expect(Date.parse(payBy) - Date.parse(createdAt)).toBe(7 * 86_400_000);
    const [, kafkajs = ''] = commandsOf('Subscribe to a topic');
    const script = spawn('bash', ['-c', kafkajs], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [script.stdout, script.stderr])
      stream.on('data', (chunk: Buffer) => (printed += String(chunk)));
    const line = `order.placed ${orderId} version 1 unpaid`;
    await new Promise<void>((resolve) => {
      script.stdout.on('data', () => printed.includes(line) && resolve());
      script.once('close', () => resolve());
      setTimeout(resolve, 60_000).unref();
    });
    const ended = new Promise<number | null>((resolve) => script.once('close', resolve));
    if (script.exitCode === null) process.kill(-script.pid!, 'SIGINT');
    // Only so that nothing is left behind where it does not end.
    setTimeout(() => script.exitCode === null && process.kill(-script.pid!, 'SIGKILL'), 60_000).unref();
    expect(printed).toContain(line);
    expect(await ended).toBe(0);
    expect(await stateOfGroup('my-service')).toBe('Empty');
  },
);

async function stateOfGroup(groupId: string) {
  const { ACCORD_KAFKA_BROKERS: brokers } = JSON.parse(readFileSync(join(home, 'platform.json'), 'utf8')) as {
    ACCORD_KAFKA_BROKERS: string;
  };
  const admin = new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING }).admin();
  try {
    return (await admin.describeGroups([groupId])).groups[0]!.state;
  } finally {
    await admin.disconnect();
  }
}

test(
  'what operates it finds the start that runs: the auditor ' +
    'agrees, nothing was given up, a view is made anew',
  async () => {
    expect((await bash('npm run -s audit -- --settle 30s')).stdout).toMatch(/Nothing is broken/i);
    await bash('npm run -s redrive -- order list');
    await bash('npm run -s rebuild -- refund');
    await expect(bash(`ACCORD_HOME=${home} node deploy/local/commands/start.ts`)).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('npm start runs already'),
    });
  },
);

/** A machine that runs from now on. */
async function runMachine(customer: Client, platform: Client): Promise<string> {
  const { orderId, payableAmount } = (await customer.post('/v1/orders', machineOfAMonth)).body;
  const instanceId = `i-${orderId}`;
  const start = new Date();
  const end = calendarEnd(start, { unit: 'month', value: 1 }, 'Asia/Shanghai');
  await platform.post(
    `/v1/orders/${orderId}/payments`,
    { paymentReference: `pay-${orderId}`, parts: { cash: payableAmount } },
    { 'idempotency-key': orderId },
  );
  const { status } = await platform.post(`/v1/orders/${orderId}/fulfilment`, {
    outcome: 'created',
    instances: [{ instanceId, start: start.toISOString(), end: end.toISOString() }],
  });
  expect(status).toBe(200);
  return instanceId;
}

test(
  'API-18 the clock moves for all services together: in seconds six more days of a machine are used, an unpaid ' +
    'order is reminded of, and a day later it expires',
  async () => {
    const door = `http://127.0.0.1:${env['ACCORD_PORT']}`;
    const as = async (ask: object) => {
      const { access_token: token } = (await clientOf(door).post('/token', ask)).body;
      return clientOf(door, () => Promise.resolve(String(token)));
    };
    const customer = await as({ kind: 'customer', accountId: 'acc_demo' });
    const { orderId, payBy } = (await customer.post('/v1/orders', machineOfAMonth)).body;
    const instanceId = await runMachine(customer, await as({ kind: 'platform' }));
    const quote = async () => (await customer.post('/v1/refund-quotes', { instanceIds: [instanceId] })).body;
    const consumed = async () => Number((await quote()).amounts.consumed.amount);
    await until('the machine could be given back', async () => (await quote()).refundable === true);
    const ofADay = await consumed();
    const move = (advanceBy: string) => clientOf(door).post('/development/clock', { advanceBy });
    const told = (type: string) =>
      until(`the timeline has ${type}`, async () =>
        (await customer.get(`/v1/timeline?orderId=${orderId}`)).body.data.some(
          (event: { type: string }) => event.type === type,
        ),
      );

    expect((await move('P6DT1M')).status).toBe(200);
    await told('order.expiring');
    expect(Math.round((await consumed()) / ofADay)).toBe(7);

    const moved = await move('P1D');
    expect(moved).toMatchObject({ status: 200, body: { aheadMs: 7 * 86_400_000 + 60_000 } });
    expect(Date.parse(moved.body.now)).toBeGreaterThan(Date.parse(payBy));
    expect(Date.parse((await clientOf(door).get('/development/clock')).body.now)).toBeGreaterThan(
      Date.parse(payBy),
    );
    await told('order.cancelled');
    const { status, cancelledAt } = (await customer.get(`/v1/orders/${orderId}`)).body;
    expect([status, Date.parse(cancelledAt) > Date.parse(payBy)]).toEqual(['cancelled', true]);
    for (const back of [{ advanceBy: '-P1D' }, { to: new Date().toISOString() }])
      expect((await clientOf(door).post('/development/clock', back)).body.code).toBe('request.invalid');
  },
);

test(
  'Ctrl-C ends it with 0; a story with a step that does not ' + 'go as documented ends with 1 and says which',
  async () => {
    started.child.kill('SIGINT');
    expect(await started.ended).toBe(0);
    const other = { ...homeless, ACCORD_HOME: folder() };
    const broken = startIn(other, '--once', '--profile', 'alibaba');
    endAll.push(broken.child);
    // A token from the issuer itself: the story does not wait for a command to start.
    await broken.says(/products go on sale/);
    const { ACCORD_API_URL: door } = JSON.parse(
      readFileSync(join(other.ACCORD_HOME, 'platform.json'), 'utf8'),
    ) as { ACCORD_API_URL: string };
    const { body: issued } = await clientOf(door).post('/token', { kind: 'operator' });
    const token = String(issued.access_token);
    const operator = clientOf(door, () => Promise.resolve(token));
    const [, orderId] = await broken.says(/the first\.\n.*\n.*(ord_\w+)/);
    const cancelled = await operator.post(`/v1/orders/${orderId}/cancel`, {
      reason: 'somebody else was faster',
    });
    expect(cancelled).toMatchObject({ status: 200 });
    expect(await broken.ended).toBe(1);
    expect(broken.said).toMatch(/expected (?:20\d|422) .*, got \d+ .*ord_|waited in vain|not so: /);
  },
);
