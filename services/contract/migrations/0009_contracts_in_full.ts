import { accountTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // An account's address book is one row, so that its entries have one default and a largest number whoever
  // changes them at once (CTR-11).
  `create table address_books (
     account_id text primary key,
     version int not null,
     entries jsonb not null check (jsonb_array_length(entries) <= 50),
     default_id text,
     updated_at timestamptz not null
   )`,
  accountTable('contract', 'address_books', ['insert', 'update (version, entries, default_id, updated_at)']),
  // The address of a draft may be another of the book; its name stays.
  `grant update (party_a) on contracts to accord_contract, accord_contract_operator`,

  // When a draft was told to wait: each is told of once (CTR-40).
  `alter table contracts add reminded_at timestamptz`,
  `grant update (reminded_at) on contracts to accord_contract, accord_contract_operator`,
  `create index contracts_silent on contracts (drafted_at) where status = 'draft' and reminded_at is null`,
  `create index contracts_drafts on contracts (drafted_at) where status = 'draft'`,
];
