import { availableParallelism } from 'node:os';
import { planted, planting } from './planted.ts';
import { playRuns } from './playing.ts';
import { shrink } from './shrink.ts';

const longest = 300_000;
const ask = { postgresUrl: process.env['ACCORD_POSTGRES_URL']!, seed: 1, processes: Math.min(2, availableParallelism()), shrinkTries: 0 };

test(
  'EVT-30, EVT-31, EVT-32, EVT-33, EVT-34, EVT-36 hold after 200 runs of everything in any order, repeated, delayed and rolled back',
  async () => {
    const { runs, found } = await playRuns({ ...ask, runs: 200, shrinkTries: 100 });
    expect(found).toBeUndefined();
    expect(runs).toBe(200);
  },
  longest,
);

/** The others are found by `npm run simulate -- --planted`. */
const quick = ['version-ignored', 'order-on-refunded-instance', 'money-dropped'];

test.each(planted.filter(({ name }) => quick.includes(name)))(
  'the simulation finds the planted bug $name',
  async ({ name }) => {
    const { found } = await playRuns({ ...ask, processes: 1, runs: 2_000, plant: name });
    expect(found?.breaches).not.toHaveLength(0);
  },
  longest,
);

test(
  'a find is shrunk to a script that shows the same with the bug, and nothing without it',
  async () => {
    const bug = { plant: 'failed-payout-frees', processes: 1 };
    const { found } = await playRuns({ ...ask, ...bug, runs: 2_000, shrinkTries: 30 });
    const script = found!.script;
    expect(script.length).toBeLessThan(found!.steps);
    const once = { ...ask, processes: 1, runs: 1, script };
    expect((await playRuns({ ...once, ...bug })).found?.breaches[0]).toMatchObject({ rule: found!.breaches[0]!.rule, says: found!.breaches[0]!.says });
    expect((await playRuns(once)).found).toBeUndefined();
  },
  longest,
);

test.each(planted)('the planted bug $name still has its place in the sources', (bug) => {
  expect(planting(bug).size).toBeGreaterThan(0);
});

test('a planted bug that no longer applies is an error', () => {
  const gone = { ...planted[0]!, edits: [{ file: 'services/order/src/holder.ts', find: 'there is no such line', put: '' }] };
  expect(() => planting(gone)).toThrow('The planted bug no-memory-of-ends no longer applies: services/order/src/holder.ts has 0 times');
});

test('shrinking leaves only what the failure needs', async () => {
  const steps = Array.from({ length: 40 }, (_, i) => i);
  const fails = (shorter: readonly number[]) => Promise.resolve([7, 8, 31].every((step) => shorter.includes(step)));
  expect(await shrink(steps, fails, 1_000)).toEqual([7, 8, 31]);
});
