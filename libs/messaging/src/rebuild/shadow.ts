import type { Connection } from '@accord/postgres';
import { shadowSchemaOf } from '@accord/postgres/provision';

// A shadow is a table like the live one, of the same name in the schema beside it: with its shape, constraints,
// indexes and their names, policies and grants. A projection whose search_path is that schema writes to it
// unchanged. The live table cannot be seen from that schema, so it cannot be written to by mistake.

/** One table of a read model, live and rebuilt. */
export interface Pair {
  readonly table: string;
  /** Qualified and quoted. */
  readonly live: string;
  readonly shadow: string;
  /** Of the primary key, in its order. */
  readonly key: readonly { readonly name: string; readonly type: string }[];
}

/**
 * The properties of tables, a line for each. Properties that a shadow cannot have (triggers, references from
 * other objects) are among them, so that they are seen to be missing.
 */
const shapes = `
  with t as (
    select c.*, n.nspname || '.' as prefix
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.oid = any ($1::text[]::regclass[]))
  select t.prefix || t.relname as "table", line from t join (
    select oid,
        format('table %s of %s, security %s %s, replica identity %s, options %s',
          relkind, relowner::regrole, relrowsecurity, relforcerowsecurity, relreplident, reloptions) as line
      from t
    union all
    select t.oid,
        format('column %s %s %s, collation %s, not null %s, default %s, ',
          row_number() over (partition by t.oid order by attnum), attname, format_type(atttypid, atttypmod),
          attcollation::regcollation, attnotnull, replace(pg_get_expr(adbin, adrelid), prefix, ''))
        || format('identity %s, generated %s, storage %s, grants %s',
          attidentity, attgenerated, attstorage, attacl)
      from t
           join pg_attribute a on attrelid = t.oid and attnum > 0 and not attisdropped
           left join pg_attrdef d on adrelid = attrelid and adnum = attnum
    union all
    select t.oid, format('constraint %s: %s', conname, replace(pg_get_constraintdef(o.oid), prefix, ''))
      from t join pg_constraint o on o.conrelid = t.oid
    union all
    select t.oid, format('foreign key of %s', o.conrelid::regclass)
      from t join pg_constraint o on o.confrelid = t.oid
    union all
    select t.oid, replace(pg_get_indexdef(indexrelid), prefix, '') from t join pg_index on indrelid = t.oid
    union all
    select t.oid,
        format('policy %s, permissive %s, for %s to %s, using %s, check %s', polname, polpermissive, polcmd,
          (select string_agg(r::regrole::text, ', ' order by r::regrole::text) from unnest(polroles) r),
          pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      from t join pg_policy on polrelid = t.oid
    union all
    select t.oid,
        format('grant %s to %s, by %s, grantable %s',
          privilege_type, grantee::regrole, grantor::regrole, is_grantable)
      from t, aclexplode(coalesce(relacl, acldefault('r', relowner)))
    union all
    select t.oid, pg_get_triggerdef(g.oid) from t join pg_trigger g on tgrelid = t.oid and not tgisinternal
    union all
    select t.oid, format('publication %s', prpubid) from t join pg_publication_rel on prrelid = t.oid
    union all
    select t.oid, format('used by %s', ev_class::regclass)
      from t
           join pg_depend on refobjid = t.oid and classid = 'pg_rewrite'::regclass
           join pg_rewrite w on w.oid = objid
  ) lines using (oid) order by line`;

/** The statements that make shadows of the tables $1 of the schema $2 in the schema $3. */
const making = `
  with t as (
    select c.*, format('%I.%I', $2::text, name) as live, format('%I.%I', $3::text, name) as shadow
      from unnest($1::text[]) name join pg_class c on c.oid = format('%I.%I', $2::text, name)::regclass)
  select statement from (
    select 1 as place,
        format('create table %s (like %s including all excluding indexes excluding identity)', shadow, live)
          as statement
      from t
    union all
    select 2, format('alter table %s set (%s)', shadow, array_to_string(reloptions, ', '))
      from t where reloptions is not null
    union all
    select 3, format('alter table %s add constraint %I %s', shadow, conname, pg_get_constraintdef(o.oid))
      from t join pg_constraint o on conrelid = t.oid and contype in ('p', 'u', 'x')
    union all
    select 4, replace(pg_get_indexdef(indexrelid), ' ON ' || live || ' ', ' ON ' || shadow || ' ')
      from t join pg_index on indrelid = t.oid
     where not exists (select from pg_constraint where conindid = indexrelid and conrelid = t.oid)
    union all
    select 5, format('alter table %s enable row level security', shadow) from t where relrowsecurity
    union all
    select 5, format('alter table %s force row level security', shadow) from t where relforcerowsecurity
    union all
    select 6,
        format('create policy %I on %s as %s for %s to %s', policyname, shadow, permissive, cmd,
          (select string_agg(quote_ident(r), ', ') from unnest(roles) r))
        || coalesce(' using (' || qual || ')', '') || coalesce(' with check (' || with_check || ')', '')
      from t join pg_policies on schemaname = $2 and tablename = relname
    union all
    select 7,
        format('grant %s on %s to %s', privilege_type, shadow,
          case grantee when 0 then 'public' else quote_ident(grantee::regrole::text) end)
        || case when is_grantable then ' with grant option' else '' end
      from t, aclexplode(relacl)
  ) statements order by place`;

const keyColumns = `
  select asked as "table", attname as name, format_type(atttypid, atttypmod) as type
    from unnest($1::text[]) asked
         join pg_index on indrelid = asked::regclass and indisprimary
         cross join unnest(indkey) with ordinality as k (number, place)
         join pg_attribute on attrelid = indrelid and attnum = number
   order by place`;

/** @throws Error where a live table has, or got meanwhile, a property that its shadow lacks and a swap would lose. */
export async function expectSameShapes(connection: Connection, pairs: readonly Pair[]): Promise<void> {
  const { rows } = await connection.query<{ table: string; line: string }>(shapes, [
    pairs.flatMap(({ live, shadow }) => [live, shadow]),
  ]);
  for (const { live, shadow } of pairs) {
    const [lives, shadows] = [live, shadow].map(
      (name) => new Set(rows.filter(({ table }) => table === name).map(({ line }) => line)),
    ) as [Set<string>, Set<string>];
    const differing = [...lives.symmetricDifference(shadows)];
    if (differing.length > 0)
      throw new Error(
        `${live} is not, or no longer, as the table that was made beside it: ${differing.join('; ')}`,
      );
  }
}

/**
 * Makes an empty shadow of each table; shadows that an earlier rebuild left are dropped.
 *
 * @throws Error where a table cannot be rebuilt.
 */
export async function makeShadows(
  connection: Connection,
  { schema, tables }: { schema: string; tables: readonly string[] },
): Promise<Pair[]> {
  const beside = shadowSchemaOf(schema);
  const { rowCount } = await connection.query('select from pg_namespace where nspname = $1', [beside]);
  if (rowCount === 0) throw new Error(`there is no schema ${beside}: deploy/postgres/provision.ts makes it`);
  await dropShadows(connection, { schema });
  const { rows: statements } = await connection.query<{ statement: string }>(making, [
    tables,
    schema,
    beside,
  ]);
  // Statements that are sent together are one transaction.
  await connection.query(statements.map(({ statement }) => statement).join(';\n'));
  const { rows: columns } = await connection.query<{ table: string; name: string; type: string }>(
    keyColumns,
    [tables.map((table) => `${schema}.${table}`)],
  );
  const pairs = tables.map((table): Pair => {
    const live = `${schema}.${table}`;
    return {
      table,
      live,
      shadow: `${beside}.${table}`,
      key: columns.filter((column) => column.table === live),
    };
  });
  const keyless = pairs.find(({ key }) => key.length === 0);
  if (keyless) throw new Error(`${keyless.live} has no primary key, so a repeated event could not be told`);
  await expectSameShapes(connection, pairs);
  return pairs;
}

export async function dropShadows(connection: Connection, { schema }: { schema: string }): Promise<void> {
  const { rows } = await connection.query<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname = $1`,
    [shadowSchemaOf(schema)],
  );
  if (rows.length > 0) await connection.query(`drop table ${rows.map(({ name }) => name).join(', ')}`);
}
