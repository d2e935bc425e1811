import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = (tool: string, ...words: string[]) =>
  promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL(`./${tool}/main.ts`, import.meta.url)), ...words],
    { env: { ...process.env, NODE_OPTIONS: '' } },
  );

test('a tool shows how it is used where it is asked to, or does not understand', async () => {
  await expect(run('soak', '--help')).resolves.toEqual({
    stdout: 'usage: npm run soak [-- [--events N] [--json]]\n',
    stderr: '',
  });
  const stderr =
    '--events takes a whole number from 5000, not many\nusage: npm run soak [-- [--events N] [--json]]\n';
  await expect(run('soak', '--events', 'many')).rejects.toMatchObject({ code: 2, stdout: '', stderr });
});
