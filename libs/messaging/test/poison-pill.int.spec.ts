import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { smallService, testService, until, type TestService } from '@accord/testing';

// Events that end the process that handles them, as a bug in native code or endless memory would.

/** Creates the database and the topics, and consumes nothing itself. */
const deaf = () => smallService({});

let t: TestService;
let child: ChildProcess | undefined;
let starts = 0;
let over = false;

/** Starts the process again whenever it ends, as an orchestrator does. */
function keepRunning() {
  if (over) return;
  starts += 1;
  const settings = {
    ...t.running.settings,
    ACCORD_PORT: 0,
    ACCORD_OPS_PORT: 0,
    ACCORD_KAFKA_SESSION_MS: 2_000,
  };
  child = spawn(
    process.execPath,
    [
      '--disable-warning=TimeoutNegativeWarning',
      fileURLToPath(new URL('./fragile-service.ts', import.meta.url)),
    ],
    {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        ACCORD_SETTINGS: JSON.stringify(settings),
        ACCORD_ADDRESSES: JSON.stringify([t.database.urls.app, t.database.urls.operator]),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  child.once('exit', () => void sleep(100).then(keepRunning));
}

beforeAll(async () => void (t = await testService({ service: deaf })));
afterAll(async () => {
  over = true;
  child?.kill('SIGKILL');
  await t.stop();
});

const seen = async () =>
  (await t.sql<{ key: string }>('select key from seen order by at_seq')).map(({ key }) => key);
const dead = () =>
  t.sql<{ key: string; reason: string; attempts: number }>(
    `select key, reason, attempts from parked_events where status = 'dead' order by seq`,
  );
const disabled = (endpointId: string, reason: string, version = 1) =>
  t.publish({ type: 'webhook.disabled', data: { endpointId, version, accountId: 'acc_1', reason } });

const untilSo = (done: () => Promise<boolean>) =>
  until(
    async () =>
      `after ${starts} starts; seen ${JSON.stringify(await seen())}, dead ${JSON.stringify(await dead())}`,
    done,
    { everyMs: 200 },
  );

test('EVT-9 an event that ends the process is given up after three starts; the others have their effect', async () => {
  const [before, killer, after] = ['whe_before', `whe_killer_${randomUUID()}`, 'whe_after'];
  await disabled(before, 'fine');
  await disabled(killer, 'kill');
  await disabled(killer, 'fine', 2);
  await disabled(after, 'fine');
  keepRunning();
  await untilSo(async () => (await dead()).length === 1 && (await seen()).includes(after));
  expect((await seen()).toSorted()).toEqual([after, before].toSorted());
  expect(await dead()).toEqual([
    { key: killer, reason: 'the process ended 3 times while it was handled', attempts: 3 },
  ]);
  const parked = () => t.sql('select status from parked_events where key = $1 order by seq', [killer]);
  // The next event of its key may come with a later batch.
  await untilSo(async () => (await parked()).length === 2);
  expect(await parked()).toEqual([{ status: 'dead' }, { status: 'waiting' }]);
  expect(starts).toBeLessThanOrEqual(4);
  // The record goes with a transaction of its own after the batch.
  await untilSo(async () => (await t.sql('select unnest(event_ids) from begun_events')).length === 0);
});

test('EVT-9 a parked event that ends the process when it is tried again is given up after three starts', async () => {
  const killer = `whe_later_${randomUUID()}`;
  await disabled(killer, 'fail, then kill');
  await untilSo(async () => (await dead()).some(({ key }) => key === killer));
  expect((await dead()).at(-1)).toMatchObject({
    key: killer,
    reason: 'the process ended 3 times while it was handled',
  });
});
