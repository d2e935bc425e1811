/** Shared by every project: Node 24 runs the TypeScript as it is, so jest transforms nothing. */
export default {
  // Generous: a busy machine makes a test slow, not wrong.
  testTimeout: 60_000,
  modulePathIgnorePatterns: ['<rootDir>/\\.accord/'],
  testEnvironment: 'node',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
};
