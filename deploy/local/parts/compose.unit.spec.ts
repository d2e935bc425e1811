import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import YAML from 'yaml';
import { serviceNames } from '@accord/events/services';
import { schemas } from '@accord/postgres/provision';
import { root } from './infrastructure.ts';
import { brokerSettings } from './kafka.ts';
import { initdbArguments, postgresSettings } from './postgres.ts';
import { settingsFor } from './system.ts';

interface Container {
  image: string;
  command: string[];
  environment: Record<string, string>;
  ports: string[];
  volumes: string[];
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');
const { services } = YAML.parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Container>;
};
const versionOf = (path: string) =>
  (JSON.parse(read(path)) as { optionalDependencies: Record<string, string> }).optionalDependencies;

test('Postgres in Docker is the embedded one: version, settings, locale, password', () => {
  const { image, command, environment } = services['postgres']!;
  expect(image).toBe('postgres:18');
  expect(
    new Set(Object.values(versionOf('deploy/local/package.json')).map((version) => version.split('.')[0])),
  ).toEqual(new Set(['18']));
  expect(command).toEqual([
    'postgres',
    ...Object.entries(postgresSettings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
  ]);
  expect(environment).toEqual({
    POSTGRES_PASSWORD: 'accord',
    POSTGRES_INITDB_ARGS: initdbArguments.join(' '),
  });
});

test('Kafka in Docker is the embedded one: version and every broker setting', () => {
  const { image, environment } = services['kafka']!;
  const version = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</;
  expect(image).toBe(`apache/kafka:${version.exec(read('deploy/local/kafka/pom.xml'))![1]}`);
  const named = Object.entries(brokerSettings).map(([key, value]) => [
    `KAFKA_${key.replaceAll('.', '_').toUpperCase()}`,
    value,
  ]);
  expect(environment).toMatchObject(Object.fromEntries(named));
});

test.each(serviceNames)('%s in Docker has the environment that npm start gives it', (name) => {
  const local = settingsFor(name, {
    ask: { profile: '${PROVIDER_PROFILE:-baidu}' },
    foundation: {
      databaseUrl: 'postgres://postgres:accord@postgres:5432/accord',
      brokers: 'kafka:9092',
      topicPrefix: '',
    },
    issuer: {
      issuer: 'accord-development',
      audience: 'accord',
      jwksUrl: 'http://door:8081/.well-known/jwks.json',
    },
    mailbox: { url: 'smtp://door:2525' },
    frontDoor: { url: 'http://127.0.0.1:${ACCORD_PORT:-8080}' },
    clock: '/app/.clock/ahead',
  });
  const {
    ACCORD_LOG_LEVEL: level,
    OTEL_EXPORTER_OTLP_ENDPOINT: _tracing,
    ...environment
  } = services[name]!.environment;
  expect(environment).toEqual({
    ...local,
    ACCORD_LOG_LEVEL: undefined,
    ACCORD_HOST: undefined,
    ACCORD_PORT: '8080',
    ACCORD_OPS_PORT: '9090',
  });
  expect(level).toBe('${ACCORD_LOG_LEVEL:-info}');
  expect(services[name]!.command).toEqual(['node', `services/${name}/src/main.ts`]);
});

test('API-18 the door moves the clock that the services read', () => {
  const { environment, volumes } = services['door']!;
  expect([environment['ACCORD_DEVELOPMENT_CLOCK'], volumes]).toEqual([
    '/app/.clock/ahead',
    expect.arrayContaining(['clock:/app/.clock']),
  ]);
  for (const name of Object.keys(schemas)) expect(services[name]!.volumes).toEqual(['clock:/app/.clock:ro']);
});

test('everything published is published to this machine alone', () => {
  const published = Object.values(services).flatMap(({ ports = [] }) => ports);
  expect(published).toHaveLength(3);
  for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/);
});

test('both images run as a number and leave NODE_OPTIONS to others; their entry point limits the heap', () => {
  const dockerfile = read('deploy/docker/Dockerfile');
  const users = [...dockerfile.matchAll(/^USER (.*)$/gm)].map(([, user]) => user);
  // Production's, then that of development, which adds files as root.
  expect([users, dockerfile.includes('NODE_OPTIONS=')]).toEqual([['1000:1000', '0:0', '1000:1000'], false]);
  const cache = mkdtempSync(join(tmpdir(), 'accord-image-'));
  const script = `console.log(JSON.stringify([process.execArgv, process.argv.length, process.env.NODE_OPTIONS]))`;
  const out = execFileSync('sh', [join(root, 'deploy/docker/entrypoint.sh'), 'node', '-e', script, 'a b'], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache, NODE_OPTIONS: '--no-deprecation' },
    encoding: 'utf8',
  });
  const [flags, words, options] = JSON.parse(out) as [string[], number, string];
  rmSync(cache, { recursive: true });
  expect([words, options]).toEqual([2, '--no-deprecation']);
  expect(flags).toEqual(
    expect.arrayContaining(['--max-semi-space-size=4', '--max-old-space-size-percentage=50']),
  );
});

test("every workspace's package.json is in the image before npm ci", () => {
  const copied = [...read('deploy/docker/Dockerfile').matchAll(/^COPY (\S+)\/package\.json/gm)].map(
    ([, folder]) => folder,
  );
  const locked = Object.keys((JSON.parse(read('package-lock.json')) as { packages: object }).packages);
  expect(copied.sort()).toEqual(locked.filter((path) => path && !path.includes('node_modules')).sort());
});
