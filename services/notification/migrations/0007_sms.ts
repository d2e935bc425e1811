import { sharedTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  'alter table notifications add column sms jsonb',

  // Of accounts and of numbers, whichever account they are of.
  `create table sms_counts (
     subject text not null,
     day timestamptz not null,
     messages integer not null,
     primary key (subject, day)
   )`,
  sharedTable('notification', 'sms_counts', { app: ['insert', 'update'], operator: ['delete'] }),
];
