import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { lastRelease } from '../releases/record.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const release = lastRelease();
const older = release ? `the release ${release.version}` : 'HEAD, for no release was made yet';

/** Its exit code, and all that it printed. */
async function upgrade(...args: string[]): Promise<{ code: number; said: string }> {
  const home = mkdtempSync(join(tmpdir(), 'accord-upgrade-'));
  const run = promisify(execFile)(
    process.execPath,
    [main, '--seed', '9', '--seconds', '3', '--home', join(home, 'platform'), ...args],
    { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 600_000, maxBuffer: 64 * 2 ** 20 },
  );
  try {
    return await run.then(
      ({ stdout }) => ({ code: 0, said: stdout }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        code: error.code,
        said: `${error.stdout}\n${error.stderr}`,
      }),
    );
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

test(
  `API-20 EVT-4 EVT-35 customers are served while this tree follows ${older}, is rolled back ` +
    'and follows again: no request fails, no event is given up, nothing is lost or doubled',
  async () => {
    const { code, said } = await upgrade();
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('No request failed') });
    for (const what of ['place', 'pay', 'create', 'cancel', 'apply', 'refund'])
      expect(said).toMatch(new RegExp(`accepted: .*\\b${what} \\d`));
    expect(said).toMatch(/^rolled back to old +requests: [1-9]/m);
  },
  900_000,
);

test('API-20 a release that renames a column at once is found out by the one that runs on its schema', async () => {
  const { code, said } = await upgrade('--planted');
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining('lines of what went wrong') });
  expect(said).toMatch(/^old +requests: .* 0 failed$/m);
  expect(said).toMatch(/column \\?"note\\?" of relation \\?"order_history\\?" does not exist/);
}, 900_000);
