import Sequencer from '@jest/test-sequencer';

/** On a fresh clone jest knows no durations and begins with the largest files; these are small, and take longest. */
const long = ['simulation.int', 'killed.e2e', 'audit.e2e', 'faults.e2e', 'instances.int'];
const isLong = ({ path }) => long.some((name) => path.includes(name));

export default class extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
