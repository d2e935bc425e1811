import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // Those that a refund has used are kept with it, and nobody looks through them for what may be forgotten.
  `alter table quotes add column used boolean not null default false`,
  `create index quotes_unused on quotes (expires_at) where not used`,
];
