import Sequencer from '@jest/test-sequencer';

/**
 * On a fresh clone jest knows no durations and begins with the largest files; these are small, and take
 * longest.
 */
const long = ['simulation.int', 'audit.e2e', 'readme.e2e', 'order.int', 'start.e2e', 'story.e2e'];
const place = ({ path }) => {
  const at = long.findIndex((name) => path.includes(name));
  return at === -1 ? long.length : at;
};

export default class extends Sequencer {
  sort(tests) {
    return super.sort(tests).sort((a, b) => place(a) - place(b));
  }
}
