import type { Speaker } from '@accord/events/services';
import type { Connection } from '@accord/postgres';
import { billChecks } from './bill-contracts.ts';
import type { Check, Difference } from './check.ts';
import { commandChecks } from './commands.ts';
import { contractChecks } from './contracts.ts';
import { holdChecks } from './holds.ts';
import { ledgerChecks } from './ledger.ts';
import { offlineContractChecks } from './offline-contracts.ts';
import { outboxChecks } from './outboxes.ts';
import { refundSumChecks } from './refund-sums.ts';
import { sagaChecks } from './sagas.ts';
import { statisticsChecks } from './statistics.ts';
import { viewChecks } from './views.ts';

export const checks: readonly Check[] = [
  ...holdChecks,
  ...ledgerChecks,
  ...refundSumChecks,
  ...outboxChecks,
  ...commandChecks,
  ...viewChecks,
  ...sagaChecks,
  ...offlineContractChecks,
  ...billChecks,
  ...statisticsChecks,
  ...contractChecks,
];

/** So many of one check are listed; the first by id, so that two looks list the same. */
export const listedAtMost = 1_000;

type Row = { id: string; found: string; mark?: string | null; mends?: Speaker };

/**
 * EVT-30 to EVT-33, EVT-35, EVT-36, ORD-23, CTR-11, CTR-24, CTR-36, CTR-40 and the database's part of EVT-34, as they
 * stand now; what is on its way between two services differs, too. Each statement is a transaction of its own: no
 * snapshot outlives it.
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
