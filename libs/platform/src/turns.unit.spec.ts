import { nextSize, openTurns } from './turns.ts';

test('a portion grows while it is quick, shrinks where it takes long, and always has some items', () => {
  const after = (size: number, tookMs: number) => nextSize(size, { items: size, tookMs });
  expect([after(10, 5), after(40, 20), after(40, 200), after(6, 10_000)]).toEqual([25, 40, 22, 5]);
  expect(after(100, 0)).toBe(200);
});

test('work goes on part by part, however busy the process is, until it has no more or is stopped', async () => {
  const stopping = new AbortController();
  const turns = openTurns({ isBusy: () => true }, stopping.signal);
  let parts = 0;
  await turns.take(() => Promise.resolve((parts += 1) < 3));
  await turns.takeMany(10, () => Promise.resolve());
  expect(parts).toBe(3);
  await turns.take(() => {
    parts += 1;
    stopping.abort();
    return Promise.resolve(true);
  });
  expect(parts).toBe(4);
});
