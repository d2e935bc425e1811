import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // Quotes that a refund has used are kept with it, and are not looked through for those to delete.
  `alter table quotes add column used boolean not null default false`,
  `grant update (used) on quotes to accord_refund, accord_refund_operator`,
  `create index quotes_unused on quotes (expires_at) where not used`,
];
