import { createHash, X509Certificate } from 'node:crypto';
import { ReservationRefusalCode } from '@accord/events/reservation';
import { readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { productSnapshot, samplePdf } from '@accord/testing';
import { flawsOfExamples, reads } from '@accord/testing/edges';
import { timeWriter } from '../src/document/order-table.ts';
import type { Order } from '../src/order-view.ts';
import { contractService } from '../src/service.ts';
import { issue } from './certificates.ts';
import { announcedOf, codeOf, openOffices, seal, stallNextSealing, waiting } from './fixtures.ts';
import { payAsYouGoOrder, sampleAccount, sampleOrder, unpaidOrder } from './sample-orders.ts';

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'baidu',
  'alibaba',
);

const product = productSnapshot();

describe('from application to the end', () => {
  test('CTR-1 CTR-2 CTR-3 the preview shows the split and names every refusal, and creates nothing', async () => {
    const { t, client, placed, accountId } = await customerOf('baidu');
    const [paid, unpaid, cloud, metered, market] = await placed(
      sampleOrder(),
      unpaidOrder(),
      sampleOrder({ invoicingEntity: 'baidu_cloud' }),
      payAsYouGoOrder(),
      sampleOrder({ category: 'MKT' }),
    );
    const orderIds = [paid!, unpaid!, cloud!, metered!, market!].map(({ orderId }) => orderId);
    const { status, body } = await client.post(
      '/v1/contracts/preview',
      { orderIds },
      { 'accept-language': 'en' },
    );
    expect(status).toBe(200);
    expect(body.data).toEqual([
      {
        kind: 'order',
        invoicingEntity: 'baidu_netcom',
        orderIds: [paid!.orderId, metered!.orderId],
        billIds: [],
        amount: { amount: '45.00', currency: 'CNY' },
      },
      {
        kind: 'payment_request',
        invoicingEntity: 'baidu_netcom',
        orderIds: [unpaid!.orderId],
        billIds: [],
        amount: { amount: '45.00', currency: 'CNY' },
      },
      {
        kind: 'order',
        invoicingEntity: 'baidu_cloud',
        orderIds: [cloud!.orderId],
        billIds: [],
        amount: { amount: '45.00', currency: 'CNY' },
      },
    ]);
    const text = `Orders of the category of ${market!.orderId} are excluded. Apply without it.`;
    expect(body.refusals).toMatchObject([
      { orderId: market!.orderId, code: 'contract.product_excluded', text },
    ]);
    expect(await t.sql('select 1 from contracts where account_id = $1', [accountId])).toEqual([]);

    const refused = await client.post(
      '/v1/contracts',
      { orderIds: [...orderIds, 'ord_nowhere'] },
      { 'accept-language': 'zh-CN' },
    );
    expect(codeOf(refused)).toEqual([422, 'contract.application_refused']);
    expect(
      refused.body.facts.refusals.map(({ orderId, code }: { orderId: string; code: string }) => [
        orderId,
        code,
      ]),
    ).toEqual([
      [market!.orderId, 'contract.product_excluded'],
      ['ord_nowhere', 'order.not_found'],
    ]);
    expect(refused.body.title).toBe('合同申请被拒绝');
    expect(refused.body.facts.refusals[1].text).toBe('找不到订单 ord_nowhere，或该订单尚未同步。');

    const applied = await client.post('/v1/contracts', { orderIds: orderIds.slice(0, 4) });
    expect(applied.status).toBe(202);
    expect(
      applied.body.data.map(({ kind, status: state }: { kind: string; status: string }) => [kind, state]),
    ).toEqual([
      ['order', 'requested'],
      ['payment_request', 'requested'],
      ['order', 'requested'],
    ]);
  });

  test('CTR-4 API-10 EVT-20 the call waits for the order service and answers with the draft', async () => {
    const { t, client, placed, reservedFact, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder());
    const answer = client.post('/v1/contracts', { orderIds: [order!.orderId] }, waiting);
    const { data } = await t.event(
      'contract.requested',
      ({ contract }) => contract.orderIds[0] === order!.orderId,
    );
    expect(data.earlierEnded).toEqual([]);
    await t.publish(reservedFact(data.contract.contractId, [order!]));
    const { status, body, headers } = await answer;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/contracts/${data.contract.contractId}`);
    expect(body.data[0]).toMatchObject({
      status: 'draft',
      version: 2,
      contractId: expect.stringMatching(/^ctr_[0-9a-f]{32}$/),
      number: expect.stringMatching(/^CT-20\d\d-\d{8}$/),
    });
    expect((await get(data.contract.contractId)).history).toMatchObject([
      { version: 1, event: 'contract.requested', status: 'requested', actor: { kind: 'customer' } },
      { version: 2, event: 'contract.drafted', status: 'draft' },
    ]);
  });

  test(
    'CTR-17 CTR-18 CTR-19 CTR-20 CTR-34 a draft is downloaded, sealed once, and the official file is ' +
      'the same every time and known to everybody',
    async () => {
      const { t, client, placed, draft } = await customerOf('baidu');
      const [order] = await placed(sampleOrder());
      const contractId = await draft(order!);
      const path = `/v1/contracts/${contractId}`;
      const first = await client.get(`${path}/document`);
      expect([
        first.status,
        first.headers.get('content-type'),
        first.bytes.subarray(0, 5).toString(),
      ]).toEqual([200, 'application/pdf', '%PDF-']);

      t.clock.offsetMs += 5_400_000;
      const { status, body } = await client.post(`${path}/finalize`, undefined, waiting);
      t.clock.offsetMs -= 5_400_000;
      expect([status, body.status, body.version]).toEqual([200, 'official', 3]);
      const [one, two] = [await client.get(`${path}/document`), await client.get(`${path}/document`)];
      expect(one.bytes.equals(two.bytes)).toBe(true);
      const [, ...claimed] = /\/M \(D:(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z\)/
        .exec(one.bytes.toString('latin1'))!
        .map(Number) as [number, number, number, number, number, number, number];
      const [year, month, ...rest] = claimed;
      const [sealed] = await t.sql<{ at: Date }>(
        'select finalized_at as at from contracts where contract_id = $1',
        [contractId],
      );
      const beforeMs = sealed!.at.getTime() - Date.UTC(year, month - 1, ...rest);
      // By the transaction's clock; the process's own is an hour and a half behind it.
      expect([beforeMs >= 0, beforeMs < 60_000]).toEqual([true, true]);
      const sha256 = createHash('sha256').update(one.bytes).digest('hex');
      const finalized = await t.event(
        'contract.finalized',
        ({ contract }) => contract.contractId === contractId,
      );
      expect(finalized.data.sha256).toBe(sha256);
      await t.settled();
      expect(announcedOf(t, contractId)).toEqual([
        'contract.requested',
        'contract.drafted',
        'contract.finalized',
      ]);

      const known = { ours: true, number: body.number, status: 'official' };
      expect(
        (await t.anonymous().post('/v1/contracts/verify', { sha256: sha256.toUpperCase() })).body,
      ).toEqual(known);
      const upload = (file: Buffer, type = 'application/pdf') =>
        t.anonymous().send('POST', '/v1/contracts/verify/file', file, { 'content-type': type });
      expect((await upload(one.bytes)).body).toEqual(known);
      const form = new FormData();
      form.set('file', new Blob([one.bytes], { type: 'application/pdf' }), 'contract.pdf');
      const filled = new Response(form);
      const wrapped = Buffer.from(await filled.arrayBuffer());
      expect((await upload(wrapped, filled.headers.get('content-type')!)).body).toEqual(known);
      for (const [wrap, type] of [
        [wrapped, 'application/x-www-form-urlencoded'],
        [Buffer.from(JSON.stringify({ file: one.bytes.toString('base64') })), 'application/json'],
        [Buffer.alloc(0), 'application/pdf'],
      ] as const)
        expect(codeOf(await upload(wrap, type))).toEqual([415, 'request.file_expected']);
      const forged = Buffer.from(one.bytes);
      forged[100] = forged[100]! ^ 1;
      expect((await upload(forged)).body).toEqual({ ours: false, number: null, status: null });
      expect((await upload(Buffer.concat([one.bytes, Buffer.alloc(5_000_000)]))).body.ours).toBe(false);

      await expect(
        t.sql('update contract_documents set sha256 = $2 where contract_id = $1', [contractId, 'x']),
      ).rejects.toThrow(/CTR-19/);
    },
  );

  test(
    'CTR-21 CTR-24 CTR-26 CTR-27 at baidu an official contract is voided by ticket alone; then its ' +
      'orders are applied for again',
    async () => {
      const { t, client, placed, official, apply, get } = await customerOf('baidu');
      const [order] = await placed(sampleOrder());
      const contractId = await official(order!);
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' }))).toEqual([
        409,
        'contract.needs_ticket',
      ]);
      expect(codeOf(await client.delete(`/v1/contracts/${contractId}`))).toEqual([
        409,
        'contract.not_a_draft',
      ]);

      const ask = { kind: 'void_official', contractId, reason: 'replacing', text: 'Another address.' };
      const ticket = await client.post('/v1/tickets', ask);
      expect(ticket.status).toBe(201);
      expect(ticket.body).toMatchObject({
        status: 'submitted',
        version: 1,
        overdue: false,
        orderIds: [order!.orderId],
      });
      expect(new Date(ticket.body.dueAt).getTime()).toBeGreaterThan(Date.now());
      const path = `/v1/tickets/${ticket.body.ticketId}`;
      expect(codeOf(await client.post('/v1/tickets', ask))).toEqual([409, 'ticket.already_open']);
      expect(codeOf(await client.post(`${path}/approve`))).toEqual([403, 'auth.scope_missing']);
      expect((await client.post(`${path}/withdraw`, { text: 'Not yet.' })).body).toMatchObject({
        status: 'withdrawn',
        decisionText: 'Not yet.',
      });
      expect(codeOf(await t.operator().post(`${path}/approve`))).toEqual([409, 'ticket.not_open']);

      const own = await t.operator('op_1').post('/v1/tickets', ask);
      expect(codeOf(await t.operator('op_1').post(`/v1/tickets/${own.body.ticketId}/approve`))).toEqual([
        403,
        'ticket.own_approval',
      ]);
      expect((await client.get(`/v1/tickets/${own.body.ticketId}`)).body.applicant).toEqual({
        kind: 'operator',
        id: null,
      });
      const approved = await t.operator('op_2').post(`/v1/tickets/${own.body.ticketId}/approve`);
      expect(approved.body).toMatchObject({
        status: 'approved',
        version: 2,
        applicant: { kind: 'operator', id: 'op_1' },
      });

      const voided = await get(contractId);
      expect(voided).toMatchObject({
        status: 'voided',
        version: 4,
        voidReason: 'replacing',
        voidText: 'Another address.',
      });
      expect(voided.history.at(-1)).toMatchObject({
        event: 'contract.voided',
        actor: { kind: 'operator', id: null },
      });
      expect(codeOf(await client.get(`/v1/contracts/${contractId}/document`))).toEqual([
        409,
        'contract.voided',
      ]);
      const sha = (await t.event('contract.finalized', ({ contract }) => contract.contractId === contractId))
        .data.sha256;
      expect((await t.anonymous().post('/v1/contracts/verify', { sha256: sha })).body).toMatchObject({
        ours: true,
        status: 'voided',
      });

      const again = await apply(order!);
      const { data } = await t.event('contract.requested', ({ contract }) => contract.contractId === again);
      expect(data.earlierEnded).toEqual([{ orderId: order!.orderId, contractId }]);
    },
  );

  test(
    'CTR-25 CTR-26 at alibaba an official contract is voided at once, and a draft is deleted: gone ' +
      'from the list, its number not reused',
    async () => {
      const { t, client, placed, official, draft, get } = await customerOf('alibaba');
      const [order] = await placed(sampleOrder());
      const first = await official(order!);
      expect(
        (await client.post(`/v1/contracts/${first}/void`, { reason: 'other', text: 'No longer needed.' }))
          .body,
      ).toMatchObject({ status: 'voided', version: 4 });

      const second = await draft(order!);
      const { number } = await get(second);
      expect((await client.delete(`/v1/contracts/${second}`)).body).toMatchObject({
        status: 'voided',
        number,
      });
      expect(
        (await client.get('/v1/contracts')).body.data.map(
          ({ contractId }: { contractId: string }) => contractId,
        ),
      ).toEqual([first]);
      expect(
        (await t.event('contract.voided', ({ contract }) => contract.contractId === second)).data.reason,
      ).toBe('unintended');
      const third = await draft(order!);
      expect((await get(third)).number).not.toBe(number);
      expect(
        codeOf(await client.delete(`/v1/contracts/${await official((await placed(sampleOrder()))[0]!)}`)),
      ).toEqual([409, 'contract.not_a_draft']);
    },
  );

  test('CTR-25 at baidu a draft and a waiting request are voided, not deleted', async () => {
    const { client, placed, draft, apply, get } = await customerOf('baidu');
    const [one, two] = await placed(sampleOrder(), sampleOrder());
    const drafted = await draft(one!);
    expect(codeOf(await client.delete(`/v1/contracts/${drafted}`))).toEqual([409, 'contract.void_instead']);
    const ticket = { kind: 'void_official', contractId: drafted, text: 'Please.' };
    const needless = await client.post('/v1/tickets', ticket);
    expect([...codeOf(needless), needless.body.facts.remedy]).toEqual([
      409,
      'ticket.contract_not_official',
      'void_contract',
    ]);
    const waitingOne = await apply(two!);
    for (const contractId of [drafted, waitingOne]) {
      expect((await client.post(`/v1/contracts/${contractId}/void`, { reason: 'unintended' })).status).toBe(
        200,
      );
      expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'unintended' });
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/void`, { reason: 'unintended' }))).toEqual(
        [409, 'contract.voided'],
      );
      expect(codeOf(await client.delete(`/v1/contracts/${contractId}`))).toEqual([409, 'contract.voided']);
    }
    expect(codeOf(await client.post('/v1/tickets', ticket))).toEqual([409, 'contract.voided']);
    expect((await client.get('/v1/contracts?status=voided')).body.data).toHaveLength(2);
    for (const [range, listed] of [
      ['from=2020-01-01', 2],
      ['to=2020-01-01', 0],
    ] as const)
      expect((await client.get(`/v1/contracts?status=voided&${range}`)).body.data).toHaveLength(listed);
  });

  test('CTR-5 CTR-6 the eligible list shows what could be in a contract now, page by page', async () => {
    const { client, placed, draft, tell, t } = await customerOf('baidu');
    const old = new Date(Date.now() - 10 * 86_400_000).toISOString();
    const [paid, unpaid, taken] = await placed(
      sampleOrder({ createdAt: old }),
      unpaidOrder(),
      sampleOrder(),
      sampleOrder({ hold: { kind: 'refund', id: 'rfd_1' } }),
      unpaidOrder({ payBy: old }),
      sampleOrder({ category: 'AI_MKT' }),
      sampleOrder({ contractable: false }),
      sampleOrder({ status: 'voided' }),
    );
    const contractId = await draft(taken!);
    const ids = async (query: string) =>
      (await client.get(`/v1/contracts/eligible-orders${query}`)).body.data.map(
        ({ orderId }: Order) => orderId,
      );
    expect(await ids('')).toEqual([unpaid!.orderId, paid!.orderId]);
    expect(await ids('?status=paid')).toEqual([paid!.orderId]);
    expect(await ids(`?from=${new Date(Date.now() - 86_400_000).toISOString()}`)).toEqual([unpaid!.orderId]);
    expect(await ids(`?to=${old}`)).toEqual([paid!.orderId]);
    expect([await ids('?from=2020-01-01'), await ids('?to=2020-01-01')]).toEqual([
      [unpaid!.orderId, paid!.orderId],
      [],
    ]);
    const first = (await client.get('/v1/contracts/eligible-orders?limit=1')).body;
    expect(first.data).toHaveLength(1);
    expect(await ids(`?limit=1&cursor=${encodeURIComponent(first.nextCursor)}`)).toEqual([paid!.orderId]);

    await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' });
    expect(await ids('?status=paid')).toEqual([taken!.orderId, paid!.orderId]);

    await tell({
      type: 'product.published',
      data: { product: { ...product, version: 2, name: { 'zh-CN': '云服务器', en: 'BCC' } } },
    });
    await tell({ type: 'product.published', data: { product } });
    await tell({
      type: 'product.published',
      data: { product: { ...product, productCode: 'MKT_IMAGE', category: 'MKT' } },
    });
    await tell({
      type: 'product.published',
      data: { product: { ...product, productCode: 'CDN', contractable: false } },
    });
    await t.settled();
    expect((await client.get('/v1/contracts/eligible-products')).body).toEqual({
      data: [{ productCode: 'BCC', name: { 'zh-CN': '云服务器', en: 'BCC' }, category: 'BCC' }],
      nextCursor: null,
    });
  });
});

describe('the eligible list', () => {
  test('CTR-6 CTR-9 CTR-13 says what is against the account, whose orders are not eligible then', async () => {
    const { t, accountId, client, placed } = await customerOf('alibaba');
    const [order] = await placed(sampleOrder());
    const list = async () => (await client.get('/v1/contracts/eligible-orders')).body;
    expect(await list()).toMatchObject({ data: [{ orderId: order!.orderId }], objections: [] });
    const { accountId: _, ...facts } = sampleAccount({
      version: 2,
      invoiceTitle: 'Another Ltd',
      partner: { type: 'isv', provider: 'Sample Partner Ltd' },
    });
    await t.platform().put(`/v1/accounts/${accountId}`, facts);
    expect(await list()).toMatchObject({
      data: [],
      nextCursor: null,
      objections: [
        { orderId: null, code: 'contract.ask_your_provider', provider: 'Sample Partner Ltd' },
        { orderId: null, code: 'contract.invoice_title_mismatch', remedy: 'correct_invoice_title' },
      ],
    });
    await t.platform().put(`/v1/accounts/${accountId}`, { ...facts, version: 3, certifiedName: null });
    expect(await list()).toMatchObject({ data: [], objections: [{ code: 'contract.not_certified' }] });
  });

  test(
    'CTR-6 API-7 looks through a thousand orders at a time: a short page, or an empty one, has a next ' +
      'one',
    async () => {
      const { t, accountId, client, placed } = await customerOf('baidu');
      const early = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
      const [newest, excluded, oldest] = await placed(
        sampleOrder(),
        sampleOrder({ category: 'MKT', createdAt: early(1) }),
        sampleOrder({ createdAt: early(9) }),
      );
      await t.sql(
        `insert into order_view
       select order_id || i, account_id, version, status, product_code, contractable, hold_kind, created_at,
              jsonb_set(snapshot, '{orderId}', to_jsonb(order_id || i))
         from order_view, generate_series(1, 2000) i where order_id = $1`,
        [excluded!.orderId],
      );
      const pages: string[][] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await client.get(
          `/v1/contracts/eligible-orders${cursor && `?cursor=${encodeURIComponent(cursor)}`}`,
        );
        pages.push(body.data.map(({ orderId }: Order) => orderId));
        cursor = body.nextCursor;
      }
      expect(pages).toEqual([[newest!.orderId], [], [oldest!.orderId]]);
      await t.sql('delete from order_view where account_id = $1', [accountId]);
    },
  );
});

describe('finalizing', () => {
  test('CTR-15 is refused until every subscription is fulfilled', async () => {
    const { t, client, placed, draft, tell, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder({ servicePeriod: null, fulfilment: 'creating' }));
    const contractId = await draft(order!);
    const refused = await client.post(`/v1/contracts/${contractId}/finalize`);
    expect(codeOf(refused)).toEqual([409, 'contract.not_fulfilled']);
    expect(refused.body.facts.orderIds).toEqual([order!.orderId]);
    const servicePeriod = { start: '2026-05-01T00:00:00.000Z', end: '2026-06-01T00:00:00.000Z' };
    await tell({
      type: 'order.fulfilled',
      data: { order: { ...order!, version: 5, fulfilment: 'created', servicePeriod } },
    });
    await t.settled();
    expect((await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting)).body.status).toBe(
      'official',
    );
    expect((await get(contractId)).validity).toEqual({ from: servicePeriod.start, to: servicePeriod.end });
  });

  test(
    'CTR-15 an order that is fulfilled without a period is nothing to wait for: it is refused with a ' +
      'code of its own',
    async () => {
      const { client, placed, draft } = await customerOf('baidu');
      const [order] = await placed(sampleOrder({ servicePeriod: null, fulfilment: 'created' }));
      const contractId = await draft(order!);
      const refused = await client.post(`/v1/contracts/${contractId}/finalize`);
      expect(codeOf(refused)).toEqual([409, 'contract.period_unknown']);
      expect(refused.body.facts).toEqual({
        contractId,
        orderIds: [order!.orderId],
        remedy: 'leave_out_and_ask_support',
      });
    },
  );

  test(
    'CTR-29 a payment request over an order that was paid meanwhile stands, says so, and is not ' +
      'finalized',
    async () => {
      const { t, client, placed, draft, tell, get } = await customerOf('baidu');
      const [order] = await placed(unpaidOrder());
      const contractId = await draft(order!);
      await tell({
        type: 'order.paid',
        data: { order: { ...order!, version: 4, status: 'paid' }, paymentReference: 'pay_1' },
      });
      await t.settled();
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/finalize`))).toEqual([
        409,
        'contract.order_paid',
      ]);
      expect(await get(contractId)).toMatchObject({
        status: 'draft',
        warnings: [{ code: 'contract.order_paid', orderIds: [order!.orderId] }],
      });
    },
  );

  test(
    'CTR-14 ORD-8 at alibaba a payment request that is finalized at once says the time to pay that its ' +
      'draft gives',
    async () => {
      const { client, placed, draft, get } = await customerOf('alibaba');
      const orders = await placed(
        unpaidOrder({ invoicingEntity: 'aliyun_computing' }),
        unpaidOrder({ invoicingEntity: 'aliyun_computing' }),
      );
      const contractId = await draft(...orders);
      expect(
        (await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting)).body.status,
      ).toBe('official');
      const earliest = Math.min(...orders.map(({ createdAt }) => Date.parse(createdAt)));
      const payBy = new Date(earliest + 30 * 86_400_000);
      expect((await get(contractId)).validity).toEqual({ from: null, to: payBy.toISOString() });
      const { text } = readPdf((await client.get(`/v1/contracts/${contractId}/document`)).bytes).pages[0]!;
      expect(text).toContain(`by ${timeWriter('Asia/Shanghai')(payBy.toISOString())}`);
    },
  );

  test(
    'CTR-29 CTR-34 an order that is paid while its payment request is sealed leaves a draft that says ' +
      'so, and the seal is dropped',
    async () => {
      const { t, client, placed, draft, tell, get } = await customerOf('baidu');
      const [order] = await placed(unpaidOrder());
      const contractId = await draft(order!);
      const stalled = stallNextSealing();
      await client.post(`/v1/contracts/${contractId}/finalize`);
      await stalled.reached;
      await tell({
        type: 'order.paid',
        data: { order: { ...order!, version: 4, status: 'paid' }, paymentReference: 'pay_1' },
      });
      await t.settled({ dueWork: false });
      stalled.release();
      const { data } = await t.event(
        'contract.seal_failed',
        ({ contract }) => contract.contractId === contractId,
      );
      expect(data).toMatchObject({
        contract: { status: 'draft', version: 3 },
        reason: 'order_paid',
      });
      expect(await get(contractId)).toMatchObject({
        status: 'draft',
        sha256: null,
        warnings: [{ code: 'contract.order_paid', orderIds: [order!.orderId] }],
      });
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/finalize`))).toEqual([
        409,
        'contract.order_paid',
      ]);
    },
  );

  test(
    'CTR-13 CTR-10 at alibaba the invoice title is checked again; a later certified name changes no ' +
      'contract, and its draft is to be made anew, whatever the title',
    async () => {
      const { t, accountId, client, placed, draft, get } = await customerOf('alibaba');
      const [order] = await placed(sampleOrder());
      const contractId = await draft(order!);
      const { accountId: _, ...facts } = sampleAccount();
      const tell = (version: number, change: object) =>
        t.platform().put(`/v1/accounts/${accountId}`, { ...facts, ...change, version });
      const finalized = () =>
        client.post(`/v1/contracts/${contractId}/finalize`, undefined, { 'accept-language': 'en' });
      await tell(2, { invoiceTitle: 'New Name Ltd' });
      const mistitled = await finalized();
      expect([...codeOf(mistitled), mistitled.body.facts.remedy]).toEqual([
        422,
        'contract.invoice_title_mismatch',
        'correct_invoice_title',
      ]);
      for (const [version, invoiceTitle] of [
        [3, 'New Name Ltd'],
        [4, facts.invoiceTitle],
      ] as const) {
        await tell(version, { certifiedName: 'New Name Ltd', invoiceTitle });
        const renamed = await finalized();
        expect([...codeOf(renamed), renamed.body.facts.remedy]).toEqual([
          409,
          'contract.party_changed',
          'void_and_apply_again',
        ]);
        expect(renamed.body.detail).toContain(`drafted for ${facts.certifiedName}`);
      }
      expect(await get(contractId)).toMatchObject({
        partyA: sampleAccount().certifiedName,
        warnings: [{ code: 'contract.party_name_changed', remedy: 'delete_and_apply_again' }],
      });
    },
  );

  test(
    'CTR-29 CTR-33 an official payment request speaks of no date once its orders are ' +
      'paid: it is settled',
    async () => {
      const { t, client, placed, official, tell, get } = await customerOf('baidu');
      const [one, two] = await placed(unpaidOrder(), unpaidOrder());
      const contractId = await official(one!, two!);
      const detail = await get(contractId);
      expect([detail.settled, detail.warnings]).toEqual([false, []]);
      const finalized = await t.event(
        'contract.finalized',
        ({ contract }) => contract.contractId === contractId,
      );
      expect(finalized.data.payBy).toBe(detail.validity.to);
      const pay = async (order: Order) => {
        const paid = { ...order, version: 4, status: 'paid' as const };
        await tell({ type: 'order.paid', data: { order: paid, paymentReference: 'pay_1' } });
        await t.settled();
      };
      await pay(one!);
      expect(await get(contractId)).toMatchObject({
        settled: false,
        validity: { from: null, to: expect.any(String) },
      });
      await pay(two!);
      const { body } = await client.get(`/v1/contracts/${contractId}`, { 'accept-language': 'en' });
      expect(body).toMatchObject({
        status: 'official',
        settled: true,
        validity: { from: null, to: null },
        warnings: [
          {
            code: 'contract.order_paid',
            orderIds: [one!.orderId, two!.orderId].sort(),
            remedy: 'submit_void_ticket_and_apply_again',
            text: expect.stringContaining('Submit a ticket'),
          },
        ],
      });
    },
  );

  test(
    'CTR-7 ORD-20 where a contract over an unpaid domain order is allowed, preview, application and detail warn ' +
      'that the name is not reserved',
    async () => {
      const { client, placed, apply, reserve, get } = await customerOf('alibaba');
      const [domain, other] = await placed(
        unpaidOrder({ productForm: 'domain', serviceType: 'registration' }),
        unpaidOrder(),
      );
      const orderIds = [domain!.orderId, other!.orderId];
      const warning = { code: 'contract.unpaid_domain_not_reserved', orderIds: [domain!.orderId] };
      const preview = await client.post('/v1/contracts/preview', { orderIds }, { 'accept-language': 'en' });
      expect(preview.body).toMatchObject({ refusals: [], warnings: [warning] });
      expect(preview.body.warnings[0].text).toContain('somebody else may register the domain name');
      expect(
        (await client.post('/v1/contracts/preview', { orderIds: [orderIds[1]!] })).body.warnings,
      ).toEqual([]);
      const applied = await client.post('/v1/contracts', { orderIds });
      expect(applied.body.warnings).toMatchObject([warning]);
      const { contractId } = applied.body.data[0];
      await reserve(contractId, [domain!, other!]);
      expect((await get(contractId)).warnings).toMatchObject([warning]);
      expect((await get(await apply((await placed(sampleOrder()))[0]!))).warnings).toEqual([]);
    },
  );

  test(
    'CTR-23 ORD-22 terms that the profile includes stand in the document; others are linked, the product’s own ' +
      'before the profile’s',
    async () => {
      const { t, client, placed, draft, tell, get } = await customerOf('alibaba');
      const product = productSnapshot({
        name: { 'zh-CN': '云服务', en: 'Cloud' },
        category: 'OWN',
        brand: 'aliyun',
        invoicingEntity: 'aliyun_computing',
      });
      const own = 'https://terms.example.com/own';
      await tell({
        type: 'product.published',
        data: { product: { ...product, productCode: 'OWN', termsUrl: own } },
      });
      const orders = await placed(
        sampleOrder({ productCode: 'OWN', productName: { 'zh-CN': '自有', en: 'Own' } }),
        sampleOrder({ brand: 'hichina', category: 'DOMAIN', productName: { 'zh-CN': '域名', en: 'Domain' } }),
        sampleOrder(),
      );
      const contractId = await draft(...orders);
      const text = async () =>
        readPdf((await client.get(`/v1/contracts/${contractId}/document`)).bytes)
          .pages.flatMap(({ lines }) => lines)
          .join(' ')
          .replaceAll(/\s+/g, '');
      const { termsUrl, termsIncluded } = loadProfile('alibaba').contracts;
      const linked = async () => {
        const { orders: rows, termsUrl: shared } = await get(contractId);
        return [
          shared,
          ...rows.map((row: { termsUrl: string; termsIncluded: boolean }) => [
            row.termsIncluded,
            row.termsUrl,
          ]),
        ];
      };
      const expected = [null, [false, own], [true, null], [false, termsUrl]];
      expect(await linked()).toEqual(expected);
      // A paragraph may go on on the next page; its first words stand together.
      const printed = [own, termsUrl, ...termsIncluded.en].map((part) =>
        part.slice(0, 40).replaceAll(/\s+/g, ''),
      );
      const draftText = await text();
      for (const part of printed) expect(draftText).toContain(part);
      await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting);
      const changed = {
        ...product,
        productCode: 'OWN',
        version: 2,
        termsUrl: 'https://terms.example.com/later',
      };
      await tell({ type: 'product.published', data: { product: changed } });
      await t.settled();
      expect(await linked()).toEqual(expected);
      const officialText = await text();
      for (const part of printed) expect(officialText).toContain(part);
      const simple = await draft((await placed(sampleOrder()))[0]!);
      expect(await get(simple)).toMatchObject({ termsUrl, orders: [{ termsIncluded: false, termsUrl }] });
    },
  );

  test('CTR-34 failing five times makes it a draft again, and says why; then it can be finalized', async () => {
    const { t, client, placed, draft, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await draft(order!);
    seal.fails = true;
    try {
      expect((await client.post(`/v1/contracts/${contractId}/finalize`)).body).toMatchObject({
        status: 'sealing',
        version: 2,
      });
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' }))).toEqual([
        409,
        'contract.sealing',
      ]);
      const { data } = await t.event(
        'contract.seal_failed',
        ({ contract }) => contract.contractId === contractId,
      );
      expect(data).toMatchObject({
        contract: { status: 'draft', version: 3 },
        reason: 'signing_failed',
      });
    } finally {
      seal.fails = false;
    }
    expect(
      (await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting)).body,
    ).toMatchObject({ status: 'official', version: 4 });
    expect(await get(contractId)).toMatchObject({ status: 'official' });
  });

  test(
    'CTR-34 a sealing whose process died is taken up again when its lease has run out, and stored ' + 'once',
    async () => {
      const { t, client, placed, draft } = await customerOf('baidu');
      const [order] = await placed(sampleOrder());
      const contractId = await draft(order!);
      seal.fails = true;
      await client.post(`/v1/contracts/${contractId}/finalize`);
      await t.sql(
        `update contracts set seal_attempts = 1, seal_lease_until = now() + interval '60 seconds'
          where contract_id = $1`,
        [contractId],
      );
      seal.fails = false;
      await new Promise((resolve) => setTimeout(resolve, 400));
      expect((await client.get(`/v1/contracts/${contractId}`)).body.status).toBe('sealing');
      t.clock.offsetMs += 61_000;
      await t.event('contract.finalized', ({ contract }) => contract.contractId === contractId);
      t.clock.offsetMs -= 61_000;
      expect(
        await t.sql('select 1 from contract_documents where contract_id = $1', [contractId]),
      ).toHaveLength(1);
    },
  );

  test('CTR-37 while a certificate of the seal is not valid the contract waits, and no try counts', async () => {
    const { t, accountId, client, placed, draft, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await draft(order!);
    const { run } = t.running.service.workers.find(({ name }) => name === 'sealing')!;
    const ended = await issue({ to: '2026-01-01T00:00:00Z' });
    seal.chains = [[new X509Certificate(ended.certificate)]];
    try {
      await client.post(`/v1/contracts/${contractId}/finalize`);
      for (let tries = 0; tries < 6; tries += 1)
        await expect(run(t.running.db, { id: contractId, accountId })).rejects.toThrow(
          'seal key: CN=Example Seal is valid from 2020-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z, not now',
        );
      expect(await get(contractId)).toMatchObject({ status: 'sealing' });
      const metrics = await (await fetch(`${t.opsUrl}/metrics`)).text();
      expect(metrics).toMatch(/^accord_seal_valid\{.*\} 0$/m);
      expect(metrics).toMatch(
        /^accord_seal_certificate_days_left\{subject="CN=Example Seal",use="seal",.*\} -\d/m,
      );
      expect(metrics).toMatch(/^accord_due_items\{worker="sealing",.*\} [1-9]/m);
    } finally {
      seal.chains = undefined;
    }
    await t.event('contract.finalized', ({ contract }) => contract.contractId === contractId);
    expect(announcedOf(t, contractId)).not.toContain('contract.seal_failed');
  });

  test.each(['seals', 'fails'])(
    'CTR-34 a worker that stood still while its round ended in a draft, and %s in the next round, ' +
      'changes nothing there',
    async (how) => {
      const { t, accountId, client, placed, draft, tell } = await customerOf('baidu');
      const [order] = await placed(sampleOrder());
      const contractId = await draft(order!);
      const { run } = t.running.service.workers.find(({ name }) => name === 'sealing')!;
      const inAnotherInstance = () => run(t.running.db, { id: contractId, accountId });
      const late = stallNextSealing();
      await client.post(`/v1/contracts/${contractId}/finalize`);
      await late.reached;
      t.clock.offsetMs += 21_000;
      seal.fails = true;
      for (let attempt = 2; attempt <= 5; attempt += 1) await inAnotherInstance().catch(() => undefined);
      seal.fails = false;
      t.clock.offsetMs -= 21_000;
      const servicePeriod = { start: '2026-07-01T00:00:00.000Z', end: '2026-08-01T00:00:00.000Z' };
      await tell({ type: 'order.fulfilled', data: { order: { ...order!, version: 8, servicePeriod } } });
      await t.settled({ dueWork: false });

      const next = stallNextSealing();
      expect((await client.post(`/v1/contracts/${contractId}/finalize`)).body).toMatchObject({
        status: 'sealing',
        version: 3,
      });
      const sealed = inAnotherInstance();
      await next.reached;
      seal.fails = how === 'fails';
      late.release();
      await new Promise((resolve) => setTimeout(resolve, 500));
      seal.fails = false;
      const [row] = await t.sql(
        `select status, seal_attempts as attempts, seal_lease_until is not null as leased
           from contracts where contract_id = $1`,
        [contractId],
      );
      expect(row).toEqual({ status: 'sealing', attempts: 1, leased: true });
      next.release();
      await sealed;
      await t.settled();
      const { bytes } = await client.get(`/v1/contracts/${contractId}/document`);
      expect(readPdf(bytes).pages[0]!.text).toContain('2026-07-01 08:00:00');
      expect(announcedOf(t, contractId).slice(2)).toEqual(['contract.seal_failed', 'contract.finalized']);
    },
  );

  test('CTR-28 CTR-34 an order that dies while its contract is sealed voids it, and the seal is dropped', async () => {
    const { t, client, placed, draft, tell, dead } = await customerOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await draft(order!);
    seal.fails = true;
    await client.post(`/v1/contracts/${contractId}/finalize`);
    await tell({ type: 'order.voided', data: { order: dead(order!, 'voided', 9), reason: 'refunded' } });
    await t.settled({ dueWork: false });
    seal.fails = false;
    await t.settled();
    expect((await client.get(`/v1/contracts/${contractId}`)).body).toMatchObject({
      status: 'voided',
      voidReason: 'order_voided',
      sha256: null,
    });
    expect(await t.sql('select 1 from contract_documents where contract_id = $1', [contractId])).toEqual([]);
  });
});

test('CTR-3 an order in a contract names its number and a way out that the profile has', async () => {
  const { client, placed, apply, draft, official, get } = await customerOf('baidu');
  const [one, two, three] = await placed(sampleOrder(), sampleOrder(), sampleOrder());
  const refusedOver = async (order: Order) => {
    const { body } = await client.post(
      '/v1/contracts',
      { orderIds: [order.orderId] },
      { 'accept-language': 'en' },
    );
    return { ...body.facts.refusals[0], detail: body.detail };
  };
  const drafted = await draft(one!);
  const { number } = await get(drafted);
  const text = `Order ${one!.orderId} is in contract ${number}. Void that contract, then apply again.`;
  expect(await refusedOver(one!)).toMatchObject({
    contractId: drafted,
    contractNumber: number,
    remedy: 'void_that_contract',
    text,
    detail: text,
  });
  await apply(three!);
  expect(await refusedOver(three!)).toMatchObject({
    contractNumber: null,
    text: 'The order is in a contract. Void that contract, then apply again.',
  });
  await official(two!);
  expect(await refusedOver(two!)).toMatchObject({
    remedy: 'submit_void_ticket',
    text: expect.stringMatching(/^Order \S+ is in contract CT-\S+\. Submit a ticket /),
  });
});

const languages = ['en', 'zh-CN'] as const;
const given = { instanceId: 'i-1', start: null, end: null, region: null, ipAddress: null };

test.each<[string, string, (hold: string) => Partial<Order>]>([
  ['order.cancelled', 'place_new_order', () => ({ status: 'cancelled' })],
  ['order.voided', 'place_new_order', () => ({ status: 'voided' })],
  [
    'order.instance_busy',
    'await_fulfilment',
    () => ({ count: 2, fulfilment: 'creating', instances: [given] }),
  ],
  ['order.held_by_refund', 'withdraw_refund_or_await_its_end', (id) => ({ hold: { kind: 'refund', id } })],
])('API-16 CTR-3 %s refuses an application in the language of its reader', async (code, remedy, change) => {
  const { client, placed } = await customerOf('baidu');
  const [order] = await placed(sampleOrder(change('rfd_1')));
  const orderIds = [order!.orderId];
  for (const language of languages) {
    const refused = await client.post('/v1/contracts', { orderIds }, { 'accept-language': language });
    expect(codeOf(refused)).toEqual([409, code]);
    const { title, detail, facts } = refused.body;
    expect(facts.refusals).toMatchObject([{ orderId: order!.orderId, code, remedy, text: detail }]);
    expect(detail).toContain(order!.orderId);
    for (const text of [title, detail]) expect([text, reads(language, text)]).toEqual([text, true]);
  }
});

/** Each answer of the order service with the code that the contract says it in, and a word of each text. */
const saidAs = {
  'order.held_by_contract': ['contract.order_in_contract', 'in a contract', '已在合同中'],
  'order.held_by_refund': ['order.held_by_refund', 'in a refund', '正在退款'],
  'order.cancelled': ['order.cancelled', 'is cancelled', '已取消'],
  'order.voided': ['order.voided', 'has ended', '已作废'],
  'order.instance_busy': ['order.instance_busy', 'is not finished yet', '尚未完成'],
  'order.not_found': ['order.not_found', 'no order', '找不到订单'],
  'holder.ended': ['holder.ended', 'had ended', '已经结束'],
  'holder.too_large': ['contract.too_large', 'say too much together', '合计过长'],
} as const satisfies Readonly<Record<ReservationRefusalCode, readonly [string, string, string]>>;

test.each(ReservationRefusalCode.options)(
  'API-16 ORD-12 %s of a reservation is told to the applicant, who waits or reads later, in his language',
  async (told) => {
    const { t, accountId, client, placed, get } = await customerOf('baidu');
    const [code, ...words] = saidAs[told];
    for (const [at, language] of languages.entries()) {
      const [order] = await placed(sampleOrder());
      const { orderId } = order!;
      const headers = { ...waiting, 'accept-language': language };
      const answer = client.post('/v1/contracts', { orderIds: [orderId] }, headers);
      const { data } = await t.event(
        'contract.requested',
        ({ contract }) => contract.orderIds[0] === orderId,
      );
      const { contractId } = data.contract;
      const kind = told === 'order.held_by_contract' ? ('contract' as const) : ('refund' as const);
      const refusal = {
        orderId: told.startsWith('holder.') ? null : orderId,
        instanceId: null,
        code: told,
        holder: told.startsWith('order.held_by_') ? { kind, id: 'other_1' } : null,
      };
      const holder = { kind: 'contract' as const, id: contractId };
      await t.publish({
        type: 'order.reservation_refused',
        data: { holder, accountId, refusals: [refusal], orders: [order!] },
      });
      const waited = await answer;
      expect(waited).toMatchObject({ status: 200, body: { data: [{ status: 'refused' }] } });
      const { text } = waited.body.refusals[0];
      expect(waited.body.refusals).toMatchObject([{ orderId: refusal.orderId, code }]);
      expect([text, reads(language, text)]).toEqual([text, true]);
      expect(text).toContain(words[at]);
      const later = await client.get(`/v1/contracts/${contractId}`, { 'accept-language': language });
      expect(later.body.refusals).toEqual(waited.body.refusals);
      expect((await get(contractId)).status).toBe('refused');
    }
  },
);

describe('the saga, whatever the order of arrival', () => {
  test('EVT-20 ORD-12 a refused reservation ends in refused, in our words, and frees the orders', async () => {
    const { t, client, placed, apply, accountId, tell, get } = await customerOf('baidu');
    const [one, two] = await placed(sampleOrder(), sampleOrder());
    const contractId = await apply(one!, two!);
    const holder = { kind: 'contract' as const, id: contractId };
    const refusals = [
      {
        orderId: one!.orderId,
        instanceId: null,
        code: 'order.held_by_contract' as const,
        holder: { kind: 'contract' as const, id: 'ctr_other' },
      },
    ];
    await tell(
      { type: 'order.reservation_refused', data: { holder, accountId, refusals, orders: [one!] } },
      2,
    );
    await t.settled();
    expect(await get(contractId)).toMatchObject({
      status: 'refused',
      version: 2,
      refusals: [{ orderId: one!.orderId, code: 'contract.order_in_contract', contractId: 'ctr_other' }],
    });
    expect(
      JSON.stringify((await get(contractId)).refusals.map(({ text }: { text: string }) => text)),
    ).not.toContain('ctr_');
    expect((await client.get('/v1/contracts/eligible-orders')).body.data).toHaveLength(2);
    const again = await apply(one!, two!);
    expect(
      (await t.event('contract.requested', ({ contract }) => contract.contractId === again)).data
        .earlierEnded,
    ).toEqual([]);
  });

  test('CTR-4 what changed between asking and reserving ends in contract.order_changed', async () => {
    const { t, client, placed, apply, reserve, get } = await customerOf('baidu');
    const [order] = await placed(unpaidOrder());
    const contractId = await apply(order!);
    await reserve(contractId, [{ ...order!, status: 'paid' }]);
    const told = async (language: string) =>
      (await client.get(`/v1/contracts/${contractId}`, { 'accept-language': language })).body.refusals[0]
        .text;
    expect(await told('en')).toBe(
      `Order ${order!.orderId} changed while it was applied for. Look at it, then apply again.`,
    );
    expect(await told('zh-CN')).toContain(`订单 ${order!.orderId} 在申请期间发生了变更`);
    expect(await get(contractId)).toMatchObject({
      status: 'refused',
      number: null,
      refusals: [{ orderId: order!.orderId, code: 'contract.order_changed' }],
    });
    await t.settled();
    expect(announcedOf(t, contractId)).toEqual(['contract.requested', 'contract.refused']);
  });

  test('EVT-8 a repeated reservation drafts once', async () => {
    const { t, placed, apply, reserve, reservedFact, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await apply(order!);
    await reserve(contractId, [order!], 3);
    const { number } = await get(contractId);
    await t.publish(reservedFact(contractId, [order!]));
    await t.settled();
    expect(await get(contractId)).toMatchObject({ number, version: 2 });
    expect(announcedOf(t, contractId)).toEqual(['contract.requested', 'contract.drafted']);
  });

  test(
    'CTR-25 EVT-20 a contract voided while it was requested stays voided when its reservation comes ' +
      'late',
    async () => {
      const { t, client, placed, apply, reserve, get } = await customerOf('baidu');
      const [order] = await placed(sampleOrder());
      const contractId = await apply(order!);
      await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' });
      await reserve(contractId, [order!], 2);
      expect(await get(contractId)).toMatchObject({ status: 'voided', version: 2, number: null });
      const next = await apply(order!);
      expect(
        (await t.event('contract.requested', ({ contract }) => contract.contractId === next)).data
          .earlierEnded,
      ).toEqual([{ orderId: order!.orderId, contractId }]);
      await client.post(`/v1/contracts/${next}/void`, { reason: 'test' });
      const last = await apply(order!);
      expect(
        (await t.event('contract.requested', ({ contract }) => contract.contractId === last)).data
          .earlierEnded,
      ).toHaveLength(2);
      await reserve(last, [order!]);
      await client.post(`/v1/contracts/${last}/void`, { reason: 'test' });
      const released = { ...order!, version: 12 };
      await t.publish({
        type: 'order.released',
        data: { order: released, holder: { kind: 'contract', id: last } },
      });
      await t.settled();
      const clean = await apply(order!);
      expect(
        (await t.event('contract.requested', ({ contract }) => contract.contractId === clean)).data
          .earlierEnded,
      ).toEqual([]);
    },
  );

  test('CTR-28 EVT-21 an order’s end voids its contract, also where it arrives before the reservation', async () => {
    const { t, client, placed, apply, reserve, draft, tell, dead, get } = await customerOf('baidu');
    const [one, two, three] = await placed(unpaidOrder(), unpaidOrder(), unpaidOrder());
    const early = await apply(one!, two!);
    await tell(
      { type: 'order.cancelled', data: { order: dead(one!, 'cancelled', 7), reason: 'by_customer' } },
      2,
    );
    await t.settled();
    await reserve(early, [one!, two!]);
    expect(await get(early)).toMatchObject({ status: 'voided', voidReason: 'order_cancelled', version: 2 });
    expect(
      (await t.event('contract.voided', ({ contract }) => contract.contractId === early)).data.orderId,
    ).toBe(one!.orderId);
    expect(
      (await client.get('/v1/contracts/eligible-orders')).body.data
        .map(({ orderId }: Order) => orderId)
        .sort(),
    ).toEqual([two!.orderId, three!.orderId].sort());

    const drafted = await draft(two!, three!);
    await tell({ type: 'order.cancelled', data: { order: dead(three!, 'cancelled', 7), reason: 'expired' } });
    await tell({ type: 'order.expiring', data: { order: { ...three!, version: 6 }, payBy: three!.payBy! } });
    await t.settled();
    expect(await get(drafted)).toMatchObject({ status: 'voided', voidReason: 'order_cancelled' });
    expect(codeOf(await client.post('/v1/contracts', { orderIds: [three!.orderId] }))).toEqual([
      409,
      'order.cancelled',
    ]);
  });

  test('CTR-28 CTR-24 a failed fulfilment voids an official contract and withdraws its open tickets', async () => {
    const { t, client, placed, official, tell, dead, get } = await customerOf('baidu');
    const [order] = await placed(sampleOrder({ chargeType: 'one_time' }));
    const contractId = await official(order!);
    const ticket = (await client.post('/v1/tickets', { kind: 'void_official', contractId, text: 'Please.' }))
      .body;
    await tell({ type: 'order.fulfilment_failed', data: { order: dead(order!, 'voided', 8), reason: null } });
    await t.settled();
    expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'order_voided' });
    const ended = { 'zh-CN': '合同已终止。', en: 'The contract has ended.' };
    for (const [language, decisionText] of Object.entries(ended))
      expect(
        (await client.get(`/v1/tickets/${ticket.ticketId}`, { 'accept-language': language })).body,
      ).toMatchObject({ status: 'withdrawn', version: 2, decisionText });
    expect(
      (await t.event('ticket.withdrawn', (data) => data.ticket.ticketId === ticket.ticketId)).data.ticket
        .contractId,
    ).toBe(contractId);
  });
});

test('CTR-32 contracts are listed by every filter; the detail counts downloads of the official file', async () => {
  const { t, accountId, client, placed, draft, official, get } = await customerOf('baidu');
  const [one, two] = await placed(sampleOrder(), sampleOrder({ productCode: 'CDN' }));
  const [sealed, drafted] = [await official(one!), await draft(two!)];
  const { number } = await get(sealed);
  const listed = async (query: string, by = client) =>
    ((await by.get(`/v1/contracts?${query}`)).body.data as { contractId: string }[]).map(
      ({ contractId }) => contractId,
    );
  for (const [query, found] of [
    ['', [drafted, sealed]],
    ['productCode=CDN', [drafted]],
    [`productCode=${one!.productCode}`, [sealed]],
    ['productCode=none', []],
    ['status=official&kind=order', [sealed]],
    ['status=draft&productCode=CDN', [drafted]],
    [`status=draft&productCode=${one!.productCode}`, []],
    [`number=${number}`, [sealed]],
    [`orderId=${two!.orderId}&productCode=CDN`, [drafted]],
    [`partyA=${encodeURIComponent(sampleAccount().certifiedName!.slice(0, 3))}`, [drafted, sealed]],
    ['partyA=somebody', []],
    ['partyA=%25', []],
  ] as const) {
    expect([query, await listed(query)]).toEqual([query, found]);
    expect(await listed(`${query}&accountId=${accountId}`, t.operator())).toEqual(found);
  }
  const first = await client.get('/v1/contracts?productCode=CDN&limit=1');
  expect(first.body.nextCursor).toBeNull();
  expect((await get(drafted)).downloads).toBeNull();
  expect((await get(sealed)).downloads).toEqual({ count: 0, lastAt: null });
  await client.get(`/v1/contracts/${drafted}/document`);
  await Promise.all([1, 2, 3].map(() => client.get(`/v1/contracts/${sealed}/document`)));
  const { count, lastAt } = (await get(sealed)).downloads;
  expect([count, Number.isNaN(Date.parse(lastAt))]).toEqual([3, false]);
  expect((await get(drafted)).downloads).toBeNull();
});

test('API-3 each route answers the request that the document shows for it as described', async () => {
  const { t, accountId, client, placed, draft, official } = await customerOf('baidu');
  const [operator, platform] = [t.operator('op_2'), t.platform()];
  const ofMine = { by: client };
  const anOrder = async () => (await placed(sampleOrder()))[0]!;
  const drafted = async () => ({ contractId: await draft(await anOrder()) });
  const file = await client.get(`/v1/contracts/${await official(await anOrder())}/document`);
  /** Of an official contract that no ticket is about yet. */
  const ticket = async () => {
    const ask = { kind: 'void_official', contractId: await official(await anOrder()), text: 'Please.' };
    return { ticketId: (await client.post('/v1/tickets', ask)).body.ticketId as string };
  };
  const addresses: string[] = [];
  for (const phone of ['1', '2']) {
    const ask = { recipient: 'Li Lei', phone, address: 'Beijing' };
    addresses.push((await client.post(`/v1/accounts/${accountId}/addresses`, ask)).body.addressId);
  }
  /** A ticket that was approved, and the file that was stored before. */
  const papers = async () => {
    const ask = { kind: 'offline_contract', orderIds: [(await anOrder()).orderId], text: 'Please.' };
    const ticketId = (await client.post('/v1/tickets', ask)).body.ticketId as string;
    await operator.post(`/v1/tickets/${ticketId}/approve`);
    return { ticketId, sha256: createHash('sha256').update(samplePdf(accountId)).digest('hex') };
  };
  const elsewhere = await customerOf('alibaba');
  const left = await elsewhere.draft((await elsewhere.placed(sampleOrder()))[0]!);
  const instances = [
    { instanceId: 'i-1', region: 'cn-beijing', ipAddress: '192.0.2.7', start: null, end: null },
  ];
  const placedLeft = await elsewhere.draft((await elsewhere.placed(sampleOrder({ instances })))[0]!);
  const paperless = async () => elsewhere.official((await elsewhere.placed(sampleOrder()))[0]!);
  /** Asked for, and these steps taken. */
  const paper = async (...steps: ('print' | 'mail')[]) => {
    const contractId = await paperless();
    const path = `/v1/contracts/${contractId}/paper-copies`;
    const to = { copies: 1, recipient: 'Li Lei', phone: '1', address: 'Here 1' };
    await elsewhere.client.post(path, to);
    for (const step of steps) {
      const sent = step === 'mail' ? { carrier: 'SF', trackingNumber: 'SF1' } : undefined;
      await elsewhere.t.operator().post(`${path}/${step}`, sent);
    }
    return contractId;
  };
  const amount = { amount: '12.30', currency: 'CNY' };
  const bill = {
    version: 1,
    month: '2026-01',
    invoicingEntity: 'aliyun_computing',
    status: 'unpaid',
    amount,
  };
  await elsewhere.t.platform().put('/v1/bills/bill_of_january', {
    ...bill,
    accountId: elsewhere.accountId,
    lines: [{ productCode: 'ECS', amount }],
  });
  await t.publish({ type: 'product.published', data: { product } });
  await t.settled();
  expect(
    await flawsOfExamples(t, {
      putAccount: () => ({ by: platform, ids: { accountId } }),
      getAccount: () => ofMine,
      addAddress: () => ({ by: client, ids: { accountId } }),
      listAddresses: () => ({ by: client, ids: { accountId } }),
      getAddress: () => ({ by: client, ids: { accountId, addressId: addresses[0]! } }),
      editAddress: () => ({ by: client, ids: { accountId, addressId: addresses[0]! } }),
      makeAddressDefault: () => ({ by: client, ids: { accountId, addressId: addresses[0]! } }),
      removeAddress: () => ({ by: client, ids: { accountId, addressId: addresses[1]! } }),
      listAccounts: () => ({ by: operator }),
      previewApplication: async () => ({ by: client, ids: { orderId: (await anOrder()).orderId } }),
      applyForContracts: async () => ({ by: client, ids: { orderId: (await anOrder()).orderId } }),
      listContracts: () => ofMine,
      listEligibleOrders: () => ofMine,
      listEligibleProducts: () => ofMine,
      getContract: () => ofMine,
      finalizeContract: async () => ({ by: client, ids: await drafted() }),
      downloadContract: () => ofMine,
      chooseContractAddress: async () => ({
        by: client,
        ids: { ...(await drafted()), addressId: addresses[0]! },
      }),
      voidContract: async () => ({ by: client, ids: await drafted() }),
      checkIcpFiling: () => ({ by: elsewhere.client }),
      checkIcpFilingOfContract: () => ({ by: elsewhere.client, ids: { contractId: placedLeft } }),
      verifyContractHash: () => ({ by: t.anonymous() }),
      verifyContractFile: () => ({ by: t.anonymous(), file: file.bytes }),
      submitTicket: async () => ({ by: client, ids: { contractId: await official(await anOrder()) } }),
      listTickets: () => ofMine,
      getTicket: () => ofMine,
      approveTicket: async () => ({ by: operator, ids: await ticket() }),
      rejectTicket: async () => ({ by: operator, ids: await ticket() }),
      withdrawTicket: async () => ({ by: client, ids: await ticket() }),
      storeOfflineFile: () => ({ by: operator, query: `accountId=${accountId}`, file: samplePdf(accountId) }),
      recordOfflineContract: async () => ({ by: operator, ids: await papers() }),
      putBill: () => ({ by: platform, ids: { billId: 'bill_example', accountId } }),
      getBill: () => ofMine,
      // The other provider makes paper copies, has contracts over bills, and deletes drafts.
      requestPaperCopies: async () => ({ by: elsewhere.client, ids: { contractId: await paperless() } }),
      getPaperCopies: async () => ({ by: elsewhere.client, ids: { contractId: await paper() } }),
      listPaperCopies: () => ({ by: elsewhere.t.operator() }),
      printPaperCopies: async () => ({ by: elsewhere.t.operator(), ids: { contractId: await paper() } }),
      mailPaperCopies: async () => ({
        by: elsewhere.t.operator(),
        ids: { contractId: await paper('print') },
      }),
      deliverPaperCopies: async () => ({
        by: elsewhere.t.operator(),
        ids: { contractId: await paper('print', 'mail') },
      }),
      returnPaperCopies: async () => ({
        by: elsewhere.t.operator(),
        ids: { contractId: await paper('print', 'mail') },
      }),
      listEligibleBills: () => ({ by: elsewhere.client }),
      removeDraftContract: () => ({ by: elsewhere.client, ids: { contractId: left } }),
    }),
  ).toEqual([]);
});
