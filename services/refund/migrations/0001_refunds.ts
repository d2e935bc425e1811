import { accountTable, sharedTable, type Migration } from '@accord/postgres';

// Views of what other services told, by version. Snapshots are theirs; nothing here is decided upon without
// asking them again (EVT-20).
const views = [
  `create table order_view (
    order_id text primary key,
    account_id text not null,
    version integer not null,
    bundle_id text,
    snapshot jsonb not null
  )`,
  `create index order_view_bundle on order_view (account_id, bundle_id) where bundle_id is not null`,
  // Under row security only leakproof operators use an index, so instance ids have a table of their own.
  `create table order_view_instances (
    instance_id text not null,
    order_id text not null,
    account_id text not null,
    primary key (instance_id, order_id)
  )`,
  `create table resource_view (
    instance_id text primary key,
    account_id text not null,
    version integer not null,
    released boolean not null,
    snapshot jsonb not null
  )`,
  `create index resource_view_account on resource_view (account_id, instance_id) where not released`,
  `create table contract_view (
    contract_id text primary key,
    account_id text not null,
    version integer not null,
    number text,
    status text not null
  )`,
  `create table product_view (
    product_code text primary key,
    version integer not null,
    refundable boolean not null,
    snapshot jsonb not null
  )`,
  ...['order_view', 'resource_view', 'contract_view'].map((table) =>
    accountTable('refund', table, { app: ['insert', 'update'], operator: [] }),
  ),
  accountTable('refund', 'order_view_instances', { app: ['insert'], operator: [] }),
  sharedTable('refund', 'product_view', { app: ['insert', 'update'], operator: [] }),
];

const refunds = [
  `create table quotes (
    quote_id text primary key,
    account_id text not null,
    kind text not null,
    amount numeric,
    currency text,
    instances jsonb not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
  )`,
  `create table refunds (
    refund_id text primary key,
    account_id text not null,
    version integer not null,
    status text not null check (status in ('requested', 'checking', 'reviewing', 'approved', 'refused', 'rejected',
      'withdrawn', 'paying', 'succeeded', 'failed', 'unknown')),
    kind text not null check (kind in
      ('unsubscribe', 'renewal_only', 'failed_fulfilment', 'downgrade_difference')),
    quote_id text unique,
    as_of timestamptz not null,
    instance_ids text[] not null,
    order_ids text[] not null,
    amount numeric not null check (amount >= 0),
    currency text not null,
    split jsonb not null,
    lines jsonb not null,
    reason text not null,
    text text,
    requested_by text not null,
    review jsonb,
    reserved_facts jsonb not null default '[]',
    changes jsonb not null default '[]',
    refusals jsonb not null default '[]',
    new_quote_id text,
    failure text,
    created_at timestamptz not null,
    ended_at timestamptz,
    -- A quote is used by one refund at most; an automatic refund has none (RFD-12, RFD-14, ORD-24).
    check ((quote_id is null) = (kind in ('failed_fulfilment', 'downgrade_difference')))
  )`,
  `create index refunds_by_time on refunds (account_id, created_at, refund_id)`,
  `create index refunds_all_by_time on refunds (created_at, refund_id)`,
  `create index refunds_to_pay on refunds (created_at) where status in ('approved', 'paying')`,
  `create table refund_orders (
    refund_id text not null references refunds,
    order_id text not null,
    account_id text not null,
    primary key (order_id, refund_id)
  )`,
  // RFD-14: a failed fulfilment is refunded once, however often it is told.
  `create table failed_fulfilments (
    order_id text primary key,
    account_id text not null,
    refund_id text not null references refunds deferrable initially deferred
  )`,
  // An instance is in one running refund at most, and is given back once. Deleted where the refund ends
  // without success.
  `create table claimed_instances (
    instance_id text primary key,
    account_id text not null,
    refund_id text not null references refunds,
    refunded_at timestamptz
  )`,
  `create index claimed_instances_refund on claimed_instances (refund_id)`,
  // RFD-20, RFD-11: of each fund no more than was paid by it. `exact`: the sums that were rounded (RFD-7), as
  // fractions. An order may give the difference of a downgrade back before any of its instances.
  `create table refunded_orders (
    order_id text primary key,
    account_id text not null,
    currency text not null,
    instances integer not null check (instances >= 0),
    consumed numeric not null check (consumed >= 0),
    fee numeric not null check (fee >= 0),
    exact jsonb not null,
    paid_cash numeric not null,
    paid_gift_credit numeric not null,
    paid_stored_card numeric not null,
    paid_voucher numeric not null,
    refunded_cash numeric not null,
    refunded_gift_credit numeric not null,
    refunded_stored_card numeric not null,
    refunded_voucher numeric not null,
    constraint refunded_at_most_paid check (
      refunded_cash between 0 and paid_cash and refunded_gift_credit between 0 and paid_gift_credit
      and refunded_stored_card between 0 and paid_stored_card and refunded_voucher between 0 and paid_voucher)
  )`,
  // A quote stays as it was shown, until retention deletes it.
  accountTable('refund', 'quotes', { app: ['insert'], operator: ['insert', 'delete'] }),
  accountTable('refund', 'refunds', [
    'insert',
    `update (version, status, order_ids, amount, split, lines, review, reserved_facts, changes,
      refusals, new_quote_id, failure, ended_at)`,
  ]),
  accountTable('refund', 'refund_orders', ['insert']),
  accountTable('refund', 'failed_fulfilments', ['insert']),
  accountTable('refund', 'claimed_instances', ['insert', 'update (refunded_at)', 'delete']),
  accountTable('refund', 'refunded_orders', [
    'insert',
    `update (instances, consumed, fee, exact, refunded_cash, refunded_gift_credit, refunded_stored_card,
      refunded_voucher)`,
  ]),
];

const ledger = [
  `create table ledger_transactions (
    transaction_id text primary key,
    account_id text not null,
    kind text not null check (kind in ('refund', 'unapplied_payment')),
    refund_id text unique,
    payment_reference text unique,
    order_id text,
    posted_at timestamptz not null,
    check ((kind = 'refund') = (refund_id is not null)
      and (kind = 'unapplied_payment') = (payment_reference is not null))
  )`,
  `create table ledger_postings (
    posting_id bigint generated always as identity primary key,
    transaction_id text not null references ledger_transactions,
    account_id text not null,
    ledger_account text not null,
    amount numeric not null check (amount <> 0),
    currency text not null,
    balance_after numeric
  )`,
  `create index ledger_postings_statement on ledger_postings (account_id, posting_id) where balance_after is not null`,
  `create index ledger_postings_transaction on ledger_postings (transaction_id)`,
  `create table balances (
    account_id text not null,
    fund text not null check (fund in ('cash', 'gift_credit', 'stored_card', 'voucher')),
    currency text not null,
    amount numeric not null check (amount >= 0),
    primary key (account_id, fund, currency)
  )`,
  // Postings are final.
  ...['ledger_transactions', 'ledger_postings'].map((table) => accountTable('refund', table, ['insert'])),
  accountTable('refund', 'balances', ['insert', 'update (amount)']),
  // RFD-15, EVT-33: at commit each transaction's postings sum to zero. Its owner sees every account: a chunk
  // of events spans several.
  `create function check_ledger_transaction() returns trigger
    language plpgsql security definer set search_path from current as $$
  begin
    if exists (
      select from ledger_postings where transaction_id = new.transaction_id group by currency having sum(amount) <> 0
    ) then
      raise exception 'ledger transaction % does not sum to zero', new.transaction_id
        using errcode = 'check_violation';
    end if;
    return null;
  end $$`,
  `create constraint trigger ledger_sums_to_zero after insert on ledger_postings deferrable initially deferred
    for each row execute function check_ledger_transaction()`,
];

/**
 * Locks what a chunk of events will change, always in this order of tables and ids; ids it does not know lock
 * nothing.
 */
const locks = [
  `create function lock_refund_rows(ids text[]) returns void
    language plpgsql security definer set search_path from current as $$
  begin
    perform 1 from order_view where order_id = any(ids) order by order_id for update;
    perform 1 from resource_view where instance_id = any(ids) order by instance_id for update;
    perform 1 from contract_view where contract_id = any(ids) order by contract_id for update;
    perform 1 from refunds where refund_id = any(ids) order by refund_id for update;
    perform 1 from balances where account_id = any(ids) order by account_id, fund, currency for update;
  end $$`,
  `revoke execute on function lock_refund_rows(text[]) from public`,
  `grant execute on function lock_refund_rows(text[]) to accord_refund, accord_refund_operator`,
];

export const up: Migration = [...views, ...refunds, ...ledger, ...locks];
