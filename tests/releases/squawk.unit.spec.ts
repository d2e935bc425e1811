import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceNames } from '@accord/events/services';
import { isInstalled } from '../installed.ts';
import { migrationsOfService, releasedMigrations } from './record.ts';

// Statements that lock a table in use for long, or that the release before could not live with, as squawk knows
// them.

type Migration = Awaited<ReturnType<typeof migrationsOfService>>[number];

/** Rules that are left out, each with its reason. */
const leftOut: Readonly<Record<string, string>> = {
  'require-statement-timeout':
    'moving data takes as long as it takes; what holds locks meanwhile is told apart',
  'prefer-bigint-over-smallint': 'shards and statuses of HTTP have three digits',
};
/** Where it is no number of rows, `int` is wide enough: the versions of one noun, the tries of one event. */
const isWideEnough = ({ rule, source }: Finding) =>
  rule === 'prefer-bigint-over-int' && !/\b(primary key|identity)\b/i.test(source);

interface Finding {
  readonly file: string;
  readonly rule: string;
  /** From where it points to, up to the next comma: the rest of a column. */
  readonly source: string;
}

/** Run together: one transaction, or one statement after the other. */
interface Batch {
  readonly name: string;
  readonly isOneTransaction: boolean;
  readonly migrations: readonly Migration[];
}

/**
 * As a database runs them that had every release: those that are new in a release are one transaction, unless one of
 * them is online (`libs/postgres/src/migrations.ts`).
 */
function batchesOf(
  service: string,
  all: readonly Migration[],
  releases: readonly (readonly string[])[],
): Batch[] {
  const releaseOf = ({ name }: Migration) => {
    const first = releases.findIndex((names) => names.includes(name));
    return first < 0 ? releases.length : first;
  };
  return [...Map.groupBy(all, releaseOf).values()].flatMap((migrations) => {
    const isOneTransaction = !migrations.some((migration) => 'online' in migration);
    const first = `${service} ${migrations[0]!.name}`;
    if (isOneTransaction) return [{ name: first, isOneTransaction, migrations }];
    return migrations.map((migration) => ({
      name: `${service} ${migration.name}`,
      isOneTransaction: 'up' in migration,
      migrations: [migration],
    }));
  });
}

/** The migrator sets the timeout of locks when it connects. */
const sqlOf = ({ migrations }: Batch) => {
  const steps = migrations.flatMap((migration) => ('up' in migration ? migration.up : migration.online));
  const statements = steps.map((step) => (typeof step === 'string' ? step : step.portions));
  return ["set lock_timeout = '2s'", ...statements]
    .map((sql) => `${sql.trim().replace(/;$/, '')};\n`)
    .join('');
};

/** Undefined: it is not installed. */
function squawk(batches: readonly Batch[]): readonly Finding[] | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'accord-'));
  const arguments_ = ['--pg-version', '18', '--reporter', 'json', '--exclude', Object.keys(leftOut).join()];
  try {
    const all = [true, false].map((isOneTransaction) => {
      const files = batches
        .filter((batch) => batch.isOneTransaction === isOneTransaction)
        .map((batch) => {
          writeFileSync(join(folder, `${batch.name}.sql`), sqlOf(batch));
          return `${batch.name}.sql`;
        });
      if (files.length === 0) return [];
      const assumed = isOneTransaction ? ['--assume-in-transaction'] : [];
      const ran = spawnSync('squawk', [...arguments_, ...assumed, ...files], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (ran.error) return undefined;
      if (ran.stderr) throw new Error(ran.stderr);
      const found = JSON.parse(ran.stdout) as {
        file: string;
        line: number;
        column: number;
        rule_name: string;
      }[];
      return found.map(({ file, line, column, rule_name: rule }) => {
        const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(line);
        return { file, rule, source: lines.join('\n').slice(column).split(',')[0]! };
      });
    });
    return all.includes(undefined) ? undefined : all.flatMap((found) => found ?? []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const isThere = isInstalled('squawk', '--version');
process.stderr.write(
  `migrations are ${isThere ? 'tried by squawk' : 'not tried: squawk is not installed'}\n`,
);
const objections = (batches: readonly Batch[]) =>
  squawk(batches)?.filter((finding) => !isWideEnough(finding));

test('API-20 squawk has nothing against any migration, where it is installed', async () => {
  const all = await Promise.all(
    serviceNames.map(async (service) =>
      batchesOf(service, await migrationsOfService(service), releasedMigrations(service)),
    ),
  );
  expect(all.flat().length).toBeGreaterThanOrEqual(serviceNames.length);
  if (isThere) expect(objections(all.flat())).toEqual([]);
});

describe('squawk is asked what a database runs', () => {
  const made = { name: '0001_made', up: ['create table things (thing_id text primary key, state text)'] };
  const onThings = (sql: string, name = '0002_later') => ({ name, up: [sql] });
  const rulesOf = (all: readonly Migration[]) =>
    objections(batchesOf('order', all, [['0001_made']]))?.map(({ rule }) => rule);

  test('API-20 those of a release are one transaction, unless one of them is online', () => {
    const later = [onThings('select 1'), onThings('select 2', '0003_later')];
    const namesOf = (all: readonly Migration[]) =>
      batchesOf('order', all, [['0001_made'], ['0001_made', '0002_later']]).map(
        ({ migrations, isOneTransaction }) => [isOneTransaction, ...migrations.map(({ name }) => name)],
      );
    expect(namesOf([made, ...later])).toEqual([
      [true, '0001_made'],
      [true, '0002_later'],
      [true, '0003_later'],
    ]);
    const online = { name: '0004_online', online: ['select 4', { portions: 'select 5' }] };
    expect(namesOf([made, ...later, online]).slice(2)).toEqual([
      [true, '0003_later'],
      [false, '0004_online'],
    ]);
    expect(namesOf([made, { ...later[0]!, name: '0001_same' }])[1]).toEqual([true, '0001_same']);
    expect(sqlOf(batchesOf('order', [online], [])[0]!)).toBe(
      "set lock_timeout = '2s';\nselect 4;\nselect 5;\n",
    );
  });

  if (isThere)
    test('API-20 a migration that squawk is right about is told', () => {
      const planted: [string, string][] = [
        ['alter table things rename state to status', 'renaming-column'],
        ['alter table things drop state', 'ban-drop-column'],
        ['alter table things add kind text not null', 'adding-required-field'],
        ['alter table things alter state type int using 1', 'changing-column-type'],
        ['create index things_of_state on things (state)', 'require-concurrent-index-creation'],
        ["alter table things add check (state <> '')", 'constraint-missing-not-valid'],
        ['create table others (id int primary key)', 'prefer-bigint-over-int'],
        ['create table others (id int generated always as identity)', 'prefer-bigint-over-int'],
        ['create tible others (id text)', 'syntax-error'],
      ];
      for (const [sql, rule] of planted) expect(rulesOf([made, onThings(sql)])).toContain(rule);
      const fine = 'create table others (id text primary key, state text, version int not null)';
      expect(rulesOf([made, onThings(`${fine}; create index others_of_state on others (state)`)])).toEqual(
        [],
      );
      expect(
        rulesOf([
          made,
          { name: '0002_online', online: ['create index concurrently if not exists a on things (state)'] },
        ]),
      ).toEqual([]);
    });
});
