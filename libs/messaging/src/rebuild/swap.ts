import { setTimeout as sleep } from 'node:timers/promises';
import { isRetriable, type TopicReader } from '@accord/kafka';
import type { Connection } from '@accord/postgres';
import { expectSameShapes, type Pair } from './shadow.ts';

/** The swap kept others waiting for so long, ms: transactions that change the views, and readers of them. */
export interface SwapTimes {
  readonly writersMs: number;
  readonly readersMs: number;
}

export interface SwapSettings {
  /** Of the owner; it holds the rebuild's lock. */
  readonly connection: Connection;
  readonly schema: string;
  readonly pairs: readonly Pair[];
  readonly reading: Pick<TopicReader, 'offsetRanges' | 'hasRead'>;
  /** Runs work while nothing is written to the shadows. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

class Busy extends Error {}
/**
 * True where a lock was in the way, a topic has another leader, or the replay did not catch up in time. Nothing
 * was changed then, so the swap may be tried again.
 */
const isBusy = (error: unknown) => {
  const { code } = error as { code?: string };
  return error instanceof Busy || isRetriable(error) || ['55P03', '57014', '40P01'].includes(code ?? '');
};

// Together they are less than the 5 s of a transaction. A lock is awaited for longer than Postgres takes to end
// a vacuum or a deadlock in its way (1 s).
const locking = `set local lock_timeout = '1200ms'; set local statement_timeout = '1500ms'`;
const lockingReaders = `set local lock_timeout = '300ms'; set local statement_timeout = '500ms'`;
const catchesUpWithinMs = 1_000;
const patienceMs = 120_000;

/**
 * Puts the shadows in the place of the live tables, in one transaction of less than 5 s.
 *
 * While writers of the live tables wait (readers go on), the replay catches up with the topics' ends as they
 * are then. Rows that handlers wrote to the live tables came from events before those ends, so the shadows have
 * them; later rows are written to the tables that were shadows.
 */
export async function swapIn(settings: SwapSettings): Promise<SwapTimes> {
  for (const since = performance.now(); ; await sleep(100 + Math.random() * 400)) {
    try {
      return await swapOnce(settings);
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() - since > patienceMs)
        throw new Error(`the tables were never free to be swapped: ${(error as Error).message}`, {
          cause: error,
        });
    }
  }
}

async function swapOnce(settings: SwapSettings): Promise<SwapTimes> {
  const { connection, schema, pairs, reading, alone, signal } = settings;
  const lives = pairs.map(({ live }) => live).join(', ');
  const shadows = pairs.map(({ shadow }) => shadow).join(', ');
  signal?.throwIfAborted();
  await connection.query('begin');
  try {
    await connection.query(locking);
    // Keeps off vacuums and changes of the tables' shape.
    await connection.query(`lock table ${lives}, ${shadows} in share update exclusive mode`);
    await expectSameShapes(connection, pairs);
    const writersSince = performance.now();
    await connection.query(`lock table ${lives} in exclusive mode`);
    await catchUp(reading);
    return await alone(async () => {
      const readersSince = performance.now();
      await connection.query(`${lockingReaders}; lock table ${lives}, ${shadows} in access exclusive mode`);
      const moves = pairs.map(({ shadow }) => `alter table ${shadow} set schema ${schema}`);
      await connection.query([locking, `drop table ${lives}`, ...moves, 'commit'].join('; '));
      const now = performance.now();
      return { writersMs: Math.round(now - writersSince), readersMs: Math.round(now - readersSince) };
    });
  } catch (error) {
    // If this fails, the session has ended, and the transaction with it.
    await connection.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function catchUp(reading: SwapSettings['reading']): Promise<void> {
  const late = sleep(catchesUpWithinMs, undefined, { ref: false }).then(() =>
    Promise.reject(new Busy('the replay does not catch up')),
  );
  const ends = await Promise.race([reading.offsetRanges(), late]);
  for (const since = performance.now(); !reading.hasRead(ends); await sleep(2)) {
    if (performance.now() - since > catchesUpWithinMs) throw new Busy('the replay does not catch up');
  }
}
