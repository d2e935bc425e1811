import type { Logger } from 'pino';
import type { EventType } from '@accord/events';
import type { ServiceName } from '@accord/events/services';
import { openKafka, readTopics, type KafkaSecurity, type OffsetRange, type TopicReader } from '@accord/kafka';
import { connect, type DatabaseAddress, type OwnConnection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';
import type { ReadModel } from '../read-model.ts';
import { differencesOf, type Differences } from './differences.ts';
import { openReplay, type Replay } from './replay.ts';
import { dropShadows, makeShadows, type Pair } from './shadow.ts';
import { swapIn, type SwapSettings, type SwapTimes } from './swap.ts';

export interface RebuildAsk {
  readonly service: ServiceName;
  readonly models: readonly ReadModel[];
  /** Of the role that owns the service's schema. */
  readonly ownerUrl: DatabaseAddress;
  readonly brokers: readonly string[];
  readonly security?: KafkaSecurity;
  readonly topicPrefix: string;
  readonly log: Logger;
  /** Goes on without events that a projection cannot write; else they end the rebuild before the swap. */
  readonly leaveOut?: boolean;
  /** Rows may differ for so long because their events are on the way, ms; default 1 000. */
  readonly settleMs?: number;
  /** Told the present step, every two seconds while topics are read. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Rebuilt extends SwapTimes {
  readonly tables: readonly Differences[];
  /** Messages read. */
  readonly messages: number;
  /** Messages among them that are no events, so that no consumer handles them. */
  readonly unreadable: number;
  /** Events left out. */
  readonly leftOut: number;
  readonly tookMs: number;
}

/**
 * Rebuilds read models from their topics beside the live ones and swaps them in, while the service runs
 * (EVT-13). It runs their projections and nothing else. It may be repeated, also after a rebuild that was
 * killed. If it ends before the swap, the live tables are as they were.
 *
 * @throws Error that says why there was no swap.
 */
export async function rebuild(ask: RebuildAsk): Promise<Rebuilt> {
  const began = performance.now();
  await using opened = new AsyncDisposableStack();
  const schema = schemas[ask.service];
  const connection = await openOwner(ask, opened);
  opened.defer(() =>
    dropShadows(connection, { schema }).catch((error: Error) =>
      ask.log.warn({ reason: error.message }, 'the next rebuild drops what is left'),
    ),
  );
  const pairs = await makeShadows(connection, { schema, tables: ask.models.flatMap(({ tables }) => tables) });
  const replay = openReplay({ ...ask, schema });
  opened.defer(() => replay.close());
  const reading = await openWholeTopics(ask, replay, opened);

  await replayTopics(ask, replay, reading);
  const tables = await compareTables(connection, pairs, ask);
  await reading.untilRead(await reading.offsetRanges());
  expectAllTaken(ask, replay);
  ask.onProgress?.('swapping');
  const alone: SwapSettings['alone'] = (swap) =>
    replay.alone(async () => {
      expectAllTaken(ask, replay);
      const done = await swap();
      replay.end();
      return done;
    });
  const times = await swapIn({ connection, schema, pairs, reading, alone, signal: ask.signal });

  const { messages, unreadable, refused: leftOut } = replay.seen;
  return { tables, messages, unreadable, leftOut, ...times, tookMs: Math.round(performance.now() - began) };
}

/** One connection swaps and holds the lock of the rebuild: if it is lost, so is the right to swap. */
async function openOwner(
  { ownerUrl, service }: RebuildAsk,
  opened: AsyncDisposableStack,
): Promise<OwnConnection> {
  const connection = await connect(ownerUrl, {
    settings: {
      search_path: 'pg_catalog',
      timezone: 'UTC',
      statement_timeout: 4_000,
      lock_timeout: 4_000,
      idle_in_transaction_session_timeout: 4_000,
      transaction_timeout: 5_000,
    },
    connectTimeoutMs: 5_000,
    keepAlive: true,
  });
  opened.defer(() => connection.end());
  const { rows } = await connection.query<{ mine: boolean }>(
    `select pg_try_advisory_lock(hashtext('accord rebuild ' || $1)) as mine`,
    [service],
  );
  if (!rows[0]!.mine) throw new Error(`another rebuild of ${service} is under way`);
  return connection;
}

/** @throws Error where a topic is missing or has lost events: read models made from the rest would not be whole. */
async function openWholeTopics(
  { service, models, signal, ...kafkaOf }: RebuildAsk,
  replay: Replay,
  opened: AsyncDisposableStack,
): Promise<TopicReader> {
  const kafka = openKafka({ ...kafkaOf, clientId: `accord-rebuild-${service}` });
  const types = [...new Set(models.flatMap(({ projections }) => Object.keys(projections)))] as EventType[];
  const reading = await readTopics(kafka, {
    reader: `rebuild.${service}`,
    topics: types,
    onMessages: replay.onMessages,
    signal,
  });
  opened.defer(() => reading.close());
  if (reading.missing.length > 0) throw new Error(`there is no topic ${reading.missing.join(', ')}`);
  return {
    ...reading,
    async offsetRanges() {
      const ranges = await reading.offsetRanges();
      const cut = ranges.find(({ low }) => low > 0n);
      if (cut)
        throw new Error(
          `topic ${cut.topic}/${cut.partition} begins at offset ${cut.low}: what came before is gone, ` +
            'so nothing whole can be made from it',
        );
      return ranges;
    },
  };
}

const sizeOf = (ranges: readonly OffsetRange[]) =>
  ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0);

/** Reads until all that the topics hold by now is in the shadows. */
async function replayTopics(
  { onProgress }: RebuildAsk,
  { seen }: Replay,
  reading: TopicReader,
): Promise<void> {
  const ends = await reading.offsetRanges();
  const tell = () => onProgress?.(`${seen.messages} of ${Math.max(seen.messages, sizeOf(ends))} events`);
  const telling = setInterval(tell, 2_000);
  try {
    await reading.untilRead(ends);
  } finally {
    clearInterval(telling);
  }
  tell();
}

async function compareTables(
  connection: OwnConnection,
  pairs: readonly Pair[],
  { settleMs = 1_000, signal, onProgress }: RebuildAsk,
): Promise<Differences[]> {
  const tables: Differences[] = [];
  for (const pair of pairs) {
    onProgress?.(`comparing ${pair.table}`);
    // The planner knows nothing of the new rows. If this takes too long, autovacuum does it later.
    await connection.query(`analyze ${pair.shadow}`).catch((error: Error & { code?: string }) => {
      if (error.code !== '57014') throw error;
    });
    tables.push(await differencesOf(connection, pair, { settleMs, signal }));
  }
  return tables;
}

function expectAllTaken({ leaveOut = false }: RebuildAsk, { seen: { refused, reasons } }: Replay): void {
  if (refused > 0 && !leaveOut)
    throw new Error(
      `${refused} events are not taken by their projection: ${reasons.join(', ')}` +
        (refused > reasons.length ? ', …' : ''),
    );
}
