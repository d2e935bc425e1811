import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  `create table things (
     thing_id text primary key,
     account_id text not null,
     title text not null,
     size integer not null,
     version integer not null default 1,
     done boolean not null default false
   )`,
  accountTable('refund', 'things', ['insert', 'update']),
];
