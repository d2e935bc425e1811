import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Every text of the repository can be read without scrolling aside; the linter says the same of TypeScript alone.

const root = fileURLToPath(new URL('../../', import.meta.url));
const columns = 120;
/** JSON has no way to break a text, and in a template a break is one of the message that goes out. */
const unbreakable = /\.(json|liquid)$/;

const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard'];
const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file && !unbreakable.test(file));

/** Undefined for one that is removed, is a link to a folder, or is no text. */
function textOf(file: string): string | undefined {
  try {
    const text = readFileSync(join(root, file), 'utf8');
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

test(`no line has more than ${columns} columns`, () => {
  const texts = files.map((file) => ({ file, text: textOf(file) ?? '' }));
  expect(texts.filter(({ text }) => text).length).toBeGreaterThan(900);
  const long = texts.flatMap(({ file, text }) =>
    text.split('\n').flatMap((line, i) => (line.length > columns ? [`${file}:${i + 1}`] : [])),
  );
  expect(long).toEqual([]);
});
