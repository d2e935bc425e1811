import { existsSync, globSync } from 'node:fs';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const specs = ['**/*.spec.ts', 'tests/**/*.ts', '{libs,services}/*/test/**/*.ts', 'libs/testing/**/*.ts'];
const packages = [
  'core',
  'kafka',
  'postgres',
  'messaging',
  'http',
  'platform',
  'pdf',
  'events',
  'money',
  'profile',
  'testing',
  'client',
];
const libs = packages.map((name) => `lib:${name}`);
const lib = (name, ...below) => ({
  sourceTag: `lib:${name}`,
  onlyDependOnLibsWithTags: below.map((one) => `lib:${one}`),
});
const service = (name) => ({ sourceTag: `service:${name}`, onlyDependOnLibsWithTags: libs });

/** Imports go one way: main → service → http | process → noun, store → libs. */
const boundaries = [
  service('order'),
  service('contract'),
  service('refund'),
  service('notification'),
  lib('money'),
  lib('pdf'),
  lib('events', 'money'),
  lib('profile', 'money'),
  lib('client', 'money'),
  lib('core', 'events'),
  lib('kafka', 'events'),
  lib('postgres', 'core', 'events'),
  lib('messaging', 'postgres', 'kafka', 'core', 'events'),
  lib('http', 'postgres', 'core', 'events'),
  lib('platform', 'http', 'messaging', 'postgres', 'kafka', 'core', 'events'),
  lib('testing', 'platform', 'http', 'messaging', 'postgres', 'kafka', 'core', 'events', 'money'),
  { sourceTag: 'audit', onlyDependOnLibsWithTags: libs },
  { sourceTag: 'local', onlyDependOnLibsWithTags: [...libs, 'audit'] },
  { sourceTag: 'root', onlyDependOnLibsWithTags: ['*'] },
  { sourceTag: 'tests', onlyDependOnLibsWithTags: ['*'] },
];

const projects = (...allow) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { enforceBuildableLibDependency: false, allow, depConstraints: boundaries },
  ],
});

const main = {
  regex: '(^|/)main\\.ts$',
  message: 'Nothing imports main.ts: importing it starts the service.',
};
const wiring = {
  regex: '^\\.{1,2}/(.*/)?service\\.ts$',
  message: 'Only main.ts and specs import service.ts.',
};
const http = { regex: '^\\.{1,2}/(.*/)?(.*-)?http\\.ts$', message: 'Only service.ts imports routes.' };
const stores = {
  regex: '^\\.{1,2}/.*-store\\.ts$',
  message: 'A noun decides from what it is given; processes bring it from the store.',
};
const inward = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns: [main, ...patterns] }] });

/** A noun is a file that has a store beside it. */
const nouns = globSync('services/*/src/**/*-store.ts')
  .map((store) => store.replaceAll('\\', '/').replace('-store.ts', '.ts'))
  .filter(existsSync);

export default tseslint.config(
  { ignores: ['**/node_modules/', '.accord/', '.nx/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...projects(),
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      // Indexed access is checked by the compiler; where a place is known to be filled, `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'env',
          message: 'Settings are described in config.ts and read in main.ts.',
        },
      ],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true }],
      ...inward(),
    },
  },
  { files: ['services/*/src/**/*.ts'], rules: inward(wiring, http) },
  { files: ['services/*/src/service.ts'], rules: inward(wiring) },
  { files: ['services/*/src/main.ts'], rules: inward(http) },
  { files: nouns.length > 0 ? nouns : ['services/none'], rules: inward(wiring, http, stores) },
  {
    files: [
      '**/config.ts',
      '**/main.ts',
      'services/*/src/rebuild.ts',
      'libs/core/src/observability/register.ts',
      'deploy/**/*.ts',
      ...specs,
    ],
    rules: { 'no-restricted-properties': 'off', 'no-console': 'off' },
  },
  {
    files: specs,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      ...inward(),
    },
  },
  // A package's tests are a project of their own, beside it: they open what its door does not show.
  { files: ['libs/*/test/**/*.ts'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  // Suites are projects so that each runs only when it has to; they share their files by relative paths.
  { files: ['tests/**/*.ts'], rules: projects('^\\.\\./') },
);
