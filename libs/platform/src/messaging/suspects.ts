import { type Found, handleAll, type HandlingSettings, nobody, noCause, type Received, setAside } from './handling.ts';
import { mostStarts } from './parking.ts';

/** Not waiting for the disk: what a note is about is our end, not the server's. */
const inTransaction = <Row>({ database }: HandlingSettings, sql: string, values: readonly unknown[]) =>
  database.session(nobody, (session) => {
    const tx = session.as(nobody, noCause);
    tx.write('set local synchronous_commit = off');
    return tx.many<Row>(sql, values);
  });

/** Notes that their handling begins; answers those of $2 that were noted before. */
const noteAll = `
  with known as (select event_id from started_events where event_id = any($2::uuid[])),
       noted as (insert into started_events (event_id) select distinct id from unnest($1::uuid[]) id on conflict do nothing)
  select event_id as "eventId" from known`;
/** What was under way when the server itself ended has an excuse: the start before is not counted. */
const noteAgain = `
  update started_events set starts = starts + (started_at > pg_postmaster_start_time())::int, started_at = clock_timestamp()
   where event_id = $1 returning starts`;
const forget = 'delete from started_events where event_id = any($1::uuid[])';

export interface Carefully {
  /**
   * False where some of it was left undone, because it is over.
   *
   * @throws what `isDatabaseAway` knows; what this very process noted before is no suspect when it is done again.
   */
  handle(found: readonly Found[]): Promise<boolean>;
  /** Takes back the notes of what it leaves undone: this process ends of itself. */
  end(): Promise<void>;
}

/**
 * As `handleAll`, with a note before and its removal after: what the process did not survive is found noted by the next, is handled alone, and is
 * given up when the process has ended over it three times (EVT-9). Costs a transaction more, so it is done while the last end may have been such a one.
 */
export function carefully(settings: HandlingSettings): Carefully {
  const own = new Set<string>();
  /** Of these, what another process noted: its count stays. */
  const former = new Set<string>();
  let parked = false;
  const noting: HandlingSettings = {
    ...settings,
    within: (tx, ids) => tx.write(forget, [ids]),
    onParked() {
      parked = true;
      settings.onParked?.();
    },
  };
  const handle = async (found: readonly Found[]) => {
    const ids = found.flatMap((one) => ('event' in one ? [one.event.id] : []));
    const fresh = ids.filter((id) => !own.has(id));
    // Before it is known whether they are noted: an answer that is lost leaves notes of our own, too.
    for (const id of fresh) own.add(id);
    const known = await inTransaction<{ eventId: string }>(settings, noteAll, [ids, fresh]);
    const suspects = new Set(known.map(({ eventId }) => eventId));
    for (const id of suspects) former.add(id);
    for (const run of runsOf(found, suspects)) {
      const [first] = run;
      const isSuspect = first && 'event' in first && suspects.has(first.event.id);
      if (settings.isOver?.() || !(isSuspect ? await handleSuspect(noting, first) : await handleAll(noting, run))) return false;
    }
    if (parked) await inTransaction(settings, forget, [ids]);
    parked = false;
    own.clear();
    former.clear();
    return true;
  };
  return {
    handle,
    async end() {
      const noted = [...own].filter((id) => !former.has(id));
      if (noted.length > 0) await inTransaction(settings, forget, [noted]).catch(() => undefined);
    },
  };
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

async function handleSuspect(settings: HandlingSettings, suspect: Received): Promise<boolean> {
  const { id } = suspect.event;
  const [noted] = await inTransaction<{ starts: number }>(settings, noteAgain, [id]);
  if (!noted || noted.starts <= mostStarts) return handleAll(settings, [suspect]);
  const { topic, partition, offset, key } = suspect;
  const reason = `the process ended ${noted.starts - 1} times while it was handled`;
  settings.log.error({ eventId: id, topic, partition, offset, key, reason }, 'event is given up');
  await setAside(settings, { message: suspect, status: 'dead', reason });
  return true;
}
