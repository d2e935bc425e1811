import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

async function drill(scenario: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), 'accord-restore-'));
  try {
    const run = promisify(execFile)(
      process.execPath,
      [main, scenario, '--seconds', '5', '--seed', '7', '--home', home],
      { env: { ...process.env, NODE_OPTIONS: '' }, timeout: 840_000, maxBuffer: 64 * 2 ** 20 },
    );
    const { stdout } = await run.catch((error: { message: string; stdout: string }) => {
      throw new Error(`${error.message}\n${error.stdout}`);
    });
    return stdout;
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  }
}

test(
  'EVT-34 EVT-36 EVT-37 a database that is set back behind its topics agrees with them again, and all that is gone ' +
    'is listed',
  async () => {
    const said = await drill('database');
    expect(said).toMatch(/^gone: [1-9]\d* of \d+ orders/m);
    expect(said).toContain('Restored: nothing is out of step, and all that is gone is listed.');
  },
  900_000,
);

test('EVT-13 EVT-34 EVT-36 topics that were lost under load are told anew, and views rebuilt from them', async () => {
  const said = await drill('topics');
  expect(said).toMatch(/"restated":[1-9]/);
  expect(said).toContain('Restored: nothing is out of step, and all that is gone is listed.');
}, 900_000);

test('EVT-34 EVT-36 a topic of many that was lost before its events were handled is told anew', async () => {
  const said = await drill('topic');
  expect(said).toMatch(/"restated":[1-9]/);
  expect(said).toContain('Restored: nothing is out of step, and all that is gone is listed.');
}, 900_000);
