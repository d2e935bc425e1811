import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // The refunds of the refund service, so far as operators count them (API-19).
  `create table refund_view (
     refund_id text primary key,
     account_id text not null,
     version bigint not null
   )`,
  `create index refund_view_of_account on refund_view (account_id)`,
  accountTable('contract', 'refund_view', { app: ['insert', 'update'], operator: [] }),
];
