import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // For operators, who ask over all accounts. A customer's rows are few and found by account: what contains
  // what may not be looked up under its policy.
  `create index refunds_of_instance on refunds using gin (instance_ids) with (fastupdate = off)`,
];
