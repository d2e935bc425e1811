/**
 * Which file may import which: the directions that docs/conventions.md names. Types count as well. Directions between
 * packages are nx tags, in eslint.config.mjs.
 */
const tests = '\\.spec\\.ts$|^tests/|^(libs|services)/[^/]+/test/|^libs/testing/';

/** A package of npm that one package of ours knows, and no other. */
const knownTo = (owner, ...packages) => ({
  name: `only ${owner} knows ${packages.join(' and ')}`,
  severity: 'error',
  from: { pathNot: [tests, `^${owner}/`] },
  to: { path: `node_modules/(${packages.join('|')}|@types/(${packages.join('|')}))/` },
});

const never = (name, from, to) => ({ name, severity: 'error', from, to });

export default {
  forbidden: [
    never('no circle', {}, { circular: true }),
    knownTo('libs/kafka', 'kafkajs'),
    knownTo('libs/postgres', 'pg', 'knex'),
    knownTo('libs/http', 'express'),
    never(
      'nothing imports main.ts, which starts the service',
      { pathNot: tests },
      { path: '(^|/)main\\.ts$' },
    ),
    never(
      'only main.ts wires a service',
      { path: '^services/[^/]+/src/', pathNot: [tests, '/main\\.ts$'] },
      { path: '^services/[^/]+/src/service\\.ts$' },
    ),
    never(
      'only service.ts lists routes',
      { path: '^services/([^/]+)/src/', pathNot: [tests, '/service\\.ts$'] },
      { path: '^services/$1/src/http/.*routes\\.ts$' },
    ),
    never(
      'processes and nouns know no HTTP',
      { path: '^services/([^/]+)/src/', pathNot: [tests, '/src/http/', '/service\\.ts$'] },
      { path: '^services/$1/src/http/|^libs/http/' },
    ),
    never(
      'a noun knows no process',
      { path: '^services/([^/]+)/src/(?!http/)[^/]+/', pathNot: tests },
      { path: '^services/$1/src/[^/]+\\.ts$', pathNot: '/(order-view|config)\\.ts$' },
    ),
    never(
      'a noun decides from what it is given: it knows no store',
      { path: '^services/([^/]+)/src/[^/]+/', pathNot: [tests, '/http/', '-(store|list)\\.ts$'] },
      { path: '^services/$1/src/.*-store\\.ts$' },
    ),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
    cache: { folder: '.accord/dependency-cruiser', strategy: 'content' },
  },
};
