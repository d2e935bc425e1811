import type { Database } from '@accord/core';
import { readEvent, type Event, type EventType } from '@accord/events';
import type { Incoming, TopicReaderSettings } from '@accord/kafka';
import { isDatabaseAway, openDatabase, systemClock } from '@accord/postgres';
import { shadowSchemaOf } from '@accord/postgres/provision';
import { outbox } from '../outbox.ts';
import { isFinal, withStorableNames } from '../parked-events.ts';
import type { Projection, ProjectionWriter, ReadModel } from '../read-model.ts';

export interface Replay {
  readonly onMessages: TopicReaderSettings<EventType>['onMessages'];
  /**
   * Messages so far; those among them that are no events of their type, or that a rule refuses for ever,
   * which nobody ever handles; and events that a projection did not take, with why for the first of them:
   * `order.placed/3/17 (…)`, topic, partition and offset.
   */
  readonly seen: { messages: number; unreadable: number; refused: number; readonly reasons: string[] };
  /**
   * Runs work between two batches, the next of which waits for it. Once the work has said so, nothing is
   * written any more.
   */
  alone<T>(work: () => Promise<T>): Promise<T>;
  end(): void;
  close(): Promise<void>;
}

const inOneTransaction = 500;
const reasonsAtMost = 5;

interface Placed {
  readonly place: string;
  readonly event: Event;
}

/** Runs the projections of these models, and nothing else, on what it is given, into their shadows. */
export function openReplay({
  ownerUrl,
  schema,
  models,
}: {
  ownerUrl: string;
  schema: string;
  models: readonly ReadModel[];
}): Replay {
  // Beside the shadows no table can be seen from there.
  const database = openDatabase({
    url: ownerUrl,
    operatorUrl: ownerUrl,
    schema: shadowSchemaOf(schema),
    source: '',
    clock: systemClock(),
    outbox,
    poolSize: 2,
  });
  const project = projectionOf(database, models);
  const seen: Replay['seen'] = { messages: 0, unreadable: 0, refused: 0, reasons: [] };
  const turns = oneAfterTheOther();
  let ended = false;

  /** All together; where a projection does not take one, by halves. */
  async function take(placed: readonly Placed[]): Promise<void> {
    try {
      return await project(placed.map(({ event }) => event));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      if (placed.length === 1) return refuse(placed[0]!, error as Error);
    }
    const half = Math.ceil(placed.length / 2);
    await take(placed.slice(0, half));
    await take(placed.slice(half));
  }

  function refuse({ place }: Placed, error: Error): void {
    // Its consumers gave it up, too.
    if (isFinal(error)) return void (seen.unreadable += 1);
    seen.refused += 1;
    if (seen.reasons.length < reasonsAtMost) seen.reasons.push(`${place} (${error.message})`);
  }

  return {
    seen,
    onMessages: (type, _partition, messages) =>
      turns(async () => {
        if (ended) return;
        const placed = messages.flatMap((message) => eventOf(type, message) ?? []);
        for (let from = 0; from < placed.length; from += inOneTransaction)
          await take(placed.slice(from, from + inOneTransaction));
        seen.messages += messages.length;
        seen.unreadable += messages.length - placed.length;
      }),
    alone: turns,
    end: () => void (ended = true),
    close: () => database.close(),
  };
}

function projectionOf(database: Database, models: readonly ReadModel[]) {
  const projections = new Map<EventType, Projection['on'][]>();
  for (const [type, { on }] of models.flatMap(
    (model) => Object.entries(model.projections) as [EventType, Projection][],
  )) {
    projections.set(type, [...(projections.get(type) ?? []), on]);
  }
  return (events: readonly Event[]): Promise<void> =>
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

function eventOf(type: EventType, message: Incoming): Placed | undefined {
  try {
    const { value, headers } = withStorableNames(message);
    return {
      place: `${type}/${message.partition}/${message.offset}`,
      event: readEvent(type, JSON.parse(value), headers),
    };
  } catch {
    // No event of its type: its consumers gave it up, and it is counted.
    return undefined;
  }
}

/** Each work begins when the one before it has ended, however it ended. */
function oneAfterTheOther() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}
