import { readdirSync, readFileSync } from 'node:fs';
import { eventTypes, parseFact, subjectOf, type Event, type EventType } from '@accord/events';
import { timelineEvent } from '../timeline/timeline.ts';
import { notices } from './notice.ts';
import { publicEvent } from './public-event.ts';

const samples = new URL('../../../../libs/events/samples/', import.meta.url);

/** Every recorded sample, of every version of its type. */
const recorded: Event[] = readdirSync(samples)
  .filter((name) => name.endsWith('.json'))
  .map((name) => {
    const { topic, headers, value } = JSON.parse(readFileSync(new URL(name, samples), 'utf8')) as {
      topic: EventType;
      headers: Record<string, string>;
      value: unknown;
    };
    const fact = parseFact(topic, value);
    return {
      ...fact,
      id: headers['ce_id']!,
      source: headers['ce_source']!,
      correlationId: headers['ce_correlationid']!,
      causationId: headers['ce_causationid']!,
      time: new Date(headers['ce_time']!),
      actor: headers['ce_actor']!,
      subject: subjectOf(fact),
    };
  });
const ofAccounts = recorded.flatMap((event) => {
  const { accountId } = event.subject;
  return accountId === undefined ? [] : [{ event, accountId }];
});

/** `order.orderId`, one level deep: how the table names fields. */
const fieldsOf = (data: Readonly<Record<string, unknown>>, named: ReadonlySet<string>): string[] =>
  Object.entries(data).flatMap(([first, value]) =>
    named.has(first) ? [first] : Object.keys(value as object).map((second) => `${first}.${second}`),
  );

test.each(eventTypes)('NTF-1 customers see fields of %s, or it is of no account', (type) => {
  const isOfAccounts = ofAccounts.some(({ event }) => event.type === type);
  expect({ type, hasFields: notices[type].visible.length > 0 }).toEqual({ type, hasFields: isOfAccounts });
});

test('NTF-1 an event goes out with the fields that its type names, and with no others', () => {
  expect(ofAccounts.length).toBeGreaterThan(eventTypes.length / 2);
  for (const { event, accountId } of ofAccounts) {
    const named = new Set<string>(notices[event.type].visible);
    const shown = publicEvent(timelineEvent(event, accountId));
    expect({ type: event.type, fields: new Set(fieldsOf(shown.data, named)) }).toEqual({
      type: event.type,
      fields: named,
    });
    expect(Object.keys(shown).sort()).toEqual(['accountId', 'data', 'id', 'subject', 'timestamp', 'type']);
  }
});

test('NTF-1 of an event that was kept before, a field that is public no more stays inside', () => {
  const { event, accountId } = ofAccounts.find(({ event: { type } }) => type === 'webhook.disabled')!;
  const kept = timelineEvent(event, accountId);
  const { subject } = event;
  expect(publicEvent({ ...kept, data: { ...kept.data, accountId, inner: 'note' } })).toEqual({
    id: event.id,
    type: 'webhook.disabled',
    timestamp: event.time.toISOString(),
    accountId,
    subject: { kind: 'webhook_endpoint', id: subject.id, version: subject.version },
    data: { endpointId: subject.id, reason: kept.data['reason'] },
  });
});
