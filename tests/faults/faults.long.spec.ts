import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { shortList } from './faults.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

// With this seed the sessions of Postgres end early in the run: the minute that a mail then waits for goes by
// while the rest happens.
test(
  'EVT-7 EVT-8 EVT-12 EVT-35 customers are served while processes are killed at the worst moments ' +
    'and connections end: nothing is lost or doubled',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'accord-faults-'));
    try {
      const run = promisify(execFile)(
        process.execPath,
        [main, '--short', '--untimed', '--seed', '9', '--home', join(home, 'environment')],
        { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 840_000 },
      );
      const { stdout } = await run.catch((error: { message: string; stdout: string }) => {
        throw new Error(`${error.message}\n${error.stdout}`);
      });
      expect(stdout).toContain('Nothing was lost, doubled or out of step.');
      for (const { name } of shortList) expect(stdout).toMatch(new RegExp(`^${name} +recovered`, 'm'));
      expect(Number(/(\d+) commands were answered/.exec(stdout)?.[1])).toBeGreaterThan(50);
      for (const what of ['create', 'apply', 'refund'])
        expect(stdout).toMatch(new RegExp(`accepted: .*\\b${what} \\d`));
    } finally {
      rmSync(home, { recursive: true, force: true, maxRetries: 3 });
    }
  },
  900_000,
);
