import { accountTable, type Migration } from '@accord/platform';

export const up: Migration = [
  `create table seen (account_id text not null, key text not null, version bigint not null, at_seq bigint generated always as identity)`,
  accountTable('notification', 'seen'),
];
