import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import { z } from 'zod';
import { readSettings } from '@accord/core/runtime';
import { openKafka, openSender, readTopics, type KafkaClient, type TopicReader } from '@accord/kafka';
import { placeOf } from '@accord/local/parts';
import {
  kafkaAccess,
  kafkaSettings,
  platformSettings,
  startService,
  type RunningService,
} from '@accord/platform';
import { connect } from '@accord/postgres';
import { clientOf, smallService, startIssuer, until, type Client, type TestIssuer } from '@accord/testing';
import { principals } from '../../deploy/kafka/access/rules.ts';
import { route } from '../../libs/http/src/route.ts';
import { allow, expectedOf, probe, type Rights } from './access-lists.ts';
import { makeAuthority, type Authority } from './certificates.ts';
import { plainPassword, startSecuredBroker, type SecuredBroker } from './secured-broker.ts';
import { startSecuredPostgres, type SecuredPostgres } from './secured-postgres.ts';

// Every wire by TLS, in production's way: a broker with its authorizer on, a Postgres that is reached by TLS alone,
// an issuer with a certificate of our own CA. Nothing here is asked for by name in ACCORD_PLAIN_WIRES.

const folder = mkdtempSync(join(tmpdir(), 'wires-'));
chmodSync(folder, 0o755);
const log = pino({ level: process.env['ACCORD_TEST_LOG'] ?? 'silent' });
/** @returns the path of a file with this content, written in one go. */
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

let authority: Authority;
let broker: SecuredBroker;
let postgres: SecuredPostgres;
let issuer: TestIssuer;
let keys: Server;
const passwords = (version: number) => (role: string) => `v${version} of ${role}`;

/** The issuer's keys behind TLS. */
async function serveKeys(by: Authority): Promise<Server> {
  const set = await (await fetch(issuer.jwksUrl)).text();
  const { certificate: cert, key } = await by.issue('keys');
  const server = createServer({ cert, key }, (_, answer) =>
    answer.setHeader('content-type', 'application/json').end(set),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Files of a certificate under this name. */
async function certify(name: string, by = authority) {
  const { certificate, key } = await by.issue(name);
  return { certificate: file(`${name}.crt`, certificate), key: file(`${name}.key`, key) };
}

beforeAll(async () => {
  authority = await makeAuthority('Wires CA');
  file('ca.crt', authority.certificate);
  [broker, postgres, issuer] = await Promise.all([
    startSecuredBroker({ folder, authority, plainUsers: principals }),
    startSecuredPostgres(folder, authority, passwords(1)),
    startIssuer(),
  ]);
  keys = await serveKeys(authority);
  await Promise.all([broker.setPassword('notification', 'v1'), allow(broker.plain)]);
});

afterAll(async () => {
  keys?.close();
  await Promise.all([issuer?.close(), broker?.stop(), postgres?.stop()]);
  for (const path of [folder, placeOf(join(folder, 'postgres'))])
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
});

type Env = Readonly<Record<string, string>>;
const { PATH, NODE_COMPILE_CACHE } = process.env;
const door = fileURLToPath(new URL('../../deploy/accord.ts', import.meta.url));
/** Runs a command as an operator does. */
const command = (args: readonly string[], settings: Env) =>
  promisify(execFile)(process.execPath, [door, ...args], { env: { PATH, NODE_COMPILE_CACHE, ...settings } });

const ca = () => join(folder, 'ca.crt');
const clientOfKafka = (settings: Env, logTo = log): KafkaClient =>
  openKafka({
    ...kafkaAccess(readSettings(kafkaSettings, { ACCORD_KAFKA_CA_FILE: ca(), ...settings })),
    clientId: 'wires',
    log: logTo,
  });
const byPlain = (principal: string): Env => ({
  ACCORD_KAFKA_BROKERS: broker.sasl,
  ACCORD_KAFKA_MECHANISM: 'PLAIN',
  ACCORD_KAFKA_USER: principal,
  ACCORD_KAFKA_PASSWORD: plainPassword(principal),
});

test('API-17 the command topics comes with a client certificate, and makes what its access lists allow', async () => {
  const { certificate, key } = await certify('topics');
  const { stdout } = await command(['topics'], {
    ACCORD_KAFKA_BROKERS: broker.mutual,
    ACCORD_KAFKA_CA_FILE: ca(),
    ACCORD_KAFKA_CERTIFICATE_FILE: certificate,
    ACCORD_KAFKA_KEY_FILE: key,
    ACCORD_TOPIC_REPLICATION: '1',
  });
  expect(stdout).toMatch(/^(\d+) topics are there: \1 made now/);
});

const tokenFor = (sub: string, seconds: number) =>
  new UnsecuredJWT({ scope: 'kafka' })
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime(`${seconds}s`)
    .encode();
const byToken: Env = { ACCORD_KAFKA_MECHANISM: 'OAUTHBEARER' };
/** A reader that begins with a token of 15 s, which others replace at once; it reads on while all else changes. */
let auditing: { reader: TopicReader; read: number; token: string };
/** Of the reader's client, what it warned of once it had joined its group. */
const warned: object[] = [];

test('API-17 the auditor comes with a token', async () => {
  const token = tokenFor('auditor', 15);
  auditing = { reader: undefined as never, read: 0, token };
  const path = file('kafka.token', token);
  auditing.reader = await readTopics(
    clientOfKafka(
      { ACCORD_KAFKA_BROKERS: broker.sasl, ...byToken, ACCORD_KAFKA_TOKEN_FILE: path },
      pino({ level: 'warn' }, { write: (line: string) => void warned.push(JSON.parse(line)) }),
    ),
    {
      reader: 'audit',
      topics: ['webhook.disabled'],
      onMessages: (_topic, _partition, messages) => void (auditing.read += messages.length),
    },
  );
  file('kafka.token', tokenFor('auditor', 900));
  expect(auditing.reader.missing).toEqual([]);
});

describe('a service', () => {
  const handled: string[] = [];
  /** Until then a request keeps its connection to Postgres. */
  let mayEnd: Promise<void> = Promise.resolve();
  const service = () => ({
    ...smallService({
      'webhook.disabled': { on: (_, { subject }) => Promise.resolve(void handled.push(subject.id)) },
    }),
    routes: [
      route({
        method: 'put',
        path: '/v1/things/{id}',
        operationId: 'putThing',
        summary: 'Puts.',
        access: { customer: 'orders:write', operator: true },
        params: z.strictObject({ id: z.string() }),
        answer: z.object({ id: z.string() }),
        inTransaction: async (tx, { params: { id } }) => {
          await tx.one(`select pg_sleep(0.1)`);
          await mayEnd;
          const data = { endpointId: id, version: 1, accountId: 'acc_wires', reason: 'wires' };
          tx.emit({ type: 'webhook.disabled', data });
          return { body: { id } };
        },
      }),
    ],
  });
  /** As they are mounted: the folder has one file for each secret. */
  async function settings(): Promise<Env> {
    const owner = await certify('accord_notification_owner');
    const port = (keys.address() as AddressInfo).port;
    return {
      ACCORD_HOST: '127.0.0.1',
      ACCORD_PORT: '0',
      ACCORD_OPS_PORT: '0',
      ACCORD_DRAIN_MS: '0',
      ACCORD_DATABASE_HOST: postgres.place.split(':')[0]!,
      ACCORD_DATABASE_PORT: /:(\d+)/.exec(postgres.place)![1]!,
      ACCORD_DATABASE_CA_FILE: ca(),
      ACCORD_DATABASE_USER: 'accord_notification',
      ACCORD_DATABASE_PASSWORD_FILE: file('app.password', passwords(1)('accord_notification')),
      ACCORD_OPERATOR_DATABASE_USER: 'accord_notification_operator',
      ACCORD_OPERATOR_DATABASE_PASSWORD_FILE: file(
        'operator.password',
        passwords(1)('accord_notification_operator'),
      ),
      ACCORD_OWNER_DATABASE_USER: 'accord_notification_owner',
      ACCORD_OWNER_DATABASE_CERTIFICATE_FILE: owner.certificate,
      ACCORD_OWNER_DATABASE_KEY_FILE: owner.key,
      ACCORD_KAFKA_BROKERS: broker.sasl,
      ACCORD_KAFKA_CA_FILE: ca(),
      ACCORD_KAFKA_MECHANISM: 'SCRAM-SHA-512',
      ACCORD_KAFKA_USER: 'notification',
      ACCORD_KAFKA_PASSWORD_FILE: file('kafka.password', 'v1\n'),
      ACCORD_TOKEN_ISSUER: issuer.issuer,
      ACCORD_JWKS_URL: `https://127.0.0.1:${port}/jwks.json`,
      ACCORD_JWKS_CA_FILE: ca(),
      ACCORD_LOG_LEVEL: process.env['ACCORD_TEST_LOG'] ?? 'silent',
      ACCORD_RATE_PER_MINUTE: '0',
      ACCORD_POOL_SIZE: '50',
      PROVIDER_PROFILE: 'baidu',
    };
  }

  let running: RunningService;
  beforeAll(async () => {
    running = await startService(readSettings(platformSettings, await settings()), service);
    await running.joined;
  });
  afterAll(() => running?.stop());

  test('API-17 in production all its connections are by TLS, to servers whose names were verified', async () => {
    const sessions = await postgres.run(
      `select bool_and(ssl) as secured, count(*)::int as sessions from pg_stat_ssl join pg_stat_activity using (pid)
        where usename like 'accord%'`,
    );
    expect(sessions).toEqual([{ secured: true, sessions: expect.any(Number) }]);
    // A name that is not in the certificate, a CA that did not sign it, and a connection without TLS.
    const stranger = file('stranger.crt', (await makeAuthority('Stranger')).certificate);
    const address = `postgres://accord_notification:x@${postgres.place}?sslmode=verify-full`;
    await expect(connect(`${address}&sslrootcert=${stranger}`)).rejects.toThrow(/certificate/);
    await expect(connect(`${address.replace('127.0.0.1', '127.0.0.2')}&sslrootcert=${ca()}`)).rejects.toThrow(
      /ECONNREFUSED|altnames/,
    );
    await expect(connect(address.replace(/\?.*/, ''))).rejects.toThrow(/no encryption/);
    const mistaken = clientOfKafka({ ...byPlain('order'), ACCORD_KAFKA_CA_FILE: stranger });
    await expect(openSender(mistaken)).rejects.toThrow(/certificate/);
  });

  test('API-17 passwords, certificates and the CA change while requests and events go on: none fails', async () => {
    const customer = clientOf(running.baseUrl, () =>
      issuer.token({ account_id: 'acc_wires', scope: 'orders:write' }),
    );
    const operator = clientOf(running.baseUrl, () => issuer.token({ scope: 'operator' }));
    const [asked, failed]: [string[], string[]] = [[], []];
    let over = false;
    const ask = async (client: Client) => {
      const id = `whe_${randomUUID()}`;
      asked.push(id);
      await client.put(`/v1/things/${id}`).then(
        ({ status, body }) => void (status === 200 || failed.push(JSON.stringify(body))),
        (error: Error) => void failed.push(error.message),
      );
    };
    const clients = [customer, operator].map(async (client) => {
      for (; !over; await sleep(5)) await ask(client);
    });
    /** Another service of the platform, with a client certificate: it tells facts meanwhile. */
    const asPlatform = async (by = authority) => {
      const { certificate, key } = await certify('platform', by);
      return {
        ACCORD_KAFKA_BROKERS: broker.mutual,
        ACCORD_KAFKA_CERTIFICATE_FILE: certificate,
        ACCORD_KAFKA_KEY_FILE: key,
      };
    };
    const teller = await openSender(clientOfKafka(await asPlatform()));
    let told = 0;
    const telling = (async () => {
      for (; !over; await sleep(20)) {
        const fact = { topic: 'payment.received', key: 'pay_1', value: '{}', headers: {} };
        await teller.send([fact]).then(
          () => void (told += 1),
          (error: Error) => void failed.push(error.message),
        );
      }
    })();
    const { app, operator: all } = running.db.pools();
    /** More at once than ever before: both pools open connections, as the files say by now. */
    const crowd = async () => {
      const before = [app.totalCount, all.totalCount] as const;
      const others = Math.max(...before) + 8;
      const gate = Promise.withResolvers<void>();
      mayEnd = gate.promise;
      const crowded = Array.from({ length: others }, () => [ask(customer), ask(operator)]).flat();
      const grown = () => [app.totalCount - before[0], all.totalCount - before[1]];
      await until('both pools open connections', () => Promise.resolve(grown().every((more) => more > 0)));
      opened.push(...grown());
      gate.resolve();
      await Promise.all(crowded);
    };
    const opened: number[] = [];
    const moreTold = (facts: number) => {
      const enough = told + facts;
      return until('the platform tells more facts', () => Promise.resolve(told >= enough));
    };
    /** None of these connections is left, and nothing failed for it. */
    const allNew = (place: string, former: readonly number[]) =>
      until(`no connection to ${place} is left of ${former.join(', ')}`, async () => {
        await auditing.reader.offsetRanges();
        return connectionsTo(place).every((port) => !former.includes(port));
      });
    const roles = ['accord_notification', 'accord_notification_operator'];

    const next = await makeAuthority('Next CA');
    try {
      // The file first, then the server: until then the former password is what opens connections.
      file('app.password', passwords(2)(roles[0]!));
      file('operator.password', passwords(2)(roles[1]!));
      file('kafka.password', 'v2');
      await crowd();
      await until('the auditor reads', () => auditing.read > 0);
      warned.length = 0;
      for (const role of roles) await postgres.run(`alter role ${role} password '${passwords(2)(role)}'`);
      await broker.setPassword('notification', 'v2');
      await crowd();

      // A new CA: trusted beside the old one first, then the servers' certificates, then alone. Clients get
      // certificates by it before the broker knows it: they go on with those that they came with.
      let former = connectionsTo(broker.mutual);
      file('ca.crt', authority.certificate + next.certificate);
      await allNew(broker.mutual, former);
      former = connectionsTo(broker.mutual);
      await asPlatform(next);
      await moreTold(100);
      expect(connectionsTo(broker.mutual)).toEqual(expect.arrayContaining(former));
      const both = [authority, next];
      await Promise.all([postgres.certify(next, both), broker.certify(next, both), replaceKeys(next)]);
      await allNew(broker.mutual, former);
      await crowd();
      // The old one is worth nothing any more.
      await certify('accord_notification_owner', next);
      former = connectionsTo(broker.mutual);
      await Promise.all([postgres.certify(next, [next]), broker.certify(next, [next])]);
      file('ca.crt', next.certificate);
      await allNew(broker.mutual, former);
      await crowd();
    } finally {
      over = true;
      await Promise.all([...clients, telling]);
      await teller.close();
    }
    expect(failed).toEqual([]);
    expect(opened.filter((connections) => connections < 1)).toEqual([]);
    expect(told).toBeGreaterThan(20);
    await (await connect(running.settings.ACCORD_OWNER_DATABASE_URL!)).end();
    await (await openSender(clientOfKafka(await asPlatform(next)))).close();
    await expect(openSender(clientOfKafka(await asPlatform(authority)))).rejects.toThrow();
    expect(asked.length).toBeGreaterThan(100);
    await until(
      () => Promise.resolve(`events of all requests: ${new Set(handled).size} of ${asked.length}`),
      () => asked.every((id) => handled.includes(id)),
      { atMostMs: 30_000 },
    );
    authority = next;
  });
});

/** Local ports of our connections to it, by the kernel's own table. */
function connectionsTo(place: string): number[] {
  const port = Number(place.split(':')[1]);
  const portOf = (address = '') => Number.parseInt(address.split(':')[1]!, 16);
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const established = '01';
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote, state]) => state === established && portOf(remote) === port)
    .map(([, local]) => portOf(local));
}

async function replaceKeys(by: Authority): Promise<void> {
  const { certificate: cert, key } = await by.issue('keys');
  keys.setSecureContext({ cert, key });
}

test('API-17 a token of OAUTHBEARER is read anew from its file, before the broker forgets it', async () => {
  const forgotten = clientOfKafka({
    ...{ ACCORD_KAFKA_BROKERS: broker.sasl, ACCORD_KAFKA_TOKEN: auditing.token },
    ...byToken,
  });
  await until('the broker forgets the first token', () =>
    openSender(forgotten).then(
      (sender) => sender.close().then(() => false),
      (error: Error) => /SASL OAUTHBEARER/.test(error.message),
    ),
  );
  await auditing.reader.untilRead(await auditing.reader.offsetRanges());
  expect(auditing.read).toBeGreaterThan(100);
  await auditing.reader.close();
  expect(warned).toEqual([]);
});

test('EVT-15 each principal may do what the one table says on each topic and group, nothing else', async () => {
  const found = await Promise.all(
    principals.map(async (name) => [name, await probe(clientOfKafka(byPlain(name)))] as const),
  );
  const allowed: Readonly<Record<string, Rights>> = Object.fromEntries(found);
  expect(allowed).toEqual(expectedOf());
  expect(allowed['contract']!['topic Write']).not.toContain('order.placed');
});
