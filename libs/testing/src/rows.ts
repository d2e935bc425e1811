import type { TestService } from './test-service.ts';

/** Counts and hashes all rows of the service's schema. */
export async function rowsOf(t: TestService): Promise<string> {
  const tables = await t.sql<{ name: string }>(
    `select quote_ident(relname) as name from pg_class
      where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace and not relispartition
      order by 1`,
  );
  const each = tables.map(
    ({ name }) =>
      `select '${name}' as name, count(*) as rows, coalesce(sum(hashtext(r::text)::bigint), 0) as hash from ${name} r`,
  );
  return JSON.stringify(each.length > 0 ? await t.sql(each.join(' union all ')) : []);
}
