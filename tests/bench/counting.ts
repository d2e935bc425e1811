import type { Service } from '@accord/platform';

/** The small effect of one event; what it leaves shows whether each event had it once and in the order of its key. */
export const countOne = `insert into counted as c (key, account_id, version, times, misplaced) values ($1, $2, $3, 1, 0)
  on conflict (key) do update set version = excluded.version, times = c.times + 1, misplaced = c.misplaced + (excluded.version <> c.version + 1)::integer`;

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
  subscriptions: {
    'order.cancelled': {
      on(tx, { subject }) {
        if (failing !== undefined && subject.id.startsWith(failing)) throw new Error('this key always fails');
        tx.write(noting ? noteOne : countOne, [subject.id, subject.accountId, subject.version]);
      },
    },
  },
  workers: [],
});
