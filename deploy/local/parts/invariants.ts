import { setTimeout as sleep } from 'node:timers/promises';
import { databaseDifferences, type Difference } from '@accord/audit';
import { connect } from '@accord/postgres';

type Breach = Pick<Difference, 'rule' | 'says' | 'id' | 'found'>;

/**
 * The auditor's findings on the live databases of all services, once they have come to rest: looks until nothing
 * differs, or `settleMs` have passed. An event on its way is no breach, unless it is still on its way then.
 */
export async function breaches(superuserUrl: string, { settleMs = 10_000 } = {}): Promise<Breach[]> {
  const connection = await connect(superuserUrl);
  try {
    for (const started = performance.now(); ; await sleep(50)) {
      const found = await databaseDifferences(connection);
      if (found.length > 0 && performance.now() - started <= settleMs) continue;
      return found.map(({ mends: _mends, mark: _mark, ...breach }) => breach);
    }
  } finally {
    await connection.end();
  }
}
