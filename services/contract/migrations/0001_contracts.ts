import { accountTable, sharedTable, type Migration } from '@accord/postgres';

/** Views of what other services told are written by events alone. */
const byEvents = { app: ['insert', 'update'], operator: [] } as const;

export const up: Migration = [
  `create table accounts (
     account_id text primary key,
     version bigint not null,
     facts jsonb not null,
     updated_at timestamptz not null,
     -- As account-list.ts looks for them (API-19). One character may be eighteen in this form, and an index takes
     -- no more than 2 704 bytes a row.
     name_search text
       generated always as (left(lower(normalize(coalesce(facts ->> 'certifiedName', ''), nfkc)), 400)) stored,
     partner_search text
       generated always as (lower(normalize(coalesce(facts #>> '{partner,provider}', ''), nfkc))) stored,
     partner_type text generated always as (facts #>> '{partner,type}') stored
   )`,
  // For an operator's search, which needs no more of an account until it is found.
  `create index accounts_searched on accounts (account_id) include (name_search, partner_type)`,
  accountTable('contract', 'accounts', ['insert', 'update']),

  // The orders of the order service, the newest version of each as it was told (EVT-5).
  `create table order_view (
     order_id text primary key,
     account_id text not null,
     version bigint not null,
     status text not null,
     product_code text not null,
     contractable boolean not null,
     hold_kind text,
     created_at timestamptz not null,
     snapshot jsonb not null
   )`,
  `create index order_view_newest on order_view (account_id, created_at desc, order_id desc)`,
  accountTable('contract', 'order_view', byEvents),

  `create table products (
     product_code text primary key,
     version bigint not null,
     snapshot jsonb not null
   )`,
  sharedTable('contract', 'products', byEvents),

  `create table contracts (
     contract_id text primary key,
     version int not null,
     account_id text not null,
     number text unique,
     kind text not null check (kind in ('order', 'payment_request', 'bill', 'offline')),
     status text not null check (status in ('requested', 'draft', 'sealing', 'official', 'refused', 'voided')),
     language text not null check (language in ('zh-CN', 'en')),
     invoicing_entity text not null,
     party_a jsonb not null,
     order_ids text[] not null,
     amount jsonb,
     refusals jsonb not null default '[]',
     void_reason text,
     void_text text,
     removed boolean not null default false,
     created_at timestamptz not null,
     drafted_at timestamptz,
     finalized_at timestamptz,
     voided_at timestamptz,
     -- The words to seal, fixed when finalizing was asked for, and how the sealing goes (CTR-34).
     content jsonb,
     sealing_since timestamptz,
     seal_attempts int not null default 0,
     seal_lease_until timestamptz
   )`,
  `create index contracts_newest on contracts (account_id, created_at desc, contract_id desc)`,
  `create index contracts_sealing on contracts (sealing_since) where status = 'sealing'`,
  accountTable('contract', 'contracts', [
    'insert',
    `update (version, status, number, amount, refusals, void_reason, void_text, removed, drafted_at,
      finalized_at, voided_at, content, sealing_since, seal_attempts, seal_lease_until)`,
  ]),

  // Each order of a contract as it was decided on; \`released\` once its hold is known to be over (ORD-13).
  `create table contract_orders (
     contract_id text not null references contracts,
     order_id text not null,
     account_id text not null,
     position int not null,
     snapshot jsonb not null,
     released boolean not null default false,
     primary key (contract_id, order_id)
   )`,
  `create index contract_orders_unreleased on contract_orders (order_id) where not released`,
  `create index contract_orders_of_order on contract_orders (order_id)`,
  accountTable('contract', 'contract_orders', ['insert', 'update (snapshot, released)']),

  // An order is in at most one live contract (CTR-5, EVT-30).
  `create table live_orders (
     order_id text primary key,
     contract_id text not null,
     account_id text not null
   )`,
  `create index live_orders_of_contract on live_orders (contract_id)`,
  accountTable('contract', 'live_orders', ['insert', 'delete']),

  `create table contract_history (
     contract_id text not null references contracts,
     version int not null,
     account_id text not null,
     event text not null,
     status text not null,
     at timestamptz not null,
     actor text not null,
     primary key (contract_id, version)
   )`,
  accountTable('contract', 'contract_history', ['insert']),

  // The official files: stored once, never rewritten (CTR-19).
  `create table contract_documents (
     contract_id text primary key references contracts,
     account_id text not null,
     sha256 text not null,
     file bytea not null,
     stored_at timestamptz not null
   )`,
  `create index contract_documents_by_hash on contract_documents (sha256)`,
  accountTable('contract', 'contract_documents', ['insert']),
  `create function refuse_rewriting() returns trigger language plpgsql as
   $$ begin raise exception 'an official document is never rewritten (CTR-19)'; end $$`,
  `create trigger contract_documents_stay before update or delete on contract_documents
     for each row execute function refuse_rewriting()`,

  `create table tickets (
     ticket_id text primary key,
     version int not null,
     account_id text not null,
     kind text not null
       check (kind in ('void_official', 'extra_terms', 'physical_seal', 'offline_contract', 'marketplace')),
     status text not null check (status in ('submitted', 'approved', 'rejected', 'withdrawn')),
     contract_id text references contracts,
     contract_number text,
     order_ids text[] not null,
     reason text not null,
     text text not null,
     decision_text text,
     applicant text not null,
     created_at timestamptz not null,
     due_at timestamptz not null,
     closed_at timestamptz
   )`,
  `create unique index tickets_open on tickets (contract_id, kind) where status = 'submitted'`,
  `create index tickets_newest on tickets (account_id, created_at desc, ticket_id desc)`,
  accountTable('contract', 'tickets', ['insert', 'update (version, status, decision_text, closed_at)']),

  `create sequence contract_numbers`,
  `grant usage on sequence contract_numbers to accord_contract, accord_contract_operator`,

  // Contract ids and order ids mixed: first the contracts they stand for, then the order view, each in id
  // order.
  `create function lock_contracts(ids text[]) returns void
     language plpgsql security definer set search_path from current as
   $$ begin
     perform 1 from contracts
       where contract_id = any(ids) or contract_id in (select contract_id from live_orders where order_id = any(ids))
       order by contract_id for update;
     perform 1 from order_view where order_id = any(ids) order by order_id for update;
   end $$`,
  `revoke all on function lock_contracts(text[]) from public`,
  `grant execute on function lock_contracts(text[]) to accord_contract, accord_contract_operator`,

  // CTR-20: over all accounts, and nothing more than this.
  `create function verify_document(hash text) returns table (number text, status text)
     language sql stable security definer set search_path from current as
   $$ select c.number, c.status from contract_documents d join contracts c using (contract_id)
       where d.sha256 = hash limit 1 $$`,
  `revoke all on function verify_document(text) from public`,
  `grant execute on function verify_document(text) to accord_contract, accord_contract_operator`,
];
