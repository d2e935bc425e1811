import { setTimeout as sleep } from 'node:timers/promises';
import { newWakeup } from '@accord/core/runtime';
import { joinGroup, type KafkaClient, type MessageSlice } from '@accord/kafka';
import { lagMeter, type Lag, type LagMeter } from './consumer-lag.ts';
import { handleBatch, type InboxSettings } from './inbox.ts';
import { withOrderingKey } from './ordering-key.ts';
import { withStorableNames } from './parked-events.ts';
import { withCrashGuard, type CrashGuard } from './poison-pill.ts';
import { incomingOf, readMessage, type ReadMessage } from './read-message.ts';

export interface ConsumerSettings extends InboxSettings {
  readonly kafka: KafkaClient;
  /** The group takes a member that was silent for so long for dead, ms. */
  readonly sessionMs: number;
  /** Told the ages of messages, ms, at the moment they had their effect. */
  readonly onDelays?: (topic: string, delaysMs: readonly number[]) => void;
}

export interface Consumer {
  /** Resolves once the group has been joined. */
  readonly joined: Promise<void>;
  lag(): Lag;
  stop(): Promise<void>;
}

/** A slice whose messages were read, on its way to the handlers. */
interface ReadSlice extends MessageSlice {
  readonly batch: readonly ReadMessage[];
  /** When its first message was announced, ms since 1970; NaN where the message does not say. */
  readonly announcedAt: number;
}

/** Messages that may wait to be handled; further ones stay at the broker. */
const longestQueue = 400;
/** After so many failures in a row that look like an outage of a database that answers, it is doubted. */
const maxOutages = 6;
/** The crash guard is used for so long after each joining, which may follow the end of a process. */
const guardedForMs = 60_000;

const announcedAt = (message: ReadMessage | undefined): number =>
  message ? Date.parse(incomingOf(message).headers['ce_time'] ?? '') : NaN;

/**
 * Consumes the topics of the subscriptions. An offset is committed only after its message was handled or
 * parked, so each message is handled at least once, and its event has its effect once (EVT-8).
 */
export function startConsumer(settings: ConsumerSettings): Consumer {
  const { kafka, group, sessionMs } = settings;
  const topics = Object.keys(settings.subscriptions);
  const meter = lagMeter();
  const queue = new Queue(settings, meter, (slice) => member.handled(slice));
  const member = joinGroup(kafka, {
    group,
    topics,
    sessionMs,
    hasRoom: () => queue.hasRoom(),
    // Read on arrival, while the batch before is in the database.
    onSlice: (slice) => queue.push(readSlice(settings, slice)),
    onAssigned(isAssigned) {
      meter.keep(isAssigned);
      queue.guardForAWhile();
    },
    onFetched: () => meter.fetched(),
  });
  return {
    joined: member.joined,
    lag: () => ({ ...meter.read(), ...(topics.length === 0 && { fetchAge: 0 }) }),
    async stop() {
      member.stopReceiving();
      await queue.stop();
      await member.leave();
    },
  };
}

function readSlice({ log }: ConsumerSettings, slice: MessageSlice): ReadSlice {
  const batch = slice.messages.map((message) =>
    readMessage(withStorableNames(withOrderingKey(message)), log),
  );
  return { ...slice, batch, announcedAt: announcedAt(batch[0]) };
}

/**
 * Stands between the broker and the handlers: the messages that arrive while one batch is in the database are
 * the next batch, in their order.
 */
class Queue {
  #settings: ConsumerSettings;
  #meter: LagMeter;
  #onHandled: (slice: ReadSlice) => void;
  #guard: CrashGuard;
  #waiting: ReadSlice[] = [];
  #length = 0;
  #arrived = newWakeup();
  #emptied = newWakeup();
  #guardedUntil = 0;
  #stopped = false;
  #outages = 0;
  #done: Promise<void>;

  constructor(settings: ConsumerSettings, meter: LagMeter, onHandled: (slice: ReadSlice) => void) {
    this.#settings = {
      ...settings,
      isStopping: () => this.#stopped,
      doubtsOutage: () => this.#outages >= maxOutages,
    };
    this.#meter = meter;
    this.#onHandled = onHandled;
    this.#guard = withCrashGuard(this.#settings);
    this.#done = this.#run();
  }

  push(slice: ReadSlice): void {
    this.#waiting.push(slice);
    this.#length += slice.batch.length;
    this.#meter.arrived(slice);
    this.#arrived.notify();
  }

  /** False after a second without room. */
  async hasRoom(): Promise<boolean> {
    this.#emptied.reset();
    if (this.#length >= longestQueue) await this.#emptied.wait(1_000);
    return this.#length < longestQueue;
  }

  /**
   * Called when the group was joined anew, perhaps because an event ended another member's process. Waiting
   * messages stay in the queue: a joining for the sake of one broker lets the fetches from the others go on
   * behind them, so they may not come again. If they do, the inbox drops the repeats.
   */
  guardForAWhile(): void {
    this.#guardedUntil = performance.now() + guardedForMs;
  }

  /** Ends the batch under way and leaves the rest to the next member. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#arrived.notify();
    await this.#done;
    await this.#guard.stop();
  }

  #take(): readonly ReadSlice[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    this.#emptied.notify();
    return taken;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#arrived.reset();
      if (this.#waiting.length > 0) await this.#handle(this.#take());
      else await this.#arrived.wait(1_000);
    }
  }

  /**
   * Repeats a batch until it is handled: while the database is away the partitions wait, and no event is
   * parked for it. If the database answers and the batch still fails, it is divided, and the event that fails
   * is parked.
   */
  async #handle(slices: readonly ReadSlice[]): Promise<void> {
    const batch = slices.flatMap((slice) => slice.batch);
    for (let waitMs = 50; !this.#stopped; waitMs = Math.min(1_000, waitMs * 2)) {
      try {
        if (batch.length > 0 && !(await this.#handled(batch))) return;
        for (const slice of slices) this.#finished(slice);
        this.#outages = 0;
        return;
      } catch (error) {
        this.#settings.log.warn({ reason: (error as Error).message }, 'consuming waits and tries again');
        const answers = await this.#settings.database.ping().then(
          () => true,
          () => false,
        );
        this.#outages = answers ? this.#outages + 1 : 0;
        await sleep(waitMs);
      }
    }
  }

  #handled(batch: readonly ReadMessage[]): Promise<boolean> {
    const isGuarded = performance.now() < this.#guardedUntil;
    return isGuarded ? this.#guard.handle(batch) : handleBatch(this.#settings, batch);
  }

  #finished(slice: ReadSlice): void {
    this.#onHandled(slice);
    this.#meter.handled(slice);
    const delaysMs = slice.batch.map((message) => Date.now() - announcedAt(message)).filter((ms) => ms >= 0);
    this.#settings.onDelays?.(slice.topic, delaysMs);
  }
}
