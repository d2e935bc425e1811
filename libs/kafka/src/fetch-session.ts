/** The part of a fetch request that concerns one partition. */
interface FetchPartition {
  readonly partition: number;
  readonly fetchOffset: string;
  readonly maxBytes: number;
}

export interface FetchTopic {
  readonly topic: string;
  readonly partitions: readonly FetchPartition[];
}

export interface FetchRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  readonly topics: readonly FetchTopic[];
}

/** Brokers older than fetch sessions answer neither field. */
export interface FetchResponse {
  readonly errorCode?: number;
  readonly sessionId?: number;
}

/** FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH: the broker restarted, or evicted the session. */
const isUnknownSession = ({ errorCode = 0 }: FetchResponse) => errorCode === 70 || errorCode === 71;
const lastEpoch = 2 ** 31 - 1;

/**
 * An incremental fetch session of a consumer with one broker (KIP-227): the broker remembers the partitions
 * and offsets of the session, so each fetch after the first names only partitions whose offset changed, and
 * its response only partitions that have messages. After any failure the next fetch is a full one again, as is
 * every fetch of a broker that keeps no sessions.
 *
 * @throws the error that `failureOf` makes of a response that failed as a whole.
 */
export function fetchSession(failureOf: (errorCode: number) => Error) {
  let id = 0;
  /** 0 makes a full fetch, and a new session in the old one's place. */
  let epoch = 0;
  let known: ReadonlyMap<string, string> = new Map();

  async function fetch<Response extends FetchResponse>(
    topics: readonly FetchTopic[],
    send: (request: FetchRequest) => Promise<Response>,
  ): Promise<Response> {
    const wanted = topics.flatMap(({ topic, partitions }) =>
      partitions.map((one) => ({
        topic,
        partitions: [one],
        name: `${topic} ${one.partition}`,
        state: `${one.fetchOffset} ${one.maxBytes}`,
      })),
    );
    if (wanted.length !== known.size || wanted.some(({ name }) => !known.has(name))) epoch = 0;
    const request = {
      sessionId: id,
      sessionEpoch: epoch,
      topics: epoch === 0 ? shuffled(wanted) : wanted.filter(({ name, state }) => known.get(name) !== state),
    };
    epoch = 0;
    const response = await send(request);
    if (isUnknownSession(response) && request.sessionEpoch !== 0) return fetch(topics, send);
    // A fetch that named no partition tells of its failure here alone.
    if (response.errorCode) throw failureOf(response.errorCode);
    id = response.sessionId ?? 0;
    if (id !== 0) epoch = request.sessionEpoch === lastEpoch ? 1 : request.sessionEpoch + 1;
    known = new Map(wanted.map(({ name, state }) => [name, state]));
    return response;
  }
  return { fetch };
}

/** A full fetch is served in its order, so each begins with another partition; in a session the broker rotates. */
const shuffled = <T>(list: readonly T[]): T[] =>
  list
    .map((one) => [Math.random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
