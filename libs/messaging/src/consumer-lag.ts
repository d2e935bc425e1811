import type { MessageSlice } from '@accord/kafka';

type MeteredSlice = Omit<MessageSlice, 'messages'> & {
  /** When its first message was announced, ms since 1970; NaN where the message does not say. */
  readonly announcedAt: number;
};

export interface Lag {
  /** Of each partition that this member is assigned and has had messages of. */
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly events: number;
  }[];
  /** Age of the oldest message that has arrived and is not handled, s. */
  readonly seconds: number;
  /** Since the broker last answered a fetch, or since the start, s: all else is as of then. */
  readonly fetchAge: number;
}

export interface LagMeter {
  /** The broker answered a fetch, also one that brought nothing. */
  fetched(): void;
  arrived(slice: MeteredSlice): void;
  handled(slice: MeteredSlice): void;
  /** Forgets partitions that are assigned to other members now. */
  keep(isAssigned: (topic: string, partition: number) => boolean): void;
  read(): Lag;
}

/** Measures how far the handlers are behind what was fetched, also while they stand still. */
export function lagMeter(): LagMeter {
  const places = new Map<string, { topic: string; partition: number; handled: bigint; end: bigint }>();
  const waiting = new Set<MeteredSlice>();
  let fetchedAt = performance.now();
  const nameOf = ({ topic, partition }: MeteredSlice) => `${topic} ${partition}`;
  return {
    fetched: () => void (fetchedAt = performance.now()),
    arrived(slice) {
      const { topic, partition, first, end } = slice;
      waiting.add(slice);
      const place = places.get(nameOf(slice));
      if (place) place.end = end;
      else places.set(nameOf(slice), { topic, partition, handled: first, end });
    },
    handled(slice) {
      waiting.delete(slice);
      const place = places.get(nameOf(slice));
      if (place) place.handled = slice.next;
    },
    keep(isAssigned) {
      for (const [name, { topic, partition }] of places)
        if (!isAssigned(topic, partition)) places.delete(name);
    },
    read() {
      const partitions = [...places.values()].map(({ topic, partition, handled, end }) => ({
        topic,
        partition,
        events: Math.max(0, Number(end - handled)),
      }));
      const ages = [...waiting].map((slice) => Date.now() - slice.announcedAt).filter((ms) => ms > 0);
      return {
        partitions,
        seconds: Math.max(0, ...ages) / 1_000,
        fetchAge: (performance.now() - fetchedAt) / 1_000,
      };
    },
  };
}
