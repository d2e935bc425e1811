// Which tiers of which projects `npm test` has to run: all but those whose inputs are those of their last green
// run. nx.json tells the inputs, and nx hashes them.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../prerequisites.mjs';

/** A task of nx: one target of one project, with the hash of all its inputs. */
export interface Task {
  /** `project:target`. */
  readonly id: string;
  readonly target: string;
  /** The project's folder, below the repository's root. */
  readonly root: string;
  readonly hash: string;
}

/** A spec file that has run, by its path below the repository's root. */
export interface RanFile {
  readonly file: string;
  readonly passed: number;
  readonly skipped: number;
  /** False as well where it did not load. */
  readonly green: boolean;
}

/** By task: the inputs of its last green run, and the number of its tests (0: lint, types). */
export type Green = Readonly<Record<string, { readonly hash: string; readonly passed: number }>>;

/** Of the repository in `cwd`. @throws Error with what nx said. */
export async function hashTasks(cwd: string): Promise<readonly Task[]> {
  const env = { ...process.env, NODE_OPTIONS: '', NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };
  const printed = await run(process.execPath, [hashes], { cwd, env });
  return JSON.parse(printed.slice(printed.indexOf('[{'))) as Task[];
}
const hashes = fileURLToPath(new URL('./hashes.ts', import.meta.url));

/** Tasks that need not run: none where all are asked for. */
export const leftOut = (tasks: readonly Task[], green: Green, { all }: { all: boolean }): readonly Task[] =>
  all ? [] : tasks.filter(({ id, hash }) => green[id]?.hash === hash);

/** The innermost project that holds a spec file has it among its tests. */
export const taskOf = (file: string, tasks: readonly Task[]): Task | undefined =>
  tasks
    .filter(({ target, root }) => file.startsWith(`${root}/`) && file.endsWith(`.${target}.spec.ts`))
    .sort((a, b) => b.root.length - a.root.length)[0];

/**
 * Tasks that are green now. One with tests counts if each of its files ran green, without a skipped test, since a
 * reason to skip may lie outside the inputs. Any counts only if its inputs are after the run as they were before.
 */
export function greenOf(ask: {
  readonly ran: readonly RanFile[];
  /** By target, what has no tests and ran: lint, types. */
  readonly checked: Readonly<Record<string, boolean>>;
  readonly before: readonly Task[];
  readonly after: readonly Task[];
}): Green {
  const byTask = Map.groupBy(ask.ran, ({ file }) => taskOf(file, ask.before));
  const entries = ask.before.flatMap((task): readonly [string, Green[string]][] => {
    const files = byTask.get(task);
    const green = files
      ? files.every((file) => file.green && file.skipped === 0)
      : ask.checked[task.target] === true;
    if (!green || !ask.after.some(({ id, hash }) => id === task.id && hash === task.hash)) return [];
    return [[task.id, { hash: task.hash, passed: sumOf(files ?? [], ({ passed }) => passed) }]];
  });
  return Object.fromEntries(entries);
}

export const passedOf = (tasks: readonly Task[], green: Green): number =>
  sumOf(tasks, ({ id }) => green[id]!.passed);

export const sumOf = <Item>(items: readonly Item[], number: (item: Item) => number): number =>
  items.reduce((total, item) => total + number(item), 0);

/** One line for each target: its projects, and how many tests they stand for. */
export const linesOf = (tasks: readonly Task[], green: Green): string[] =>
  [...Map.groupBy(tasks, ({ target }) => target)].map(([target, its]) => {
    const projects = its.map(({ id }) => id.slice(0, -target.length - 1)).sort();
    const tests = passedOf(its, green);
    return tests === 0 ? target : `${target}: ${tests} tests of ${projects.join(', ')}`;
  });

/** Empty where the file is missing or cannot be read. */
export function readGreen(path: string): Green {
  try {
    return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Green) : {};
  } catch {
    return {};
  }
}

export function writeGreen(path: string, green: Green): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(green, null, 1)}\n`);
}
