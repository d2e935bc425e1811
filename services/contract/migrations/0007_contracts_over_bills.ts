import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // A contract is over orders, or over bills (CTR-1).
  `alter table contracts add column bill_ids text[] not null default '{}'`,
  `alter table contracts add constraint contracts_over_check check (case kind
     when 'bill' then cardinality(bill_ids) between 1 and 500 and cardinality(order_ids) = 0
     else cardinality(order_ids) between 1 and 500 and cardinality(bill_ids) = 0 end)`,

  // Each bill of a contract as it states it.
  `create table contract_bills (
     contract_id text not null references contracts,
     bill_id text not null,
     account_id text not null,
     position int not null,
     snapshot jsonb not null,
     primary key (contract_id, bill_id)
   )`,
  `create index contract_bills_of_bill on contract_bills (bill_id)`,
  accountTable('contract', 'contract_bills', ['insert', 'update (snapshot)']),

  // A bill is in at most one live contract (CTR-5).
  `create table live_bills (
     bill_id text primary key,
     contract_id text not null,
     account_id text not null
   )`,
  `create index live_bills_of_contract on live_bills (contract_id)`,
  accountTable('contract', 'live_bills', ['insert', 'delete']),

  // The facts of a change that its event alone does not name, as they are told with \`contract.changed\`.
  `alter table contract_history add column what text[]`,

  // Bills first: whoever tells one, or applies over it, locks it before its contract.
  `create or replace function lock_contracts(ids text[]) returns void
     language plpgsql security definer set search_path from current as
   $$ begin
     perform 1 from bills where bill_id = any(ids) order by bill_id for update;
     perform 1 from order_view where order_id = any(ids) order by order_id for update;
     perform 1 from contracts
       where contract_id = any(ids)
         or contract_id in (select contract_id from live_orders where order_id = any(ids))
         or contract_id in (select contract_id from live_bills where bill_id = any(ids))
       order by contract_id for update;
   end $$`,
];
