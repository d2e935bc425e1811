import type { Tx } from '@accord/core';
import { connect, type OwnConnection } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { testDatabase, type TestDatabase } from '@accord/testing';
import { listAccounts } from '../../services/contract/src/account/account-list.ts';
import { listContracts, type ContractFilter } from '../../services/contract/src/contract/contract-list.ts';
import { contractService } from '../../services/contract/src/service.ts';
import { plansOf } from './plan.ts';

// The contracts of a customer and of all, and accounts, among many.

const many = 20_000;
let database: TestDatabase;
let owner: OwnConnection, customer: OwnConnection, operator: OwnConnection;

beforeAll(async () => {
  const provider = { profile: loadProfile('baidu'), sealKey: { chains: [] } as never };
  const service = contractService(provider, { log: undefined as never });
  database = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
  const open = (url: string) => connect(url, { settings: { search_path: 'contracts' } });
  [owner, customer, operator] = await Promise.all([
    open(database.url),
    open(database.urls.app),
    open(database.urls.operator),
  ]);
  // One of three is of `acc_0`, one of a hundred lives, each names one of fifty products.
  await owner.query(
    `insert into contracts (contract_id, version, account_id, number, kind, status, language, invoicing_entity, party_a,
       order_ids, created_at)
     select 'ctr_' || n, 1, case n % 3 when 0 then 'acc_0' else 'acc_' || n % 500 end, 'CT-' || n,
       case when n % 100 = 1 then 'payment_request' else 'order' end,
       case when n % 100 < 2 then 'draft' when n % 4 = 0 then 'voided' else 'official' end, 'en', 'e',
       jsonb_build_object('name', 'Party ' || n % 500), array['ord_' || n], now() - n * interval '1 minute'
     from generate_series(1, ${many}) n`,
  );
  await owner.query(`insert into contract_products (contract_id, product_code, account_id, created_at)
    select contract_id, 'P' || (substr(contract_id, 5)::int % 50), account_id, created_at from contracts`);
  await owner.query(`insert into contract_orders (contract_id, order_id, account_id, position, snapshot)
    select contract_id, order_ids[1], account_id, 1, '{}' from contracts`);
  await owner.query(`insert into accounts (account_id, version, facts, updated_at)
    select 'acc_' || n, 1, jsonb_build_object('certifiedName', 'Party ' || n, 'contacts', repeat('x', 400)), now()
      from generate_series(1, 5000) n`);
  await owner.query('vacuum analyze contracts, contract_products, contract_orders, accounts');
  await customer.query(`select set_config('accord.account', 'acc_0', false)`);
});

afterAll(async () => {
  await Promise.all([owner, customer, operator].map((connection) => connection?.end()));
  await database?.drop();
});

type Filter = Omit<ContractFilter, 'limit'>;
const choices: { readonly [K in keyof Filter]?: readonly Filter[K][] } = {
  status: [undefined, 'draft'],
  kind: [undefined, 'payment_request'],
  productCode: [undefined, 'P7'],
  partyA: [undefined, 'party 49'],
  orderId: [undefined, 'ord_7'],
  number: [undefined, 'CT-7'],
};
const filters = Object.entries(choices).reduce<Filter[]>(
  (all, [name, values]) => all.flatMap((filter) => values.map((value) => ({ ...filter, [name]: value }))),
  [{}],
);
/** The index of drafts has nothing but drafts, which are few. */
const indexed = new RegExp(
  '^((Bitmap )?Index (Only )?Scan contract(s|_\\w+)_|Bitmap Heap Scan contract|' +
    'Whole Bitmap Index Scan contracts_drafts )',
);

test('CTR-32 every combination of filters finds its contracts by an index, for customers and operators', async () => {
  const after = [new Date().toISOString(), 'ctr_1'] as const;
  const ways = new Set<string>();
  for (const [connection, accountId] of [
    [customer, 'acc_0'],
    [operator, undefined],
    [operator, 'acc_0'],
  ] as const)
    for (const filter of filters)
      for (const page of [{ limit: 21 }, { limit: 21, after }]) {
        const read = (tx: Tx) => listContracts(tx, { ...filter, accountId, ...page });
        for (const plan of await plansOf(connection, read, { run: false }))
          for (const way of plan.ways)
            // All of them, newest first, where nothing is asked for.
            if (
              !(way === 'Whole Index Scan contracts_all_newest' && Object.values(filter).every((one) => !one))
            )
              ways.add(`${way} for ${JSON.stringify(filter)}`);
      }
  expect([...ways].filter((way) => !indexed.test(way))).toEqual([]);
});

test('CTR-32 a page of contracts looks at few pages of the database, whatever one filter it is by', async () => {
  const looked: Record<string, number> = {};
  const single = filters.filter((filter) => Object.values(filter).filter(Boolean).length < 2);
  for (const [connection, accountId] of [
    [customer, 'acc_0'],
    [operator, undefined],
  ] as const)
    for (const filter of single) {
      const read = (tx: Tx) => listContracts(tx, { ...filter, accountId, limit: 21 });
      for (const { pages } of await plansOf(connection, read, { run: true }))
        looked[`${accountId} ${JSON.stringify(filter)}`] = pages!;
    }
  // A customer's Party A is looked for among the contracts of the account.
  delete looked['acc_0 {"partyA":"party 49"}'];
  expect(Object.entries(looked).filter(([, pages]) => pages > 200)).toEqual([]);
});

test('API-19 a page of accounts, and one account, are found by an index', async () => {
  for (const filter of [{}, { accountId: 'acc_7' }]) {
    const read = (tx: Tx) => listAccounts(tx, { after: undefined, ...filter, limit: 21 });
    const [plan] = await plansOf(operator, read, { run: false });
    expect(plan!.ways.filter((way) => /Seq Scan/.test(way))).toEqual([]);
  }
});
