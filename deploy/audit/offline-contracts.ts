import type { Check } from './check.ts';

/** Tickets, and contracts that were signed outside (CTR-24, CTR-36). */
export const offlineContractChecks: readonly Check[] = [
  {
    rule: 'CTR-24',
    says: 'no ticket is open about a contract that has ended',
    mends: 'contract',
    sql: `select ticket_id as id, 'open about ' || contract_id || ', which is ' || c.status as found
      from contracts.tickets t join contracts.contracts c using (contract_id)
      where t.status = 'submitted' and c.status in ('refused', 'voided')`,
  },
  {
    rule: 'CTR-36',
    says: 'a contract signed outside has its facts and a file that stays, and its number once it is official',
    mends: 'contract',
    sql: `select contract_id as id, case when o.contract_id is null then 'no facts'
        when c.kind <> 'offline' then 'facts of one signed outside, and is of kind ' || c.kind
        when f.recorded is not true then 'a file that may go'
        else 'number ' || coalesce(c.number, 'none') || ', recorded with ' || o.number end as found
      from contracts.contracts c left join contracts.offline_contracts o using (contract_id)
      left join contracts.offline_files f on f.account_id = o.account_id and f.sha256 = o.sha256
      where (c.kind = 'offline' or o.contract_id is not null)
        and (o.contract_id is null or c.kind <> 'offline' or f.recorded is not true
          or c.number is distinct from case when c.finalized_at is not null then o.number end)`,
  },
  {
    rule: 'CTR-36',
    says: 'a contract was recorded for a ticket that was approved, over the same orders',
    mends: 'contract',
    sql: `select c.contract_id as id,
        t.ticket_id || ' is ' || t.status || ' over ' || array_to_string(t.order_ids, ', ') as found
      from contracts.offline_contracts o join contracts.contracts c using (contract_id)
      join contracts.tickets t on t.ticket_id = o.ticket_id
      where t.status <> 'approved' or t.kind = 'void_official' or t.account_id <> c.account_id
        or not (t.order_ids <@ c.order_ids and t.order_ids @> c.order_ids)`,
  },
];
