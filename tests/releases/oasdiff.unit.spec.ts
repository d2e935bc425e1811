import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '../api/compatibility.ts';
import { isInstalled } from '../installed.ts';
import { lastRelease, promisesNow } from './record.ts';

// A second opinion on our own rules of compatibility (tests/api/compatibility.ts).

/** Left out, with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  'response-property-enum-value-added':
    'answers stay open: clients take values that they do not know (docs/api.md)',
};

const isThere = isInstalled('oasdiff', '--version');

/** Changes that break clients of the first, each by the name of its check. */
function broken(before: Document, now: Document): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'accord-'));
  try {
    const files = [before, now].map((document, i) => {
      const file = join(folder, `${i}.json`);
      writeFileSync(file, JSON.stringify(document));
      return file;
    });
    const { stdout, stderr, status } = spawnSync('oasdiff', ['breaking', ...files, '--format', 'json'], {
      encoding: 'utf8',
      maxBuffer: 64 * 2 ** 20,
    });
    if (status !== 0) throw new Error(stderr);
    const found = JSON.parse(stdout.trim() || '[]') as { id: string; level: number; text: string }[];
    // From 3 on it is sure.
    return found
      .filter(({ id, level }) => level >= 3 && !(id in leftOut))
      .map(({ id, text }) => `${id}: ${text}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const release = lastRelease();
const compared = release ? `against the release ${release.version}` : 'but no release was made yet';
const line = isThere ? `asked, ${compared}` : 'not asked: it is not installed';

test('oasdiff is asked where it is installed', () => {
  process.stderr.write(`oasdiff is ${line}\n`);
});

if (isThere && release)
  test(`API-3 oasdiff finds nothing that breaks a client of the release ${release.version}`, async () => {
    expect(broken(release.openapi, (await promisesNow()).openapi)).toEqual([]);
  });

if (isThere)
  test('API-3 oasdiff is heard: a route that is gone, a parameter that is new and required', async () => {
    const { openapi } = await promisesNow();
    expect(broken(openapi, openapi)).toEqual([]);
    const paths = openapi['paths'] as Readonly<Record<string, Readonly<Record<string, Document>>>>;
    const { get } = paths['/v1/orders']!;
    const asked = { name: 'asked', in: 'query', required: true, schema: { type: 'string' } };
    const harder = { ...get, parameters: [...(get!['parameters'] as Document[]), asked] };
    const found = broken(openapi, { ...openapi, paths: { ...paths, '/v1/orders': { get: harder } } });
    expect(found).toEqual([
      expect.stringMatching(/^new-required-request-parameter: .*asked/),
      expect.stringMatching(/^api-removed-without-deprecation: /),
    ]);
  });
