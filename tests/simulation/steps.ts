import { createHash } from 'node:crypto';
import type { Actor, Tx } from '@accord/core';
import type { ServiceName } from '@accord/events/services';
import { exactly, isZero, money, roundHalfUp, subtract, sum, type Money } from '@accord/money';
import { calendarEnd } from '@accord/profile';
import type { KnownOrder, WorkerName, SystemModel } from './system-model.ts';

/**
 * One step of a run, as a script writes it down. It names what earlier steps made (`o1` an order, `o1.2` its
 * second instance, `c1` a contract, `q1` a quote, `r1` a refund); where a shrunk script left that out, the
 * step does nothing.
 */
export type Step =
  | (Upset & {
      readonly do: 'place';
      readonly as: string;
      readonly product: ProductCode;
      readonly count: number;
    })
  | (Upset & { readonly do: 'renew'; readonly as: string; readonly instances: readonly string[] })
  | (Upset & {
      readonly do: 'change plan';
      readonly as: string;
      readonly instances: readonly string[];
      readonly plan: PlanCode;
    })
  | (Upset & { readonly do: 'export' })
  | (Upset & { readonly do: 'pay' | 'cancel' | 'fulfil' | 'fulfil in part' | 'fail'; readonly order: string })
  | (Upset & {
      readonly do: 'transfer';
      readonly as: string;
      readonly order: string;
      readonly amount: 'due' | 'less';
      /** Another payer than the account. */
      readonly stranger?: true;
    })
  | (Upset & { readonly do: 'claim'; readonly transfer: string; readonly order: string })
  | (Upset & {
      readonly do: 'report';
      readonly instance: string;
      readonly says: Said;
      /** Under a version before the newest that was told of it. */
      readonly late?: true;
    })
  | (Upset & { readonly do: 'issue'; readonly bill: string; readonly of: ProductCode })
  | { readonly do: 'correct' | 'withdraw bill'; readonly bill: string }
  | (Upset & {
      readonly do: 'apply';
      readonly as: string;
      readonly orders: readonly string[];
      readonly bills?: readonly string[];
    })
  | (Upset & { readonly do: 'finalize' | 'void'; readonly contract: string })
  | (Upset & { readonly do: 'void by ticket'; readonly contract: string })
  | (Upset & {
      readonly do: 'submit';
      readonly as: string;
      readonly kind: TicketKind;
      /** Names of orders, or one of a contract. */
      readonly about: readonly string[];
    })
  | (Upset & {
      readonly do: 'decide';
      readonly ticket: string;
      readonly how: 'approve' | 'decline' | 'take back';
    })
  | (Upset & {
      readonly do: 'record';
      readonly as: string;
      /** A ticket's name, or those of orders that it is recorded for without one. */
      readonly for: readonly string[];
      readonly number: string;
    })
  | (Upset & {
      readonly do: 'quote';
      readonly as: string;
      readonly instances: readonly string[];
      /** Of the renewals that have not begun, and the instances stay (RFD-9). */
      readonly renewalOnly?: true;
    })
  | (Upset & { readonly do: 'refund'; readonly as: string; readonly quote: string })
  | (Upset & { readonly do: 'approve' | 'reject' | 'withdraw' | 'retry'; readonly refund: string })
  | { readonly do: 'payout fails'; readonly refund: string }
  | {
      readonly do: 'money arrives';
      readonly as: string;
      readonly order: string;
      readonly amount: 'due' | 'less';
    }
  | { readonly do: 'work'; readonly worker: WorkerName; readonly dies?: true }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'catch up' }
  | {
      readonly do: 'deliver';
      readonly to: ServiceName;
      readonly events: readonly { readonly topic: string; readonly about: string }[];
      readonly dies?: true;
    }
  | {
      readonly do: 'rewind';
      readonly to: ServiceName;
      readonly topic: string;
      readonly about: string;
      readonly forgotten?: true;
    };

/**
 * Told of an instance: it began later, ends sooner or later than was told before, it is frozen, it is free again, or
 * it was released.
 */
type Said = 'began later' | 'ends sooner' | 'ends later' | 'frozen' | 'free' | 'released';

/**
 * `dies`: before its commit, then sent again; `twice`: sent again although it was answered. Under one
 * idempotency key.
 */
interface Upset {
  readonly dies?: true;
  readonly twice?: true;
}

export type TicketKind = 'extra_terms' | 'physical_seal' | 'offline_contract';
type ProductCode = 'BCC' | 'RDS';
type PlanCode = 'small' | 'large';

const price = (amount: string) => [{ chargeType: 'subscription', amount, currency: 'CNY', unit: 'month' }];
const plan = (code: PlanCode, amount: string) => ({
  code,
  name: { 'zh-CN': code, en: code },
  configuration: [],
  prices: price(amount),
  onSale: true,
});
const product = (name: string, more: object) => ({
  name: { 'zh-CN': name, en: name },
  category: 'COMPUTE',
  brand: 'baidu',
  form: 'instance',
  chargeTypes: ['subscription'],
  serviceTypes: [],
  onSale: true,
  contractable: true,
  refundable: true,
  termsUrl: null,
  ...more,
});

const entities = { BCC: 'baidu_netcom', RDS: 'baidu_cloud' } as const satisfies Record<ProductCode, string>;

/** Of two invoicing entities, so that an application over both is split; one has plans. */
const products = {
  BCC: product('BCC', {
    invoicingEntity: entities.BCC,
    prices: price('660.00'),
    plans: [plan('small', '660.00'), plan('large', '990.00')],
  }),
  RDS: product('RDS', { invoicingEntity: entities.RDS, prices: price('1680.00') }),
} satisfies Record<ProductCode, object>;

const customer = ({ accountId }: SystemModel): Actor => ({ kind: 'customer', id: 'usr_1', accountId });
export const operator: Actor = { kind: 'operator', id: 'op_1' };
const platform: Actor = { kind: 'platform', id: 'billing' };

/** Published once for all runs: products belong to no account. */
export async function publishCatalogue(model: SystemModel): Promise<void> {
  for (const [productCode, body] of Object.entries(products)) {
    await model.command({
      by: operator,
      method: 'put',
      path: '/v1/products/{productCode}',
      params: { productCode },
      body,
    });
  }
  await model.settle();
}

const certifiedName = '某某科技有限公司';

/** The file of every contract that a run records: only its hash is looked at. */
const paper = Buffer.from('%PDF-1.7 on paper');
const paperHash = createHash('sha256').update(paper).digest('hex');

/** The account of a run: certified, so that it may have contracts, and with a signed file. */
export async function openAccount(model: SystemModel): Promise<void> {
  const { accountId } = model;
  const body = {
    version: 1,
    certifiedName,
    certificate: '91110000000000000X',
    invoiceTitle: '某某科技有限公司',
  };
  await model.command({
    by: platform,
    method: 'put',
    path: '/v1/accounts/{accountId}',
    params: { accountId },
    body,
  });
  // As its route stores it, which takes no JSON.
  await model.environment.sql(
    `insert into contracts.offline_files (account_id, sha256, file, stored_at) values ($1, $2, $3, now())`,
    [accountId, paperHash, paper],
  );
}

/** True where the service accepted it; what it refuses is no failure. */
type Accepted = boolean;

export async function take(model: SystemModel, step: Step): Promise<Accepted> {
  switch (step.do) {
    case 'deliver':
      return model.deliver(step.to, step.events, step);
    case 'rewind':
      await model.rewind(step.to, step.topic, step.about, step);
      return true;
    case 'work':
      return (await model.work(step.worker, step)) > 0;
    case 'catch up':
      return (await model.catchUp()) > 0;
    case 'wait':
      model.wait(step.ms);
      return true;
    case 'payout fails':
      return failPayout(model, step.refund);
    case 'money arrives':
      return tellPayment(model, step);
    case 'correct':
    case 'withdraw bill':
      return tellBill(model, step);
    default:
      return command(model, step);
  }
}

type CommandStep = Exclude<
  Step,
  {
    do:
      | 'deliver'
      | 'catch up'
      | 'rewind'
      | 'work'
      | 'wait'
      | 'payout fails'
      | 'money arrives'
      | 'correct'
      | 'withdraw bill';
  }
>;
/** One of a route's own; voiding by ticket takes two. */
type RouteStep = Exclude<CommandStep, { do: 'void by ticket' }>;

/** Undefined where it names what is not there. */
type Ask = Omit<Parameters<SystemModel['command']>[0], 'dies' | 'twice'> | undefined;

async function command(model: SystemModel, step: CommandStep): Promise<Accepted> {
  if (step.do === 'void by ticket') return voidByTicket(model, step);
  const ask = askOf(model, step);
  if (!ask) return false;
  const reply = await model.command({
    ...ask,
    ...(step.dies && { dies: true }),
    ...(step.twice && { twice: true }),
  });
  model.lastCommand = '';
  if (!('body' in reply)) return false;
  model.lastCommand = step.do;
  remember(model, step, reply.body);
  return true;
}

/** Keeps what the client knows from now on, and what must be found at the end (EVT-35). */
function remember(model: SystemModel, step: RouteStep, body: Record<string, unknown>): void {
  const accept = (what: string, ...ids: (string | undefined)[]) =>
    ids.forEach((id) => id && model.accepted.push({ what, id }));
  switch (step.do) {
    case 'place':
      rememberOrder(model, step.as, {
        product: step.product,
        instances: newInstances(model, step),
        gives: 'new',
        body,
      });
      return accept('order', body['orderId'] as string);
    case 'renew':
      rememberOrder(model, step.as, {
        product: model.productOf(step.instances[0]!)!,
        instances: idsOf(model, step.instances),
        gives: 'more time',
        body,
      });
      return accept('order', body['orderId'] as string);
    case 'change plan':
      rememberOrder(model, step.as, {
        product: 'BCC',
        instances: idsOf(model, step.instances),
        gives: 'another plan',
        body,
      });
      return accept('order', body['orderId'] as string);
    case 'export':
      return accept('export', body['exportId'] as string);
    case 'pay':
      return accept('payment', body['paymentReference'] as string);
    case 'transfer':
      return void model.transfers.push(step.as);
    case 'claim':
      return body['status'] === 'paid'
        ? accept('payment', `${body['remittanceId'] as string}:${model.idOf(step.order)}`)
        : undefined;
    case 'fulfil':
      rememberEnds(model, body['instances'] as Told[]);
      return accept('created order', model.idOf(step.order));
    case 'fulfil in part':
      // Of instances that are there it takes effect with the last one.
      return model.orders.get(step.order)!.gives === 'new'
        ? rememberEnds(model, body['instances'] as Told[])
        : undefined;
    case 'report':
      return rememberReport(model, body as unknown as Told & Reported);
    case 'cancel':
    case 'fail':
      return accept(step.do === 'cancel' ? 'cancelled order' : 'voided order', model.idOf(step.order));
    case 'issue':
      model.bills.set(step.bill, { version: 1, status: 'unpaid' });
      return accept('bill', body['billId'] as string);
    case 'apply': {
      const made = (body['data'] as { contractId: string }[]).map(({ contractId }) => contractId);
      model.contracts.push(...made.map(model.nameOf));
      return accept('contract', ...made);
    }
    case 'void':
      return accept('voided contract', model.idOf(step.contract));
    case 'submit':
      model.tickets.push(step.as);
      return accept('ticket', body['ticketId'] as string);
    case 'decide':
      return accept(`${body['status'] as string} ticket`, model.idOf(step.ticket));
    case 'record':
      model.contracts.push(step.as);
      return accept('contract', body['contractId'] as string);
    case 'quote':
      return void model.quotes.push(step.as);
    case 'refund':
      model.refunds.push(step.as);
      return accept('refund', body['refundId'] as string);
    case 'withdraw':
    case 'reject':
      return accept(step.do === 'withdraw' ? 'withdrawn refund' : 'rejected refund', model.idOf(step.refund));
    default:
      return undefined;
  }
}

interface Told {
  readonly instanceId: string;
  readonly end: string | null;
}
const rememberEnds = (model: SystemModel, told: readonly Told[]): void =>
  told.forEach(({ instanceId, end }) => end && model.ends.set(instanceId, new Date(end)));

type Reported = { readonly reportVersion: number; readonly frozenBy: string | null };
/** The newest report that was answered; one that came late is answered with that. */
function rememberReport(model: SystemModel, told: Told & Reported): void {
  rememberEnds(model, [told]);
  const { instanceId, reportVersion, frozenBy } = told;
  if (reportVersion > (model.reported.get(instanceId)?.reportVersion ?? 0))
    model.reported.set(instanceId, { reportVersion, frozenBy });
}

/** The instances that fulfilment will give, named after the order. */
function newInstances(model: SystemModel, { as, count }: { as: string; count: number }): string[] {
  return Array.from({ length: count }, (_, i) => {
    const id = `ins_${as}x${i + 1}`;
    model.call(`${as}.${i + 1}`, id);
    return id;
  });
}

function rememberOrder(
  model: SystemModel,
  name: string,
  { body, ...order }: Omit<KnownOrder, 'amount'> & { body: Record<string, unknown> },
): void {
  model.orders.set(name, { ...order, amount: body['payableAmount'] as Money });
}

function askOf(model: SystemModel, step: RouteStep): Ask {
  switch (step.do) {
    case 'place':
    case 'renew':
    case 'change plan':
      return askOrder(model, step);
    case 'export':
      return { by: customer(model), method: 'post', path: '/v1/exports', body: {} };
    case 'pay':
    case 'cancel':
    case 'fulfil':
    case 'fulfil in part':
    case 'fail':
      return askAboutOrder(model, step);
    case 'transfer':
    case 'claim':
      return askTransfer(model, step);
    case 'report':
      return askReport(model, step);
    case 'issue':
      return askBill(model, step);
    case 'apply':
      return askContract(model, step);
    case 'finalize':
    case 'void':
      return askAboutContract(model, step);
    case 'submit':
      return askTicket(model, step);
    case 'decide':
      return askAboutTicket(model, step);
    case 'record':
      return askRecording(model, step);
    case 'quote':
    case 'refund':
      return askRefund(model, step);
    default:
      return askAboutRefund(model, step);
  }
}

const idsOf = (model: SystemModel, names: readonly string[]) =>
  names.flatMap((name) => model.idOf(name) ?? []);

/** Terms are the same for all: a month, at the list price. */
const month = { unit: 'month', value: 1 } as const;
const terms = { billType: 'prepay', chargeType: 'subscription', duration: month };

function askOrder(
  model: SystemModel,
  step:
    | Extract<Step, { do: 'place' }>
    | Extract<Step, { do: 'renew' }>
    | Extract<Step, { do: 'change plan' }>,
): Ask {
  const onAnswer = ({ orderId }: Record<string, unknown>) => model.call(step.as, orderId as string);
  const ask = { by: customer(model), method: 'post', path: '/v1/orders', onAnswer } as const;
  if (step.do === 'place') {
    const ofPlan = step.product === 'BCC' && { plan: 'small' };
    return { ...ask, body: { ...terms, productCode: step.product, count: step.count, ...ofPlan } };
  }
  const instanceIds = idsOf(model, step.instances);
  const isKnown = instanceIds.length === step.instances.length;
  if (step.do === 'change plan') {
    const { plan: wanted } = step;
    const orderType = wanted === 'large' ? 'upgrade' : 'downgrade';
    const change = { ...terms, duration: null, productCode: 'BCC', orderType, plan: wanted };
    return isKnown ? { ...ask, body: { ...change, instanceIds, count: instanceIds.length } } : undefined;
  }
  const productCode = model.productOf(step.instances[0] ?? '');
  if (!isKnown || !productCode) return undefined;
  return {
    ...ask,
    body: { ...terms, orderType: 'renewal', productCode, instanceIds, count: instanceIds.length },
  };
}

/** Purchases and renewals cost more; what changes a plan is paid in cash. */
const voucher = money('60', 'CNY');
/** Odd parts of a payment, so that halves of them do not come out even (RFD-11). */
const giftCredit = money('7.77', 'CNY');
const storedCard = money('0.01', 'CNY');

function askAboutOrder(model: SystemModel, { do: verb, order: name }: Extract<Step, { order: string }>): Ask {
  const orderId = model.idOf(name);
  const order = model.orders.get(name);
  if (!orderId || !order) return undefined;
  const about = { method: 'post', params: { orderId } } as const;
  if (verb === 'cancel')
    return {
      ...about,
      by: customer(model),
      path: '/v1/orders/{orderId}/cancel',
      body: { reason: 'no longer needed' },
    };
  if (verb === 'pay') {
    const beside = sum([voucher, giftCredit, storedCard], 'CNY');
    const parts =
      order.gives === 'another plan'
        ? { cash: order.amount }
        : { cash: subtract(order.amount, beside), giftCredit, storedCard, voucher };
    return {
      ...about,
      by: platform,
      path: '/v1/orders/{orderId}/payments',
      body: { paymentReference: `pay-${name}`, parts },
    };
  }
  const path = '/v1/orders/{orderId}/fulfilment';
  if (verb === 'fail')
    return { ...about, by: platform, path, body: { outcome: 'failed', reason: 'out of stock' } };
  const given = verb === 'fulfil in part' ? order.instances.slice(0, 1) : order.instances;
  const start = (instanceId: string) =>
    (order.gives === 'more time' ? model.ends.get(instanceId) : undefined) ?? model.now();
  const instances = given.map((instanceId) => ({
    instanceId,
    ...(order.gives !== 'another plan' && monthFrom(start(instanceId))),
  }));
  return { ...about, by: platform, path, body: { outcome: 'created', instances } };
}

/** A tenth of what is due. */
const lessThan = (due: Money): Money => roundHalfUp(exactly(due).div(10), due.currency);

/** ORD-21: the bank reports a transfer, a customer claims one, in this order or the other. */
function askTransfer(model: SystemModel, step: Extract<Step, { do: 'transfer' | 'claim' }>): Ask {
  const orderId = model.idOf(step.order);
  const order = model.orders.get(step.order);
  if (!orderId || !order || isZero(order.amount)) return undefined; // a bank transfers something
  if (step.do === 'claim')
    return {
      by: customer(model),
      method: 'post',
      path: '/v1/remittance-claims',
      body: { bankReference: `bank-${step.transfer}`, amount: order.amount, orderId },
    };
  const amount = step.amount === 'due' ? order.amount : lessThan(order.amount);
  return {
    by: platform,
    method: 'post',
    path: '/v1/remittances',
    body: {
      bankReference: `bank-${step.as}`,
      amount,
      payerName: step.stranger ? '另一公司' : certifiedName,
      receivedAt: model.now().toISOString(),
    },
  };
}

const day = 24 * 3_600_000;

const monthFrom = (start: Date) => ({
  start: start.toISOString(),
  end: calendarEnd(start, month, 'Asia/Shanghai').toISOString(),
});

/**
 * Each report is newer than the one before, or comes late, and says all that is known of the instance (ORD-11).
 */
function askReport(model: SystemModel, { instance, says, late }: Extract<Step, { do: 'report' }>): Ask {
  const instanceId = model.idOf(instance);
  const newest = model.reported.get(instanceId ?? '');
  if (!instanceId || (late && !newest)) return undefined;
  if (!late) model.reports += 2;
  const end = model.ends.get(instanceId);
  return {
    by: platform,
    method: 'put',
    path: '/v1/resources/{instanceId}',
    params: { instanceId },
    body: {
      reportVersion: late ? newest!.reportVersion - 1 : model.reports,
      ...(says === 'began later' && monthFrom(model.now())),
      ...(says === 'ends sooner' && end && { end: new Date(end.getTime() - day).toISOString() }),
      ...(says === 'ends later' && end && { end: new Date(end.getTime() + 3 * day).toISOString() }),
      released: says === 'released',
      frozenBy: says === 'frozen' ? 'police' : null,
    },
  };
}

/** January's, of one product: each version of another amount, so that it shows which one a contract states. */
const billOf = (model: SystemModel, of: ProductCode, version: number, status: 'unpaid' | 'withdrawn') => {
  const amount = money(`${100 + version}`, 'CNY');
  return {
    version,
    accountId: model.accountId,
    month: '2026-01',
    invoicingEntity: entities[of],
    status,
    amount,
    lines: [{ productCode: of, amount }],
  };
};

function askBill(model: SystemModel, { bill, of }: Extract<Step, { do: 'issue' }>): Ask {
  if (model.bills.has(bill)) return undefined;
  const billId = `bil_${bill}`;
  return {
    by: platform,
    method: 'put',
    path: '/v1/bills/{billId}',
    params: { billId },
    body: billOf(model, of, 1, 'unpaid'),
    onAnswer: () => model.call(bill, billId),
  };
}

/** CTR-35: by topic, where it comes late and again; a withdrawn bill is told anew as it was withdrawn. */
function tellBill(
  model: SystemModel,
  { do: verb, bill }: Extract<Step, { do: 'correct' | 'withdraw bill' }>,
): Accepted {
  const known = model.bills.get(bill);
  if (!known || known.status === 'withdrawn') return false;
  const version = known.version + 1;
  const status = verb === 'correct' ? 'unpaid' : 'withdrawn';
  model.bills.set(bill, { version, status });
  const of = bill.startsWith('kr') ? 'RDS' : 'BCC';
  model.tell({
    type: 'bill.issued',
    data: { billId: model.idOf(bill)!, ...billOf(model, of, version, status) },
  });
  return true;
}

function askContract(model: SystemModel, { as, orders, bills = [] }: Extract<Step, { do: 'apply' }>): Ask {
  const [orderIds, billIds] = [idsOf(model, orders), idsOf(model, bills)];
  if (orderIds.length + billIds.length === 0) return undefined;
  const onAnswer = ({ data }: Record<string, unknown>) => {
    (data as { contractId: string }[]).forEach(({ contractId }, i) =>
      model.call(i === 0 ? as : `${as}${'abcdefgh'[i]}`, contractId),
    );
  };
  return {
    by: customer(model),
    method: 'post',
    path: '/v1/contracts',
    body: {
      ...(orderIds.length > 0 && { orderIds }),
      ...(billIds.length > 0 && { billIds }),
      language: 'zh-CN',
    },
    onAnswer,
  };
}

function askAboutContract(
  model: SystemModel,
  { do: verb, contract }: Exclude<Extract<Step, { contract: string }>, { do: 'void by ticket' }>,
): Ask {
  const contractId = model.idOf(contract);
  if (!contractId) return undefined;
  const about = { by: customer(model), method: 'post', params: { contractId } } as const;
  if (verb === 'finalize') return { ...about, path: '/v1/contracts/{contractId}/finalize' };
  return { ...about, path: '/v1/contracts/{contractId}/void', body: { reason: 'replacing' } };
}

/** CTR-24: about the orders, or about the contract, of these names. */
function askTicket(model: SystemModel, { as, kind, about }: Extract<Step, { do: 'submit' }>): Ask {
  const ids = idsOf(model, about);
  if (ids.length === 0) return undefined;
  const subject = ids[0]!.startsWith('ctr_') ? { contractId: ids[0] } : { orderIds: ids };
  return {
    by: customer(model),
    method: 'post',
    path: '/v1/tickets',
    body: { kind, ...subject, text: 'on paper' },
    onAnswer: ({ ticketId }) => model.call(as, ticketId as string),
  };
}

function askAboutTicket(model: SystemModel, { ticket, how }: Extract<Step, { do: 'decide' }>): Ask {
  const ticketId = model.idOf(ticket);
  if (!ticketId) return undefined;
  const about = { method: 'post', params: { ticketId } } as const;
  if (how === 'approve') return { ...about, by: operator, path: '/v1/tickets/{ticketId}/approve' };
  const body = { text: 'decided' };
  return how === 'decline'
    ? { ...about, by: operator, path: '/v1/tickets/{ticketId}/reject', body }
    : { ...about, by: customer(model), path: '/v1/tickets/{ticketId}/withdraw', body };
}

/** CTR-36, CTR-38: with the one file that every account of a run has. */
function askRecording(model: SystemModel, step: Extract<Step, { do: 'record' }>): Ask {
  const ids = idsOf(model, step.for);
  if (ids.length === 0) return undefined;
  const basis = ids[0]!.startsWith('tkt_')
    ? { ticketId: ids[0] }
    : { accountId: model.accountId, orderIds: ids, reason: 'a sales contract' };
  return {
    by: operator,
    method: 'post',
    path: '/v1/contracts/offline',
    body: { ...basis, sha256: paperHash, number: step.number, signedOn: '2026-01-15' },
    onAnswer: ({ contractId }) => model.call(step.as, contractId as string),
  };
}

/** CTR-26: asked for by the customer, approved by an operator. */
async function voidByTicket(
  model: SystemModel,
  { contract, dies }: Extract<Step, { do: 'void by ticket' }>,
): Promise<Accepted> {
  const contractId = model.idOf(contract);
  if (!contractId) return false;
  const onAnswer = ({ ticketId }: Record<string, unknown>) =>
    model.call(`ticket of ${contract}`, ticketId as string);
  const asked = await model.command({
    by: customer(model),
    method: 'post',
    path: '/v1/tickets',
    body: { kind: 'void_official', contractId, reason: 'replacing', text: 'to be replaced' },
    onAnswer,
  });
  if (!('body' in asked)) return false;
  const params = { ticketId: asked.body['ticketId'] as string };
  const reply = await model.command({
    by: operator,
    method: 'post',
    path: '/v1/tickets/{ticketId}/approve',
    params,
    ...(dies && { dies: true }),
  });
  return 'body' in reply;
}

function askRefund(
  model: SystemModel,
  step: Extract<Step, { do: 'quote' }> | Extract<Step, { do: 'refund' }>,
): Ask {
  const by = customer(model);
  if (step.do === 'quote') {
    const instanceIds = idsOf(model, step.instances);
    const onAnswer = ({ quoteId }: Record<string, unknown>) => model.call(step.as, quoteId as string);
    const body = { instanceIds, ...(step.renewalOnly && { kind: 'renewal_only' }) };
    return instanceIds.length > 0
      ? { by, method: 'post', path: '/v1/refund-quotes', body, onAnswer }
      : undefined;
  }
  const quoteId = model.idOf(step.quote);
  const onAnswer = ({ refundId }: Record<string, unknown>) => model.call(step.as, refundId as string);
  return quoteId
    ? { by, method: 'post', path: '/v1/refunds', body: { quoteId, reason: 'too_complex' }, onAnswer }
    : undefined;
}

function askAboutRefund(
  model: SystemModel,
  { do: verb, refund }: Exclude<Extract<Step, { refund: string }>, { do: 'payout fails' }>,
): Ask {
  const refundId = model.idOf(refund);
  if (!refundId) return undefined;
  const decided = verb === 'approve' || verb === 'reject' ? { body: { text: 'decided' } } : {};
  return {
    by: operator,
    method: 'post',
    path: `/v1/refunds/{refundId}/${verb}`,
    params: { refundId },
    ...decided,
  };
}

/** By topic, where nobody hears a no: it pays the order or is credited to the account (ORD-5). */
function tellPayment(
  model: SystemModel,
  { as, order: name, amount: how }: Extract<Step, { do: 'money arrives' }>,
): Accepted {
  const orderId = model.idOf(name);
  const order = model.orders.get(name);
  if (!orderId || !order || isZero(order.amount)) return false;
  const paymentReference = `money-${as}`;
  const amount = how === 'due' ? order.amount : lessThan(order.amount);
  model.call(as, paymentReference);
  model.received.set(paymentReference, { order: orderId, amount });
  model.tell({
    type: 'payment.received',
    data: { paymentReference, accountId: model.accountId, orderId, parts: { cash: amount } },
  });
  return true;
}

interface RefundStore {
  lockRefund(tx: Tx, refundId: string): Promise<{ status: string }>;
  saveRefund(tx: Tx, decision: unknown): unknown;
}
const inRefund = <T>(file: string) =>
  import(new URL(`../../services/refund/src/refund/${file}`, import.meta.url).href) as Promise<T>;

/**
 * Does what a payment gateway's no will do (RFD-16): today's payout to the ledger fails only where an order
 * would give back more than was paid.
 */
async function failPayout(model: SystemModel, name: string): Promise<Accepted> {
  const refundId = model.idOf(name);
  if (!refundId) return false;
  const { lockRefund, saveRefund } = await inRefund<RefundStore>('refund-store.ts');
  const { failRefund } = await inRefund<{
    failRefund(refund: unknown, why: { failure: string; at: Date }): unknown;
  }>('refund.ts');
  let failed = false;
  await model.inside('refund', async (tx) => {
    const refund = await lockRefund(tx, refundId).catch(() => undefined);
    failed = refund?.status === 'approved' || refund?.status === 'paying';
    if (failed) saveRefund(tx, failRefund(refund, { failure: 'refund.exceeds_paid', at: tx.now }));
  });
  return failed;
}
