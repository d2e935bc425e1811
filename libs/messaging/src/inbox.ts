import type { Logger } from 'pino';
import type { Tx } from '@accord/core';
import { currentTraceparent, span, withTraceparent } from '@accord/core/observability';
import { readEvent, type Event, type EventType } from '@accord/events';
import type { Incoming } from '@accord/kafka';
import { isDatabaseAway, type ServiceDatabase, type Session } from '@accord/postgres';
import { isFinal, isInTheWay, park, reasonOf, type Parked } from './parked-events.ts';
import type { Subscription, Subscriptions } from './subscription.ts';

export interface HandlingSettings {
  /** Consumer group: `accord.order`. */
  readonly group: string;
  readonly database: ServiceDatabase;
  readonly subscriptions: Subscriptions;
  readonly lockRows?: ((tx: Tx, ids: readonly string[]) => void) | undefined;
  readonly log: Logger;
  /** Writes what else belongs into the transaction that these events are handled in. */
  readonly within?: (tx: Tx, eventIds: readonly string[]) => void;
  readonly onHandled?: (type: string, count: number) => void;
  readonly onFailed?: (type: string) => void;
  readonly onParked?: () => void;
  /** True once nothing more is to be begun: the process stops. */
  readonly isOver?: () => boolean;
  /**
   * True where the database was taken for away again and again, and answers all the same: it may be one
   * event's own doing.
   */
  readonly doubtsAway?: () => boolean;
}

/**
 * Takes the events it sees for the first time and that nobody of their key waits for; names the rest (EVT-8,
 * EVT-9).
 */
const intoInbox = `
  with asked as (select * from unnest($1::uuid[], $2::text[]) as a (event_id, key)),
       waiting as (select distinct key from parked_events where key = any($2::text[])),
       fresh as (
         insert into inbox (event_id) select event_id from asked where key not in (select key from waiting)
         on conflict do nothing returning event_id)
  select a.event_id as "eventId", w.key is not null as waiting, f.event_id is not null as fresh
    from asked a left join waiting w using (key) left join fresh f using (event_id)`;

/**
 * The same where all are seen for the first time and nobody waits; otherwise it fails, and with it all that
 * left with it: of a key that waits the id is null.
 */
const allIntoInbox = `
  insert into inbox (event_id)
  select case when not exists (select from parked_events where key = any($2::text[])) then event_id end from unnest($1::uuid[]) as asked (event_id)`;
const eventIdIsNull = '23502';

export type Received = Incoming & { readonly event: Event };
/** A message that was read, or why it could not be. */
export type Found = Received | Parked;

export const messageOf = (found: Found): Incoming => ('event' in found ? found : found.message);

/** Who an event acts as: its own account, and nobody where it belongs to none. */
export const actorOf = (event: Event) => ({
  kind: 'event' as const,
  id: event.type,
  ...(event.subject.accountId !== undefined && { accountId: event.subject.accountId }),
});

const causeOf = ({ event, headers }: Received) => {
  const traceparent = currentTraceparent() ?? headers['traceparent'];
  return { causationId: event.id, correlationId: event.correlationId, ...(traceparent && { traceparent }) };
};

export const nobody = { kind: 'event' as const, id: 'chunk' };
export const noCause = { causationId: '', correlationId: '' };

/** Runs the handler of one event in the session's transaction. */
export async function handle(
  session: Session,
  subscriptions: Subscriptions,
  received: Received,
): Promise<void> {
  const { event, topic, partition, offset } = received;
  const subscription = subscriptions[event.type] as Subscription | undefined;
  if (!subscription) return;
  const attributes = {
    'messaging.system': 'kafka',
    'messaging.destination.name': topic,
    'messaging.kafka.offset': offset,
    partition,
    eventId: event.id,
  };
  await withTraceparent(received.headers['traceparent'], () =>
    span(`process ${event.type}`, attributes, async () =>
      subscription.on(session.as(actorOf(event), causeOf(received)), event),
    ),
  );
}

/** What cannot be read at all never will be: it is parked as dead at once, in the place of its key. */
export function read(settings: HandlingSettings, message: Incoming): Found {
  try {
    return {
      ...message,
      event: readEvent(message.topic as EventType, JSON.parse(message.value), message.headers),
    };
  } catch (error) {
    const { topic, partition, offset, key, headers } = message;
    const reason = reasonOf(error as Error);
    settings.log.error(
      { eventId: headers['ce_id'], topic, partition, offset, key, reason },
      'event cannot be read',
    );
    return { message, status: 'dead', reason };
  }
}

/**
 * Handles each event in one transaction with its inbox record, many at once (EVT-8); where a handler fails
 * they are rolled back and done again in parts, and the failing event is parked with its key (EVT-9).
 *
 * @returns false where some of it was left undone, because it is over.
 * @throws what `isDatabaseAway` knows: nothing was done or all is remembered, so the same again later.
 */
export const handleMessages = (settings: HandlingSettings, messages: readonly Incoming[]): Promise<boolean> =>
  handleAll(
    settings,
    messages.map((message) => read(settings, message)),
  );

const allRead = (found: readonly Found[]): found is readonly Received[] =>
  found.every((one) => 'event' in one);

export async function handleAll(settings: HandlingSettings, found: readonly Found[]): Promise<boolean> {
  const blame: Blame = {};
  if (await handledAsOne(settings, found, blame)) return true;
  for (const part of partsOf(found, blame))
    if (settings.isOver?.() || !(await handleAll(settings, part))) return false;
  return true;
}

/** False where they have to be handled in parts. */
async function handledAsOne(
  settings: HandlingSettings,
  found: readonly Found[],
  blame: Blame,
): Promise<boolean> {
  const [first] = found;
  if (!allRead(found)) {
    if (found.length === 1) await setAside(settings, first as Parked);
    return found.length === 1;
  }
  try {
    await inOneTransaction(settings, found, blame);
  } catch (error) {
    if (isDatabaseAway(error) && !settings.doubtsAway?.()) throw error;
    if (found.length !== 1) return false;
    await failed(settings, first as Received, error as Error);
  }
  return true;
}

/** Whose handler failed first. */
interface Blame {
  first?: { readonly one: Received; readonly error: unknown };
}

/**
 * In their order: before, the one that cannot be read or is to blame, after. What the server refused may be
 * the fault of another, whose statement nobody waited for: halves.
 */
function partsOf(found: readonly Found[], { first }: Blame): readonly (readonly Found[])[] {
  const unread = found.findIndex((one) => !('event' in one));
  const at = unread === -1 && first && !isOfTheServer(first.error) ? found.indexOf(first.one) : unread;
  const half = Math.ceil(found.length / 2);
  const parts =
    at === -1
      ? [found.slice(0, half), found.slice(half)]
      : [found.slice(0, at), found.slice(at, at + 1), found.slice(at + 1)];
  return parts.filter(({ length }) => length > 0);
}

const isOfTheServer = (error: unknown) => /^[0-9A-Z]{5}$/.test((error as { code?: string }).code ?? '');

async function inOneTransaction(
  settings: HandlingSettings,
  received: readonly Received[],
  blame: Blame,
): Promise<void> {
  const handled = (await inOneWait(settings, received))
    ? received
    : await inTwoWaits(settings, received, blame);
  for (const { event, topic, partition, offset, key } of handled) {
    settings.onHandled?.(event.type, 1);
    settings.log.debug({ eventId: event.id, topic, partition, offset, key }, 'event handled');
  }
}

/**
 * Where a key waits, each chunk with an event of it would be refused, and the server's log would tell of
 * each.
 */
const keyWaitedAt = new WeakMap<ServiceDatabase, number>();
const twoWaitsForMs = 1_000;

/**
 * What only writes leaves together with its inbox records and the commit. False where that failed, so that
 * nothing was done.
 */
async function inOneWait(
  { database, subscriptions, lockRows, within, log }: HandlingSettings,
  received: readonly Received[],
): Promise<boolean> {
  if (!received.every(({ event }) => (subscriptions[event.type] as Subscription | undefined)?.onlyWrites))
    return false;
  if (performance.now() - (keyWaitedAt.get(database) ?? -Infinity) < twoWaitsForMs) return false;
  const eventIds = received.map(({ event }) => event.id);
  const work = async (session: Session) => {
    const tx = session.as(nobody, noCause);
    tx.write(allIntoInbox, [eventIds, received.map(({ key }) => key)]);
    lockAll({ subscriptions, lockRows }, tx, received);
    for (const one of received) await handle(session, subscriptions, one);
    within?.(tx, eventIds);
  };
  try {
    await database.session(nobody, work);
    return true;
  } catch (error) {
    if (isDatabaseAway(error) || isInTheWay(error)) throw error;
    if ((error as { code?: string }).code === eventIdIsNull) keyWaitedAt.set(database, performance.now());
    log.debug(
      { events: eventIds.length, reason: (error as Error).message },
      'events are handled in two waits',
    );
    return false;
  }
}

function lockAll(
  { subscriptions, lockRows }: Pick<HandlingSettings, 'subscriptions' | 'lockRows'>,
  tx: Tx,
  received: readonly Received[],
): void {
  const ids = received.flatMap(
    ({ event }) => (subscriptions[event.type] as Subscription | undefined)?.locks?.(event) ?? [],
  );
  if (ids.length > 1) lockRows?.(tx, ids);
}

/** What is fresh is known before it is handled. Answers what was. */
function inTwoWaits(
  settings: HandlingSettings,
  received: readonly Received[],
  blame: Blame,
): Promise<readonly Received[]> {
  const { database, subscriptions } = settings;
  return database.session(nobody, async (session) => {
    const tx = session.as(nobody, noCause);
    const eventIds = received.map(({ event }) => event.id);
    const places = await tx.many<{ eventId: string; waiting: boolean; fresh: boolean }>(intoInbox, [
      eventIds,
      received.map(({ key }) => key),
    ]);
    const fresh = new Set(places.filter((place) => place.fresh).map(({ eventId }) => eventId));
    const waiting = new Set(places.filter((place) => place.waiting).map(({ eventId }) => eventId));
    const todo = received.filter(({ event }) => fresh.delete(event.id));
    lockAll(settings, tx, todo);
    await eachAccount(todo, (one) =>
      handle(session, subscriptions, one).catch((error: unknown) => {
        blame.first ??= { one, error };
        throw error;
      }),
    );
    settings.within?.(tx, eventIds);
    const behind = received.filter(({ event }) => waiting.has(event.id));
    if (behind.length > 0) {
      await park(
        session,
        settings,
        behind.map((message) => ({ message, status: 'waiting', reason: 'behind an event of its key' })),
      );
    }
    return todo;
  });
}

/**
 * The events of an account one after the other, the accounts beside each other: no two touch the same rows.
 */
async function eachAccount(
  received: readonly Received[],
  work: (one: Received) => Promise<void>,
): Promise<void> {
  const accounts = Map.groupBy(received, ({ event }) => event.subject.accountId);
  const lanes = [...accounts.values()].map(async (ofAccount) => {
    for (const one of ofAccount) await work(one);
  });
  await Promise.all(lanes);
}

function failed(settings: HandlingSettings, one: Received, error: Error): Promise<void> {
  const { topic, partition, offset, key } = one;
  const [dead, reason] = [isFinal(error), reasonOf(error)];
  settings.log.warn(
    { eventId: one.event.id, topic, partition, offset, key, dead, reason },
    'event failed and is parked',
  );
  settings.onFailed?.(one.event.type);
  return setAside(settings, { message: one, status: dead ? 'dead' : 'waiting', reason });
}

export const setAside = ({ database, ...settings }: HandlingSettings, parked: Parked): Promise<void> =>
  database.session(nobody, (session) => park(session, settings, [parked]));
