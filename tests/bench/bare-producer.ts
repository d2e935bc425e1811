// The floor of publishing: kafkajs as it comes, in a process that loads nothing of ours.
import { Kafka, logLevel } from 'kafkajs';
import { messages, publish, topic, type Message } from './messages.ts';

interface BareProducerAsk {
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly count: number;
  readonly keys: number;
}

function openPublisher({ brokers, topicPrefix }: BareProducerAsk) {
  const producer = new Kafka({
    clientId: 'floor',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
  }).producer({ allowAutoTopicCreation: false });
  return producer.connect().then(() => ({
    send: (batch: readonly Message[]) =>
      producer.send({ topic: topicPrefix + topic, acks: -1, messages: [...batch] }),
    close: () => producer.disconnect(),
  }));
}

process.on('message', (ask: BareProducerAsk) => {
  void publish(messages(ask.count, ask.keys), () => openPublisher(ask)).then((perSecond) =>
    process.send!({ perSecond }),
  );
});
