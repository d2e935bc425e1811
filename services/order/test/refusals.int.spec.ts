import { randomUUID } from 'node:crypto';
import { loadProfile } from '@accord/profile';
import type { Client, Reply } from '@accord/testing';
import { exportProblems } from '../src/http/export-problems.ts';
import { problems } from '../src/http/problems.ts';
import { remittanceProblems } from '../src/http/remittance-problems.ts';
import { orderService } from '../src/service.ts';
import {
  answersTo,
  anOrder,
  aPayment,
  aProduct,
  aRefund,
  cny,
  customer,
  day,
  instance,
  key,
  later,
  month,
  openShop,
  pay,
  place,
  placeAndPay,
  refundSays,
  tellAccount,
} from './fixtures.ts';

// Every refusal of this service, provoked in both languages (API-16).

const baidu = loadProfile('baidu');
const inDollars = { ...baidu.invoicingEntities[0]!, code: 'baidu_global', currency: 'USD' };
const profile = { ...baidu, invoicingEntities: [...baidu.invoicingEntities, inDollars] };
const mostExported = 3;
/** Jobs of exports are written only while they may. */
let mayWrite = true;
const t = await openShop((context) => {
  const service = orderService({ profile, mostExported }, context);
  const workers = service.workers.map((worker) =>
    worker.name === 'exporting'
      ? {
          ...worker,
          due: async (...ask: Parameters<typeof worker.due>) => (mayWrite ? worker.due(...ask) : []),
        }
      : worker,
  );
  return { ...service, workers };
});

type Headers = Record<string, string>;
/** A request that is refused, in the language of its headers. */
type Refused = (headers: Headers) => Promise<Reply>;

const price = (amount: string, change: object = {}) => ({
  chargeType: 'subscription',
  amount,
  currency: 'CNY',
  unit: 'month',
  ...change,
});
const aPlan = (code: string, amount: string, change: object = {}) => ({
  code,
  name: { 'zh-CN': `规格 ${code}`, en: `Size ${code}` },
  configuration: [{ name: 'CPU', value: code }],
  prices: [price(amount)],
  ...change,
});
const byUse = { chargeType: 'pay_as_you_go', unit: 'minute' };
const vm = {
  plans: [
    aPlan('small', '45.00'),
    aPlan('large', '138.00', { prices: [price('138.00'), price('0.00200000', byUse)] }),
    aPlan('old', '20.00', { onSale: false }),
  ],
};
const sell = async (code: string, change: object = {}) => {
  const { status } = await t.operator().put(`/v1/products/${code}`, aProduct(change));
  expect([200, 201]).toContain(status);
};
const selling = (code: string, change: object): Refused => {
  const product = aProduct(change);
  return (headers) => t.operator().put(`/v1/products/${code}`, product, headers);
};
beforeAll(() => sell('VM', vm));

const placing =
  (change: object, by: Client = customer(t, 'acc_1')): Refused =>
  (headers) =>
    by.post('/v1/orders', anOrder(change), headers);
const getting =
  (path: string, by: Client = customer(t, 'acc_1')): Refused =>
  (headers) =>
    by.get(path, headers);
const posting =
  (path: string, body?: object, by: Client = customer(t, 'acc_1')): Refused =>
  (headers) =>
    by.post(path, body, { ...key(), ...headers });
const reporting =
  (instanceId: string, body: object): Refused =>
  (headers) =>
    t.platform().put(`/v1/resources/${instanceId}`, body, headers);

/** An instance of this account that runs. */
async function owned(change: object = {}, { of = instance(`i-${randomUUID()}`), amount = '45.00' } = {}) {
  const { body } = await placeAndPay(t, 'acc_1', change, [of], amount);
  return { instanceId: of.instanceId, orderId: body.orderId as string };
}
const onPlan = (plan: string, amount: string, of = instance(`i-${randomUUID()}`)) =>
  owned({ productCode: 'VM', plan }, { of, amount });
const changing = (orderType: string, instanceIds: string[], change: object = {}) =>
  placing({
    productCode: 'VM',
    orderType,
    instanceIds,
    count: instanceIds.length,
    configuration: [],
    ...(orderType.endsWith('grade') && { duration: null }),
    ...change,
  });
const domain = (change: object = {}) => ({
  productCode: 'DOMAIN_COM',
  serviceType: 'registration',
  duration: { value: 1, unit: 'year' },
  ...change,
});
const upgradeBefore = async (beforeEnd: number) => {
  const { instanceId } = await onPlan('small', '45.00');
  t.clock.offsetMs = Date.parse(month.end) - Date.now() - beforeEnd;
  return changing('upgrade', [instanceId], { plan: 'large' });
};
const freeze = (instanceId: string) =>
  t.platform().put(`/v1/resources/${instanceId}`, {
    reportVersion: 1,
    start: month.start,
    end: month.end,
    frozenBy: 'police',
  });

/** An account with a certified name of its own. */
async function anAccount(certifiedName: string | null = '某某有限公司') {
  const accountId = `acc_${randomUUID()}`;
  await tellAccount(t, accountId, { certifiedName });
  return accountId;
}
const anExport = async (by: Client) => (await by.post('/v1/exports', {}, key())).body.exportId as string;
const cancelledExport = async () => {
  const me = customer(t, await anAccount());
  const exportId = await anExport(me);
  await me.post(`/v1/exports/${exportId}/cancel`);
  return { me, exportId };
};
/** A job that waits for its turn. */
const waitingExport = async () => {
  mayWrite = false;
  const me = customer(t, await anAccount());
  return { me, exportId: await anExport(me) };
};
afterEach(() => void (mayWrite = true));

const aTransfer = (change: object = {}) => ({
  bankReference: `CMB-${randomUUID()}`,
  amount: cny('45.00'),
  payerName: '某某有限公司',
  receivedAt: '2026-01-10T03:00:00.000Z',
  ...change,
});
const claiming = (accountId: string, target: object, transfer = aTransfer()): Refused => {
  const { bankReference, amount } = transfer;
  return posting('/v1/remittance-claims', { bankReference, amount, ...target }, customer(t, accountId));
};

const cases: Readonly<Record<string, () => Refused | Promise<Refused>>> = {
  'order.product_unknown': () => placing({ productCode: 'NOPE' }),
  'order.product_withdrawn': async () => {
    await sell('GONE');
    await sell('GONE', { onSale: false });
    return placing({ productCode: 'GONE' });
  },
  'order.not_renewable': async () => {
    await sell('LAST');
    const { instanceId } = await owned({ productCode: 'LAST' });
    await sell('LAST', { onSale: false, renewable: false });
    return placing({ productCode: 'LAST', orderType: 'renewal', instanceIds: [instanceId] });
  },
  'order.charge_type_not_offered': () => placing({ chargeType: 'one_time', duration: null }),
  'order.bill_type_mismatch': () => placing({ billType: 'postpay' }),
  'order.duration_required': () => placing({ duration: null }),
  'order.duration_not_allowed': () => placing({ billType: 'postpay', chargeType: 'pay_as_you_go' }),
  'order.duration_not_offered': () => placing({ duration: { value: 5, unit: 'minute' } }),
  'order.price_missing': () =>
    placing({
      productCode: 'VM',
      plan: 'small',
      billType: 'postpay',
      chargeType: 'pay_as_you_go',
      duration: null,
    }),
  'order.service_type_misfit': () => placing({ serviceType: 'renewal' }),
  'order.service_type_not_offered': () => placing(domain({ serviceType: 'transfer_in' })),
  'order.instance_not_allowed': () => placing({ instanceIds: ['i-x'] }),
  'order.instance_required': () => placing({ orderType: 'renewal' }),
  'order.instance_unknown': () => placing({ orderType: 'renewal', instanceIds: ['i-nowhere'] }),
  'order.instance_busy': async () => {
    const { instanceId } = await owned();
    await place(t, 'acc_1', { orderType: 'renewal', instanceIds: [instanceId] });
    return placing({ orderType: 'renewal', instanceIds: [instanceId] });
  },
  'order.held_by_refund': async () => {
    const { instanceId } = await owned();
    const refundId = `rfd_${randomUUID()}`;
    await refundSays(t, 'refund.requested', aRefund(refundId, [instanceId]), { sideEffects: [] });
    await answersTo(t, refundId);
    return placing({ orderType: 'renewal', instanceIds: [instanceId] });
  },
  'order.count_mismatch': async () => {
    const { instanceId } = await owned();
    return placing({ orderType: 'renewal', instanceIds: [instanceId], count: 2 });
  },
  'order.count_too_large': () => placing({ count: 101 }),
  'order.amount_too_small': async () => {
    await sell('CRUMB', { chargeTypes: ['subscription'], prices: [price('0.001')] });
    return placing({ productCode: 'CRUMB' });
  },
  'order.amount_too_large': async () => {
    await sell('PALACE', { chargeTypes: ['subscription'], prices: [price('999999999')] });
    return placing({ productCode: 'PALACE', count: 100, duration: { value: 36, unit: 'month' } });
  },
  // A product outlives an invoicing entity that the provider takes out of his profile.
  'order.entity_unknown': async () => {
    await sell('ORPHAN');
    await t.sql(`update products set invoicing_entity = 'closed' where product_code = 'ORPHAN'`);
    return placing({ productCode: 'ORPHAN' });
  },
  'order.currency_mismatch': () => placing({ productAmount: { amount: '45.00', currency: 'USD' } }),
  'order.mixed_currencies': async () => {
    await sell('GLOBAL', {
      invoicingEntity: 'baidu_global',
      chargeTypes: ['subscription'],
      prices: [price('9', { currency: 'USD' })],
    });
    const bundled = { accountId: 'acc_1', bundleId: `bdl_${randomUUID()}` };
    expect((await t.operator().post('/v1/orders', anOrder(bundled))).status).toBe(201);
    return placing({ ...bundled, productCode: 'GLOBAL' }, t.operator());
  },
  'order.amount_mismatch': () => placing({ productAmount: cny('44.99') }),
  'order.discount_misfit': () => placing({ accountId: 'acc_1', discountAmount: cny('45.01') }, t.operator()),
  'order.terms_by_provider': () => placing({ free: true }),
  'order.compensation_by_operators': () => placing({ orderType: 'compensation', instanceIds: ['i-x'] }),

  'order.plan_required': () => placing({ productCode: 'VM' }),
  'order.plan_not_allowed': async () => {
    const { instanceId } = await onPlan('small', '45.00');
    return changing('renewal', [instanceId], { plan: 'large' });
  },
  'order.plan_unknown': () => placing({ productCode: 'VM', plan: 'none' }),
  'order.plan_withdrawn': () => placing({ productCode: 'VM', plan: 'old' }),
  'order.plan_unchanged': async () => {
    const { instanceId } = await onPlan('small', '45.00');
    return changing('upgrade', [instanceId], { plan: 'small' });
  },
  'order.not_an_upgrade': async () => {
    const { instanceId } = await onPlan('large', '138.00');
    return changing('upgrade', [instanceId], { plan: 'small' });
  },
  'order.not_a_downgrade': async () => {
    const { instanceId } = await onPlan('small', '45.00');
    return changing('downgrade', [instanceId], { plan: 'large' });
  },
  'order.too_late_to_upgrade': () => upgradeBefore(day - 60_000),
  'order.no_running_period': () => upgradeBefore(-60_000),
  'order.instances_differ': async () => {
    const small = await onPlan('small', '45.00');
    const large = await onPlan('large', '138.00');
    return changing('renewal', [small.instanceId, large.instanceId]);
  },
  'order.instance_frozen': async () => {
    const { instanceId } = await onPlan('small', '45.00');
    expect((await freeze(instanceId)).status).toBe(200);
    return changing('upgrade', [instanceId], { plan: 'large' });
  },
  'order.instance_billed_otherwise': async () => {
    const { instanceId } = await onPlan('small', '45.00');
    return changing('upgrade', [instanceId], {
      plan: 'large',
      billType: 'postpay',
      chargeType: 'pay_as_you_go',
    });
  },
  'product.plan_removed': () => selling('VM', { plans: vm.plans.slice(1) }),

  'order.not_found': () => getting('/v1/orders/ord_none'),
  'order.not_cancellable': async () => {
    const { orderId } = await owned();
    return posting(`/v1/orders/${orderId}/cancel`, { reason: 'unwanted' });
  },
  'order.not_a_domain': async () => {
    const { orderId } = await place(t, 'acc_1');
    return posting(`/v1/orders/${orderId}/domain-taken`, {}, t.platform());
  },
  'order.configuration_unchanged': async () => {
    const { instanceId } = await owned();
    return placing({ orderType: 'configuration_change', instanceIds: [instanceId] });
  },
  'order.instance_paid': async () => {
    const { instanceId } = await owned();
    const configuration = [{ name: 'CPU', value: '4 核' }];
    return placing({ orderType: 'configuration_change', instanceIds: [instanceId], configuration });
  },
  'order.no_checklist': async () => getting(`/v1/orders/${(await place(t, 'acc_1')).orderId}/checklist`),
  'order.not_payable': async () => {
    const { orderId } = await owned();
    return posting(`/v1/orders/${orderId}/payments`, aPayment(), t.platform());
  },
  'order.payment_mismatch': async () => {
    const { orderId } = await place(t, 'acc_1');
    return posting(`/v1/orders/${orderId}/payments`, aPayment('44.99'), t.platform());
  },
  'payment.reference_used': async () => {
    const [{ orderId }, other] = [await place(t, 'acc_1'), await place(t, 'acc_1')];
    const payment = aPayment();
    expect((await pay(t, orderId, payment)).status).toBe(201);
    return posting(`/v1/orders/${other.orderId}/payments`, payment, t.platform());
  },
  'order.not_fulfillable': async () => {
    const { orderId } = await place(t, 'acc_1');
    const report = { outcome: 'created', instances: [instance('i-early')] };
    return posting(`/v1/orders/${orderId}/fulfilment`, report, t.platform());
  },
  'order.fulfilment_misfit': async () => {
    const { orderId } = await place(t, 'acc_1');
    await pay(t, orderId);
    const report = { outcome: 'created', instances: [instance('i-long', { end: later(month.end, 5) })] };
    return posting(`/v1/orders/${orderId}/fulfilment`, report, t.platform());
  },
  'order.range_too_wide': () => getting('/v1/orders?from=2024-01-01&to=2025-06-30'),
  'resource.not_found': () => getting('/v1/resources/i-nowhere'),
  'resource.order_required': () => reporting('i-nowhere', { reportVersion: 1 }),
  'resource.taken': async () => {
    const { instanceId } = await owned();
    const { orderId } = await place(t, 'acc_5');
    await pay(t, orderId);
    const report = { outcome: 'created', instances: [instance(instanceId)] };
    return posting(`/v1/orders/${orderId}/fulfilment`, report, t.platform());
  },
  'product.not_found': () => getting('/v1/products/NOPE'),
  'product.entity_unknown': () => selling('NEW', { invoicingEntity: 'nobody' }),
  'product.price_misfit': () => selling('NEW', { prices: [price('45', { currency: 'USD' })] }),

  'export.not_found': () => getting('/v1/exports/exp_none'),
  'export.already_running': async () => posting('/v1/exports', {}, (await waitingExport()).me),
  'export.too_many_files': async () => {
    const me = customer(t, await anAccount());
    for (let n = 0; n < 10; n += 1)
      expect((await me.post('/v1/exports', {}, { ...key(), prefer: 'wait=10' })).body.status).toBe('ready');
    return posting('/v1/exports', {}, me);
  },
  'export.too_many_rows': async () => {
    const accountId = await anAccount();
    for (let n = 0; n <= mostExported; n += 1) await place(t, accountId);
    return posting('/v1/exports', {}, customer(t, accountId));
  },
  'export.not_ready': async () => {
    const { me, exportId } = await waitingExport();
    return getting(`/v1/exports/${exportId}/file`, me);
  },
  'export.file_gone': async () => {
    const { me, exportId } = await cancelledExport();
    return getting(`/v1/exports/${exportId}/file`, me);
  },
  'export.ended': async () => {
    const { me, exportId } = await cancelledExport();
    return posting(`/v1/exports/${exportId}/cancel`, undefined, me);
  },

  'remittance.not_found': () => getting('/v1/remittances/rem_none', t.operator()),
  'remittance.claim_not_found': () => getting('/v1/remittance-claims/clm_none'),
  'remittance.reference_used': async () => {
    const transfer = aTransfer();
    expect((await t.platform().post('/v1/remittances', transfer, key())).status).toBe(201);
    return posting('/v1/remittances', { ...transfer, amount: cny('45.01') }, t.platform());
  },
  'remittance.name_not_certified': async () => {
    const accountId = await anAccount(null);
    return claiming(accountId, { orderId: (await place(t, accountId)).orderId });
  },
  'remittance.contract_not_held': async () => claiming(await anAccount(), { contractId: 'ctr_none' }),
  'remittance.claimed_before': async () => {
    const accountId = await anAccount();
    const transfer = aTransfer();
    expect((await t.platform().post('/v1/remittances', transfer, key())).status).toBe(201);
    const { orderId } = await place(t, accountId);
    expect((await claiming(accountId, { orderId }, transfer)({})).body.status).toBe('paid');
    return claiming(accountId, { orderId: (await place(t, accountId)).orderId }, transfer);
  },
  'remittance.too_many_attempts': async () => {
    const accountId = await anAccount();
    const { orderId } = await place(t, accountId);
    for (let n = 0; n < 10; n += 1) expect((await claiming(accountId, { orderId })({})).status).toBe(202);
    return claiming(accountId, { orderId });
  },
};

test('API-16 every refusal of this service is provoked here', () => {
  expect(Object.keys(cases).sort()).toEqual(
    Object.keys({ ...problems, ...exportProblems, ...remittanceProblems }).sort(),
  );
});

const chinese = /\p{Script=Han}/u;

test.each(Object.keys(cases))('API-16 %s says why in English and in Chinese', async (code) => {
  const refused = await cases[code]!();
  const english = await refused({ 'accept-language': 'en' });
  const inChinese = await refused({ 'accept-language': 'zh-CN' });
  expect(english.body.code).toBe(code);
  expect(inChinese).toMatchObject({ status: english.status, body: { code } });
  expect([403, 404, 409, 422]).toContain(english.status);
  for (const [reply, isChinese] of [
    [english, false],
    [inChinese, true],
  ] as const) {
    const { title, detail } = reply.body;
    expect([title, chinese.test(title)]).toEqual([title, isChinese]);
    expect(detail).not.toMatch(/\{\w+\}|undefined|null|\[object/);
    expect(reply.headers.get('content-language')).toBe(isChinese ? 'zh-CN' : 'en');
  }
  expect(chinese.test(inChinese.body.detail)).toBe(true);
});
