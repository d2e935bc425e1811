import { breaches } from '../parts/invariants.ts';
import type { DemoContext } from './context.ts';
import type { Narrator } from './narrator.ts';
import type { Effect } from './request.ts';
import type { Orders } from './shop.ts';

/** An unpaid order ends by itself once its payBy has passed (ORD-8); the story's profile gives it seconds. */
export async function expire({ narrator }: DemoContext, { forgotten, odd, metered }: Orders): Promise<void> {
  narrator.chapter('5 · The forgotten order expires by itself, the special one too');
  for (const { orderId } of [forgotten, odd])
    await narrator.awaits('order.cancelled', ({ subject }) => subject.id === orderId);
  const { body } = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/orders/${forgotten.orderId}`,
  });
  const last = body.history.at(-1);
  narrator.check(
    body.status === 'cancelled',
    `${forgotten.orderId} was to be paid by ${body.payBy} ` +
      `and was cancelled at ${last.at}, by ${last.actor.kind} ${last.actor.id}`,
  );
  const other = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/orders/${metered.orderId}`,
  });
  narrator.check(other.body.status === 'paid', 'an order that owes nothing stays');
}

interface Item {
  readonly eventId: string;
  readonly type: string;
  readonly time: string;
  readonly causationId: string;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly subject: { readonly kind: string; readonly id: string; readonly version: number };
}

export async function tellTimeline({ narrator }: DemoContext, { machine }: Orders): Promise<void> {
  narrator.chapter('13 · All that happened to the machine, over all four services, causes first');
  const look = async () =>
    (
      await narrator.quietly({
        who: 'customer',
        method: 'get',
        path: `/v1/timeline?orderId=${machine.orderId}`,
      })
    ).body.data as Item[];
  const items = await narrator.until('the whole timeline', async () => {
    const found = await look();
    const refunded = found.find(({ type }) => type === 'refund.succeeded');
    const told = found.some(
      ({ type, causationId }) => type === 'notification.sent' && causationId === refunded?.eventId,
    );
    return told && found.some(({ type }) => type === 'order.voided') ? found : undefined;
  });
  for (const { time, type, subject, actor } of items) {
    const who = `${actor.kind}${actor.id ? ` ${actor.id}` : ''}`;
    const about = `${subject.kind} ${subject.id.slice(-12)} v${subject.version}`;
    narrator.note(`${time.slice(11, 23)}  ${type.padEnd(24)} ${about.padEnd(34)} ${who}`);
  }
  const place = new Map(items.map(({ eventId }, i) => [eventId, i]));
  const causesFirst = items.every(({ causationId }, i) => (place.get(causationId) ?? -1) < i);
  narrator.check(causesFirst, `${items.length} events, every cause before its effects (NTF-11)`);
}

export async function checkInvariants({ narrator, settings }: DemoContext): Promise<void> {
  narrator.chapter('14 · What must hold');
  const holds = (flaws: readonly string[], what: string) => {
    for (const flaw of flaws) narrator.note(`✗ ${flaw}`);
    narrator.check(flaws.length === 0, what);
  };
  const found = await breaches(settings.system.databaseUrl, { settleMs: 120_000 });
  const told = found.map(({ rule, says, id, found: what }) => `${rule} ${says}: ${id}: ${what}`);
  holds(
    told,
    'EVT-30 to EVT-33, EVT-36: one live holder per order, holds and holders agree, the ledger sums ' +
      'to zero, the four services agree',
  );
  holds(
    narrator.surprises(),
    'what was asked was followed by the events that are told above, and by no other',
  );
  holds(
    await lostCommands(narrator),
    `EVT-35: each of the ${narrator.commands.length} commands that were accepted shows in what the API gives back`,
  );
}

async function lostCommands({ commands, quietly }: Narrator): Promise<string[]> {
  const paths = new Set(commands.flatMap(({ effects }) => effects.map(({ path }) => path)));
  const read = async (path: string) =>
    [path, await quietly({ who: 'operator', method: 'get', path })] as const;
  const pages = new Map(await Promise.all([...paths].map(read)));
  const isLost = ({ path, shown }: Effect) =>
    pages.get(path)!.status !== 200 || !shown(pages.get(path)!.body);
  return commands.flatMap(({ name, effects }) =>
    effects.filter(isLost).map(({ path }) => `${name} does not show in ${path}`),
  );
}
