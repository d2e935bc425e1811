import type { Check } from './check.ts';

const liveContract = `status in ('requested', 'draft', 'sealing', 'official')`;
const holdingContract = `status in ('draft', 'sealing', 'official')`;
/** Comes by itself and holds nothing. */
const automatic = `('failed_fulfilment', 'downgrade_difference')`;
const runningRefund = `kind not in ${automatic}
  and status in ('checking', 'reviewing', 'approved', 'paying', 'failed', 'unknown')`;

const inLiveContract = `(select order_id, contract_id
  from contracts.contracts, unnest(order_ids) as order_id where ${liveContract}) live`;
const inRunningRefund = `(select order_id, refund_id from refunds.refunds, unnest(order_ids) as order_id
  where ${runningRefund}) running`;

/** The holders an order may have, and whether each has ended, as its owner says. */
const holders = `(
  select contract_id as holder_id, 'contract' as kind, status, not (${liveContract}) as ended from contracts.contracts
  union all select refund_id, 'refund', status, status in ('refused', 'rejected', 'withdrawn', 'succeeded')
  from refunds.refunds
    where kind not in ${automatic}) holder`;

/** The holder that has an order, and the services that think it has it. */
export const holdChecks: readonly Check[] = [
  {
    rule: 'EVT-30',
    says: 'an order is in at most one live contract',
    mends: 'contract',
    sql: `select order_id as id, string_agg(contract_id, ', ' order by contract_id) as found
      from ${inLiveContract} group by order_id having count(*) > 1`,
  },
  {
    rule: 'EVT-30',
    says: 'an order is never at once in a live contract and a running refund',
    mends: 'order',
    sql: `select order_id as id, contract_id || ' and ' || refund_id as found, contract_id || refund_id as mark
      from ${inLiveContract} join ${inRunningRefund} using (order_id)`,
  },
  {
    rule: 'EVT-30',
    says: 'the orders of the live contracts, and they alone, are claimed by them',
    mends: 'contract',
    sql: `select order_id as id, contract_id
        || case when c.found is null then ' claims it and is no live contract over it'
           else ' lists it and has no claim' end
        as found, contract_id as mark
      from contracts.live_orders full join (select order_id, contract_id, true as found
      from ${inLiveContract}) c using (order_id, contract_id)
      where c.found is null or live_orders.account_id is null`,
  },
  {
    rule: 'EVT-31',
    says: 'a cancelled or voided order is in no live contract',
    mends: 'contract',
    sql: `select order_id as id, o.status || ' in ' || contract_id as found, contract_id as mark
      from ${inLiveContract} join orders.orders o using (order_id) where o.status in ('cancelled', 'voided')`,
  },
  {
    rule: 'EVT-32',
    says: 'the holder of an order is live and lists it',
    mends: 'order',
    sql: `select o.order_id as id, 'held by ' || o.hold_kind || ' ' || o.hold_id as found, o.hold_id as mark
      from orders.orders o
      where o.hold_kind = 'contract' and not exists (
        select from contracts.contracts c where c.contract_id = o.hold_id and ${holdingContract}
        and o.order_id = any (c.order_ids))
      or o.hold_kind = 'refund' and not exists (
        select from refunds.refunds r where r.refund_id = o.hold_id and ${runningRefund}
        and o.order_id = any (r.order_ids))`,
  },
  {
    rule: 'EVT-32',
    says: 'a live holder holds every order it lists',
    mends: 'order',
    sql: `select order_id as id, holder || ' lists it, held by ' || coalesce(o.hold_id, 'nobody') as found,
      holder as mark from (
        select order_id, contract_id as holder from contracts.contracts, unnest(order_ids) as order_id
        where ${holdingContract}
        union all select order_id, refund_id from refunds.refunds, unnest(order_ids) as order_id
        where ${runningRefund}) listed
      left join orders.orders o using (order_id) where o.hold_id is distinct from holder`,
  },
  {
    rule: 'EVT-32',
    says: 'a running refund holds every living order of its instances, those it had not seen included (ORD-12)',
    mends: 'order',
    sql: `select order_id as id, 'on ' || instance_id || ' of ' || refund_id
        || ', held by ' || coalesce(o.hold_id, 'nobody') as found,
        refund_id || instance_id as mark
      from (select refund_id, unnest(instance_ids) as instance_id from refunds.refunds where ${runningRefund}) running
      join orders.order_instances using (instance_id) join orders.orders o using (order_id)
      where o.status in ('unpaid', 'paid') and o.hold_id is distinct from refund_id`,
  },
  {
    rule: 'EVT-32',
    says: 'the order service knows which holders have ended',
    mends: 'order',
    sql: `select holder_id as id, holder.kind || ' is ' || status || ', the order service holds it for ' ||
      case when ended then 'live' else 'ended' end as found
      from ${holders} left join orders.holders h using (holder_id) where ended <> (h.ended_at is not null)`,
  },
];
