/** Shared by every project: Node 24 runs the TypeScript as it is, so jest transforms nothing. */
export default {
  // Generous: a busy machine makes a test slow, not wrong.
  testTimeout: 600_000,
  modulePathIgnorePatterns: ['<rootDir>/\\.accord/'],
  testEnvironment: 'node',
  // With a limit jest runs a single file in a worker as well, which it ends. Its own process, with a file's
  // children and sockets in it, was seen to spin for ever at its end.
  workerIdleMemoryLimit: '2GB',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
};
