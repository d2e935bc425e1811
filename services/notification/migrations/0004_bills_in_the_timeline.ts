import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // The events of a monthly bill, and of the contracts over it (NTF-11).
  `alter table timeline_links drop constraint timeline_links_kind_check`,
  `alter table timeline_links add constraint timeline_links_kind_check
     check (kind in ('order', 'contract', 'refund', 'bill', 'event'))`,
];
