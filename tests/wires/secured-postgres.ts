import { chmodSync, chownSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asSuperuser, databaseUrl, makeDatabase, startPostgres } from '@accord/local/parts';
import { connect } from '@accord/postgres';
import { provisionDatabase } from '@accord/postgres/provision';
import { until } from '@accord/testing';
import { fingerprintOf, presentedBy, type Authority } from './certificates.ts';

export interface SecuredPostgres {
  /** `127.0.0.1:5432/accord`, reached by TLS alone. */
  readonly place: string;
  /** The superuser's, without TLS. */
  readonly url: string;
  /** Gives it another certificate, by this authority; it takes clients of these ones, once it is resolved. */
  certify(by: Authority, clientsOf: readonly Authority[]): Promise<void>;
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
  const { rows } = await admin.query<{ hba: string }>(`select current_setting('hba_file') as hba`);
  writeFileSync(
    rows[0]!.hba,
    'host all postgres 127.0.0.1/32 scram-sha-256\n' +
      'hostssl accord /^accord_[a-z]+_owner$ 127.0.0.1/32 cert\n' +
      'hostssl accord all 127.0.0.1/32 scram-sha-256\n',
  );
  const certify = await speakTls(url, authority);
  return {
    place: `127.0.0.1:${postgres.port}/accord`,
    url,
    certify,
    run: async (sql) => (await admin.query<Record<string, unknown>>(sql)).rows,
    async stop() {
      await admin.end();
      await postgres.stop();
    },
  };
}

/**
 * Lets a server of ours speak TLS, beside what it takes without.
 *
 * @param url of a superuser.
 * @returns what gives it another certificate, as `SecuredPostgres` says.
 */
export async function speakTls(url: string, authority: Authority): Promise<SecuredPostgres['certify']> {
  const text = `select current_setting('data_directory') as data`;
  const data = await asSuperuser(url, async (admin) => String((await admin.query(text)).rows[0]['data']));
  const { uid, gid } = statSync(data);
  const write = (name: string, content: string) => {
    const path = join(data, name);
    writeFileSync(path, content);
    chmodSync(path, 0o600);
    chownSync(path, uid, gid);
  };
  const certify: SecuredPostgres['certify'] = async (by, clientsOf) => {
    const { certificate, key } = await by.issue('postgres');
    write('server.crt', certificate);
    write('server.key', key);
    write('root.crt', clientsOf.map((one) => one.certificate).join(''));
    await asSuperuser(url, async (admin) => {
      await admin.query(`alter system set ssl_ca_file = 'root.crt'`);
      await admin.query('alter system set ssl = on');
      await admin.query('select pg_reload_conf()');
    });
    // It takes all up together, a moment after it was told to.
    await until('Postgres shows its new certificate', async () => {
      const shown = await presentedBy(Number(new URL(url).port), 'when asked').catch(() => undefined);
      return shown === fingerprintOf(certificate);
    });
  };
  await certify(authority, [authority]);
  return certify;
}
