import { accountTable, sharedTable, type Migration } from '@accord/postgres';

const nameKey = `product_code || ' ' || (terms ->> 'productName')`;

export const up: Migration = [
  `create table products (
     product_code text primary key,
     version int not null check (version > 0),
     name jsonb not null,
     category text not null,
     brand text not null,
     form text not null check (form in ('instance', 'usage_package', 'storage_package', 'one_time', 'domain')),
     charge_types text[] not null,
     invoicing_entity text not null,
     prices jsonb not null,
     service_types text[] not null,
     on_sale boolean not null,
     renewable boolean not null,
     contractable boolean not null,
     refundable boolean not null,
     terms_url text
   )`,
  // Prices are an operator's decision.
  sharedTable('order', 'products', { app: [], operator: ['insert', 'update'] }),

  // `terms` are agreed at placement and never change; a value that is filtered, summed or constrained has a
  // column of its own. `placed_on` is the day where the provider was at placement, which placement alone knows: the
  // database does not know the provider's time zone.
  `create table orders (
     order_id text primary key,
     account_id text not null,
     version int not null check (version > 0),
     product_code text not null,
     order_type text not null check (order_type in
       ('purchase', 'renewal', 'upgrade', 'downgrade', 'configuration_change', 'compensation')),
     bill_type text not null check (bill_type in ('prepay', 'postpay')),
     terms jsonb not null,
     bundle_id text generated always as (terms ->> 'bundleId') stored,
     currency text not null,
     product_amount numeric check (product_amount >= 0),
     discount_amount numeric not null check (discount_amount >= 0),
     payable_amount numeric not null check (payable_amount >= 0),
     cash_paid numeric not null check (cash_paid >= 0),
     voucher_paid numeric not null check (voucher_paid >= 0),
     cash_returned numeric not null default 0 check (cash_returned between 0 and cash_paid),
     paid_parts jsonb,
     status text not null check (status in ('unpaid', 'paid', 'cancelled', 'voided')),
     fulfilment text not null check (fulfilment in ('none', 'creating', 'created', 'failed')),
     refund_state text not null check (refund_state in ('none', 'in_progress', 'partial', 'full')),
     hold_kind text check (hold_kind in ('contract', 'refund')),
     hold_id text,
     instance_ids text[] not null,
     instances jsonb not null default '[]',
     refunded_instance_ids text[] not null default '{}',
     refund_ids text[] not null default '{}',
     period_start timestamptz,
     period_end timestamptz,
     invoiced boolean not null default false,
     support_rights_used boolean not null default false,
     created_at timestamptz not null,
     pay_by timestamptz,
     paid_at timestamptz,
     cancelled_at timestamptz,
     voided_at timestamptz,
     expiring_announced timestamptz,
     placed_by text not null generated always as (terms ->> 'placedBy') stored,
     product_name_id bigint not null generated always as (hashtextextended(${nameKey}, 0)) stored,
     facet_id bigint not null generated always as (hashtextextended(
       order_type || ' ' || bill_type || ' ' || (terms ->> 'placedBy') || ' ' || ${nameKey}, 0)) stored,
     placed_on date not null,
     check ((hold_kind is null) = (hold_id is null)),
     check (hold_id is null or status in ('unpaid', 'paid')),
     check (status <> 'unpaid' or pay_by is not null),
     check (status not in ('paid', 'voided') or pay_by is null),
     check (status in ('unpaid', 'cancelled') or cash_paid + voucher_paid = payable_amount)
   )`,
  `create index orders_unpaid on orders (pay_by) where status = 'unpaid'`,
  'create index orders_held on orders (hold_id) where hold_id is not null',
  'create index orders_of_bundle on orders (account_id, bundle_id) where bundle_id is not null',
  accountTable('order', 'orders', [
    'insert',
    `update (version, cash_paid, voucher_paid, cash_returned, paid_parts, status, fulfilment, refund_state,
      hold_kind, hold_id, instance_ids, instances, refunded_instance_ids, refund_ids, period_start, period_end,
      invoiced, support_rights_used, pay_by, paid_at, cancelled_at, voided_at, expiring_announced)`,
  ]),

  `create table order_instances (
     instance_id text not null,
     order_id text not null references orders,
     account_id text not null,
     primary key (instance_id, order_id)
   )`,
  accountTable('order', 'order_instances', ['insert']),

  `create table order_history (
     order_id text not null,
     version int not null,
     account_id text not null,
     at timestamptz not null,
     actor text not null,
     change text not null,
     status text not null,
     note text,
     primary key (order_id, version)
   )`,
  accountTable('order', 'order_history', ['insert']),

  `create table payments (
     payment_reference text primary key,
     order_id text not null unique references orders,
     account_id text not null,
     parts jsonb not null,
     paid_at timestamptz not null
   )`,
  accountTable('order', 'payments', ['insert']),

  // A contract or refund that asked for orders: whether it was answered, and whether it has ended, also before it
  // ever asked (ORD-13).
  `create table holders (
     holder_id text primary key,
     kind text not null check (kind in ('contract', 'refund')),
     account_id text not null,
     answered_at timestamptz,
     ended_at timestamptz,
     succeeded boolean not null default false
   )`,
  `create index holders_refunds on holders (account_id, answered_at) where kind = 'refund'`,
  accountTable('order', 'holders', ['insert', 'update (answered_at, ended_at, succeeded)']),

  `create table resources (
     instance_id text primary key,
     account_id text not null,
     version int not null check (version > 0),
     report_version bigint not null check (report_version >= 0),
     product_code text not null,
     order_ids text[] not null,
     starts_at timestamptz,
     ends_at timestamptz,
     usage text not null,
     in_effect boolean not null,
     frozen_by text check (frozen_by in ('police', 'platform')),
     released boolean not null,
     archived boolean not null,
     next_renewal_start timestamptz,
     next_renewal_end timestamptz,
     scaled_at timestamptz,
     region text,
     ip_address text,
     check ((next_renewal_start is null) = (next_renewal_end is null))
   )`,
  'create index resources_of_account on resources (account_id, instance_id)',
  accountTable('order', 'resources', ['insert', 'update']),

  `create table account_view (
     account_id text primary key,
     version bigint not null,
     facts jsonb not null
   )`,
  accountTable('order', 'account_view', { app: ['insert', 'update'], operator: [] }),

  // Instances before orders, each in id order: everything that locks several rows does so in this order. Ids
  // of unknown rows lock nothing.
  `create function lock_orders(ids text[]) returns void language plpgsql security definer
     set search_path from current as $$
   declare
     wanted text[] := ids || array(select i.order_id from order_instances i where i.instance_id = any (ids));
   begin
     perform 1 from resources r where r.instance_id = any (ids) order by r.instance_id for update;
     perform 1 from orders o where o.order_id = any (wanted) order by o.order_id for update;
   end $$`,
  'revoke all on function lock_orders(text[]) from public',
  'grant execute on function lock_orders(text[]) to accord_order, accord_order_operator',
];
