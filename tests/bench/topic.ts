import { setTimeout as sleep } from 'node:timers/promises';
import { kafkaOf } from '@accord/kafka';
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
  const admin = kafkaOf({ brokers, clientId: 'watch', topicPrefix, log }).admin();
  await admin.connect();
  try {
    let first: { at: number; had: number } | undefined;
    for (const deadline = performance.now() + 300_000; performance.now() < deadline; await sleep(lookMs)) {
      const offsets = await admin.fetchTopicOffsets(topicPrefix + topic);
      const had = offsets.reduce((sum, { high }) => sum + Number(high), 0);
      const at = performance.now();
      if (had > 0) first ??= { at, had };
      if (first && had >= count) return (count - first.had) / ((at - first.at) / 1_000);
    }
    throw new Error(`${count} events did not arrive on ${topicPrefix}${topic}`);
  } finally {
    await admin.disconnect();
  }
}

/** @throws Error where an event is missing, there twice, or came before an earlier one of its key. */
export async function checkOrder(
  brokers: readonly string[],
  topicPrefix: string,
  count: number,
): Promise<void> {
  const consumer = kafkaOf({ brokers, clientId: 'check', topicPrefix, log }).consumer({
    groupId: `${topicPrefix}check`,
  });
  const versions = new Map<string, number>();
  let got = 0;
  let wrong = 0;
  await consumer.connect();
  await consumer.subscribe({ topic: topicPrefix + topic, fromBeginning: true });
  await consumer.run({
    eachBatch: ({ batch }) => {
      for (const { key, headers } of batch.messages) {
        const version = Number(headers!['ce_sequence']);
        if (version !== (versions.get(String(key)) ?? 0) + 1) wrong += 1;
        versions.set(String(key), version);
      }
      got += batch.messages.length;
      return Promise.resolve();
    },
  });
  for (let waited = 0; got < count && waited < 600; waited += 1) await sleep(100);
  await consumer.disconnect();
  if (got !== count || wrong > 0) throw new Error(`of ${count} events ${got} arrived, ${wrong} out of order`);
}
