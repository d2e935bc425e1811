import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // ORD-26: an end that is told while an order is open corrects a period once that order is fulfilled or has failed.
  'alter table resources add column reported_by text',
];
