import { readFileSync } from 'node:fs';
import type { Service } from '@accord/platform';

export const countedType = 'order.cancelled';
const sample = JSON.parse(
  readFileSync(new URL(`../../libs/events/samples/${countedType}.1.json`, import.meta.url), 'utf8'),
) as { value: { order: object } };

/**
 * The data of the i-th of many events: about an order of its own of some accounts, the keys in turn, each
 * key's versions in order.
 */
export function sampleData(i: number, { keys, accounts = 500 }: { keys: number; accounts?: number }) {
  return sampleOf({
    key: `ord_${i % keys}`,
    accountId: `acc_${(i % keys) % accounts}`,
    version: Math.floor(i / keys) + 1,
  });
}

export const sampleOf = ({
  key,
  accountId,
  version,
}: {
  key: string;
  accountId: string;
  version: number;
}) => ({
  ...sample.value,
  order: { ...sample.value.order, orderId: key, accountId, version },
});

/**
 * The small effect of one event; what it leaves shows whether each event had it once and in the order of its
 * key.
 */
export const countOne = `insert into counted as c (key, account_id, version, times, misplaced) values ($1, $2, $3, 1, 0)
  on conflict (key) do update
  set version = excluded.version, times = c.times + 1,
  misplaced = c.misplaced + (excluded.version <> c.version + 1)::integer`;

const noteOne = 'insert into noted (key, account_id, version) values ($1, $2, $3)';

export interface Counting {
  /** Each event leaves a row of its own instead, so that Postgres records when it had its effect. */
  readonly noting?: boolean;
  /** Keys that begin so always fail. */
  readonly failing?: string;
}

/** The platform's consumer, inbox and parking around one small effect. */
export const countingService = ({ noting = false, failing }: Counting = {}): Service => ({
  name: 'notification',
  schema: 'notifications',
  migrations: new URL('./counted/', import.meta.url),
  routes: [],
  problems: {},
  timeZone: 'Asia/Shanghai',
  subscriptions: {
    [countedType]: {
      on(tx, { subject }) {
        if (failing !== undefined && subject.id.startsWith(failing)) throw new Error('this key always fails');
        tx.write(noting ? noteOne : countOne, [subject.id, subject.accountId, subject.version]);
      },
    },
  },
  workers: [],
});
