import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // A payment reference names one payment for ever, whether it paid its order or could not (ORD-5).
  `create table payment_references (payment_reference text primary key, account_id text not null)`,
  accountTable('order', 'payment_references', ['insert']),
  'insert into payment_references (payment_reference, account_id) select payment_reference, account_id from payments',
  'alter table payments add foreign key (payment_reference) references payment_references',

  `create table unapplied_payments (
     payment_reference text primary key references payment_references,
     order_id text not null references orders,
     account_id text not null,
     parts jsonb not null,
     reason text not null check (reason in ('cancelled', 'expired', 'already_paid', 'wrong_amount', 'voided')),
     received_at timestamptz not null
   )`,
  accountTable('order', 'unapplied_payments', ['insert']),
];
