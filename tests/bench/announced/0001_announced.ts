import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // Written where an event is announced, so that Postgres records when that was committed.
  `create table announced (key text not null, version bigint not null, account_id text not null)`,
  accountTable('order', 'announced', ['insert']),
];
