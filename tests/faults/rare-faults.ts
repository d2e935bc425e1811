import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Admin } from 'kafkajs';
import pg from 'pg';
import { isAlive, topics, type EmbeddedKafka } from '@accord/local/parts';
import type { Environment } from './environment.ts';
import { nothingLost, secondsMs, servedOn, type Fault } from './fault.ts';

// Clocks that go wrong, full disks, leaders that are away, and two versions of a service at once.

const hourMs = 3_600_000;
/** Longer than a session in a consumer group. */
const clockWrongMs = 8_000;

const clockJumps = (copy: string, hours: 1 | -1): Fault => ({
  name: `clock of ${copy} an hour ${hours > 0 ? 'ahead' : 'behind'} for ${clockWrongMs / 1_000} s`,
  promise: `${nothingLost}; nothing but tokens is judged by it, so ahead it refuses those that will have expired`,
  withinMs: 5 * secondsMs,
  async happen({ clock }) {
    writeFileSync(`${clock} ${copy}`, String(hours * hourMs));
    await sleep(clockWrongMs);
    rmSync(`${clock} ${copy}`);
  },
});

/** A server that ended for it is started again, as an orchestrator does. */
async function freed({ disk, databaseUrl, postgres, mendPostgres }: Environment): Promise<void> {
  disk!.free();
  for (const deadline = performance.now() + 30_000; ; await sleep(100)) {
    if (!isAlive(postgres().pid)) return mendPostgres();
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 1_000 });
    const answers = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    if (answers) return;
    if (performance.now() > deadline)
      throw new Error('Postgres does not answer 30 s after its disk had room again');
  }
}

const diskFull: Fault = {
  name: "Postgres' disk full for 6 s",
  promise: `${nothingLost}; requests that need room are refused with 503, events wait and none is given up`,
  withinMs: 5 * secondsMs,
  needs: 'small disk',
  async happen(environment) {
    environment.disk!.fill();
    await sleep(6_000);
    await freed(environment);
  },
};

const noRoomForWal: Fault = {
  name: 'no room for another WAL segment: Postgres ends itself',
  promise: `${nothingLost}; serves again within 5 s after it answers`,
  withinMs: 5 * secondsMs,
  needs: 'small disk',
  async happen(environment) {
    environment.disk!.fill();
    const client = new pg.Client({ connectionString: environment.databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    // It ends the server once all segments that there are have been used.
    for (let segments = 0, ended = false; !ended; segments += 1) {
      if (segments === 200) throw new Error('Postgres found room for 200 WAL segments on a full disk');
      ended = await client
        .query(`select pg_logical_emit_message(false, 'fault', 'x', true), pg_switch_wal()`)
        .then(
          () => false,
          () => true,
        );
    }
    await client.end().catch(() => undefined);
    await sleep(2_000);
    await freed(environment);
  },
};

const second = 2;

/** To which broker each topic's second partition belongs from now on; resolves when it is there. */
async function move({ kafka }: Environment, replicas: number[]): Promise<void> {
  const admin = new Kafka({ brokers: [kafka().brokers], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.alterPartitionReassignments({
      topics: topics.map((topic) => ({ topic, partitionAssignment: [{ partition: 1, replicas }] })),
    });
    await untilLedBy(admin, replicas[0]!);
  } finally {
    await admin.disconnect();
  }
}

async function untilLedBy(admin: Admin, leader: number): Promise<void> {
  for (const deadline = performance.now() + 30_000; ; await sleep(100)) {
    const known = await admin.fetchTopicMetadata({ topics: [...topics] }).catch(() => undefined);
    if (
      known?.topics.every(
        ({ partitions }) => partitions.find(({ partitionId }) => partitionId === 1)?.leader === leader,
      )
    )
      return;
    if (performance.now() > deadline) throw new Error(`broker ${leader} does not lead within 30 s`);
  }
}

let secondBroker: EmbeddedKafka | undefined;
const leaderAway: Fault = {
  name: 'half of the partitions move to a second broker, which is killed for 5 s',
  promise: `${nothingLost}; ${servedOn}; events flow within 15 s after it answers`,
  withinMs: 15 * secondsMs,
  servesOn: true,
  async happen(environment) {
    secondBroker = await environment.startSecondBroker();
    await move(environment, [second]);
    await sleep(1_000);
    secondBroker.kill('SIGKILL');
    await sleep(5_000);
    secondBroker = await environment.startSecondBroker();
  },
  async after(environment) {
    await move(environment, [1]);
    await secondBroker!.stop();
  },
};

/** Both are members of one group, and each may be the one that shares out the partitions. */
const twoVersions: Fault = {
  name: 'an older version of order beside a newer one for 10 s',
  promise: `${nothingLost}; what only the newer one subscribes to, it handles`,
  withinMs: 5 * secondsMs,
  async happen({ services }) {
    await services.get('order 2')!.restart({ ACCORD_OLDER: 'yes' });
    await sleep(10_000);
  },
  after: ({ services }) => services.get('order 2')!.restart({ ACCORD_OLDER: '' }),
};

export const rareFaults: readonly Fault[] = [
  clockJumps('order', 1),
  clockJumps('order', -1),
  clockJumps('contract', 1),
  clockJumps('contract', -1),
  diskFull,
  noRoomForWal,
  leaderAway,
  twoVersions,
];
