import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // ORD-24: each downgrade is settled once, however often it is told; without a refund where nothing comes back.
  `create table settled_downgrades (
    order_id text primary key,
    account_id text not null,
    refund_id text references refunds deferrable initially deferred
  )`,
  accountTable('refund', 'settled_downgrades', ['insert']),
];
