import { setTimeout as sleep } from 'node:timers/promises';
import { newWakeup } from '@accord/core';
import { joinGroup, type KafkaClient, type MessageSlice } from '@accord/kafka';
import { lagMeter, type Lag, type LagMeter } from './consumer-lag.ts';
import { handleAll, messageOf, read, type Found, type HandlingSettings } from './inbox.ts';
import { withOrderingKey } from './ordering-key.ts';
import { withStorableNames } from './parked-events.ts';
import { carefully, type Carefully } from './poison-pill.ts';

export interface ConsumerSettings extends HandlingSettings {
  readonly kafka: KafkaClient;
  /** The group takes a member that was silent for so long for dead, ms. */
  readonly sessionMs: number;
  /** How old messages were, ms, when they had their effect. */
  readonly onDelays?: (topic: string, delaysMs: readonly number[]) => void;
}

export interface Consumer {
  /** Resolves once the group has been joined. */
  readonly joined: Promise<void>;
  lag(): Lag;
  stop(): Promise<void>;
}

/** Messages on their way to the handlers. */
interface Slice extends MessageSlice {
  readonly found: readonly Found[];
  readonly announcedAt: number;
}

/** Messages that may wait to be handled; more are left at the broker. */
const longestQueue = 400;
/** So often in a row a database that answers may be called away. */
const mostAways = 6;
/** After each joining, which may follow the end of a process that an event has ended. */
const carefulForMs = 60_000;

/**
 * Consumes the topics of the subscriptions. The broker is told of a message only after it was handled or
 * parked.
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
    // Here, while others are in the database.
    onSlice: (slice) => queue.push(readSlice(settings, slice)),
    onAssigned(isAssigned) {
      meter.keep(isAssigned);
      queue.beCareful();
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

function readSlice(settings: ConsumerSettings, slice: MessageSlice): Slice {
  const found = slice.messages.map((message) => read(settings, withStorableNames(withOrderingKey(message))));
  return { ...slice, found, announcedAt: Date.parse(messageOf(found[0]!).headers['ce_time'] ?? '') };
}

/**
 * Between the broker and the handlers: what arrives while one transaction is under way is handled together in
 * the next, in its order.
 */
class Queue {
  #settings: ConsumerSettings;
  #meter: LagMeter;
  #onHandled: (slice: Slice) => void;
  #carefully: Carefully;
  #waiting: Slice[] = [];
  #length = 0;
  #arrived = newWakeup();
  #emptied = newWakeup();
  #carefulUntil = 0;
  #stopped = false;
  #aways = 0;
  #done: Promise<void>;

  constructor(settings: ConsumerSettings, meter: LagMeter, onHandled: (slice: Slice) => void) {
    this.#settings = { ...settings, isOver: () => this.#stopped, doubtsAway: () => this.#aways >= mostAways };
    this.#meter = meter;
    this.#onHandled = onHandled;
    this.#carefully = carefully(this.#settings);
    this.#done = this.#run();
  }

  push(slice: Slice): void {
    this.#waiting.push(slice);
    this.#length += slice.found.length;
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
   * The group was joined anew, perhaps because of an event that ended another member. What waits stays:
   * kafkajs joins again for one broker's sake while the others' fetches go on after what they brought, so
   * nobody would bring it again; and what does come again the inbox drops.
   */
  beCareful(): void {
    this.#carefulUntil = performance.now() + carefulForMs;
  }

  /** Ends what is under way and leaves the rest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#arrived.notify();
    await this.#done;
    await this.#carefully.end();
  }

  #take(): readonly Slice[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#length = 0;
    this.#emptied.notify();
    return taken;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#arrived.reset();
      if (this.#length > 0) await this.#handle(this.#take());
      else await this.#arrived.wait(1_000);
    }
  }

  /**
   * Until it is done: a database that is away makes all wait instead of filling dead letters, and so does
   * whatever else cannot be recorded. Where it answers all the same, they are divided, and the event at which
   * it seems to be away is parked.
   */
  async #handle(slices: readonly Slice[]): Promise<void> {
    const found = slices.flatMap((slice) => slice.found);
    for (let waitMs = 50; !this.#stopped; waitMs = Math.min(1_000, waitMs * 2)) {
      try {
        const isCareful = performance.now() < this.#carefulUntil;
        if (!(isCareful ? await this.#carefully.handle(found) : await handleAll(this.#settings, found)))
          return;
        for (const slice of slices) this.#finished(slice);
        this.#aways = 0;
        return;
      } catch (error) {
        this.#settings.log.warn({ reason: (error as Error).message }, 'consuming waits and tries again');
        this.#aways = (await this.#settings.database.answers()) ? this.#aways + 1 : 0;
        await sleep(waitMs);
      }
    }
  }

  #finished(slice: Slice): void {
    const { topic, found } = slice;
    const { onDelays } = this.#settings;
    this.#onHandled(slice);
    this.#meter.handled(slice);
    onDelays?.(
      topic,
      found
        .map((one) => Date.now() - Date.parse(messageOf(one).headers['ce_time'] ?? ''))
        .filter((ms) => ms >= 0),
    );
  }
}
