import { randomUUID } from 'node:crypto';
import { loadProfile } from '@accord/profile';
import { until } from '@accord/testing';
import { orderService } from '../src/service.ts';
import {
  aContract,
  announcedOf,
  answersTo,
  aPayment,
  apply,
  cny,
  contractSays,
  customer,
  day,
  key,
  openShop,
  pay,
  place,
  stored,
  tellAccount,
} from './fixtures.ts';

// ORD-21: transfers as the bank reports them, and the claims of customers, whichever comes first.

const t = await openShop((context) => orderService({ profile: loadProfile('baidu') }, context));
const name = '某某有限公司';

const aTransfer = (change: object = {}) => ({
  bankReference: `CMB-${randomUUID()}`,
  amount: cny('45.00'),
  payerName: name,
  receivedAt: '2026-01-10T03:00:00.000Z',
  ...change,
});
type Transfer = ReturnType<typeof aTransfer>;
const report = (transfer: Transfer) => t.platform().post('/v1/remittances', transfer, key());
const reported = async (change: object = {}) => {
  const transfer = aTransfer(change);
  expect((await report(transfer)).status).toBe(201);
  return transfer;
};

const claim = (accountId: string, { bankReference, amount }: Transfer, target: object) =>
  customer(t, accountId).post('/v1/remittance-claims', { bankReference, amount, ...target }, key());
const claimNow = async (accountId: string, claimId: string) =>
  (await customer(t, accountId).get(`/v1/remittance-claims/${claimId}`)).body;
const operators = async ({ bankReference }: Transfer) => {
  const { body } = await t.operator().get('/v1/remittances?limit=200');
  return body.data.find((one: Transfer) => one.bankReference === bankReference);
};
const failuresOf = (claimId: string) =>
  t.events.filter(({ type, subject }) => type === 'remittance.claim_failed' && subject.id === claimId);

/** A certified account of its own, so that claims that pay nothing count for it alone. */
const anAccount = async (certifiedName: string | null = name) => {
  const accountId = `acc_${randomUUID()}`;
  await tellAccount(t, accountId, { certifiedName });
  return accountId;
};

/** Unpaid orders that a contract holds. */
async function contracted(accountId: string, count: number) {
  const contractId = `ctr_${randomUUID()}`;
  const orders = [];
  for (let n = 0; n < count; n += 1) orders.push((await place(t, accountId)).orderId);
  await apply(t, contractId, orders, { accountId, kind: 'payment_request' });
  await answersTo(t, contractId);
  return { contractId, orders: orders.sort() };
}
const voidContract = async (accountId: string, contractId: string, orders: string[]) => {
  await contractSays(
    t,
    'contract.voided',
    aContract(contractId, orders, { accountId, status: 'voided', version: 2 }),
    { reason: 'other', text: null, orderId: null },
  );
  await t.settled();
};

describe('a transfer', () => {
  test('ORD-21 is reported once: the same again changes nothing, anything else is refused', async () => {
    const transfer = aTransfer();
    const first = await report(transfer);
    expect(first).toMatchObject({ status: 201, body: { ...transfer, status: 'unclaimed', claimId: null } });
    expect(await report(transfer)).toMatchObject({ status: 200, body: first.body });
    for (const change of [
      { amount: cny('45.01') },
      { payerName: '他人' },
      { receivedAt: '2026-01-10T03:00:01.000Z' },
    ])
      expect(await report({ ...transfer, ...change })).toMatchObject({
        status: 409,
        body: { code: 'remittance.reference_used' },
      });
    expect(
      await t.sql('select from remittances where bank_reference = $1', [transfer.bankReference]),
    ).toHaveLength(1);
  });

  test('ORD-21 is more than nothing, and has a payer and a time', async () => {
    for (const change of [
      { amount: cny('0.00') },
      { amount: cny('-45.00') },
      { amount: cny('45') },
      { payerName: '' },
      { receivedAt: '2026-01-10' },
      { bankReference: 'a b' },
    ])
      expect((await report(aTransfer(change))).status).toBe(400);
    for (const [amount, currency, pointer] of [
      ['0.001', 'CNY', '/amount/amount'],
      ['1.00', 'XXX', '/amount/currency'],
      ['1.5', 'JPY', '/amount/amount'],
    ])
      expect((await report(aTransfer({ amount: { amount, currency } }))).body.errors).toEqual([
        expect.objectContaining({ pointer }),
      ]);
  });

  test('ORD-21 API-5 no customer sees a transfer, over the routes or in the database', async () => {
    await reported();
    for (const path of ['/v1/remittances', '/v1/remittances/rem_1'])
      expect((await customer(t, 'acc_1').get(path)).status).toBe(403);
    expect((await customer(t, 'acc_1').post('/v1/remittances', aTransfer())).status).toBe(403);
    expect((await t.platform().post('/v1/remittance-claims', {}, key())).status).toBe(403);
    expect(await t.asRole('acc_1').sql('select from remittances')).toEqual([]);
    expect((await t.operator().get('/v1/remittances/rem_1')).body.code).toBe('remittance.not_found');
  });
});

describe('a claim', () => {
  test('ORD-21 ORD-5 that fits pays the order, once, as a payment does', async () => {
    const accountId = await anAccount();
    const { orderId } = await place(t, accountId);
    const transfer = await reported();

    const reply = await claim(accountId, transfer, { orderId });
    expect(reply).toMatchObject({
      status: 201,
      body: { status: 'paid', orderIds: [orderId], contractId: null, differs: null, failure: null },
    });
    const { remittanceId, claimId } = reply.body;
    expect(reply.headers.get('location')).toBe(`/v1/remittance-claims/${claimId}`);
    expect(await stored(t, orderId)).toMatchObject({
      status: 'paid',
      cash_paid: '45.00',
      voucher_paid: '0.00',
    });
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.paid@2']);
    const claimed = await t.event('remittance.claimed', (data) => data.remittanceId === remittanceId);
    expect(claimed.data).toEqual({
      remittanceId,
      version: 1,
      accountId,
      bankReference: transfer.bankReference,
      amount: cny('45.00'),
      orderIds: [orderId],
    });
    expect(await t.sql('select payment_reference from payments where order_id = $1', [orderId])).toEqual([
      { payment_reference: `${remittanceId}:${orderId}` },
    ]);
    expect(await operators(transfer)).toMatchObject({
      status: 'claimed',
      claimId,
      claims: [{ claimId, differs: [] }],
    });

    const again = await claim(accountId, transfer, { orderId });
    expect(again).toMatchObject({ status: 201, body: reply.body });
    const other = await place(t, accountId);
    expect(await claim(accountId, transfer, { orderId: other.orderId })).toMatchObject({
      status: 409,
      body: { code: 'remittance.claimed_before' },
    });
    expect((await report(transfer)).status).toBe(200);
    await t.settled();
    expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.paid@2']);
  });

  test('ORD-21 for a contract pays all its unpaid orders together, or none', async () => {
    const accountId = await anAccount();
    const { contractId, orders } = await contracted(accountId, 3);
    const part = await reported({ amount: cny('90.00') });
    expect(await claim(accountId, part, { contractId })).toMatchObject({
      status: 422,
      body: {
        code: 'order.payment_mismatch',
        facts: { payableAmount: cny('135.00') },
        detail: expect.stringMatching(/^Exactly 135\.00 CNY is payable: in one amount,/),
      },
    });
    const whole = await reported({ amount: cny('135.00') });
    expect(await claim(accountId, whole, { contractId })).toMatchObject({
      status: 201,
      body: { status: 'paid', contractId, orderIds: orders },
    });
    for (const orderId of orders)
      expect(await stored(t, orderId)).toMatchObject({
        status: 'paid',
        hold_id: contractId,
        cash_paid: '45.00',
      });
    expect(await claim(accountId, whole, { contractId })).toMatchObject({
      status: 201,
      body: { contractId },
    });
  });

  test('ORD-21 that does not fit answers alike, whatever differs; operators see what does', async () => {
    const [accountId, otherId] = [await anAccount(), await anAccount()];
    const theirs = await place(t, otherId);
    const taken = await reported();
    expect((await claim(otherId, taken, { orderId: theirs.orderId })).status).toBe(201);
    const cases: [Transfer, string[]][] = [
      [aTransfer(), ['reference']],
      [{ ...(await reported({ amount: cny('46.00') })), amount: cny('45.00') }, ['amount']],
      [
        { ...(await reported({ amount: { amount: '45.00', currency: 'USD' } })), amount: cny('45.00') },
        ['amount'],
      ],
      [await reported({ payerName: '他人有限公司' }), ['payer']],
      [taken, ['claimed']],
      [
        { ...(await reported({ amount: cny('1.00'), payerName: '他人' })), amount: cny('45.00') },
        ['amount', 'payer'],
      ],
    ];
    const { orderId } = await place(t, accountId);
    const seen = [];
    for (const [transfer, differs] of cases) {
      const { status, body } = await claim(accountId, transfer, { orderId });
      const { claimId, bankReference: _reference, createdAt: _at, expiresAt: _until, ...answer } = body;
      seen.push({ status, answer });
      const { claims } = (await operators(transfer)) ?? {
        claims: [(await t.operator().get(`/v1/remittance-claims/${claimId}`)).body],
      };
      expect(claims).toContainEqual(expect.objectContaining({ claimId, accountId, differs }));
    }
    for (const one of seen) expect(one).toEqual(seen[0]);
    expect(seen[0]).toMatchObject({
      status: 202,
      answer: { status: 'waiting', differs: null, remittanceId: null },
    });
    expect(await stored(t, orderId)).toMatchObject({ status: 'unpaid', version: 1 });

    const listed = await customer(t, accountId).get('/v1/remittance-claims');
    expect(listed.body.data).toHaveLength(cases.length);
    expect(listed.body.data.every(({ differs }: { differs: unknown }) => differs === null)).toBe(true);
    const [{ claimId }] = listed.body.data;
    expect((await customer(t, otherId).get(`/v1/remittance-claims/${claimId}`)).body.code).toBe(
      'remittance.claim_not_found',
    );
  });

  test('ORD-21 is refused for reasons of its own orders before any transfer is looked at', async () => {
    const [accountId, otherId] = [await anAccount(), await anAccount()];
    const transfer = await reported();
    const { orderId } = await place(t, accountId);
    const theirs = await place(t, otherId);
    const held = await contracted(otherId, 1);
    const refused = async (target: object, status: number, code: string, change: object = {}) =>
      expect(await claim(accountId, { ...transfer, ...change }, target)).toMatchObject({
        status,
        body: { code },
      });
    await refused({ orderId: theirs.orderId }, 404, 'order.not_found');
    await refused({ contractId: held.contractId }, 404, 'remittance.contract_not_held');
    await refused({ contractId: 'ctr_none' }, 404, 'remittance.contract_not_held');
    await refused({ orderId }, 422, 'order.payment_mismatch', { amount: cny('44.00') });
    await refused({ orderId }, 422, 'order.payment_mismatch', {
      amount: { amount: '45.00', currency: 'USD' },
    });
    await refused({}, 400, 'request.invalid');
    await refused({ orderId, contractId: held.contractId }, 400, 'request.invalid');
    await pay(t, orderId);
    await refused({ orderId }, 409, 'order.not_payable');
    const nameless = await anAccount(null);
    const its = await place(t, nameless);
    expect((await claim(nameless, transfer, { orderId: its.orderId })).body.code).toBe(
      'remittance.name_not_certified',
    );
    expect(await operators(transfer)).toMatchObject({ status: 'unclaimed', claims: [] });
  });

  test('ORD-21 that pays nothing is an attempt, and attempts are limited, also when they race', async () => {
    const accountId = await anAccount();
    const { orderId } = await place(t, accountId);
    const replies = await Promise.all(
      Array.from({ length: 14 }, () => claim(accountId, aTransfer(), { orderId })),
    );
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(10);
    expect(replies.filter(({ body }) => body.code === 'remittance.too_many_attempts')).toHaveLength(4);
    const fits = await reported();
    expect((await claim(accountId, fits, { orderId })).body.code).toBe('remittance.too_many_attempts');
    t.clock.offsetMs = day + 60_000;
    expect(await claim(accountId, fits, { orderId })).toMatchObject({
      status: 201,
      body: { status: 'paid' },
    });
  });
});

describe('a claim before the bank reports', () => {
  test('ORD-21 waits, and pays as the transfer comes, once, also where the bank reports twice', async () => {
    const accountId = await anAccount();
    const { contractId, orders } = await contracted(accountId, 2);
    const transfer = aTransfer({ amount: cny('90.00') });
    const waiting = await claim(accountId, transfer, { contractId });
    expect(waiting).toMatchObject({ status: 202, body: { status: 'waiting' } });
    expect(await claim(accountId, transfer, { contractId })).toMatchObject({
      status: 202,
      body: waiting.body,
    });
    t.clock.offsetMs = 5 * day;
    await Promise.all([report(transfer), report(transfer)]);
    await t.settled();
    expect(await claimNow(accountId, waiting.body.claimId)).toMatchObject({
      status: 'paid',
      orderIds: orders,
    });
    for (const orderId of orders) expect(announcedOf(t, orderId)).toEqual(['order.placed@1', 'order.paid@3']);
    const told = t.events.filter(
      ({ type, data }) =>
        type === 'remittance.claimed' &&
        (data as { bankReference: string }).bankReference === transfer.bankReference,
    );
    expect(told).toHaveLength(1);
  });

  test('ORD-21 of two waiting claims that fit one transfer the first has it, the other waits on', async () => {
    const [first, second] = [await anAccount(), await anAccount()];
    const transfer = aTransfer();
    const ids = [];
    for (const accountId of [first, second]) {
      const { orderId } = await place(t, accountId);
      ids.push((await claim(accountId, transfer, { orderId })).body.claimId);
    }
    await report(transfer);
    await t.settled();
    const states = [await claimNow(first, ids[0]!), await claimNow(second, ids[1]!)];
    expect(states.map(({ status }) => status).sort()).toEqual(['paid', 'waiting']);
  });

  test('ORD-21 one whose amount, payer or currency differs waits on, and ends after 7 days: it is told', async () => {
    const accountId = await anAccount();
    const { orderId } = await place(t, accountId);
    const differing = aTransfer({ payerName: '他人' });
    const missing = aTransfer();
    const ids: string[] = [];
    for (const transfer of [differing, missing])
      ids.push((await claim(accountId, transfer, { orderId })).body.claimId);
    await report(differing);
    await t.settled();
    for (const claimId of ids) expect((await claimNow(accountId, claimId)).status).toBe('waiting');
    t.clock.offsetMs = 7 * day + 1_000;
    await t.settled();
    for (const claimId of ids) {
      expect(await claimNow(accountId, claimId)).toMatchObject({ status: 'expired', failure: null });
      expect(failuresOf(claimId).map(({ data }) => data)).toMatchObject([
        { reason: 'expired', orderIds: [orderId] },
      ]);
    }
    expect(await operators(differing)).toMatchObject({
      status: 'unclaimed',
      claims: [{ differs: ['payer'] }],
    });
    await report(missing);
    await t.settled();
    expect(await operators(missing)).toMatchObject({ status: 'unclaimed' });
  });

  test.each([
    [
      'its order was cancelled',
      'order_not_payable',
      async (accountId: string, _contractId: string, orders: string[]) => {
        const { status } = await customer(t, accountId).post(`/v1/orders/${orders[0]}/cancel`, {
          reason: 'no',
        });
        expect(status).toBe(200);
      },
    ],
    [
      'one of its orders was paid otherwise',
      'order_not_payable',
      async (_accountId: string, _contractId: string, orders: string[]) => {
        expect((await pay(t, orders[1]!, aPayment())).status).toBe(201);
      },
    ],
    ['its contract was voided', 'contract_ended', voidContract],
    [
      'its orders expired',
      'order_not_payable',
      async (_accountId: string, _contractId: string, orders: string[]) => {
        await t.sql(`update orders set pay_by = now() - interval '1 hour' where order_id = any ($1)`, [
          orders,
        ]);
        await t.settled();
      },
    ],
  ])(
    'ORD-21 the transfer that comes once %s stays unclaimed, and the customer is told',
    async (_, reason, meanwhile) => {
      const accountId = await anAccount();
      const { contractId, orders } = await contracted(accountId, 2);
      const transfer = aTransfer({ amount: cny('90.00') });
      const { claimId } = (await claim(accountId, transfer, { contractId })).body;
      await meanwhile(accountId, contractId, orders);
      await report(transfer);
      await t.settled();
      expect(await claimNow(accountId, claimId)).toMatchObject({
        status: 'failed',
        failure: reason,
        remittanceId: null,
      });
      expect(failuresOf(claimId).map(({ data }) => data)).toEqual([
        {
          claimId,
          version: 1,
          accountId,
          bankReference: transfer.bankReference,
          amount: cny('90.00'),
          orderIds: orders,
          reason,
        },
      ]);
      expect(await operators(transfer)).toMatchObject({ status: 'unclaimed', claimId: null });
      const statuses = await t.sql<{ status: string }>(
        'select status from orders where order_id = any ($1)',
        [orders],
      );
      expect(statuses.filter(({ status }) => status === 'paid').length).toBeLessThan(2);

      const other = await contracted(accountId, 2);
      expect(await claim(accountId, transfer, { contractId: other.contractId })).toMatchObject({
        status: 201,
      });
    },
  );
});

describe('races', () => {
  /** As a client does that is told to come again: so many at once wait long for locks on a busy machine. */
  const untilAnswered = async (ask: () => ReturnType<typeof report>): ReturnType<typeof report> => {
    let reply = await ask();
    await until('it is no longer told to come again', async () => {
      if (reply.status === 503) reply = await ask();
      return reply.status !== 503;
    });
    return reply;
  };

  test('ORD-21 a transfer is claimed at most once, by claims and reports that race, 50 rounds', async () => {
    const accounts = await Promise.all([anAccount(), anAccount()]);
    const race = async (round: number) => {
      const transfer = aTransfer({ bankReference: `race-${round}-${randomUUID()}` });
      const placed = await Promise.all(accounts.map((accountId) => place(t, accountId)));
      const replies = await Promise.all([
        untilAnswered(() => report(transfer)),
        ...accounts.map((accountId, n) =>
          untilAnswered(() => claim(accountId, transfer, { orderId: placed[n]!.orderId })),
        ),
        untilAnswered(() => report(transfer)),
      ]);
      expect(replies.map(({ status }) => status).filter((status) => status >= 300)).toEqual([]);
      await t.settled();
      const paid = await t.sql<{ order_id: string }>(
        `select order_id from orders where order_id = any ($1) and status = 'paid'`,
        [placed.map(({ orderId }) => orderId)],
      );
      const claims = await t.sql<{ status: string }>(
        'select status from remittance_claims where bank_reference = $1 order by 1',
        [transfer.bankReference],
      );
      expect(paid).toHaveLength(1);
      expect(claims.map(({ status }) => status)).toEqual(['paid', 'waiting']);
      // A claim that waits would be an attempt in the rounds to come.
      await t.sql('delete from remittance_claims where bank_reference = $1 and status = $2', [
        transfer.bankReference,
        'waiting',
      ]);
    };
    for (let round = 0; round < 50; round += 5)
      await Promise.all([0, 1, 2, 3, 4].map((n) => race(round + n)));
  });

  test('ORD-21 ORD-5 ORD-6 of a claim, a payment and a cancel that race one wins, 50 rounds', async () => {
    const accountId = await anAccount();
    const ends: Record<string, number> = {};
    const race = async () => {
      const transfer = await reported();
      const { orderId } = await place(t, accountId);
      const [claimed, payment, cancelled] = await Promise.all([
        claim(accountId, transfer, { orderId }),
        pay(t, orderId),
        customer(t, accountId).post(`/v1/orders/${orderId}/cancel`, { reason: 'race' }),
      ]);
      const won = [
        claimed.status === 201 && 'claim',
        payment.status === 201 && 'pay',
        cancelled.status === 200 && 'cancel',
      ];
      expect(won.filter(Boolean)).toHaveLength(1);
      const [winner] = won.filter((one) => one !== false);
      ends[winner!] = (ends[winner!] ?? 0) + 1;
      expect(await t.sql('select from payments where order_id = $1', [orderId])).toHaveLength(
        winner === 'cancel' ? 0 : 1,
      );
      expect((await operators(transfer)) ?? { status: 'claimed' }).toMatchObject({
        status: winner === 'claim' ? 'claimed' : 'unclaimed',
      });
    };
    for (let round = 0; round < 50; round += 5) await Promise.all([1, 2, 3, 4, 5].map(race));
    expect(Object.values(ends).reduce((a, b) => a + b)).toBe(50);
  });
});

test('ORD-21 operators list unclaimed transfers by keyset, stable while more come', async () => {
  const mine: string[] = [];
  for (let n = 0; n < 5; n += 1) mine.push((await reported()).bankReference);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const { status, body } = await t
      .operator()
      .get(`/v1/remittances?status=unclaimed&limit=2${cursor ? `&cursor=${cursor}` : ''}`);
    expect(status).toBe(200);
    for (const one of body.data) {
      expect(one.status).toBe('unclaimed');
      seen.push(one.bankReference);
    }
    if (seen.length === 2) expect(mine).not.toContain((await reported()).bankReference);
    cursor = body.nextCursor;
  } while (cursor && seen.length < 500);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.filter((reference) => mine.includes(reference))).toEqual(mine.toReversed());
});
