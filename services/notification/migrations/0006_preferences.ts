import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  `create table preferences (
     account_id text primary key,
     version integer not null,
     switched_off jsonb not null,
     unsubscribed jsonb not null,
     quiet_hours jsonb,
     changed_at timestamptz not null,
     changed_by text not null
   )`,
  accountTable('notification', 'preferences', { app: ['insert', 'update'], operator: ['delete'] }),

  // Messages to one contact that wait for the same end of its quiet hours go out together.
  'alter table notifications add column held_until timestamptz',
  `create index notifications_held on notifications (account_id, contact_id, held_until)
    where held_until is not null and next_at is not null`,
];
