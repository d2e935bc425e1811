import { setTimeout as sleep } from 'node:timers/promises';
import { openAdmin, openKafka, readTopics } from '@accord/kafka';
import { log } from './environment.ts';
import { topic } from './messages.ts';

const lookMs = 20;

/**
 * Events a second, from the first on the topic until so many are, as the broker says. @throws Error after
 * five minutes.
 */
export async function arrived(
  brokers: readonly string[],
  topicPrefix: string,
  count: number,
): Promise<number> {
  const admin = await openAdmin(openKafka({ brokers, clientId: 'watch', topicPrefix, log }));
  try {
    let first: { at: number; had: number } | undefined;
    for (const deadline = performance.now() + 300_000; performance.now() < deadline; await sleep(lookMs)) {
      const ranges = await admin.offsetRanges([topic]);
      const had = ranges.reduce((sum, { high }) => sum + Number(high), 0);
      const at = performance.now();
      if (had > 0) first ??= { at, had };
      if (first && had >= count) return (count - first.had) / ((at - first.at) / 1_000);
    }
    throw new Error(`${count} events did not arrive on ${topicPrefix}${topic}`);
  } finally {
    await admin.close();
  }
}

/** @throws Error where an event is missing, there twice, or came before an earlier one of its key. */
export async function checkOrder(
  brokers: readonly string[],
  topicPrefix: string,
  count: number,
): Promise<void> {
  const versions = new Map<string, number>();
  let got = 0;
  let wrong = 0;
  const reader = await readTopics(openKafka({ brokers, clientId: 'check', topicPrefix, log }), {
    reader: 'check',
    topics: [topic],
    onMessages(_topic, _partition, messages) {
      for (const { key, headers } of messages) {
        const version = Number(headers['ce_sequence']);
        if (version !== (versions.get(key) ?? 0) + 1) wrong += 1;
        versions.set(key, version);
      }
      got += messages.length;
    },
  });
  for (let waited = 0; got < count && waited < 600; waited += 1) await sleep(100);
  await reader.close();
  if (got !== count || wrong > 0) throw new Error(`of ${count} events ${got} arrived, ${wrong} out of order`);
}
