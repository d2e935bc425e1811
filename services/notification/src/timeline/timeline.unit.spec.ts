import fc from 'fast-check';
import { inCausalOrder, linksOf, starterOf, type TimelineEvent } from './timeline.ts';

const start = Date.parse('2026-01-10T00:00:00.000Z');
const event = (eventId: string, more: Partial<TimelineEvent> = {}): TimelineEvent => ({
  eventId,
  source: '/services/order',
  accountId: 'acc_1',
  type: 'order.changed',
  time: new Date(start),
  actor: 'event:x',
  causationId: 'request',
  correlationId: 'request',
  aggregate: 'order',
  aggregateId: eventId,
  aggregateVersion: 1,
  data: {},
  ...more,
});
const order = (events: readonly TimelineEvent[]) => inCausalOrder(events).map(({ eventId }) => eventId);

test('NTF-11 a cause stands before its effect, whatever the clocks say', () => {
  const cancelled = event('b-cancelled', { time: new Date(start + 50) });
  const voided = event('a-voided', { causationId: 'b-cancelled', time: new Date(start) });
  expect(order([voided, cancelled])).toEqual(['b-cancelled', 'a-voided']);
});

test("NTF-11 an aggregate's versions stand in their order; the rest by time, then id", () => {
  const third = event('x3', { aggregateId: 'o', aggregateVersion: 3, time: new Date(start) });
  const first = event('x1', { aggregateId: 'o', aggregateVersion: 1, time: new Date(start + 2) });
  const other = event('y', { time: new Date(start + 1) });
  const sameTime = event('z', { time: new Date(start + 1) });
  expect(order([third, sameTime, first, other])).toEqual(['y', 'z', 'x1', 'x3']);
});

test('NTF-11 causes that run in a circle are still told, the earliest first', () => {
  expect(
    order([
      event('a', { causationId: 'b' }),
      event('b', { causationId: 'a', time: new Date(start - 1) }),
      event('c', { causationId: 'c' }),
    ]),
  ).toEqual(['c', 'b', 'a']);
});

/** Histories as they happen: what an event follows from happened before it, though its clock may be wrong. */
const history = fc
  .array(
    fc.record({
      cause: fc.nat(),
      drift: fc.integer({ min: -3, max: 3 }),
      aggregate: fc.integer({ min: 0, max: 3 }),
      grows: fc.boolean(),
      id: fc.nat({ max: 1e6 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((steps) => {
    const events: TimelineEvent[] = [];
    const versions = new Map<number, number>();
    steps.forEach(({ cause, drift, aggregate, grows, id }, i) => {
      const version = (versions.get(aggregate) ?? 1) + (grows ? 1 : 0);
      versions.set(aggregate, version);
      const causationId = i > 0 && cause % 3 > 0 ? events[cause % i]!.eventId : 'request';
      events.push(
        event(`${id}-${i}`, {
          causationId,
          time: new Date(start + i + drift),
          aggregateId: String(aggregate),
          aggregateVersion: version,
        }),
      );
    });
    return events;
  });

test('NTF-11 any order of arrival gives the same timeline, with causes and versions in their order', () => {
  const arrivals = history.chain((events) =>
    fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
  );
  fc.assert(
    fc.property(arrivals, ([events, arrived]) => {
      const told = inCausalOrder(arrived);
      expect(told.map(({ eventId }) => eventId)).toEqual(order(events));
      const place = new Map(told.map(({ eventId }, i) => [eventId, i]));
      for (const later of told) {
        const cause = place.get(later.causationId);
        if (cause !== undefined) expect(cause).toBeLessThan(place.get(later.eventId)!);
        for (const other of told) {
          if (other.aggregateId !== later.aggregateId || other.aggregateVersion >= later.aggregateVersion)
            continue;
          expect(place.get(other.eventId)).toBeLessThan(place.get(later.eventId)!);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('NTF-11 ten thousand events that come in reverse are put in order', () => {
  const events = Array.from({ length: 10_000 }, (_, i) =>
    event(String(i).padStart(5, '0'), {
      time: new Date(start + i),
      causationId: String(i - 1).padStart(5, '0'),
    }),
  );
  expect(order(events.toReversed())).toEqual(events.map(({ eventId }) => eventId));
});

test('NTF-11 an event is about everything that its payload names', () => {
  expect(
    linksOf({ order: { orderId: 'ord_1', hold: { kind: 'contract', id: 'ctr_1' } }, reason: 'expired' }),
  ).toEqual([
    { kind: 'order', id: 'ord_1' },
    { kind: 'contract', id: 'ctr_1' },
  ]);
  expect(
    linksOf({
      holder: { kind: 'refund', id: 'rfd_1' },
      orders: [{ orderId: 'ord_1', hold: null }, { orderId: 'ord_2' }, { orderId: 'ord_1' }],
    }),
  ).toEqual([
    { kind: 'refund', id: 'rfd_1' },
    { kind: 'order', id: 'ord_1' },
    { kind: 'order', id: 'ord_2' },
  ]);
  expect(linksOf({ contract: { contractId: 'ctr_1', orderIds: ['ord_1'] }, orderId: null })).toEqual([
    { kind: 'contract', id: 'ctr_1' },
    { kind: 'order', id: 'ord_1' },
  ]);
  expect(linksOf({ notification: { eventId: 'e1', contactId: 'c1' } })).toEqual([
    { kind: 'event', id: 'e1' },
  ]);
});

test('NTF-11 who set off a chain is found through the events that followed by themselves', () => {
  const events = [
    event('a', { actor: 'customer:usr_1' }),
    event('b', { actor: 'event:a', causationId: 'a' }),
    event('c', { actor: 'system:mailer', causationId: 'b' }),
    event('d', { actor: 'event:gone', causationId: 'gone' }),
  ];
  const byId = new Map(events.map((one) => [one.eventId, one]));
  expect(events.map((one) => starterOf(one, byId))).toEqual([
    'customer:usr_1',
    'customer:usr_1',
    'customer:usr_1',
    undefined,
  ]);
});
