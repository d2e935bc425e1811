import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { serviceNames } from '@accord/events/services';
import { isAlive } from '@accord/local/parts';
import type { Weather } from '@accord/testing/proxy';
import { inHand, points, type MidwayName, type PointName } from './die-at.ts';
import type { Environment } from './environment.ts';
import { nothingLost, secondsMs, servedOn, type Fault } from './fault.ts';
import { beginExport, beginMassExpiry, expectMidway } from './masses.ts';
import { rareFaults } from './rare-faults.ts';

const killed = (copy: string): Fault => ({
  name: `${copy} killed`,
  promise: `${nothingLost}; serves again within 5 s`,
  withinMs: 5 * secondsMs,
  happen: ({ services }) => services.get(copy)!.kill('SIGKILL'),
});

const paused = (copy: string, ms: number): Fault => ({
  name: `${copy} stopped for ${ms / 1_000} s`,
  promise: `${nothingLost}; a publisher that wakes up late does not publish what others have taken over`,
  withinMs: 10 * secondsMs,
  async happen({ services }) {
    const { pid } = services.get(copy)!;
    process.kill(pid, 'SIGSTOP');
    await sleep(ms);
    process.kill(pid, 'SIGCONT');
  },
});

/** Of several instances the one that comes to the place first; `begin` sets going what leads there. */
const diesAt = (
  instances: readonly string[],
  point: PointName,
  { name = point as string, begin = (_: Environment): Promise<unknown> => Promise.resolve() } = {},
): Fault => ({
  name: `${instances[0]} killed ${name}`,
  promise: `${nothingLost}, at the worst moment`,
  withinMs: 5 * secondsMs,
  async happen(environment) {
    const { services, dieNow } = environment;
    const armed = instances.map((copy) => ({ service: services.get(copy)!, file: `${dieNow} ${copy}` }));
    for (const { service } of armed) await service.restart({ ACCORD_DIE_AT: point });
    const pids = armed.map(({ service }) => service.pid);
    for (const { file } of armed) writeFileSync(file, '');
    await begin(environment);
    for (let waited = 0; pids.every(isAlive); waited += 1) {
      if (waited > 1_500) throw new Error(`${instances.join(', ')} did not come to the place "${point}"`);
      await sleep(10);
    }
    for (const { file } of armed) rmSync(file, { force: true });
  },
});

const begins = { 'an export job': beginExport, 'a mass expiry': beginMassExpiry } as const;
const diesMidway = (point: MidwayName): Fault => {
  const instances = ['order', 'order 2'];
  const fault = diesAt(instances, point, { name: `in the middle of ${point}`, begin: begins[point] });
  return {
    ...fault,
    async happen(environment) {
      await fault.happen(environment);
      const files = instances.map((copy) => `${environment.dieNow} ${copy}${inHand}`).filter(existsSync);
      if (files.length === 0) throw new Error(`nobody died in the middle of ${point}`);
      for (const file of files) {
        await expectMidway(environment, point, JSON.parse(readFileSync(file, 'utf8')) as string[]);
        rmSync(file);
      }
    },
  };
};

const restarted = (copy: string): Fault => ({
  name: `${copy} restarted`,
  promise: `${nothingLost}; work under way ends or is left cleanly`,
  withinMs: 5 * secondsMs,
  happen: ({ services }) => services.get(copy)!.restart(),
});

const weather = (where: 'postgres' | 'kafka' | 'smtp', kind: Weather, ms: number): Fault => ({
  name: `network to ${where} ${kind} for ${ms / 1_000} s`,
  promise: `${nothingLost}; ${where === 'postgres' ? 'requests wait or are refused with a clear problem' : servedOn}`,
  withinMs: 15 * secondsMs,
  ...(where !== 'postgres' && { servesOn: true }),
  async happen({ network }) {
    network[where].become(kind);
    await sleep(ms);
    network[where].become('fair');
  },
});

const rolling: Fault = {
  name: 'every service restarted, one after the other',
  promise: `${nothingLost}; work under way ends or is left cleanly`,
  withinMs: 5 * secondsMs,
  async happen({ services }) {
    for (const service of services.values()) await service.restart();
  },
};

const connectionsEnd = (where: 'postgres' | 'kafka', how: 'reset' | 'end within an answer'): Fault => ({
  name: `connections to ${where} ${how}, five times`,
  promise: where === 'postgres' ? nothingLost : `${nothingLost}; ${servedOn}`,
  withinMs: 5 * secondsMs,
  ...(where !== 'postgres' && { servesOn: true }),
  async happen({ network }) {
    for (let times = 0; times < 5; times += 1) {
      if (how === 'reset') network[where].cut();
      else network[where].tear();
      await sleep(300);
    }
    network[where].calm();
  },
});

const sessionsEnded: Fault = {
  name: 'every Postgres session ended by the server',
  promise: nothingLost,
  withinMs: 3 * secondsMs,
  async happen({ databaseUrl }) {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and ' +
        'datname = current_database()',
    );
    await client.end();
  },
};

const postgresKilled: Fault = {
  name: 'Postgres killed',
  promise: `${nothingLost}; serves again within 3 s after it answers`,
  withinMs: 3 * secondsMs,
  async happen({ postgres, mendPostgres }) {
    postgres().kill('SIGKILL');
    await sleep(500);
    await mendPostgres();
  },
};

const brokerKilled: Fault = {
  name: 'broker killed',
  promise: `${nothingLost}; ${servedOn}; events flow within 15 s after it answers`,
  withinMs: 15 * secondsMs,
  servesOn: true,
  async happen({ kafka, mendKafka }) {
    kafka().kill('SIGKILL');
    await sleep(500);
    await mendKafka();
  },
};

const brokerPaused: Fault = {
  name: 'broker stopped for 6 s',
  promise: `${nothingLost}; ${servedOn}`,
  withinMs: 15 * secondsMs,
  servesOn: true,
  async happen({ kafka }) {
    kafka().kill('SIGSTOP');
    await sleep(6_000);
    kafka().kill('SIGCONT');
  },
};

const [order, ...others] = serviceNames;
const copies = [order, 'order 2', ...others];
const names = Object.keys(points) as (keyof typeof points)[];

/** In an order that the seed shuffles. */
export const faults: readonly Fault[] = [
  ...copies.map(killed),
  paused('order', 13_000),
  ...others.map((name) => paused(name, 5_000)),
  ...names.map((point) => diesAt(['order', 'order 2'], point)),
  ...others.flatMap((name) => names.map((point) => diesAt([name], point))),
  diesMidway('an export job'),
  diesMidway('a mass expiry'),
  ...copies.map(restarted),
  rolling,
  connectionsEnd('postgres', 'reset'),
  connectionsEnd('postgres', 'end within an answer'),
  connectionsEnd('kafka', 'reset'),
  connectionsEnd('kafka', 'end within an answer'),
  sessionsEnded,
  weather('postgres', 'slow', 4_000),
  weather('postgres', 'silent', 6_000),
  weather('postgres', 'half open', 6_000),
  weather('postgres', 'away', 3_000),
  weather('kafka', 'slow', 4_000),
  weather('kafka', 'silent', 6_000),
  weather('kafka', 'half open', 6_000),
  weather('kafka', 'away', 3_000),
  weather('smtp', 'silent', 4_000),
  weather('smtp', 'away', 3_000),
  postgresKilled,
  brokerKilled,
  brokerPaused,
  ...rareFaults,
];

/** The faults that `npm run test:long` has time for. */
export const shortList: readonly Fault[] = [
  diesAt(['contract'], 'after inbox commit'),
  diesMidway('an export job'),
  diesMidway('a mass expiry'),
  sessionsEnded,
  brokerKilled,
];
