/**
 * Statements in their order, run as the schema's owner with its search_path. A file in `migrations/` exports them as
 * `up`: one transaction, which takes no lock for longer than a moment.
 *
 * For a table that is large and in use, as `online`, a `Migration<Online>`: each statement by itself, outside of a
 * transaction, `create index concurrently` and `validate constraint` among them. A process that dies leaves it
 * half done, and the next begins with the first statement again: each may be done twice.
 */
export type Migration<Statement extends Online = string> = readonly Statement[];

/** `portions` is done until it changes no row. */
export type Online = string | { readonly portions: string };

/** More than reading. A table that only grows has `insert` alone: its rows stay as they were written. */
type Right = 'insert' | 'update' | 'delete' | `update (${string})`;

/** Of both runtime roles, or of each: the service's own, for customers and events, and that of its operators. */
type Rights = readonly Right[] | { readonly app: readonly Right[]; readonly operator: readonly Right[] };

/** Truncating is granted to no role. */
function grants(service: string, table: string, rights: Rights): string {
  const { app, operator } = 'app' in rights ? rights : { app: rights, operator: rights };
  const grant = (more: readonly Right[], role: string) =>
    `grant ${['select', ...more].join(', ')} on ${table} to ${role};`;
  return `
  ${grant(app, `accord_${service}`)}
  ${grant(operator, `accord_${service}_operator`)}
  ${grant([], 'accord_auditor')}`;
}

/**
 * The service sees and writes the rows for which `condition` is true; its operators, its owner and the auditor
 * see all.
 */
const guardedTable = (
  service: string,
  table: string,
  { policy, condition, rights }: { policy: string; condition: string; rights: Rights },
): string => `
  alter table ${table} enable row level security;
  alter table ${table} force row level security;
  create policy ${policy} on ${table} to accord_${service} using (${condition}) with check (${condition});
  create policy every_account on ${table} to accord_${service}_operator, accord_${service}_owner
    using (true) with check (true);
  create policy audit on ${table} for select to accord_auditor using (true);
  ${grants(service, table, rights)}`;

/**
 * Guards a table of customers' rows: it has an `account_id`; the app role sees the rows of the account that
 * its transaction is for and no others (unset: none), the operator role sees all (API-5). Forced, so the
 * owner is bound by a policy as well.
 */
export const accountTable = (service: string, table: string, rights: Rights): string =>
  guardedTable(service, table, {
    policy: 'own_account',
    condition: `account_id = (select current_setting('accord.account', true))`,
    rights,
  });

/** A table of rows that belong to no account or to all: a transaction for one account sees none (API-5). */
export const innerTable = (service: string, table: string, rights: Rights): string =>
  guardedTable(service, table, {
    policy: 'no_account',
    condition: `(select coalesce(current_setting('accord.account', true), '')) = ''`,
    rights,
  });

/** A table without accounts. */
export const sharedTable = grants;
