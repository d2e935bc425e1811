// Publishes from a process of its own: what is in an outbox, by the relay; or messages of its own, by the
// sender that the relay has.
import { pino } from 'pino';
import { openSender } from '@accord/kafka';
import { startRelay } from '@accord/messaging';
import { kafkaOf } from './kafka-of.ts';
import { messages, publish, topic, type Message } from './messages.ts';

interface PublisherAsk {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly count: number;
  /** Of the outbox; absent: the sender alone. */
  readonly url?: string;
  readonly keys: number;
  /** Settings of a wire by TLS and SASL. */
  readonly wire?: NodeJS.ProcessEnv;
}

const log = pino({ level: 'silent' });

async function send(ask: PublisherAsk): Promise<number> {
  const { count, keys } = ask;
  const kafka = await kafkaOf(ask);
  return publish(messages(count, keys), async () => {
    const sender = await openSender(kafka);
    return {
      send: (batch: readonly Message[]) => sender.send(batch.map((message) => ({ topic, ...message }))),
      close: () => sender.close(),
    };
  });
}

/** Events a second, from before the relay connects until the last was acknowledged. */
async function relay(url: string, ask: PublisherAsk): Promise<number> {
  const { count } = ask;
  const { promise: all, resolve: finish } = Promise.withResolvers<void>();
  let published = 0;
  const onPublished = (events: number) => {
    published += events;
    if (published >= count) finish();
  };
  const started = performance.now();
  const kafka = await kafkaOf(ask);
  const running = startRelay({ url, schema: 'orders', kafka, log, onPublished });
  await all;
  const seconds = (performance.now() - started) / 1_000;
  await running.stop();
  return count / seconds;
}

process.on('message', (ask: PublisherAsk) => {
  void (ask.url === undefined ? send(ask) : relay(ask.url, ask)).then((perSecond) =>
    process.send!({ perSecond }),
  );
});
