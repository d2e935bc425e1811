// One fault after the other on real processes under load; exits 1 where anything was lost or doubled, or a
// promise was not kept; with --untimed a late recovery does not count.
import { fileURLToPath } from 'node:url';
import { compileServices } from '@accord/local';
import { chanceOf } from '../chance.ts';
import { commandLine, known, wholeNumber } from '../command-line.ts';
import { faults, shortList } from './faults.ts';
import { run } from './run.ts';

const usage =
  'npm run faults [-- [--seed S] [--only part-of-a-name …] [--short] [--untimed] [--json] [--home folder]]';
const { seed, chosen, ...values } = commandLine(
  usage,
  {
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    only: { type: 'string', multiple: true, default: [''] },
    short: { type: 'boolean', default: false },
    untimed: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    home: { type: 'string', default: fileURLToPath(new URL('../../.accord/faults', import.meta.url)) },
  },
  ({ values: { seed: given, only, ...others }, positionals }) => {
    known(positionals, []);
    const fitting = (others.short ? shortList : faults).filter(({ name }) =>
      only.some((part) => name.includes(part)),
    );
    if (fitting.length === 0) throw new Error(`there is no fault whose name has ${only.join(' or ')}`);
    const of = wholeNumber('seed', given);
    return { ...others, seed: of, chosen: chanceOf(of).shuffled(fitting) };
  },
);
const say = values.json ? () => undefined : (line: string) => console.log(line);

say(`seed ${seed}, ${chosen.length} faults`);
await compileServices();
const { seen, commands, accepted, askedAgain, differences, turnedAway, late } = await run({
  home: values.home,
  faults: chosen,
  seed,
  // Beside other tests, on their processors, a short run leaves them some.
  pauseMs: values.short ? 400 : 60,
  say,
});
if (values.json)
  for (const { fault, recoveredMs } of seen)
    console.log(
      JSON.stringify({ fault: fault.name, promise: fault.promise, recoveredMs: Math.round(recoveredMs) }),
    );
say(
  `${commands} commands were answered, ${askedAgain} of them after being asked again; accepted: ${Object.entries(
    accepted,
  )
    .map(([what, times]) => `${what} ${times}`)
    .join(', ')}.`,
);
for (const line of [...differences, ...turnedAway, ...late]) console.error(line);
console.log(
  differences.length === 0
    ? 'Nothing was lost, doubled or out of step.'
    : `${differences.length} differences; replay with --seed ${seed}`,
);
// A socket that was reset while something was being written stays with Node for ever, and with it the end of
// the process.
process.exit(differences.length + turnedAway.length + (values.untimed ? 0 : late.length) === 0 ? 0 : 1);
