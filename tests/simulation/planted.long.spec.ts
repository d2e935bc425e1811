import { startRunner, type Runner } from './child.ts';
import { planted, plantOf } from './planted.ts';

// A simulation that finds nothing proves nothing: it must find each of these bugs in the sources.

const postgresUrl = process.env['ACCORD_POSTGRES_URL']!;

/** The first shows it, unless a month of another length or the machine's pace has moved what happens in it. */
const few = 25;

/** The one whose find is shrunk besides. */
const shrunk = plantOf('failed-payout-frees');

let runner: Runner;
beforeAll(() => {
  runner = startRunner({ postgresUrl, withPlants: true });
});
afterAll(() => runner.close());

test.each(planted.filter((one) => one !== shrunk))(
  '$rule the planted bug $name is found: it breaks $breaks',
  async ({ name: plant, breaks, seed }) => {
    const { found } = await runner.run({ plant, seed, stride: 1, runs: few, shrinkTries: 0 });
    expect(found?.breaches.map(({ rule }) => rule)).toContain(breaks);
  },
);

test(
  `${shrunk.rule} the planted bug ${shrunk.name} is found and shrunk to a script that shows the same with the bug, ` +
    'and nothing without it',
  async () => {
    const { name: plant, seed, breaks } = shrunk;
    const { found } = await runner.run({ plant, seed, stride: 1, runs: few, shrinkTries: 24 });
    const script = found!.script;
    expect(script.length).toBeLessThan(found!.steps);
    const once = { seed, stride: 1, runs: 1, script, shrinkTries: 0 };
    const again = await runner.run({ ...once, plant });
    expect(again.found?.breaches.map(({ rule }) => rule)).toContain(breaks);
    expect((await runner.run(once)).found).toBeUndefined();
  },
);
