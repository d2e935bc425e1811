import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, maxBuffer: 512 * 2 ** 20 });

/** @throws Error where this clone does not have it. */
export function commitOf(revision: string): string {
  try {
    return git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`)
      .toString()
      .trim();
  } catch (cause) {
    throw new Error(`this clone has no commit ${revision}: git fetch --unshallow brings older ones`, {
      cause,
    });
  }
}

/** Whether a commit asks for the packages that are installed here. */
export const hasPackagesOf = (commit: string): boolean =>
  git('show', `${commit}:package-lock.json`).equals(readFileSync(join(root, 'package-lock.json')));

/** The sources of a commit, to be run like a checkout. Packages are those that are installed here. */
export function bringSources(commit: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: git('archive', commit) });
  const packages = join(folder, 'node_modules');
  mkdirSync(join(packages, '@accord'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@accord') symlinkSync(join(root, 'node_modules', name), join(packages, name));
  for (const file of globSync('{libs,services,deploy}/*/package.json', { cwd: folder })) {
    const { name } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { name: string };
    symlinkSync(join(folder, dirname(file)), join(packages, name));
  }
}

/** A release that renames a column at once, which no instance of the release before it knows. */
export function plantRename(folder: string): void {
  const store = join(folder, 'services/order/src/order/order-store.ts');
  const renamed: [string, string][] = [
    ['change, status, note)\n', 'change, status, remark)\n'],
    ['change, status, note from order_history', 'change, status, remark as note from order_history'],
  ];
  const source = renamed.reduce(
    (text, [before, after]) => {
      if (text.split(before).length !== 2) throw new Error(`${store} has not once: ${before}`);
      return text.replace(before, after);
    },
    readFileSync(store, 'utf8'),
  );
  writeFileSync(store, source);
  writeFileSync(
    join(folder, 'services/order/migrations/9999_remark.ts'),
    `export const up = ['alter table order_history rename note to remark'];\n`,
  );
}
