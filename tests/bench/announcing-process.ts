// A service's half of an event, as a process of its own: transactions that change a row and announce it, and
// the relay.
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Database } from '@accord/core';
import type { Fact } from '@accord/events';
import { openKafka } from '@accord/kafka';
import { outbox, startRelay } from '@accord/messaging';
import { openDatabase, systemClock } from '@accord/postgres';
import { countedType, sampleOf } from './counting.ts';

export interface AnnouncerAsk {
  readonly urls: { readonly app: string; readonly operator: string };
  readonly schema: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
}

/** Each thousand keys has four events of each, version by version. */
export interface AnnouncingAsk {
  /** Begins each key: no two rounds share one. */
  readonly round: string;
  /** Begins one key in a thousand instead. */
  readonly badRound?: string;
  readonly ms: number;
  /** Transactions a second, whether or not those before have ended; absent: as many as go, a few at once. */
  readonly rate?: number;
}

export interface Announced {
  readonly events: number;
  readonly ofBadKeys: number;
}

const accounts = 500;
const atOnce = 16;

const keysInBlock = 1_000;
const eventsOfKey = 4;
function placeOf(i: number, { round, badRound }: AnnouncingAsk) {
  const block = Math.floor(i / (keysInBlock * eventsOfKey));
  const number = block * keysInBlock + (i % keysInBlock);
  const bad = badRound !== undefined && i % keysInBlock === 500;
  return {
    bad,
    key: `${bad ? badRound : round}_${number}`,
    accountId: `acc_${number % accounts}`,
    version: (Math.floor(i / keysInBlock) % eventsOfKey) + 1,
  };
}

async function announce(db: Database, place: ReturnType<typeof placeOf>): Promise<void> {
  const { key, accountId, version } = place;
  await db.transaction(
    { kind: 'customer', id: 'user', accountId },
    async (tx) => {
      await tx.one('insert into announced (key, version, account_id) values ($1, $2, $3)', [
        key,
        version,
        accountId,
      ]);
      tx.emit({ type: countedType, data: sampleOf(place) } as Fact);
    },
    { atOnce: true },
  );
}

async function announceAll(db: Database, ask: AnnouncingAsk): Promise<Announced> {
  const started = performance.now();
  let events = 0;
  let ofBadKeys = 0;
  const next = () => {
    const place = placeOf(events, ask);
    events += 1;
    if (place.bad) ofBadKeys += 1;
    return announce(db, place);
  };
  const over = () => performance.now() - started >= ask.ms;
  if (ask.rate === undefined) {
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (!over()) await next();
      }),
    );
  } else {
    const sent: Promise<void>[] = [];
    for (; !over(); await sleep(1)) {
      const due = ((performance.now() - started) / 1_000) * ask.rate;
      while (sent.length < due) sent.push(next());
    }
    await Promise.all(sent);
  }
  return { events, ofBadKeys };
}

process.once('message', ({ urls, schema, brokers, topicPrefix }: AnnouncerAsk) => {
  const log = pino({ level: 'silent' });
  const relay = startRelay({
    url: urls.operator,
    schema,
    kafka: openKafka({ brokers, clientId: 'announcer', topicPrefix, log }),
    log,
  });
  const db = openDatabase({
    url: urls.app,
    operatorUrl: urls.operator,
    schema,
    source: '/services/order',
    clock: systemClock(),
    outbox,
    poolSize: 10,
    onCommit: (announced) => relay.wake(announced.map(({ shard }) => shard)),
  });
  process.on(
    'message',
    (ask: AnnouncingAsk) => void announceAll(db, ask).then((announced) => process.send!(announced)),
  );
  process.once('SIGTERM', () => void Promise.all([relay.stop(), db.close()]).then(() => process.exit()));
});
