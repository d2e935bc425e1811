// Commits events at a rate, each with a row of the business in one transaction, from a process of its own;
// the relay beside them where it is asked for.
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { pino } from 'pino';
import { shardOf, startRelay } from '@accord/messaging';
import { kafkaOf } from './kafka-of.ts';
import { messages, type Message } from './messages.ts';
import { debeziums, ours } from './outbox.ts';

export interface WriterAsk {
  readonly url: string;
  readonly rate: number;
  readonly ms: number;
  readonly topicPrefix: string;
  /** Absent where Debezium reads its own outbox. */
  readonly relay?: {
    readonly url: string;
    readonly brokers: readonly string[];
    /** Settings of a wire by TLS and SASL. */
    readonly wire?: NodeJS.ProcessEnv;
  };
}

const log = pino({ level: 'silent' });
const business = 'insert into placed (event_id) values ($1)';

async function write(ask: WriterAsk): Promise<void> {
  const { relay, topicPrefix, rate, ms } = ask;
  const pool = new pg.Pool({ connectionString: ask.url, max: 10, pipeline: true } as pg.PoolConfig);
  const outbox = relay ? ours : debeziums;
  const kafka = relay && (await kafkaOf({ ...relay, topicPrefix }));
  const running: ReturnType<typeof startRelay> | undefined =
    relay && startRelay({ url: relay.url, schema: 'orders', kafka: kafka!, log });
  const commit = async (message: Message) => {
    const client = await pool.connect();
    const sent = [
      client.query('begin'),
      client.query({ name: 'business', text: business, values: [message.headers['ce_id']] }),
      client.query({ name: 'outbox', text: outbox.insert, values: outbox.valuesOf([message], topicPrefix) }),
      client.query('commit'),
    ];
    await Promise.all(sent);
    client.release();
    running?.wake([shardOf(message.key)]);
  };
  const work = messages(Math.ceil((rate * ms) / 1_000), 5_000);
  const written: Promise<void>[] = [];
  for (const started = performance.now(); written.length < work.length; await sleep(1)) {
    const due = Math.min(work.length, ((performance.now() - started) / 1_000) * rate);
    while (written.length < due) written.push(commit(work[written.length]!));
  }
  await Promise.all(written);
  process.send!({ written: work.length });
  await new Promise((resolve) => process.once('message', resolve));
  await running?.stop();
  await pool.end();
}

process.on('message', (ask: Partial<WriterAsk>) => {
  if (ask.url !== undefined) void write(ask as WriterAsk).then(() => process.send!({ ended: true }));
});
