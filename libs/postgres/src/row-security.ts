import type pg from 'pg';
import { accountTable } from './table-guards.ts';

// Whether a role is bound by row security is not told by its name: a role of another name may be a member of one
// that sees every account. So a start looks: at rows that the other role shows it, and at one of no account that
// every schema has from its first migration on.

const probe = 'row_security_probe';
/** No account is named so, and nothing else is kept under it (idempotency keys of operators are, under `*`). */
const noAccount = '**';

export const rowSecurityProbe = (service: string): readonly string[] => [
  `create table ${probe} (account_id text primary key)`,
  accountTable(service, probe, []),
  `insert into ${probe} values ('${noAccount}')`,
];

interface Role {
  readonly name: string;
  readonly bypasses: boolean;
  readonly owns: boolean;
  /** The account that its sessions begin with. */
  readonly account: string | null;
  /** Roles, it among them, whose policies bind it or may come to: `public` too. */
  readonly policyRoles: readonly string[];
}

const roleText = `
  select rolname as name, rolsuper or rolbypassrls as bypasses,
      nullif(current_setting('accord.account', true), '') as account,
      exists (select from pg_namespace where nspname = $1 and pg_has_role(r.oid, nspowner, 'member'))
        or exists (select from pg_tables
          where schemaname = $1 and pg_has_role(r.oid, quote_ident(tableowner)::regrole, 'member')) as owns,
      array(select distinct bound::text from pg_policies, unnest(roles) bound
             where schemaname = $1
               and case bound when 'public' then true else pg_has_role(r.oid, bound, 'member') end
             order by 1) as "policyRoles"
    from pg_roles r where rolname = current_user`;

/** @throws Error where a role could do more than row security allows, whatever it sees now. */
async function checkedRole(pool: pg.Pool, schema: string): Promise<Role> {
  const role = (await pool.query<Role>(roleText, [schema])).rows[0]!;
  const { name, bypasses, owns, account } = role;
  if (bypasses) throw new Error(`the database role ${name} may bypass row security`);
  if (owns)
    throw new Error(`the database role ${name} owns the schema ${schema}: it could switch row security off`);
  if (account)
    throw new Error(`sessions of the database role ${name} begin as those of the account ${account}`);
  return role;
}

/** The place of a row in a table of customers' rows. */
interface Row {
  readonly table: string;
  readonly place: string;
}

const union = (parts: readonly string[]) => parts.join(' union all ');

/** One row of each table of customers' rows that has any, as the pool's role sees them. */
async function someRows(pool: pg.Pool, schema: string): Promise<Row[]> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select quote_ident(relname) as name
       from pg_class join pg_attribute on attrelid = pg_class.oid
      where relnamespace = $1::regnamespace and relkind in ('r', 'p') and not relispartition
        and attname = 'account_id' and not attisdropped`,
    [schema],
  );
  if (!tables.some(({ name }) => name === probe))
    throw new Error(`the schema ${schema} has no table ${probe}: its migrations are not done`);
  const each = tables.map(
    ({ name }) => `(select '${name}' as table, ctid::text as place from ${schema}.${name} limit 1)`,
  );
  return (await pool.query<Row>(union(each))).rows;
}

/** Which of these rows the pool's role sees, with this account set. */
async function seenOf(
  pool: pg.Pool,
  { schema, rows, account }: { schema: string; rows: readonly Row[]; account: string },
): Promise<string[]> {
  const each = rows.map(
    ({ table, place }) => `select '${table}' as table from ${schema}.${table} where ctid = '${place}'::tid`,
  );
  const connection = await pool.connect();
  try {
    await connection.query('begin read only');
    await connection.query(`select set_config('accord.account', $1, true)`, [account]);
    return (await connection.query<{ table: string }>(union(each))).rows.map(({ table }) => table);
  } finally {
    await connection.query('rollback');
    connection.release();
  }
}

/**
 * API-5: the app role is bound by the policies of one role, and sees the rows of the account that is set, and no
 * others; the operators' role sees every account's.
 *
 * @throws Error where that is not so: then nothing may be served.
 */
export async function checkRowSecurity(
  { app, operator }: { readonly app: pg.Pool; readonly operator: pg.Pool },
  schema: string,
): Promise<void> {
  const [{ name, policyRoles }, { name: operators }] = await Promise.all([
    checkedRole(app, schema),
    checkedRole(operator, schema),
  ]);
  const rows = await someRows(operator, schema);
  if (!rows.some(({ table }) => table === probe))
    throw new Error(`the database role ${operators} does not see every account: it is no role for operators`);
  const unset = await seenOf(app, { schema, rows, account: '' });
  if (unset.length > 0)
    throw new Error(`the database role ${name} sees rows of every account: it is no role for customers`);
  if (policyRoles.length !== 1)
    throw new Error(`the database role ${name} is bound as several: ${policyRoles.join(', ') || 'none'}`);
  const seen = await seenOf(app, { schema, rows, account: noAccount });
  if (seen.join() !== probe)
    throw new Error(`the database role ${name} does not see the rows of an account, and those alone`);
}
