import { newEventId } from '@accord/core';
import {
  handleAll,
  nobody,
  noCause,
  setAside,
  type Found,
  type HandlingSettings,
  type Received,
} from './inbox.ts';
import { mostStarts } from './parked-events.ts';

/** Not waiting for the disk: what a note is about is our end, not the server's. */
const inTransaction = <Row>({ database }: HandlingSettings, sql: string, values: readonly unknown[]) =>
  database.session(nobody, (session) => {
    const tx = session.as(nobody, noCause);
    tx.write('set local synchronous_commit = off');
    return tx.many<Row>(sql, values);
  });

/**
 * Notes ($1) that the handling of these ($2) begins; answers those that are in a note of somebody else's, and
 * leaves them out of it. $3: our own notes.
 */
const begin = `
  with known as (
         select distinct id from started_events, unnest(event_ids) as id where id = any($2::uuid[]) and note_id <> all($3::uuid[])),
       noted as (
         insert into started_events (note_id, event_ids) select $1, array(select unnest($2::uuid[]) except select id from known)
         on conflict (note_id) do update set event_ids = excluded.event_ids)
  select id as "eventId" from known`;
/**
 * Moves one of those ($2) into a note of its own ($1). What was under way when the server itself ended has an
 * excuse: the start before is not counted.
 */
const beginAlone = `
  with former as (
         update started_events set event_ids = array_remove(event_ids, $2::uuid) where $2::uuid = any(event_ids)
         returning starts + (started_at > pg_postmaster_start_time())::int as starts)
  insert into started_events (note_id, event_ids, starts) select $1, array[$2::uuid], coalesce(max(starts), 1) from former returning starts`;
/** Begun and not ended by a process that ends of itself: no start that counts. */
const takeBack = 'update started_events set starts = starts - 1 where note_id = any($1::uuid[])';
const forget = 'delete from started_events where note_id = any($1::uuid[])';

export interface Carefully {
  /**
   * False where some of it was left undone, because it is over.
   *
   * @throws what `isDatabaseAway` knows; what this very process noted before is no suspect when it is done
   * again.
   */
  handle(found: readonly Found[]): Promise<boolean>;
  /** Takes back the note of what it leaves undone: this process ends of itself. */
  end(): Promise<void>;
}

/**
 * As `handleAll`, with a note before and its removal after: what the process did not survive is found noted
 * by the next, is handled alone, and is given up when the process has ended over it three times (EVT-9).
 * Costs a transaction more, so it is done while the last end may have been such a one.
 */
export function carefully(settings: HandlingSettings): Carefully {
  /**
   * Of what is under way: the first of all together, the others of one suspect each, whose counts outlive us.
   */
  let own: string[] = [];
  const handle = async (found: readonly Found[]) => {
    const ids = found.flatMap((one) => ('event' in one ? [one.event.id] : []));
    // Before it is known whether it is written: an answer that is lost leaves a note of our own, too.
    if (own.length === 0) own = [newEventId()];
    const known = await inTransaction<{ eventId: string }>(settings, begin, [own[0], ids, own]);
    let left = true;
    const noting: HandlingSettings = {
      ...settings,
      within(tx, done) {
        left = done.length < ids.length;
        if (!left) tx.write(forget, [own]);
      },
      onParked() {
        left = true;
        settings.onParked?.();
      },
    };
    const suspects = new Set(known.map(({ eventId }) => eventId));
    for (const run of runsOf(found, suspects)) {
      if (settings.isOver?.()) return false;
      const [first] = run;
      if (first && 'event' in first && suspects.has(first.event.id)) {
        const note = newEventId();
        own.push(note);
        await handleSuspect(noting, first, note);
      } else if (!(await handleAll(noting, run))) return false;
    }
    if (left) await inTransaction(settings, forget, [own]);
    own = [];
    return true;
  };
  return {
    handle,
    async end() {
      if (own.length > 0) await leave(settings, own).catch(() => undefined);
    },
  };
}

async function leave(settings: HandlingSettings, [all, ...alone]: readonly string[]): Promise<void> {
  await inTransaction(settings, forget, [[all]]);
  await inTransaction(settings, takeBack, [alone]);
}

/** In their order: each suspect alone, the others between them together. */
function runsOf(found: readonly Found[], suspects: ReadonlySet<string>): Found[][] {
  const runs: Found[][] = [[]];
  for (const one of found) {
    if ('event' in one && suspects.has(one.event.id)) runs.push([one], []);
    else runs.at(-1)!.push(one);
  }
  return runs.filter(({ length }) => length > 0);
}

async function handleSuspect(settings: HandlingSettings, suspect: Received, note: string): Promise<void> {
  const { id } = suspect.event;
  const [noted] = await inTransaction<{ starts: number }>(settings, beginAlone, [note, id]);
  if (noted!.starts <= mostStarts) {
    await handleAll({ ...settings, within: (tx) => tx.write(forget, [[note]]) }, [suspect]);
    return;
  }
  const { topic, partition, offset, key } = suspect;
  const attempts = noted!.starts - 1;
  const reason = `the process ended ${attempts} times while it was handled`;
  settings.log.error({ eventId: id, topic, partition, offset, key, reason }, 'event is given up');
  await setAside(settings, { message: suspect, status: 'dead', reason, attempts });
}
