import pg from 'pg';
import type { TestDatabase } from './test-database.ts';

export type Sql = <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) => Promise<Row[]>;

export interface TestSql {
  /** As superuser, in the service's schema. */
  readonly sql: Sql;
  /** As the service's app role, with this account set for a transaction that is rolled back. */
  asRole(accountId: string | undefined): { readonly sql: Sql };
  close(): Promise<void>;
}

/** Looks at the rows of a service past its doors. */
export function openSql(database: TestDatabase, schema: string): TestSql {
  const open = (connectionString: string, max: number) => {
    const pool = new pg.Pool({ connectionString, max, options: `-c search_path=${schema}` });
    pool.on('error', () => undefined);
    return pool;
  };
  const superuser = open(database.url, 4);
  const app = open(database.urls.app, 2);
  return {
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await superuser.query<Row>(text, values)).rows,
    asRole: (accountId) => ({
      async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
        const client = await app.connect();
        try {
          await client.query('begin');
          if (accountId !== undefined)
            await client.query(`select set_config('accord.account', $1, true)`, [accountId]);
          return (await client.query<Row>(text, values)).rows;
        } finally {
          await client.query('rollback');
          client.release();
        }
      },
    }),
    close: async () => void (await Promise.all([superuser.end(), app.end()])),
  };
}
