import type { EventType } from '@accord/events';
import { readers } from '@accord/events/access';
import type { ServiceName } from '@accord/events/services';
import type { OffsetRange } from '@accord/kafka';
import type { Connection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';
import type { ReadEvent } from './lost-events.ts';

/** Where a service's group goes on in a partition. */
export interface Position {
  readonly service: ServiceName;
  readonly topic: EventType;
  readonly partition: number;
  readonly offset: bigint;
}

/** Inboxes forget after 14 days: what is older was handled. */
const rememberedMs = 13 * 24 * 3_600_000;

/** Index of the first that the service has neither handled nor kept for another try. */
const firstUnknown = (schema: string) => `
  select place::int - 1 as place from unnest($1::uuid[], $2::text[]) with ordinality as told (event_id, source, place)
   where not exists (
     select from ${schema}.inbox i where i.event_id = told.event_id and i.source = told.source)
     and not exists (
     select from ${schema}.parked_events p where p.event_id = told.event_id and p.source = told.source)
   order by place limit 1`;

/**
 * Finds for each group and partition the first event that is not in the service's inbox. Partitions are handled in
 * their order, so where the last of a batch was handled, all before it were.
 */
export class Positions {
  readonly #found = new Map<string, Position>();
  readonly #connection: Connection;
  readonly #horizons: ReadonlyMap<ServiceName, number>;

  private constructor(connection: Connection, horizons: ReadonlyMap<ServiceName, number>) {
    this.#connection = connection;
    this.#horizons = horizons;
  }

  static async open(connection: Connection): Promise<Positions> {
    const horizons = new Map<ServiceName, number>();
    for (const [service, schema] of Object.entries(schemas) as [ServiceName, string][])
      horizons.set(service, (await newestIn(connection, schema)) - rememberedMs);
    return new Positions(connection, horizons);
  }

  /** @param told the next events of a partition, without those that count as never told. */
  async see(topic: EventType, partition: number, told: readonly ReadEvent[]): Promise<void> {
    for (const service of readers[topic]) {
      const place = `${service} ${topic} ${partition}`;
      if (this.#found.has(place)) continue;
      const horizon = this.#horizons.get(service)!;
      const first = await this.#firstUnhandled(
        service,
        told.filter(({ time }) => !(Date.parse(time) < horizon)),
      );
      if (first) this.#found.set(place, { service, topic, partition, offset: BigInt(first.offset) });
    }
  }

  async #firstUnhandled(service: ServiceName, told: readonly ReadEvent[]): Promise<ReadEvent | undefined> {
    if (told.length === 0 || (await this.#unknownAmong(service, told.slice(-1))) === undefined)
      return undefined;
    return this.#unknownAmong(service, told);
  }

  async #unknownAmong(service: ServiceName, told: readonly ReadEvent[]): Promise<ReadEvent | undefined> {
    const { rows } = await this.#connection.query<{ place: number }>(firstUnknown(schemas[service]), [
      told.map(({ eventId }) => eventId),
      told.map(({ source }) => source),
    ]);
    return rows[0] && told[rows[0].place];
  }

  /** Of every partition of these; where nothing is to be handled, its end. */
  all(ranges: readonly OffsetRange<EventType>[]): Position[] {
    return ranges.flatMap(({ topic, partition, high }) =>
      readers[topic].map(
        (service) =>
          this.#found.get(`${service} ${topic} ${partition}`) ?? { service, topic, partition, offset: high },
      ),
    );
  }
}

/**
 * Time at which the service last handled an event, ms since 1970; -Infinity where it never did. Events that count as
 * never told are in the inbox since a reconciliation, and say nothing.
 */
async function newestIn(connection: Connection, schema: string): Promise<number> {
  const { rows } = await connection.query<{ at: Date }>(
    `select received_at as at from ${schema}.inbox i
      where not exists (
        select from ${schema}.disowned_events d where d.event_id = i.event_id and d.source = i.source)
      order by received_at desc limit 1`,
  );
  return rows[0]?.at.getTime() ?? -Infinity;
}

/** The last moment that the databases tell of by themselves, ms since 1970. */
export async function newestHandled(connection: Connection): Promise<number> {
  const newest: number[] = [];
  for (const schema of Object.values(schemas)) newest.push(await newestIn(connection, schema));
  return Math.max(...newest);
}
