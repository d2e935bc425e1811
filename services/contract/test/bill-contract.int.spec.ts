import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Data } from '@accord/events';
import { readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import type { Reply } from '@accord/testing';
import { contractService } from '../src/service.ts';
import { announcedOf, codeOf, openOffices, stallNextSealing, waiting } from './fixtures.ts';
import { payAsYouGoOrder, sampleAccount, sampleOrder } from './sample-orders.ts';

// Contracts over monthly bills, where the profile has them: held in the transaction of the application.

const folder = mkdtempSync(`${tmpdir()}/profiles-`);
writeFileSync(
  `${folder}/bills.json`,
  JSON.stringify({ extends: 'alibaba', name: 'bills', contracts: { excludedCategories: ['BANNED'] } }),
);
const profiles = { baidu: loadProfile('baidu'), alibaba: loadProfile(`${folder}/bills.json`) };
const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: profiles[name], sealKey }, context),
  'baidu',
  'alibaba',
);
afterAll(() => rmSync(folder, { recursive: true }));

type Bill = Data<'bill.issued'>;
const cny = (amount: string) => ({ amount, currency: 'CNY' });
const lines = (...of: [productCode: string, amount: string][]) =>
  of.map(([productCode, amount]) => ({ productCode, amount: cny(amount) }));
const chinese = { 'accept-language': 'zh-CN' };

type Customer = Awaited<ReturnType<typeof customerOf>>;

/** A bill of the customer as the platform tells it, January's of two products unless `change` says otherwise. */
async function told({ t, accountId }: Customer, change: Partial<Bill> = {}): Promise<Bill> {
  const bill: Bill = {
    billId: `bill_${randomUUID()}`,
    version: 1,
    accountId,
    month: '2026-01',
    invoicingEntity: 'aliyun_computing',
    status: 'unpaid',
    amount: cny('128.40'),
    lines: lines(['ECS', '118.00'], ['OSS', '10.40']),
    ...change,
  };
  const { billId, ...body } = bill;
  const { status } = await t.platform().put(`/v1/bills/${billId}`, body);
  expect(status).toBe(200);
  return bill;
}

const product = {
  version: 1,
  brand: 'aliyun',
  form: 'instance' as const,
  chargeTypes: ['pay_as_you_go' as const],
  invoicingEntity: 'aliyun_computing',
  prices: [],
  serviceTypes: [],
  onSale: true,
  renewable: true,
  contractable: true,
  refundable: true,
  termsUrl: null,
};

const apply = ({ client }: Customer, ...bills: Bill[]) =>
  client.post('/v1/contracts', { billIds: bills.map(({ billId }) => billId), language: 'en' });

async function draftOver(customer: Customer, ...bills: Bill[]): Promise<string> {
  const { status, body } = await apply(customer, ...bills);
  expect(status).toBe(201);
  return body.data[0].contractId;
}

const finalize = ({ client }: Customer, contractId: string) =>
  client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting);

const eligible = async ({ client }: Customer, query = ''): Promise<string[]> =>
  (await client.get(`/v1/contracts/eligible-bills${query}`)).body.data.map(({ billId }: Bill) => billId);

const textOf = async ({ client }: Customer, contractId: string) =>
  readPdf((await client.get(`/v1/contracts/${contractId}/document`)).bytes)
    .pages.flatMap((page) => page.lines)
    .join('')
    .replaceAll(/\s/g, '');

describe('an application over bills', () => {
  test(
    'CTR-1 CTR-2 CTR-5 CTR-8 is previewed and split by entity, and answered with drafts at once, which no order ' +
      'service is asked for',
    async () => {
      const customer = await customerOf('alibaba');
      const { t, client, get } = customer;
      const [january, february] = [
        await told(customer),
        await told(customer, { month: '2026-02', amount: cny('1.60'), lines: lines(['ECS', '1.60']) }),
      ];
      const domains = await told(customer, { invoicingEntity: 'hichina' });
      const ids = [january, domains, february].map(({ billId }) => billId);
      const parts = [
        {
          kind: 'bill',
          invoicingEntity: 'aliyun_computing',
          orderIds: [],
          billIds: [january.billId, february.billId],
          amount: cny('130.00'),
        },
        {
          kind: 'bill',
          invoicingEntity: 'hichina',
          orderIds: [],
          billIds: [domains.billId],
          amount: cny('128.40'),
        },
      ];
      const preview = await client.post('/v1/contracts/preview', { billIds: ids });
      expect(preview.body).toEqual({ data: parts, refusals: [], warnings: [] });
      expect((await client.get('/v1/contracts')).body.data).toEqual([]);

      const { status, body } = await client.post('/v1/contracts', { billIds: ids });
      expect(status).toBe(201);
      expect(body).toMatchObject({
        data: parts.map((part) => ({
          ...part,
          status: 'draft',
          number: expect.stringMatching(/^CT-\d{4}-/),
        })),
      });
      const [{ contractId }] = body.data;
      await t.settled();
      expect(announcedOf(t, contractId)).toEqual(['contract.requested', 'contract.drafted']);
      expect(await get(contractId)).toMatchObject({
        orders: [],
        bills: [january, february].map(({ billId, month, amount, lines: of }) => ({
          billId,
          month,
          amount,
          lines: of,
        })),
        validity: { from: '2025-12-31T16:00:00.000Z', to: '2026-02-28T16:00:00.000Z' },
        settled: false,
        warnings: [],
      });
      const listed = await client.get(`/v1/contracts?billId=${february.billId}`);
      expect(listed.body.data.map((one: { contractId: string }) => one.contractId)).toEqual([contractId]);
    },
  );

  test('CTR-1 CTR-4 CTR-8 mixed with orders is split by kind: the bills are held, the orders asked for', async () => {
    const customer = await customerOf('alibaba');
    const { client, placed, reserve, get } = customer;
    const bill = await told(customer);
    const [order] = await placed(payAsYouGoOrder());
    const body = { orderIds: [order!.orderId], billIds: [bill.billId] };
    const applied = await client.post('/v1/contracts', body);
    expect([applied.status, applied.body.data]).toMatchObject([
      202,
      [
        { kind: 'order', status: 'requested', orderIds: [order!.orderId], billIds: [], amount: null },
        { kind: 'bill', status: 'draft', orderIds: [], billIds: [bill.billId], amount: cny('128.40') },
      ],
    ]);
    const [{ contractId }] = applied.body.data;
    await reserve(contractId, [order!]);
    expect(await get(contractId)).toMatchObject({ status: 'draft', amount: null, bills: [] });
    expect(codeOf(await client.post('/v1/contracts', {}))).toEqual([400, 'request.invalid']);
  });

  test('CTR-5 50 rounds of two applications racing for one bill: exactly one wins', async () => {
    const customer = await customerOf('alibaba');
    for (let round = 0; round < 50; round += 1) {
      const [bill, aside] = [await told(customer), await told(customer)];
      const replies = await Promise.all([apply(customer, bill, aside), apply(customer, aside, bill)]);
      const [won, lost] = replies.sort((a, b) => a.status - b.status) as [Reply, Reply];
      expect([won.status, ...codeOf(lost)]).toEqual([201, 409, 'contract.bill_in_contract']);
      expect(lost.body.facts).toMatchObject({
        contractId: won.body.data[0].contractId,
        contractNumber: won.body.data[0].number,
      });
    }
  });
});

describe('every reason against a bill', () => {
  /** Of one application over it, in English and in Chinese. */
  async function refused(customer: Customer, ...billIds: string[]) {
    const { client } = customer;
    const [en, zh] = [
      await client.post('/v1/contracts', { billIds }),
      await client.post('/v1/contracts', { billIds }, chinese),
    ];
    const preview = await client.post('/v1/contracts/preview', { billIds });
    expect(preview.body.refusals).toEqual(en.body.facts.refusals);
    const [first] = en.body.facts.refusals;
    return {
      code: codeOf(en),
      reason: first,
      texts: [first.text, zh.body.facts.refusals[0].text],
      details: [en.body.detail, zh.body.detail],
    };
  }

  test('CTR-3 CTR-27 names the live contract that has it, and how that one ends; void, it is free again', async () => {
    const customer = await customerOf('alibaba');
    const bill = await told(customer);
    const contractId = await draftOver(customer, bill);
    const { number } = await customer.get(contractId);
    expect(await eligible(customer)).toEqual([]);
    const { code, reason, texts, details } = await refused(customer, bill.billId);
    expect([code, reason]).toMatchObject([
      [409, 'contract.bill_in_contract'],
      {
        orderId: null,
        billId: bill.billId,
        contractId,
        contractNumber: number,
        remedy: 'delete_that_contract',
        otherSource: null,
      },
    ]);
    expect(texts).toEqual([
      `Bill ${bill.billId} is in contract ${number}. Delete that draft, then apply again.`,
      `账单 ${bill.billId} 已在合同 ${number} 中。请先删除该合同草稿，再重新申请。`,
    ]);
    expect(details).toEqual(texts);
    expect((await customer.client.delete(`/v1/contracts/${contractId}`)).status).toBe(200);
    expect(await eligible(customer)).toEqual([bill.billId]);
    const again = await draftOver(customer, bill);
    await finalize(customer, again);
    const voided = await customer.client.post(`/v1/contracts/${again}/void`, { reason: 'test' });
    expect(voided.body).toMatchObject({ status: 'voided', billIds: [bill.billId] });
    await draftOver(customer, bill);
  });

  test('CTR-3 API-5 a bill that is not there, another account’s, or withdrawn', async () => {
    const [customer, other] = [await customerOf('alibaba'), await customerOf('alibaba')];
    const foreign = await told(other);
    for (const billId of ['bill_nowhere', foreign.billId]) {
      const { code, reason, texts } = await refused(customer, billId);
      expect([code, reason.remedy]).toEqual([[404, 'bill.not_found'], 'check_bill_id']);
      expect(texts).toEqual([`There is no bill ${billId}.`, `找不到账单 ${billId}。`]);
    }
    const bill = await told(customer);
    await told(customer, { ...bill, version: 2, status: 'withdrawn' });
    expect(await eligible(customer)).toEqual([]);
    const { code, reason, texts } = await refused(customer, bill.billId);
    expect([code, reason.remedy]).toEqual([[409, 'bill.withdrawn'], 'apply_over_another_bill']);
    expect(texts[0]).toContain(`Bill ${bill.billId} was withdrawn`);
    expect(texts[1]).toContain(`账单 ${bill.billId} 已撤回`);
  });

  test(
    'CTR-3 CTR-6 CTR-14 a product of it that is excluded, on paper only, or of characters that ' +
      'cannot be shown',
    async () => {
      const customer = await customerOf('alibaba');
      const { t, tell } = customer;
      const named = (name: string) => ({ 'zh-CN': name, en: name });
      const published = [
        { ...product, productCode: 'BAN', name: named('Ban'), category: 'BANNED' },
        { ...product, productCode: 'PAPER', name: named('Paper'), category: 'X', contractable: false },
        { ...product, productCode: 'ODD', name: named('Odd \u{1F600}'), category: 'X' },
      ];
      for (const one of published) await tell({ type: 'product.published', data: { product: one } });
      await t.settled();
      const over = (productCode: string) =>
        told(customer, { amount: cny('3.00'), lines: lines(['ECS', '1.00'], [productCode, '2.00']) });
      const [banned, paper, odd] = [await over('BAN'), await over('PAPER'), await over('ODD')];
      expect(await eligible(customer)).toEqual([]);
      const excluded = await refused(customer, banned.billId);
      expect([excluded.code, excluded.reason.productCodes]).toEqual([
        [422, 'contract.product_excluded'],
        ['BAN'],
      ]);
      expect(excluded.texts).toEqual([
        `Products of bill ${banned.billId} are excluded: BAN. Apply without it.`,
        `账单 ${banned.billId} 内的产品 BAN 不支持电子合同，请去掉该账单后再申请。`,
      ]);
      expect(excluded.details).toEqual(excluded.texts);
      const offline = await refused(customer, paper.billId);
      const { en, 'zh-CN': zh } = profiles.alibaba.contracts.offlineAddress;
      expect([offline.code, offline.reason.offlineAddress]).toEqual([[422, 'contract.ask_offline'], en]);
      expect(offline.texts[0]).toContain(
        `Send papers for bill ${paper.billId} (it has PAPER) to ${en.recipient}`,
      );
      expect(offline.texts[1]).toContain(`账单 ${paper.billId} 含 PAPER，请将纸质材料寄至 ${zh.address}`);
      const unprintable = await refused(customer, odd.billId);
      expect([unprintable.code, unprintable.reason]).toMatchObject([
        [422, 'contract.unprintable'],
        { billId: odd.billId, unprintable: { characters: ['\u{1F600}'] } },
      ]);
    },
  );

  test('CTR-3 EVT-5 more lines than one contract prints are too large; all reasons stand together', async () => {
    const customer = await customerOf('alibaba');
    const many = Array.from({ length: 500 }, (_, i): [string, string] => [`P${i}`, '1.00']);
    const bills = [];
    for (let i = 0; i < 5; i += 1)
      bills.push(await told(customer, { amount: cny('500.00'), lines: lines(...many) }));
    const tooLarge = await refused(customer, ...bills.map(({ billId }) => billId));
    expect(tooLarge.code).toEqual([422, 'contract.too_large']);
    const mixed = await customer.client.post('/v1/contracts', { billIds: ['bill_a'], orderIds: ['ord_b'] });
    expect(codeOf(mixed)).toEqual([422, 'contract.application_refused']);
    expect(
      mixed.body.facts.refusals.map((one: Record<string, string>) => [
        one['orderId'],
        one['billId'],
        one['code'],
      ]),
    ).toEqual([
      ['ord_b', null, 'order.not_found'],
      [null, 'bill_a', 'bill.not_found'],
    ]);
  });

  test('CTR-1 CTR-3 at a provider without contracts over bills, says so and where to look instead', async () => {
    const customer = await customerOf('baidu');
    const bill = await told(customer, { invoicingEntity: 'baidu_netcom' });
    const { code, reason, texts } = await refused(customer, bill.billId);
    expect([code, reason.remedy]).toEqual([[422, 'contract.bills_not_offered'], 'apply_over_orders']);
    expect(texts[0]).toContain('GET /v1/contracts/eligible-orders');
    expect(texts[1]).toContain('仅支持按订单申请合同');
    expect(codeOf(await customer.client.get('/v1/contracts/eligible-bills'))).toEqual([
      422,
      'contract.bills_not_offered',
    ]);
  });

  test('CTR-3 CTR-6 of the account, is told with the list, which is empty then', async () => {
    const customer = await customerOf('alibaba');
    await told(customer);
    const { accountId: _, ...facts } = sampleAccount({ version: 2, invoiceTitle: 'Another Ltd' });
    await customer.t.platform().put(`/v1/accounts/${customer.accountId}`, facts);
    const { body } = await customer.client.get('/v1/contracts/eligible-bills');
    expect(body).toMatchObject({ data: [], objections: [{ code: 'contract.invoice_title_mismatch' }] });
  });
});

describe('an order that gets no contract', () => {
  test(
    'CTR-3 CTR-8 and is paid as you go: the refusal names its bill, where there are contracts over ' +
      'bills',
    async () => {
      const customer = await customerOf('alibaba');
      const { client, placed, draft } = customer;
      const [metered, subscribed] = await placed(payAsYouGoOrder(), sampleOrder());
      await draft(metered!);
      await draft(subscribed!);
      const ask = async (orderId: string, headers = {}) =>
        (await client.post('/v1/contracts', { orderIds: [orderId] }, headers)).body;
      const [en, zh] = [await ask(metered!.orderId), await ask(metered!.orderId, chinese)];
      expect(en.facts.refusals).toMatchObject([{ code: 'contract.order_in_contract', otherSource: 'bill' }]);
      expect(en.detail).toMatch(/apply over one of them instead, see GET \/v1\/contracts\/eligible-bills\.$/);
      expect(zh.detail).toMatch(/可改为按账单申请，请查看 GET \/v1\/contracts\/eligible-bills。$/);
      expect((await ask(subscribed!.orderId)).facts.refusals).toMatchObject([{ otherSource: null }]);

      const [cancelled] = await placed(payAsYouGoOrder({ status: 'cancelled' }));
      const told = await ask(cancelled!.orderId);
      expect([told.code, told.facts.refusals[0].otherSource]).toEqual(['order.cancelled', 'bill']);
      expect(told.detail).toContain('GET /v1/contracts/eligible-bills');

      const baidu = await customerOf('baidu');
      const [there] = await baidu.placed(payAsYouGoOrder({ status: 'cancelled' }));
      const { body } = await baidu.client.post('/v1/contracts', { orderIds: [there!.orderId] });
      expect([body.facts.refusals[0].otherSource, body.detail]).toEqual([
        null,
        `Order ${there!.orderId} is cancelled. Place a new one.`,
      ]);
    },
  );
});

describe('the document of a contract over bills', () => {
  test('CTR-8 CTR-14 CTR-23 in both languages states month, products, amounts, their sum and the terms', async () => {
    const customer = await customerOf('alibaba');
    const { t, tell, client } = customer;
    const own = 'https://terms.example.com/oss';
    const named = { ...product, productCode: 'OSS', category: 'X', termsUrl: own };
    await tell({
      type: 'product.published',
      data: { product: { ...named, name: { 'zh-CN': '对象存储', en: 'Object Storage' } } },
    });
    await t.settled();
    const january = await told(customer);
    const february = await told(customer, {
      month: '2026-02',
      amount: cny('6.00'),
      lines: lines(['OSS', '6.00']),
    });
    const expected = {
      en: [
        'CloudServiceBillContract',
        `1${january.billId}2026-01ECSCNY118.00`,
        `1${january.billId}2026-01ObjectStorageCNY10.40`,
        'AmountofthebillCNY128.40',
        `2${february.billId}2026-02ObjectStorageCNY6.00`,
        'Total:CNY134.40',
      ],
      'zh-CN': [
        '云服务账单合同',
        `1${january.billId}2026-01ECS¥118.00`,
        `1${january.billId}2026-01对象存储¥10.40`,
        '账单合计¥128.40',
        `2${february.billId}2026-02对象存储¥6.00`,
        '合计（大写）：人民币壹佰叁拾肆元肆角整合计（小写）：¥134.40',
      ],
    };
    for (const language of ['en', 'zh-CN'] as const) {
      const billIds = [january.billId, february.billId];
      const { body } = await client.post('/v1/contracts', { billIds, language });
      const [{ contractId }] = body.data;
      const draft = await textOf(customer, contractId);
      expect((await finalize(customer, contractId)).body.status).toBe('official');
      for (const text of [draft, await textOf(customer, contractId)])
        for (const part of [...expected[language], own, profiles.alibaba.contracts.termsUrl])
          expect(text.replaceAll('CN¥', 'CNY')).toContain(part);
      await client.post(`/v1/contracts/${contractId}/void`, { reason: 'replacing' });
    }
  });
});

describe('a bill that is told anew', () => {
  const corrected = { version: 2, amount: cny('100.00'), lines: lines(['ECS', '100.00']) };

  test(
    'CTR-35 while a draft has it, changes the draft, which says so in its history; paid alone ' +
      'changes nothing',
    async () => {
      const customer = await customerOf('alibaba');
      const { t, get } = customer;
      const [bill, other] = [await told(customer), await told(customer, { month: '2025-12' })];
      const contractId = await draftOver(customer, bill, other);
      await t.publish({ type: 'bill.issued', data: { ...bill, ...corrected } }, { repeat: 2 });
      await t.settled();
      await told(customer, { ...bill, ...corrected, version: 3, status: 'paid' });
      await told(customer, bill);
      const detail = await get(contractId);
      expect(detail).toMatchObject({
        version: 3,
        status: 'draft',
        amount: cny('228.40'),
        bills: [{ billId: bill.billId, amount: cny('100.00') }, { billId: other.billId }],
        warnings: [],
      });
      expect(detail.history.map(({ event, what }: Record<string, unknown>) => [event, what])).toEqual([
        ['contract.requested', null],
        ['contract.drafted', null],
        ['contract.changed', ['bills', 'amount']],
      ]);
      expect(await textOf(customer, contractId)).toContain('100.00');
      // Another month of the same amount.
      await told(customer, { ...bill, ...corrected, version: 4, month: '2025-11' });
      expect((await get(contractId)).history.at(-1)).toMatchObject({ what: ['bills'] });
    },
  );

  test(
    'CTR-35 while an official contract has it, leaves the file as signed; the detail says how to ' +
      'mend it',
    async () => {
      const customer = await customerOf('alibaba');
      const { client, get } = customer;
      const bill = await told(customer);
      const contractId = await draftOver(customer, bill);
      await finalize(customer, contractId);
      const before = await client.get(`/v1/contracts/${contractId}/document`);
      await told(customer, { ...bill, version: 2, status: 'paid' });
      expect((await get(contractId)).warnings).toEqual([]);
      await told(customer, { ...bill, ...corrected, version: 3 });
      const after = await client.get(`/v1/contracts/${contractId}/document`);
      expect(after.bytes.equals(before.bytes)).toBe(true);
      const said = (await client.get(`/v1/contracts/${contractId}`, chinese)).body.warnings[0].text;
      expect(await get(contractId)).toMatchObject({
        version: 3,
        amount: cny('128.40'),
        bills: [{ amount: cny('128.40') }],
        warnings: [
          {
            code: 'contract.bill_changed',
            billIds: [bill.billId],
            remedy: 'void_and_apply_again',
            text:
              `Bills have changed since: ${bill.billId}. The contract states them as they were ` +
              'before. Void this contract and apply again.',
          },
        ],
      });
      expect(said).toContain(`账单 ${bill.billId} 此后有变更`);
    },
  );

  test(
    'CTR-34 CTR-35 while it is being sealed, drops the file: a draft again, over the bill as it is ' + 'now',
    async () => {
      const customer = await customerOf('alibaba');
      const { t, client, get } = customer;
      const bill = await told(customer);
      const contractId = await draftOver(customer, bill);
      const { reached, release } = stallNextSealing();
      await client.post(`/v1/contracts/${contractId}/finalize`);
      await reached;
      await told(customer, { ...bill, ...corrected });
      release();
      await t.event('contract.seal_failed', ({ contract }) => contract.contractId === contractId);
      expect(await get(contractId)).toMatchObject({ status: 'draft', amount: cny('100.00') });
      expect((await finalize(customer, contractId)).body.status).toBe('official');
      expect(await textOf(customer, contractId)).toContain('100.00');
    },
  );

  test('CTR-35 for another entity, has no place in its draft, which cannot be sealed and says so', async () => {
    const customer = await customerOf('alibaba');
    const { client, get } = customer;
    const bill = await told(customer);
    const contractId = await draftOver(customer, bill);
    await told(customer, { ...bill, version: 2, invoicingEntity: 'hichina' });
    expect(await get(contractId)).toMatchObject({
      version: 2,
      invoicingEntity: 'aliyun_computing',
      warnings: [{ code: 'contract.bill_changed', remedy: 'delete_and_apply_again' }],
    });
    const [en, zh] = [
      await client.post(`/v1/contracts/${contractId}/finalize`),
      await client.post(`/v1/contracts/${contractId}/finalize`, undefined, chinese),
    ];
    expect([codeOf(en), en.body.facts]).toMatchObject([
      [409, 'contract.bill_changed'],
      { billIds: [bill.billId], remedy: 'void_and_apply_again' },
    ]);
    expect([en.body.title, zh.body.title]).toEqual([
      'A bill is of another entity now',
      '账单的开票主体已变更',
    ]);
  });

  test.each(['draft', 'official'] as const)(
    'CTR-27 CTR-35 as withdrawn, ends its %s contract and frees the other bills',
    async (status) => {
      const customer = await customerOf('alibaba');
      const { t, get } = customer;
      const [bill, other] = [await told(customer), await told(customer, { month: '2025-12' })];
      const contractId = await draftOver(customer, bill, other);
      if (status === 'official') await finalize(customer, contractId);
      await t.publish(
        { type: 'bill.issued', data: { ...bill, version: 2, status: 'withdrawn' } },
        { repeat: 2 },
      );
      await t.settled();
      expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'bill_withdrawn' });
      const end = t.events.find(
        ({ type, subject }) => type === 'contract.voided' && subject.id === contractId,
      );
      expect(end!.data).toMatchObject({ reason: 'bill_withdrawn', orderId: null, billId: bill.billId });
      expect(await eligible(customer)).toEqual([other.billId]);
    },
  );

  test('CTR-35 40 rounds of a telling racing the application over it: the draft states the bill as it is', async () => {
    const customer = await customerOf('alibaba');
    for (let round = 0; round < 40; round += 1) {
      const bill = await told(customer);
      const last = round % 4 === 0 ? { status: 'withdrawn' as const } : {};
      const [applied] = await Promise.all([
        apply(customer, bill),
        told(customer, { ...bill, ...corrected, ...last }),
      ]);
      if (applied.status !== 201) {
        expect([round % 4, codeOf(applied)]).toEqual([0, [409, 'bill.withdrawn']]);
        continue;
      }
      const detail = await customer.get(applied.body.data[0].contractId);
      expect(detail.status).toBe(round % 4 === 0 ? 'voided' : 'draft');
      if (detail.status === 'draft') expect(detail.amount).toEqual(cny('100.00'));
    }
  });
});
