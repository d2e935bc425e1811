import { execFile, spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';

/** The load goes on meanwhile. */
const run = promisify(execFile);

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
/** As whom Postgres runs, whose files these are. */
const owner = isRoot ? { uid: nobody, gid: nobody } : {};
const owned = (path: string) => isRoot && chownSync(path, nobody, nobody);

/** Full backups and archived WAL of one server, and the way back. */
interface Backups {
  readonly tool: string;
  /** Settings of the server, under which it archives. */
  readonly archiving: Readonly<Record<string, string>>;
  /** @param url of the superuser. */
  prepare(url: string): Promise<void>;
  backUp(url: string): Promise<void>;
  /**
   * The files as they were backed up, in place of those that are lost.
   *
   * @returns settings under which the server goes on to the moment, and is promoted.
   */
  restore(until: string): Promise<Readonly<Record<string, string>>>;
}

/** In production 60: the most that is lost. */
const archiveTimeout = '2';

/** pgBackRest where it is installed and knows Postgres 18, Postgres' own functions elsewhere. */
export function backupsOf(place: string, port: number): Backups {
  const { stdout } = spawnSync('pgbackrest', ['version'], { encoding: 'utf8' });
  const [, major, minor] = /(\d+)\.(\d+)/.exec(stdout ?? '') ?? [];
  if (Number(major) * 1_000 + Number(minor) >= 2_055) return byPgBackRest(place, port);
  console.log('pgBackRest is not tried: that needs 2.55 or later installed; Postgres backs itself up');
  return byPostgres(place);
}

function byPgBackRest(place: string, port: number): Backups {
  const home = join(dirname(place), 'pgbackrest');
  const config = join(home, 'pgbackrest.conf');
  const folders = ['repository', 'log', 'lock', 'spool'].map((name) => join(home, name));
  for (const folder of [home, ...folders]) {
    mkdirSync(folder, { recursive: true });
    owned(folder);
  }
  const [repository, log, lock, spool] = folders;
  writeFileSync(
    config,
    `[global]
repo1-path=${repository}
repo1-retention-full=2
log-path=${log}
lock-path=${lock}
spool-path=${spool}
start-fast=y
process-max=2
compress-type=zst

[accord]
pg1-path=${place}
pg1-port=${port}
pg1-socket-path=${home}
pg1-user=postgres
`,
  );
  const backRest = (env: Record<string, string>, ...args: string[]) =>
    run('pgbackrest', [`--config=${config}`, '--stanza=accord', ...args], {
      ...owner,
      cwd: home,
      env: { PATH: process.env.PATH, ...env },
    });
  const passwordOf = (url: string) => ({ PGPASSWORD: new URL(url).password });
  return {
    tool: 'pgBackRest',
    archiving: {
      unix_socket_directories: home,
      archive_mode: 'on',
      archive_command: `pgbackrest --config=${config} --stanza=accord archive-push %p`,
      archive_timeout: archiveTimeout,
    },
    async prepare(url) {
      await backRest(passwordOf(url), 'stanza-create');
      await backRest(passwordOf(url), 'check');
    },
    async backUp(url) {
      await backRest(passwordOf(url), '--type=full', 'backup');
    },
    async restore(until) {
      mkdirSync(place, { mode: 0o700 });
      owned(place);
      await backRest({}, '--type=time', `--target=${until}`, '--target-action=promote', 'restore');
      return {};
    },
  };
}

/** As any tool does it: start, copy, stop; the archive is a folder. */
function byPostgres(place: string): Backups {
  const [archive, backup] = [join(dirname(place), 'archive'), join(dirname(place), 'backup')];
  mkdirSync(archive, { recursive: true });
  owned(archive);
  return {
    tool: 'Postgres’ own',
    archiving: {
      archive_mode: 'on',
      archive_command: `test ! -f ${archive}/%f && cp %p ${archive}/%f.part && mv ${archive}/%f.part ${archive}/%f`,
      archive_timeout: archiveTimeout,
    },
    async prepare() {},
    async backUp(url) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await client.query(`select pg_backup_start('drill', true)`);
        await run('cp', ['-a', place, backup]);
        const { rows } = await client.query<{ labelfile: string }>(
          'select labelfile from pg_backup_stop(true)',
        );
        writeFileSync(join(backup, 'backup_label'), rows[0]!.labelfile);
        for (const left of ['postmaster.pid', 'postmaster.opts']) rmSync(join(backup, left), { force: true });
        await run('sh', ['-c', `rm -rf ${backup}/pg_wal/*`]);
      } finally {
        await client.end();
      }
    },
    async restore(until) {
      await run('cp', ['-a', backup, place]);
      writeFileSync(join(place, 'recovery.signal'), '');
      for (const file of ['recovery.signal', 'backup_label']) owned(join(place, file));
      return {
        restore_command: `cp ${archive}/%f %p`,
        recovery_target_time: until,
        recovery_target_action: 'promote',
      };
    },
  };
}
