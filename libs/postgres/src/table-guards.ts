/**
 * Statements in their order, run as the schema's owner with its search_path. A file in `migrations/` exports
 * them as `up`.
 */
export type Migration = readonly string[];

/**
 * The service sees and writes the rows for which `condition` is true; its operators, its owner and the auditor
 * see all.
 */
const guardedTable = (
  service: string,
  table: string,
  { policy, condition }: { policy: string; condition: string },
): string => `
  alter table ${table} enable row level security;
  alter table ${table} force row level security;
  create policy ${policy} on ${table} to accord_${service} using (${condition}) with check (${condition});
  create policy every_account on ${table} to accord_${service}_operator, accord_${service}_owner
    using (true) with check (true);
  create policy audit on ${table} for select to accord_auditor using (true);
  ${sharedTable(service, table)}`;

/**
 * Guards a table of customers' rows: it has an `account_id`; the app role sees the rows of the account that
 * its transaction is for and no others (unset: none), the operator role sees all (API-5). Forced, so the
 * owner is bound by a policy as well.
 */
export const accountTable = (service: string, table: string): string =>
  guardedTable(service, table, {
    policy: 'own_account',
    condition: `account_id = (select current_setting('accord.account', true))`,
  });

/** A table of rows that belong to no account or to all: a transaction for one account sees none (API-5). */
export const innerTable = (service: string, table: string): string =>
  guardedTable(service, table, {
    policy: 'no_account',
    condition: `(select coalesce(current_setting('accord.account', true), '')) = ''`,
  });

/** A table without accounts. */
export const sharedTable = (service: string, table: string): string => `
  grant select, insert, update, delete on ${table} to accord_${service}, accord_${service}_operator;
  grant select on ${table} to accord_auditor;`;
