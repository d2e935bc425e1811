import type { Tx } from '@accord/core';
import type { Connection } from '@accord/postgres';

/** The work of the database for a statement. */
interface Plan {
  /** `Index Only Scan orders_by_facet`, `Seq Scan order_facets`, `Whole Index Scan orders_pkey` … */
  readonly ways: readonly string[];
  /** Pages it looked at; undefined where it was not run. */
  readonly pages: number | undefined;
}

interface Node {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  /** Absent where all of an index is read. */
  readonly 'Index Cond'?: string;
  readonly 'Shared Hit Blocks'?: number;
  readonly 'Shared Read Blocks'?: number;
  readonly Plans?: readonly Node[];
}

const waysOf = (node: Node): string[] => {
  const index = node['Index Name'];
  const table = index ?? node['Relation Name'];
  const isWhole = index !== undefined && node['Index Cond'] === undefined;
  return [
    ...(table === undefined ? [] : [`${isWhole ? 'Whole ' : ''}${node['Node Type']} ${table}`]),
    ...(node.Plans ?? []).flatMap(waysOf),
  ];
};

/** Without values: it is written, and answers nothing. */
type Statement = readonly [sql: string, values: readonly unknown[] | undefined];

/** The statements of `read`, none of which is run: each is answered with no row, or is not waited for. */
export async function statementsOf(read: (tx: Tx) => Promise<unknown>): Promise<Statement[]> {
  const statements: Statement[] = [];
  const many = (sql: string, values: readonly unknown[] = []) => {
    statements.push([sql, values]);
    return Promise.resolve([]);
  };
  const write = (sql: string) => void statements.push([sql, undefined]);
  await read({ many, write } as unknown as Tx);
  return statements;
}

/**
 * As the service's statements are kept: planned once, for every account and value alike.
 *
 * @param how `run`: with the values. Else texts that are `known` are not planned again.
 */
export async function plansOf(
  connection: Connection,
  read: (tx: Tx) => Promise<unknown>,
  { run, known = new Set() }: { readonly run: boolean; readonly known?: Set<string> },
): Promise<Plan[]> {
  const plans: Plan[] = [];
  await connection.query('set plan_cache_mode = force_generic_plan');
  await connection.query('begin');
  for (const [sql, values] of await statementsOf(read)) {
    if (!values) {
      await connection.query(sql);
      continue;
    }
    if (!run && known.has(sql)) continue;
    known.add(sql);
    await connection.query(`prepare planned as ${sql}`);
    const given = values.map((value) => literal(connection, value)).join(', ');
    const { rows } = await connection.query<{ 'QUERY PLAN': readonly [{ Plan: Node }] }>(
      `explain (format json${run ? ', analyze, buffers' : ''}) execute planned ${given && `(${given})`}`,
    );
    await connection.query('deallocate planned');
    const { Plan: root } = rows[0]!['QUERY PLAN'][0];
    const pages = run ? (root['Shared Hit Blocks'] ?? 0) + (root['Shared Read Blocks'] ?? 0) : undefined;
    plans.push({ ways: waysOf(root), pages });
  }
  await connection.query('rollback');
  return plans;
}

function literal(connection: Connection, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return connection.escapeLiteral(`{${value.join(',')}}`);
  return connection.escapeLiteral(value instanceof Date ? value.toISOString() : String(value));
}
