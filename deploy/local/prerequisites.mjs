// Prerequisites: all that must be there before anything of ours can run. Plain JavaScript without
// dependencies: it runs before `npm ci`, on whatever Node there is.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pom = fileURLToPath(new URL('./kafka/pom.xml', import.meta.url));
const modules = join(root, 'node_modules');

/** Where the embedded broker's jars are kept. */
export const kafkaLibs = join(root, '.accord', 'kafka', 'libs');

/** Whether `node_modules` is what the lock says. */
export function packagesFit() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const found = packagesOf(join(modules, '.package-lock.json'));
  const fits = ([path, { version }]) => found.has(path) && found.get(path).version === version;
  return (
    found.size > 0 && [...wanted].every((entry) => (entry[1].optional && !found.has(entry[0])) || fits(entry))
  );
}

function packagesOf(lock) {
  try {
    const { packages } = JSON.parse(readFileSync(lock, 'utf8'));
    return new Map(Object.entries(packages).filter(([path]) => path.startsWith('node_modules/')));
  } catch (error) {
    if (error.code === 'ENOENT') return new Map();
    throw error;
  }
}

/** Whether a Docker engine answers and Compose is there; the client alone is of no use. */
export const dockerAnswers = () =>
  Promise.all(
    [
      ['version', '--format', '{{.Server.Version}}'],
      ['compose', 'version'],
    ].map((args) => run('docker', args, { timeout: 5_000 })),
  ).then(
    () => true,
    () => false,
  );

/** Whether the embedded broker's jars have still to be brought. */
export const kafkaMissing = (libs = kafkaLibs) => jarsMissing({ pom, libs });

function jarsMissing({ pom, libs }) {
  try {
    return readFileSync(join(libs, 'pom.sha256'), 'utf8') !== stampOf(pom);
  } catch (error) {
    if (error.code === 'ENOENT') return true;
    throw error;
  }
}

/**
 * Brings the embedded broker's jars by Maven, once.
 *
 * @throws Error saying what to install where Java or Maven is missing.
 */
export const bringKafka = (libs = kafkaLibs) =>
  bringJars({ pom, libs, otherwise: ', or start Docker, or set ACCORD_KAFKA_BROKERS to a Kafka 4' });

/**
 * Brings the jars that a pom names into the folder `libs` by Maven, once.
 *
 * @throws Error saying what to install, or do `otherwise`, where Java or Maven is missing.
 */
export async function bringJars({ pom, libs, otherwise = '' }) {
  await need('java', '-version', otherwise);
  if (!jarsMissing({ pom, libs })) return;
  await need('mvn', '--version', otherwise);
  const fresh = `${libs}.${process.pid}`;
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
  await run('mvn', ['-q', '-B', '-f', pom, ...goal]);
  if (readdirSync(fresh).length === 0) throw new Error(`Maven brought no jars into ${fresh}`);
  writeFileSync(join(fresh, 'pom.sha256'), stampOf(pom));
  rmSync(libs, { recursive: true, force: true });
  renameSync(fresh, libs);
}

const stampOf = (pom) => createHash('sha256').update(readFileSync(pom)).digest('hex');

async function need(command, flag, otherwise) {
  try {
    await run(command, [flag]);
  } catch (cause) {
    throw new Error(`\`${command}\` is missing: install Java 17 or later and Maven${otherwise}.`, { cause });
  }
}

/** Runs a command to its end. @throws Error with what it printed where it cannot be run or fails. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let printed = '';
    child.stdout.on('data', (chunk) => (printed += chunk));
    child.stderr.on('data', (chunk) => (printed += chunk));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(printed);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${printed}`));
    });
  });
}
