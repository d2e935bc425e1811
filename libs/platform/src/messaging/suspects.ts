import { type Found, handleAll, type HandlingSettings, nobody, noCause, type Received, setAside } from './handling.ts';
import { mostStarts } from './parking.ts';

/** Not waiting for the disk: what a note is about is our end, not the server's. */
const inTransaction = <Row>({ database }: HandlingSettings, sql: string, values: readonly unknown[]) =>
  database.session(nobody, (session) => {
    const tx = session.as(nobody, noCause);
    tx.write('set local synchronous_commit = off');
    return tx.many<Row>(sql, values);
  });

/** Notes that their handling begins; answers those that were noted before. */
const noteAll = `
  with known as (select event_id from started_events where event_id = any($1::uuid[])),
       noted as (
         insert into started_events (event_id) select distinct id from unnest($1::uuid[]) id where id not in (select event_id from known)
         on conflict do nothing)
  select event_id as "eventId" from known`;
const noteAgain = 'update started_events set starts = starts + 1 where event_id = $1 returning starts';
const forget = 'delete from started_events where event_id = any($1::uuid[])';

export interface Carefully {
  /** @throws what `isDatabaseAway` knows; what this very process noted before is no suspect when it is done again. */
  handle(found: readonly Found[]): Promise<void>;
  /** Takes back the notes of what it leaves undone: this process ends of itself. */
  end(): Promise<void>;
}

/**
 * As `handleAll`, with a note before and its removal after: what the process did not survive is found noted by the next, is handled alone, and is
 * given up when it was begun three times (EVT-9). Costs a transaction more, so it is done while the last end may have been such a one.
 */
export function carefully(settings: HandlingSettings): Carefully {
  const own = new Set<string>();
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
    const known = await inTransaction<{ eventId: string }>(settings, noteAll, [fresh]);
    for (const id of fresh) own.add(id);
    const suspects = new Set(known.map(({ eventId }) => eventId));
    for (const run of runsOf(found, suspects)) {
      const [first] = run;
      if (first && 'event' in first && suspects.has(first.event.id)) await handleSuspect(noting, first);
      else await handleAll(noting, run);
    }
    if (parked) await inTransaction(settings, forget, [ids]);
    parked = false;
    own.clear();
  };
  return {
    handle,
    end: async () => void (own.size > 0 && (await inTransaction(settings, forget, [[...own]]).catch(() => undefined))),
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

async function handleSuspect(settings: HandlingSettings, suspect: Received): Promise<void> {
  const { id } = suspect.event;
  const [noted] = await inTransaction<{ starts: number }>(settings, noteAgain, [id]);
  if (!noted || noted.starts < mostStarts) await handleAll(settings, [suspect]);
  else {
    settings.log.error({ eventId: id, topic: suspect.topic, key: suspect.key, starts: noted.starts }, 'event is given up: the process did not survive it');
    await setAside(settings, { message: suspect, status: 'dead', reason: `the process ended ${noted.starts} times while it was handled` });
  }
}
