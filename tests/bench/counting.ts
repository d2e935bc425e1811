import type { Service } from '@accord/platform';

/** The small effect of one event; what it leaves shows whether each event had it once and in the order of its key. */
export const countOne = `insert into counted as c (key, account_id, version, times, misplaced) values ($1, $2, $3, 1, 0)
  on conflict (key) do update set version = excluded.version, times = c.times + 1, misplaced = c.misplaced + (excluded.version <> c.version + 1)::integer`;

/** The platform's consumer, inbox and parking around that one effect. */
export const countingService = ({ failing = '' } = {}): Service => ({
  name: 'notification',
  schema: 'notifications',
  migrations: new URL('./counted/', import.meta.url),
  routes: [],
  problems: {},
  subscriptions: {
    'order.cancelled': {
      on(tx, { subject }) {
        if (failing && subject.id.startsWith(failing)) throw new Error('this key always fails');
        tx.write(countOne, [subject.id, subject.accountId, subject.version]);
      },
    },
  },
  workers: [],
});
