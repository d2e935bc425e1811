import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { settingsFor, startServiceProcess, type ServiceProcess } from '@accord/local';
import { all, databaseUrl, makeDatabase, placeOf, startKafka, startPostgres } from '@accord/local/parts';
import { roles } from '@accord/postgres/provision';
import { clientOf, developmentPassword, type Client, type Reply } from '@accord/testing';
import { chanceOf } from '../chance.ts';
import type { Environment } from '../faults/environment.ts';
import { callersOf, operatorClaims, removeAtEnd, startOutside } from '../outside.ts';

export interface Version {
  readonly name: 'old' | 'new';
  /** The folder of its sources. */
  readonly sources: string;
}

/** One database and one broker, and the services of any release on them. */
export interface Platform extends Pick<
  Environment,
  'services' | 'customer' | 'platform' | 'operator' | 'databaseUrl' | 'kafka' | 'mails'
> {
  /** Approves the refunds that wait for it: an account that gets many back is reviewed (RFD-13). */
  review(): Promise<void>;
  /** Runs a release's commands in their order, beside whatever runs (docs/operations.md). */
  prepare(version: Version): Promise<void>;
  /** An instance of each of its services; from the moment all are ready, they get their share of the requests. */
  start(version: Version): Promise<void>;
  /** They get no more requests, and are asked to end. */
  stop(version: Version): Promise<void>;
  /** How many requests each version was sent, since the last call. */
  requests(): Readonly<Record<Version['name'], number>>;
  /** Requests without the answer of a service that is well, and answers that the other version repeats otherwise. */
  readonly failures: readonly string[];
  /** Lines of the services' logs that tell of an error. */
  errors(): readonly string[];
  close(): Promise<void>;
}

interface Instance {
  readonly version: Version['name'];
  readonly process: ServiceProcess;
}

const run = promisify(execFile);
/** So many commands are sent to the other version again. */
const repeatedShare = 0.2;

export async function startPlatform(home: string, seed: number): Promise<Platform> {
  const started = new AsyncDisposableStack();
  try {
    return await startParts(home, seed, started);
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function startParts(home: string, seed: number, started: AsyncDisposableStack): Promise<Platform> {
  const dataDir = join(home, 'disk', 'postgres');
  removeAtEnd(started, [home, dirname(placeOf(dataDir))]);
  const postgres = await startPostgres({ dataDir });
  started.defer(postgres.stop);
  const kafka = await startKafka({ dataDir: join(home, 'broker') });
  started.defer(kafka.stop);
  const { issuer, mailbox } = await startOutside(started);
  await makeDatabase(postgres.url, 'accord');
  const database = databaseUrl(postgres.url, 'accord');

  const settings = Object.fromEntries(
    serviceNames.map((name) => [
      name,
      settingsFor(name, {
        ask: { profile: 'baidu', settings: { ACCORD_RATE_PER_MINUTE: '0', ACCORD_DRAIN_MS: '500' } },
        foundation: { databaseUrl: database, brokers: kafka.brokers, topicPrefix: '' },
        issuer,
        mailbox,
      }),
    ]),
  );
  const instances = new Map<ServiceName, readonly Instance[]>(serviceNames.map((name) => [name, []]));
  const services = new Map<string, ServiceProcess>();
  const logs = new Set<string>();
  started.defer(
    async () => void (await Promise.all([...services.values()].map((process) => process.stop()))),
  );

  const asked = requestsTo(instances, seed);
  const asking = (name: ServiceName, claims: Parameters<typeof issuer.token>[0]) =>
    asked.client(name, () => issuer.token(claims));
  const operatorOfRefunds = asking('refund', operatorClaims);
  return {
    services,
    databaseUrl: database,
    kafka: () => kafka,
    mails: mailbox.mails,
    ...callersOf(asking),
    async review() {
      const waiting = await operatorOfRefunds.get('/v1/refunds?status=reviewing&limit=100');
      for (const { refundId } of waiting.body.data as { refundId: string }[])
        await operatorOfRefunds.post(`/v1/refunds/${refundId}/approve`, { text: 'as agreed' });
    },
    async prepare({ sources }) {
      const command = (env: Readonly<Record<string, string>>, ...args: string[]) =>
        run(process.execPath, ['deploy/accord.ts', ...args], {
          cwd: sources,
          env: { ...process.env, ACCORD_ENV: 'development', ...env },
        });
      const passwords = roles.map((role) => [`${role.toUpperCase()}_PASSWORD`, developmentPassword(role)]);
      await command({ ACCORD_ADMIN_DATABASE_URL: database, ...Object.fromEntries(passwords) }, 'provision');
      await command({ ACCORD_KAFKA_BROKERS: kafka.brokers, ACCORD_TOPIC_REPLICATION: '1' }, 'topics');
      for (const name of serviceNames)
        await command(
          { ACCORD_OWNER_DATABASE_URL: settings[name]!['ACCORD_OWNER_DATABASE_URL']! },
          'migrate',
          name,
        );
    },
    async start({ name: version, sources }) {
      const begun = await all(
        serviceNames.map(async (name) => {
          const { ACCORD_OWNER_DATABASE_URL: _, ...own } = settings[name]!;
          const ask = { name, home: join(home, version, name), supervised: false, settings: own, sources };
          const process = await startServiceProcess(ask);
          services.set(`${version} ${name}`, process);
          logs.add(process.log);
          return [name, process] as const;
        }),
      );
      for (const [name, process] of begun)
        instances.set(name, [...instances.get(name)!, { version, process }]);
    },
    async stop({ name: version }) {
      const ended = serviceNames.map(async (name) => {
        const [leaving, staying] = [true, false].map((leaves) =>
          instances.get(name)!.filter((instance) => (instance.version === version) === leaves),
        );
        instances.set(name, staying!);
        services.delete(`${version} ${name}`);
        for (const { process } of leaving!) await process.stop();
      });
      await all(ended);
    },
    requests: asked.counts,
    failures: asked.failures,
    errors: () =>
      [...logs].flatMap((log) =>
        readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => /"level":"(?:error|fatal)"/.test(line))
          .map((line) => `${log.slice(home.length + 1)}: ${line}`),
      ),
    close: () => started.disposeAsync(),
  };
}

/** Each request goes to any of the instances of its service. */
function requestsTo(instances: ReadonlyMap<ServiceName, readonly Instance[]>, seed: number) {
  const chance = chanceOf(seed);
  const failures: string[] = [];
  let counts = { old: 0, new: 0 };

  function client(name: ServiceName, token: () => Promise<string>): Client {
    const clients = new Map<ServiceProcess, Client>();
    const at = ({ process }: Instance) => {
      if (!clients.has(process)) clients.set(process, clientOf(process.url, token));
      return clients.get(process)!;
    };
    const watched = async (instance: Instance, what: string, send: (to: Client) => Promise<Reply>) => {
      counts[instance.version] += 1;
      const failed = (how: string) =>
        failures.push(`${new Date().toISOString()} ${instance.version} ${name} ${what}: ${how}`);
      try {
        const reply = await send(at(instance));
        const code = String(reply.body?.code);
        if (reply.status >= 500 || reply.status === 401 || /^(?:request|idempotency)\./.test(code))
          failed(`${reply.status} ${code}`);
        return reply;
      } catch (error) {
        failed(String((error as Error).cause ?? error));
        throw error;
      }
    };
    const any = () => chance.of(instances.get(name)!);
    const send = async (what: string, ask: (to: Client) => Promise<Reply>, hasKey: boolean) => {
      const first = any();
      const reply = await watched(first, what, ask);
      const others = instances.get(name)!.filter(({ version }) => version !== first.version);
      if (hasKey && others.length > 0 && reply.status < 300 && chance.is(repeatedShare)) {
        const again = await watched(chance.of(others), `${what} again`, ask);
        const [said, repeated] = [reply, again].map(({ status, body }) => JSON.stringify([status, body]));
        if (said !== repeated)
          failures.push(`${name} ${what} was answered with ${said}, then with ${repeated}`);
      }
      return reply;
    };
    const withBody =
      (method: 'post' | 'put' | 'patch') =>
      (path: string, body?: unknown, headers: Record<string, string> = {}) =>
        send(`${method} ${path}`, (to) => to[method](path, body, headers), 'idempotency-key' in headers);
    return {
      get: (path, headers) => send(`get ${path}`, (to) => to.get(path, headers), false),
      post: withBody('post'),
      put: withBody('put'),
      patch: withBody('patch'),
      delete: (path, headers) => send(`delete ${path}`, (to) => to.delete(path, headers), false),
      send: (method, path, raw, headers) =>
        send(`${method} ${path}`, (to) => to.send(method, path, raw, headers), false),
    };
  }
  return {
    client,
    failures,
    counts() {
      const since = counts;
      counts = { old: 0, new: 0 };
      return since;
    },
  };
}
