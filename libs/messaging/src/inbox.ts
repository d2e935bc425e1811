import type { Logger } from 'pino';
import type { Tx } from '@accord/core';
import type { Incoming } from '@accord/kafka';
import { isDatabaseAway, type ServiceDatabase } from '@accord/postgres';
import { runHandler, subscriptionOf } from './handler.ts';
import { messagingSession, messagingTx } from './messaging-session.ts';
import { isDatabaseBusy, isFinal, park, parkOne, reasonOf } from './parked-events.ts';
import { identityOf, isReadable, readMessage, type ReadMessage, type ReceivedEvent } from './read-message.ts';
import type { Subscriptions } from './subscription.ts';

export interface InboxSettings {
  /** Consumer group: `accord.order`. */
  readonly group: string;
  readonly database: ServiceDatabase;
  readonly subscriptions: Subscriptions;
  /** Locks the rows with these ids, in one statement and in id order, before a batch is handled. */
  readonly lockRows?: ((tx: Tx, ids: readonly string[]) => void) | undefined;
  readonly log: Logger;
  /** Writes in the transaction in which so many events are handled. */
  readonly alsoWrite?: (tx: Tx, events: number) => void;
  readonly onHandled?: (type: string, count: number) => void;
  readonly onFailed?: (type: string) => void;
  readonly onParked?: () => void;
  /** True once the process stops: nothing more is begun. */
  readonly isStopping?: () => boolean;
  /**
   * True where handling failed again and again as if the database were away, while it answers: one event may
   * be the cause, so a batch is divided and that event is parked.
   */
  readonly doubtsOutage?: () => boolean;
}

/**
 * Inserts the events that are seen for the first time and whose key does not wait; tells of each event which
 * it is (EVT-8, EVT-9).
 */
const insertFresh = `
  with asked as (select * from unnest($1::uuid[], $2::text[], $3::text[]) as a (event_id, source, key)),
       waiting as (select distinct key from parked_events where key = any($3::text[])),
       fresh as (
         insert into inbox (event_id, source)
         select event_id, source from asked where key not in (select key from waiting)
         on conflict do nothing returning event_id, source)
  select event_id || ' ' || source as identity, w.key is not null as waiting, f.event_id is not null as fresh
    from asked left join waiting w using (key) left join fresh f using (event_id, source)`;

/**
 * Inserts all or fails: an event that was seen before breaks the primary key, and one whose key waits gets
 * the id null.
 */
const insertAll = `
  insert into inbox (event_id, source)
  select case when not exists (select from parked_events where key = any($3::text[])) then event_id end, source
    from unnest($1::uuid[], $2::text[]) as asked (event_id, source)`;
const valuesOf = (batch: readonly ReceivedEvent[]) => [
  batch.map(({ event }) => event.id),
  batch.map(({ event }) => event.source),
  batch.map(({ key }) => key),
];
const notNullViolation = '23502';

/**
 * Handles each event in one transaction with its inbox record, many events in one transaction (EVT-8). Where
 * a handler fails, the batch is rolled back and handled again in parts, and the failing event is parked with
 * its key (EVT-9).
 *
 * @returns false where the process stops and some of it was not handled.
 * @throws errors of which `isDatabaseAway` is true. Each event then is handled and recorded or not at all, so
 * the same batch may be handled again.
 */
export const handleMessages = (settings: InboxSettings, messages: readonly Incoming[]): Promise<boolean> =>
  handleBatch(
    settings,
    messages.map((message) => readMessage(message, settings.log)),
  );

/** `handleMessages` of messages that were read before. */
export async function handleBatch(settings: InboxSettings, batch: readonly ReadMessage[]): Promise<boolean> {
  const failure: Failure = {};
  if (await handledTogether(settings, batch, failure)) return true;
  for (const part of splitBatch(batch, failure))
    if (settings.isStopping?.() || !(await handleBatch(settings, part))) return false;
  return true;
}

/** False where the batch has to be split. */
async function handledTogether(
  settings: InboxSettings,
  batch: readonly ReadMessage[],
  failure: Failure,
): Promise<boolean> {
  const [first] = batch;
  if (!batch.every(isReadable)) {
    if (batch.length > 1 || !first || isReadable(first)) return false;
    await parkOne(settings, { ...first, status: 'dead' });
    return true;
  }
  try {
    await handleReadable(settings, batch, failure);
  } catch (error) {
    if (isDatabaseAway(error) && !settings.doubtsOutage?.()) throw error;
    if (batch.length !== 1) return false;
    await parkFailed(settings, batch[0]!, error as Error);
  }
  return true;
}

/** The handler of a batch that failed first. */
interface Failure {
  first?: { readonly message: ReceivedEvent; readonly error: unknown };
}

/**
 * A failed batch, divided in its order so that the culprit ends up alone: around the message known to be at
 * fault, else in halves.
 */
function splitBatch(batch: readonly ReadMessage[], failure: Failure): readonly (readonly ReadMessage[])[] {
  const culprit = indexOfCulprit(batch, failure);
  if (culprit === undefined) return halvesOf(batch);
  return nonEmpty([batch.slice(0, culprit), [batch[culprit]!], batch.slice(culprit + 1)]);
}

function halvesOf<T>(batch: readonly T[]): readonly (readonly T[])[] {
  const half = Math.ceil(batch.length / 2);
  return nonEmpty([batch.slice(0, half), batch.slice(half)]);
}

const nonEmpty = <T>(parts: readonly (readonly T[])[]) => parts.filter(({ length }) => length > 0);

function indexOfCulprit(batch: readonly ReadMessage[], { first }: Failure): number | undefined {
  const unreadable = batch.findIndex((message) => !isReadable(message));
  if (unreadable !== -1) return unreadable;
  // An SQLSTATE may come from another handler's un-awaited write; only a handler's own error names its event.
  if (!first || isSqlError(first.error)) return undefined;
  const index = batch.indexOf(first.message);
  return index === -1 ? undefined : index;
}

const isSqlError = (error: unknown) => /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '');

async function handleReadable(
  settings: InboxSettings,
  batch: readonly ReceivedEvent[],
  failure: Failure,
): Promise<void> {
  const handled = (await writeOnly(settings, batch)) ? batch : await checkedFirst(settings, batch, failure);
  for (const { event, topic, partition, offset, key } of handled) {
    settings.onHandled?.(event.type, 1);
    settings.log.debug({ eventId: event.id, topic, partition, offset, key }, 'event handled');
  }
}

/**
 * When `writeOnly` last met a key that waits, as `performance.now()`. Further batches with events of that key
 * would be refused too, each with an error in the server's log.
 */
const keyWaitedAt = new WeakMap<ServiceDatabase, number>();
const checkedFirstForMs = 1_000;

/**
 * Handles a batch whose handlers only write in one round trip: inbox records, the handlers' rows and the
 * commit leave together. False where it cannot be handled so; nothing was done then.
 */
async function writeOnly(settings: InboxSettings, batch: readonly ReceivedEvent[]): Promise<boolean> {
  const { database, subscriptions, log } = settings;
  if (!batch.every(({ event }) => subscriptionOf(subscriptions, event)?.onlyWrites)) return false;
  if (performance.now() - (keyWaitedAt.get(database) ?? -Infinity) < checkedFirstForMs) return false;
  try {
    await messagingSession(database, async (session) => {
      const tx = messagingTx(session);
      tx.write(insertAll, valuesOf(batch));
      lockRowsOf(batch, settings, tx);
      for (const received of batch) await runHandler(session, subscriptions, received);
      settings.alsoWrite?.(tx, batch.length);
    });
    return true;
  } catch (error) {
    if (isDatabaseAway(error) || isDatabaseBusy(error)) throw error;
    if ((error as { code?: string }).code === notNullViolation) keyWaitedAt.set(database, performance.now());
    log.debug(
      { events: batch.length, reason: (error as Error).message },
      'batch is checked before it is handled',
    );
    return false;
  }
}

function lockRowsOf(
  batch: readonly ReceivedEvent[],
  { subscriptions, lockRows }: Pick<InboxSettings, 'subscriptions' | 'lockRows'>,
  tx: Tx,
): void {
  const ids = batch.flatMap(({ event }) => subscriptionOf(subscriptions, event)?.locks?.(event) ?? []);
  if (ids.length > 1) lockRows?.(tx, ids);
}

/**
 * Asks first which events are fresh, handles those, and parks the events whose key waits.
 *
 * @returns the events that were handled.
 */
function checkedFirst(
  settings: InboxSettings,
  batch: readonly ReceivedEvent[],
  failure: Failure,
): Promise<readonly ReceivedEvent[]> {
  const { database, subscriptions } = settings;
  return messagingSession(database, async (session) => {
    const tx = messagingTx(session);
    const states = await tx.many<{ identity: string; waiting: boolean; fresh: boolean }>(
      insertFresh,
      valuesOf(batch),
    );
    const fresh = new Set(states.filter((state) => state.fresh).map(({ identity }) => identity));
    const waiting = new Set(states.filter((state) => state.waiting).map(({ identity }) => identity));
    // An identity is deleted when it is met, so an event that is twice in the batch is handled once.
    const todo = batch.filter((received) => fresh.delete(identityOf(received)));
    lockRowsOf(todo, settings, tx);
    await byAccount(todo, (message) =>
      runHandler(session, subscriptions, message).catch((error: unknown) => {
        failure.first ??= { message, error };
        throw error;
      }),
    );
    settings.alsoWrite?.(tx, batch.length);
    const behind = batch.filter((received) => waiting.has(identityOf(received)));
    if (behind.length > 0) {
      await park(
        tx,
        settings,
        behind.map((message) => ({ message, status: 'waiting', reason: 'behind an event of its key' })),
      );
    }
    return todo;
  });
}

/** Events of one account run one after the other; accounts run beside each other, for they share no rows. */
async function byAccount(
  batch: readonly ReceivedEvent[],
  work: (received: ReceivedEvent) => Promise<void>,
): Promise<void> {
  const accounts = Map.groupBy(batch, ({ event }) => event.subject.accountId);
  const lanes = [...accounts.values()].map(async (ofAccount) => {
    for (const received of ofAccount) await work(received);
  });
  await Promise.all(lanes);
}

function parkFailed(settings: InboxSettings, message: ReceivedEvent, error: Error): Promise<void> {
  const { event, topic, partition, offset, key } = message;
  const [dead, reason] = [isFinal(error), reasonOf(error)];
  settings.log.warn(
    { eventId: event.id, topic, partition, offset, key, dead, reason },
    'event failed and is parked',
  );
  settings.onFailed?.(event.type);
  return parkOne(settings, { message, status: dead ? 'dead' : 'waiting', reason });
}
