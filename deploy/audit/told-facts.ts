import type { Event, EventType } from '@accord/events';
import type { ServiceName } from '@accord/events/services';
import type { Connection } from '@accord/postgres';
import type { Difference } from './check.ts';
import { listedAtMost } from './differences.ts';

interface Kept {
  readonly service: ServiceName;
  readonly schema: string;
  /** SQL: the row that keeps the fact `told.id`, of `told.version` or a later one. */
  readonly row: string;
}

/**
 * Where a fact that the platform told by topic is kept for ever once it was taken in, or was told over REST. An
 * account is compared by its version, a reported resource by its views.
 */
const kept: { readonly [T in EventType]?: Kept } = {
  'payment.received': {
    service: 'order',
    schema: 'orders',
    row: 'select from orders.payment_references where payment_reference = told.id',
  },
  'bill.issued': {
    service: 'contract',
    schema: 'contracts',
    row: 'select from contracts.bills where bill_id = told.id and version >= told.version',
  },
};

interface ToldFact {
  readonly id: string;
  readonly version: number;
  /** Id and source of the event that told it last: it may wait, or have been discarded. */
  readonly event: string;
}

/** Facts that were told by topic and not yet found where they are kept. */
export class ToldFacts {
  readonly #byType = new Map<EventType, Map<string, ToldFact>>();

  /** Whether the facts of this type are looked for. */
  static lookFor(type: EventType): boolean {
    return type in kept;
  }

  see({ type, id: eventId, source, subject: { id, version } }: Event): void {
    const ofType = this.#byType.get(type) ?? new Map<string, ToldFact>();
    this.#byType.set(type, ofType);
    if (version >= (ofType.get(id)?.version ?? 0))
      ofType.set(id, { id, version, event: `${eventId} ${source}` });
  }

  of(type: EventType): ReadonlyMap<string, ToldFact> {
    return this.#byType.get(type) ?? new Map();
  }

  /** They are where they are kept, and stay there. */
  forget(type: EventType, ids: Iterable<string>): void {
    for (const id of ids) this.#byType.get(type)?.delete(id);
  }
}

const askedAtOnce = 5_000;

const missing = ({ schema, row }: Kept) => `
  select id from unnest($1::text[], $2::float8[], $3::text[]) as told (id, version, event)
   where not exists (${row})
     and not exists (select from ${schema}.parked_events where event_id || ' ' || source = told.event)
     and not exists (
       select from ${schema}.redrive_acts where act = 'discard' and event_id || ' ' || source = told.event)`;

/** EVT-14: a fact that was told by topic has its effect, or is a dead letter, or was discarded as one. */
export async function factDifferences(connection: Connection, told: ToldFacts): Promise<Difference[]> {
  const differences: Difference[] = [];
  for (const [type, where] of Object.entries(kept) as [EventType, Kept][]) {
    const facts = [...told.of(type).values()];
    const lost = new Set<string>();
    for (let from = 0; from < facts.length; from += askedAtOnce) {
      const asked = facts.slice(from, from + askedAtOnce);
      const values = [
        asked.map(({ id }) => id),
        asked.map((one) => one.version),
        asked.map((one) => one.event),
      ];
      const { rows } = await connection.query<{ id: string }>(missing(where), values);
      for (const { id } of rows) lost.add(id);
    }
    told.forget(
      type,
      facts.map(({ id }) => id).filter((id) => !lost.has(id)),
    );
    differences.push(
      ...[...lost]
        .sort()
        .slice(0, listedAtMost)
        .map((id) => lostFact(type, told.of(type).get(id)!, where)),
    );
  }
  return differences;
}

const lostFact = (type: EventType, { id, version, event }: ToldFact, { service }: Kept): Difference => ({
  rule: 'EVT-14',
  says: 'a fact that was told by topic has its effect',
  id,
  found: `${type} of event ${event.replace(' ', ' from ')} has none`,
  mends: service,
  mark: `${version} ${event}`,
});
