import { execFile, execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import {
  auditSettingsOf,
  settingsFor,
  startMailbox,
  startServiceProcess,
  type ServiceProcess,
} from '@accord/local';
import {
  all,
  databaseUrl,
  freePort,
  makeDatabase,
  placeOf,
  startKafka,
  startPostgres,
  type EmbeddedKafka,
  type EmbeddedPostgres,
} from '@accord/local/parts';
import { rolesOf, roleUrl, roles, schemas, type ServiceName } from '@accord/postgres/provision';
import { clientOf, developmentPassword, startIssuer } from '@accord/testing';

const root = fileURLToPath(new URL('../../', import.meta.url));
export const names = Object.keys(schemas) as ServiceName[];
const nobody = 65_534;

export interface Ran {
  readonly code: number;
  readonly said: string;
  readonly tookMs: number;
}

/** One database with its archive, one broker, and the four services, which may be lost. */
export async function startPlatform(home: string) {
  const started = new AsyncDisposableStack();
  const disk = join(home, 'disk');
  const dataDir = join(disk, 'postgres');
  const place = placeOf(dataDir);
  const [archive, backup] = ['archive', 'backup'].map((name) => join(dirname(place), name)) as [
    string,
    string,
  ];
  started.defer(() =>
    [home, dirname(place)].forEach((folder) =>
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
    ),
  );
  mkdirSync(archive, { recursive: true });
  if (process.getuid?.() === 0) chownSync(archive, nobody, nobody);
  const archiving = {
    archive_mode: 'on',
    archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f.part && mv ${archive}/%f.part ${archive}/%f`,
    // In production 60: the most that is lost.
    archive_timeout: '2',
  };
  const port = await freePort();
  let postgres: EmbeddedPostgres = await startPostgres({ dataDir, port, settings: archiving });
  started.defer(() => postgres.stop());
  const kafkaAsk = { dataDir: join(home, 'broker'), port: await freePort() };
  let kafka: EmbeddedKafka = await startKafka(kafkaAsk);
  started.defer(() => kafka.stop());
  const issuer = await startIssuer();
  started.defer(() => issuer.close());
  const mailbox = await startMailbox();
  started.defer(mailbox.stop);
  await makeDatabase(postgres.url, 'accord');
  const database = databaseUrl(postgres.url, 'accord');
  const foundation = { databaseUrl: database, brokers: kafka.brokers, topicPrefix: '' };
  const settingsOf = (name: ServiceName) =>
    settingsFor(name, {
      ask: { profile: 'baidu', settings: { ACCORD_RATE_PER_MINUTE: '0', ACCORD_BODY_BYTES_PER_SECOND: '0' } },
      foundation,
      issuer: { ...issuer, audience: 'accord' },
      mailbox,
    });
  let services = new Map<ServiceName, ServiceProcess>();
  const ended = () => all([...services.values()].map((service) => service.stop()));
  started.defer(async () => void (await ended()));

  const urlOf = (role: string) => roleUrl(database, role, developmentPassword(role));
  const commandEnv: Record<string, string> = {
    ...auditSettingsOf(foundation),
    ACCORD_ADMIN_DATABASE_URL: database,
    ACCORD_TOPIC_REPLICATION: '1',
    ...Object.fromEntries(roles.map((role) => [`${role.toUpperCase()}_PASSWORD`, developmentPassword(role)])),
    ...Object.fromEntries(
      names.map((name) => [
        `ACCORD_${name.toUpperCase()}_OPERATOR_DATABASE_URL`,
        urlOf(rolesOf(name).operator),
      ]),
    ),
  };
  /** `node deploy/accord.ts …`, as an operator runs it. */
  const command = (...args: string[]): Promise<Ran> => {
    const began = performance.now();
    const owner = { ACCORD_OWNER_DATABASE_URL: urlOf(rolesOf((args[1] ?? 'order') as ServiceName)?.owner) };
    const env = { ...process.env, NODE_OPTIONS: '', ...commandEnv, ...owner };
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        ['deploy/accord.ts', ...args],
        { cwd: root, env, maxBuffer: 1024 * 2 ** 20 },
        (error, stdout, stderr) =>
          resolve({
            code: error ? Number(error.code ?? 1) : 0,
            said: stdout + stderr,
            tookMs: performance.now() - began,
          }),
      ),
    );
  };
  const succeeded = async (...args: string[]) => {
    const ran = await command(...args);
    if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}: ${ran.said}`);
    return ran;
  };
  const query = async <Row extends pg.QueryResultRow>(text: string, of = database): Promise<Row[]> => {
    const client = new pg.Client({ connectionString: of });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const asking = (name: ServiceName, claims: Parameters<typeof issuer.token>[0]) =>
    clientOf(services.get(name)!.url, () => issuer.token(claims));
  const scope = ['orders', 'contracts', 'refunds'].map((of) => `${of}:read ${of}:write`).join(' ');
  return {
    command,
    succeeded,
    query,
    customer(accountId: string) {
      const claims = { sub: `user_${accountId}`, account_id: accountId, scope };
      return {
        orders: asking('order', claims),
        contracts: asking('contract', claims),
        refunds: asking('refund', claims),
      };
    },
    platform() {
      const claims = { sub: 'platform', scope: 'platform' };
      return { orders: asking('order', claims), contracts: asking('contract', claims) };
    },
    operator: () => asking('order', { sub: 'operator', scope: 'operator' }),
    async prepare() {
      await succeeded('provision');
      await succeeded('topics');
      for (const name of names) await succeeded('migrate', name);
    },
    async startServices() {
      const begun = names.map((name) =>
        startServiceProcess({ name, home: join(home, name), supervised: false, settings: settingsOf(name) }),
      );
      services = new Map((await all(begun)).map((service) => [service.name, service]));
    },
    async endServices(signal: NodeJS.Signals) {
      if (signal === 'SIGTERM') return void (await ended());
      await all([...services.values()].map((service) => service.kill(signal)));
    },
    /** A full backup while it runs, as any tool makes one: start, copy, stop. */
    async backUp() {
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      try {
        await client.query(`select pg_backup_start('drill', true)`);
        execFileSync('cp', ['-a', place, backup]);
        const { rows } = await client.query<{ labelfile: string }>(
          'select labelfile from pg_backup_stop(true)',
        );
        writeFileSync(join(backup, 'backup_label'), rows[0]!.labelfile);
        for (const left of ['postmaster.pid', 'postmaster.opts']) rmSync(join(backup, left), { force: true });
        execFileSync('sh', ['-c', `rm -rf ${backup}/pg_wal/*`]);
      } finally {
        await client.end();
      }
    },
    /** All of it, as if its disk had burned. */
    async losePostgres() {
      postgres.kill('SIGKILL');
      await postgres.stop();
      rmSync(place, { recursive: true, force: true, maxRetries: 5 });
    },
    async restorePostgres(until: string) {
      execFileSync('cp', ['-a', backup, place]);
      writeFileSync(join(place, 'recovery.signal'), '');
      if (process.getuid?.() === 0)
        for (const file of ['recovery.signal', 'backup_label']) chownSync(join(place, file), nobody, nobody);
      postgres = await startPostgres({
        dataDir,
        port,
        settings: {
          ...archiving,
          restore_command: `cp ${archive}/%f %p`,
          recovery_target_time: until,
          recovery_target_action: 'promote',
        },
      });
      while ((await query<{ recovers: boolean }>('select pg_is_in_recovery() as recovers'))[0]!.recovers)
        await sleep(100);
    },
    async loseKafka() {
      kafka.kill('SIGKILL');
      await kafka.stop();
      rmSync(kafkaAsk.dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
    async startEmptyKafka() {
      for (const deadline = performance.now() + 30_000; ; await sleep(300)) {
        try {
          kafka = await startKafka(kafkaAsk);
          if (kafka.port !== kafkaAsk.port) throw new Error('the port of the lost broker is taken');
          return;
        } catch (error) {
          if (performance.now() > deadline) throw error;
        }
      }
    },
    logs: home,
    close: () => started.disposeAsync(),
  };
}

export type Platform = Awaited<ReturnType<typeof startPlatform>>;
