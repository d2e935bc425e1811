import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // What happened to a monthly bill, and to the contracts over it (NTF-11).
  `alter table timeline_links drop constraint timeline_links_kind_check`,
  `alter table timeline_links add constraint timeline_links_kind_check
     check (kind in ('order', 'contract', 'refund', 'bill', 'event'))`,
];
