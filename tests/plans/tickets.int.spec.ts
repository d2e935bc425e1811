import type { Tx } from '@accord/core';
import { connect, type OwnConnection } from '@accord/postgres';
import { loadProfile } from '@accord/profile';
import { testDatabase, type TestDatabase } from '@accord/testing';
import { contractService } from '../../services/contract/src/service.ts';
import { listTickets, type TicketFilter } from '../../services/contract/src/ticket/ticket-list.ts';
import { plansOf } from './plan.ts';

// The inbox of operators, and the list of a customer, among many tickets.

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
  // One of a hundred is open; one of three is of `acc_0`.
  await owner.query(
    `insert into tickets (ticket_id, version, account_id, kind, status, order_ids, reason, text, applicant,
       created_at, due_at)
     select 'tkt_' || n, 1, case n % 3 when 0 then 'acc_0' else 'acc_' || n % 500 end,
       (array['void_official', 'extra_terms', 'physical_seal', 'offline_contract', 'marketplace'])[1 + n % 5],
       case when n % 100 < 5 then 'submitted' else (array['approved', 'rejected', 'withdrawn'])[1 + n % 3] end,
       array['ord_' || n], 'other', 'Please.', 'customer:usr_1', now() - n * interval '1 minute',
       now() - n * interval '1 minute' + interval '2 days'
     from generate_series(1, ${many}) n`,
  );
  await owner.query('analyze tickets');
  await customer.query(`select set_config('accord.account', 'acc_0', false)`);
});

afterAll(async () => {
  await Promise.all([owner, customer, operator].map((connection) => connection?.end()));
  await database?.drop();
});

const choices = {
  kind: [undefined, 'offline_contract'],
  status: [undefined, 'submitted', 'rejected'],
  overdue: [undefined, true, false],
  contractId: [undefined, 'ctr_1'],
} as const;
const filters = choices.kind.flatMap((kind) =>
  choices.status.flatMap((status) =>
    choices.overdue.flatMap((overdue) =>
      choices.contractId.map((contractId): Omit<TicketFilter, 'limit'> => ({
        kind,
        status,
        overdue,
        contractId,
      })),
    ),
  ),
);

test('CTR-24 every combination of filters finds its tickets by an index, for customers and operators', async () => {
  const after = [new Date().toISOString(), 'tkt_1'] as const;
  const ways = new Set<string>();
  for (const [connection, accountId] of [
    [customer, 'acc_0'],
    [operator, undefined],
    [operator, 'acc_0'],
  ] as const)
    for (const filter of filters)
      for (const page of [{ limit: 21 }, { limit: 21, after }]) {
        const now = new Date();
        const read = (tx: Tx) => listTickets({ ...tx, now } as Tx, { ...filter, accountId, ...page });
        for (const plan of await plansOf(connection, read, { run: false }))
          for (const way of plan.ways) if (/ tickets/.test(way)) ways.add(way);
      }
  const slow = [...ways].filter((way) => !/^(Bitmap )?Index (Only )?Scan tickets_/.test(way));
  expect(slow.filter((way) => way !== 'Bitmap Heap Scan tickets')).toEqual([]);
  for (const index of ['tickets_newest', 'tickets_of_kind', 'tickets_of_status', 'tickets_of_contract'])
    expect([...ways].join('\n')).toContain(index);
});

test('CTR-24 a page of the inbox looks at few pages of the database, whatever it is filtered by', async () => {
  const looked: Record<string, number> = {};
  for (const filter of filters.filter(({ contractId }) => contractId === undefined)) {
    const read = (tx: Tx) => listTickets({ ...tx, now: new Date() } as Tx, { ...filter, limit: 21 });
    for (const { pages } of await plansOf(operator, read, { run: true }))
      looked[JSON.stringify(filter)] = pages!;
  }
  expect(Object.entries(looked).filter(([, pages]) => pages > 200)).toEqual([]);
});
