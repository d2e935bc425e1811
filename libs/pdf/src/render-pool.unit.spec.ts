import { openRenderLine } from './render-line.ts';
import { openRenderPool, RenderRefused, type RenderPoolSettings } from './render-pool.ts';

interface Task {
  readonly name: string;
  readonly does?: 'exit' | 'throw' | 'reject' | 'hang' | 'eat';
}

/** Answers a task's name and the number of tasks that this worker has had; or does as it is told. */
const worker = `
  import { parentPort } from 'node:worker_threads';
  let had = 0;
  parentPort.on('message', ({ name, does }) => {
    if (does === 'exit') process.exit(3);
    if (does === 'throw') throw new Error('broken');
    if (does === 'reject') return parentPort.postMessage({ error: new RangeError('malformed') });
    while (does === 'hang') {}
    for (const eaten = []; does === 'eat';) eaten.push(Array(1e5).fill(Math.random()));
    had += 1;
    parentPort.postMessage({ file: new TextEncoder().encode(name + had) });
  });`;

const lost: string[] = [];
const pools: { close(): Promise<void> }[] = [];

/** The deadline is long where no task hangs. */
function poolOf(changed: Partial<RenderPoolSettings> = {}) {
  lost.length = 0;
  const pool = openRenderPool<Task>({
    file: new URL(`data:text/javascript,${encodeURIComponent(worker)}`),
    workers: 1,
    queue: 8,
    deadlineMs: 300_000,
    memoryMegabytes: 32,
    onLost: (reason) => lost.push(reason),
    ...changed,
  });
  pools.push(pool);
  const render = async (
    name: string,
    { does, ...asked }: { accountId?: string; left?: AbortSignal } & Omit<Task, 'name'> = {},
  ) => (await pool.render({ name, ...(does && { does }) }, asked)).toString();
  return { pool, render };
}

afterEach(async () => {
  for (const pool of pools.splice(0)) await pool.close();
});

test('a worker starts when it is needed, renders again, and ends after a rest', async () => {
  const { pool, render } = poolOf({ workers: 2, restMs: 0 });
  expect([pool.busy, pool.idle]).toEqual([0, 0]);
  expect(await Promise.all([render('a'), render('b'), render('c')])).toEqual([
    'a1',
    'b1',
    expect.stringMatching(/^c[12]$/),
  ]);
  while (pool.idle > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await render('d')).toBe('d1');
  expect(lost).toEqual([]);
});

test.each([
  ['exit', 'the worker exited with 3'],
  ['throw', 'broken'],
  ['eat', 'memory limit'],
] as const)('a worker that ends by %s fails its task alone and is replaced', async (does, reason) => {
  const { render } = poolOf();
  const [failed, next] = await Promise.allSettled([render('a', { does }), render('b')]);
  expect(failed).toMatchObject({
    reason: { name: 'RenderRefused', message: expect.stringContaining(reason) },
  });
  expect(next).toMatchObject({ value: 'b1' });
  expect(lost).toEqual([expect.stringContaining(reason)]);
});

test('a task that hangs is given up at its deadline, and its worker is replaced', async () => {
  const { render } = poolOf({ deadlineMs: 1_000 });
  await expect(render('a', { does: 'hang' })).rejects.toThrow('not rendered within 1000 ms');
  expect(lost).toEqual(['not rendered within 1000 ms']);
});

test('an error of the task itself is its own, and the worker goes on', async () => {
  const { render } = poolOf();
  await expect(render('a', { does: 'reject' })).rejects.toThrow(new RangeError('malformed'));
  expect(await render('b')).toBe('b1');
  expect(lost).toEqual([]);
});

test('the end of the pool refuses what is rendered, what waits and what comes', async () => {
  const { pool, render } = poolOf();
  const asked = Promise.allSettled([render('a', { does: 'hang' }), render('b')]);
  expect([pool.busy, pool.waiting]).toEqual([1, 1]);
  await pool.close();
  for (const answer of [...(await asked), ...(await Promise.allSettled([render('c')]))])
    expect(answer).toMatchObject({ reason: new RenderRefused('the service stops') });
  expect([pool.busy, pool.waiting, lost]).toEqual([0, 0, []]);
});

test('API-11 more than the queue takes is refused; who left is no longer in it', async () => {
  const { pool, render } = poolOf({ queue: 1 });
  const first = render('a', { accountId: 'acc_1' });
  const left = new AbortController();
  const second = render('b', { accountId: 'acc_1', left: left.signal });
  await expect(render('c', { accountId: 'acc_2' })).rejects.toThrow('too many documents wait');
  left.abort();
  await expect(second).rejects.toThrow('the caller left');
  await expect(render('d', { accountId: 'acc_2', left: left.signal })).rejects.toThrow('the caller left');
  expect(pool.waiting).toBe(0);
  const third = render('e', { accountId: 'acc_2' });
  expect(await Promise.all([first, third])).toEqual(['a1', 'e2']);
});

test('API-11 accounts have their turns in order, and every second turn is the service own', () => {
  const line = openRenderLine<string>(16);
  for (const job of ['a1', 'a2', 'a3', 'b1', 'b2', 'c1']) expect(line.push(job[0], job)).toBe(true);
  for (const job of ['own1', 'own2']) line.push(undefined, job);
  expect(line.length).toBe(8);
  expect(line.remove('b2')).toBe(true);
  expect(line.remove('b2')).toBe(false);
  const turns = Array.from({ length: 8 }, () => line.shift());
  expect(turns).toEqual(['own1', 'a1', 'own2', 'b1', 'c1', 'a2', 'a3', undefined]);
  expect(line.length).toBe(0);
});

test('API-11 one account fills a quarter of the queue, and the service own is never refused', () => {
  const line = openRenderLine<string>(8);
  const pushed = (accountId: string | undefined, times: number) =>
    Array.from({ length: times }, () => line.push(accountId, 'job'));
  expect(pushed('a', 3)).toEqual([true, true, false]);
  expect(['b', 'c', 'd'].flatMap((accountId) => pushed(accountId, 2))).not.toContain(false);
  expect([...pushed('e', 1), ...pushed(undefined, 2)]).toEqual([false, true, true]);
});
