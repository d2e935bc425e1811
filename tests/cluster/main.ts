// Installs the chart on a real cluster, upgrades it, takes it back and damages it while customers order; exits 1
// where a request was lost, something differs, or a figure is not reached. The cluster is made for it, in namespaces
// of Linux that are gone with it.
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commandLine, known } from '../command-line.ts';
import { removeCgroups } from './cgroups.ts';
import { nodes } from './credentials.ts';
import { buildImages, saveImages, type Images } from './images.ts';
import { run, scenarioNames, type ScenarioName } from './run.ts';
import { bringHelm, bringKubernetes, needTools } from './tools.ts';

const usage = `npm run cluster -- <${scenarioNames.join('|')}|all> … [--keep-logs folder]`;
const { scenarios, logs } = commandLine(
  usage,
  { 'keep-logs': { type: 'string' } },
  ({ values, positionals }) => {
    known(positionals, [...scenarioNames, 'all']);
    if (positionals.length === 0) throw new Error('nothing was asked for');
    const asked = new Set(positionals);
    const chosen = scenarioNames.filter((name) => name === 'install' || asked.has('all') || asked.has(name));
    return { scenarios: chosen as readonly ScenarioName[], logs: values['keep-logs'] };
  },
);
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Prepared {
  readonly home: string;
  readonly bin: string;
  readonly images: Images;
  readonly files: readonly string[];
}
/** Set where this process is already in namespaces of its own. */
const prepared = process.env['ACCORD_CLUSTER_PREPARED'];

/** Tools and images come from outside: in namespaces of its own a process reaches nobody. */
async function prepare(): Promise<Prepared> {
  if (process.env['KUBECONFIG']) console.log('KUBECONFIG is not taken: a cluster of its own is made');
  needTools();
  const helm = await bringHelm();
  if (helm) process.env['PATH'] = `${helm}:${process.env['PATH']}`;
  const bin = await bringKubernetes();
  const images = await buildImages(root);
  const home = mkdtempSync(join(tmpdir(), 'accord-cluster-'));
  // Postgres does not run as root, and its files lie in it.
  chmodSync(home, 0o755);
  return { home, bin, images, files: await saveImages(images, join(home, 'images')) };
}

/** Runs this command anew in namespaces of its own. Resolves to its exit code once all in them has ended. */
const inNamespaces = (all: Prepared): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(
      'unshare',
      [
        ...[
          '--net',
          '--mount',
          '--pid',
          '--fork',
          '--kill-child',
          '--mount-proc',
          '--propagation',
          'private',
        ],
        // The first process of such a namespace ends children that others left.
        ...[
          'sh',
          '-c',
          '"$@"; exit $?',
          'sh',
          process.execPath,
          ...process.execArgv,
          ...process.argv.slice(1),
        ],
      ],
      { stdio: 'inherit', env: { ...process.env, ACCORD_CLUSTER_PREPARED: JSON.stringify(all) } },
    );
    // All in the namespaces end with it: nothing of theirs is to be kept.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill('SIGKILL'));
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });

/** Of the cluster's parts, and of the pods of each node. */
function keepLogs(home: string, folder: string): void {
  for (const path of ['logs', ...nodes.map(({ name }) => `${name}/pod-logs`)])
    if (existsSync(join(home, path))) cpSync(join(home, path), join(folder, path), { recursive: true });
}

async function main(): Promise<number> {
  if (prepared) return run({ ...(JSON.parse(prepared) as Prepared), root, scenarios });
  const all = await prepare();
  try {
    return await inNamespaces(all);
  } finally {
    removeCgroups();
    if (logs) keepLogs(all.home, logs);
    rmSync(all.home, { recursive: true, force: true, maxRetries: 3 });
  }
}

process.exitCode = await main();
