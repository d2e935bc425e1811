import type { ServiceName } from '@accord/events/services';
import type { Check } from './check.ts';
import { announcedOrder, announcedProduct, announcedResource, term, type Announced } from './snapshots.ts';

interface View {
  readonly says: string;
  readonly viewer: ServiceName;
  /** Table of the view, and of what it shows; both have the column `key` and a `version`. */
  readonly view: string;
  readonly owned: string;
  readonly key: string;
  /** The fields that the view's column `snapshot` holds. */
  readonly snapshot?: Announced<object>;
  /** The columns of its own, and the same as SQL over `o`. */
  readonly columns: Readonly<Record<string, string>>;
}

const views: readonly View[] = [
  {
    says: 'the contract service sees every order as its owner does',
    viewer: 'contract',
    view: 'contracts.order_view',
    owned: 'orders.orders',
    key: 'order_id',
    snapshot: announcedOrder,
    columns: {
      account_id: 'o.account_id',
      status: 'o.status',
      product_code: 'o.product_code',
      contractable: `(${term('contractable')} = 'true')`,
      hold_kind: 'o.hold_kind',
      created_at: 'o.created_at',
    },
  },
  {
    says: 'the refund service sees every order as its owner does',
    viewer: 'refund',
    view: 'refunds.order_view',
    owned: 'orders.orders',
    key: 'order_id',
    snapshot: announcedOrder,
    columns: { account_id: 'o.account_id', bundle_id: `o.terms ->> 'bundleId'` },
  },
  {
    says: 'the refund service sees every resource as its owner does',
    viewer: 'refund',
    view: 'refunds.resource_view',
    owned: 'orders.resources',
    key: 'instance_id',
    snapshot: announcedResource,
    columns: { account_id: 'o.account_id', released: 'o.released' },
  },
  {
    says: 'the refund service sees every contract as its owner does',
    viewer: 'refund',
    view: 'refunds.contract_view',
    owned: 'contracts.contracts',
    key: 'contract_id',
    // That a draft is being sealed nobody is told of.
    columns: {
      account_id: 'o.account_id',
      number: 'o.number',
      status: `case o.status when 'sealing' then 'draft' else o.status end`,
    },
  },
  {
    says: 'the contract service sees every refund as its owner does',
    viewer: 'contract',
    view: 'contracts.refund_view',
    owned: 'refunds.refunds',
    key: 'refund_id',
    columns: { account_id: 'o.account_id' },
  },
  {
    says: 'the contract service sees every product as its owner does',
    viewer: 'contract',
    view: 'contracts.products',
    owned: 'orders.products',
    key: 'product_code',
    snapshot: announcedProduct,
    columns: {},
  },
  {
    says: 'the refund service sees every product as its owner does',
    viewer: 'refund',
    view: 'refunds.product_view',
    owned: 'orders.products',
    key: 'product_code',
    snapshot: announcedProduct,
    columns: { refundable: 'o.refundable' },
  },
  {
    says: 'the order service knows of every account what its owner does',
    viewer: 'order',
    view: 'orders.account_view',
    owned: 'contracts.accounts',
    key: 'account_id',
    columns: {
      facts: `jsonb_build_object(${['certifiedName', 'certificate', 'invoiceTitle', 'partner', 'address']
        .map((fact) => `'${fact}', o.facts -> '${fact}'`)
        .join(', ')})`,
    },
  },
  {
    says: 'the notification service knows the contacts of every account as its owner does',
    viewer: 'notification',
    view: 'notifications.contacts',
    owned: 'contracts.accounts',
    key: 'account_id',
    columns: { contacts: `o.facts -> 'contacts'` },
  },
];

/** The fields in which two snapshots differ; what is no object lacks them all. */
const fieldsThatDiffer = (viewed: string, owned: string) => `(
  select string_agg(key, ', ' order by key)
  from jsonb_each(case jsonb_typeof(${viewed}) when 'object' then ${viewed} else '{}' end) viewed
    full join jsonb_each(${owned}) owned using (key) where viewed.value is distinct from owned.value)`;

/**
 * Whole snapshots are compared, fields only of those that differ. The view's version is the mark: one that
 * lags behind but moves is on its way.
 */
function checkOf({ says, viewer, view, owned, key, snapshot, columns }: View): Check {
  const whole =
    snapshot &&
    `jsonb_build_object(${Object.entries(snapshot)
      .map(([field, own]) => `'${field}', ${own}`)
      .join(', ')})`;
  const unlike = Object.entries(columns).map(
    ([column, own]) => [column, `v.${column} is distinct from ${own}`] as const,
  );
  const differs = [
    'v.version is distinct from o.version',
    ...unlike.map(([, sql]) => sql),
    ...(whole ? [`v.snapshot is distinct from ${whole}`] : []),
  ];
  const names = [
    ...(whole ? [fieldsThatDiffer('v.snapshot', whole)] : []),
    ...unlike.map(([column, sql]) => `case when ${sql} then 'column ${column}' end`),
  ];
  const sql = `select ${key} as id, case when v.version is distinct from o.version
        then 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || coalesce(o.version::text, 'none')
        else 'at version ' || o.version || ' these differ: ' || concat_ws(', ',
        ${names.join(', ')}) end as found, coalesce(v.version::text, 'none') as mark
      from ${view} v full join ${owned} o using (${key})
      where ${differs.join(' or ')}`;
  return { rule: 'EVT-36', says, mends: viewer, sql };
}

/**
 * The aggregates the timeline tells of: how many versions, each by an event of its own, and the newest. Of an
 * order those in which it was held are announced by the reservation, and are the reservation's there; a
 * message (version 0) is announced once it is sent or dead. Products are nobody's own and are not in it. `most` and
 * `last` count the held ones as well: a state that was told again may be of one.
 */
const told = `
  select 'order' as aggregate, order_id as id, count(*) filter (where not held) as versions,
      max(version) filter (where not held) as newest, count(*) as most, max(version) as last
    from (select order_id, version, change in ('held_by_contract', 'held_by_refund') as held
      from orders.order_history) history group by order_id
  union all select aggregate, id, version, version, version, version from (
    select 'contract' as aggregate, contract_id as id, version from contracts.contracts
    union all select 'ticket', ticket_id, version from contracts.tickets
    union all select 'refund', refund_id, version from refunds.refunds
    union all select 'resource', instance_id, version from orders.resources
    union all select 'reservation', holder_id, 1 from orders.holders where answered_at is not null
    union all select 'payment', payment_reference, 1 from orders.unapplied_payments
    union all select 'notification', notification_id, version from notifications.notifications
    where version > 0) each_version`;

const tellsOf = [
  'order',
  'contract',
  'ticket',
  'refund',
  'resource',
  'reservation',
  'payment',
  'notification',
];

export const viewChecks: readonly Check[] = [
  ...views.map(checkOf),
  {
    rule: 'EVT-36',
    says: 'the refund service finds every order by its instances',
    mends: 'refund',
    sql: `select order_id as id, instance_id || case when o.account_id is null then ' is not its own'
      when v.account_id is null then ' is not among its instances'
        else ' is of another account' end as found, instance_id as mark
      from refunds.order_view_instances v full join orders.order_instances o using (instance_id, order_id)
      where v.account_id is distinct from o.account_id`,
  },
  {
    rule: 'EVT-36',
    says:
      'the timeline tells of every order, contract, ticket, refund, resource, reservation, message ' +
      'and unapplied payment all that its owner announced',
    mends: 'notification',
    sql: `select id, aggregate || ': ' || coalesce(t.versions, 0) || ' of ' || coalesce(owned.versions,
      0) || ' versions, the newest ' || coalesce(t.newest::text, 'none')
        || ' of ' || coalesce(owned.newest::text, 'none') as found, coalesce(t.versions, 0)::text as mark
      from (${told}) owned full join (
        select aggregate, aggregate_id as id, count(distinct aggregate_version) as versions,
        max(aggregate_version) as newest
        from notifications.timeline_events
        where aggregate in (${tellsOf.map((aggregate) => `'${aggregate}'`).join(', ')}) group by 1, 2) t
        using (aggregate, id)
      where (t.versions between owned.versions and owned.most and t.newest between owned.newest and owned.last)
        is not true`,
  },
  {
    // Of the platform's own versions it may tell more: older ones, those that were refused.
    rule: 'EVT-36',
    says: 'the timeline tells of every account at its newest version',
    mends: 'notification',
    sql: `select account_id as id, 'version ' || version || ' is not told' as found, version::text as mark
      from contracts.accounts a
      where not exists (select from notifications.timeline_events t where t.aggregate = 'account'
      and t.aggregate_id = a.account_id and t.aggregate_version = a.version)`,
  },
];
