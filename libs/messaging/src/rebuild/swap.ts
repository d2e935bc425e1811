import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { isRetriable, type TopicReader } from '@accord/kafka';
import { expectSameShapes, type Pair } from './shadow.ts';

/** How long the swap kept others waiting, ms: those who change the views, and those who read them. */
export interface Held {
  readonly writersMs: number;
  readonly readersMs: number;
}

export interface Swapping {
  /** Of the owner; it holds the rebuild's lock. */
  readonly client: pg.ClientBase;
  readonly schema: string;
  readonly pairs: readonly Pair[];
  readonly reading: Pick<TopicReader, 'offsetRanges' | 'hasRead'>;
  /** Runs work while nothing is written to the shadows. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly signal?: AbortSignal | undefined;
}

class Busy extends Error {}
/**
 * Somebody was in the way, a topic has another leader, or the replay did not catch up in time. Nothing has
 * happened.
 */
const isBusy = (error: unknown) => {
  const { code } = error as { code?: string };
  return error instanceof Busy || isRetriable(error) || ['55P03', '57014', '40P01'].includes(code ?? '');
};

// Together less than the 5 s of a transaction; a lock is waited for longer than Postgres takes to end a
// vacuum or a deadlock that stands in the way (1 s).
const locking = `set local lock_timeout = '1200ms'; set local statement_timeout = '1500ms'`;
const lockingReaders = `set local lock_timeout = '300ms'; set local statement_timeout = '500ms'`;
const catchesUpWithinMs = 1_000;
const patienceMs = 120_000;

/**
 * Puts the shadows in the place of the live tables, in one transaction of less than 5 s.
 *
 * While it holds off all who change them (readers go on), the replay catches up with the topics' ends as they
 * are then. What a handler has written to the live tables came from a topic before that, so the shadows have
 * it; what handlers write later, they write to the tables that were shadows.
 */
export async function swapIn(swapping: Swapping): Promise<Held> {
  for (const since = performance.now(); ; await sleep(100 + Math.random() * 400)) {
    try {
      return await swapOnce(swapping);
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() - since > patienceMs)
        throw new Error(`the tables were never free to be swapped: ${(error as Error).message}`, {
          cause: error,
        });
    }
  }
}

async function swapOnce({ client, schema, pairs, reading, alone, signal }: Swapping): Promise<Held> {
  const lives = pairs.map(({ live }) => live).join(', ');
  const shadows = pairs.map(({ shadow }) => shadow).join(', ');
  signal?.throwIfAborted();
  await client.query('begin');
  try {
    await client.query(locking);
    // Holds off vacuums and whoever changes the tables' shape.
    await client.query(`lock table ${lives}, ${shadows} in share update exclusive mode`);
    await expectSameShapes(client, pairs);
    const writersSince = performance.now();
    await client.query(`lock table ${lives} in exclusive mode`);
    await catchUp(reading);
    return await alone(async () => {
      const readersSince = performance.now();
      await client.query(`${lockingReaders}; lock table ${lives}, ${shadows} in access exclusive mode`);
      const moves = pairs.map(({ shadow }) => `alter table ${shadow} set schema ${schema}`);
      await client.query([locking, `drop table ${lives}`, ...moves, 'commit'].join('; '));
      const now = performance.now();
      return { writersMs: Math.round(now - writersSince), readersMs: Math.round(now - readersSince) };
    });
  } catch (error) {
    // the server has ended the session, and with it the transaction
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function catchUp(reading: Swapping['reading']): Promise<void> {
  const late = sleep(catchesUpWithinMs, undefined, { ref: false }).then(() =>
    Promise.reject(new Busy('the replay does not catch up')),
  );
  const ends = await Promise.race([reading.offsetRanges(), late]);
  for (const since = performance.now(); !reading.hasRead(ends); await sleep(2)) {
    if (performance.now() - since > catchesUpWithinMs) throw new Busy('the replay does not catch up');
  }
}
