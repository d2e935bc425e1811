import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  greenOf,
  hashTasks,
  leftOut,
  linesOf,
  readGreen,
  taskOf,
  writeGreen,
  type Green,
  type RanFile,
  type Task,
} from './tasks.ts';

// A repository of two services, a library and a suite over both, under the nx.json that is ours.

const ours = fileURLToPath(new URL('../../../', import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'accord-tasks-')));
const began = new Date();
const write = (path: string, text: string) => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
  // Changed in one second, every time.
  utimesSync(join(folder, path), began, began);
};
const project = (path: string, name: string) =>
  write(`${path}/package.json`, JSON.stringify({ name: `@accord/${name}`, exports: './src/index.ts' }));

let tasks: readonly Task[];
beforeAll(async () => {
  for (const file of ['nx.json', 'deploy/local/nx/tiers.mjs']) cpSync(join(ours, file), join(folder, file));
  write('package.json', JSON.stringify({ name: 'accord', workspaces: ['libs/*', 'services/*'] }));
  write('package-lock.json', JSON.stringify({ name: 'accord', lockfileVersion: 3, packages: {} }));
  project('libs/money', 'money');
  write('libs/money/src/index.ts', 'export const cent = 1;');
  write('libs/money/src/money.unit.spec.ts', '');
  for (const name of ['order', 'refund']) {
    project(`services/${name}`, name);
    write(`services/${name}/src/index.ts`, `export { cent } from '@accord/money';`);
    write(`services/${name}/src/${name}.unit.spec.ts`, '');
    write(`services/${name}/test/${name}.int.spec.ts`, '');
  }
  write('tests/system/project.json', JSON.stringify({ name: 'system' }));
  write('tests/system/start.e2e.spec.ts', '');
  tasks = await hashTasks(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = () => [
  'libs/money/src/money.unit.spec.ts',
  ...['order', 'refund'].flatMap((name) => [
    `services/${name}/src/${name}.unit.spec.ts`,
    `services/${name}/test/${name}.int.spec.ts`,
  ]),
  'tests/system/start.e2e.spec.ts',
];
const ran = (file: string): RanFile => ({ file, passed: 2, skipped: 0, green: true });
const allGreen = () => greenOf({ ran: files().map(ran), checked: {}, before: tasks, after: tasks });

/** Of those that were green: what runs after the change. */
async function runsAfter(path: string, text: string): Promise<string[]> {
  write(path, text);
  const now = await hashTasks(folder);
  const left = leftOut(now, allGreen(), { all: false });
  tasks = now;
  return now
    .filter((task) => !left.includes(task))
    .map(({ id }) => id)
    .sort();
}

const order = ['@accord/order:int', '@accord/order:unit'];
const refund = ['@accord/refund:int', '@accord/refund:unit'];

test('each project has a task for each tier that it has files of', () => {
  expect(tasks.map(({ id }) => id).sort()).toEqual(['@accord/money:unit', ...order, ...refund, 'system:e2e']);
  expect(files().map((file) => taskOf(file, tasks)?.id)).not.toContain(undefined);
  expect(taskOf('services/order/test/order.int.spec.ts', tasks)?.id).toBe('@accord/order:int');
});

test('a change of inputs makes the tiers run again that depend on them, and no others', async () => {
  await expect(runsAfter('services/order/src/index.ts', '// nothing is imported')).resolves.toEqual([
    ...order,
    'system:e2e',
  ]);
  await expect(runsAfter('libs/money/src/index.ts', 'export const cent = 2;')).resolves.toEqual([
    '@accord/money:unit',
    ...refund,
    'system:e2e',
  ]);
  await expect(runsAfter('services/order/test/order.int.spec.ts', '// another')).resolves.toEqual(order);
  await expect(runsAfter('deploy/local/kafka/pom.xml', '<project/>')).resolves.toEqual([
    '@accord/order:int',
    '@accord/refund:int',
    'system:e2e',
  ]);
  await expect(runsAfter('package-lock.json', '{"lockfileVersion":3,"packages":{"":{}}}')).resolves.toEqual(
    tasks.map(({ id }) => id).sort(),
  );
  await expect(runsAfter('deploy/audit/audit.ts', '// of the running system')).resolves.toEqual([
    'system:e2e',
  ]);
  for (const page of ['docs/flows.md', 'CHANGELOG.md', 'libs/money/README.md', 'deploy/helm/values.yaml'])
    await expect(runsAfter(page, 'a page')).resolves.toEqual([]);
});

test('what was green for its inputs need not run, except where all are asked for; a fresh clone runs all', () => {
  expect(leftOut(tasks, allGreen(), { all: false })).toEqual(tasks);
  expect(leftOut(tasks, allGreen(), { all: true })).toEqual([]);
  expect(leftOut(tasks, {}, { all: false })).toEqual([]);
});

test('a tier is remembered only if all its files were green, none skipped a test, and its inputs stayed', () => {
  const greenAre = (change: (file: RanFile) => RanFile, after = tasks) =>
    Object.keys(
      greenOf({
        ran: files().map((file) => (file.includes('order') ? change(ran(file)) : ran(file))),
        checked: {},
        before: tasks,
        after,
      }),
    ).sort();
  const others = ['@accord/money:unit', ...refund, 'system:e2e'];
  expect(greenAre((file) => file)).toEqual(tasks.map(({ id }) => id).sort());
  expect(greenAre((file) => ({ ...file, green: false }))).toEqual(others);
  expect(greenAre((file) => ({ ...file, skipped: 1 }))).toEqual(others);
  const edited = tasks.map((task) => ({ ...task, hash: task.root.includes('order') ? 'new' : task.hash }));
  expect(greenAre((file) => file, edited)).toEqual(others);
  const oneOfTwo = greenOf({
    ran: [
      ran('services/order/test/order.int.spec.ts'),
      { ...ran('services/order/test/b.int.spec.ts'), green: false },
    ],
    checked: {},
    before: tasks,
    after: tasks,
  });
  expect(oneOfTwo).toEqual({});
});

test('lint and types are remembered where they ran and found nothing', () => {
  const checks = ['lint', 'types'].map((target) => ({
    id: `accord:${target}`,
    target,
    root: '.',
    hash: '1',
  }));
  const of = (checked: Record<string, boolean>) =>
    Object.keys(greenOf({ ran: [], checked, before: checks, after: checks }));
  expect(of({ lint: true, types: true })).toEqual(['accord:lint', 'accord:types']);
  expect(of({ lint: false, types: true })).toEqual(['accord:types']);
  expect(of({})).toEqual([]);
});

test('what is not run is told by tier, with the number of its tests', () => {
  expect(
    linesOf(
      tasks.filter(({ target }) => target === 'unit'),
      allGreen(),
    ),
  ).toEqual(['unit: 6 tests of @accord/money, @accord/order, @accord/refund']);
});

test('what was written is read again; a file that is missing or broken says that nothing was green', () => {
  const path = join(folder, 'kept', 'green.json');
  const green: Green = { 'order:int': { hash: '1', passed: 3 } };
  expect(readGreen(path)).toEqual({});
  writeGreen(path, green);
  expect(readGreen(path)).toEqual(green);
  writeFileSync(path, '{"order');
  expect(readGreen(path)).toEqual({});
});
