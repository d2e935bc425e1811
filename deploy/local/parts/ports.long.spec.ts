import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { openAdmin, openKafka } from '@accord/kafka';
import { connect as connectTo } from '@accord/postgres';
import { freePort } from './background.ts';
import { startKafka } from './kafka.ts';
import { placeOf, startPostgres } from './postgres.ts';

// Two starts on one machine want one port. The worst moment: it was free when the second looked, and the first
// has it before the second listens. The first is the platform of the tests.

const firstBroker = process.env['ACCORD_KAFKA_BROKERS']!;
const firstPostgres = process.env['ACCORD_POSTGRES_URL']!;

const folder = mkdtempSync(join(tmpdir(), 'accord-ports-'));
const started = new AsyncDisposableStack();
afterAll(async () => {
  await started.disposeAsync();
  for (const path of [folder, placeOf(join(folder, 'second', 'postgres'))])
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
});

/** Takes the port as soon as the file is there, and answers with what listens at `behind`, `host:port`. */
async function takePort(ask: { port: number; behind: string; file: string }): Promise<void> {
  while (!existsSync(ask.file)) await sleep(1);
  const [host, behind] = ask.behind.split(',')[0]!.split(':');
  const server = createServer((near) => {
    const far = connect(Number(behind), host);
    near.pipe(far).pipe(near);
    const close = () => [near, far].forEach((either) => either.destroy());
    for (const socket of [near, far]) socket.on('error', close).on('close', close);
    started.defer(close);
  });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(ask.port, '127.0.0.1', resolve),
  );
  started.defer(() => void server.close());
}

/** A start on a port that was taken meanwhile; again on another where the start was faster. */
async function startedLate<T extends { stop(): Promise<void> }>(
  place: (port: number) => { readonly start: Promise<T>; readonly behind: string; readonly file: string },
): Promise<{ readonly port: number; readonly second: T }> {
  const port = await freePort();
  const { start, ...where } = place(port);
  const [second, taken] = await Promise.all([start, takePort({ port, ...where }).then(() => true, isTaken)]);
  if (taken) {
    started.defer(second.stop);
    return { port, second };
  }
  await second.stop();
  rmSync(where.file, { force: true });
  return startedLate(place);
}

const isTaken = (error: NodeJS.ErrnoException) => {
  if (error.code === 'EADDRINUSE') return false;
  throw error;
};

test('a broker is never taken for another that has the wanted port: it starts on a free one', async () => {
  const dataDir = join(folder, 'second', 'broker');
  const { port, second } = await startedLate((wanted) => ({
    start: startKafka({ dataDir, port: wanted }),
    behind: firstBroker,
    file: join(dataDir, 'pid'),
  }));
  expect(second.port).not.toBe(port);
  const clusterOf = async (brokers: string) => {
    const log = pino({ level: 'silent' });
    const admin = await openAdmin(openKafka({ brokers: [brokers], clientId: 'test', topicPrefix: '', log }));
    try {
      return (await admin.cluster()).id;
    } finally {
      await admin.close();
    }
  };
  const [one, answering, other] = await Promise.all(
    [firstBroker, `127.0.0.1:${port}`, second.brokers].map(clusterOf),
  );
  expect(answering).toBe(one);
  expect(other).not.toBe(one);
});

test('a Postgres is never taken for another that has the wanted port: it starts on a free one', async () => {
  const dataDir = join(folder, 'second', 'postgres');
  const { port, second } = await startedLate((wanted) => ({
    start: startPostgres({ dataDir, port: wanted, durable: false }),
    behind: new URL(firstPostgres).host,
    file: join(folder, 'second', 'logs', 'postgres.log'),
  }));
  expect(second.port).not.toBe(port);
  const connection = await connectTo(second.url, { connectTimeoutMs: 20_000 });
  const { rows } = await connection.query<{ there: string }>(
    `select current_setting('data_directory') as there`,
  );
  await connection.end();
  expect(rows[0]!.there).toBe(placeOf(dataDir));
});
