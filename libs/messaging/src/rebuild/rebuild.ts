import pg from 'pg';
import type { Logger } from 'pino';
import type { EventType } from '@accord/events';
import { openKafka, readTopics, type OffsetRange, type TopicReader } from '@accord/kafka';
import { schemas, type ServiceName } from '@accord/postgres/provision';
import type { ReadModel } from '../read-model.ts';
import { differencesOf, type Differences } from './differences.ts';
import { openReplay, type Replay } from './replay.ts';
import { dropShadows, makeShadows, type Pair } from './shadow.ts';
import { swapIn, type Held, type Swapping } from './swap.ts';

export interface RebuildAsk {
  readonly service: ServiceName;
  readonly models: readonly ReadModel[];
  /** Of the role that owns the service's schema. */
  readonly ownerUrl: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly log: Logger;
  /**
   * Goes on without events that a projection does not take; else they end the rebuild before anything is
   * swapped.
   */
  readonly leaveOut?: boolean;
  /** How long rows may differ because they are on their way, ms; default 1 000. */
  readonly settleMs?: number;
  /** Told what it is at, every two seconds while it reads. */
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface Rebuilt extends Held {
  readonly tables: readonly Differences[];
  /** Messages read; those that are no events, which no consumer takes; events left out. */
  readonly messages: number;
  readonly unreadable: number;
  readonly leftOut: number;
  readonly tookMs: number;
}

/**
 * EVT-13: rebuilds read models from their topics beside the live ones and swaps them in, while the service
 * runs. Runs their projections alone. May be repeated, also after one that was killed; whatever ends it
 * before the swap, the live tables are as they were.
 *
 * @throws Error that says why there was no swap.
 */
export async function rebuild(ask: RebuildAsk): Promise<Rebuilt> {
  const began = performance.now();
  await using opened = new AsyncDisposableStack();
  const schema = schemas[ask.service];
  const client = await openOwner(ask, opened);
  opened.defer(() =>
    dropShadows(client, { schema }).catch((error: Error) =>
      ask.log.warn({ reason: error.message }, 'the next rebuild drops what is left'),
    ),
  );
  const pairs = await makeShadows(client, { schema, tables: ask.models.flatMap(({ tables }) => tables) });
  const replay = openReplay({ ...ask, schema });
  opened.defer(() => replay.close());
  const reading = await openWholeTopics(ask, replay, opened);

  await replayed(ask, replay, reading);
  const tables = await compared(client, pairs, ask);
  await reading.untilRead(await reading.offsetRanges());
  expectAllTaken(ask, replay);
  ask.onProgress?.('swapping');
  const alone: Swapping['alone'] = (swap) =>
    replay.alone(async () => {
      expectAllTaken(ask, replay);
      const done = await swap();
      replay.end();
      return done;
    });
  const held = await swapIn({ client, schema, pairs, reading, alone, signal: ask.signal });

  const { messages, unreadable, refused: leftOut } = replay.seen;
  return { tables, messages, unreadable, leftOut, ...held, tookMs: Math.round(performance.now() - began) };
}

/**
 * The connection that swaps also holds the lock of the rebuild: where it is lost, so is the right to swap.
 */
async function openOwner(
  { ownerUrl, service }: RebuildAsk,
  opened: AsyncDisposableStack,
): Promise<pg.Client> {
  const limits =
    '-c statement_timeout=4000 -c lock_timeout=4000 -c idle_in_transaction_session_timeout=4000 -c transaction_timeout=5000';
  const client = new pg.Client({
    connectionString: ownerUrl,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    options: `-c search_path=pg_catalog -c timezone=UTC ${limits}`,
  });
  client.on('error', () => undefined); // the next statement says so
  await client.connect();
  opened.defer(() => client.end());
  const { rows } = await client.query<{ mine: boolean }>(
    `select pg_try_advisory_lock(hashtext('accord rebuild ' || $1)) as mine`,
    [service],
  );
  if (!rows[0]!.mine) throw new Error(`another rebuild of ${service} is under way`);
  return client;
}

/**
 * @throws Error where a topic is not there, or lacks events that it had: what is made from the rest would not
 * be whole.
 */
async function openWholeTopics(
  { service, models, brokers, topicPrefix, log, signal }: RebuildAsk,
  replay: Replay,
  opened: AsyncDisposableStack,
): Promise<TopicReader> {
  const kafka = openKafka({ brokers, topicPrefix, clientId: `accord-rebuild-${service}`, log });
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
          `topic ${cut.topic}/${cut.partition} begins at offset ${cut.low}: what came before is gone, so nothing whole can be made from it`,
        );
      return ranges;
    },
  };
}

const sizeOf = (ranges: readonly OffsetRange[]) =>
  ranges.reduce((sum, { low, high }) => sum + Number(high - low), 0);

/** All that the topics hold by now is in the shadows. */
async function replayed({ onProgress }: RebuildAsk, { seen }: Replay, reading: TopicReader): Promise<void> {
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

async function compared(
  client: pg.Client,
  pairs: readonly Pair[],
  { settleMs = 1_000, signal, onProgress }: RebuildAsk,
): Promise<Differences[]> {
  const tables: Differences[] = [];
  for (const pair of pairs) {
    onProgress?.(`comparing ${pair.table}`);
    // Filled by strangers to the planner. Where it takes too long, autovacuum does it later.
    await client.query(`analyze ${pair.shadow}`).catch((error: Error & { code?: string }) => {
      if (error.code !== '57014') throw error;
    });
    tables.push(await differencesOf(client, pair, { settleMs, signal }));
  }
  return tables;
}

function expectAllTaken({ leaveOut = false }: RebuildAsk, { seen: { refused, reasons } }: Replay): void {
  if (refused > 0 && !leaveOut)
    throw new Error(
      `${refused} events are not taken by their projection: ${reasons.join(', ')}${refused > reasons.length ? ', …' : ''}`,
    );
}
