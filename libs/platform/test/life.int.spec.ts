import { Agent, createServer as createHttpServer, request } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { constant } from '@accord/core/runtime';
import { applyTopics } from '@accord/kafka';
import { dropDatabase, freePort, makeDatabase } from '@accord/local/parts';
import { migrateService, startService, topicsOf, type RunningService } from '@accord/platform';
import { provisionDatabase } from '@accord/postgres/provision';
import {
  developmentPassword,
  smallService,
  testService,
  until,
  urlsOf,
  type TestService,
} from '@accord/testing';
import { startProxy } from '@accord/testing/proxy';
import { route } from '../../http/src/route.ts';

// How a service begins and ends among others: it waits for what is not there yet, and leaves without losing a
// request.

/** `/v1/things/slow` answers once this is done. */
let mayAnswer: Promise<void> = Promise.resolve();
const things = [
  route({
    method: 'get',
    path: '/v1/things',
    operationId: 'listThings',
    summary: 'Lists.',
    access: 'anyone',
    run: () => Promise.resolve({ body: {} as never }),
  }),
  route({
    method: 'get',
    path: '/v1/things/slow',
    operationId: 'listSlowly',
    summary: 'Lists slowly.',
    access: 'anyone',
    run: () => mayAnswer.then(() => ({ body: {} as never })),
  }),
];
const small = () => ({ ...smallService({}), routes: things });

let t: TestService;
beforeAll(async () => void (t = await testService({ service: small })));
afterAll(() => t.stop());

interface Answer {
  readonly status: number;
  readonly connection: string | undefined;
  readonly body: string;
}

/** @throws Error where there is no whole answer. */
const get = (url: string, agent?: Agent) =>
  new Promise<Answer>((resolve, reject) => {
    request(url, { agent: agent ?? false }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => (body += String(chunk)));
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({ status: answer.statusCode!, connection: answer.headers.connection, body }),
      );
    })
      .once('error', reject)
      .end();
  });

const start = (changes: Partial<RunningService['settings']> = {}) =>
  startService({ ...t.running.settings, ACCORD_PORT: 0, ACCORD_OPS_PORT: 0, ...changes }, small);

/**
 * As kube-proxy: a connection goes to one of the endpoints in turn and stays there, whatever becomes of the
 * endpoint; who is no endpoint any more gets no new ones.
 */
async function startBalancer() {
  const endpoints: number[] = [];
  let turn = 0;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const port = endpoints[(turn += 1) % endpoints.length];
    if (port === undefined) return void near.destroy();
    const far = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.once('error', () => other.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/things`,
    add: ({ baseUrl }: RunningService) => void endpoints.push(Number(new URL(baseUrl).port)),
    remove: ({ baseUrl }: RunningService) =>
      void endpoints.splice(endpoints.indexOf(Number(new URL(baseUrl).port)), 1),
    close: () => server.close(),
  };
}

/** Clients that ask one request after the other, with kept connections and with new ones, until `stop`. */
function startClients(url: string) {
  let [over, served] = [false, 0];
  const lost: string[] = [];
  const client = async (pauseMs: number, agent: Agent | undefined, ask = () => get(url, agent)) => {
    for (; !over; await sleep(pauseMs)) {
      await ask().then(
        ({ status }) => (status === 200 ? (served += 1) : lost.push(`${status}`)),
        (error: Error) => lost.push(`${error.message}, with a pause of ${pauseMs} ms`),
      );
    }
    agent?.destroy();
  };
  const keeping = () => new Agent({ keepAlive: true, maxSockets: 1 });
  // Silent for longer than a drain takes. Its connection may end just when it asks, so it repeats a GET on another
  // one, as HTTP clients do (RFC 9112, 9.3.1).
  const silent = keeping();
  const clients = [
    ...[2, 3, 5].map((pauseMs) => client(pauseMs, keeping())),
    ...[3, 4].map((pauseMs) => client(pauseMs, undefined)),
    client(900, silent, () => get(url, silent).catch(() => get(url, silent))),
  ];
  return {
    async stop() {
      over = true;
      await Promise.all(clients);
      return { served, lost };
    },
  };
}

test('API-12 instances are replaced in turn, with and without a preStop, and no request is lost', async () => {
  const drainMs = 600;
  /** Until every node has heard that an endpoint is gone. */
  const newsMs = 300;
  const balancer = await startBalancer();
  const fresh = () => start({ ACCORD_DRAIN_MS: drainMs });
  const instances = await Promise.all([fresh(), fresh()]);
  instances.forEach(balancer.add);
  const clients = startClients(balancer.url);
  for (const preStop of [false, true, false, true]) {
    const next = await fresh();
    balancer.add(next);
    instances.push(next);
    const last = instances.shift()!;
    const gone = sleep(newsMs).then(() => balancer.remove(last));
    if (preStop) await gone;
    await Promise.all([last.stop(), gone]);
  }
  const { served, lost } = await clients.stop();
  await Promise.all(instances.map((instance) => instance.stop()));
  balancer.close();
  expect(lost).toEqual([]);
  expect(served).toBeGreaterThan(100);
});

test('API-12 EVT-12 told to stop it is not ready, ends connections with an answer, and what it began', async () => {
  // A machine that is too slow to ask all of it within a drain gets a longer one.
  for (let drainMs = 300; !(await stopsPolitely(drainMs)); drainMs *= 4) expect(drainMs).toBeLessThan(30_000);
});

/** @returns false where the drain was over before all was asked. */
async function stopsPolitely(drainMs: number): Promise<boolean> {
  const instance = await start({ ACCORD_DRAIN_MS: drainMs });
  const url = `${instance.baseUrl}/v1/things`;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const gate = Promise.withResolvers<void>();
  mayAnswer = gate.promise;
  expect(await get(url, agent)).toMatchObject({ status: 200, connection: 'keep-alive' });
  let stopped = false;
  const stopping = instance.stop().then(() => void (stopped = true));
  const [ready, alive, kept, fresh] = await Promise.allSettled([
    get(`${instance.opsUrl}/readyz`),
    get(`${instance.opsUrl}/livez`),
    get(url, agent),
    get(url),
  ]);
  const slow = Promise.allSettled([get(`${url}/slow`)]);
  const ended = await until('it takes no more', () =>
    get(url).then(
      () => false,
      (error: Error) => error.message.includes('ECONNREFUSED'),
    ),
  ).then(() => stopped);
  gate.resolve();
  const [last] = await slow;
  await stopping;
  agent.destroy();
  const asked = [ready, alive, kept, fresh, last];
  if (asked.some((one) => one.status === 'rejected' && String(one.reason).includes('ECONNREFUSED')))
    return false;
  expect(ended).toBe(false);
  const fulfilled = (value: object) => expect.objectContaining({ value: expect.objectContaining(value) });
  expect(ready).toEqual(
    fulfilled({ status: 503, body: JSON.stringify({ status: 'down', reasons: ['the service stops'] }) }),
  );
  expect(alive).toEqual(fulfilled({ status: 200 }));
  for (const one of [kept, fresh, last]) expect(one).toEqual(fulfilled({ status: 200, connection: 'close' }));
  return true;
}

test(
  'API-12 API-20 with Postgres, its schema, the topics or the issuer away it starts, is alive and not ready, and ' +
    'says what it waits for; it serves as soon as all is there',
  async () => {
    const server = process.env['ACCORD_POSTGRES_URL']!;
    const database = `accord_life_${process.pid}`;
    const postgres = await startProxy(() => Number(new URL(server).port));
    postgres.become('away');
    const address = new URL(server);
    address.pathname = database;
    const owner = urlsOf(address.href, 'notification').owner;
    address.port = String(postgres.port);
    const urls = urlsOf(address.href, 'notification');
    const [port, opsPort, issuerPort] = [await freePort(), await freePort(), await freePort()];
    const topicPrefix = `life${process.pid}.`;
    const starting = start({
      ACCORD_PORT: port,
      ACCORD_OPS_PORT: opsPort,
      ACCORD_DATABASE_URL: constant(urls.app),
      ACCORD_OPERATOR_DATABASE_URL: constant(urls.operator),
      ACCORD_TOPIC_PREFIX: topicPrefix,
      ACCORD_JWKS_URL: `http://127.0.0.1:${issuerPort}/jwks.json`,
    });
    const readiness = async () => {
      const { status, body } = await get(`http://127.0.0.1:${opsPort}/readyz`);
      return { reasons: (JSON.parse(body) as { reasons?: string[] }).reasons, status };
    };
    const waitsFor = (what: string) =>
      until(
        async () => `it waits for ${what}: ${JSON.stringify(await readiness())}`,
        async () =>
          (await readiness().catch(() => undefined))?.reasons?.some((one) => one.includes(what)) ?? false,
        { atMostMs: 30_000 },
      );
    await waitsFor('postgres: ');
    await waitsFor('kafka: topics are missing (command topics): notification.sent');
    await waitsFor('issuer: connect ECONNREFUSED');
    expect(await readiness()).toMatchObject({ status: 503, reasons: { length: 4 } });
    expect((await get(`http://127.0.0.1:${opsPort}/livez`)).status).toBe(200);
    expect(await get(`http://127.0.0.1:${port}/v1/things`)).toMatchObject({
      status: 503,
      body: expect.stringContaining('"code":"server.unavailable"'),
    });

    postgres.become('fair');
    await waitsFor(`postgres: database "${database}" does not exist`);
    await makeDatabase(server, database);
    const own = new URL(server);
    own.pathname = database;
    await provisionDatabase(own.href, { passwordOf: developmentPassword });
    await waitsFor('postgres: the schema notifications lacks migrations (command migrate): 0000_platform');
    await migrateService(owner, small());
    const log = pino({ level: 'silent' });
    const brokers = t.running.settings.ACCORD_KAFKA_BROKERS;
    await applyTopics({ brokers, topicPrefix, log }, { topics: topicsOf(small()), replication: 1 });
    await until('only the issuer is away', async () => (await readiness()).reasons?.length === 2);
    const issuer = createHttpServer((_, answer) => answer.end('{"keys":[]}')).listen(issuerPort, '127.0.0.1');

    const running = await starting;
    expect(await get(`http://127.0.0.1:${opsPort}/readyz`)).toMatchObject({
      status: 200,
      body: '{"status":"up"}',
    });
    expect((await get(`http://127.0.0.1:${port}/v1/things`)).status).toBe(200);
    await running.stop();
    issuer.close();
    await postgres.stop();
    await dropDatabase(server, database);
  },
);

test('API-11 where it is asked for, two instances count the requests of one caller together', async () => {
  // Ten a minute for an address, whichever instance it asks.
  const settings = { ACCORD_RATE_PER_MINUTE: 100, ACCORD_RATE_SHARED: true };
  const instances = await Promise.all([start(settings), start(settings)]);
  const statuses: number[] = [];
  for (let asked = 0; asked < 12; asked += 1)
    statuses.push((await get(`${instances[asked % 2]!.baseUrl}/v1/things`)).status);
  expect(statuses).toEqual([...Array<number>(10).fill(200), 429, 429]);
  await Promise.all(instances.map((instance) => instance.stop()));
});
