import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // The platform's monthly bills, the newest version of each as it was told (EVT-14). A bill stays one
  // account's for ever.
  `create table bills (
     bill_id text primary key,
     account_id text not null,
     version bigint not null,
     month text not null,
     -- Withdrawn by a later version (CTR-35).
     status text not null check (status in ('unpaid', 'paid', 'withdrawn')),
     facts jsonb not null,
     updated_at timestamptz not null
   )`,
  `create index bills_newest on bills (account_id, month desc, bill_id desc)`,
  accountTable('contract', 'bills', ['insert', 'update']),
];
