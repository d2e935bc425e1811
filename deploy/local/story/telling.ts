import { randomUUID } from 'node:crypto';
import type { Event, EventType } from '@accord/events';
import type { Reply } from '@accord/testing';
import type { StoryContext } from '../start.ts';
import { type Request, type Send, sendOf, type Until, untilOf } from './asking.ts';
import { type Seen, watch } from './watching.ts';

export interface Asked extends Request {
  /** What a person would say is asked. */
  readonly what: string;
  /** Status that must come. */
  readonly status: number;
  /** Stable code of the refusal that must come. */
  readonly code?: string;
  /** Types that must follow from it, here or in other services, each as often as it is named. */
  readonly follows?: readonly EventType[];
  /** What to show of the answer. */
  readonly shows?: (reply: Reply) => string;
}

/** Tells the story: asks, shows the answers and the events that followed, and fails where something is not as it should be. */
export interface Teller {
  readonly accountId: string;
  chapter(title: string): void;
  note(line: string): void;
  ask(asked: Asked): Promise<Reply>;
  /** Asks without a word. */
  quietly: Send;
  /** An event that comes by itself. */
  awaits(type: EventType, matches: (event: Event) => boolean): Promise<Event>;
  until: Until;
  check(holds: boolean, what: string): void;
  end(): Promise<void>;
}

const brief = (body: unknown) => {
  const text = JSON.stringify(body);
  return text === undefined ? '' : text.length > 150 ? `${text.slice(0, 147)}…` : text;
};

function answerOf(reply: Reply, { shows }: Asked): string {
  const { status, body, bytes } = reply;
  if (shows && status < 400) return shows(reply);
  if (body?.code) return `${body.code}: ${body.detail ?? body.title}`;
  return body === undefined ? `${bytes.length} bytes` : brief(body);
}

function expectAnswer({ what, status, code }: Asked, reply: Reply): void {
  if (reply.status === status && (code === undefined || reply.body?.code === code)) return;
  throw new Error(`${what}: expected ${status} ${code ?? ''}, got ${reply.status} ${reply.bytes.toString().slice(0, 2_000)}`);
}

async function untilFollowed({ what, follows = [] }: Asked, caused: () => readonly Seen[], until: Until): Promise<void> {
  for (const type of new Set(follows)) {
    const wanted = follows.filter((one) => one === type).length;
    const came = () => caused().filter(({ event }) => event.type === type).length >= wanted;
    await until(`${wanted} × ${type} after: ${what}`, () => came() || undefined);
  }
}

export async function startTelling(context: StoryContext, accountId: string): Promise<Teller> {
  const { say } = context;
  const { seen, stop } = await watch(context);
  const until = untilOf(context);
  const send = sendOf(context, accountId, until);
  return {
    accountId,
    until,
    quietly: send,
    chapter: (title) => say(`\n── ${title}`),
    note: (line) => say(`   ${line}`),
    async ask(asked) {
      const requestId = randomUUID();
      const from = performance.now();
      const reply = await send(asked, requestId);
      say(`\n   ${asked.what}`);
      say(`   → ${asked.method.toUpperCase()} ${asked.path} ${brief(asked.body)}`);
      say(`   ← ${reply.status}  ${answerOf(reply, asked)}`);
      expectAnswer(asked, reply);
      const caused = () => seen.filter(({ event }) => event.correlationId === requestId);
      await untilFollowed(asked, caused, until);
      for (const { event, at } of caused()) say(`     + ${String(Math.round(at - from)).padStart(4)} ms  ${event.type.padEnd(26)} ${event.subject.id}`);
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
