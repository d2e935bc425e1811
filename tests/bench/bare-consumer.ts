// Floors of consuming, as a process of its own: kafkajs and what nobody can do without. Nothing is checked
// against a schema, remembered or tried again.
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import pg from 'pg';
import '@accord/kafka'; // with its patches of kafkajs, as our consumer has them
import { countOne } from './counting.ts';

export interface BareConsumerAsk {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly topic: string;
  readonly count: number;
  /** Where each event has its effect; absent: it is decoded and forgotten. */
  readonly effect?: { readonly url: string; readonly schema: string };
}

const decoded = ({ key, value, headers }: KafkaMessage) => ({
  key: String(key),
  data: JSON.parse(String(value)) as unknown,
  headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)])),
});
type Decoded = ReturnType<typeof decoded>;

/** Counts the events fetched together in one transaction, a statement for each event, all sent at once. */
async function counting({ url, schema }: { url: string; schema: string }) {
  const client = new pg.Client({
    connectionString: url,
    options: `-c search_path=${schema}`,
    pipeline: true,
  } as pg.ClientConfig);
  await client.connect();
  let last: Promise<unknown> = Promise.resolve();
  const countAll = (messages: readonly Decoded[]) =>
    Promise.all([
      client.query('begin'),
      ...messages.map(({ key, headers }) =>
        client.query({
          name: 'count',
          text: countOne,
          values: [key, headers['ce_accountid'], headers['ce_sequence']],
        }),
      ),
      client.query('commit'),
    ]);
  return (messages: readonly Decoded[]) => (last = last.then(() => countAll(messages)));
}

/** Events a second, from having joined the group. */
async function consume({ brokers, topicPrefix, topic, count, effect }: BareConsumerAsk): Promise<number> {
  const haveEffect = effect && (await counting(effect));
  const kafka = new Kafka({ brokers: [...brokers], clientId: 'floor', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId: `${topicPrefix}floor.${effect ? 'effect' : 'decoding'}`,
    maxWaitTimeInMs: 100,
  });
  const joined = new Promise<number>((resolve) =>
    consumer.on(consumer.events.GROUP_JOIN, () => resolve(performance.now())),
  );
  await consumer.connect();
  await consumer.subscribe({ topic: topicPrefix + topic, fromBeginning: true });
  let seen = 0;
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: KafkaMessage[] } }) => {
      const messages = batch.messages.map(decoded);
      await haveEffect?.(messages);
      if ((seen += messages.length) >= count) resolve();
    };
    consumer.run({ partitionsConsumedConcurrently: 16, eachBatch }).catch(reject);
  });
  return count / ((performance.now() - (await joined)) / 1_000);
}

process.once('message', async (ask: BareConsumerAsk) => {
  process.send!({ perSecond: await consume(ask) });
  process.exit();
});
