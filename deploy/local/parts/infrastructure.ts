import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dockerAnswers, run } from '../prerequisites.mjs';
import { freePort } from './background.ts';
import { startKafka, type EmbeddedKafka } from './kafka.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres.ts';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Part {
  readonly address: string;
  /** `environment`, `docker` or `embedded`: who started it. */
  readonly from: string;
  stop(): Promise<void>;
}

interface PlatformAsk {
  /** Data and logs lie in it. */
  readonly home: string;
  /** False: may lose everything when the machine stops, as tests may. */
  readonly durable: boolean;
}

/**
 * Postgres: the address in the environment; else Docker where an engine answers and has or can pull the
 * image; else embedded.
 */
export async function findPostgres({ home, durable }: PlatformAsk): Promise<Part> {
  const given = process.env.ACCORD_POSTGRES_URL;
  if (given) return { address: given, from: 'environment', stop: async () => undefined };
  const port = await freePort(durable ? 25432 : 0);
  const docker = await inDocker({ name: 'postgres', home, durable, ports: { ACCORD_POSTGRES_PORT: port } });
  if (docker) return { ...docker, address: `postgres://postgres:accord@127.0.0.1:${port}/postgres` };
  const embedded: EmbeddedPostgres = await startPostgres({ dataDir: join(home, 'postgres'), port, durable });
  return { address: embedded.url, from: 'embedded', stop: embedded.stop };
}

/** Kafka: found as Postgres is. */
export async function findKafka({ home, durable }: PlatformAsk): Promise<Part> {
  const given = process.env.ACCORD_KAFKA_BROKERS;
  if (given) return { address: given, from: 'environment', stop: async () => undefined };
  const port = await freePort(durable ? 29092 : 0);
  const docker = await inDocker({ name: 'kafka', home, durable, ports: { ACCORD_KAFKA_PORT: port } });
  if (docker) return { ...docker, address: `127.0.0.1:${port}` };
  const settings: Record<string, string> = durable
    ? {}
    : {
        'file.delete.delay.ms': '1000',
        'offsets.topic.num.partitions': '10',
        // A busy machine stops it for seconds: it is not gone.
        'broker.session.timeout.ms': '30000',
      };
  const embedded: EmbeddedKafka = await startKafka({
    dataDir: join(home, 'broker'),
    port,
    settings,
    heapMb: durable ? 384 : 768,
  });
  return { address: embedded.brokers, from: 'embedded', stop: embedded.stop };
}

interface DockerAsk extends PlatformAsk {
  readonly name: 'postgres' | 'kafka';
  readonly ports: Readonly<Record<string, number>>;
}

/** Undefined where no engine answers, or the image is not there and cannot be pulled. */
async function inDocker({
  name,
  home,
  durable,
  ports,
}: DockerAsk): Promise<Pick<Part, 'from' | 'stop'> | undefined> {
  if (!(await dockerAnswers())) return undefined;
  const environment = Object.fromEntries(Object.entries(ports).map(([key, port]) => [key, String(port)]));
  try {
    const stop = durable
      ? await composed(name, { home, environment })
      : await testContainer(name, { home, environment });
    return { from: 'docker', stop };
  } catch {
    // No image, no network, no rights: the embedded one does.
    return undefined;
  }
}

interface ContainerAsk {
  readonly home: string;
  readonly environment: Record<string, string>;
}

/** Stays when this process ends, and keeps its data when it is stopped. */
async function composed(name: string, { home, environment }: ContainerAsk): Promise<() => Promise<void>> {
  const compose = (...args: string[]) =>
    run('docker', ['compose', '-p', composeProject(home, name), ...args], {
      env: { ...process.env, ...environment },
    });
  await compose('up', '--detach', '--wait', name);
  return async () => void (await compose('stop', name));
}

/** From the same file; gone with this process, however that ends. */
async function testContainer(
  name: string,
  { home, environment }: ContainerAsk,
): Promise<() => Promise<void>> {
  const { DockerComposeEnvironment, Wait } = await import('testcontainers');
  const started = await new DockerComposeEnvironment(root, 'docker-compose.yml')
    .withProjectName(composeProject(home, name))
    .withEnvironment(environment)
    .withWaitStrategy(`${name}-1`, Wait.forHealthCheck())
    .up([name]);
  return async () => void (await started.down({ removeVolumes: true }));
}

/**
 * Removes the containers and volumes of the platform whose data would lie in `home`, where an engine answers.
 */
export async function dropDocker(home: string): Promise<void> {
  if (!(await dockerAnswers())) return;
  for (const name of ['postgres', 'kafka'])
    await run('docker', ['compose', '-p', composeProject(home, name), 'down', '--volumes']);
}

/**
 * Docker Compose's project of a part whose data would lie in `home`. Each has its own: two that start at once
 * would both make the project's network.
 */
const composeProject = (home: string, name: string) =>
  `accord-${home
    .replaceAll(/[^a-z0-9]+/gi, '-')
    .toLowerCase()
    .slice(-40)
    .replace(/^-/, '')}-${name}`;
