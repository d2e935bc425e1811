import type { Database } from '@accord/core';
import { readJson } from '@accord/core/runtime';
import { readEvent, type Event, type EventType } from '@accord/events';
import type { Incoming, TopicReaderSettings } from '@accord/kafka';
import { connect, isDatabaseAway, openDatabase, systemClock, type DatabaseAddress } from '@accord/postgres';
import { shadowSchemaOf } from '@accord/postgres/provision';
import { outbox } from '../outbox.ts';
import { isRefused, withStorableNames } from '../parked-events.ts';
import type { Projection, ProjectionWriter, ReadModel } from '../read-model.ts';

/** Counts of messages so far. */
interface ReplayCounts {
  messages: number;
  /** Messages that are no events of their type, or that a rule refuses for ever: no consumer handles them. */
  unreadable: number;
  /** Events that a projection cannot write. */
  refused: number;
  /** Of the first refused events, with topic, partition and offset: `order.placed/3/17 (…)`. */
  readonly reasons: string[];
}

export interface Replay {
  readonly onMessages: TopicReaderSettings<EventType>['onMessages'];
  readonly seen: ReplayCounts;
  /** Runs work between two batches; the next batch waits for it. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Writes nothing from now on. */
  end(): void;
  close(): Promise<void>;
}

const eventsPerTransaction = 500;
const maxReasons = 5;

interface PlacedEvent {
  /** Topic, partition and offset: `order.placed/3/17`. */
  readonly place: string;
  readonly event: Event;
}

/** Writes the events' rows in one transaction. */
type Project = (events: readonly Event[]) => Promise<void>;

/** Runs the projections of these models, and nothing else, on messages, into the models' shadows. */
export function openReplay({
  ownerUrl,
  schema,
  models,
}: {
  ownerUrl: DatabaseAddress;
  schema: string;
  models: readonly ReadModel[];
}): Replay {
  // With the shadows' schema as search_path the live tables cannot be reached by mistake.
  const database = openDatabase({
    url: ownerUrl,
    operatorUrl: ownerUrl,
    schema: shadowSchemaOf(schema),
    source: '',
    clock: systemClock(),
    outbox,
    poolSize: 2,
  });
  const project = projectionsInto(database, models);
  const disowned = disownedIn(ownerUrl, schema);
  const seen: ReplayCounts = { messages: 0, unreadable: 0, refused: 0, reasons: [] };
  const inTurn = oneAfterTheOther();
  let ended = false;
  return {
    seen,
    onMessages: (type, _partition, messages) =>
      inTurn(async () => {
        if (ended) return;
        const known = await disowned();
        const told = messages.filter(
          ({ headers }) => !known.has(`${headers['ce_id']} ${headers['ce_source']}`),
        );
        const placed = told.flatMap((message) => placedEvent(type, message) ?? []);
        for (let from = 0; from < placed.length; from += eventsPerTransaction)
          await projectOrCount(project, seen, placed.slice(from, from + eventsPerTransaction));
        seen.messages += messages.length;
        seen.unreadable += told.length - placed.length;
      }),
    alone: inTurn,
    end: () => void (ended = true),
    close: () => database.close(),
  };
}

/** Writes all events together or, where one cannot be written, in halves; counts those that cannot. */
async function projectOrCount(
  project: Project,
  seen: ReplayCounts,
  placed: readonly PlacedEvent[],
): Promise<void> {
  try {
    return await project(placed.map(({ event }) => event));
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    if (placed.length === 1) return countRefused(seen, placed[0]!, error as Error);
  }
  const half = Math.ceil(placed.length / 2);
  await projectOrCount(project, seen, placed.slice(0, half));
  await projectOrCount(project, seen, placed.slice(half));
}

function countRefused(seen: ReplayCounts, { place }: PlacedEvent, error: Error): void {
  // Its consumers gave it up as well.
  if (isRefused(error)) return void (seen.unreadable += 1);
  seen.refused += 1;
  if (seen.reasons.length < maxReasons) seen.reasons.push(`${place} (${error.message})`);
}

/** Identities of the events that count as never told; asked for once. */
function disownedIn(ownerUrl: DatabaseAddress, schema: string): () => Promise<ReadonlySet<string>> {
  let found: Promise<ReadonlySet<string>> | undefined;
  return () => (found ??= listDisowned(ownerUrl, schema));
}

async function listDisowned(ownerUrl: DatabaseAddress, schema: string): Promise<ReadonlySet<string>> {
  const connection = await connect(ownerUrl, { connectTimeoutMs: 5_000 });
  try {
    const text = `select event_id || ' ' || source as identity from "${schema}".disowned_events`;
    const { rows } = await connection.query<{ identity: string }>(text);
    return new Set(rows.map(({ identity }) => identity));
  } finally {
    await connection.end();
  }
}

/** @throws Error where it stands for versions that its topics have lost. */
const refuseLossOf = ({ restatedFrom, subject }: Event): void => {
  if (restatedFrom !== undefined && restatedFrom < subject.version)
    throw new Error(`stands for versions ${restatedFrom} to ${subject.version}, the others are lost`);
};

function projectionsInto(database: Database, models: readonly ReadModel[]): Project {
  const projections = new Map<EventType, Projection['on'][]>();
  for (const model of models)
    for (const [type, { on }] of Object.entries(model.projections) as [EventType, Projection][]) {
      const checked = model.keepsHistory ? [(_: ProjectionWriter, event: Event) => refuseLossOf(event)] : [];
      projections.set(type, [...(projections.get(type) ?? []), ...checked, on]);
    }
  return (events) =>
    database.transaction(
      { kind: 'system', id: 'rebuild' },
      ({ write }) => {
        const writer: ProjectionWriter = { write };
        for (const event of events) for (const on of projections.get(event.type) ?? []) on(writer, event);
        return Promise.resolve();
      },
      { atOnce: true },
    );
}

/** Undefined where the message is no event of its type: its consumers gave it up as well. */
function placedEvent(type: EventType, message: Incoming): PlacedEvent | undefined {
  try {
    const { value, headers } = withStorableNames(message);
    return {
      place: `${type}/${message.partition}/${message.offset}`,
      event: readEvent(type, readJson(value), headers),
    };
  } catch {
    return undefined;
  }
}

/** Each work begins when the one before it has ended, also if that failed. */
function oneAfterTheOther() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
