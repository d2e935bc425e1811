/** Shared by every project: Node 24 runs the TypeScript as it is. */
export default {
  modulePathIgnorePatterns: ['<rootDir>/\\.accord/'],
  // Files of a worker share what they load: half of the processor time of a unit test is loading.
  runner: ['jest-light-runner', { runtime: 'child_process' }],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
};
