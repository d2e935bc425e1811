import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@accord/events/services';
import { compileServices, settingsFor, startSystem, type System } from '@accord/local';
import { clientOf, until } from '@accord/testing';

// Each main.ts on real Node, as a container starts it: its whole environment is given here.

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Ended {
  readonly code: number | null;
  /** The lines that it wrote to standard error. */
  readonly lines: readonly string[];
  /** Why it could not start or go on, as its log says: `cannot start: …`. */
  readonly reasons: readonly string[];
}

let compiled: string;
beforeAll(async () => void (compiled = await compileServices()));

const start = (name: ServiceName, env: Readonly<Record<string, string>>) =>
  run(`services/${name}/src/main.ts`, env);

function run(file: string, env: Readonly<Record<string, string>>) {
  const args = ['--disable-warning=TimeoutNegativeWarning', '--max-semi-space-size=4', join(root, file)];
  const child = spawn(process.execPath, args, {
    cwd: tmpdir(),
    env: { NODE_COMPILE_CACHE: compiled, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, logged] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => (said += String(chunk)));
  child.stdout.on('data', (chunk: Buffer) => (logged += String(chunk)));
  const reasons = () =>
    logged.split('\n').flatMap((line) => {
      if (!line.startsWith('{')) return [];
      const { level, msg, reason } = JSON.parse(line) as { level: string; msg: string; reason?: string };
      return level === 'fatal' ? [`${msg}: ${reason}`] : [];
    });
  const ended = new Promise<Ended>((resolve) =>
    child.once('close', (code) => resolve({ code, lines: said.trim().split('\n'), reasons: reasons() })),
  );
  return { child, ended };
}

/** Where a service that has started answers for itself, as its log says, and the log's messages up to there. */
async function startOf({
  stdout,
}: ChildProcess): Promise<{ url: string; opsUrl: string; messages: string[] }> {
  const messages: string[] = [];
  for await (const line of createInterface({ input: stdout! })) {
    const { port, opsPort, msg } = JSON.parse(line) as { port: number; opsPort?: number; msg: string };
    messages.push(msg);
    const [url, opsUrl] = [port, opsPort].map((one) => `http://127.0.0.1:${one}`) as [string, string];
    if (opsPort) return { url, opsUrl, messages };
  }
  throw new Error('it ended before it had started');
}

/** Right by their form; nothing listens there. */
const production = {
  ACCORD_DATABASE_URL: 'postgres://accord@127.0.0.1:1/accord',
  ACCORD_OPERATOR_DATABASE_URL: 'postgres://accord@127.0.0.1:1/accord',
  ACCORD_KAFKA_BROKERS: '127.0.0.1:1',
  ACCORD_TOKEN_ISSUER: 'https://issuer.example',
  ACCORD_JWKS_URL: 'https://issuer.example/jwks.json',
  PROVIDER_PROFILE: 'baidu',
};

test.each(serviceNames)('%s without settings ends with one line that names what is missing', async (name) => {
  const { code, lines, reasons } = await start(name, {}).ended;
  expect([code, lines, reasons.length]).toEqual([1, [''], 1]);
  for (const missing of Object.keys(production)) expect(reasons[0]).toContain(`${missing} is missing`);
});

test('CTR-22 API-4 without ACCORD_ENV it is production, and contract does not start without its seal key', async () => {
  expect(await start('contract', production).ended).toEqual({
    code: 1,
    lines: [''],
    reasons: [expect.stringMatching(/^cannot start: seal key: .*PKCS#12/)],
  });
  const unread = await start('contract', { ...production, ACCORD_SEAL_P12: '/no/such.p12' }).ended;
  expect(unread).toEqual({ code: 1, lines: [''], reasons: [expect.stringContaining('/no/such.p12')] });
});

test(
  'API-4 what only development has starts nowhere else: the ' +
    'token issuer, the passwords that everybody knows',
  async () => {
    const [door, provision] = await Promise.all([
      run('deploy/local/commands/gateway.ts', { ACCORD_SERVICE_URL: 'http://{service}:1' }).ended,
      run('deploy/local/commands/provision.ts', { ACCORD_POSTGRES_URL: production.ACCORD_DATABASE_URL })
        .ended,
    ]);
    expect([door.code, door.lines.join('\n')]).toEqual([
      1,
      expect.stringContaining('token issuer starts only with ACCORD_ENV=development'),
    ]);
    expect([provision.code, provision.lines.join('\n')]).toEqual([
      1,
      expect.stringContaining('known to everybody: only with ACCORD_ENV=development'),
    ]);
  },
);

test('API-18 in production no service starts with a clock that can be moved', async () => {
  const { code, reasons } = await start('refund', { ...production, ACCORD_DEVELOPMENT_CLOCK: '/tmp/clock' })
    .ended;
  expect([code, reasons]).toEqual([
    1,
    ['cannot start: ACCORD_DEVELOPMENT_CLOCK needs ACCORD_ENV=development'],
  ]);
});

test('a profile that is not right is one line, too', async () => {
  expect(await start('order', { ...production, PROVIDER_PROFILE: 'nobody' }).ended).toEqual({
    code: 1,
    lines: [''],
    reasons: [expect.stringMatching(/^cannot start: profile nobody/)],
  });
});

test('with everything away it stays, says in its log what it waits for, and ends with 0 when told to', async () => {
  const { child, ended } = start('order', {
    ...production,
    ACCORD_PORT: '0',
    ACCORD_OPS_PORT: '0',
    // No port that `fetch` would not ask by itself.
    ACCORD_PLAIN_WIRES: 'jwks',
    ACCORD_JWKS_URL: 'http://127.0.0.1:2/jwks.json',
    ACCORD_OWNER_DATABASE_URL: production.ACCORD_DATABASE_URL,
  });
  const waits = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, waitsFor, reason } = JSON.parse(line) as Record<'msg' | 'waitsFor' | 'reason', string>;
    if (msg === 'the start waits') waits.set(waitsFor, reason);
    if (waits.size === 3) break;
  }
  child.stdout.resume();
  child.kill('SIGTERM');
  expect(Object.fromEntries(waits)).toEqual({
    postgres: expect.stringContaining('ECONNREFUSED'),
    kafka: expect.stringMatching(/connect/i),
    issuer: expect.stringContaining('ECONNREFUSED'),
  });
  expect(await ended).toMatchObject({ code: 0, reasons: [] });
});

describe('with everything there', () => {
  let system: System;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'accord-'));
    system = await startSystem({ dataDir, profile: 'baidu' });
  });
  afterAll(async () => {
    await system.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  test('API-5 a service does not start with a database role that row security does not bind', async () => {
    const settings = settingsFor('refund', {
      ask: { profile: 'baidu', settings: { ACCORD_PORT: '0', ACCORD_OPS_PORT: '0' } },
      foundation: system,
      issuer: {
        issuer: 'https://issuer.example',
        audience: 'accord',
        jwksUrl: `${system.url}/.well-known/jwks.json`,
      },
      mailbox: { url: 'smtp://127.0.0.1:1' },
    });
    const [superuser, operators, owner] = await Promise.all([
      start('refund', { ...settings, ACCORD_DATABASE_URL: system.databaseUrl }).ended,
      start('refund', { ...settings, ACCORD_DATABASE_URL: settings['ACCORD_OPERATOR_DATABASE_URL']! }).ended,
      start('refund', { ...settings, ACCORD_OPERATOR_DATABASE_URL: settings['ACCORD_OWNER_DATABASE_URL']! })
        .ended,
    ]);
    expect([superuser.code, superuser.reasons]).toEqual([
      1,
      ['cannot start: the database role postgres may bypass row security'],
    ]);
    const sees = 'the database role accord_refund_operator sees rows of every account';
    expect([operators.code, operators.reasons]).toEqual([
      1,
      [`cannot start: ${sees}: it is no role for customers`],
    ]);
    const owns = 'the database role accord_refund_owner owns the schema refunds';
    expect([owner.code, owner.reasons]).toEqual([
      1,
      [`cannot start: ${owns}: it could switch row security off`],
    ]);
  });

  test('API-18 outside development no service has a clock that is asked for or moved', async () => {
    const settings = settingsFor('refund', {
      ask: { profile: 'baidu' },
      foundation: system,
      issuer: {
        issuer: 'https://issuer.example',
        audience: 'accord',
        jwksUrl: `${system.url}/.well-known/jwks.json`,
      },
      mailbox: { url: 'smtp://127.0.0.1:1' },
    });
    const { child, ended } = start('refund', {
      ...settings,
      ACCORD_ENV: 'production',
      ACCORD_PLAIN_WIRES: 'kafka,postgres,jwks',
      ACCORD_PORT: '0',
      ACCORD_OPS_PORT: '0',
    });
    try {
      const { url } = await startOf(child);
      child.stdout.resume();
      const asked = await clientOf(url).get('/development/clock');
      const moved = await clientOf(url).post('/development/clock', { advanceBy: 'P1D' });
      for (const { status, body } of [asked, moved])
        expect([status, body.code]).toEqual([404, 'request.unknown_route']);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  });

  test.each(serviceNames)(
    'EVT-12 API-12 %s is ready, says where its list of holidays ends soon, drains on SIGTERM and ends with 0, ' +
      'a second one ends it with 1 at once',
    async (name) => {
      const ending = join(dataDir, 'ending.json');
      const hours = { holidays: [], makeUpWorkdays: [], listedUntil: '2026-01-01' };
      writeFileSync(ending, JSON.stringify({ extends: 'baidu', tickets: { hours } }));
      const issuer = {
        issuer: 'https://issuer.example',
        audience: 'accord',
        jwksUrl: `${system.url}/.well-known/jwks.json`,
      };
      const settings = settingsFor(name, {
        ask: { profile: ending },
        foundation: system,
        issuer,
        mailbox: { url: 'smtp://127.0.0.1:1' },
      });
      const { child, ended } = start(name, {
        ...settings,
        ACCORD_LOG_LEVEL: 'info',
        // The others drain for as long as it is set locally, not at all.
        ...(name === 'refund' && { ACCORD_DRAIN_MS: '60000' }),
        ACCORD_PORT: '0',
        ACCORD_OPS_PORT: '0',
        KAFKAJS_NO_PARTITIONER_WARNING: '1',
      });
      try {
        const { opsUrl, messages } = await startOf(child);
        child.stdout.resume();
        const warning = 'the list of holidays ends soon: days after it are told by weekday';
        expect(messages.includes(warning)).toBe(name === 'contract');
        expect((await clientOf(opsUrl).get('/readyz')).status).toBe(200);
        child.kill('SIGTERM');
        if (name === 'refund') {
          await until('it is not ready', async () => (await clientOf(opsUrl).get('/readyz')).status === 503);
          child.kill('SIGTERM');
        }
        // After 9.5 s it would end itself with 1.
        expect(await ended).toEqual({ code: name === 'refund' ? 1 : 0, lines: [''], reasons: [] });
      } finally {
        child.kill('SIGKILL');
      }
    },
  );
});
