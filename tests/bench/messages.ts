import { readFileSync } from 'node:fs';
import { headersOf, readEvent, type Event } from '@accord/events';

export const topic = 'order.cancelled';
const sampleUrl = new URL(`../../libs/events/samples/${topic}.1.json`, import.meta.url);

export interface Message {
  readonly key: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** Messages of the size and the headers that services really send, each key's versions in order. */
export function messages(count: number, keys: number): Message[] {
  const recorded = JSON.parse(readFileSync(sampleUrl, 'utf8')) as {
    value: unknown;
    headers: Record<string, string>;
  };
  const sample = readEvent(topic, recorded.value, recorded.headers);
  const value = JSON.stringify(sample.data);
  return Array.from({ length: count }, (_, i) => {
    const key = `ord_${i % keys}`;
    const event = {
      ...sample,
      id: crypto.randomUUID(),
      subject: { ...sample.subject, id: key, version: Math.floor(i / keys) + 1 },
    } as Event;
    return {
      key,
      value,
      headers: headersOf(event, { traceparent: recorded.headers['traceparent'] }),
    };
  });
}

export const batches = <T>(items: readonly T[], size: number) =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

const lanes = 4;
const batchSize = 500;

/**
 * As many publishers beside each other as the relay has, one batch in flight each and each key by one of
 * them. @returns events a second.
 */
export async function publish(
  work: readonly Message[],
  openPublisher: () => Promise<{ send(batch: readonly Message[]): Promise<unknown>; close(): Promise<void> }>,
): Promise<number> {
  const publishers = await Promise.all(Array.from({ length: lanes }, openPublisher));
  const laneOf = new Map([...new Set(work.map(({ key }) => key))].map((key, i) => [key, i % lanes]));
  const parts = publishers.map((publisher, lane) => ({
    publisher,
    sent: batches(
      work.filter(({ key }) => laneOf.get(key) === lane),
      batchSize,
    ),
  }));
  const started = performance.now();
  await Promise.all(
    parts.map(async ({ publisher, sent }) => {
      for (const batch of sent) await publisher.send(batch);
    }),
  );
  const seconds = (performance.now() - started) / 1_000;
  await Promise.all(publishers.map(({ close }) => close()));
  return work.length / seconds;
}
