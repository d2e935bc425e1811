import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Comments say their subject first: a sentence names it, and does not begin with a word that stands for it.

const root = fileURLToPath(new URL('../../', import.meta.url));
const sources = globSync('{libs,services,deploy,tests}/**/*.{ts,mjs}', {
  cwd: root,
  exclude: ['**/node_modules/**'],
}).sort();

/** The comment of a line: the line itself, or its end behind code. */
const comment = /^\s*(?:\/\/|\/\*\*?|\*(?!\/))(.*)|[\s;,{(](?:\/\/|\/\*\*?) (.*)/;
/** A capital says that a sentence begins, at the head of a line as well; a quoted word is no beginning. */
const subjectless = /(?<![\w`'"-])(?:What|Whatever|Who|Whoever|Whom|Whomever|Whose|Nobody|Those)\b/;

test('no sentence of a comment begins with What, Who, Nobody, Those and the like', () => {
  expect(sources.length).toBeGreaterThan(300);
  const found = sources.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .flatMap((line, i) => {
        const [, whole, behind] = comment.exec(line) ?? [];
        return subjectless.test(whole ?? behind ?? '') ? [`${file}:${i + 1}: ${line.trim()}`] : [];
      }),
  );
  expect(found).toEqual([]);
});
