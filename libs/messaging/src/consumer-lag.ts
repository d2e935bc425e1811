/** Messages of one partition that follow each other. */
interface Stretch {
  readonly topic: string;
  readonly partition: number;
  /** Offset of its first, and the one after its last. */
  readonly first: bigint;
  readonly next: bigint;
  /** The broker's end of the partition when they were fetched. */
  readonly end: bigint;
  /** When its first was announced, ms since 1970; NaN where it does not say. */
  readonly announcedAt: number;
}

export interface Lag {
  /** Of each partition that is this member's and that it has had messages of. */
  readonly partitions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly events: number;
  }[];
  /** Age of the oldest message that has arrived and is not handled. */
  readonly seconds: number;
  /** Since the broker last answered a fetch, or since the start: all else is as of then. */
  readonly fetchAge: number;
}

export interface LagMeter {
  /** The broker answered a fetch, also one that brought nothing. */
  fetched(): void;
  arrived(stretch: Stretch): void;
  handled(stretch: Stretch): void;
  /** Partitions that are other members' now are theirs to tell of. */
  keep(isOurs: (topic: string, partition: number) => boolean): void;
  read(): Lag;
}

/** How far the handlers are behind what was fetched, also while they stand still. */
export function lagMeter(): LagMeter {
  const places = new Map<string, { topic: string; partition: number; handled: bigint; end: bigint }>();
  const waiting = new Set<Stretch>();
  let fetchedAt = performance.now();
  const nameOf = ({ topic, partition }: Stretch) => `${topic} ${partition}`;
  return {
    fetched: () => void (fetchedAt = performance.now()),
    arrived(stretch) {
      const { topic, partition, first, end } = stretch;
      waiting.add(stretch);
      const place = places.get(nameOf(stretch));
      if (place) place.end = end;
      else places.set(nameOf(stretch), { topic, partition, handled: first, end });
    },
    handled(stretch) {
      waiting.delete(stretch);
      const place = places.get(nameOf(stretch));
      if (place) place.handled = stretch.next;
    },
    keep(isOurs) {
      for (const [name, { topic, partition }] of places) if (!isOurs(topic, partition)) places.delete(name);
    },
    read() {
      const partitions = [...places.values()].map(({ topic, partition, handled, end }) => ({
        topic,
        partition,
        events: Math.max(0, Number(end - handled)),
      }));
      const ages = [...waiting].map(({ announcedAt }) => Date.now() - announcedAt).filter((ms) => ms > 0);
      return {
        partitions,
        seconds: Math.max(0, ...ages) / 1_000,
        fetchAge: (performance.now() - fetchedAt) / 1_000,
      };
    },
  };
}
