import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
// Loses the database, or all topics, under load, and follows docs/restore.md until the auditor is clean; exits 1 where
// it does not come so far, or anything that was lost is not listed.
import { serviceNames } from '@accord/events/services';
import { compileServices } from '@accord/local';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { machine, startLoad } from '../faults/load.ts';
import { openShop } from '../faults/run.ts';
import { startPlatform, type Platform, type Ran } from './environment.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const asked = commandLine(
  'npm run restore-drill [-- database|topics|topic [--seconds N] [--orders N] [--seed S] [--home folder]]',
  {
    seconds: { type: 'string', default: '15' },
    orders: { type: 'string', default: '0' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    home: { type: 'string', default: join(root, '.accord', 'restore') },
  },
  ({ values, positionals }) => {
    const all = ['database', 'topics', 'topic'] as const;
    known(positionals, all);
    return {
      scenarios: all.filter((scenario) => positionals.length === 0 || positionals.includes(scenario)),
      home: values.home,
      seed: wholeNumber('seed', values.seed),
      seconds: wholeNumber('seconds', values.seconds, 1),
      /** So many more are there before the load begins. */
      orders: wholeNumber('orders', values.orders),
    };
  },
);

const wrong: string[] = [];
const expect = (is: boolean, otherwise: string) => {
  if (!is) wrong.push(otherwise);
};
const tell = (what: string, tookMs: number, more = '') =>
  console.log(`${what.padEnd(46)} ${(tookMs / 1_000).toFixed(1).padStart(6)} s  ${more}`);
async function timed<T>(what: string, work: Promise<T>, more: (done: T) => string = () => ''): Promise<T> {
  const began = performance.now();
  const done = await work;
  tell(what, performance.now() - began, more(done));
  return done;
}

const lastLine = ({ said }: Ran) => said.trim().split('\n').at(-1)!;

async function audited(platform: Platform, when: string): Promise<void> {
  const audit = await platform.command('audit', '--settle', '90s');
  tell(`auditor ${when}`, audit.tookMs, lastLine(audit));
  expect(audit.code === 0, `the auditor ${when} ended with ${audit.code}:\n${audit.said.slice(0, 3_000)}`);
}

/** Whether topics can give back the timeline's history; `in part` where it depends on the events that were lost. */
type History = 'whole' | 'lost' | 'in part';

/** The read models, anew. A timeline that the topics cannot give back stays as it is. */
async function rebuilt(platform: Platform, history: History): Promise<void> {
  const rebuild = async (name: string, ...models: string[]) => {
    const ran = await platform.command('rebuild', name, ...models);
    tell(`rebuild ${name}`, ran.tookMs, ran.code === 0 ? '' : 'refused');
    return ran;
  };
  for (const name of serviceNames) {
    const { code, said } = await rebuild(name, ...(name === 'notification' ? ['--model', 'contacts'] : []));
    expect(code === 0, `rebuild ${name} ended with ${code}: ${said}`);
  }
  const { code, said } = await rebuild('notification', '--model', 'timeline');
  if (history !== 'lost' && code === 0) return;
  const isRefused = code === 1 && said.includes('the others are lost');
  expect(history !== 'whole' && isRefused, `the timeline's rebuild ended with ${code}: ${said}`);
}

interface Lost {
  readonly type: string;
  readonly id: string;
}

/** docs/restore.md: of two at once, one. */
async function expectAlone(platform: Platform): Promise<void> {
  const { code, said } = await platform.besideAnother(() => platform.command('reconcile', '--apply'));
  expect(
    code === 2 && said.includes('another reconcile is at work'),
    `beside another it ended with ${code}: ${said.slice(0, 500)}`,
  );
}

/** docs/restore.md: events in the owner's name that it cannot have told are disowned, and count for nothing else. */
async function tellForeign(platform: Platform, orderId: string): Promise<() => Promise<void>> {
  const numbers = () =>
    platform.query<{ at: string }>('select last_value::text as at from contracts.contract_numbers');
  const [before] = await numbers();
  await platform.tellForeign(orderId);
  return async () => {
    const [after] = await numbers();
    expect(Number(after!.at) - Number(before!.at) < 100_000, `numbers were drawn to ${after!.at}`);
  };
}

async function reconciled(platform: Platform): Promise<Lost[]> {
  const told = await platform.command('reconcile', '--json');
  const lines = told.said.split('\n').filter((line) => line.startsWith('{'));
  tell('reconcile tells', told.tookMs, lines.at(-1));
  expect(told.code === 1, `reconcile, which only tells, ended with ${told.code}: ${told.said.slice(-2_000)}`);
  const applied = await platform.succeeded('reconcile', '--apply');
  tell('reconcile --apply', applied.tookMs);
  const again = await platform.command('reconcile');
  expect(again.code === 0, `after it something is left to be done: ${again.said.slice(-2_000)}`);
  return lines.map((line) => JSON.parse(line) as Lost).filter(({ type }) => type !== undefined);
}

const load = (platform: Platform) => startLoad(platform, { seed: asked.seed, pauseMs: 60 });
const ordersIn = async (platform: Platform) =>
  new Set(
    (await platform.query<{ id: string }>('select order_id as id from orders.orders')).map(({ id }) => id),
  );

/** Copies of one that is placed, which nobody has heard of: told as after a loss of the topics. */
async function fill(platform: Platform): Promise<void> {
  const placed = await platform.customer('acc_f0').orders.post('/v1/orders', machine);
  if (placed.status !== 201) throw new Error(`no order to copy: ${JSON.stringify(placed.body)}`);
  await audited(platform, 'before the fill');
  await platform.endServices('SIGTERM');
  await timed(`${asked.orders} orders`, platform.copyOrder(placed.body.orderId as string, asked.orders));
  await timed('reconcile --apply tells of them', platform.succeeded('reconcile', '--apply'), lastLine);
  await timed('services ready', platform.startServices());
  await timed('each service has heard of them', platform.untilHeard(asked.orders));
}

async function loseDatabase(platform: Platform): Promise<void> {
  const running = load(platform);
  await sleep(asked.seconds * 1_000);
  await timed(`full backup under load, ${platform.backupTool}`, platform.backUp());
  await sleep(asked.seconds * 1_000);
  const [moment] = await platform.query<{ at: string; wal: string; seen: Date }>(
    `select now()::text as at, pg_walfile_name(pg_current_wal_lsn()) as wal, now() as seen`,
  );
  const isArchived = async () =>
    (
      await platform.query<{ is: boolean }>(
        `select last_archived_wal >= '${moment!.wal}' as is from pg_stat_archiver`,
      )
    )[0]!.is;
  while (!(await isArchived())) await sleep(200);
  await sleep(2_000);
  const history = await running.stop();
  const before = await ordersIn(platform);
  const lostMs = Date.now() - moment!.seen.getTime();
  await platform.endServices('SIGKILL');
  await platform.losePostgres();
  console.log(
    `the database is lost, ${before.size} orders, ${(lostMs / 1_000).toFixed(1)} s after the moment to restore`,
  );

  await timed('restore to that moment', platform.restorePostgres(moment!.at));
  const after = await ordersIn(platform);
  const gone = [...before].filter((id) => !after.has(id));
  const foreignLeftNothing = await tellForeign(platform, [...after][0]!);
  await expectAlone(platform);
  const lost = await reconciled(platform);
  await foreignLeftNothing();
  const listed = new Set(lost.filter(({ type }) => type === 'order.placed').map(({ id }) => id));
  expect(gone.length > 0, 'nothing was lost: the drill showed nothing');
  for (const id of gone) expect(listed.has(id), `order ${id} is gone and nobody lists it`);
  for (const id of listed) expect(!after.has(id), `order ${id} is listed as gone and is there`);
  console.log(
    `gone: ${gone.length} of ${before.size} orders, and ${lost.length} events; ` +
      `${history.filter(({ status }) => status < 300).length} commands had been accepted in all`,
  );
}

async function loseTopics(platform: Platform): Promise<void> {
  const running = load(platform);
  await sleep(asked.seconds * 1_000);
  await platform.loseKafka();
  await sleep(1_000);
  await running.stop();
  await platform.endServices('SIGTERM');
  console.log(`all topics are lost, ${(await ordersIn(platform)).size} orders are in the database`);
  await timed('an empty broker', platform.startEmptyKafka());
  await timed('topics', platform.succeeded('topics'), lastLine);
  const lost = await reconciled(platform);
  expect(lost.length === 0, `events are lost though the database is whole: ${JSON.stringify(lost[0])}`);
}

/** While the services are down: events of it were told, and not yet handled. */
async function loseTopic(platform: Platform): Promise<void> {
  const running = load(platform);
  await sleep(asked.seconds * 1_000);
  await running.stop();
  await platform.endServices('SIGKILL');
  await platform.loseTopic('order.fulfilled');
  console.log(`one topic is lost, ${(await ordersIn(platform)).size} orders are in the database`);
  await timed('topics', platform.succeeded('topics'), lastLine);
  const lost = await reconciled(platform);
  expect(lost.length === 0, `events are lost though the database is whole: ${JSON.stringify(lost[0])}`);
}

const scenarios = {
  database: { lose: loseDatabase, history: 'whole' },
  topics: { lose: loseTopics, history: 'lost' },
  topic: { lose: loseTopic, history: 'in part' },
} as const;

async function run(scenario: keyof typeof scenarios): Promise<void> {
  console.log(`\n${scenario}: seed ${asked.seed}, ${asked.seconds} s of load`);
  const platform = await startPlatform(join(asked.home, scenario));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void platform.close().finally(() => process.exit(130)));
  try {
    await platform.prepare();
    await platform.startServices();
    await openShop(platform);
    if (asked.orders > 0) await fill(platform);
    const began = performance.now();
    await scenarios[scenario].lose(platform);
    await timed('services ready', platform.startServices());
    await audited(platform, 'after the start');
    await rebuilt(platform, scenarios[scenario].history);
    await audited(platform, 'after the rebuild');
    const goesOn = load(platform);
    await sleep(3_000);
    await goesOn.stop();
    await audited(platform, 'after more orders');
    tell('all of it', performance.now() - began);
  } finally {
    await platform.close();
  }
}

await compileServices();
for (const scenario of asked.scenarios) await run(scenario);
for (const line of wrong.slice(0, 50)) console.error(line);
console.log(
  wrong.length === 0
    ? 'Restored: nothing is out of step, and all that is gone is listed.'
    : `${wrong.length} things went wrong`,
);
process.exit(wrong.length === 0 ? 0 : 1);
