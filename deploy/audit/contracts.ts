import type { Check } from './check.ts';

/** A contract says what it said when it was signed, and a draft that waits is told of once. */
export const contractChecks: readonly Check[] = [
  {
    rule: 'CTR-11',
    says: 'a contract keeps the party that its file prints, whatever becomes of the address book',
    mends: 'contract',
    sql: `select contract_id as id, 'another party than is printed' as found from contracts.contracts
      where content -> 'partyA' <> party_a`,
  },
  {
    rule: 'CTR-40',
    says: 'a draft that waits is told of once',
    mends: 'contract',
    sql: `select aggregate_id as id, count(*) || ' times' as found from notifications.timeline_events
      where type = 'contract.draft_idle' group by aggregate_id having count(*) > 1`,
  },
  {
    rule: 'CTR-40',
    says: 'nothing but a draft ends because it waited',
    mends: 'contract',
    sql: `select contract_id as id, status || ', finalized at ' || finalized_at as found from contracts.contracts
      where void_reason = 'draft_expired' and finalized_at is not null`,
  },
];
