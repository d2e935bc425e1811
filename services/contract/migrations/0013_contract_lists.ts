import { accountTable, type Migration } from '@accord/postgres';

/** Of the lists of a customer, and of operators over all accounts. */
const byColumn = (column: string) => [
  `create index contracts_by_${column} on contracts (account_id, ${column}, created_at desc, contract_id desc)
     where not removed`,
  `create index contracts_all_by_${column} on contracts (${column}, created_at desc, contract_id desc)
     where not removed`,
];

export const up: Migration = [
  // The products of a contract's orders and bills, for the list (CTR-32).
  `create table contract_products (
     contract_id text not null references contracts,
     product_code text not null,
     account_id text not null,
     created_at timestamptz not null,
     primary key (contract_id, product_code)
   )`,
  `create index contract_products_newest on contract_products
     (account_id, product_code, created_at desc, contract_id desc)`,
  `create index contract_products_all_newest on contract_products (product_code, created_at desc, contract_id desc)`,
  accountTable('contract', 'contract_products', ['insert']),
  `insert into contract_products (contract_id, product_code, account_id, created_at)
     select contract_id, product_code, account_id, created_at from contracts join (
       select contract_id, snapshot ->> 'productCode' as product_code from contract_orders
       union select contract_id, line ->> 'productCode'
         from contract_bills, jsonb_array_elements(snapshot -> 'lines') line) named using (contract_id)`,

  // Plans are kept, one for all accounts, and the largest account decides.
  'alter table contracts alter account_id set (n_distinct = 10)',
  'alter table contract_products alter account_id set (n_distinct = 10)',
  ...byColumn('status'),
  ...byColumn('kind'),
  // As contract-list.ts looks for the beginning of a name; one character may be eighteen in this form.
  `create index contracts_by_party on contracts
     ((left(lower(normalize(party_a ->> 'name', nfkc)), 200) collate "C"))`,

  // How often an official file was asked for (CTR-32).
  `create table contract_downloads (
     contract_id text primary key references contracts,
     account_id text not null,
     downloads bigint not null,
     last_at timestamptz not null
   )`,
  accountTable('contract', 'contract_downloads', ['insert', 'update (downloads, last_at)']),
];
