import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // `before`: the version that the key had come to, where the test looks at that.
  `create table seen (account_id text not null, key text not null, version bigint not null,
    at_seq bigint generated always as identity, before bigint)`,
  `create index seen_key on seen (key, version)`,
  accountTable('notification', 'seen', ['insert', 'update']),
];
