import type { Check } from './check.ts';

const inLiveContract = `(select bill_id, contract_id from contracts.contracts, unnest(bill_ids) as bill_id
  where status in ('requested', 'draft', 'sealing', 'official')) live`;

/** Contracts over monthly bills, and the bills as the platform told them last. */
export const billChecks: readonly Check[] = [
  {
    rule: 'CTR-5',
    says: 'a bill is in at most one live contract',
    mends: 'contract',
    sql: `select bill_id as id, string_agg(contract_id, ', ' order by contract_id) as found
      from ${inLiveContract} group by bill_id having count(*) > 1`,
  },
  {
    rule: 'CTR-5',
    says: 'the bills of the live contracts, and they alone, are claimed by them',
    mends: 'contract',
    sql: `select bill_id as id, contract_id
        || case when c.found is null then ' claims it and is no live contract over it'
           else ' lists it and has no claim' end
        as found, contract_id as mark
      from contracts.live_bills full join (select bill_id, contract_id, true as found
      from ${inLiveContract}) c using (bill_id, contract_id)
      where c.found is null or live_bills.account_id is null`,
  },
  {
    rule: 'CTR-35',
    says: 'a bill that is withdrawn, or nowhere, is in no live contract',
    mends: 'contract',
    sql: `select bill_id as id, coalesce(b.status, 'nowhere') || ' in ' || contract_id as found, contract_id as mark
      from ${inLiveContract} left join contracts.bills b using (bill_id)
      where b.status is null or b.status = 'withdrawn'`,
  },
  {
    rule: 'CTR-35',
    says: 'a draft states its bills as they were told last, if they are still of its invoicing entity',
    mends: 'contract',
    sql: `select contract_id as id, bill_id || ' was told at version ' || b.version as found, b.version::text as mark
      from contracts.contracts c join contracts.contract_bills s using (contract_id)
      join contracts.bills b using (bill_id)
      where c.status = 'draft' and b.status <> 'withdrawn' and b.facts ->> 'invoicingEntity' = c.invoicing_entity
        and (c.amount is null or b.facts -> 'amount' ->> 'currency' = c.amount ->> 'currency')
        and (s.snapshot -> 'month', s.snapshot -> 'amount', s.snapshot -> 'lines')
          is distinct from (b.facts -> 'month', b.facts -> 'amount', b.facts -> 'lines')`,
  },
  {
    rule: 'CTR-8',
    says: 'the amount of a contract over bills is that of the bills as it states them',
    mends: 'contract',
    sql: `select contract_id as id, (c.amount ->> 'amount') || ' for ' || coalesce(sum::text, 'no bill') as found
      from contracts.contracts c left join (
        select contract_id, sum((snapshot -> 'amount' ->> 'amount')::numeric)
          from contracts.contract_bills group by contract_id) stated using (contract_id)
      where c.kind = 'bill' and (c.amount ->> 'amount')::numeric is distinct from sum`,
  },
];
