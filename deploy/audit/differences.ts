import type { Speaker } from '@accord/events';
import type { Connection } from '@accord/postgres';
import { commandChecks } from './commands.ts';
import { holdChecks } from './holds.ts';
import { ledgerChecks } from './ledger.ts';
import { outboxChecks } from './outboxes.ts';
import { sagaChecks } from './sagas.ts';
import { viewChecks } from './views.ts';

/**
 * One thing that holds once everything is quiet; its statement finds what breaks it, over the schemas of all
 * four services.
 */
export interface Check {
  readonly rule: string;
  readonly says: string;
  /** The service that mends it; a column `mends` says otherwise. */
  readonly mends: Speaker;
  /**
   * Columns `id` and `found`, and, where a difference of the same id may be another one, `mark`: what stays
   * the same while it is this one.
   */
  readonly sql: string;
}

export interface Difference {
  readonly rule: string;
  readonly says: string;
  readonly id: string;
  readonly found: string;
  readonly mends: Speaker;
  /**
   * Tells this difference from an earlier or later one of the same thing: a view that lags behind is another
   * difference at each version.
   */
  readonly mark: string;
}

export const checks: readonly Check[] = [
  ...holdChecks,
  ...ledgerChecks,
  ...outboxChecks,
  ...commandChecks,
  ...viewChecks,
  ...sagaChecks,
];

/** So many of one check are listed; the first by id, so that two looks list the same. */
export const listedAtMost = 1_000;

type Row = { id: string; found: string; mark?: string | null; mends?: Speaker };

/**
 * EVT-30 to EVT-33, EVT-35, EVT-36 and the database's part of EVT-34, as they stand now; what is on its way
 * between two services differs, too. Each statement is a transaction of its own: no snapshot outlives it.
 *
 * @param connection of a role that reads all four schemas, such as `accord_auditor`.
 */
export async function databaseDifferences(connection: Connection): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const { rule, says, mends, sql } of checks) {
    const { rows } = await connection.query<Row>(
      `select * from (${sql}) difference order by id limit ${listedAtMost}`,
    );
    differences.push(
      ...rows.map((row) => ({
        rule,
        says,
        id: row.id,
        found: row.found,
        mends: row.mends ?? mends,
        mark: row.mark ?? '',
      })),
    );
  }
  return differences;
}
