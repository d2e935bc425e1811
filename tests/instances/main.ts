// Several instances of one small service while events flow; exits 1 where one was lost, doubled or overtaken.
import { fileURLToPath } from 'node:url';
import { chanceOf } from '../chance.ts';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { flawsOfEffects, published, settled } from './checker.ts';
import { startCrowd } from './clients.ts';
import { startEnvironment } from './environment.ts';
import { scenarios, type Scenario } from './scenarios.ts';

const usage = 'npm run instances [-- [--seed S] [--only part-of-a-name …] [--seconds N] [--home folder]]';
const { seed, ms, chosen, home } = commandLine(
  usage,
  {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string', multiple: true, default: [''] },
    seconds: { type: 'string', default: '60' },
    home: { type: 'string', default: fileURLToPath(new URL('../../.accord/instances', import.meta.url)) },
  },
  ({ values, positionals }) => {
    known(positionals, []);
    const fitting = scenarios.filter(({ name }) => values.only.some((part) => name.includes(part)));
    if (fitting.length === 0)
      throw new Error(
        `there is no scenario whose name has ${values.only.join(' or ')}; ` +
          `there are ${scenarios.map(({ name }) => name).join(', ')}`,
      );
    return {
      seed: wholeNumber('seed', values.seed),
      ms: wholeNumber('seconds', values.seconds, 1) * 1_000,
      chosen: fitting,
      home: values.home,
    };
  },
);
console.log(`seed ${seed}`);

/** Runs a scenario and gives all that went wrong, a line each. */
async function run(scenario: Scenario): Promise<readonly string[]> {
  const crowd = await startCrowd(environment);
  try {
    const {
      announced,
      seen,
      lateRepeatsExpected = false,
    } = await scenario.run(crowd, { chance: chanceOf(seed), ms });
    await settled(crowd, announced);
    const onTopics = await published(crowd, announced);
    const events = [...announced.values()].reduce((sum, count) => sum + count, 0);
    console.log(
      `${scenario.name}: ${seen}; ${events} events, ${onTopics.repeats} of them published again, ` +
        `${onTopics.lateRepeats} after later ones of their key`,
    );
    const missed =
      lateRepeatsExpected && onTopics.lateRepeats === 0
        ? ['no batch arrived late, so this shows nothing']
        : [];
    return [...(await flawsOfEffects(crowd, announced)), ...onTopics.flaws, ...missed];
  } catch (error) {
    return [(error as Error).message];
  } finally {
    await crowd.stop();
  }
}

const environment = await startEnvironment(home, { doors: 8 });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void environment.stop().finally(() => process.exit(130)));
let flaws = 0;
try {
  for (const scenario of chosen) {
    for (const line of await run(scenario)) {
      console.error(`${scenario.name}: ${line}`);
      flaws += 1;
    }
  }
} finally {
  await environment.stop();
}
console.log(
  flaws === 0 ? 'Nothing was lost, doubled or overtaken.' : `${flaws} flaws; replay with --seed ${seed}`,
);
// A socket that was reset while something was being written stays with Node for ever, and with it the end of
// the process.
process.exit(flaws === 0 ? 0 : 1);
