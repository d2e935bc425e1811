// A whole service as a process of its own that announces events to itself: commands with idempotency keys,
// outbox, relay, topic, inbox, effect, parking, retention.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fact } from '@accord/events';
import { keyedRequest, onceInTransaction } from '@accord/http/server';
import {
  startService,
  type PlatformSettings,
  type RetentionTimes,
  type RunningService,
  type Service,
} from '@accord/platform';
import { countedType, countingService, sampleData } from '../bench/counting.ts';

export interface SoakingAsk {
  readonly settings: PlatformSettings;
  readonly retention: RetentionTimes;
  readonly events: number;
  readonly keys: number;
}

/** Told to it now and then: events that have had their effect. It answers with its resident memory, bytes. */
export interface HandledCount {
  readonly handled: number;
}
export interface Memory {
  readonly bytes: number;
}

const eventsOfCommand = 10;
const commandsAtOnce = 8;
/** Announced and not yet handled; more would be a backlog, and no steady state. */
const mostUnderWay = 5_000;
const failsEvery = 1_000;

/** Every thousandth event fails when it comes for the first time. */
function soaking(): Service {
  const counting = countingService();
  const { on } = counting.subscriptions[countedType]!;
  const failedOnce = new Set<string>();
  let seen = 0;
  const onEvent: typeof on = (tx, event) => {
    seen += 1;
    if (seen % failsEvery === 0 && !failedOnce.delete(event.id)) {
      failedOnce.add(event.id);
      throw new Error('not at the first try');
    }
    return on(tx, event);
  };
  return { ...counting, subscriptions: { [countedType]: { on: onEvent } } };
}

async function announceAll(
  { db }: RunningService,
  { events, keys }: SoakingAsk,
  told: HandledCount,
): Promise<void> {
  const actor = { kind: 'platform' as const, id: 'soak' };
  let announced = 0;
  const command = async () => {
    const from = announced;
    announced = Math.min(from + eventsOfCommand, events);
    const facts = Array.from(
      { length: announced - from },
      (_, i) => ({ type: countedType, data: sampleData(from + i, { keys }) }) as Fact,
    );
    const keyed = keyedRequest({
      key: randomUUID(),
      issuer: 'soak',
      actor,
      method: 'POST',
      path: '/v1/soak',
      params: {},
      query: {},
      body: Buffer.alloc(0),
    });
    await onceInTransaction(db, actor, keyed, (tx) => {
      tx.emit(...facts);
      return Promise.resolve({
        status: 201,
        headers: { Location: `/v1/soak/${from}` },
        text: JSON.stringify({ from, note: 'x'.repeat(300) }),
      });
    });
  };
  const client = async () => {
    while (announced < events) await (announced - told.handled < mostUnderWay ? command() : sleep(5));
  };
  await Promise.all(Array.from({ length: commandsAtOnce }, client));
}

process.once('message', async (ask: SoakingAsk) => {
  const told = { handled: 0 };
  const running = await startService(ask.settings, soaking, { retention: ask.retention });
  await running.joined;
  process.on('message', ({ handled }: HandledCount) => {
    told.handled = handled;
    process.send!({ bytes: process.memoryUsage().rss } satisfies Memory);
  });
  process.once('SIGTERM', () => void running.stop().then(() => process.exit()));
  process.send!({ joined: true });
  await announceAll(running, ask, told);
});
