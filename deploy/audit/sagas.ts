import type { Check } from './check.ts';

/** A line for each renewal of an instance that was given back by itself. */
const returnedRenewals = `(
  select refund_id, ended_at, line ->> 'orderId' as order_id, line ->> 'instanceId' as instance_id
  from refunds.refunds, jsonb_array_elements(lines) line
  where kind = 'renewal_only' and status = 'succeeded') returned`;

/**
 * A saga does not wait for ever: one whose next step does not come is broken, though nothing contradicts
 * anything yet; and what it did is done whole.
 */
export const sagaChecks: readonly Check[] = [
  {
    rule: 'EVT-20',
    says: 'a contract is answered by the order service',
    mends: 'order',
    sql: `select contract_id as id, 'still ' || status as found from contracts.contracts where status = 'requested'`,
  },
  {
    rule: 'CTR-24',
    says: 'no paper of a contract that has ended waits to be mailed',
    mends: 'contract',
    sql: `select contract_id as id, p.status || ' of a contract that is ' || c.status as found
      from contracts.paper_copies p join contracts.contracts c using (contract_id)
      where p.status in ('requested', 'printed') and c.status <> 'official'`,
  },
  {
    rule: 'EVT-23',
    says: 'a refund is answered by the order service',
    mends: 'order',
    sql: `select refund_id as id, 'still ' || status as found from refunds.refunds
      where status in ('requested', 'checking')`,
  },
  {
    rule: 'EVT-23',
    says: 'an approved refund is paid',
    mends: 'refund',
    sql: `select refund_id as id, 'still ' || status as found from refunds.refunds
      where status in ('approved', 'paying')`,
  },
  {
    rule: 'EVT-23',
    says: 'no order lives on for an instance that was refunded (ORD-14)',
    mends: 'order',
    sql: `select order_id as id, o.status || ' on ' || instance_id || ' of ' || refund_id as found, instance_id as mark
      from (select refund_id, unnest(instance_ids) as instance_id from refunds.refunds
      where kind = 'unsubscribe' and status = 'succeeded') refunded
      join orders.order_instances using (instance_id) join orders.orders o using (order_id)
      where o.status in ('unpaid', 'paid') and not instance_id = any (o.refunded_instance_ids)`,
  },
  {
    rule: 'RFD-9',
    says: 'a renewal that was given back by itself pays for its instance no more (ORD-14)',
    mends: 'order',
    sql: `select order_id as id, coalesce(o.status, 'unknown') || ' ' || coalesce(o.order_type, '') || ' on '
        || instance_id || ' of ' || refund_id as found, instance_id as mark
      from ${returnedRenewals} left join orders.orders o using (order_id)
      where o.order_type is distinct from 'renewal'
        or o.status <> 'voided' and not instance_id = any (o.refunded_instance_ids)`,
  },
  {
    rule: 'RFD-9',
    says: 'an instance ends before the renewal that it gave back, where nothing was told of it since (RFD-17)',
    mends: 'order',
    sql: `select instance_id as id, 'ends ' || r.ends_at || ' after ' || refund_id as found, refund_id as mark
      from ${returnedRenewals} join orders.resources r using (instance_id)
      join orders.orders o using (order_id)
      join lateral jsonb_to_recordset(o.instances) as given ("instanceId" text, "end" timestamptz)
        on given."instanceId" = instance_id
      where not r.released and r.known_since <= returned.ended_at and r.ends_at >= given."end" - interval '1 hour'`,
  },
  {
    rule: 'ORD-24',
    says: 'the difference of a downgrade has come back, once',
    mends: 'refund',
    sql: `select o.order_id as id, 'not settled' as found from orders.orders o
      left join refunds.settled_downgrades s using (order_id)
      where o.terms #>> '{planChange,returns}' = 'difference' and o.fulfilment = 'created' and s.order_id is null`,
  },
  {
    rule: 'EVT-24',
    says: 'what was paid for a failed fulfilment goes back',
    mends: 'refund',
    sql: `select order_id as id, cash_paid || ' and ' || voucher_paid 
        || ' of vouchers paid, refund state ' || refund_state as found from orders.orders
      where fulfilment = 'failed' and cash_paid + voucher_paid > 0 and refund_state <> 'full'`,
  },
  {
    rule: 'ORD-19',
    says: 'a file that is ready is there as it was hashed, all its parts in their order',
    mends: 'order',
    // A file of more than 64 MiB is held by its parts and bytes alone: its look would keep all of it in memory.
    sql: `select export_id as id, case when (e.parts, e.bytes) is distinct from (there.parts, there.bytes)
        then e.parts || ' parts of ' || e.bytes || ' bytes told, ' || there.parts || ' of ' || there.bytes || ' there'
        else 'other bytes than were hashed' end as found
      from orders.exports e cross join lateral (
        select count(*) as parts, coalesce(sum(octet_length(bytes)), 0) as bytes,
          case when e.bytes > 64 << 20 then e.sha256
            else encode(sha256(string_agg(bytes, ''::bytea order by part)), 'hex') end as sha256
        from orders.export_parts p where p.export_id = e.export_id) there
      where status = 'ready' and (e.parts, e.bytes, e.sha256) is distinct from
        (there.parts, there.bytes, there.sha256)`,
  },
];
