import { type Tx } from '@accord/core';
import { newEventId } from '@accord/core/runtime';
import { handleBatch, type InboxSettings } from './inbox.ts';
import { messagingTransaction } from './messaging-session.ts';
import { maxStarts, parkOne } from './parked-events.ts';
import { isReadable, type ReadMessage, type ReceivedEvent } from './read-message.ts';

// An event may end the process that handles it, again and again (a poison pill). `begun_events` records which
// events are being handled, so that the next process finds the events among which the cause is: the suspects.

/** The record guards against the end of the process, not of the server, so its commit awaits no disk. */
const recordTransaction = <Row>(
  { database }: InboxSettings,
  sql: string,
  values: readonly unknown[],
): Promise<Row[]> =>
  messagingTransaction(database, (tx) => {
    tx.write('set local synchronous_commit = off');
    return tx.many<Row>(sql, values);
  });

/**
 * Records under the id $1 that the events $2 are begun, except the suspects, which it returns: events that
 * stand in a record of another process. $3: ids of this process's own records.
 */
const recordBegun = `
  with suspects as (
         select distinct id from begun_events, unnest(event_ids) as id
          where id = any($2::uuid[]) and batch_id <> all($3::uuid[])),
       recorded as (
         insert into begun_events (batch_id, event_ids)
         select $1, array(select unnest($2::uuid[]) except select id from suspects)
         on conflict (batch_id) do update set event_ids = excluded.event_ids)
  select id as "eventId" from suspects`;

/**
 * Moves the suspect $2 into a record of its own ($1) and counts one start more. A start during which the
 * server itself ended is not counted.
 */
const recordAlone = `
  with former as (
         update begun_events set event_ids = array_remove(event_ids, $2::uuid) where $2::uuid = any(event_ids)
         returning starts + (begun_at > pg_postmaster_start_time())::int as starts)
  insert into begun_events (batch_id, event_ids, starts)
  select $1, array[$2::uuid], coalesce(max(starts), 1) from former returning starts`;

const uncountStart = 'update begun_events set starts = starts - 1 where batch_id = any($1::uuid[])';
const deleteRecords = 'delete from begun_events where batch_id = any($1::uuid[])';

export interface CrashGuard {
  /**
   * Handles a batch as `handleBatch` does. If it throws, the same batch may be given again: events that this
   * process itself recorded are no suspects.
   *
   * @returns false where the process stops and some of it was not handled.
   * @throws errors of which `isDatabaseAway` is true.
   */
  handle(batch: readonly ReadMessage[]): Promise<boolean>;
  /** Takes back the records of unfinished events, because this process ends by its own decision. */
  stop(): Promise<void>;
}

/**
 * `handleBatch` with a record before and its removal after. A suspect is handled alone, and given up after
 * the process ended over it three times (EVT-9). It costs one transaction more, so it is used only while the
 * last process may have ended because of an event.
 */
export function withCrashGuard(settings: InboxSettings): CrashGuard {
  /** Records of what is under way: first the batch's, then one of each suspect, whose counts outlive us. */
  let records: string[] = [];
  const handle = async (batch: readonly ReadMessage[]) => {
    const ids = batch.filter(isReadable).map(({ event }) => event.id);
    // Kept before it is known to be stored: a lost answer leaves a record of ours as well.
    if (records.length === 0) records = [newEventId()];
    const begun = [records[0], ids, records];
    const found = await recordTransaction<{ eventId: string }>(settings, recordBegun, begun);
    const suspects = new Set(found.map(({ eventId }) => eventId));
    let recordsLeft = true;
    const guarded: InboxSettings = {
      ...settings,
      alsoWrite(tx, events) {
        recordsLeft = events < ids.length;
        if (!recordsLeft) tx.write(deleteRecords, [records]);
      },
      onParked() {
        recordsLeft = true;
        settings.onParked?.();
      },
    };
    for (const part of splitAtSuspects(batch, suspects)) {
      if (settings.isStopping?.()) return false;
      const [first] = part;
      if (first && isSuspect(first, suspects)) {
        const record = newEventId();
        records.push(record);
        await handleSuspect(guarded, first, record);
      } else if (!(await handleBatch(guarded, part))) return false;
    }
    if (recordsLeft) await recordTransaction(settings, deleteRecords, [records]);
    records = [];
    return true;
  };
  return {
    handle,
    async stop() {
      if (records.length > 0) await takeBack(settings, records).catch(() => undefined);
    },
  };
}

async function takeBack(settings: InboxSettings, [ofBatch, ...ofSuspects]: readonly string[]): Promise<void> {
  await recordTransaction(settings, deleteRecords, [[ofBatch]]);
  await recordTransaction(settings, uncountStart, [ofSuspects]);
}

const isSuspect = (message: ReadMessage, suspects: ReadonlySet<string>): message is ReceivedEvent =>
  isReadable(message) && suspects.has(message.event.id);

/** In their order: each suspect alone, the messages between them together. */
function splitAtSuspects(batch: readonly ReadMessage[], suspects: ReadonlySet<string>): ReadMessage[][] {
  const parts: ReadMessage[][] = [[]];
  for (const message of batch) {
    if (isSuspect(message, suspects)) parts.push([message], []);
    else parts.at(-1)!.push(message);
  }
  return parts.filter(({ length }) => length > 0);
}

async function handleSuspect(settings: InboxSettings, suspect: ReceivedEvent, record: string): Promise<void> {
  const { id } = suspect.event;
  const [recorded] = await recordTransaction<{ starts: number }>(settings, recordAlone, [record, id]);
  if (recorded!.starts <= maxStarts) {
    const alsoWrite = (tx: Tx) => tx.write(deleteRecords, [[record]]);
    await handleBatch({ ...settings, alsoWrite }, [suspect]);
    return;
  }
  const { topic, partition, offset, key } = suspect;
  const attempts = recorded!.starts - 1;
  const reason = `the process ended ${attempts} times while it was handled`;
  settings.log.error({ eventId: id, topic, partition, offset, key, reason }, 'event is given up');
  await parkOne(settings, { message: suspect, status: 'dead', reason, attempts });
}
