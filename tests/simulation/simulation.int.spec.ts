import { changedSources } from '../changed-source.ts';
import { rules } from './checks.ts';
import { runInProcesses } from './child.ts';
import { awake, planted } from './planted.ts';
import { shrink } from './shrink.ts';
import type { Step } from './steps.ts';

const postgresUrl = process.env['ACCORD_POSTGRES_URL']!;

/** False: too rare for a short run, or missing in it by chance. */
const steps: Record<Step['do'], boolean> = {
  place: true,
  renew: true,
  'change plan': true,
  export: true,
  pay: true,
  cancel: true,
  fulfil: true,
  'fulfil in part': true,
  fail: true,
  report: true,
  issue: true,
  correct: true,
  'withdraw bill': true,
  apply: true,
  finalize: true,
  void: true,
  'void by ticket': false,
  submit: true,
  decide: false,
  record: false,
  quote: true,
  refund: true,
  approve: false,
  reject: false,
  withdraw: false,
  retry: false,
  'payout fails': false,
  'money arrives': true,
  transfer: true,
  claim: true,
  work: true,
  wait: true,
  'catch up': true,
  deliver: true,
  rewind: true,
};

test(
  'EVT-5 EVT-9 EVT-20 EVT-23 EVT-24 EVT-30 EVT-31 EVT-32 EVT-33 EVT-34 EVT-35 EVT-36 ORD-5 ORD-12 ' +
    'ORD-11 ORD-14 ORD-19 ORD-21 ORD-23 ORD-24 ORD-26 CTR-4 CTR-5 CTR-8 CTR-11 CTR-24 CTR-27 CTR-35 CTR-36 CTR-40 ' +
    'RFD-9 RFD-13 RFD-14 ' +
    'RFD-20 ' +
    'hold after 40 runs of everything in any order, repeated, delayed and ' +
    'rolled back',
  async () => {
    const title = expect.getState().currentTestName!.split(' ');
    expect(title.slice(0, title.indexOf('hold')).sort()).toEqual([...rules].sort());
    // One process: a second takes as long to load as a third of the runs.
    const ask = { postgresUrl, processes: 1, seed: 1, runs: 40, shrinkTries: 100 };
    const { runs, found, did } = await runInProcesses(ask);
    expect(found).toBeUndefined();
    expect(runs).toBe(40);
    const common = Object.entries(steps).flatMap(([step, isCommon]) => (isCommon ? step : []));
    expect(common.filter((step) => !did.includes(step as Step['do']))).toEqual([]);
  },
);

test('each planted bug has its place in the sources', () => {
  expect(changedSources(planted.flatMap(awake.changesOf)).size).toBeGreaterThan(10);
});

test('a planted bug that no longer applies is an error', () => {
  const gone = {
    file: 'services/order/src/order/holder-store.ts',
    fragment: 'there is no such line',
    replacement: '',
  };
  expect(() => changedSources([gone])).toThrow(
    'services/order/src/order/holder-store.ts has this 0 times, not once:\n  there is no such line',
  );
});

test('shrinking leaves only what the failure needs', async () => {
  const steps = Array.from({ length: 40 }, (_, i) => i);
  const fails = (shorter: readonly number[]) =>
    Promise.resolve([7, 8, 31].every((step) => shorter.includes(step)));
  expect(await shrink(steps, fails, 1_000)).toEqual([7, 8, 31]);
});
