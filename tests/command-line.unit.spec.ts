import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = (tool: string, ...words: string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(new URL(`./${tool}/main.ts`, import.meta.url)), ...words], { env: { ...process.env, NODE_OPTIONS: '' } });

test('a tool shows how it is used where it is asked to, or does not understand', async () => {
  await expect(run('soak', '--help')).resolves.toEqual({ stdout: 'usage: npm run soak [-- [--events N] [--json]]\n', stderr: '' });
  const refused = [
    ['soak', '--events', 'many', '--events takes a whole number from 5000, not many'],
    ['soak', '--event', '5000', "Unknown option '--event'"],
    ['bench', 'relai', 'there is no relai; there are start, relay, '],
  ] as const;
  for (const [tool, ...words] of refused) {
    const failed = await run(tool, ...words.slice(0, -1)).catch((error: { code: number; stderr: string }) => error);
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect(failed.stderr.startsWith(words.at(-1)!)).toBe(true);
    expect(failed.stderr).toContain(`usage: npm run ${tool} [-- `);
  }
}, 30_000);
