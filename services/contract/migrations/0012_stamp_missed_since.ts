import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // When a try to seal first ended for want of a time stamp: the profile says how long that may last (CTR-37).
  'alter table contracts add column stamp_missed_since timestamptz',
  `grant update (stamp_missed_since) on contracts to accord_contract, accord_contract_operator`,
];
