import fc from 'fast-check';
import { fetchSession, type FetchRequest, type FetchResponse } from './fetch-session.ts';

// Against a broker that keeps sessions as Kafka does, loses them, and whose answers get lost.

type Served = FetchResponse & { readonly from: ReadonlyMap<string, string>; readonly named: number };

/** Answers with the offset that it takes each partition to be read from. */
function brokerOf() {
  let session: { id: number; epoch: number; offsets: Map<string, string> } | undefined;
  let ids = 0;
  return {
    forget: () => (session = undefined),
    answer({ sessionId, sessionEpoch, topics }: FetchRequest): Served {
      const named = new Map(
        topics.flatMap(({ topic, partitions }) =>
          partitions.map((one) => [`${topic} ${one.partition}`, one.fetchOffset] as const),
        ),
      );
      if (sessionEpoch === 0) session = { id: (ids += 1), epoch: 0, offsets: new Map() };
      if (session?.id !== sessionId && sessionEpoch !== 0)
        return { errorCode: 70, sessionId: 0, from: new Map(), named: named.size };
      if (session!.epoch !== sessionEpoch)
        return { errorCode: 71, sessionId: 0, from: new Map(), named: named.size };
      session!.epoch = sessionEpoch + 1;
      for (const [place, offset] of named) session!.offsets.set(place, offset);
      return { errorCode: 0, sessionId: session!.id, from: new Map(session!.offsets), named: named.size };
    },
  };
}

const ask = (offsets: readonly number[]) =>
  [0, 1].map((topic) => ({
    topic: `t${topic}`,
    partitions: offsets.flatMap((offset, partition) =>
      partition % 2 === topic ? [{ partition, fetchOffset: String(offset), maxBytes: 1_000 }] : [],
    ),
  }));

const failed = (code: number) => new Error(`failed with ${code}`);

const turn = fc.record({
  moved: fc.array(fc.nat(7), { maxLength: 3 }),
  partitions: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 6 }),
  mishap: fc.option(fc.constantFrom('forgets', 'answer lost', 'never came'), { nil: undefined, freq: 3 }),
});

test(
  'whatever the broker forgets and whichever answer is lost, each partition is read from where it ' +
    'was asked to be, and from nowhere else',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 40 }), async (turns) => {
        const [session, broker] = [fetchSession(failed), brokerOf()];
        let offsets = [0, 0, 0, 0];
        for (const { moved, partitions = offsets.length, mishap } of turns) {
          offsets = Array.from(
            { length: partitions },
            (_, i) => (offsets[i] ?? 0) + (moved.includes(i) ? 1 : 0),
          );
          if (mishap === 'forgets') broker.forget();
          const send = (asked: FetchRequest): Promise<Served> => {
            if (mishap === 'never came') return Promise.reject(new Error('the connection ended'));
            const answer = broker.answer(asked);
            return mishap === 'answer lost'
              ? Promise.reject(new Error('the connection ended'))
              : Promise.resolve(answer);
          };
          const answer = await session.fetch(ask(offsets), send).catch(() => undefined);
          if (!mishap || mishap === 'forgets')
            expect(answer?.from).toEqual(
              new Map(offsets.map((offset, partition) => [`t${partition % 2} ${partition}`, String(offset)])),
            );
        }
      }),
    );
  },
);

test('a fetch names what changed, and all where the broker keeps no sessions', async () => {
  const [session, broker] = [fetchSession(failed), brokerOf()];
  const named = async (offsets: readonly number[]) =>
    (await session.fetch(ask(offsets), (asked) => Promise.resolve(broker.answer(asked)))).named;
  expect([
    await named([0, 0, 0, 0]),
    await named([0, 0, 0, 0]),
    await named([0, 3, 0, 0]),
    await named([0, 3, 0, 0]),
    await named([0, 3]),
  ]).toEqual([4, 0, 1, 0, 2]);
  const without = fetchSession(failed);
  const full = async (answer: FetchResponse) =>
    (await without.fetch(ask([0, 0]), (asked) => Promise.resolve({ ...answer, asked }))).asked;
  for (const answer of [{}, { errorCode: 0, sessionId: 0 }])
    expect(await full(answer)).toMatchObject({ sessionId: 0, sessionEpoch: 0, topics: { length: 2 } });
});

test('a fetch that failed as a whole is a failure, and the next asks for a new session', async () => {
  const session = fetchSession(failed);
  const epochs: number[] = [];
  const fetch = (answer: FetchResponse) =>
    session.fetch(ask([0, 0]), (asked) => (epochs.push(asked.sessionEpoch), Promise.resolve(answer)));
  await fetch({ errorCode: 0, sessionId: 7 });
  await fetch({ errorCode: 0, sessionId: 7 });
  await expect(fetch({ errorCode: -1, sessionId: 7 })).rejects.toThrow('failed with -1');
  await expect(fetch({ errorCode: 70, sessionId: 0 })).rejects.toThrow('failed with 70');
  await fetch({ errorCode: 0, sessionId: 8 });
  expect(epochs).toEqual([0, 1, 2, 0, 0]);
});
