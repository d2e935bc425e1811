import pg from 'pg';
import type { Fact } from '@accord/events';
import type { Holder } from '@accord/events/fields';
import { ReservationRefusalCode } from '@accord/events/reservation';
import { loadProfile, type Profile } from '@accord/profile';
import { productSnapshot, testService, until, type TestService } from '@accord/testing';
import {
  flawsOfExamples,
  flawsUnderBadInput,
  flawsUnderRepeats,
  reads,
  unreadableTexts,
} from '@accord/testing/edges';
import { giveUp, parkedEvent } from '@accord/testing/outsider';
import type { Order, Resource } from '../src/refund/candidate.ts';
import { refundService } from '../src/service.ts';
import {
  bought as begins,
  cny,
  dayMs,
  ends,
  exampleOrder,
  exampleResource,
  parts,
  refundedAt,
} from './fixtures.ts';

type Change = Parameters<typeof exampleOrder>[0];
interface Bought {
  readonly accountId: string;
  readonly order: Order;
  readonly resource: Resource;
  readonly instanceId: string;
}

let t: TestService;
let made = 0;

async function start(profile: Profile): Promise<TestService> {
  const started = await testService({ service: (context) => refundService({ profile }, context) });
  started.clock.offsetMs = refundedAt.getTime() - Date.now();
  return started;
}

/** An account of its own with RFD-7's instance: ordered, paid, running. */
async function buy({
  order: change = {},
  resource = {},
  accountId,
}: { order?: Change; resource?: Partial<Resource>; accountId?: string } = {}): Promise<Bought> {
  const bought = await buyUnsettled(accountId, { change, resource });
  await t.settled();
  return bought;
}

async function buyUnsettled(
  accountId: string | undefined,
  { change = {}, resource = {} }: { change?: Change; resource?: Partial<Resource> } = {},
): Promise<Bought> {
  made += 1;
  const [own, orderId, instanceId] = [accountId ?? `acc_${made}`, `ord_${made}`, `i-${made}`];
  const order = exampleOrder({ orderId, accountId: own, instanceIds: [instanceId], ...change });
  const running = exampleResource({ instanceId, accountId: own, orderIds: [orderId], ...resource });
  await t.publish({ type: 'order.fulfilled', data: { order } });
  await t.publish({ type: 'resource.changed', data: { resource: running } });
  return { accountId: own, order, resource: running, instanceId };
}

const quoteOf = async ({ accountId, instanceId }: Bought, headers = {}) =>
  (await t.customer(accountId).post('/v1/refund-quotes', { instanceIds: [instanceId] }, headers)).body;
const key = () => ({ 'idempotency-key': `key-${Math.random()}` });
const requestBy = (accountId: string, quoteId: string, more: object = {}, headers = {}) =>
  t
    .customer(accountId)
    .post('/v1/refunds', { quoteId, reason: 'not_usable', ...more }, { ...key(), ...headers });

/** The order service's answer where contract `ctr_first` holds the order. */
function refusedForContract({ accountId, order: bought, instanceId }: Bought, refundId: string): Fact {
  const holder = { kind: 'contract', id: 'ctr_first' } as const;
  const order = { ...bought, version: 9, hold: holder };
  const refusals = [{ orderId: order.orderId, instanceId, code: 'order.held_by_contract' as const, holder }];
  return {
    type: 'order.reservation_refused',
    data: { holder: { kind: 'refund', id: refundId }, accountId, refusals, orders: [order] },
  };
}

async function requested(bought: Bought) {
  const { quoteId } = await quoteOf(bought);
  const { status, body } = await requestBy(bought.accountId, quoteId);
  expect(status).toBe(202);
  return body as { refundId: string; quoteId: string };
}

const contractOf = (contractId: string, accountId: string, status: 'draft' | 'official') => ({
  contractId,
  version: 3,
  accountId,
  number: 'CT-2026-00000007',
  kind: 'order' as const,
  status,
  language: 'zh-CN' as const,
  invoicingEntity: 'baidu_netcom',
  partyA: '张三',
  orderIds: [],
  amount: null,
  createdAt: '2026-01-10T12:00:00.000Z',
  draftedAt: null,
  finalizedAt: null,
  voidedAt: null,
});

const productFacts = productSnapshot({ chargeTypes: [] });

/** As the order service would answer. */
const reserved = (
  { accountId, order, resource }: Bought,
  refundId: string,
  change: Partial<Order> = {},
): Fact => ({
  type: 'order.reserved',
  data: {
    holder: { kind: 'refund', id: refundId },
    accountId,
    orders: [
      {
        ...order,
        version: order.version + 1,
        hold: { kind: 'refund', id: refundId },
        refundState: 'in_progress',
        ...change,
      },
    ],
    resources: [resource],
  },
});

const refundOf = async (accountId: string, refundId: string) =>
  (await t.customer(accountId).get(`/v1/refunds/${refundId}`)).body;
const typesOf = (refundId: string) =>
  t.events
    .filter(({ subject }) => subject.id === refundId)
    .map(({ type, subject }) => `${subject.version} ${type}`)
    .sort();
const balanceOf = async (accountId: string) =>
  (await t.customer(accountId).get(`/v1/balances/${accountId}`)).body.balances;
/** The order remembers that only 20.00 were paid for it, so that no payout of 34.84 can be right. */
const payLess = ({ order, accountId }: Bought) =>
  t.sql(
    `insert into refunded_orders (order_id, account_id, currency, instances, consumed, fee, exact, paid_cash,
       paid_gift_credit, paid_stored_card, paid_voucher, refunded_cash, refunded_gift_credit,
       refunded_stored_card, refunded_voucher)
     values ($1, $2, 'CNY', 1, 0, 0, '{"paid": "0", "refund": "0", "fee": "0", "voucher": "0"}', 20, 0, 0, 0,
       0, 0, 0, 0)`,
    [order.orderId, accountId],
  );
/** An instance of a plan at 138.00 a month, with its period as the order service tells it. */
const onLargePlan = {
  order: { paid: parts({ cash: '138.00' }), createdAt: begins, servicePeriod: { start: begins, end: ends } },
};

/** To a plan at 45.00, 3 of the 31 days used. */
function downgradeOf(
  { orderId, accountId, instanceIds }: Order,
  { returns = 'difference' as 'difference' | 'none' } = {},
): Order {
  const at = '2026-01-12T15:00:00.000Z';
  const start = '2026-01-13T11:00:00.000Z';
  const instanceId = instanceIds[0]!;
  const rest = { instanceId, orderId, start, end: ends, unit: 'day' as const, remaining: 28, total: 31 };
  return exampleOrder({
    orderId: `${orderId}d`,
    accountId,
    instanceIds,
    orderType: 'downgrade',
    duration: null,
    paid: parts({}),
    createdAt: at,
    paidAt: at,
    servicePeriod: { start, end: ends },
    planChange: { from: 'large', returns, rest: [{ ...rest, priceBefore: '138', priceAfter: '45' }] },
  });
}

const unbalanced = () =>
  t.sql(
    `select transaction_id from ledger_postings group by transaction_id, currency having sum(amount) <> 0`,
  );

describe('with the rules of baidu', () => {
  beforeAll(async () => {
    t = await start(loadProfile('baidu'));
  });
  afterAll(() => t?.stop());

  test('RFD-1 RFD-7 EVT-23 quoted, requested, reserved, approved, paid to the balance: 34.84', async () => {
    const bought = await buy();
    const quote = await quoteOf(bought);
    expect(quote).toMatchObject({
      refundable: true,
      amounts: { paid: cny('45.00'), consumed: cny('10.16'), refund: cny('34.84') },
      refundId: null,
    });
    expect(quote.instances[0].lines[0].calculation.at(-2)).toMatchObject({
      step: 'refund',
      formula: '45.00 × (31 − 7) ÷ 31',
      result: '34.84 CNY',
    });
    expect(new Date(quote.expiresAt).getTime() - new Date(quote.createdAt).getTime()).toBe(15 * 60_000);

    const { refundId } = await requested(bought);
    await t.publish(reserved(bought, refundId), { repeat: 2 });
    const { data } = await t.event('refund.succeeded', ({ refund }) => refund.refundId === refundId);
    expect(data.refund).toMatchObject({
      amount: cny('34.84'),
      split: parts({ cash: '34.84' }),
      instanceIds: [bought.instanceId],
      version: 3,
    });
    await t.settled();
    expect(typesOf(refundId)).toEqual(['1 refund.requested', '2 refund.approved', '3 refund.succeeded']);
    expect(await refundOf(bought.accountId, refundId)).toMatchObject({
      status: 'succeeded',
      amount: cny('34.84'),
    });
    expect(await balanceOf(bought.accountId)).toEqual([
      { currency: 'CNY', balance: cny('34.84'), funds: parts({ cash: '34.84' }) },
    ]);
    expect(await unbalanced()).toEqual([]);
  });

  test('RFD-12 RFD-18 a quote is used once, in time, with a reason and a key', async () => {
    const bought = await buy();
    const { quoteId } = await quoteOf(bought);
    const first = await requestBy(bought.accountId, quoteId, { reason: 'other', text: 'no longer needed' });
    expect(first).toMatchObject({
      status: 202,
      body: {
        status: 'requested',
        text: 'no longer needed',
        requestedBy: { kind: 'customer', id: `usr_${bought.accountId}` },
      },
    });
    expect(first.headers.get('location')).toBe(`/v1/refunds/${first.body.refundId}`);
    expect((await requestBy(bought.accountId, quoteId)).body).toMatchObject({
      code: 'refund.quote_used',
      facts: { refundId: first.body.refundId },
    });

    const other = await buy();
    const late = await quoteOf(other);
    expect((await requestBy(other.accountId, late.quoteId, { reason: 'other' })).body.code).toBe(
      'refund.text_required',
    );
    expect(
      (await t.customer(other.accountId).post('/v1/refunds', { quoteId: late.quoteId, reason: 'not_usable' }))
        .body.code,
    ).toBe('idempotency.key_required');
    t.clock.offsetMs += 15 * 60_000;
    expect((await requestBy(other.accountId, late.quoteId)).body.code).toBe('refund.quote_expired');
    t.clock.offsetMs -= 15 * 60_000;
  });

  test('RFD-1 a quote that nobody used is forgotten a day after it expired; one that a refund used stays', async () => {
    const [idle, used] = [await buy(), await buy()];
    const { quoteId } = await quoteOf(idle);
    const refund = await requested(used);
    const read = async ({ accountId }: Bought, id: string) =>
      (await t.customer(accountId).get(`/v1/refund-quotes/${id}`)).status;
    const after = async (ms: number) => {
      t.clock.offsetMs += ms;
      await t.settled();
      const found = [await read(idle, quoteId), await read(used, refund.quoteId)];
      t.clock.offsetMs -= ms;
      return found;
    };
    expect(await after(24 * 3_600_000)).toEqual([200, 200]);
    expect(await after(24 * 3_600_000 + 16 * 60_000)).toEqual([404, 200]);
  });

  test('API-6 a repeat with the same key asks once', async () => {
    const bought = await buy();
    const { quoteId } = await quoteOf(bought);
    const same = key();
    const answers = [
      await requestBy(bought.accountId, quoteId, {}, same),
      await requestBy(bought.accountId, quoteId, {}, same),
    ];
    expect(answers.map(({ status, body }) => [status, body.refundId])).toEqual([
      [202, answers[0]!.body.refundId],
      [202, answers[0]!.body.refundId],
    ]);
    expect(answers[1]!.headers.get('idempotency-replayed')).toBe('true');
  });

  test('API-14 Prefer: wait answers with the outcome', async () => {
    const bought = await buy();
    const { quoteId } = await quoteOf(bought);
    const waiting = requestBy(bought.accountId, quoteId, {}, { prefer: 'wait=10' });
    const { data } = await t.event('refund.requested', ({ refund }) => refund.accountId === bought.accountId);
    await t.publish(reserved(bought, data.refund.refundId));
    expect(await waiting).toMatchObject({ status: 200, body: { status: 'succeeded', amount: cny('34.84') } });

    const other = await buy();
    const refused = requestBy(
      other.accountId,
      (await quoteOf(other)).quoteId,
      {},
      { prefer: 'wait=10', 'accept-language': 'zh-CN' },
    );
    const { refund } = (
      await t.event('refund.requested', ({ refund: { accountId } }) => accountId === other.accountId)
    ).data;
    await t.publish(refusedForContract(other, refund.refundId));
    expect((await refused).body.refusals[0].text).toMatch(/合同/);
  });

  test(
    'RFD-3 CONTRACT_LINKED names the contract and how to void it, ' +
      'by ticket here; the refund is not even asked for',
    async () => {
      const contractId = `ctr_${made}`;
      await t.publish({
        type: 'contract.finalized',
        data: { contract: contractOf(contractId, `acc_${made + 1}`, 'official'), sha256: 'a'.repeat(64) },
      });
      const bought = await buy({ order: { hold: { kind: 'contract', id: contractId } } });
      const quote = await quoteOf(bought, { 'accept-language': 'en' });
      expect(quote.instances[0]).toMatchObject({ refundable: false, amounts: { refund: cny('34.84') } });
      expect(quote.instances[0].reasons).toEqual([
        {
          code: 'CONTRACT_LINKED',
          remedy: 'void_contract_by_ticket',
          instanceId: bought.instanceId,
          orderId: null,
          facts: { contractId, number: 'CT-2026-00000007' },
          text:
            'Contract CT-2026-00000007 holds the order. ' +
            'Ask for the contract to be voided by a ticket, then ask again.',
        },
      ]);
      const { status, body } = await requestBy(bought.accountId, quote.quoteId);
      expect([status, body.code, body.facts.codes]).toEqual([
        409,
        'refund.not_refundable',
        'CONTRACT_LINKED',
      ]);

      await t.publish({
        type: 'order.released',
        data: {
          order: { ...bought.order, version: 9, hold: null },
          holder: { kind: 'contract', id: contractId },
        },
      });
      await t.settled();
      expect((await quoteOf(bought)).refundable).toBe(true);
    },
  );

  test('EVT-20 RFD-3 a contract that took the order first refuses the refund, and is named', async () => {
    const bought = await buy();
    const { refundId } = await requested(bought);
    const refused = refusedForContract(bought, refundId);
    await t.publish(refused, { repeat: 2 });
    const { data } = await t.event('refund.refused', ({ refund }) => refund.refundId === refundId);
    expect(data.refusals).toEqual([
      {
        instanceId: bought.instanceId,
        orderId: bought.order.orderId,
        code: 'CONTRACT_LINKED',
        facts: { contractId: 'ctr_first' },
      },
    ]);
    expect(await refundOf(bought.accountId, refundId)).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'CONTRACT_LINKED', facts: { contractId: 'ctr_first' } }],
    });
    expect(await balanceOf(bought.accountId)).toEqual([]);
    expect((await quoteOf(bought)).instances[0].reasons).toMatchObject([{ code: 'CONTRACT_LINKED' }]);
  });

  /** Each answer of the order service with the code of RFD-3 that it is, and a word of each text. */
  const saidAs = {
    'order.held_by_contract': ['CONTRACT_LINKED', 'in a contract', '有效合同'],
    'order.held_by_refund': ['TRADE_IN_PROGRESS', 'refund rfd_other has ended', '退款 rfd_other'],
    'order.cancelled': ['UNPAID', 'not paid', '未支付'],
    'order.voided': ['INSTANCE_NOT_FOUND', 'has ended', '已终止'],
    'order.instance_busy': ['TRADE_IN_PROGRESS', 'not fulfilled yet', '尚未开通'],
    'order.not_found': ['INSTANCE_NOT_FOUND', 'no such instance', '资源不存在'],
    'holder.ended': ['TRADE_IN_PROGRESS', 'transaction is open', '正在进行的交易'],
    'holder.too_large': ['PRODUCT_NOT_SUPPORTED', 'too many orders', '订单过多'],
  } as const satisfies Readonly<Record<ReservationRefusalCode, readonly [string, string, string]>>;

  test.each(ReservationRefusalCode.options)(
    'API-16 ORD-12 RFD-3 %s of a reservation is told to its customer, who waits or reads later, in his language',
    async (told) => {
      const [code, ...words] = saidAs[told];
      for (const [at, language] of (['en', 'zh-CN'] as const).entries()) {
        const bought = await buy();
        const { accountId, instanceId, order } = bought;
        const { quoteId } = await quoteOf(bought);
        const headers = { 'accept-language': language };
        const answer = requestBy(accountId, quoteId, {}, { ...headers, prefer: 'wait=10' });
        const { data } = await t.event('refund.requested', ({ refund }) => refund.accountId === accountId);
        const { refundId } = data.refund;
        const holders = {
          'order.held_by_contract': { kind: 'contract', id: 'ctr_other' },
          'order.held_by_refund': { kind: 'refund', id: 'rfd_other' },
        } as const;
        const isAboutOrder = told.startsWith('order.') && told !== 'order.not_found';
        const refusal = {
          orderId: isAboutOrder ? order.orderId : null,
          instanceId: told === 'holder.too_large' || told === 'holder.ended' ? null : instanceId,
          code: told,
          holder: (holders as Partial<Record<string, Holder>>)[told] ?? null,
        };
        await t.publish({
          type: 'order.reservation_refused',
          data: { holder: { kind: 'refund', id: refundId }, accountId, refusals: [refusal], orders: [order] },
        });
        const { status, body } = await answer;
        expect([status, body.status]).toEqual([200, 'refused']);
        expect(body.refusals).toMatchObject([{ code, instanceId: refusal.instanceId }]);
        const { text } = body.refusals[0];
        expect(text).toContain(words[at]);
        expect([text, reads(language, text)]).toEqual([text, true]);
        const later = await t.customer(accountId).get(`/v1/refunds/${refundId}`, headers);
        expect(later.body.refusals).toEqual(body.refusals);
        expect(await balanceOf(accountId)).toEqual([]);
      }
    },
  );

  test('RFD-12 facts that changed end in QUOTE_STALE with the new quote; time that passed does not', async () => {
    const bought = await buy();
    const renewed = await requested(bought);
    await t.publish(
      reserved(bought, renewed.refundId, {
        ...parts({}),
        cashPaid: cny('44.00'),
        paidParts: parts({ cash: '44.00' }),
      }),
    );
    await t.settled();
    const refused = await refundOf(bought.accountId, renewed.refundId);
    expect(refused).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'QUOTE_STALE', remedy: 'accept_new_quote' }],
    });
    const fresh = (await t.customer(bought.accountId).get(`/v1/refund-quotes/${refused.newQuoteId}`)).body;
    expect(fresh).toMatchObject({ refundable: true, amounts: { refund: cny('34.06') }, refundId: null });

    const slow = await buy();
    const { refundId } = await requested(slow);
    t.clock.offsetMs += 3 * dayMs;
    await t.publish(reserved(slow, refundId));
    await t.settled();
    t.clock.offsetMs -= 3 * dayMs;
    expect(await refundOf(slow.accountId, refundId)).toMatchObject({
      status: 'succeeded',
      amount: cny('34.84'),
    });
  });

  test('RFD-12 an order on the instance that the quote had not seen changes the amount', async () => {
    const bought = await buy();
    const { refundId } = await requested(bought);
    const unseen = {
      ...bought.order,
      orderId: `${bought.order.orderId}r`,
      orderType: 'renewal' as const,
      servicePeriod: { start: ends, end: '2026-03-10T11:00:00.000Z' },
    };
    const fact = reserved(bought, refundId) as Extract<Fact, { type: 'order.reserved' }>;
    await t.publish({ ...fact, data: { ...fact.data, orders: [...fact.data.orders, unseen] } });
    await t.settled();
    const refused = await refundOf(bought.accountId, refundId);
    expect(refused.refusals).toMatchObject([{ code: 'QUOTE_STALE' }]);
    expect(
      (await t.customer(bought.accountId).get(`/v1/refund-quotes/${refused.newQuoteId}`)).body.amounts.refund,
    ).toEqual(cny('79.84'));
  });

  test('RFD-9 RFD-20 a renewal that has not begun is given back alone, once; the instance lives on', async () => {
    const bought = await buy();
    const { accountId, instanceId, order } = bought;
    const [customer, start] = [t.customer(accountId), ends];
    const renewal: Order = {
      ...order,
      orderId: `${order.orderId}r`,
      orderType: 'renewal',
      createdAt: '2026-01-11T00:00:00.000Z',
      paidAt: '2026-01-11T00:00:00.000Z',
      instanceIds: [instanceId, `${instanceId}b`],
      servicePeriod: { start, end: '2026-03-10T11:00:00.000Z' },
    };
    await t.publish({ type: 'order.fulfilled', data: { order: renewal } });
    await t.settled();
    const ask = { instanceIds: [instanceId], kind: 'renewal_only' };
    const { body: quote } = await customer.post('/v1/refund-quotes', ask);
    expect(quote).toMatchObject({
      kind: 'renewal_only',
      refundable: true,
      amounts: { paid: cny('22.50'), consumed: cny('0.00'), fee: cny('0.00'), refund: cny('22.50') },
      instances: [{ lines: [{ orderId: renewal.orderId, instanceId }] }],
    });
    const { refundId } = (await requestBy(accountId, quote.quoteId)).body;
    const { data } = await t.event('refund.requested', ({ refund }) => refund.refundId === refundId);
    expect(data.refund).toMatchObject({ kind: 'renewal_only', instanceIds: [instanceId] });
    expect((await quoteOf(bought)).instances[0].reasons).toMatchObject([{ code: 'TRADE_IN_PROGRESS' }]);

    // The order service holds the purchase as well (ORD-12).
    const fact = reserved(bought, refundId) as Extract<Fact, { type: 'order.reserved' }>;
    const hold = { kind: 'refund', id: refundId } as const;
    const held = { ...renewal, version: renewal.version + 1, hold };
    const both = { ...fact, data: { ...fact.data, orders: [...fact.data.orders, held] } };
    await t.publish(both, { repeat: 2 });
    await t.settled();
    expect(await refundOf(accountId, refundId)).toMatchObject({
      status: 'succeeded',
      kind: 'renewal_only',
      amount: cny('22.50'),
      orderIds: [order.orderId, renewal.orderId],
      lines: [{ orderId: renewal.orderId, instanceId, refund: cny('22.50') }],
    });
    expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('22.50') }]);
    expect(
      await t.sql('select order_id, instances, refunded_cash from refunded_orders where account_id = $1', [
        accountId,
      ]),
    ).toEqual([{ order_id: renewal.orderId, instances: 1, refunded_cash: '22.50' }]);

    // The renewal lives on for the other instance; of this one it counts no more, and the instance is not gone.
    const released = [order, renewal].map((one) => ({ ...one, version: one.version + 2 }));
    for (const one of released)
      await t.publish({ type: 'order.released', data: { order: one, holder: hold } });
    await t.publish({
      type: 'resource.changed',
      data: { resource: { ...bought.resource, version: 2, end: start } },
    });
    await t.settled();
    expect((await customer.post('/v1/refund-quotes', ask)).body.instances[0].reasons).toMatchObject([
      { code: 'ZERO_AMOUNT' },
    ]);
    expect(await quoteOf(bought)).toMatchObject({ refundable: true, amounts: { refund: cny('34.84') } });
    expect(await customer.post('/v1/refund-quotes', { ...ask, kind: 'failed_fulfilment' })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/kind' }] },
    });
  });

  test('RFD-12 RFD-3 orders in another currency than was quoted end the refund', async () => {
    const dollars = (amount: string) => ({ amount, currency: 'USD' });
    const none = dollars('0.00');
    const inDollars = {
      cashPaid: dollars('13.00'),
      voucherPaid: none,
      paidParts: { cash: dollars('13.00'), giftCredit: none, storedCard: none, voucher: none },
    };
    const bought = await buy();
    const { refundId } = await requested(bought);
    const renewal = {
      ...bought.order,
      ...inDollars,
      orderId: `${bought.order.orderId}r`,
      orderType: 'renewal' as const,
      servicePeriod: { start: ends, end: '2026-03-10T11:00:00.000Z' },
    };
    const fact = reserved(bought, refundId) as Extract<Fact, { type: 'order.reserved' }>;
    await t.publish({ ...fact, data: { ...fact.data, orders: [...fact.data.orders, renewal] } });
    await t.settled();
    expect(await refundOf(bought.accountId, refundId)).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'PRODUCT_NOT_SUPPORTED', facts: { currencies: 'CNY, USD' } }],
    });
    expect(typesOf(refundId)).toEqual(['1 refund.requested', '2 refund.refused']);

    const two = [await buy({ accountId: bought.accountId }), await buy({ accountId: bought.accountId })];
    const quote = await t
      .customer(bought.accountId)
      .post('/v1/refund-quotes', { instanceIds: two.map(({ instanceId }) => instanceId) });
    const { refundId: together } = (await requestBy(bought.accountId, quote.body.quoteId)).body;
    const [one, other] = two.map((each) => reserved(each, together)) as [typeof fact, typeof fact];
    const changed = other.data.orders.map((order) => ({ ...order, ...inDollars }));
    await t.publish({
      ...one,
      data: {
        ...one.data,
        orders: [...one.data.orders, ...changed],
        resources: [...one.data.resources, ...other.data.resources],
      },
    });
    await t.settled();
    expect(await refundOf(bought.accountId, together)).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'PRODUCT_NOT_SUPPORTED', facts: { currencies: 'CNY, USD' } }],
    });
    expect(await balanceOf(bought.accountId)).toEqual([]);
  });

  test('RFD-13 RFD-17 an operator withdraws what waits for its orders; a late answer changes nothing', async () => {
    const bought = await buy();
    const { refundId } = await requested(bought);
    expect((await t.customer(bought.accountId).post(`/v1/refunds/${refundId}/withdraw`)).body).toMatchObject({
      status: 403,
      code: 'refund.only_operator_withdraws',
    });
    const withdraw = () => t.operator().post(`/v1/refunds/${refundId}/withdraw`);
    expect(await withdraw()).toMatchObject({ status: 200, body: { status: 'withdrawn', version: 2 } });
    expect((await withdraw()).body).toMatchObject({ status: 409, code: 'refund.transition_refused' });
    expect((await quoteOf(bought)).instances[0]).toMatchObject({ refundable: true });
    await t.publish(reserved(bought, refundId), { repeat: 2 });
    await t.settled();
    expect(typesOf(refundId)).toEqual(['1 refund.requested', '2 refund.withdrawn']);
    expect(await balanceOf(bought.accountId)).toEqual([]);
  });

  test('EVT-5 EVT-8 an older snapshot and a repeat change nothing; answers to an ended refund neither', async () => {
    const bought = await buy();
    await t.publish({
      type: 'order.changed',
      data: { order: { ...bought.order, version: 8, supportRightsUsed: true }, what: ['supportRightsUsed'] },
    });
    await t.publish(
      { type: 'order.fulfilled', data: { order: { ...bought.order, version: 7 } } },
      { repeat: 3 },
    );
    await t.settled();
    expect((await quoteOf(bought)).instances[0].reasons).toMatchObject([{ code: 'SUPPORT_RIGHTS_USED' }]);

    const other = await buy();
    const { refundId } = await requested(other);
    await t.publish(reserved(other, refundId, { supportRightsUsed: true }));
    await t.settled();
    await t.publish(reserved(other, refundId));
    await t.settled();
    expect(await refundOf(other.accountId, refundId)).toMatchObject({ status: 'refused', version: 2 });
    expect(typesOf(refundId)).toEqual(['1 refund.requested', '2 refund.refused']);
    expect(await balanceOf(other.accountId)).toEqual([]);
  });

  test('RFD-17 RFD-4 an instance is given back once; afterwards it is not found', async () => {
    const bought = await buy();
    const { quoteId } = await quoteOf(bought);
    const running = await requested(bought);
    expect((await quoteOf(bought)).instances[0].reasons).toMatchObject([
      { code: 'TRADE_IN_PROGRESS', facts: { refundId: running.refundId } },
    ]);
    expect((await requestBy(bought.accountId, quoteId)).body).toMatchObject({
      status: 409,
      code: 'refund.trade_in_progress',
    });
    await t.publish(reserved(bought, running.refundId));
    await t.settled();
    expect((await quoteOf(bought)).instances[0]).toMatchObject({
      amounts: null,
      lines: [],
      reasons: [{ code: 'INSTANCE_NOT_FOUND' }],
    });
  });

  test(
    'RFD-14 EVT-24 a failed fulfilment gives everything back once: ' +
      'money to the balance, vouchers as vouchers',
    async () => {
      const paid = parts({ cash: '10.00', giftCredit: '5.00', storedCard: '2.50', voucher: '7.50' });
      const failed = exampleOrder({
        orderId: 'ord_failed',
        accountId: 'acc_failed',
        paid,
        instanceIds: [],
        servicePeriod: null,
        status: 'voided',
        fulfilment: 'failed',
      });
      await t.publish(
        { type: 'order.fulfilment_failed', data: { order: failed, reason: 'no capacity' } },
        { repeat: 3 },
      );
      await t.publish(
        {
          type: 'order.fulfilment_failed',
          data: { order: { ...failed, version: 5 }, reason: 'no capacity' },
        },
        { repeat: 2 },
      );
      await t.settled();
      const refunds = (await t.customer('acc_failed').get('/v1/refunds?orderId=ord_failed')).body.data;
      expect(refunds).toMatchObject([
        {
          status: 'succeeded',
          kind: 'failed_fulfilment',
          amount: cny('17.50'),
          split: paid,
          quoteId: null,
          version: 1,
          reason: 'fulfilment_failed',
        },
      ]);
      expect(typesOf(refunds[0].refundId)).toEqual(['1 refund.succeeded']);
      expect(await balanceOf('acc_failed')).toEqual([
        { currency: 'CNY', balance: cny('17.50'), funds: paid },
      ]);
      expect(await unbalanced()).toEqual([]);
    },
  );

  test('ORD-24 the difference of a downgrade comes back once, and then the rest is worth the small plan', async () => {
    const { accountId, order, resource, instanceId } = await buy(onLargePlan);
    const down = downgradeOf(order);
    await t.publish({ type: 'order.fulfilled', data: { order: down } }, { repeat: 3 });
    await t.publish({ type: 'order.fulfilled', data: { order: { ...down, version: 5 } } }, { repeat: 2 });
    await t.settled();
    const [refund, ...others] = (await t.customer(accountId).get('/v1/refunds')).body.data;
    expect(others).toEqual([]);
    expect(refund).toMatchObject({
      status: 'succeeded',
      kind: 'downgrade_difference',
      reason: 'downgraded',
      quoteId: null,
      amount: cny('84.00'),
      split: parts({ cash: '84.00' }),
      orderIds: [down.orderId, order.orderId],
      lines: [{ orderId: order.orderId, instanceId, refund: cny('84.00'), consumed: cny('0.00') }],
    });
    expect(typesOf(refund.refundId)).toEqual(['1 refund.difference_returned']);
    expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('84.00') }]);
    expect(await unbalanced()).toEqual([]);
    const { lines } = (await quoteOf({ accountId, order, resource, instanceId })).instances[0];
    expect(lines).toMatchObject([
      { orderId: order.orderId, refund: cny('34.84'), paid: cny('54.00') },
      { orderId: down.orderId, refund: cny('0.00') },
    ]);
  });

  test('ORD-24 RFD-20 each order gives back the part that the downgrade names, a free one nothing', async () => {
    const { accountId, order, resource, instanceId } = await buy();
    const change = (name: string, cash: string, more: Partial<Order> = {}): Order => ({
      ...downgradeOf(order),
      orderId: `${order.orderId}${name}`,
      orderType: 'upgrade',
      cashPaid: cny(cash),
      paidParts: parts({ cash }),
      planChange: null,
      ...more,
    });
    const paid = change('u', '84.00');
    const free = change('v', '0.00', { free: true, createdAt: '2026-01-12T15:30:00.000Z' });
    const [at] = downgradeOf(order).planChange!.rest;
    const rest = (of: Order, returned: string, kept: string) => ({
      ...at!,
      orderId: of.orderId,
      returned,
      kept,
    });
    const downgrade = (name: string, ...parts: ReturnType<typeof rest>[]) =>
      change(name, '0.00', {
        orderType: 'downgrade',
        createdAt: '2026-01-12T16:00:00.000Z',
        planChange: { from: 'huge', returns: 'difference', rest: parts },
      });
    const first = downgrade('d', rest(order, '0', '1'), rest(paid, '25/28', '0'));
    for (const one of [paid, free, first]) await t.publish({ type: 'order.fulfilled', data: { order: one } });
    await t.publish({ type: 'order.fulfilled', data: { order: first } }, { repeat: 2 });
    await t.settled();
    const seen = async () => (await t.customer(accountId).get('/v1/refunds')).body.data;
    const [refund, ...others] = await seen();
    expect(others).toEqual([]);
    expect(refund).toMatchObject({
      kind: 'downgrade_difference',
      amount: cny('75.00'),
      lines: [
        {
          orderId: paid.orderId,
          refund: cny('75.00'),
          calculation: expect.arrayContaining([
            { step: 'refund', formula: '84.00 × 25 ÷ 28', result: '75.00 CNY' },
          ]),
        },
      ],
    });
    expect((await quoteOf({ accountId, order, resource, instanceId })).instances[0].lines).toMatchObject([
      { orderId: order.orderId, refund: cny('34.84') },
      { orderId: paid.orderId, refund: cny('0.00') },
      { orderId: free.orderId, refund: cny('0.00') },
      { orderId: first.orderId, refund: cny('0.00') },
    ]);
    // RFD-20: no more comes back than was paid for an order, whatever a downgrade says.
    const wrong = { ...downgrade('w', rest(paid, '10/84', '0')), createdAt: '2026-01-12T17:00:00.000Z' };
    await t.publish({ type: 'order.fulfilled', data: { order: wrong } });
    expect(await parkedEvent(t, wrong.orderId)).toMatchObject({
      reason: expect.stringContaining('gave back more than was paid'),
    });
    await giveUp(t, wrong.orderId);
    expect(await seen()).toHaveLength(1);
    expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('75.00') }]);
    await expect(
      t.sql('update refunded_orders set refunded_cash = 84.01 where order_id = $1', [paid.orderId]),
    ).rejects.toMatchObject({ constraint: 'refunded_at_most_paid' });
  });

  test('ORD-24 a difference waits for its orders, and a refund of the instance for the difference', async () => {
    made += 1;
    const accountId = `acc_${made}`;
    const order = exampleOrder({
      orderId: `ord_${made}`,
      accountId,
      instanceIds: [`i-${made}`],
      ...onLargePlan.order,
    });
    const resource = exampleResource({ instanceId: `i-${made}`, accountId, orderIds: [order.orderId] });
    const bought = { accountId, order, resource, instanceId: `i-${made}` };
    const down = downgradeOf(order);
    await t.publish({ type: 'order.fulfilled', data: { order: down } });
    expect(await parkedEvent(t, down.orderId)).toMatchObject({
      status: 'waiting',
      reason: expect.stringContaining('refund.orders_to_come'),
    });
    await t.publish({ type: 'order.fulfilled', data: { order } });
    await t.publish({ type: 'resource.changed', data: { resource } });
    await t.settled();
    expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('84.00') }]);

    const other = await buy(onLargePlan);
    const later = downgradeOf(other.order);
    await t.publish({ type: 'order.changed', data: { order: { ...later, version: 5 }, what: [] } });
    await t.settled();
    const { refundId } = await requested(other);
    const fact = reserved(other, refundId) as Extract<Fact, { type: 'order.reserved' }>;
    await t.publish({ ...fact, data: { ...fact.data, orders: [...fact.data.orders, later] } });
    expect(await parkedEvent(t, refundId)).toMatchObject({
      reason: expect.stringContaining('refund.difference_to_come'),
    });
    await t.publish({ type: 'order.fulfilled', data: { order: later } });
    await t.settled();
    expect(await refundOf(other.accountId, refundId)).toMatchObject({
      status: 'succeeded',
      amount: cny('34.84'),
    });
    expect(await balanceOf(other.accountId)).toMatchObject([{ balance: cny('118.84') }]);
    expect((await quoteOf(bought)).amounts.refund).toEqual(cny('34.84'));
  });

  test('ORD-24 a downgrade that says nothing comes back, or that nothing was paid for, gives nothing', async () => {
    const paid = await buy(onLargePlan);
    const none = downgradeOf(paid.order, { returns: 'none' });
    const byVoucher = await buy({ order: { ...onLargePlan.order, paid: parts({ voucher: '138.00' }) } });
    const settled = downgradeOf(byVoucher.order);
    for (const order of [none, settled]) await t.publish({ type: 'order.fulfilled', data: { order } });
    await t.settled();
    for (const { accountId } of [paid, byVoucher])
      expect((await t.customer(accountId).get('/v1/refunds')).body.data).toEqual([]);
    expect(
      await t.sql('select order_id, refund_id from settled_downgrades where account_id = any($1)', [
        [paid.accountId, byVoucher.accountId],
      ]),
    ).toEqual([{ order_id: settled.orderId, refund_id: null }]);
  });

  test('RFD-14 an order that nothing was paid for gives nothing back', async () => {
    const free = exampleOrder({
      orderId: 'ord_free',
      accountId: 'acc_free',
      paid: parts({}),
      instanceIds: [],
      status: 'voided',
      fulfilment: 'failed',
    });
    await t.publish({ type: 'order.fulfilment_failed', data: { order: free, reason: null } });
    await t.settled();
    expect((await t.customer('acc_free').get('/v1/refunds')).body.data).toEqual([]);
  });

  test(
    'ORD-5 RFD-11 each part of money that pays no order goes to the fund it came from; ' +
      'a voucher does not become cash',
    async () => {
      const split = parts({ cash: '30.00', giftCredit: '5.00', voucher: '10.00' });
      const data = {
        paymentReference: 'pay_parts',
        accountId: 'acc_parts',
        orderId: 'ord_parts',
        amount: cny('45.00'),
        parts: split,
        reason: 'cancelled' as const,
      };
      await t.publish({ type: 'payment.unapplied', data }, { repeat: 2 });
      await t.publish({ type: 'payment.unapplied', data });
      await t.settled();
      expect(await balanceOf('acc_parts')).toMatchObject([{ currency: 'CNY', funds: split }]);
      expect(await unbalanced()).toEqual([]);
    },
  );

  test('ORD-5 RFD-15 money that pays no order is credited once, and balance and statement say so', async () => {
    const data = {
      paymentReference: 'pay_late',
      accountId: 'acc_late',
      orderId: 'ord_late',
      amount: cny('12.00'),
      reason: 'expired' as const,
    };
    await t.publish({ type: 'payment.unapplied', data }, { repeat: 2 });
    await t.publish({ type: 'payment.unapplied', data });
    await t.publish({ type: 'payment.unapplied', data: { ...data, paymentReference: 'pay_later' } });
    await t.settled();
    expect(await balanceOf('acc_late')).toMatchObject([{ balance: cny('24.00') }]);
    const page = (await t.customer('acc_late').get('/v1/balances/acc_late/statement?limit=1')).body;
    const rest = (
      await t.customer('acc_late').get(`/v1/balances/acc_late/statement?cursor=${page.nextCursor}`)
    ).body;
    expect([...page.data, ...rest.data]).toMatchObject([
      {
        kind: 'unapplied_payment',
        fund: 'cash',
        amount: cny('12.00'),
        balance: cny('24.00'),
        orderId: 'ord_late',
      },
      { kind: 'unapplied_payment', amount: cny('12.00'), balance: cny('12.00') },
    ]);
    expect(rest.nextCursor).toBeNull();
    const within = async (range: string) =>
      (await t.customer('acc_late').get(`/v1/balances/acc_late/statement?${range}`)).body.data.length;
    expect([await within('from=2020-01-01'), await within('to=2020-01-01')]).toEqual([2, 0]);
    expect(await unbalanced()).toEqual([]);
  });

  describe('a payout and a difference of one order', () => {
    /** 10.00 a day for each of two instances; the account has a balance. */
    async function pair() {
      made += 1;
      const [first, second] = [`i-${made}a`, `i-${made}b`];
      const bought = await buyUnsettled(undefined, {
        change: {
          ...onLargePlan.order,
          paid: parts({ cash: '620.00' }),
          count: 2,
          instanceIds: [second, first],
        },
        resource: { instanceId: second },
      });
      const { accountId, order } = bought;
      const other = exampleResource({ instanceId: first, accountId, orderIds: [order.orderId] });
      await t.publish({ type: 'resource.changed', data: { resource: other } });
      const money = { paymentReference: `pay_${accountId}`, accountId, orderId: 'ord_late' };
      await t.publish({
        type: 'payment.unapplied',
        data: { ...money, amount: cny('1.00'), reason: 'expired' },
      });
      const down = downgradeOf({ ...order, instanceIds: [first] });
      const [rest] = down.planChange!.rest;
      const planChange = {
        ...down.planChange!,
        rest: [{ ...rest!, priceBefore: '310', priceAfter: '31' }],
      };
      return { ...bought, instanceId: second, down: { ...down, planChange } };
    }

    test('ORD-24 RFD-15 race, 50 rounds: both are paid, once', async () => {
      const all = await Promise.all(Array.from({ length: 50 }, pair));
      await t.settled();
      const asked: { accountId: string; down: Order; fact: Fact }[] = [];
      for (const bought of all) {
        const { refundId } = await requested(bought);
        asked.push({ ...bought, fact: reserved(bought, refundId) });
      }
      await Promise.all(
        asked.flatMap(({ down, fact }) => [
          t.publish(fact),
          t.publish({ type: 'order.fulfilled', data: { order: down } }),
        ]),
      );
      await t.settled();
      const paid = await t.sql<{ status: string; amount: string; refunds: number }>(
        `select (select string_agg(distinct status, ',') from refunds r where r.account_id = b.account_id) as status,
           amount::text, (select count(*)::integer from refunds r where r.account_id = b.account_id) as refunds
         from balances b where account_id = any($1)`,
        [asked.map(({ accountId }) => accountId)],
      );
      expect(paid).toEqual(
        Array.from({ length: 50 }, () => ({ status: 'succeeded', amount: '493.00', refunds: 2 })),
      );
      expect(await unbalanced()).toEqual([]);
    }, 60_000);

    test('ORD-24 take the balance before the order, so that neither waits for the other for ever', async () => {
      const bought = await pair();
      await t.settled();
      await t.publish({ type: 'order.fulfilled', data: { order: bought.down } });
      await t.settled();
      const { accountId, order } = bought;
      const { refundId } = await requested(bought);
      const difference = new pg.Client({ connectionString: t.database.url });
      await difference.connect();
      try {
        await difference.query('begin');
        await difference.query(`select from refunds.balances where account_id = '${accountId}' for update`);
        await t.publish(reserved(bought, refundId));
        await until('the payout waits for the balance', async () => {
          const waiting = await t.sql(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return waiting.length > 0;
        });
        const row = `select from refunds.refunded_orders where order_id = '${order.orderId}' for update nowait`;
        expect((await difference.query(row)).rowCount).toBe(1);
      } finally {
        await difference.end();
      }
      await t.settled();
      expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('493.00') }]);
    });
  });

  /** Above the limit of RFD-13. */
  const large = { order: { paid: parts({ cash: '90000.00' }) } };

  /** So many refunds that wait for a review, each of an account of its own. */
  async function reviewing(count = 1) {
    const all = await Promise.all(
      Array.from({ length: count }, () => buyUnsettled(undefined, { change: large.order })),
    );
    await t.settled();
    const asked = await Promise.all(
      all.map(async (bought) => ({ ...bought, refundId: (await requested(bought)).refundId })),
    );
    for (const bought of asked) await t.publish(reserved(bought, bought.refundId));
    await t.settled();
    return asked;
  }

  describe('above the limit', () => {
    test('RFD-13 a refund waits for an operator, who approves it with a reason; the version is checked', async () => {
      const [{ accountId, refundId }] = (await reviewing()) as [Bought & { refundId: string }];
      expect(await refundOf(accountId, refundId)).toMatchObject({
        status: 'reviewing',
        amount: cny('69677.42'),
      });
      expect(
        (await t.customer(accountId).post(`/v1/refunds/${refundId}/approve`, { text: 'mine' })).status,
      ).toBe(403);
      expect(
        (await t.operator().post(`/v1/refunds/${refundId}/approve`, { text: 'fine' }, { 'if-match': '"1"' }))
          .status,
      ).toBe(412);
      const approved = await t
        .operator()
        .post(`/v1/refunds/${refundId}/approve`, { text: 'fine' }, { 'if-match': '"2"' });
      expect(approved).toMatchObject({
        status: 200,
        body: { status: 'approved', review: { by: { kind: 'operator', id: 'op_1' }, text: 'fine' } },
      });
      await t.settled();
      expect(typesOf(refundId)).toEqual([
        '1 refund.requested',
        '2 refund.review_required',
        '3 refund.approved',
        '4 refund.succeeded',
      ]);
      expect(await balanceOf(accountId)).toMatchObject([{ balance: cny('69677.42') }]);
    });

    test('RFD-13 RFD-23 an account’s eleventh refund within 30 days waits; a rejected one does not count', async () => {
      const accountId = 'acc_often';
      const asked = async (count: number) => {
        const all = await Promise.all(Array.from({ length: count }, () => buyUnsettled(accountId)));
        await t.settled();
        const refundIds: string[] = [];
        for (const bought of all) {
          const { refundId } = await requested(bought);
          refundIds.push(refundId);
          await t.publish(reserved(bought, refundId));
          await t.settled();
        }
        return Promise.all(
          refundIds.map(async (refundId) => [refundId, (await refundOf(accountId, refundId)).status]),
        );
      };
      expect((await asked(10)).map(([, status]) => status)).toEqual(Array(10).fill('succeeded'));
      const [[eleventh, status]] = (await asked(1)) as [[string, string]];
      expect(status).toBe('reviewing');
      await t.operator().post(`/v1/refunds/${eleventh}/reject`, { text: 'too many' });
      expect(await asked(1)).toMatchObject([[expect.anything(), 'reviewing']]);
      await t.sql(`update refunds set created_at = created_at - interval '30 days' where account_id = $1`, [
        accountId,
      ]);
      expect(await asked(1)).toMatchObject([[expect.anything(), 'succeeded']]);
    });

    test('RFD-13 RFD-23 an operator rejects, a customer withdraws; the instance is free again', async () => {
      const [rejected, withdrawn] = (await reviewing(2)) as [
        Bought & { refundId: string },
        Bought & { refundId: string },
      ];
      const verdict = (await t.operator().post(`/v1/refunds/${rejected.refundId}/reject`, { text: 'abuse' }))
        .body;
      expect(verdict).toMatchObject({
        status: 'rejected',
        review: { by: { kind: 'operator', id: 'op_1' }, text: 'abuse' },
      });
      expect(await refundOf(rejected.accountId, rejected.refundId)).toMatchObject({
        review: { by: { kind: 'operator', id: null }, text: 'abuse' },
      });
      expect(
        (await t.operator().post(`/v1/refunds/${rejected.refundId}/approve`, { text: 'no, fine' })).body,
      ).toMatchObject({ status: 409, code: 'refund.transition_refused' });
      expect(
        (await t.customer(withdrawn.accountId).post(`/v1/refunds/${withdrawn.refundId}/withdraw`)).body
          .status,
      ).toBe('withdrawn');
      await t.settled();
      expect(
        await t.sql('select 1 from claimed_instances where refund_id = any($1)', [
          [rejected.refundId, withdrawn.refundId],
        ]),
      ).toEqual([]);
      expect(typesOf(withdrawn.refundId).at(-1)).toBe('3 refund.withdrawn');
    });

    test('RFD-13 the operator who asked does not decide', async () => {
      const bought = await buy(large);
      const asked = await t
        .operator('op_2')
        .post('/v1/refund-quotes', { instanceIds: [bought.instanceId], accountId: bought.accountId });
      const { refundId } = (
        await t
          .operator('op_2')
          .post('/v1/refunds', { quoteId: asked.body.quoteId, reason: 'not_usable' }, key())
      ).body;
      await t.publish(reserved(bought, refundId));
      await t.settled();
      expect(
        (await t.operator('op_2').post(`/v1/refunds/${refundId}/approve`, { text: 'mine' })).body,
      ).toMatchObject({ status: 403, code: 'refund.approver_is_applicant' });
    });

    type Reviewed = Bought & { refundId: string };
    const tell = (resource: Resource) => t.publish({ type: 'resource.changed', data: { resource } });
    const changeResource = ({ resource }: Reviewed, change: Partial<Resource>) =>
      tell({ ...resource, version: resource.version + 1, ...change });
    const changeOrder = ({ order, refundId }: Reviewed, change: Partial<Order>) =>
      t.publish({
        type: 'order.changed',
        data: {
          order: {
            ...order,
            version: order.version + 2,
            hold: { kind: 'refund', id: refundId },
            refundState: 'in_progress',
            ...change,
          },
          what: Object.keys(change),
        },
      });
    const approve = async ({ refundId }: Reviewed) =>
      (await t.operator().post(`/v1/refunds/${refundId}/approve`, { text: 'fine' })).body;

    test(
      'RFD-13 what is told against it while it waits is shown to the approver, and ends it in refused with its ' +
        'code when it is approved',
      async () => {
        const cases: [(of: Reviewed) => Promise<unknown>, string, object][] = [
          [(of) => changeResource(of, { frozenBy: 'police' }), 'FROZEN', { fact: 'frozenBy', now: 'police' }],
          [
            (of) => changeResource(of, { released: true }),
            'INSTANCE_NOT_FOUND',
            { fact: 'released', now: 'true' },
          ],
          [(of) => changeResource(of, { archived: true }), 'ARCHIVED', { fact: 'archived', now: 'true' }],
          [
            (of) => changeOrder(of, { invoiced: true, category: 'MKT' }),
            'INVOICED_MARKETPLACE',
            { fact: 'invoiced', now: 'true' },
          ],
          [
            (of) => changeOrder(of, { supportRightsUsed: true }),
            'SUPPORT_RIGHTS_USED',
            { fact: 'supportRightsUsed', now: 'true' },
          ],
        ];
        const all = (await reviewing(cases.length)) as Reviewed[];
        for (const [i, [change]] of cases.entries()) await change(all[i]!);
        await t.settled();
        for (const [i, [, code, change]] of cases.entries()) {
          const { accountId, refundId } = all[i]!;
          const shown = (await t.operator().get(`/v1/refunds/${refundId}`)).body;
          expect(shown).toMatchObject({ status: 'reviewing', refusals: [], changes: [change] });
          const refused = await approve(all[i]!);
          expect(refused).toMatchObject({
            status: 'refused',
            version: 3,
            review: null,
            refusals: [{ code }],
            changes: [change],
          });
          expect(await refundOf(accountId, refundId)).toMatchObject({ status: 'refused', changes: [change] });
        }
        await t.settled();
        for (const { accountId, refundId } of all) {
          expect(typesOf(refundId).at(-1)).toBe('3 refund.refused');
          expect(await balanceOf(accountId)).toEqual([]);
          expect((await approve({ refundId } as Reviewed)).code).toBe('refund.transition_refused');
        }
      },
    );

    test('RFD-13 a package that is used while its refund waits is not paid back', async () => {
      const pack: Change = {
        ...large.order,
        chargeType: 'package',
        productForm: 'usage_package',
        duration: null,
        paidAt: refundedAt.toISOString(),
      };
      const bought = await buy({ order: pack, resource: { inEffect: false } });
      const { refundId } = await requested(bought);
      await t.publish(reserved(bought, refundId));
      await t.settled();
      expect(await refundOf(bought.accountId, refundId)).toMatchObject({
        status: 'reviewing',
        amount: cny('90000.00'),
      });
      await changeResource({ ...bought, refundId }, { usage: '0.5' });
      await t.settled();
      expect(await approve({ ...bought, refundId })).toMatchObject({
        status: 'refused',
        refusals: expect.arrayContaining([expect.objectContaining({ code: 'PACKAGE_USED' })]),
        changes: [{ instanceId: bought.instanceId, orderId: null, fact: 'usage', before: '0', now: '0.5' }],
      });
      await t.settled();
      expect(await balanceOf(bought.accountId)).toEqual([]);
    });

    test(
      'RFD-12 RFD-13 a period that is corrected while it waits gives a new quote; facts that change no amount, ' +
        'and time, do not',
      async () => {
        const [corrected, harmless] = (await reviewing(2)) as [Reviewed, Reviewed];
        const later = new Date(new Date(begins).getTime() + 3 * dayMs).toISOString();
        const place = { region: null, ipAddress: null };
        const instance = { instanceId: corrected.instanceId, start: later, end: ends, ...place };
        await changeOrder(corrected, { instances: [instance], servicePeriod: { start: later, end: ends } });
        await changeResource(harmless, { usage: '7', region: 'bj' });
        await t.settled();
        const refused = await approve(corrected);
        expect(refused).toMatchObject({
          status: 'refused',
          refusals: [{ code: 'QUOTE_STALE' }],
          changes: [
            { orderId: corrected.order.orderId, fact: 'periodStart', before: null, now: later },
            { fact: 'periodEnd', now: ends },
          ],
        });
        const fresh = await t.customer(corrected.accountId).get(`/v1/refund-quotes/${refused.newQuoteId}`);
        // 4 of 28 days.
        expect(fresh.body).toMatchObject({ refundId: null, amounts: { refund: cny('77142.86') } });

        t.clock.offsetMs += 60 * dayMs;
        expect(await approve(harmless)).toMatchObject({ status: 'approved', amount: cny('69677.42') });
        await t.settled();
        t.clock.offsetMs -= 60 * dayMs;
        expect(await refundOf(harmless.accountId, harmless.refundId)).toMatchObject({ status: 'succeeded' });
      },
    );

    test('RFD-13 the payout looks again: approved and then frozen is refused, and the holds end', async () => {
      const [of] = (await reviewing()) as [Reviewed];
      await changeResource(of, { frozenBy: 'platform' });
      await t.settled();
      // As it stands where the process died between an approval and its payout, and the freeze came meanwhile.
      await t.sql(`update refunds set status = 'approved', version = 3 where refund_id = $1`, [of.refundId]);
      const { data } = await t.event('refund.refused', ({ refund }) => refund.refundId === of.refundId);
      expect(data).toMatchObject({
        refund: { status: 'refused', version: 4 },
        refusals: [{ instanceId: of.instanceId, code: 'FROZEN' }],
      });
      await t.settled();
      expect(await refundOf(of.accountId, of.refundId)).toMatchObject({
        status: 'refused',
        refusals: [{ code: 'FROZEN', facts: { frozenBy: 'platform' } }],
        changes: [{ fact: 'frozenBy', before: null, now: 'platform' }],
      });
      expect(await balanceOf(of.accountId)).toEqual([]);
      expect(await t.sql('select from claimed_instances where refund_id = $1', [of.refundId])).toEqual([]);
    });

    test('RFD-13 a payout that is tried again is not refused: it fails, with what is against it', async () => {
      const [of] = (await reviewing()) as [Reviewed];
      await t.sql(`update refunds set status = 'failed', version = 3 where refund_id = $1`, [of.refundId]);
      await changeResource(of, { frozenBy: 'police' });
      await t.settled();
      await t.operator().post(`/v1/refunds/${of.refundId}/retry`);
      await t.settled();
      expect(await refundOf(of.accountId, of.refundId)).toMatchObject({
        status: 'failed',
        version: 4,
        refusals: [{ code: 'FROZEN' }],
        changes: [{ fact: 'frozenBy', now: 'police' }],
      });
      await changeResource(of, { version: of.resource.version + 2, frozenBy: null });
      await t.settled();
      await t.operator().post(`/v1/refunds/${of.refundId}/retry`);
      await t.settled();
      expect(await refundOf(of.accountId, of.refundId)).toMatchObject({
        status: 'succeeded',
        failure: null,
        refusals: [],
      });
      expect(await balanceOf(of.accountId)).toMatchObject([{ balance: cny('69677.42') }]);
    });

    test('RFD-13 a freeze that is told while the approval runs, 30 rounds: paid before it, or refused', async () => {
      const rounds = (await reviewing(30)) as Reviewed[];
      await Promise.all(
        rounds.map(async (of, round) => {
          const told = () => changeResource(of, { frozenBy: 'police' });
          const answers = round % 2 ? [approve(of), told()] : [told(), approve(of)];
          await Promise.all(answers);
        }),
      );
      await t.settled();
      const ended = await t.sql<{ status: string; paid: boolean; codes: string[] }>(
        `select status, exists (select 1 from ledger_transactions l where l.refund_id = r.refund_id) as paid,
             array(select jsonb_array_elements(refusals)->>'code') as codes
           from refunds r where refund_id = any($1)`,
        [rounds.map(({ refundId }) => refundId)],
      );
      for (const { status, paid, codes } of ended)
        expect([status, codes]).toEqual(paid ? ['succeeded', []] : ['refused', ['FROZEN']]);
      expect(ended).toHaveLength(30);
      expect(await unbalanced()).toEqual([]);
    });

    test('RFD-13 approve against withdraw, 50 rounds: exactly one wins', async () => {
      const rounds = await reviewing(50);
      await Promise.all(
        rounds.map(async ({ accountId, refundId }) => {
          const answers = await Promise.all([
            t.operator().post(`/v1/refunds/${refundId}/approve`, { text: 'fine' }),
            t.customer(accountId).post(`/v1/refunds/${refundId}/withdraw`),
          ]);
          expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
        }),
      );
      await t.settled();
      const ended = await t.sql<{ status: string; paid: boolean }>(
        `select status, exists (select 1 from ledger_transactions l where l.refund_id = r.refund_id) as paid
           from refunds r where refund_id = any($1)`,
        [rounds.map(({ refundId }) => refundId)],
      );
      expect(
        ended.every(({ status, paid }) => (paid ? status === 'succeeded' : status === 'withdrawn')),
      ).toBe(true);
      expect(new Set(ended.map(({ paid }) => paid))).toEqual(new Set([true, false]));
    });
  });

  test('RFD-12 two requests on one quote, 50 rounds: exactly one wins', async () => {
    const accountId = 'acc_race';
    const all = await Promise.all(Array.from({ length: 50 }, () => buyUnsettled(accountId)));
    await t.settled();
    const race = async (bought: (typeof all)[number]) => {
      const { quoteId } = await quoteOf(bought);
      const answers = await Promise.all([requestBy(accountId, quoteId), requestBy(accountId, quoteId)]);
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 409]);
    };
    // Five at a time: a hundred at once on a busy machine wait longer for a connection than the service lets
    // them.
    for (let done = 0; done < all.length; done += 5) await Promise.all(all.slice(done, done + 5).map(race));
  });

  test(
    'RFD-20 EVT-33 the database gives no order more back than was paid, ' +
      'and posts nothing that does not sum to zero',
    async () => {
      const bought = await buy();
      const { refundId } = await requested(bought);
      await payLess(bought);
      await t.publish(reserved(bought, refundId));
      await t.settled();
      expect(await refundOf(bought.accountId, refundId)).toMatchObject({
        status: 'failed',
        failure: { code: 'refund.exceeds_paid', text: expect.stringContaining('more than was paid') },
        endedAt: null,
      });
      expect(await balanceOf(bought.accountId)).toEqual([]);
      await expect(
        t.sql(`update refunded_orders set refunded_gift_credit = 0.01 where order_id = $1`, [
          bought.order.orderId,
        ]),
      ).rejects.toThrow('refunded_at_most_paid');

      expect((await t.customer(bought.accountId).post(`/v1/refunds/${refundId}/withdraw`)).body.code).toBe(
        'refund.only_operator_withdraws',
      );
      await t.sql('update refunded_orders set paid_cash = 45 where order_id = $1', [bought.order.orderId]);
      expect((await t.operator().post(`/v1/refunds/${refundId}/retry`)).body.status).toBe('paying');
      await t.settled();
      expect(typesOf(refundId)).toEqual([
        '1 refund.requested',
        '2 refund.approved',
        '3 refund.failed',
        '4 refund.succeeded',
      ]);
      expect(await balanceOf(bought.accountId)).toMatchObject([{ balance: cny('34.84') }]);

      const posting = `with t as (
        insert into ledger_transactions (transaction_id, account_id, kind, refund_id, posted_at)
        values ('ltx_x', 'acc_x', 'refund', 'rfd_x', now()) returning transaction_id)
      insert into ledger_postings (transaction_id, account_id, ledger_account, amount, currency)
      select transaction_id, 'acc_x', 'customer:cash', 1, 'CNY' from t`;
      await expect(t.sql(posting)).rejects.toThrow('does not sum to zero');
      await expect(t.asRole(bought.accountId).sql('update ledger_postings set amount = 1')).rejects.toThrow(
        'permission denied',
      );
    },
  );

  test('RFD-7 RFD-11 three instances given back one by one end in the funds they were paid from', async () => {
    const ids = ['i-a', 'i-b', 'i-c'];
    const [first, ...others] = ids.map((id) => ({ instanceId: id, start: begins, end: ends }));
    const machines = await buy({
      order: {
        instanceIds: ids,
        count: 3,
        paid: parts({ cash: '50.00', giftCredit: '25.00', storedCard: '25.00' }),
      },
      resource: first!,
    });
    const { accountId, order } = machines;
    for (const other of others)
      await t.publish({
        type: 'resource.changed',
        data: { resource: exampleResource({ ...other, accountId, orderIds: [order.orderId] }) },
      });
    await t.settled();
    t.clock.offsetMs -= 10 * dayMs; // before the period begins
    const splits: unknown[] = [];
    for (const [i, instanceId] of ids.entries()) {
      const before = { ...machines, instanceId, order: { ...order, version: 20 + i } };
      const { refundId } = await requested(before);
      const fact = reserved(before, refundId) as Extract<Fact, { type: 'order.reserved' }>;
      await t.publish({
        ...fact,
        data: { ...fact.data, resources: [exampleResource({ instanceId, accountId, version: 9 })] },
      });
      const { data } = await t.event('refund.succeeded', ({ refund }) => refund.refundId === refundId);
      splits.push(data.refund.split);
      await t.publish({
        type: 'order.released',
        data: {
          order: { ...order, version: 40 + i, refundState: 'partial' },
          holder: { kind: 'refund', id: refundId },
        },
      });
      await t.settled();
    }
    t.clock.offsetMs += 10 * dayMs;
    expect(splits).toEqual([
      parts({ cash: '16.67', giftCredit: '8.33', storedCard: '8.33' }),
      parts({ cash: '16.66', giftCredit: '8.34', storedCard: '8.34' }),
      parts({ cash: '16.67', giftCredit: '8.33', storedCard: '8.33' }),
    ]);
    const funds = parts({ cash: '50.00', giftCredit: '25.00', storedCard: '25.00' });
    expect(await balanceOf(accountId)).toEqual([{ currency: 'CNY', balance: cny('100.00'), funds }]);
    expect(
      await t.sql('select instances, exact from refunded_orders where order_id = $1', [order.orderId]),
    ).toEqual([{ instances: 3, exact: { paid: '100', refund: '100', fee: '0', voucher: '0' } }]);
    await expect(
      t.sql(`update refunded_orders set refunded_cash = 50.01 where order_id = $1`, [order.orderId]),
    ).rejects.toThrow('refunded_at_most_paid');
  });

  test('RFD-3 a bundle is given back with members that cost nothing, and without those that are gone', async () => {
    const accountId = 'acc_gifts';
    const member = { bundleId: 'bdl_gifts' };
    const machine = await buy({ order: member, accountId });
    const gift = await buy({ order: { ...member, free: true, paid: parts({}) }, accountId });
    await buy({ order: member, accountId, resource: { released: true } });
    await buy({ order: { ...member, chargeType: 'one_time', instanceIds: [] }, accountId });
    const period = { start: '2025-12-10T11:00:00.000Z', end: begins };
    const ended = await buy({ order: { ...member, servicePeriod: period }, accountId, resource: period });
    expect((await quoteOf(ended)).instances[0].reasons).toMatchObject([{ code: 'BUNDLE_MEMBER' }]);
    expect((await quoteOf(gift)).instances[0].reasons).toMatchObject([{ code: 'BUNDLE_MEMBER' }]);
    const whole = (await t.customer(accountId).post('/v1/refund-quotes', { bundleId: 'bdl_gifts' })).body;
    expect(whole).toMatchObject({ refundable: true, amounts: { refund: cny('34.84') } });
    const { refundId } = (await requestBy(accountId, whole.quoteId)).body;
    const facts = [machine, gift, ended].map(
      (one) => reserved(one, refundId).data as never as { orders: []; resources: [] },
    );
    await t.publish({
      type: 'order.reserved',
      data: {
        holder: { kind: 'refund', id: refundId },
        accountId,
        orders: facts.flatMap(({ orders }) => orders),
        resources: facts.flatMap(({ resources }) => resources),
      },
    });
    const { data } = await t.event('refund.succeeded', ({ refund }) => refund.refundId === refundId);
    expect(data.refund).toMatchObject({ amount: cny('34.84') });
    expect(data.refund.instanceIds).toHaveLength(3);
    expect(data.refund.lines).toContainEqual(
      expect.objectContaining({ orderId: ended.order.orderId, paid: cny('45.00'), refund: cny('0.00') }),
    );
  });

  test('RFD-1 API-16 the calculation and the reasons are in the reader’s language', async () => {
    const machine = await buy();
    const [en, zh] = await Promise.all(
      ['en', 'zh-CN'].map((language) => quoteOf(machine, { 'accept-language': language })),
    );
    const formulas = ({ instances }: typeof en) =>
      instances[0].lines[0].calculation.map(({ formula }: { formula: string }) => formula);
    expect(formulas(en)).toContain('2026-01-10 19:00 to 2026-02-10 19:00 (Asia/Shanghai)');
    expect(formulas(zh)).toContain('2026-01-10 19:00 至 2026-02-10 19:00（Asia/Shanghai）');
    expect(formulas(zh).join()).not.toMatch(/until|cash/);
    const gone = await buy({ resource: { released: true } });
    const [reason] = (await quoteOf(gone, { 'accept-language': 'en' })).instances[0].reasons;
    expect(reason).toMatchObject({
      code: 'INSTANCE_NOT_FOUND',
      text: `Instance ${gone.instanceId} was released. It cannot be refunded.`,
    });
  });

  test('RFD-1 RFD-3 ten instances, a bundle of any size, no more', async () => {
    const one = await buy({ order: { bundleId: 'bdl_1' }, accountId: 'acc_bundle' });
    const two = await buy({ order: { bundleId: 'bdl_1' }, accountId: 'acc_bundle' });
    const customer = t.customer('acc_bundle');
    expect((await quoteOf(one)).instances[0].reasons).toMatchObject([
      { code: 'BUNDLE_MEMBER', remedy: 'refund_whole_bundle', facts: { bundleId: 'bdl_1' } },
    ]);
    const whole = (await customer.post('/v1/refund-quotes', { bundleId: 'bdl_1' })).body;
    expect(whole).toMatchObject({ refundable: true, amounts: { refund: cny('69.68') } });
    expect(whole.instances.map(({ instanceId }: { instanceId: string }) => instanceId)).toEqual(
      [one.instanceId, two.instanceId].sort(),
    );
    expect((await customer.post('/v1/refund-quotes', { bundleId: 'bdl_2' })).body.code).toBe(
      'refund.bundle_not_found',
    );
    const eleven = Array.from({ length: 11 }, (_, i) => `i-none-${i}`);
    expect((await customer.post('/v1/refund-quotes', { instanceIds: eleven })).status).toBe(400);
    expect((await customer.post('/v1/refund-quotes', { instanceIds: eleven.slice(1) })).body).toMatchObject({
      refundable: false,
      amounts: null,
    });
    expect((await customer.post('/v1/refund-quotes', { instanceIds: ['i-1', 'i-1'] })).status).toBe(400);
  });

  test('API-2 RFD-12 a text that nobody can read is none, wherever one is asked for', async () => {
    for (const text of unreadableTexts)
      for (const answer of [
        requestBy('acc_blank', 'quo_none', { reason: 'other', text }),
        t.operator().post('/v1/refunds/rfd_none/reject', { text }, key()),
      ])
        expect([text, await answer]).toMatchObject([
          text,
          { status: 400, body: { code: 'request.invalid', errors: [{ in: 'body', pointer: '/text' }] } },
        ]);
  });

  test('RFD-2 the products and the resources that could be refunded are listed', async () => {
    const product = (productCode: string, refundable: boolean): Fact => ({
      type: 'product.published',
      data: { product: { ...productFacts, productCode, refundable } },
    });
    for (const fact of [product('BCC', true), product('CDN', true), product('DOMAIN_COM', false)])
      await t.publish(fact);
    const good = await buy({ accountId: 'acc_list' });
    const frozen = await buy({ accountId: 'acc_list', resource: { frozenBy: 'police' } });
    const customer = t.customer('acc_list');
    const first = (await customer.get('/v1/refunds/eligible-products?limit=1')).body;
    const second = (await customer.get(`/v1/refunds/eligible-products?limit=1&cursor=${first.nextCursor}`))
      .body;
    expect([...first.data, ...second.data].map(({ productCode }) => productCode)).toEqual(['BCC', 'CDN']);
    expect(second.nextCursor).toBeNull();
    const resources = (await customer.get('/v1/refunds/eligible-resources')).body.data;
    const byId = (id: string) =>
      resources.find(({ instanceId }: { instanceId: string }) => instanceId === id);
    expect(byId(good.instanceId)).toMatchObject({ refundable: true, amount: cny('34.84'), reasons: [] });
    expect(byId(frozen.instanceId)).toMatchObject({
      refundable: false,
      reasons: [{ code: 'FROZEN', facts: { frozenBy: 'police' } }],
    });
  });

  test(
    "RFD-4 API-5 another account's instance answers like one that does not exist, " +
      'its refunds and balance 404, its rows are unseen',
    async () => {
      const bought = await buy();
      const quote = await quoteOf(bought);
      const { refundId } = await requested(bought);
      const stranger = t.customer('acc_stranger');
      const theirs = (await stranger.post('/v1/refund-quotes', { instanceIds: [bought.instanceId] })).body
        .instances[0];
      const nobodys = (await stranger.post('/v1/refund-quotes', { instanceIds: ['i-nobody'] })).body
        .instances[0];
      expect(JSON.stringify(theirs).replaceAll(bought.instanceId, 'X')).toBe(
        JSON.stringify(nobodys).replaceAll('i-nobody', 'X'),
      );

      const answers = await Promise.all([
        stranger.get(`/v1/refund-quotes/${quote.quoteId}`),
        requestBy('acc_stranger', quote.quoteId),
        stranger.get(`/v1/refunds/${refundId}`),
        stranger.post(`/v1/refunds/${refundId}/withdraw`),
        stranger.get(`/v1/balances/${bought.accountId}`),
        stranger.get(`/v1/balances/${bought.accountId}/statement`),
      ]);
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
      expect((await stranger.get(`/v1/refunds?orderId=${bought.order.orderId}`)).body.data).toEqual([]);
      expect((await stranger.get(`/v1/refunds?accountId=${bought.accountId}`)).body.code).toBe(
        'request.account_not_yours',
      );
      const tables = [
        'quotes',
        'refunds',
        'refund_orders',
        'claimed_instances',
        'failed_fulfilments',
        'refunded_orders',
        'order_view',
        'order_view_instances',
        'resource_view',
        'contract_view',
        'ledger_transactions',
        'ledger_postings',
        'balances',
      ];
      for (const account of ['acc_nobody', undefined]) {
        for (const table of tables)
          expect(await t.asRole(account).sql(`select * from ${table} limit 1`)).toEqual([]);
      }
    },
  );

  test(
    'RFD-19 ORD-15 the list is filtered and paged, newest first; a moment or a day ' +
      'at its end is included',
    async () => {
      const accountId = 'acc_pages';
      const refundIds: string[] = [];
      for (let i = 0; i < 3; i += 1) refundIds.push((await requested(await buy({ accountId }))).refundId);
      const customer = t.customer(accountId);
      const first = (await customer.get('/v1/refunds?limit=2&status=requested')).body;
      const second = (await customer.get(`/v1/refunds?limit=2&cursor=${first.nextCursor}`)).body;
      expect([...first.data, ...second.data].map(({ refundId }) => refundId)).toEqual(refundIds.toReversed());
      expect(second.nextCursor).toBeNull();
      expect((await customer.get('/v1/refunds?status=succeeded')).body.data).toEqual([]);
      expect((await t.operator().get(`/v1/refunds?accountId=${accountId}&limit=1`)).body.data).toHaveLength(
        1,
      );
      const { instanceIds, createdAt } = second.data[0];
      expect((await customer.get(`/v1/refunds?instanceId=${instanceIds[0]}`)).body.data).toHaveLength(1);
      expect((await customer.get(`/v1/refunds?to=${createdAt}`)).body.data).toEqual([second.data[0]]);
      const justBefore = new Date(Date.parse(createdAt) - 1).toISOString();
      expect((await customer.get(`/v1/refunds?to=${justBefore}`)).body.data).toEqual([]);
      expect((await customer.get(`/v1/refunds?from=2020-01-01&to=${createdAt}`)).body.data).toHaveLength(1);
      expect((await customer.get('/v1/refunds?to=2020-01-01')).body.data).toEqual([]);
      expect(await customer.get('/v1/refunds?from=2026-01-02&to=2026-01-01')).toMatchObject({
        status: 422,
        body: { code: 'request.range_reversed' },
      });
    },
  );

  /** A refund whose payout failed once and would not fail again. */
  async function failedPayout(): Promise<string> {
    const bought = await buy();
    const { refundId } = await requested(bought);
    await payLess(bought);
    await t.publish(reserved(bought, refundId));
    await t.settled();
    await t.sql('update refunded_orders set paid_cash = 45 where order_id = $1', [bought.order.orderId]);
    return refundId;
  }

  test(
    'API-6 every route that takes a key answers a repeat as it did, ' +
      'does nothing twice, and refuses the key with another body',
    async () => {
      const texts = { body: { text: 'twice' }, other: { text: 'otherwise' } };
      const reviewed = async () => (await reviewing())[0]!;
      const path = (what: string, refundId: string) => `/v1/refunds/${refundId}/${what}`;
      expect(
        await flawsUnderRepeats(t, {
          'POST /v1/refund-quotes': async () => {
            const { accountId, instanceId } = await buy();
            return {
              by: t.customer(accountId),
              path: '/v1/refund-quotes',
              body: { instanceIds: [instanceId] },
              other: { instanceIds: [instanceId, 'i-other'] },
            };
          },
          'POST /v1/refunds': async () => {
            const bought = await buy();
            const { quoteId } = await quoteOf(bought);
            const body = { quoteId, reason: 'not_usable' };
            return {
              by: t.customer(bought.accountId),
              path: '/v1/refunds',
              body,
              other: { ...body, reason: 'other', text: 'no longer needed' },
            };
          },
          'POST /v1/refunds/{refundId}/approve': async () => ({
            by: t.operator(),
            path: path('approve', (await reviewed()).refundId),
            ...texts,
          }),
          'POST /v1/refunds/{refundId}/reject': async () => ({
            by: t.operator(),
            path: path('reject', (await reviewed()).refundId),
            ...texts,
          }),
          'POST /v1/refunds/{refundId}/withdraw': async () => {
            const { accountId, refundId } = await reviewed();
            return { by: t.customer(accountId), path: path('withdraw', refundId) };
          },
          'POST /v1/refunds/{refundId}/retry': async () => ({
            by: t.operator(),
            path: path('retry', await failedPayout()),
          }),
        }),
      ).toEqual([]);
    },
  );

  test('API-3 each route answers the request that the document shows for it as described', async () => {
    const { accountId, instanceId } = await buy({ accountId: 'acc_examples' });
    const [me, operator] = [t.customer(accountId), t.operator()];
    const ofMine = { by: me };
    const another = async () => ({ quoteId: (await quoteOf(await buy({ accountId }))).quoteId as string });
    const reviewed = async () => (await reviewing())[0]!;
    await t.publish({ type: 'product.published', data: { product: productFacts } });
    const given = await buy({ accountId });
    await t.publish(reserved(given, (await requested(given)).refundId));
    await t.settled();
    expect(
      await flawsOfExamples(t, {
        quoteRefund: () => ({ by: me, ids: { instanceId } }),
        getQuote: () => ofMine,
        listRefundableProducts: () => ofMine,
        listRefundableResources: () => ofMine,
        requestRefund: async () => ({ by: me, ids: await another() }),
        getRefund: () => ofMine,
        listRefunds: () => ofMine,
        approveRefund: async () => ({ by: operator, ids: { refundId: (await reviewed()).refundId } }),
        rejectRefund: async () => ({ by: operator, ids: { refundId: (await reviewed()).refundId } }),
        withdrawRefund: async () => {
          const { refundId, accountId: theirs } = await reviewed();
          return { by: t.customer(theirs), ids: { refundId } };
        },
        retryRefund: async () => ({ by: operator, ids: { refundId: await failedPayout() } }),
        getBalance: () => ({ by: me, ids: { accountId } }),
        getStatement: () => ({ by: me, ids: { accountId } }),
      }),
    ).toEqual([]);
  });

  test('bad input gets a clear problem on every route, and stores nothing', async () => {
    await t.settled();
    expect(await flawsUnderBadInput(t)).toEqual([]);
  });
});

describe('with the rules of alibaba', () => {
  beforeAll(async () => {
    t = await start(loadProfile('alibaba'));
  });
  afterAll(() => t?.stop());

  test('RFD-3 an official contract is voided by the customer, a draft deleted; packages have five days', async () => {
    const remedies: string[] = [];
    for (const status of ['draft', 'official'] as const) {
      const contractId = `ctr_${status}`;
      await t.publish({
        type: 'contract.drafted',
        data: { contract: contractOf(contractId, `acc_${made + 1}`, status) },
      });
      const bought = await buy({ order: { hold: { kind: 'contract', id: contractId } } });
      remedies.push((await quoteOf(bought)).instances[0].reasons[0].remedy);
    }
    expect(remedies).toEqual(['delete_contract', 'void_contract']);
    const aPackage = await buy({
      order: { chargeType: 'package', productForm: 'usage_package' },
      resource: { inEffect: false },
    });
    expect((await quoteOf(aPackage)).instances[0].reasons).toMatchObject([
      { code: 'PACKAGE_WINDOW_PASSED' },
      { code: 'ZERO_AMOUNT' },
    ]);
  });
});
