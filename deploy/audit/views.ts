import type { ServiceName } from '@accord/platform';
import type { Check } from './differences.ts';

interface View {
  readonly says: string;
  readonly viewer: ServiceName;
  /** Table of the view, and of what it shows; both have the column `key` and a `version`. */
  readonly view: string;
  readonly owned: string;
  readonly key: string;
  /** What must be the same, each as SQL over `v`, the view's row, and `o`, the owner's. */
  readonly fields: Readonly<Record<string, readonly [viewed: string, owned: string]>>;
}

const text = (name: string, column: string) => [`v.snapshot ->> '${name}'`, `o.${column}::text`] as const;
const json = (name: string, owned: string) => [`v.snapshot -> '${name}'`, owned] as const;
const time = (name: string, column: string) => [`(v.snapshot ->> '${name}')::timestamptz`, `o.${column}`] as const;
const amount = (name: string, column: string) => [`(v.snapshot -> '${name}' ->> 'amount')::numeric`, `o.${column}`] as const;

const order = {
  status: text('status', 'status'),
  fulfilment: text('fulfilment', 'fulfilment'),
  refundState: text('refundState', 'refund_state'),
  hold: [`v.snapshot -> 'hold' ->> 'id'`, 'o.hold_id'],
  instanceIds: json('instanceIds', 'to_jsonb(o.instance_ids)'),
  productCode: text('productCode', 'product_code'),
  payableAmount: amount('payableAmount', 'payable_amount'),
  cashPaid: amount('cashPaid', 'cash_paid'),
  voucherPaid: amount('voucherPaid', 'voucher_paid'),
  invoiced: text('invoiced', 'invoiced'),
  supportRightsUsed: text('supportRightsUsed', 'support_rights_used'),
  payBy: time('payBy', 'pay_by'),
  account: ['v.account_id', 'o.account_id'],
} satisfies View['fields'];

const product = { onSale: text('onSale', 'on_sale'), contractable: text('contractable', 'contractable'), prices: json('prices', 'o.prices') } satisfies View['fields'];

const views: readonly View[] = [
  {
    says: 'the contract service sees every order as its owner does',
    viewer: 'contract',
    view: 'contracts.order_view',
    owned: 'orders.orders',
    key: 'order_id',
    fields: { ...order, 'status (listed)': ['v.status', 'o.status'], 'hold (listed)': ['v.hold_kind', 'o.hold_kind'] },
  },
  { says: 'the refund service sees every order as its owner does', viewer: 'refund', view: 'refunds.order_view', owned: 'orders.orders', key: 'order_id', fields: order },
  {
    says: 'the refund service sees every resource as its owner does',
    viewer: 'refund',
    view: 'refunds.resource_view',
    owned: 'orders.resources',
    key: 'instance_id',
    fields: {
      released: ['v.released', 'o.released'],
      inEffect: text('inEffect', 'in_effect'),
      frozenBy: text('frozenBy', 'frozen_by'),
      usage: text('usage', 'usage'),
      orderIds: json('orderIds', 'to_jsonb(o.order_ids)'),
      start: time('start', 'starts_at'),
      end: time('end', 'ends_at'),
      account: ['v.account_id', 'o.account_id'],
    },
  },
  {
    says: 'the refund service sees every contract as its owner does',
    viewer: 'refund',
    view: 'refunds.contract_view',
    owned: 'contracts.contracts',
    key: 'contract_id',
    // That a draft is being sealed nobody is told of.
    fields: { status: ['v.status', `case o.status when 'sealing' then 'draft' else o.status end`], number: ['v.number', 'o.number'] },
  },
  { says: 'the contract service sees every product as its owner does', viewer: 'contract', view: 'contracts.products', owned: 'orders.products', key: 'product_code', fields: product },
  {
    says: 'the refund service sees every product as its owner does',
    viewer: 'refund',
    view: 'refunds.product_view',
    owned: 'orders.products',
    key: 'product_code',
    fields: { ...product, refundable: ['v.refundable', 'o.refundable'] },
  },
  {
    says: 'the notification service knows the contacts of every account as its owner does',
    viewer: 'notification',
    view: 'notifications.contacts',
    owned: 'contracts.accounts',
    key: 'account_id',
    fields: { contacts: ['v.contacts', `o.facts -> 'contacts'`] },
  },
];

/** The view's version is the mark: one that lags behind but moves is on its way. */
function checkOf({ says, viewer, view, owned, key, fields }: View): Check {
  const differing = Object.entries(fields).map(([name, [viewed, own]]) => `case when ${viewed} is distinct from ${own} then '${name}' end`);
  const sql = `select ${key} as id, case when v.version is distinct from o.version
        then 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || coalesce(o.version::text, 'none')
        else 'at version ' || o.version || ' these differ: ' || fields end as found, coalesce(v.version::text, 'none') as mark
      from ${view} v full join ${owned} o using (${key}), lateral (select concat_ws(', ', ${differing.join(', ')}) as fields) differing
      where v.version is distinct from o.version or fields <> ''`;
  return { rule: 'EVT-36', says, mends: viewer, sql };
}

/** What the timeline tells of, each change by an event of its own. Of an order the versions that a reservation announces are the reservation's there. */
const told = `
  select 'contract' as aggregate, contract_id as id, version from contracts.contracts
  union all select 'ticket', ticket_id, version from contracts.tickets
  union all select 'refund', refund_id, version from refunds.refunds
  union all select 'resource', instance_id, version from orders.resources
  union all select 'reservation', holder_id, 1 from orders.holders where answered_at is not null`;

export const viewChecks: readonly Check[] = [
  ...views.map(checkOf),
  {
    rule: 'EVT-36',
    says: 'the timeline tells of every contract, ticket, refund, resource and reservation all that its owner announced',
    mends: 'notification',
    sql: `select id, aggregate || ': ' || coalesce(versions, 0) || ' of ' || coalesce(owned.version, 0) || ' versions' as found, coalesce(versions, 0)::text as mark
      from (${told}) owned full join (
        select aggregate, aggregate_id as id, count(distinct aggregate_version) as versions, max(aggregate_version) as newest
        from notifications.timeline_events where aggregate in ('contract', 'ticket', 'refund', 'resource', 'reservation') group by 1, 2) t using (aggregate, id)
      where t.versions is distinct from owned.version or t.newest is distinct from owned.version`,
  },
];
