import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // ORD-24: the difference of a downgrade comes back by itself, as the money of a failed fulfilment does.
  `alter table refunds drop constraint refunds_kind_check, add constraint refunds_kind_check
     check (kind in ('unsubscribe', 'renewal_only', 'failed_fulfilment', 'downgrade_difference'))`,
  `alter table refunds drop constraint refunds_check, add constraint refunds_check
     check ((quote_id is null) = (kind in ('failed_fulfilment', 'downgrade_difference')))`,
  // An order may give a difference back before any of its instances.
  `alter table refunded_orders drop constraint refunded_orders_instances_check,
     add constraint refunded_orders_instances_check check (instances >= 0)`,

  // Each downgrade is settled once, however often it is told; without a refund where nothing comes back.
  `create table settled_downgrades (
    order_id text primary key,
    account_id text not null,
    refund_id text references refunds deferrable initially deferred
  )`,
  accountTable('refund', 'settled_downgrades', ['insert']),
];
