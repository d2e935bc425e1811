import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Comments and pages say their subject first: a sentence names it, and does not begin with a word that stands for it.

const root = fileURLToPath(new URL('../../', import.meta.url));
const inRoot = (...patterns: string[]) =>
  globSync(patterns, { cwd: root, exclude: (name) => /(^|\/)(node_modules|\.git|\.nx|\.accord)$/.test(name) })
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
const sources = inRoot('{libs,services,deploy,tests}/**/*.{ts,mjs}', '*.mjs');
const scripts = inRoot('**/*.{sh,yml,yaml}', '**/Dockerfile', '.ci/run', '.github/**/*.yml');
/** The history is as it was written. */
const pages = inRoot('**/*.md').filter((page) => page !== 'CHANGELOG.md');

/** The comment of a line: the line itself, or its end behind code. */
const comment = /^\s*(?:\/\/|\/\*\*?|\*(?!\/))(.*)|[\s;,{(](?:\/\/|\/\*\*?) (.*)/;
const scriptComment = /(?:^|\s)#(?!!) ?(.*)()/;
/** Titles and cells of tables are no sentences. */
const prose = /^(?![#|])(.*)()/;
/** A capital says that a sentence begins, at the head of a line as well; a quoted word is no beginning. */
const subjectless = /(?<![\w`'"“-])(?:What|Whatever|Who|Whoever|Whom|Whomever|Whose|Nobody|Those)\b/;

test.each([
  ['comment', sources, comment, 300],
  ['comment of a script or of settings', scripts, scriptComment, 25],
  ['page', pages, prose, 60],
])('no sentence of a %s begins with What, Who, Nobody, Those and the like', (_kind, files, text, atLeast) => {
  expect(files.length).toBeGreaterThan(atLeast);
  const found = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => {
        const [, whole, behind] = text.exec(line) ?? [];
        return subjectless.test(whole || behind || '') ? [`${file}:${i + 1}: ${line.trim()}`] : [];
      }),
  );
  expect(found).toEqual([]);
});
