import { hash, randomUUIDv7 } from 'node:crypto';

/** An order as the service answered it, and its terms as it stored them. */
export interface Sample {
  readonly view: Readonly<Record<string, unknown>>;
  readonly terms: Readonly<Record<string, unknown>>;
}

type Row = Readonly<Record<string, unknown>>;

export interface BareRequest {
  /** Empty: the platform's. */
  readonly accountId: string;
  readonly orderId: string;
  /** Of a request that is done once. */
  readonly key: string;
  readonly body: Row;
}

interface BareTransaction extends BareRequest {
  readonly sample: Sample;
  readonly now: Date;
  /** Asks the next statement with its values. */
  ask(values: readonly unknown[]): Promise<readonly Row[]>;
}

interface Done {
  readonly answer: object;
  /** The values of the last statement, which stores the event. */
  readonly eventRow: readonly unknown[];
}

const day = 24 * 3_600_000;

/** The headers that are the same for every event. */
const headers = {
  'content-type': 'application/json',
  ce_specversion: '1.0',
  ce_source: '/services/order',
  ce_actor: 'customer:user',
  ce_causationid: '8edf4924-dee9-40cc-a1e2-1d7425291dde',
  ce_correlationid: '8edf4924-dee9-40cc-a1e2-1d7425291dde',
  traceparent: '00-8edf4924dee940cca1e21d7425291dde-a1e21d7425291dde-00',
};

function eventRow(type: string, data: { order: Row }, now: Date): readonly unknown[] {
  const { orderId, accountId, version } = data.order;
  const eventId = randomUUIDv7();
  const envelope = {
    ...headers,
    ce_type: type,
    ce_dataschema: `https://schemas.accord.dev/${type}/1`,
    ce_sequence: String(version),
    ce_id: eventId,
    ce_time: now,
    ce_subject: orderId,
    ce_accountid: accountId,
  };
  const [payload, told] = [JSON.stringify(data), JSON.stringify(envelope)];
  return [eventId, 'order', orderId, version, type, orderId, type, payload, told, 0, now];
}

/** A row as it was locked, in its next version; its values, and all that an event tells. */
function amended(row: Row, change: Row, line: { change: string; note: unknown }): { saved: Row; told: Row } {
  const { terms, ...columns } = row;
  const next = { ...columns, version: Number(row['version']) + 1, ...change };
  return { saved: { ...next, ...line }, told: { ...(terms as Row), ...next } };
}

async function place({ accountId, body, sample, now, ask }: BareTransaction): Promise<Done> {
  const { links, warnings, ...snapshot } = sample.view;
  await ask([body['productCode']]);
  const orderId = `ord_${randomUUIDv7().replaceAll('-', '')}`;
  const payBy = new Date(now.getTime() + 7 * day);
  await ask([
    orderId,
    accountId,
    1,
    body['productCode'],
    'purchase',
    'prepay',
    sample.terms,
    'CNY',
    '45.00',
    '0.00',
    '45.00',
    '0.00',
    '0.00',
    null,
    'unpaid',
    'none',
    'none',
    [],
    now,
    payBy,
    null,
    'customer:user',
    'placed',
    null,
    null,
    'Asia/Shanghai',
    '0.00',
  ]);
  const order = { ...snapshot, version: 1, orderId, accountId, createdAt: now, payBy };
  return { answer: { ...order, links, warnings }, eventRow: eventRow('order.placed', { order }, now) };
}

async function cancel({ orderId, body, now, ask }: BareTransaction): Promise<Done> {
  const [row] = await ask([orderId]);
  const change = { status: 'cancelled', cancelledAt: now, holdKind: null, holdId: null, open: false };
  const { saved, told } = amended(row!, change, { change: 'cancelled', note: body['reason'] });
  await ask([JSON.stringify([saved]), now, 'customer:user']);
  const data = { order: told, reason: 'by_customer', text: body['reason'] };
  return { answer: told, eventRow: eventRow('order.cancelled', data, now) };
}

async function pay({ orderId, key, body, now, ask }: BareTransaction): Promise<Done> {
  const { paymentReference: reference } = body;
  const keyHash = hash('sha256', key, 'buffer');
  const expired = new Date(now.getTime() - day);
  await ask([keyHash, keyHash.readBigInt64BE(0).toString(), expired]);
  const [row] = await ask([orderId]);
  await ask([reference]);
  const nothing = { amount: '0.00', currency: 'CNY' };
  const parts = { giftCredit: nothing, storedCard: nothing, voucher: nothing, ...(body['parts'] as Row) };
  const [payment] = await ask([reference, orderId, row!['accountId'], parts, now]);
  const change = {
    status: 'paid',
    fulfilment: 'creating',
    cashPaid: row!['payableAmount'],
    paidParts: parts,
    payBy: null,
    paidAt: now,
    open: true,
  };
  const { saved, told } = amended(row!, change, { change: 'paid', note: reference });
  await ask([JSON.stringify([saved]), now, 'platform:payments']);
  const answer = { ...payment, cashPaid: row!['payableAmount'], voucherPaid: nothing };
  const [stored, told201] = [JSON.stringify({}), JSON.stringify(answer)];
  await ask([
    keyHash,
    '*',
    hash('sha256', JSON.stringify(body), 'buffer'),
    201,
    stored,
    told201,
    now,
    expired,
  ]);
  const data = { order: told, paymentReference: reference };
  return { answer, eventRow: eventRow('order.paid', data, now) };
}

/** Each asks the service's statements in their order, with values of its own. */
export const commands = { place, cancel, pay } satisfies Record<
  string,
  (of: BareTransaction) => Promise<Done>
>;
