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
];
const libs = packages.map((name) => `lib:${name}`);
const lib = (name, ...below) => ({
  sourceTag: `lib:${name}`,
  onlyDependOnLibsWithTags: below.map((one) => `lib:${one}`),
});
const service = (name) => ({ sourceTag: `service:${name}`, onlyDependOnLibsWithTags: libs });

/** Between packages; between the files of a service, .dependency-cruiser.mjs says which way imports go. */
const boundaries = [
  service('order'),
  service('contract'),
  service('refund'),
  service('notification'),
  lib('money'),
  lib('events', 'money'),
  lib('profile', 'money'),
  lib('core', 'events'),
  lib('kafka', 'events'),
  lib('pdf', 'core', 'events'),
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

// Rules that need types are oxlint's (.oxlintrc.json), on the compiler that the types are checked with.
export default tseslint.config(
  { ignores: ['**/node_modules/', '.accord/', '.nx/', 'coverage/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strict],
    plugins: { '@nx': nx },
    languageOptions: { parser: tseslint.parser },
    rules: {
      ...projects(),
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      // A package adds its codes of refusal to an interface of another by extending it.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
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
      'max-len': ['error', { code: 120 }],
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 50 }],
    },
  },
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
    },
  },
  // A package's tests are a project of their own, beside it: they open what its door does not show.
  { files: ['libs/*/test/**/*.ts'], rules: { '@nx/enforce-module-boundaries': 'off' } },
  // Suites are projects so that each runs only when it has to; they share their files by relative paths.
  { files: ['tests/**/*.ts'], rules: projects('^\\.\\./') },
);
