import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { compileServices, startMailbox } from '@accord/local';
import { makeDatabase, placeOf, startPostgres } from '@accord/local/parts';
import { openSigner, startIssuer } from '../../deploy/local/parts/issuer.ts';
import { hasHelm, named, podOf, render, root, services, valueFile, type KubernetesObject } from './chart.ts';
import { containerOf, environmentOf, type Mounted } from './environment.ts';

// The chart as a cluster would play it: each container is a process with the arguments, the settings and the files
// that the chart gives it, on a database of its own and a real broker. Only the cluster is missing.

const home = mkdtempSync(join(tmpdir(), 'accord-install-'));
const dataDir = join(home, 'postgres');
const brokers = (process.env['ACCORD_KAFKA_BROKERS'] ?? '').split(',');
const topicPrefix = `chart${process.pid}.`;
const running: ChildProcess[] = [];
const stops: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL');
  for (const stop of stops.reverse()) await stop();
  const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  const made = (await admin.listTopics()).filter((topic) => topic.startsWith(topicPrefix));
  await admin.deleteTopics({ topics: made });
  await admin.disconnect();
  for (const folder of [home, placeOf(dataDir)])
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** Runs `node …` and keeps what it says. */
function start(args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, args.slice(1), {
    cwd: root,
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const output = { said: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output.said += String(chunk)));
  const ended = once(child, 'close').then(([code]) => [code as number | null, output.said] as const);
  return { child, output, ended };
}

/** Where a service listens, as its log says. @throws Error with the log where it ends before. */
async function addressOf({ child, output }: ReturnType<typeof start>): Promise<string> {
  for (;;) {
    const port = /"port":(\d+),"opsPort"/.exec(output.said)?.[1];
    if (port) return `http://127.0.0.1:${port}`;
    if (child.exitCode !== null) throw new Error(output.said);
    await Promise.race([once(child.stdout!, 'data'), once(child, 'close')]);
  }
}

if (!hasHelm) test('needs helm', () => expect(hasHelm).toBe(false));

if (hasHelm)
  test('API-20 from an empty database to an order: the jobs in their order, the services, helm test, the auditor', async () => {
    const postgres = await startPostgres({ dataDir, durable: false });
    stops.push(() => postgres.stop());
    await makeDatabase(postgres.url, 'accord');
    const signer = await openSigner(join(home, 'issuer.json'));
    const issuer = await startIssuer(signer);
    const mailbox = await startMailbox({ port: 0, host: '127.0.0.1', onMail: () => undefined });
    stops.push(
      () => issuer.stop(),
      () => mailbox.stop(),
    );
    const compiled = await compileServices();

    const { hostname, port, username, password } = new URL(postgres.url);
    const objects = render([valueFile('development')], {
      database: { host: hostname, port: Number(port) },
      kafka: { brokers, topicPrefix },
    });
    const secrets: Readonly<Record<string, string>> = { username, password: decodeURIComponent(password) };
    const contentOf = ({ from, key }: Mounted) =>
      from === 'accord-database-admin' ? secrets[key]! : `of ${key}: @/%$`;
    const elsewhere = (value: string) =>
      value
        .replace('http://accord-development:8081', issuer.url)
        .replace('smtp://accord-development:2525', mailbox.url);
    const environment = (workload: KubernetesObject, container: string) => {
      const folder = join(home, workload.metadata.name, container);
      const env = environmentOf(objects, { workload, container, folder, contentOf });
      const moved = Object.entries(env).map(([name, value]) => [name, elsewhere(value)]);
      return { ...Object.fromEntries(moved), NODE_COMPILE_CACHE: compiled } as Record<string, string>;
    };

    const weightOf = ({ metadata }: KubernetesObject) => Number(metadata.annotations!['helm.sh/hook-weight']);
    const jobs = objects.filter(({ kind }) => kind === 'Job').toSorted((a, b) => weightOf(a) - weightOf(b));
    const setUp = async () => {
      const codes = [];
      for (const job of jobs) {
        const containers = podOf(job)!.spec.containers as { name: string; args: string[] }[];
        const ends = containers.map(({ name, args }) => start(args, environment(job, name)).ended);
        codes.push(...(await Promise.all(ends)).map(([code, said]) => (code === 0 ? code : said)));
      }
      return codes;
    };
    expect(await setUp()).toEqual([0, 0, 0, 0, 0, 0]);

    const onOneHost = { ACCORD_HOST: '127.0.0.1', ACCORD_PORT: '0', ACCORD_OPS_PORT: '0' };
    const pods = services.map((name) => {
      const deployment = named(objects, 'Deployment', `accord-${name}`);
      return start(containerOf(deployment, name).args, { ...environment(deployment, name), ...onOneHost });
    });
    const [order, , , notification] = await Promise.all(pods.map(addressOf));

    const pod = named(objects, 'Pod', 'accord-test');
    const script = join(home, 'order.mjs');
    writeFileSync(script, named(objects, 'ConfigMap', 'accord-test').data['order.mjs']);
    const told = environment(pod, 'test');
    expect([
      told['ACCORD_ORDER_URL'],
      told['ACCORD_NOTIFICATION_URL'],
      containerOf(pod, 'test').args,
    ]).toEqual(['http://accord-order:8080', 'http://accord-notification:8080', ['node', '/test/order.mjs']]);
    const urls = { ACCORD_ORDER_URL: order!, ACCORD_NOTIFICATION_URL: notification! };
    expect(await start(['node', script], { ...told, ...urls }).ended).toEqual([
      0,
      expect.stringMatching(/^placed ord_\w+\ncancelled ord_\w+\nthe timeline has heard of both\n$/),
    ]);

    const auditor = named(objects, 'Deployment', 'accord-auditor');
    const [node, door, command] = containerOf(auditor, 'auditor').args as string[];
    const oneRound = [node!, door!, command!, '--settle', '5s'];
    expect((await start(oneRound, environment(auditor, 'auditor')).ended)[0]).toBe(0);

    // An upgrade sets up again, beside the running services; then their pods are told to stop.
    expect(await setUp()).toEqual([0, 0, 0, 0, 0, 0]);
    for (const { child } of pods) child.kill('SIGTERM');
    expect((await Promise.all(pods.map(({ ended }) => ended))).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  });
