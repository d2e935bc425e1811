import {
  announcedOrder,
  announcedProduct,
  announcedResource,
  type Announced,
  type OwnedAggregate,
} from '@accord/audit';
import type { Data, EventType, Fact } from '@accord/events';
import type { Connection } from '@accord/postgres';

// The event that tells an aggregate's present state, as SQL over its owner's tables: columns `id`, `type`, `data`.

const whole = (snapshot: Announced<object>) =>
  `jsonb_build_object(${Object.entries(snapshot)
    .map(([field, sql]) => `'${field}', ${sql}`)
    .join(', ')})`;
const instant = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const contract = whole({
  contractId: 'c.contract_id',
  version: 'c.version',
  accountId: 'c.account_id',
  number: 'c.number',
  kind: 'c.kind',
  status: `case c.status when 'sealing' then 'draft' else c.status end`,
  language: 'c.language',
  invoicingEntity: 'c.invoicing_entity',
  partyA: `c.party_a ->> 'name'`,
  orderIds: 'c.order_ids',
  billIds: 'c.bill_ids',
  amount: 'c.amount',
  createdAt: instant('c.created_at'),
  draftedAt: instant('c.drafted_at'),
  finalizedAt: instant('c.finalized_at'),
  voidedAt: instant('c.voided_at'),
} satisfies Announced<Data<'contract.drafted'>['contract']>);

const ticket = whole({
  ticketId: 't.ticket_id',
  version: 't.version',
  accountId: 't.account_id',
  kind: 't.kind',
  status: 't.status',
  contractId: 't.contract_id',
  contractNumber: 't.contract_number',
  orderIds: 't.order_ids',
  text: 't.text',
  dueAt: instant('t.due_at'),
} satisfies Announced<Data<'ticket.submitted'>['ticket']>);

const refund = whole({
  refundId: 'r.refund_id',
  version: 'r.version',
  accountId: 'r.account_id',
  status: 'r.status',
  kind: 'r.kind',
  instanceIds: 'r.instance_ids',
  orderIds: 'r.order_ids',
  amount: `jsonb_build_object('amount', r.amount::text, 'currency', r.currency)`,
  split: 'r.split',
  lines: 'r.lines',
  reason: 'r.reason',
  createdAt: instant('r.created_at'),
  endedAt: instant('r.ended_at'),
} satisfies Announced<Data<'refund.succeeded'>['refund']>);

const notification = whole({
  notificationId: 'n.notification_id',
  version: 'n.version',
  accountId: 'n.account_id',
  eventId: 'n.event_id',
  eventType: 'n.event_type',
  channel: 'n.channel',
  contactId: 'n.contact_id',
  createdAt: instant('n.created_at'),
} satisfies Announced<Data<'notification.sent'>['notification']>);

/**
 * ORD-6: the reason has no column; it follows from who cancelled and from the note of the history, which is the asker's
 * words where there are any. `released` is the instance whose release left nothing to pay for.
 */
const cancellation = `lateral (
  select case when released is not null then 'by_operator' when actor like 'customer:%' then 'by_customer'
      when note in ('expired', 'domain_taken') and actor not like 'operator:%' then note
      else 'by_operator' end as reason,
    case when released is null and note not in ('by_customer', 'by_operator')
      and (actor like 'customer:%' or actor like 'operator:%') then note end as text, released
  from (select h.actor, h.note, case when h.note = 'instance_released' and h.actor not like 'customer:%' then (
        select r.instance_id from orders.resources r
         where r.released and r.instance_id = any (o.instance_ids) order by 1 limit 1) end as released
      from orders.order_history h where h.order_id = o.order_id and h.change = 'cancelled'
      order by h.version desc limit 1) ended)`;

const orderState = `select o.order_id as id,
  case when o.status = 'cancelled' then 'order.cancelled'
    when o.status = 'voided' and o.fulfilment = 'failed' then 'order.fulfilment_failed'
    when o.status = 'voided' then 'order.voided'
    when o.fulfilment = 'created' then 'order.fulfilled'
    when p.payment_reference is not null then 'order.paid' else 'order.placed' end as type,
  jsonb_build_object('order', ${whole(announcedOrder)})
    || case when o.status = 'cancelled' then jsonb_build_object('reason', c.reason, 'text', c.text)
        || case when c.released is null then '{}' else jsonb_build_object('releasedInstanceId', c.released) end
      when o.status = 'voided' and o.fulfilment = 'failed' then '{"reason": null}'
      when o.status = 'voided' then '{"reason": "refunded"}'
      when p.payment_reference is not null then jsonb_build_object('paymentReference', p.payment_reference)
      else '{}' end as data
  from orders.orders o left join orders.payments p using (order_id) left join ${cancellation} c on true`;

const contractState = `select c.contract_id as id,
  case c.status when 'requested' then 'contract.requested' when 'official' then 'contract.finalized'
    when 'refused' then 'contract.refused' when 'voided' then 'contract.voided' else 'contract.drafted' end as type,
  jsonb_build_object('contract', ${contract}, 'payBy', null, 'refusals', c.refusals,
    'sha256', coalesce(d.sha256, f.sha256),
    'reason', c.void_reason, 'text', c.void_text, 'orderId', null, 'billId', null, 'earlierEnded', (
      select coalesce(jsonb_agg(jsonb_build_object('orderId', e.order_id, 'contractId', e.contract_id)), '[]')
        from contracts.contract_orders e join contracts.contracts ended using (contract_id)
       where c.status = 'requested' and e.order_id = any (c.order_ids) and not e.released
         and ended.status in ('refused', 'voided')))
    || case when f.signed_on is null then '{}' else jsonb_build_object('signedOn', f.signed_on::text) end as data
  from contracts.contracts c left join contracts.contract_documents d using (contract_id)
    left join contracts.offline_contracts f using (contract_id)`;

const ticketState = `select t.ticket_id as id, 'ticket.' || t.status as type,
  jsonb_build_object('ticket', ${ticket}, 'text', coalesce(t.decision_text, '')) as data from contracts.tickets t`;

const refundState = `select r.refund_id as id,
  case when r.kind = 'downgrade_difference' then 'refund.difference_returned'
    else 'refund.' || case r.status when 'checking' then 'requested' when 'reviewing' then 'review_required'
      when 'paying' then 'approved' when 'unknown' then 'approved' else r.status end end as type,
  jsonb_build_object('refund', ${refund}, 'refusals', r.refusals, 'text', coalesce(r.review ->> 'text', ''),
    'reason', coalesce(r.failure, '')) as data from refunds.refunds r`;

/** One that has ended, or got nothing and has not said so, is answered with a refusal, which ends it. */
const reservationState = `select h.holder_id as id,
  case when held.orders is null then 'order.reservation_refused' else 'order.reserved' end as type,
  jsonb_build_object('holder', jsonb_build_object('kind', h.kind, 'id', h.holder_id), 'accountId', h.account_id,
    'orders', coalesce(held.orders, '[]'), 'resources', (
      select coalesce(jsonb_agg(${whole(announcedResource)}), '[]') from orders.resources o
       where h.kind = 'refund' and o.order_ids && held.ids),
    'refusals', jsonb_build_array(jsonb_build_object('orderId', null, 'instanceId', null, 'code', 'holder.ended',
      'holder', null))) as data
  from orders.holders h left join lateral (
    select jsonb_agg(${whole(announcedOrder)} order by o.order_id) as orders, array_agg(o.order_id) as ids
      from orders.orders o where o.hold_id = h.holder_id and o.hold_kind = h.kind) held on true`;

const payment = whole({
  paymentReference: 'u.payment_reference',
  accountId: 'u.account_id',
  orderId: 'u.order_id',
  amount: `(select jsonb_build_object('amount', sum((part.value ->> 'amount')::numeric)::text,
    'currency', min(part.value ->> 'currency')) from jsonb_each(u.parts) part)`,
  parts: 'u.parts',
  reason: 'u.reason',
} satisfies Announced<Data<'payment.unapplied'>>);
const paymentState = `select u.payment_reference as id, 'payment.unapplied' as type, ${payment} as data
  from orders.unapplied_payments u`;

const notificationState = `select n.notification_id as id,
  case n.status when 'dead' then 'notification.dead' else 'notification.sent' end as type,
  jsonb_build_object('notification', ${notification}, 'reason', coalesce(n.reason, '')) as data
  from notifications.notifications n`;

const exported = whole({
  exportId: 'export_id',
  version: 'version',
  accountId: 'account_id',
  sha256: `coalesce(sha256, '')`,
  expiresAt: instant('expires_at'),
} satisfies Announced<Data<'export.ready'>>);

const states: Readonly<Record<OwnedAggregate, string>> = {
  order: orderState,
  resource: `select o.instance_id as id, 'resource.changed' as type,
    jsonb_build_object('resource', ${whole(announcedResource)}) as data from orders.resources o`,
  product: `select o.product_code as id, 'product.published' as type,
    jsonb_build_object('product', ${whole(announcedProduct)}) as data from orders.products o`,
  account: `select account_id as id, 'account.updated' as type, jsonb_build_object('account', facts) as data
    from contracts.accounts`,
  export: `select export_id as id, 'export.ready' as type, ${exported} as data from orders.exports`,
  reservation: reservationState,
  payment: paymentState,
  contract: contractState,
  ticket: ticketState,
  refund: refundState,
  notification: notificationState,
};

/** Types that say of a noun that nothing changed but its version. */
const neutral: Readonly<Record<string, EventType>> = { order: 'order.changed', contract: 'contract.changed' };

/**
 * By id, the fact that tells the present state.
 *
 * @param quietly as a change of nothing, where the noun has such an event: no process has to hear of it.
 */
export async function statesOf(
  connection: Connection,
  aggregate: string,
  of: readonly { readonly id: string }[],
  { quietly }: { readonly quietly: boolean },
): Promise<ReadonlyMap<string, Fact>> {
  const { rows } = await connection.query<{ id: string; type: EventType; data: object }>(
    `select * from (${states[aggregate as OwnedAggregate]}) state where id = any ($1)`,
    [of.map(({ id }) => id)],
  );
  const type = quietly ? neutral[aggregate] : undefined;
  return new Map(
    rows.map((row) => [
      row.id,
      (type
        ? { type, data: { ...row.data, what: ['restated'] } }
        : { type: row.type, data: row.data }) as Fact,
    ]),
  );
}

/** The same of another version. */
export function asVersion({ type, data }: Fact, aggregate: string, version: number): Fact {
  const noun = (data as unknown as Record<string, object>)[aggregate];
  return { type, data: noun ? { ...data, [aggregate]: { ...noun, version } } : data } as Fact;
}
