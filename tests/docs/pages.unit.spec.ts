import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Pages written by hand: what they name is there.

const root = fileURLToPath(new URL('../../', import.meta.url));
const text = (page: string) => readFileSync(join(root, page), 'utf8');
const exists = (path: string) => existsSync(join(root, path));
const pages = globSync(
  ['*.md', 'docs/**/*.md', 'tests/README.md', '{services,libs,deploy,tests}/*/README.md'],
  {
    cwd: root,
  },
).sort();

const folders = 'services|libs|deploy|tests|docs|\\.ci';
/**
 * Paths from the root in code, in a fence or at the head of a line; a pattern (`*`, `<service>`) names no
 * single file.
 */
const pathsIn = (page: string) =>
  [...text(page).matchAll(new RegExp(`(?<![\\w./-])(?:${folders})/[\\w./-]*\\w(?![\\w/]*[*<{…])`, 'g'))].map(
    ([path]) => path,
  );

const linksIn = (page: string) =>
  [...text(page).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)]
    .map(([, inline, defined]) => (inline ?? defined)!)
    .filter((link) => !/^[a-z]+:/.test(link));

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  [...text(page).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

test('every path that a page names exists', () => {
  expect(pathsIn('docs/flows.md').length).toBeGreaterThan(50);
  expect(
    pages.flatMap((page) =>
      pathsIn(page)
        .filter((path) => !exists(path))
        .map((path) => `${page}: ${path}`),
    ),
  ).toEqual([]);
});

test('every file that a service names on its screen is its own', () => {
  const missing = pages.flatMap((page) => {
    const folder = /^services\/\w+(?=\/README\.md$)/.exec(page)?.[0];
    if (!folder) return [];
    const files = [...text(page).matchAll(/`([\w-]+\.ts)`/g)].map(([, file]) => file!);
    return files
      .filter((file) => globSync(`${folder}/**/${file}`, { cwd: root }).length === 0)
      .map((file) => `${page}: ${file}`);
  });
  expect(missing).toEqual([]);
});

test('every link leads to a file, and to a heading of it', () => {
  const dead = pages.flatMap((page) =>
    linksIn(page)
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? page : join(dirname(page), file);
        return !exists(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
      })
      .map((link) => `${page}: ${link}`),
  );
  expect(dead).toEqual([]);
});

test('every npm script that a page names can be run', () => {
  const { scripts } = JSON.parse(text('package.json')) as { scripts: Record<string, string> };
  const builtIn = ['ci', 'install'];
  const missing = pages.flatMap((page) => {
    const named = [...text(page).matchAll(/\bnpm (?:run )?(?:-s )?([a-z][\w-]*(?::[\w-]+)*)/g)].map(
      ([, script]) => script!,
    );
    return named
      .filter((script) => !(script in scripts) && !builtIn.includes(script))
      .map((script) => `${page}: npm ${script}`);
  });
  expect(missing).toEqual([]);
});

test('docs/operations.md names each metric and each setting of every service, and no other', () => {
  const named = (pattern: RegExp, from: string) =>
    [...new Set([...from.matchAll(pattern)].map(([, name]) => name!))].sort();
  const sources = globSync('{libs,services,deploy}/**/*.ts', {
    cwd: root,
    exclude: ['**/node_modules/**', '**/*.spec.ts'],
  })
    .map(text)
    .join('\n');
  const page = text('docs/operations.md');
  const endings = 'total|seconds|events|keys|letters|rows|items|connections|differences|sessions|limit';
  const byEnding = named(new RegExp(`'(accord_[a-z_]+_(?:${endings}))'`, 'g'), sources);
  const byCall = named(/\b(?:counter|gauge|histogram)\(\s*'((?!http_)[a-z_]+)'/g, sources);
  expect(named(/`(accord_[a-z_]+)`/g, page)).toEqual([...new Set([...byEnding, ...byCall])].sort());
  const declared = ['settings.ts', 'kafka-settings.ts']
    .map((name) => text(`libs/platform/src/${name}`))
    .join('\n');
  const settings = named(/^ {2}([A-Z_]+): (?:z\b|renewed|plainWires)/gm, declared);
  expect(named(/`((?:ACCORD|PROVIDER)_[A-Z_]+)`/g, page)).toEqual(settings);
});

test(
  'docs/flows.md: a cancel is read in six files of the order ' +
    'service, five of contract and five of notification',
  () => {
    const [, cancel = ''] = text('docs/flows.md').split('\n## Cancel\n');
    const files = new Set(
      [...cancel.split('\n## ')[0]!.matchAll(/`services\/(\w+)\/src\/[\w/-]+\.ts`/g)].map(([file]) => file),
    );
    const of = (service: string) =>
      [...files].filter((file) => file.startsWith(`\`services/${service}/`)).length;
    expect([of('order'), of('contract'), of('notification'), files.size]).toEqual([6, 5, 5, 16]);
  },
);

test('docs/flows.md: a refund is read from the request to the money in 14 files of the refund service', () => {
  const [, refund = ''] = text('docs/flows.md').split('\n## Refund\n');
  const [told = ''] = refund.split('\nBeside them:\n');
  const files = new Set(
    [...told.matchAll(/`(?:services\/refund|libs\/profile)\/src\/[\w/-]+\.ts`/g)].map(String),
  );
  expect([files.size, told.includes('takes 14 files')]).toEqual([14, true]);
});

test('docs/decisions/README.md lists every decision by its number and title', () => {
  const decisions = globSync('docs/decisions/[0-9]*.md', { cwd: root }).sort();
  const titles = decisions.map((page) => text(page).split('\n')[0]!);
  const listed = [
    ...text('docs/decisions/README.md').matchAll(/^\| \[(\d+)\] +\| (.+?) +\| \d{4}-\d\d-\d\d /gm),
  ];
  expect(listed.map(([, number, title]) => `# ${number} · ${title}`)).toEqual(titles);
});
