import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Data } from '@accord/events';
import { loadProfile } from '@accord/profile';
import { testService, type Reply } from '@accord/testing';
import { flawsUnderBadInput } from '@accord/testing/edges';
import { giveUp, parkedEvent, publishRaw } from '@accord/testing/outsider';
import { billRoutes } from '../src/http/bill-routes.ts';
import { loadSealKey } from '../src/seal/seal-key.ts';
import { contractService } from '../src/service.ts';
import { sampleAccount } from './sample-orders.ts';

// Monthly bills, told by topic and over REST, where the profile has contracts over them, and over nothing
// else.

const folder = mkdtempSync(`${tmpdir()}/profiles-`);
writeFileSync(
  `${folder}/bills.json`,
  JSON.stringify({ extends: 'alibaba', name: 'bills', contracts: { sources: ['bill'] } }),
);
const profile = loadProfile(`${folder}/bills.json`);
const sealKey = await loadSealKey({ env: 'development' });
const t = await testService({ service: (context) => contractService({ profile, sealKey }, context) });
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await t.stop();
});

type Bill = Data<'bill.issued'>;
const cny = (amount: string) => ({ amount, currency: 'CNY' });
const newBillId = () => `bill_${randomUUID()}`;
let accounts = 0;
/** A certified one. */
const newAccount = async () => {
  const { accountId, ...facts } = sampleAccount({ accountId: `acc_b${(accounts += 1)}` });
  expect((await t.platform().put(`/v1/accounts/${accountId}`, facts)).status).toBe(200);
  return accountId;
};

/** January's, of two products; `change` says what differs. */
const aBill = (accountId: string, change: Partial<Bill> = {}): Bill => ({
  billId: newBillId(),
  version: 1,
  accountId,
  month: '2026-01',
  invoicingEntity: 'aliyun_computing',
  status: 'unpaid',
  amount: cny('128.40'),
  lines: [
    { productCode: 'ECS', amount: cny('118.00') },
    { productCode: 'OSS', amount: cny('10.40') },
  ],
  ...change,
});

/** Of one amount, for one product. */
const oneLine = (productCode: string, amount: string) => ({
  amount: cny(amount),
  lines: [{ productCode, amount: cny(amount) }],
});

const tell = (data: Bill, how?: { repeat?: number }) => t.publish({ type: 'bill.issued', data }, how);
const platform = t.platform();
const put = ({ billId, ...body }: Bill) => platform.put(`/v1/bills/${billId}`, body);
const codeOf = ({ status, body }: Reply) => [status, body.code];
const idsOf = ({ body }: Reply): string[] => body.data.map(({ billId }: Bill) => billId);
const stored = (billId: string) =>
  t.sql<{ facts: Bill }>('select facts from bills where bill_id = $1', [billId]);

describe('a bill that is told', () => {
  test(
    'EVT-14 CTR-6 by topic is what it is over REST; told again, by whichever way, it is the same bill, ' +
      'and the customer sees it',
    async () => {
      const accountId = await newAccount();
      const [byTopic, byRest] = [
        aBill(accountId, { billId: `b1-${accountId}` }),
        aBill(accountId, { billId: `b2-${accountId}` }),
      ];
      const told = await put(byRest);
      expect([told.status, told.body, told.headers.get('etag')]).toEqual([200, byRest, '"1"']);
      const { billId, ...facts } = byRest;
      const stale = await t
        .platform()
        .put(`/v1/bills/${billId}`, { ...facts, version: 2 }, { 'if-match': '"7"' });
      expect([stale.status, stale.body.code]).toEqual([412, 'request.version_mismatch']);
      await tell(byTopic, { repeat: 3 });
      await tell(byTopic);
      await tell(byRest);
      await t.settled();
      expect((await put(byTopic)).body).toEqual(byTopic);

      const customer = t.customer(accountId);
      for (const bill of [byTopic, byRest])
        expect((await customer.get(`/v1/bills/${bill.billId}`)).body).toEqual(bill);
      expect((await customer.get('/v1/contracts/eligible-bills')).body).toEqual({
        data: [byRest, byTopic],
        nextCursor: null,
        objections: [],
      });
      expect(await t.sql('select from bills where account_id = $1', [accountId])).toHaveLength(2);
      // As it would be told over REST, where every amount has its currency's digits.
      const loose = aBill(accountId, {
        amount: cny('9'),
        lines: [{ productCode: 'OSS', amount: cny('9.0') }],
      });
      await tell(loose);
      await t.settled();
      expect(await stored(loose.billId)).toMatchObject([{ facts: { ...loose, ...oneLine('OSS', '9.00') } }]);
    },
  );

  test(
    'EVT-14 EVT-5 keeps its newest version, in whatever order and by whichever way they are told; an ' +
      'older one changes nothing',
    async () => {
      const accountId = await newAccount();
      const first = aBill(accountId);
      const at = (version: number): Bill => ({
        ...first,
        version,
        status: version > 2 ? 'paid' : 'unpaid',
        ...oneLine('ECS', `${version}.00`),
      });
      const read = async () => (await t.customer(accountId).get(`/v1/bills/${first.billId}`)).body;
      await tell(at(3));
      await t.settled();
      const older = await put(at(1));
      expect([older.status, older.body, older.headers.get('etag')]).toEqual([200, at(3), '"3"']);
      await tell(at(2));
      await tell({ ...at(3), month: '2025-12' });
      await t.settled();
      expect(await read()).toEqual(at(3));
      expect((await put(at(4))).body).toEqual(at(4));

      const versions = Array.from({ length: 40 }, (_, i) => 5 + ((i * 17) % 40));
      await Promise.all(
        versions.map((version) => (version % 2 === 0 ? put(at(version)) : tell(at(version)))),
      );
      await t.settled();
      expect(await read()).toEqual(at(44));
      expect(await t.sql('select version from bills where bill_id = $1', [first.billId])).toEqual([
        { version: '44' },
      ]);
    },
  );

  const flaws: [string, object][] = [
    ['version', { version: 0 }],
    ['version', { version: undefined }],
    ['month', { month: '2026-13' }],
    ['month', { month: 'January' }],
    ['invoicingEntity', { invoicingEntity: 'no entity' }],
    ['status', { status: 'overdue' }],
    ['amount', { amount: 128.4 }],
    ['amount', { amount: { amount: '128,40', currency: 'CNY' } }],
    ['lines', { lines: [] }],
    ['lines', { lines: [{ productCode: 'ECS', amount: cny('128.39') }] }],
    [
      'lines',
      {
        lines: [
          { productCode: 'ECS', amount: cny('138.40') },
          { productCode: 'OSS', amount: cny('-10.00') },
        ],
      },
    ],
    ['lines', { lines: [{ productCode: 'ECS', amount: { amount: '128.40', currency: 'USD' } }] }],
    ['lines', { lines: [{ productCode: 'a product', amount: cny('128.40') }] }],
    ['accountId', { accountId: '' }],
  ];

  test(
    'EVT-14 EVT-3 and does not fit its schema is a dead letter at once with the reason, over REST a ' +
      'bad request; the bills beside it are kept',
    async () => {
      const accountId = await newAccount();
      const good = aBill(accountId);
      const bad = flaws.map(([field, change]) => ({
        field,
        bill: { ...aBill(accountId), ...change } as Bill,
      }));
      const [nobodys, foreign] = [newBillId(), newBillId()];
      await publishRaw(t, 'bill.issued', [
        ...bad.map(({ bill }) => ({ key: bill.billId, value: JSON.stringify(bill) })),
        { key: nobodys, value: '{' },
        { key: foreign, value: JSON.stringify(aBill(accountId)), headers: { ce_type: 'bill.issued' } },
        { key: good.billId, value: JSON.stringify(good) },
      ]);
      for (const { field, bill } of bad) {
        expect(await parkedEvent(t, bill.billId)).toMatchObject({
          status: 'dead',
          reason: expect.stringContaining(field),
        });
        const refused = await put(bill);
        // No schema says which amounts make a sum.
        const isSum =
          bill.lines.length > 0 &&
          refused.body.errors.every(({ pointer }: { pointer: string }) => pointer === '/lines');
        expect(codeOf(refused)).toEqual([isSum ? 422 : 400, 'request.invalid']);
        expect(refused.body.errors).toContainEqual(
          expect.objectContaining({ pointer: expect.stringMatching(`^/${field}`) }),
        );
      }
      for (const key of [nobodys, foreign])
        expect(await parkedEvent(t, key)).toMatchObject({ status: 'dead' });
      expect(idsOf(await t.customer(accountId).get('/v1/contracts/eligible-bills'))).toEqual([good.billId]);
    },
  );

  test.each([
    [
      'of an entity that the profile does not have',
      { invoicingEntity: 'aliyun_elsewhere' },
      'bill.entity_unknown',
    ],
    [
      'in another currency than its entity bills in',
      {
        amount: { amount: '1.00', currency: 'USD' },
        lines: [{ productCode: 'ECS', amount: { amount: '1.00', currency: 'USD' } }],
      },
      'bill.currency_mismatch',
    ],
  ] as const)(
    'EVT-14 EVT-9 %s is refused, by topic a dead letter at once with the same reason',
    async (_what, change, code) => {
      const [byTopic, byRest] = [
        aBill('acc_b0', change as Partial<Bill>),
        aBill('acc_b0', change as Partial<Bill>),
      ];
      expect(codeOf(await put(byRest))).toEqual([422, code]);
      await tell(byTopic);
      expect(await parkedEvent(t, byTopic.billId)).toEqual({
        status: 'dead',
        reason: expect.stringContaining(code),
      });
      for (const { billId } of [byTopic, byRest]) expect(await stored(billId)).toEqual([]);
      await giveUp(t, byTopic.billId);
    },
  );

  test(
    'EVT-14 API-5 is its account’s alone: to others not found, in no list and no row, and told in ' +
      'another’s name it changes nothing',
    async () => {
      const [accountId, other] = [await newAccount(), await newAccount()];
      const bill = aBill(accountId);
      await put(bill);
      const stranger = t.customer(other);
      expect(codeOf(await stranger.get(`/v1/bills/${bill.billId}`))).toEqual([404, 'bill.not_found']);
      expect((await stranger.get('/v1/contracts/eligible-bills')).body).toEqual({
        data: [],
        nextCursor: null,
        objections: [],
      });
      expect(codeOf(await stranger.get(`/v1/contracts/eligible-bills?accountId=${accountId}`))).toEqual([
        422,
        'request.account_not_yours',
      ]);
      expect(codeOf(await t.operator().get('/v1/contracts/eligible-bills'))).toEqual([
        422,
        'request.account_required',
      ]);
      expect(idsOf(await t.operator().get(`/v1/contracts/eligible-bills?accountId=${accountId}`))).toEqual([
        bill.billId,
      ]);
      const rowsOf = (account: string | undefined) => t.asRole(account).sql('select bill_id from bills');
      expect([await rowsOf(accountId), await rowsOf(other), await rowsOf(undefined)]).toEqual([
        [{ bill_id: bill.billId }],
        [],
        [],
      ]);

      const taken = { ...bill, version: 9, accountId: other };
      expect(codeOf(await put(taken))).toEqual([409, 'bill.taken']);
      await tell(taken);
      expect(await parkedEvent(t, bill.billId)).toEqual({
        status: 'waiting',
        reason: expect.stringContaining('bill.taken'),
      });
      await giveUp(t, bill.billId);
      expect(await stored(bill.billId)).toEqual([{ facts: bill }]);
    },
  );
});

describe('the eligible bills', () => {
  test(
    'CTR-6 API-7 are the account’s by month, latest first, filtered by product, month and status, page ' +
      'by page',
    async () => {
      const accountId = await newAccount();
      const months = ['2025-11', '2025-12', '2026-01', '2026-02'];
      const bills = months.map((month, i) =>
        aBill(accountId, {
          billId: `${month}-${accountId}`,
          month,
          status: i < 2 ? 'paid' : 'unpaid',
          ...oneLine(i % 2 === 0 ? 'ECS' : 'OSS', '5.00'),
        }),
      );
      for (const bill of bills) await tell(bill);
      await t.settled();
      const customer = t.customer(accountId);
      const list = async (query = '') =>
        idsOf(await customer.get(`/v1/contracts/eligible-bills${query}`)).map((id) => id.slice(0, 7));
      expect(await list()).toEqual(['2026-02', '2026-01', '2025-12', '2025-11']);
      expect(await list('?status=paid')).toEqual(['2025-12', '2025-11']);
      expect(await list('?productCode=ECS')).toEqual(['2026-01', '2025-11']);
      expect(await list('?productCode=ECS&status=unpaid')).toEqual(['2026-01']);
      expect(await list('?from=2025-12&to=2026-01')).toEqual(['2026-01', '2025-12']);
      expect(await list('?productCode=RDS')).toEqual([]);

      const first = (await customer.get('/v1/contracts/eligible-bills?limit=2')).body;
      await put(aBill(accountId, { billId: `2026-03-${accountId}`, month: '2026-03' }));
      expect(first.data.map(({ month }: Bill) => month)).toEqual(['2026-02', '2026-01']);
      expect(await list(`?limit=2&cursor=${first.nextCursor}`)).toEqual(['2025-12', '2025-11']);
      const two = ['a', 'b'].map((name) =>
        aBill(accountId, { billId: `2026-04-${name}-${accountId}`, month: '2026-04' }),
      );
      for (const bill of two) await put(bill);
      const newest = await customer.get('/v1/contracts/eligible-bills?limit=1');
      expect(idsOf(newest)).toEqual([two[1]!.billId]);
      expect(
        idsOf(await customer.get(`/v1/contracts/eligible-bills?limit=1&cursor=${newest.body.nextCursor}`)),
      ).toEqual([two[0]!.billId]);
    },
  );

  test('API-1 API-2 API-4 API-7 bad input about bills is refused, and nothing is stored', async () => {
    const { running } = t;
    const routes = running.service.routes.filter(({ path }) =>
      billRoutes(profile).some((own) => own.path === path),
    );
    expect(
      await flawsUnderBadInput({ ...t, running: { ...running, service: { ...running.service, routes } } }),
    ).toEqual([]);
  });
});

test(
  'CTR-1 CTR-3 CTR-6 where the sources have no orders, who applies over them or asks for them is ' +
    'told so',
  async () => {
    const customer = t.customer(await newAccount());
    const { en: offlineAddress, 'zh-CN': chinese } = profile.contracts.offlineAddress;
    const preview = await customer.post('/v1/contracts/preview', { orderIds: ['ord_1'] });
    expect(preview.body.refusals[0]).toMatchObject({
      orderId: null,
      code: 'contract.orders_not_offered',
      remedy: 'send_papers_or_ask_support',
      offlineAddress,
    });
    const refused = await customer.post('/v1/contracts', { orderIds: ['ord_1'] });
    expect(refused.body.facts.refusals[0]).toMatchObject({ code: 'contract.orders_not_offered' });
    for (const list of ['orders', 'products']) {
      const { status, body } = await customer.get(`/v1/contracts/eligible-${list}`);
      expect([status, body.code, body.facts]).toEqual([
        422,
        'contract.orders_not_offered',
        { sources: ['bill'], offlineAddress, text: body.detail },
      ]);
      expect(body.detail).toContain(offlineAddress.address);
    }
    const told = await customer.get('/v1/contracts/eligible-orders', { 'accept-language': 'zh-CN' });
    expect(told.body.facts.offlineAddress).toEqual(chinese);
    for (const known of Object.values(chinese)) expect(told.body.detail).toContain(known);
  },
);
