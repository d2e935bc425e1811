import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSuperuser, databaseUrl, makeDatabase, startPostgres } from '@accord/local/parts';
import { connect } from '@accord/postgres';
import { provisionDatabase } from '@accord/postgres/provision';
import { until } from '@accord/testing';
import type { Authority } from './certificates.ts';

export interface SecuredPostgres {
  /** `127.0.0.1:5432/accord`, reached by TLS alone. */
  readonly place: string;
  /** The superuser's, without TLS. */
  readonly url: string;
  /** Makes the server's certificate anew, by this authority; connections from now on see it. */
  certify(authority: Authority): Promise<void>;
  /** Takes client certificates of this authority from now on. */
  trust(authority: Authority): Promise<void>;
  run(sql: string): Promise<readonly Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/**
 * A server that is reached by TLS alone. The roles `accord_*_owner` come with a certificate that has their name, the
 * others with a password.
 *
 * @param passwordOf of each role.
 */
export async function startSecuredPostgres(
  folder: string,
  authority: Authority,
  passwordOf: (role: string) => string,
): Promise<SecuredPostgres> {
  const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
  await makeDatabase(postgres.url, 'accord');
  const url = databaseUrl(postgres.url, 'accord');
  await provisionDatabase(url, { passwordOf });
  const admin = await connect(url);
  const { rows } = await admin.query<{ hba: string; data: string }>(
    `select current_setting('hba_file') as hba, current_setting('data_directory') as data`,
  );
  const { hba, data } = rows[0]!;
  const { uid, gid } = statSync(data);
  const write = (name: string, text: string) => {
    const path = join(data, name);
    writeFileSync(path, text);
    chmodSync(path, 0o600);
    chownSync(path, uid, gid);
  };
  const reload = () => admin.query('select pg_reload_conf()');
  const certify = async (by: Authority) => {
    const { certificate, key } = await by.issue('postgres');
    write('server.crt', certificate);
    write('server.key', key);
    await reload();
  };
  const trust = async ({ certificate }: Authority) => {
    write('root.crt', certificate);
    await reload();
  };
  await certify(authority);
  await trust(authority);
  writeFileSync(
    hba,
    'host all postgres 127.0.0.1/32 scram-sha-256\n' +
      'hostssl accord /^accord_[a-z]+_owner$ 127.0.0.1/32 cert\n' +
      'hostssl accord all 127.0.0.1/32 scram-sha-256\n',
  );
  await admin.query(`alter system set ssl_ca_file = 'root.crt'`);
  await admin.query(`alter system set ssl = on`);
  await reload();
  // It takes its settings up a moment after it was told to.
  await until('Postgres speaks TLS', () =>
    asSuperuser(url, async (other) => (await other.query(`show ssl`)).rows[0]?.['ssl'] === 'on'),
  );
  return {
    place: `127.0.0.1:${postgres.port}/accord`,
    url,
    certify,
    trust,
    run: async (sql) => (await admin.query<Record<string, unknown>>(sql)).rows,
    async stop() {
      await admin.end();
      await postgres.stop();
    },
  };
}
