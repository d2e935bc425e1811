import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // The events handled of each key: how often, up to which version, and how often out of order.
  `create table counted (key text primary key, account_id text not null, version bigint not null,
    times integer not null, misplaced integer not null)`,
  accountTable('notification', 'counted', ['insert', 'update']),
  `create table noted (key text not null, account_id text not null, version bigint not null)`,
  accountTable('notification', 'noted', ['insert']),
];
