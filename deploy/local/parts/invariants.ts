import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { databaseDifferences, type Difference } from '@accord/audit';

export type Breach = Pick<Difference, 'rule' | 'says' | 'id' | 'found'>;

/**
 * What the auditor finds on the live databases of all services, once they have come to rest: looks until
 * nothing differs, or `settleMs` have passed. An event on its way is no breach; what still moves then is
 * told, too.
 */
export async function breaches(superuserUrl: string, { settleMs = 10_000 } = {}): Promise<Breach[]> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    for (const started = performance.now(); ; await sleep(50)) {
      const found = await databaseDifferences(client);
      if (found.length > 0 && performance.now() - started <= settleMs) continue;
      return found.map(({ mends: _mends, mark: _mark, ...breach }) => breach);
    }
  } finally {
    await client.end();
  }
}
