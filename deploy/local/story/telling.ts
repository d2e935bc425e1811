import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Event, type EventType, eventTypes, readEvent } from '@accord/events';
import { kafkaOf } from '@accord/platform';
import { type Client, clientOf, type Reply } from '@accord/testing';
import { pino } from 'pino';
import type { StoryContext } from '../start.ts';

export type Who = 'customer' | 'operator' | 'platform' | 'stranger';

export interface Asked {
  /** What a person would say is asked. */
  readonly what: string;
  readonly who: Who;
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Status that must come. */
  readonly status: number;
  /** Stable code of the refusal that must come. */
  readonly code?: string;
  /** Types that must follow from it, here or in other services. */
  readonly follows?: readonly EventType[];
  /** What to show of the answer. */
  readonly shows?: (reply: Reply) => string;
}

interface Seen {
  readonly event: Event;
  readonly at: number;
}

/** Tells the story: asks through the front door, shows the answers and the events that followed, and fails where something is not as it should be. */
export interface Teller {
  readonly accountId: string;
  chapter(title: string): void;
  note(line: string): void;
  ask(asked: Asked): Promise<Reply>;
  /** An event that comes by itself. */
  awaits(type: EventType, matches: (event: Event) => boolean): Promise<Event>;
  /** Waits until `look` gives something. */
  until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T>;
  check(holds: boolean, what: string): void;
  end(): Promise<void>;
}

const away = new Set([502, 503, 504]);

/** What the topics carry from now on. They are read from their beginning, so that nothing is missed when the group is made anew. */
async function watch({ system }: StoryContext) {
  const { topicPrefix, brokers } = system;
  const seen: Seen[] = [];
  const known = new Set<string>();
  const from = Date.now();
  const kafka = kafkaOf({ brokers: brokers.split(','), clientId: 'accord-story', topicPrefix, log: pino({ level: 'silent' }) });
  const consumer = kafka.consumer({ groupId: `${topicPrefix}story.${randomUUID()}`, maxWaitTimeInMs: 10, sessionTimeout: 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: eventTypes.map((type) => topicPrefix + type), fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]));
      const event = readEvent(topic.slice(topicPrefix.length) as EventType, JSON.parse(String(message.value)), headers);
      if (event.time.getTime() >= from && !known.has(event.id)) seen.push({ event, at: performance.now() });
      known.add(event.id);
      return Promise.resolve();
    },
  });
  return { seen, stop: () => consumer.disconnect() };
}

const brief = (body: unknown) => {
  const text = JSON.stringify(body);
  return text === undefined ? '' : text.length > 150 ? `${text.slice(0, 147)}…` : text;
};

const answerOf = ({ status, body, bytes }: Reply, asked: Asked, reply: Reply) => {
  if (asked.shows && status < 400) return asked.shows(reply);
  if (body?.code) return `${body.code}: ${body.detail ?? body.title}`;
  return body === undefined ? `${bytes.length} bytes` : brief(body);
};

export async function startTelling(context: StoryContext, accountId: string): Promise<Teller> {
  const { system, say, patienceMs = 30_000 } = context;
  const { seen, stop } = await watch(context);
  const clients: Record<Who, Client> = {
    customer: clientOf(system.url, () => system.token({ kind: 'customer', accountId, subject: 'usr_li' })),
    operator: clientOf(system.url, () => system.token({ kind: 'operator', subject: 'op_zhang' })),
    platform: clientOf(system.url, () => system.token({ kind: 'platform', subject: 'svc_platform' })),
    stranger: clientOf(system.url, () => system.token({ kind: 'customer', accountId: 'acc_stranger', subject: 'usr_x' })),
  };

  async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
    const started = performance.now();
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      if (performance.now() - started > patienceMs) throw new Error(`waited in vain for ${what}`);
      await sleep(10);
    }
  }

  /** One key for all tries: a service that is away for a moment neither loses nor doubles what was asked (API-6). */
  async function send({ who, method, path, body, headers }: Asked, requestId: string): Promise<Reply> {
    const all = { 'x-request-id': requestId, 'accept-language': 'en', ...(method === 'post' && { 'idempotency-key': requestId }), ...headers };
    const client = clients[who];
    return until(`an answer to ${method} ${path}`, async () => {
      const reply = await (method === 'get' || method === 'delete' ? client[method](path, all) : client[method](path, body, all)).catch(() => undefined);
      return reply === undefined || away.has(reply.status) || reply.body?.code === 'idempotency.in_progress' ? undefined : reply;
    });
  }

  function tellEvents(requestId: string, from: number) {
    const told = seen.filter(({ event }) => event.correlationId === requestId);
    for (const { event, at } of told) say(`     + ${String(Math.round(at - from)).padStart(4)} ms  ${event.type.padEnd(26)} ${event.subject.id}`);
  }

  return {
    accountId,
    until,
    chapter: (title) => say(`\n── ${title}`),
    note: (line) => say(`   ${line}`),
    async ask(asked) {
      const requestId = randomUUID();
      const from = performance.now();
      const reply = await send(asked, requestId);
      say(`\n   ${asked.what}`);
      say(`   → ${asked.method.toUpperCase()} ${asked.path} ${brief(asked.body)}`);
      say(`   ← ${reply.status}  ${answerOf(reply, asked, reply)}`);
      if (reply.status !== asked.status || (asked.code !== undefined && reply.body?.code !== asked.code)) {
        throw new Error(`${asked.what}: expected ${asked.status} ${asked.code ?? ''}, got ${reply.status} ${reply.bytes.toString().slice(0, 2_000)}`);
      }
      for (const type of new Set(asked.follows)) {
        const wanted = asked.follows!.filter((one) => one === type).length;
        const came = () => seen.filter(({ event }) => event.type === type && event.correlationId === requestId).length >= wanted;
        await until(`${wanted} × ${type} after: ${asked.what}`, () => came() || undefined);
      }
      tellEvents(requestId, from);
      return reply;
    },
    async awaits(type, matches) {
      const { event } = await until(type, () => seen.find((one) => one.event.type === type && matches(one.event)));
      say(`     came by itself  ${event.type.padEnd(26)} ${event.subject.id}`);
      return event;
    },
    check(holds, what) {
      if (!holds) throw new Error(`not so: ${what}`);
      say(`   ✓ ${what}`);
    },
    end: stop,
  };
}
