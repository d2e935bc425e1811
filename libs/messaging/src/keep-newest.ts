import type { ProjectionWriter } from './read-model.ts';

/** A table with a row for each id, and a column `version` that says of which version the row is. */
interface NewestTable<Key extends string, Column extends string> {
  readonly table: string;
  /** The primary key: one column. */
  readonly key: Key;
  /** All other columns that are written, apart from `version`. */
  readonly columns: readonly Column[];
}

/** A value for each column, as JSON has it; undefined and null are stored as null. */
type NewestRow<Key extends string, Column extends string> = {
  readonly [C in Key | Column]: unknown;
} & {
  readonly version: number;
};

/**
 * How a projection keeps the newest version of each row: a row with an older or the same version as the
 * stored one changes nothing, so any order of arrival and any repeat end in the same rows (EVT-5). The rows
 * of one call are written in the order of their keys, each key at most once.
 *
 * Called once for each table when a module is loaded, for the statement is prepared by its text.
 */
export function keepNewest<const Key extends string, const Column extends string>({
  table,
  key,
  columns,
}: NewestTable<Key, Column>): (writer: ProjectionWriter, rows: readonly NewestRow<Key, Column>[]) => void {
  const changing = ['version', ...columns];
  const all = [key, ...changing].join(', ');
  // The table's own row type gives each column its type.
  const upsert = `
    insert into ${table} (${all})
    select ${all} from jsonb_populate_recordset(null::${table}, $1::jsonb) order by ${key}
    on conflict (${key}) do update set ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}
     where ${table}.version < excluded.version`;
  return (writer, rows) => {
    if (rows.length > 0) writer.write(upsert, [JSON.stringify(rows)]);
  };
}
