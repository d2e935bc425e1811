/** What is asked of one partition. */
export interface PartitionAsk {
  readonly partition: number;
  readonly fetchOffset: string;
  readonly maxBytes: number;
}

export interface TopicAsk {
  readonly topic: string;
  readonly partitions: readonly PartitionAsk[];
}

export interface SessionAsk {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly TopicAsk[];
}

/** Brokers before fetch sessions answer neither. */
export interface SessionAnswer {
  readonly errorCode?: number;
  readonly sessionId?: number;
}

/** FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH: the broker began anew, or needed the room. */
const isUnknownSession = ({ errorCode = 0 }: SessionAnswer) => errorCode === 70 || errorCode === 71;
const lastEpoch = 2 ** 31 - 1;

/**
 * A consumer's fetches of one broker (KIP-227): the broker remembers what it was asked for, so each fetch
 * after the first names the partitions of which something else is wanted now, and its answer the partitions
 * that have something. Whatever goes wrong, the next fetch names all again. What a broker does not remember
 * for us, it is asked in full.
 *
 * @throws what `failureOf` makes of an answer that failed as a whole.
 */
export function fetchSession(failureOf: (errorCode: number) => Error) {
  let id = 0;
  /** 0 asks for a new session in the old one's place. */
  let epoch = 0;
  let known: ReadonlyMap<string, string> = new Map();

  async function fetch<Answer extends SessionAnswer>(
    topics: readonly TopicAsk[],
    send: (ask: SessionAsk) => Promise<Answer>,
  ): Promise<Answer> {
    const asks = topics.flatMap(({ topic, partitions }) =>
      partitions.map((one) => ({
        topic,
        partitions: [one],
        place: `${topic} ${one.partition}`,
        wanted: `${one.fetchOffset} ${one.maxBytes}`,
      })),
    );
    if (asks.length !== known.size || asks.some(({ place }) => !known.has(place))) epoch = 0;
    const asked = {
      sessionId: id,
      sessionEpoch: epoch,
      topics: epoch === 0 ? shuffled(asks) : asks.filter(({ place, wanted }) => known.get(place) !== wanted),
    };
    epoch = 0;
    const answer = await send(asked);
    if (isUnknownSession(answer) && asked.sessionEpoch !== 0) return fetch(topics, send);
    // Of a fetch that named no partition, this is all that tells of its failure.
    if (answer.errorCode) throw failureOf(answer.errorCode);
    id = answer.sessionId ?? 0;
    if (id !== 0) epoch = asked.sessionEpoch === lastEpoch ? 1 : asked.sessionEpoch + 1;
    known = new Map(asks.map(({ place, wanted }) => [place, wanted]));
    return answer;
  }
  return { fetch };
}

/** Whoever is named first is served first; in a session the broker sees to that. */
const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
