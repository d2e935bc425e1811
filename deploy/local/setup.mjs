// The first file of every command: brings the packages where they do not fit the lock, then hands over to the
// Node 24 that came with them.
//   node deploy/local/setup.mjs start --once        runs deploy/local/commands/start.ts
//   node deploy/local/setup.mjs tests/bench/main.ts runs that file
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bringKafka, dockerAnswers, kafkaMissing, packagesFit, run } from './prerequisites.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const [task, ...args] = process.argv.slice(2);
const file = task?.includes('/') ? join(root, task) : join(root, 'deploy', 'local', 'commands', `${task}.ts`);
if (!task || !existsSync(file)) {
  console.error(
    `usage: node deploy/local/setup.mjs <start|test|token|reset|redrive|audit|rebuild|file.ts> ` +
      `[arguments]; there is no ${file}`,
  );
  process.exit(2);
}

try {
  await Promise.all([bringPackages(), bringKafkaMeanwhile()]);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
handOver();

async function bringPackages() {
  if (packagesFit()) return;
  const npm = process.env.npm_execpath;
  const ci = ['ci', '--no-audit', '--no-fund', '--include=dev', '--include=optional'];
  const command = npm?.endsWith('.js') ? [process.execPath, [npm, ...ci]] : ['npm', ci];
  await shown('Installing packages', run(...command));
}

/** Only where packages are brought too: later the start itself looks, and shows it among its steps. */
async function bringKafkaMeanwhile() {
  if (
    packagesFit() ||
    process.env.ACCORD_KAFKA_BROKERS ||
    ['token', 'reset', 'redrive', 'audit', 'rebuild'].includes(task) ||
    !kafkaMissing()
  )
    return;
  if (!(await dockerAnswers())) await shown('Bringing Kafka', bringKafka());
}

async function shown(what, work) {
  const began = Date.now();
  const seconds = () => `${Math.round((Date.now() - began) / 1000)} s`;
  console.error(`${what} …`);
  const ticking = setInterval(() => console.error(`${what} … ${seconds()}`), 10_000);
  try {
    await work;
    console.error(`${what}: done in ${seconds()}`);
  } finally {
    clearInterval(ticking);
  }
}

/** Signals go on to the one that runs, and its end is ours. */
function handOver() {
  // The tools and tests start processes by the dozen, which load the same modules; the services have a cache
  // of their own.
  const cache = join(root, '.accord', 'tools-cache');
  const env = {
    ...process.env,
    KAFKAJS_NO_PARTITIONER_WARNING: '1',
    NODE_COMPILE_CACHE: cache,
    PATH: `${bin}${delimiter}${process.env.PATH}`,
  };
  const node = join(bin, process.platform === 'win32' ? 'node.exe' : 'node');
  const child = spawn(
    existsSync(node) ? node : process.execPath,
    ['--disable-warning=TimeoutNegativeWarning', file, ...args],
    { stdio: 'inherit', env },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    console.error(error);
    process.exit(1);
  });
  child.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
