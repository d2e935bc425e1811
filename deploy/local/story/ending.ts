import { breaches } from '../invariants.ts';
import type { Orders } from './opening.ts';
import type { Plot } from './plot.ts';

/** An unpaid order ends by itself once its payBy has passed (ORD-8); the story's profile gives it seconds. */
export async function expire({ teller }: Plot, { forgotten, metered }: Orders): Promise<void> {
  teller.chapter('5 · The forgotten order expires by itself');
  await teller.awaits('order.cancelled', ({ subject }) => subject.id === forgotten.orderId);
  const { body } = await teller.quietly({ who: 'customer', method: 'get', path: `/v1/orders/${forgotten.orderId}` });
  const last = body.history.at(-1);
  teller.check(body.status === 'cancelled', `${forgotten.orderId} was to be paid by ${body.payBy} and was cancelled at ${last.at}, by ${last.actor.kind} ${last.actor.id}`);
  const other = await teller.quietly({ who: 'customer', method: 'get', path: `/v1/orders/${metered.orderId}` });
  teller.check(other.body.status === 'paid', 'an order that owes nothing stays');
}

interface Item {
  readonly eventId: string;
  readonly type: string;
  readonly time: string;
  readonly causationId: string;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly subject: { readonly kind: string; readonly id: string; readonly version: number };
}

export async function tellTimeline({ teller }: Plot, { machine }: Orders): Promise<void> {
  teller.chapter('8 · All that happened to the machine, over all four services, causes first');
  const look = async () => (await teller.quietly({ who: 'customer', method: 'get', path: `/v1/timeline?orderId=${machine.orderId}` })).body.data as Item[];
  const items = await teller.until('the whole timeline', async () => {
    const found = await look();
    return found.some(({ type }) => type === 'order.voided') && found.some(({ type }) => type === 'notification.sent') ? found : undefined;
  });
  for (const { time, type, subject, actor } of items) {
    const who = `${actor.kind}${actor.id ? ` ${actor.id}` : ''}`;
    teller.note(`${time.slice(11, 23)}  ${type.padEnd(24)} ${`${subject.kind} ${subject.id.slice(-12)} v${subject.version}`.padEnd(34)} ${who}`);
  }
  const place = new Map(items.map(({ eventId }, i) => [eventId, i]));
  const causesFirst = items.every(({ causationId }, i) => (place.get(causationId) ?? -1) < i);
  teller.check(causesFirst, `${items.length} events, every cause before its effects (NTF-11)`);
}

export async function checkInvariants({ teller, context, accepted }: Plot): Promise<void> {
  teller.chapter('9 · What must hold, on the live databases');
  const found = await breaches(context.system.databaseUrl, { settleMs: 20_000 });
  for (const { rule, says, id, found: what } of found) teller.note(`✗ ${rule} ${says}: ${id}: ${what}`);
  teller.check(found.length === 0, 'EVT-30 to EVT-33, EVT-36: one live holder per order, holds and holders agree, the ledger sums to zero, the four services agree');
  const there = await Promise.all(accepted.map((path) => teller.quietly({ who: 'operator', method: 'get', path: path })));
  teller.check(there.every(({ status }) => status === 200), `EVT-35: all ${accepted.length} accepted commands are visible`);
}
