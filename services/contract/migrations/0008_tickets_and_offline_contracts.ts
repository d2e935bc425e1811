import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // One open ticket per contract and kind (tickets_open), or without a contract per order set and kind (CTR-24).
  // The ids of a set are sorted.
  `create function order_set(order_ids text[]) returns text language sql immutable
     return encode(sha256(convert_to(array_to_string(order_ids, ' '), 'UTF8')), 'hex')`,
  `create unique index tickets_open_of_orders on tickets (order_set(order_ids), kind)
     where status = 'submitted' and contract_id is null`,
  // The inbox of operators; open tickets also by their time.
  `create index tickets_of_kind on tickets (kind, created_at desc, ticket_id desc)`,
  `create index tickets_of_status on tickets (status, created_at desc, ticket_id desc)`,
  `create index tickets_open_of_kind on tickets (kind, created_at desc, ticket_id desc) where status = 'submitted'`,
  `create index tickets_open_by_due on tickets (due_at, ticket_id) where status = 'submitted'`,

  // Files of contracts signed outside, each once of its account, and unchanged. One that no contract was recorded
  // with has no reader, and goes after a while (CTR-36).
  `create table offline_files (
     account_id text not null,
     sha256 text not null,
     file bytea not null,
     stored_at timestamptz not null,
     recorded boolean not null default false,
     primary key (account_id, sha256)
   )`,
  `create index offline_files_unused on offline_files (stored_at) where not recorded`,
  accountTable('contract', 'offline_files', ['insert', 'update (recorded)', 'delete']),
  `create function keep_offline_files() returns trigger language plpgsql as
   $$ begin
     if old.recorded then raise exception 'the file of a recorded contract stays (CTR-36)'; end if;
     return coalesce(new, old);
   end $$`,
  `create trigger offline_files_stay before update or delete on offline_files
     for each row execute function keep_offline_files()`,

  // The facts of a contract that was signed outside. Number and ticket are its own from its recording on, unless it
  // ends without having been official.
  `create table offline_contracts (
     contract_id text primary key references contracts,
     account_id text not null,
     number text not null,
     signed_on date not null,
     sha256 text not null,
     ticket_id text references tickets,
     reason text,
     released boolean not null default false,
     foreign key (account_id, sha256) references offline_files,
     check ((ticket_id is null) <> (reason is null))
   )`,
  `create unique index offline_contracts_number on offline_contracts (number) where not released`,
  `create unique index offline_contracts_ticket on offline_contracts (ticket_id) where not released`,
  `create index offline_contracts_by_hash on offline_contracts (sha256)`,
  accountTable('contract', 'offline_contracts', ['insert', 'update (released)']),

  // CTR-20: over all accounts, files of outside-signed contracts too, and nothing more than this.
  `create or replace function verify_document(hash text) returns table (number text, status text)
     language sql stable security definer set search_path from current as
   $$ select c.number, c.status
        from (select contract_id from contract_documents where sha256 = hash
              union all select contract_id from offline_contracts where sha256 = hash) found
        join contracts c using (contract_id)
       where c.finalized_at is not null
       order by c.status = 'official' desc, c.finalized_at desc limit 1 $$`,
];
