import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { headersOf, subjectOf, type Event, type EventType, type Fact } from '@accord/events';
import { shardOf } from '@accord/messaging';
import { tellInTransaction } from '@accord/testing/outsider';
import type { Chance } from '../chance.ts';
import { types, type Crowd } from './clients.ts';

/** The versions of each key that were announced: 1 to this one. */
export type Announced = ReadonlyMap<string, number>;

export interface Announcer {
  readonly announced: Announced;
  /** So many events of keys by chance, in one transaction. */
  announce(count: number): Promise<void>;
  /** Announces until it is told to end, about so many a second. */
  start(perSecond: number): { stop(): Promise<void> };
}

interface AnnouncerAsk {
  readonly chance: Chance;
  readonly keys?: number;
  readonly of?: readonly (typeof types)[number][];
  /** Of each payload, about. */
  readonly bytes?: number;
}

const accounts = 5;

function factOf(
  type: (typeof types)[number],
  { id, version, accountId, text }: { id: string; version: number; accountId: string; text: string },
): Fact {
  if (type === 'webhook.disabled')
    return { type, data: { endpointId: id, version, accountId, reason: text } };
  const createdAt = '2026-01-01T00:00:00.000Z';
  return {
    type,
    data: {
      notification: {
        notificationId: id,
        version,
        accountId,
        eventId: text,
        eventType: 'x',
        channel: 'inbox',
        contactId: null,
        createdAt,
      },
    },
  };
}

function rowOf(fact: Fact) {
  const subject = subjectOf(fact);
  const id = randomUUID();
  const event = {
    ...fact,
    id,
    source: '/services/notification',
    time: new Date(),
    actor: 'test',
    causationId: id,
    correlationId: id,
    subject,
  } as Event<EventType>;
  const headers = JSON.stringify(headersOf(event));
  return {
    id,
    type: fact.type,
    key: subject.id,
    version: subject.version,
    payload: JSON.stringify(fact.data),
    headers,
    shard: shardOf(subject.id),
  };
}

/** Tells on the topics without our outbox. */
interface Outsider {
  /** All that it told and did not take back. */
  readonly announced: Announced;
  /** So many events of one type, of keys by chance, in one transaction of the broker. */
  tell(count: number, end: 'commit' | 'abort'): Promise<void>;
}

/** Another program that tells events of keys of its own. */
export function outsiderOf({ brokers, topicPrefix }: Crowd, { chance }: { chance: Chance }): Outsider {
  const announced = new Map<string, number>();
  return {
    announced,
    async tell(count, end) {
      const type = chance.of(types);
      const versions = new Map<string, number>();
      const messages = Array.from({ length: count }, () => {
        const id = `${type}_${chance.below(10)}`;
        const version = (versions.get(id) ?? announced.get(id) ?? 0) + 1;
        versions.set(id, version);
        const { payload, headers } = rowOf(factOf(type, { id, version, accountId: 'acc_0', text: 'told' }));
        return { key: id, value: payload, headers: JSON.parse(headers) as Record<string, string> };
      });
      await tellInTransaction({ brokers: [brokers], topicPrefix }, type, messages, end);
      if (end === 'commit') versions.forEach((version, id) => announced.set(id, version));
    },
  };
}

const store = `insert into outbox (event_id, aggregate_type, aggregate_id, aggregate_version, topic, key,
  type, payload, headers, shard, occurred_at)
  select id, 'test', key, version, type, key, type, payload, headers, shard, now()
    from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[],
    $7::smallint[]) as u (id, type, key, version, payload, headers, shard)`;

/**
 * Puts events into the outbox, as services do, each key's in the order of its versions; all of a key are of
 * one type and account.
 */
export function announcerOf(
  { sql }: Crowd,
  { chance, keys = 40, of = types, bytes = 100 }: AnnouncerAsk,
): Announcer {
  const announced = new Map<string, number>();
  const text = 'x'.repeat(bytes);

  async function announce(count: number) {
    const rows = Array.from({ length: count }, () => {
      const key = chance.below(keys);
      const id = `key_${key}`;
      const version = (announced.get(id) ?? 0) + 1;
      announced.set(id, version);
      return rowOf(factOf(of[key % of.length]!, { id, version, accountId: `acc_${key % accounts}`, text }));
    });
    const columns = (['id', 'type', 'key', 'version', 'payload', 'headers', 'shard'] as const).map((name) =>
      rows.map((row) => row[name]),
    );
    await sql(store, columns);
  }

  return {
    announced,
    announce,
    start(perSecond) {
      let over = false;
      const done = (async () => {
        for (const began = performance.now(), sent = { count: 0 }; !over; await sleep(20)) {
          const due = Math.floor(((performance.now() - began) / 1_000) * perSecond) - sent.count;
          if (due > 0) await announce(Math.min(due, 2_000));
          sent.count += Math.max(0, due);
        }
      })();
      done.catch(() => undefined); // whoever stops it finds out
      return { stop: () => ((over = true), done) };
    },
  };
}
