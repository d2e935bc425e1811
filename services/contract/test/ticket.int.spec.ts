import { createHash } from 'node:crypto';
import { loadProfile } from '@accord/profile';
import { samplePdf, type Client } from '@accord/testing';
import type { Order } from '../src/order-view.ts';
import { contractService } from '../src/service.ts';
import { announcedOf, codeOf, openOffices, waiting } from './fixtures.ts';
import { sampleOrder, unpaidOrder } from './sample-orders.ts';

// Tickets of every kind, their inbox, and contracts that were signed outside.

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'baidu',
  'alibaba',
);

const papersKinds = ['extra_terms', 'physical_seal', 'offline_contract', 'marketplace'] as const;
const sha256Of = (file: Buffer) => createHash('sha256').update(file).digest('hex');
let numbers = 0;
const newNumber = () => `HT-${process.pid}-${++numbers}`;

/** A customer, the staff, and what they do about papers. */
async function officeOf(provider: 'baidu' | 'alibaba') {
  const customer = await customerOf(provider);
  const { t, client, accountId, reserve } = customer;
  const [staff, other] = [t.operator('op_1'), t.operator('op_2')];
  const submit = (kind: string, subject: object, by: Client = client) =>
    by.post('/v1/tickets', { kind, ...subject, text: 'Please.' });
  const approved = async (kind: string, ...orders: Order[]): Promise<string> => {
    const { body } = await submit(kind, { orderIds: orders.map(({ orderId }) => orderId) });
    expect((await staff.post(`/v1/tickets/${body.ticketId}/approve`)).status).toBe(200);
    return body.ticketId;
  };
  const store = (file: Buffer, type = 'application/pdf') =>
    staff.send('POST', `/v1/contracts/offline/files?accountId=${accountId}`, file, { 'content-type': type });
  const stored = async (file = samplePdf(newNumber())): Promise<string> => {
    const { status, body } = await store(file);
    expect([status, body]).toEqual([201, { sha256: sha256Of(file), size: file.length }]);
    return body.sha256;
  };
  const record = async (more: object, headers: Readonly<Record<string, string>> = {}) =>
    staff.post(
      '/v1/contracts/offline',
      { number: newNumber(), signedOn: '2026-03-01', ...(await fileOf(more)), ...more },
      headers,
    );
  const fileOf = async (more: object) => ('sha256' in more ? {} : { sha256: await stored() });
  const withReason = (...orders: Order[]) => ({
    accountId,
    orderIds: orders.map(({ orderId }) => orderId),
    reason: 'Placed for a sales contract',
  });
  const recorded = async (orders: readonly Order[], more: object): Promise<string> => {
    const { status, body } = await record(more);
    expect([status, body.status, body.kind, body.number]).toEqual([202, 'requested', 'offline', null]);
    await reserve(body.contractId, orders);
    return body.contractId;
  };
  return { ...customer, staff, other, submit, approved, store, stored, record, recorded, withReason };
}

describe('tickets', () => {
  test('CTR-12 CTR-24 each kind is about what it is about, and its answer shows the address for papers', async () => {
    const { client, placed, draft, submit } = await officeOf('alibaba');
    const [one, two, three] = await placed(sampleOrder(), sampleOrder(), sampleOrder());
    const contractId = await draft(one!);
    const orderIds = [two!.orderId, three!.orderId, two!.orderId];
    const { offlineAddress } = loadProfile('alibaba').contracts;
    for (const kind of papersKinds) {
      const { status, body } = await submit(kind, { orderIds });
      expect([status, body.kind, body.status, body.contractId]).toEqual([201, kind, 'submitted', null]);
      expect(body.orderIds).toEqual([two!.orderId, three!.orderId].sort());
      for (const language of ['zh-CN', 'en'] as const) {
        const shown = await client.get(`/v1/tickets/${body.ticketId}`, { 'accept-language': language });
        expect(shown.body.offlineAddress).toEqual(offlineAddress[language]);
      }
    }
    for (const kind of ['extra_terms', 'physical_seal'] as const)
      expect((await submit(kind, { contractId })).body).toMatchObject({
        contractId,
        orderIds: [one!.orderId],
      });

    expect(codeOf(await submit('void_official', { orderIds }))).toEqual([422, 'ticket.contract_needed']);
    expect(codeOf(await submit('void_official', {}))).toEqual([422, 'ticket.contract_needed']);
    for (const kind of ['offline_contract', 'marketplace'])
      for (const subject of [{ contractId }, {}, { contractId, orderIds }])
        expect(codeOf(await submit(kind, subject))).toEqual([422, 'ticket.orders_needed']);
    for (const subject of [{}, { contractId, orderIds }])
      expect(codeOf(await submit('extra_terms', subject))).toEqual([422, 'ticket.one_subject_needed']);
  });

  test('CTR-24 where the profile excludes marketplace orders there is no ticket for them', async () => {
    const { placed, submit } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const asked = await submit('marketplace', { orderIds: [order!.orderId] });
    expect(codeOf(asked)).toEqual([422, 'ticket.kind_not_offered']);
    expect((await submit('offline_contract', { orderIds: [order!.orderId] })).status).toBe(201);
  });

  test('CTR-24 API-5 orders that are not there, another’s or over are named, an ended contract too', async () => {
    const { t, staff, client, placed, apply, submit, tell, dead, accountId } = await officeOf('baidu');
    const [one, two, three] = await placed(sampleOrder(), sampleOrder(), unpaidOrder());
    await tell({
      type: 'order.cancelled',
      data: { order: dead(three!, 'cancelled', 5), reason: 'by_customer', text: null },
    });
    await t.settled();
    const stranger = await customerOf('baidu');
    const [foreign] = await stranger.placed(sampleOrder());
    const ask = (orderIds: string[]) => submit('offline_contract', { orderIds });
    for (const orderId of ['ord_nowhere', foreign!.orderId])
      expect(codeOf(await ask([one!.orderId, orderId]))).toEqual([404, 'order.not_found']);
    expect(codeOf(await ask([three!.orderId]))).toEqual([409, 'order.cancelled']);
    expect(codeOf(await ask([three!.orderId, 'ord_nowhere']))).toEqual([409, 'contract.application_refused']);
    await tell({ type: 'order.voided', data: { order: dead(one!, 'voided', 9), reason: 'refunded' } });
    await t.settled();
    expect(codeOf(await ask([one!.orderId]))).toEqual([409, 'order.voided']);

    const contractId = await apply(two!);
    const byStaff = { contractId, accountId: stranger.accountId };
    expect(codeOf(await submit('extra_terms', byStaff, staff))).toEqual([404, 'contract.not_found']);
    expect(codeOf(await submit('extra_terms', { contractId }, stranger.client))).toEqual([
      404,
      'contract.not_found',
    ]);
    await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' });
    expect(codeOf(await submit('extra_terms', { contractId }))).toEqual([409, 'contract.voided']);
    const refused = await apply(two!);
    await tell({
      type: 'order.reservation_refused',
      data: {
        holder: { kind: 'contract', id: refused },
        accountId,
        refusals: [{ orderId: two!.orderId, instanceId: null, code: 'order.instance_busy', holder: null }],
        orders: [two!],
      },
    });
    await t.settled();
    expect(codeOf(await submit('physical_seal', { contractId: refused }))).toEqual([
      409,
      'ticket.contract_ended',
    ]);
    expect(codeOf(await submit('offline_contract', { orderIds: [two!.orderId] }, staff))).toEqual([
      422,
      'request.account_required',
    ]);
  });

  test('CTR-24 one is open per contract, or order set, and kind, also when 50 requests race', async () => {
    const { placed, draft, submit, client } = await officeOf('baidu');
    const [one, two, three] = await placed(sampleOrder(), sampleOrder(), sampleOrder());
    const contractId = await draft(one!);
    const orderIds = [two!.orderId, three!.orderId];
    for (const [kind, subject] of [
      ['extra_terms', { contractId }],
      ['offline_contract', { orderIds }],
    ] as const) {
      const answers = await Promise.all(
        Array.from({ length: 25 }, (_, n) => {
          const named = 'orderIds' in subject && n % 2 === 0 ? { orderIds: orderIds.toReversed() } : subject;
          return submit(kind, named);
        }),
      );
      const won = answers.filter(({ status }) => status === 201);
      expect(won).toHaveLength(1);
      for (const lost of answers.filter((answer) => answer !== won[0]))
        expect(codeOf(lost)).toEqual([409, 'ticket.already_open']);
      const path = `/v1/tickets/${won[0]!.body.ticketId}/withdraw`;
      expect((await client.post(path, { text: 'Not now.' })).status).toBe(200);
      expect((await submit(kind, subject)).status).toBe(201);
    }
    // Of another kind, or over a part of the orders, it is another one.
    expect((await submit('physical_seal', { contractId })).status).toBe(201);
    expect((await submit('extra_terms', { orderIds })).status).toBe(201);
    expect((await submit('offline_contract', { orderIds: [two!.orderId] })).status).toBe(201);
  });

  test('CTR-24 a contract’s end withdraws its open tickets of every kind, and no other', async () => {
    const { placed, draft, submit, client } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await draft(order!);
    const open = await Promise.all(
      ['extra_terms', 'physical_seal'].map(
        async (kind) => (await submit(kind, { contractId })).body.ticketId,
      ),
    );
    const apart = (await submit('offline_contract', { orderIds: [order!.orderId] })).body.ticketId;
    await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' });
    const statusOf = async (ticketId: string) => (await client.get(`/v1/tickets/${ticketId}`)).body.status;
    expect(await Promise.all([...open, apart].map(statusOf))).toEqual([
      'withdrawn',
      'withdrawn',
      'submitted',
    ]);
  });

  test('CTR-24 four eyes: the applicant approves no ticket of any kind; approving voids nothing', async () => {
    const { t, placed, official, submit, staff, other, get, accountId } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await official(order!);
    const { body } = await submit('physical_seal', { contractId, accountId }, staff);
    const path = `/v1/tickets/${body.ticketId}`;
    expect(codeOf(await staff.post(`${path}/approve`))).toEqual([403, 'ticket.own_approval']);
    expect((await other.post(`${path}/approve`, undefined, { 'if-match': '"7"' })).status).toBe(412);
    expect((await other.post(`${path}/approve`)).body).toMatchObject({ status: 'approved', version: 2 });
    expect((await get(contractId)).status).toBe('official');
    expect(codeOf(await other.post(`${path}/reject`, { text: 'Late.' }))).toEqual([409, 'ticket.not_open']);
    await t.settled();
    expect(announcedOf(t, body.ticketId)).toEqual(['ticket.submitted', 'ticket.approved']);
  });

  test('CTR-24 API-7 operators have one inbox, by kind, status, age and overdue, page by page', async () => {
    const { t, placed, submit, staff, client } = await officeOf('alibaba');
    const orders = await placed(...Array.from({ length: 4 }, () => sampleOrder()));
    const began = new Date().toISOString();
    const tickets: { ticketId: string; kind: string }[] = [];
    for (const kind of papersKinds)
      for (const { orderId } of orders) tickets.push((await submit(kind, { orderIds: [orderId] })).body);
    const newest = tickets.toReversed().map(({ ticketId }) => ticketId);
    await staff.post(`/v1/tickets/${newest[0]!}/reject`, { text: 'No.' });
    const list = async (query: string, by: Client = staff): Promise<string[]> => {
      const found: string[] = [];
      let cursor = '';
      do {
        const { status, body } = await by.get(`/v1/tickets?limit=3&from=${began}&${query}${cursor}`);
        expect(status).toBe(200);
        found.push(...body.data.map(({ ticketId }: { ticketId: string }) => ticketId));
        cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : '';
      } while (cursor);
      return found;
    };
    const ofKind = (kind: string) =>
      newest.filter((id) => tickets.some((one) => one.ticketId === id && one.kind === kind));
    expect(await list('', client)).toEqual(newest);
    expect(await list('', staff)).toEqual(expect.arrayContaining(newest));
    for (const kind of papersKinds) expect(await list(`kind=${kind}`, client)).toEqual(ofKind(kind));
    expect(await list('status=rejected', client)).toEqual([newest[0]]);
    expect(await list('kind=marketplace&status=submitted', client)).toEqual(ofKind('marketplace').slice(1));
    expect(await list('overdue=true')).toEqual([]);
    t.clock.offsetMs += 30 * 86_400_000;
    try {
      expect(await list('overdue=true', client)).toEqual(newest.slice(1));
      expect(await list('overdue=true&kind=extra_terms', client)).toEqual(ofKind('extra_terms'));
      expect(await list('overdue=false', client)).toEqual([newest[0]]);
      expect(await list('overdue=true&status=rejected', client)).toEqual([]);
      expect((await client.get(`/v1/tickets/${newest[1]!}`)).body.overdue).toBe(true);
    } finally {
      t.clock.offsetMs -= 30 * 86_400_000;
    }
  });
});

describe('contracts signed outside', () => {
  test(
    'CTR-36 CTR-20 CTR-21 for an approved ticket one is recorded, has its orders by the saga, is downloaded as it ' +
      'came and known to everybody; void, it is not',
    async () => {
      const { t, client, staff, placed, approved, stored, recorded, get } = await officeOf('alibaba');
      const orders = await placed(sampleOrder(), unpaidOrder());
      const ticketId = await approved('offline_contract', ...orders);
      const file = samplePdf('signed outside');
      const [sha256, number] = [await stored(file), newNumber()];
      const verify = async () => (await t.anonymous().post('/v1/contracts/verify', { sha256 })).body;
      const unknown = { ours: false, number: null, status: null };
      expect(await verify()).toEqual(unknown);

      const sorted = orders.toSorted((a, b) => (a.orderId < b.orderId ? -1 : 1));
      const contractId = await recorded(sorted, { sha256, number, ticketId });
      const detail = await get(contractId);
      expect(detail).toMatchObject({
        status: 'official',
        kind: 'offline',
        version: 2,
        number,
        sha256,
        draftedAt: null,
        amount: { amount: '90.00', currency: 'CNY' },
        orderIds: sorted.map(({ orderId }) => orderId),
        offline: { number, signedOn: '2026-03-01', ticketId, reason: null },
      });
      expect(
        detail.history.map(({ event, status }: { event: string; status: string }) => [event, status]),
      ).toEqual([
        ['contract.requested', 'requested'],
        ['contract.finalized', 'official'],
      ]);
      const { data } = await t.event(
        'contract.finalized',
        ({ contract }) => contract.contractId === contractId,
      );
      expect(data).toMatchObject({
        sha256,
        payBy: null,
        signedOn: '2026-03-01',
        contract: { kind: 'offline', number },
      });
      const download = await client.get(`/v1/contracts/${contractId}/document`);
      expect([download.status, download.bytes.equals(file)]).toEqual([200, true]);
      expect(download.headers.get('content-disposition')).toContain(`${number}.pdf`);
      expect(await verify()).toEqual({ ours: true, number, status: 'official' });
      expect((await staff.get(`/v1/contracts?kind=offline&number=${number}`)).body.data).toHaveLength(1);
      expect(codeOf(await client.post('/v1/contracts', { orderIds: [orders[0]!.orderId] }))).toEqual([
        409,
        'contract.order_in_contract',
      ]);
      expect(codeOf(await client.post(`/v1/contracts/${contractId}/finalize`))).toEqual([
        409,
        'contract.not_a_draft',
      ]);

      expect((await client.post(`/v1/contracts/${contractId}/void`, { reason: 'replacing' })).status).toBe(
        200,
      );
      expect(await verify()).toEqual({ ours: true, number, status: 'voided' });
      expect(codeOf(await client.get(`/v1/contracts/${contractId}/document`))).toEqual([
        409,
        'contract.voided',
      ]);
      expect((await client.post('/v1/contracts', { orderIds: [orders[0]!.orderId] })).status).toBe(202);
      // Its file, and its number, stay its own.
      await expect(t.sql('delete from offline_files where sha256 = $1', [sha256])).rejects.toThrow(/CTR-36/);
      await expect(t.sql(`update offline_files set file = '' where sha256 = $1`, [sha256])).rejects.toThrow(
        /CTR-36/,
      );
    },
  );

  test('CTR-26 where official contracts are voided by ticket, one signed outside is, too', async () => {
    const { client, other, placed, recorded, withReason, get } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await recorded([order!], withReason(order!));
    expect(codeOf(await client.post(`/v1/contracts/${contractId}/void`, { reason: 'test' }))).toEqual([
      409,
      'contract.needs_ticket',
    ]);
    const ask = { kind: 'void_official', contractId, reason: 'replacing', text: 'Please.' };
    const { ticketId, offlineAddress } = (await client.post('/v1/tickets', ask)).body;
    expect(offlineAddress).toBeNull();
    await other.post(`/v1/tickets/${ticketId}/approve`);
    expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'replacing' });
  });

  test('CTR-38 RFD-3 without a ticket an operator gives a reason, which staff alone read', async () => {
    const { t, client, staff, placed, recorded, withReason } = await officeOf('baidu');
    const [order] = await placed(sampleOrder({ category: 'MKT' }));
    const contractId = await recorded([order!], withReason(order!));
    expect((await client.get(`/v1/contracts/${contractId}`)).body.offline.reason).toBeNull();
    expect((await staff.get(`/v1/contracts/${contractId}`)).body.offline.reason).toBe(
      'Placed for a sales contract',
    );
    // The view of the refund service is made of these two, for every kind of contract.
    const requested = await t.event(
      'contract.requested',
      ({ contract }) => contract.contractId === contractId,
    );
    const finalized = await t.event(
      'contract.finalized',
      ({ contract }) => contract.contractId === contractId,
    );
    for (const { data } of [requested, finalized]) expect(data.contract.orderIds).toEqual([order!.orderId]);
    expect([requested, finalized].map(({ data }) => data.contract.status)).toEqual(['requested', 'official']);
  });

  test('CTR-36 API-14 the call waits for the orders, and a recording of which one is taken fails whole', async () => {
    const { t, placed, record, withReason, reservedFact, get, accountId, stored } = await officeOf('baidu');
    const [one, two] = await placed(sampleOrder(), sampleOrder());
    const [number, sha256] = [newNumber(), await stored()];
    const again = { ...withReason(one!, two!), number, sha256 };
    const asked = record(again, waiting);
    const { data } = await t.event(
      'contract.requested',
      ({ contract }) => contract.orderIds[0] === one!.orderId,
    );
    const holder = { kind: 'contract' as const, id: 'ctr_another' };
    await t.publish({
      type: 'order.reservation_refused',
      data: {
        holder: { kind: 'contract', id: data.contract.contractId },
        accountId,
        refusals: [{ orderId: two!.orderId, instanceId: null, code: 'order.held_by_contract', holder }],
        orders: [one!, two!],
      },
    });
    const { status, body } = await asked;
    expect([status, body.status, body.refusals[0].code]).toEqual([
      200,
      'refused',
      'contract.order_in_contract',
    ]);
    expect(await get(body.contractId)).toMatchObject({ number: null, sha256: null, offline: { number } });
    expect((await t.anonymous().post('/v1/contracts/verify', { sha256 })).body.ours).toBe(false);

    // Number, file and orders are free again.
    const second = record(again, waiting);
    const next = await t.event(
      'contract.requested',
      ({ contract: { contractId, orderIds } }) =>
        orderIds[0] === one!.orderId && contractId !== body.contractId,
    );
    await t.publish(reservedFact(next.data.contract.contractId, [one!, two!]), { repeat: 2 });
    const done = await second;
    expect([done.status, done.body.status, done.body.number]).toEqual([201, 'official', number]);
  });

  test('CTR-4 an order that changed meanwhile refuses the recording', async () => {
    const { placed, record, reserve, withReason, get } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const { contractId } = (await record(withReason(order!))).body;
    await reserve(contractId, [{ ...order!, voucherPaid: { amount: '5.00', currency: 'CNY' } }]);
    expect(await get(contractId)).toMatchObject({
      status: 'refused',
      refusals: [{ orderId: order!.orderId, code: 'contract.order_changed' }],
    });
  });

  test('CTR-5 CTR-36 of recordings and applications racing for an order, or a number, one wins', async () => {
    const { client, placed, record, withReason, stored } = await officeOf('baidu');
    const sha256 = await stored();
    const orders = await placed(...Array.from({ length: 20 }, () => sampleOrder()));
    for (const [round, order] of orders.slice(0, 10).entries()) {
      const asks = [
        () => record({ ...withReason(order), sha256 }),
        () => client.post('/v1/contracts', { orderIds: [order.orderId] }),
      ];
      const answers = await Promise.all((round % 2 === 0 ? asks : asks.toReversed()).map((ask) => ask()));
      const [won, lost] = answers.toSorted((a, b) => a.status - b.status);
      expect([won!.status, ...codeOf(lost!)]).toEqual([202, 409, 'contract.order_in_contract']);
    }
    for (let i = 10; i < 20; i += 2) {
      const number = newNumber();
      const answers = await Promise.all(
        orders.slice(i, i + 2).map((order) => record({ ...withReason(order), sha256, number })),
      );
      const [won, lost] = answers.toSorted((a, b) => a.status - b.status);
      expect([won!.status, ...codeOf(lost!)]).toEqual([202, 409, 'contract.number_taken']);
    }
  });

  test('CTR-36 a ticket leads to one contract; one that is open, rejected, or voids, to none', async () => {
    const { client, staff, placed, submit, approved, official, record, recorded, other } =
      await officeOf('baidu');
    const [one, two, three] = await placed(sampleOrder(), sampleOrder(), sampleOrder());
    const ticketId = await approved('extra_terms', one!);
    await recorded([one!], { ticketId });
    expect(codeOf(await record({ ticketId }))).toEqual([409, 'contract.order_in_contract']);
    const open = (await submit('offline_contract', { orderIds: [two!.orderId] })).body.ticketId;
    expect(codeOf(await record({ ticketId: open }))).toEqual([409, 'ticket.not_approved']);
    await staff.post(`/v1/tickets/${open}/reject`, { text: 'No.' });
    expect(codeOf(await record({ ticketId: open }))).toEqual([409, 'ticket.not_approved']);
    expect(codeOf(await record({ ticketId: 'tkt_nowhere' }))).toEqual([404, 'ticket.not_found']);
    const contractId = await official(three!);
    const voiding = (await submit('void_official', { contractId })).body.ticketId;
    expect(codeOf(await record({ ticketId: voiding }))).toEqual([409, 'ticket.no_papers']);

    // Void, the contract keeps its ticket.
    const first = (await client.get(`/v1/contracts?orderId=${one!.orderId}`)).body.data[0].contractId;
    const end = (await submit('void_official', { contractId: first })).body.ticketId;
    await other.post(`/v1/tickets/${end}/approve`);
    expect(codeOf(await record({ ticketId }))).toEqual([409, 'ticket.already_recorded']);
  });

  test('CTR-36 CTR-38 each thing that is wrong with a recording has its own refusal', async () => {
    const { t, staff, client, placed, record, stored, withReason, tell, dead } = await officeOf('baidu');
    const [one, other, busy, refunded, gone, lost] = await placed(
      sampleOrder(),
      sampleOrder({ invoicingEntity: 'baidu_cloud' }),
      sampleOrder({
        fulfilment: 'creating',
        count: 2,
        instances: [{ instanceId: 'i-1', start: null, end: null, region: null, ipAddress: null }],
      }),
      sampleOrder({ hold: { kind: 'refund', id: 'rfd_1' } }),
      unpaidOrder(),
      sampleOrder(),
    );
    await tell({
      type: 'order.cancelled',
      data: { order: dead(gone!, 'cancelled', 5), reason: 'by_customer', text: null },
    });
    await tell({ type: 'order.voided', data: { order: dead(lost!, 'voided', 9), reason: 'refunded' } });
    await t.settled();
    const refusalOf = async (more: object) => codeOf(await record(more));
    const good = { ...withReason(one!), sha256: await stored() };
    for (const basis of [
      { ticketId: 'tkt_1', ...good },
      { ...good, reason: undefined },
      { sha256: good.sha256 },
    ])
      expect(await refusalOf(basis)).toEqual([422, 'contract.recording_basis']);
    expect(await refusalOf({ ...good, number: 'CT-2026-00000001' })).toEqual([
      422,
      'contract.number_reserved',
    ]);
    const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    expect(await refusalOf({ ...good, signedOn: tomorrow })).toEqual([422, 'contract.signed_in_future']);
    expect(await refusalOf({ ...good, sha256: '0'.repeat(64) })).toEqual([404, 'contract.file_not_found']);
    const elsewhere = await customerOf('baidu');
    expect(await refusalOf({ ...good, accountId: elsewhere.accountId })).toEqual([404, 'order.not_found']);
    const [foreign] = await elsewhere.placed(sampleOrder());
    const otherFile = { ...good, accountId: elsewhere.accountId, orderIds: [foreign!.orderId] };
    expect(await refusalOf(otherFile)).toEqual([404, 'contract.file_not_found']);
    for (const [orders, code] of [
      [
        [one!, other!],
        [422, 'contract.several_entities'],
      ],
      [[busy!], [409, 'order.instance_busy']],
      [[refunded!], [409, 'order.held_by_refund']],
      [[gone!], [409, 'order.cancelled']],
      [[lost!], [409, 'order.voided']],
      [
        [gone!, lost!],
        [409, 'contract.application_refused'],
      ],
    ] as const)
      expect(await refusalOf({ ...good, ...withReason(...orders) })).toEqual(code);
    expect(
      codeOf(await client.post('/v1/contracts/offline', { ...good, number: 'HT-1', signedOn: '2026-03-01' })),
    ).toEqual([403, 'auth.scope_missing']);
    expect(
      codeOf(await staff.post('/v1/contracts/offline', { ...good, number: 'HT-1', signedOn: 'soon' })),
    ).toEqual([400, 'request.invalid']);
  });

  test('CTR-9 an account that nothing certifies signs nothing', async () => {
    const { t, accountId, placed, record, withReason } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const ask = withReason(order!);
    await t.platform().put(`/v1/accounts/${accountId}`, {
      version: 9,
      certifiedName: null,
      certificate: null,
      invoiceTitle: null,
    });
    expect(codeOf(await record(ask))).toEqual([422, 'contract.not_certified']);
  });

  test('CTR-36 the file is a PDF of at most 20 MiB, told by what is in it, and kept once', async () => {
    const { t, client, staff, store, stored, accountId } = await officeOf('baidu');
    const mebibyte = 1_048_576;
    const large = samplePdf('large', 20 * mebibyte - 1_024);
    expect(await stored(large)).toBe(sha256Of(large));
    expect(codeOf(await store(samplePdf('larger', 20 * mebibyte)))).toEqual([413, 'request.too_large']);
    const file = samplePdf('once');
    const sha256 = await stored(file);
    expect(await stored(file)).toBe(sha256);
    const rows = 'select recorded from offline_files where account_id = $1 and sha256 = $2';
    expect(await t.sql(rows, [accountId, sha256])).toEqual([{ recorded: false }]);
    const form = new FormData();
    form.set('file', new Blob([samplePdf('form')], { type: 'application/pdf' }), 'signed.pdf');
    const filled = new Response(form);
    const wrapped = Buffer.from(await filled.arrayBuffer());
    expect((await store(wrapped, filled.headers.get('content-type')!)).body.sha256).toBe(
      sha256Of(samplePdf('form')),
    );

    const html = Buffer.from('<html><script>alert(1)</script></html>');
    expect(codeOf(await store(html))).toEqual([415, 'request.file_expected']);
    expect(codeOf(await store(Buffer.concat([Buffer.from('%PDF-1.7\n'), html])))).toEqual([
      422,
      'contract.file_not_pdf',
    ]);
    const locked = Buffer.from(file.toString('latin1').replace('/Root', '/Encrypt 9 0 R /Root'), 'latin1');
    expect(codeOf(await store(locked))).toEqual([422, 'contract.file_encrypted']);
    const path = '/v1/contracts/offline/files';
    const type = { 'content-type': 'application/pdf' };
    expect(codeOf(await staff.send('POST', `${path}?accountId=acc_nowhere`, file, type))).toEqual([
      404,
      'account.not_found',
    ]);
    expect(codeOf(await client.send('POST', `${path}?accountId=${accountId}`, file, type))).toEqual([
      403,
      'auth.scope_missing',
    ]);
  });

  test('CTR-36 a file that no contract was recorded with goes after 7 days, one of a contract stays', async () => {
    const { t, placed, stored, recorded, withReason, client } = await officeOf('baidu');
    const [kept, left] = [await stored(), await stored()];
    const [order] = await placed(sampleOrder());
    const contractId = await recorded([order!], { ...withReason(order!), sha256: kept });
    await t.sql(`update offline_files set stored_at = stored_at - interval '8 days' where sha256 = $1`, [
      left,
    ]);
    const { retention } = t.running.service;
    expect(retention).toEqual([
      { table: 'offline_files', since: 'stored_at', keptMs: 7 * 86_400_000, where: 'not recorded' },
    ]);
    await t.sql(`delete from offline_files where stored_at < now() - interval '7 days' and not recorded`);
    expect(await t.sql('select sha256 from offline_files where sha256 = any($1)', [[kept, left]])).toEqual([
      { sha256: kept },
    ]);
    expect((await client.get(`/v1/contracts/${contractId}/document`)).status).toBe(200);
  });

  test('CTR-36 CTR-28 a contract signed outside ends with one of its orders', async () => {
    const { t, placed, recorded, withReason, tell, dead, get } = await officeOf('baidu');
    const [order] = await placed(sampleOrder());
    const contractId = await recorded([order!], withReason(order!));
    await tell({ type: 'order.fulfilment_failed', data: { order: dead(order!, 'voided', 8), reason: null } });
    await t.settled();
    expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'order_voided' });
  });
});
