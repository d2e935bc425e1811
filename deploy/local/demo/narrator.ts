import { randomUUID } from 'node:crypto';
import type { Event, EventType } from '@accord/events';
import type { Reply } from '@accord/testing';
import { mailLine } from '../parts/mailbox.ts';
import { commandOf, sendOf, untilOf, type Command, type Request, type Send, type Until } from './request.ts';
import type { DemoSettings } from './settings.ts';
import { watch, type Seen } from './topic-watcher.ts';

export interface NarratedRequest extends Request {
  /** The request, as a person would say it. */
  readonly what: string;
  /** Status that must come. */
  readonly status: number;
  /** Stable code of the refusal that must come. */
  readonly code?: string;
  /**
   * All that follows from it, here and in other services, each type as often as it is named; what the mails
   * tell is left out.
   */
  readonly follows?: readonly EventType[];
  /**
   * Where a worker does it afterwards: its first event, and what that is about. All that follows from it
   * follows from the request, too.
   */
  readonly worker?: { readonly announces: EventType; readonly about: (reply: Reply) => string };
  /** The part of the answer to show. */
  readonly shows?: (reply: Reply) => string;
}

/**
 * Tells the story: asks, shows the answers, the events that followed and the mails, and fails where something
 * is not as it should be.
 */
export interface Narrator {
  readonly accountId: string;
  /** All that were accepted. */
  readonly commands: readonly Command[];
  chapter(title: string): void;
  note(line: string): void;
  ask(asked: NarratedRequest): Promise<Reply>;
  /** Asks without a word. */
  quietly: Send;
  /** An event that comes by itself. */
  awaits(type: EventType, matches: (event: Event) => boolean): Promise<Event>;
  until: Until;
  check(holds: boolean, what: string): void;
  /** Requests that were followed by other events than were told. */
  surprises(): readonly string[];
  end(): Promise<void>;
}

const brief = (body: unknown) => {
  const text = JSON.stringify(body);
  return text === undefined ? '' : text.length > 150 ? `${text.slice(0, 147)}…` : text;
};

function answerOf(reply: Reply, { shows }: NarratedRequest): string {
  const { status, body, bytes } = reply;
  if (shows && status < 400) return shows(reply);
  if (body?.code) return `${body.code}: ${body.detail ?? body.title}`;
  return body === undefined ? `${bytes.length} bytes` : brief(body);
}

function expectAnswer({ what, status, code }: NarratedRequest, reply: Reply): void {
  if (reply.status === status && (code === undefined || reply.body?.code === code)) return;
  throw new Error(
    `${what}: expected ${status} ${code ?? ''}, got ${reply.status} ${reply.bytes.toString().slice(0, 2_000)}`,
  );
}

const typesOf = (seen: readonly Seen[]) => seen.map(({ event }) => event.type);
const ofType = (types: readonly EventType[], type: EventType) => types.filter((one) => one === type).length;

/** The events that came of a request: under its id, and under the ids of the work that it set going. */
const causedBy = (ids: ReadonlySet<string>, seen: readonly Seen[]) =>
  seen.filter(({ event }) => ids.has(event.correlationId) && !event.type.startsWith('notification.'));

async function untilFollowed(
  { what, follows = [] }: NarratedRequest,
  caused: () => readonly Seen[],
  until: Until,
): Promise<void> {
  for (const type of new Set(follows)) {
    const wanted = ofType(follows, type);
    await until(
      `${wanted} × ${type} after: ${what}`,
      () => ofType(typesOf(caused()), type) >= wanted || undefined,
    );
  }
}

/** Tells each mail once, after what was told before it came. */
function mailNarratorOf({ system, say }: DemoSettings): () => void {
  let told = 0;
  return () => {
    const fresh = system.mails.slice(told);
    told += fresh.length;
    for (const mail of fresh) say(`   ${mailLine(mail)}`);
  };
}

export async function startNarrator(settings: DemoSettings, accountId: string): Promise<Narrator> {
  const { say } = settings;
  const { seen, stop } = await watch(settings);
  const until = untilOf(settings);
  const commands: Command[] = [];
  const send = remembering(sendOf(settings, accountId, until), commands);
  const tellMails = mailNarratorOf(settings);
  const { ask, surprises } = requesterOf({ say, send, seen, until, tellMails });
  return {
    accountId,
    commands,
    until,
    ask,
    surprises,
    quietly: send,
    chapter(title) {
      tellMails();
      say(`\n── ${title}`);
    },
    note: (line) => say(`   ${line}`),
    async awaits(type, matches) {
      const { event } = await until(type, () =>
        seen.find((one) => one.event.type === type && matches(one.event)),
      );
      say(`     came by itself  ${event.type.padEnd(26)} ${event.subject.id}`);
      return event;
    },
    check(holds, what) {
      if (!holds) throw new Error(`not so: ${what}`);
      say(`   ✓ ${what}`);
    },
    async end() {
      await stop();
      tellMails();
    },
  };
}

const remembering =
  (send: Send, commands: Command[]): Send =>
  async (request, requestId) => {
    const reply = await send(request, requestId);
    const command = commandOf(request, reply);
    if (command) commands.push(command);
    return reply;
  };

type RequesterParts = Pick<DemoSettings, 'say'> & {
  send: Send;
  seen: readonly Seen[];
  until: Until;
  tellMails: () => void;
};

function requesterOf({
  say,
  send,
  seen,
  until,
  tellMails,
}: RequesterParts): Pick<Narrator, 'ask' | 'surprises'> {
  const all: { asked: NarratedRequest; caused: () => readonly Seen[] }[] = [];
  return {
    async ask(asked) {
      tellMails();
      const requestId = randomUUID();
      const from = performance.now();
      const reply = await send(asked, requestId);
      say(`\n   ${asked.what}`);
      say(`   → ${asked.method.toUpperCase()} ${asked.path} ${brief(asked.body)}`.trimEnd());
      say(`   ← ${reply.status}  ${answerOf(reply, asked)}`);
      expectAnswer(asked, reply);
      const ids = new Set<string>([requestId]);
      const caused = () => causedBy(ids, seen);
      if (asked.worker) {
        const { announces, about } = asked.worker;
        const { event } = await until(announces, () =>
          seen.find((one) => one.event.type === announces && one.event.subject.id === about(reply)),
        );
        ids.add(event.correlationId);
      }
      await untilFollowed(asked, caused, until);
      all.push({ asked, caused });
      for (const { event, at } of caused())
        say(
          `     + ${String(Math.round(at - from)).padStart(4)} ms  ${event.type.padEnd(26)} ${event.subject.id}`,
        );
      return reply;
    },
    surprises: () =>
      all.flatMap(({ asked: { what, follows = [] }, caused }) => {
        const came = typesOf(caused()).sort();
        return came.join() === [...follows].sort().join() ? [] : [`${what}: ${came.join(', ') || 'nothing'}`];
      }),
  };
}
