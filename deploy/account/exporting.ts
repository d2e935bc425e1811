import type { Connection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';
import { personalData, type Held } from './personal-data.ts';

/** So many rows at once; of a table with files one, for a file has up to 20 MiB (CTR-36). */
const atOnce = 200;

const columnsText = `
  select attname as name, atttypid = 'bytea'::regtype as "isBytes" from pg_attribute
   where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`;

/** Every table that has rows of accounts, by its whole name, `orders.orders`. */
export const tablesOfAccounts = () =>
  Object.entries(schemas).flatMap(([service, schema]) =>
    Object.entries(personalData[service as keyof typeof schemas]).flatMap(([table, held]) =>
      held.isOf === undefined
        ? []
        : [{ ...held, isOf: held.isOf, table: `${schema}.${table}` } satisfies Held & { table: string }],
    ),
  );

/**
 * All that is held of the account, a JSON text for each row: `{"table":"orders.orders","row":{…}}`. Bytes, such as the
 * PDF of a contract, are base64. The database keeps a table's rows aside as of one moment; few of them are here at
 * once, however slowly they are taken, and no lock or snapshot waits for it.
 *
 * @param connection of a role that reads all four schemas; for this alone while it runs.
 */
export async function* exportAccount(connection: Connection, accountId: string): AsyncGenerator<string> {
  for (const { table, isOf } of tablesOfAccounts()) {
    const { rows: columns } = await connection.query<{ name: string; isBytes: boolean }>(columnsText, [
      table,
    ]);
    const listed = columns.map(({ name, isBytes }) =>
      isBytes ? `translate(encode("${name}", 'base64'), e'\\n', '') as "${name}"` : `"${name}"`,
    );
    // A cursor takes no parameters.
    const mine = isOf.replaceAll('$1', connection.escapeLiteral(accountId));
    await connection.query(
      `declare held no scroll cursor with hold for
         select row_to_json(one)::text as row from (select ${listed.join(', ')} from ${table} where ${mine}) one`,
    );
    const some = columns.some(({ isBytes }) => isBytes) ? 1 : atOnce;
    for (let isMore = true; isMore;) {
      const { rows } = await connection.query<{ row: string }>(`fetch ${some} from held`);
      for (const { row } of rows) yield `{"table":"${table}","row":${row}}`;
      isMore = rows.length === some;
    }
    await connection.query('close held');
  }
}
