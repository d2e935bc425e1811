import { actorId, Refusal, type Decision, type Tx } from '@accord/core';
import type { Holder } from '@accord/events/fields';
import type { OrderInstance } from './order-instance.ts';
import { isOpen, type Order, type OrderId, type Terms } from './order.ts';

const columns = `order_id as "orderId", account_id as "accountId", version, product_code as "productCode",
  order_type as "orderType", bill_type as "billType", terms, currency, product_amount as "productAmount",
  discount_amount as "discountAmount", payable_amount as "payableAmount", cash_paid as "cashPaid",
  voucher_paid as "voucherPaid", cash_returned as "cashReturned", paid_parts as "paidParts", status, fulfilment,
  refund_state as "refundState", hold_kind as "holdKind", hold_id as "holdId", instance_ids as "instanceIds", instances,
  refunded_instance_ids as "refundedInstanceIds", refund_ids as "refundIds", period_start as "periodStart",
  period_end as "periodEnd", invoiced, support_rights_used as "supportRightsUsed", created_at as "createdAt",
  pay_by as "payBy", paid_at as "paidAt", cancelled_at as "cancelledAt", voided_at as "voidedAt"`;

type AsJson<T> = T extends Date ? string : T extends object ? { [K in keyof T]: AsJson<T[K]> } : T;
type Amounts = 'discountAmount' | 'payableAmount' | 'cashPaid' | 'voucherPaid' | 'cashReturned';
type Row = Omit<Order, keyof Terms | 'productAmount' | 'hold' | 'instances' | 'servicePeriod' | Amounts> & {
  terms: Terms;
  instances: AsJson<OrderInstance>[];
  currency: string;
  productAmount: string | null;
  holdKind: Holder['kind'] | null;
  holdId: string | null;
  periodStart: Date | null;
  periodEnd: Date | null;
} & Record<Amounts, string>;

function toOrder({ terms, currency, holdKind, holdId, periodStart, periodEnd, ...row }: Row): Order {
  return {
    ...row,
    ...terms,
    productAmount: row.productAmount === null ? null : { amount: row.productAmount, currency },
    discountAmount: { amount: row.discountAmount, currency },
    payableAmount: { amount: row.payableAmount, currency },
    cashPaid: { amount: row.cashPaid, currency },
    voucherPaid: { amount: row.voucherPaid, currency },
    cashReturned: { amount: row.cashReturned, currency },
    hold: holdKind && holdId ? { kind: holdKind, id: holdId } : null,
    instances: row.instances.map(({ told, knownSince, ...instance }) => ({
      ...instance,
      ...timesOf(instance),
      told: told && { ...told, ...timesOf(told) },
      knownSince: timeOf(knownSince),
    })),
    servicePeriod: periodStart && periodEnd ? { start: periodStart, end: periodEnd } : null,
  };
}

const timeOf = (text: string | null) => (text === null ? null : new Date(text));
const timesOf = ({ start, end }: { start: string | null; end: string | null }) => ({
  start: timeOf(start),
  end: timeOf(end),
});

const termsOf = (order: Order): Terms => ({
  operatorId: order.operatorId,
  placedBy: order.placedBy,
  productName: order.productName,
  category: order.category,
  brand: order.brand,
  invoicingEntity: order.invoicingEntity,
  productForm: order.productForm,
  chargeType: order.chargeType,
  contractable: order.contractable,
  refundable: order.refundable,
  serviceType: order.serviceType,
  configuration: order.configuration,
  plan: order.plan ?? null,
  planChange: order.planChange ?? null,
  count: order.count,
  duration: order.duration,
  unitPrice: order.unitPrice,
  promotion: order.promotion,
  trial: order.trial,
  free: order.free,
  customised: order.customised,
  bundleId: order.bundleId,
});

/**
 * @throws Refusal `order.not_found`, also where the order is another account's (API-5, by row-level
 * security).
 */
export async function getOrder(tx: Tx, orderId: OrderId): Promise<Order> {
  return found(await tx.one<Row>(`select ${columns} from orders where order_id = $1`, [orderId]), orderId);
}

/** For update. @throws Refusal `order.not_found` as `getOrder` does. */
export async function lockOrder(tx: Tx, orderId: OrderId): Promise<Order> {
  const sql = `select ${columns} from orders where order_id = $1 for update`;
  return found(await tx.one<Row>(sql, [orderId]), orderId);
}

function found(row: Row | undefined, orderId: OrderId): Order {
  if (!row) throw new Refusal('not_found', 'order.not_found', { orderId });
  return toOrder(row);
}

/**
 * The orders that exist for this account, locked in the order of their ids, so that two holders never wait for
 * each other.
 */
export async function lockOrders(tx: Tx, orderIds: readonly OrderId[]): Promise<Order[]> {
  const sql = `select ${columns} from orders where order_id = any ($1::text[]) order by order_id for update`;
  return (await tx.many<Row>(sql, [orderIds])).map(toOrder);
}

/** As `lockOrders`. */
export async function lockOrdersHeldBy(tx: Tx, { kind, id }: Holder): Promise<Order[]> {
  const sql = `select ${columns} from orders where hold_id = $2 and hold_kind = $1 order by order_id for update`;
  return (await tx.many<Row>(sql, [kind, id])).map(toOrder);
}

/**
 * Locks instances, then all their orders and these orders, each in the order of their ids. Ids of unknown rows
 * lock nothing.
 */
export const lockRows = (tx: Tx, ids: readonly string[]): void =>
  tx.write('select lock_orders($1::text[])', [ids]);

/** The rows of a list; `where` and `tail` are the list's own SQL (order-list.ts). */
export async function selectOrders(
  tx: Tx,
  { where, tail }: { where: string; tail: string },
  values: readonly unknown[],
): Promise<Order[]> {
  return (await tx.many<Row>(`select ${columns} from orders where ${where} ${tail}`, values)).map(toOrder);
}

const insertText = `
  with placed as (
    insert into orders (order_id, account_id, version, product_code, order_type, bill_type, terms, currency,
      product_amount, discount_amount, payable_amount, cash_paid, voucher_paid, paid_parts, status, fulfilment,
      refund_state, instance_ids, created_at, pay_by, paid_at, period_start, period_end, placed_on,
      cash_returned)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
      $24, $25, ($19::timestamptz at time zone $26)::date, $27)),
  named as (
    insert into order_instances (instance_id, order_id, account_id) select unnest($18::text[]), $1, $2)
  insert into order_history (order_id, account_id, version, at, actor, change, status)
  values ($1, $2, $3, $19, $22, $23, $15)`;

/**
 * One statement for the order, its instances and the first line of its history. The order counts for the day that
 * it is in `timeZone` (ORD-23).
 */
export function insertOrder(
  tx: Tx,
  { state: order, facts, history }: Decision<Order>,
  timeZone: string,
): Order {
  tx.write(insertText, [
    order.orderId,
    order.accountId,
    order.version,
    order.productCode,
    order.orderType,
    order.billType,
    termsOf(order),
    order.payableAmount.currency,
    order.productAmount?.amount,
    order.discountAmount.amount,
    order.payableAmount.amount,
    order.cashPaid.amount,
    order.voucherPaid.amount,
    order.paidParts,
    order.status,
    order.fulfilment,
    order.refundState,
    order.instanceIds,
    order.createdAt,
    order.payBy,
    order.paidAt,
    actorId(tx.actor),
    history?.change,
    order.servicePeriod?.start,
    order.servicePeriod?.end,
    timeZone,
    order.cashReturned.amount,
  ]);
  tx.emit(...facts);
  return order;
}

const saveText = `
  with changed as (
    select * from json_to_recordset($1::json) as c ("orderId" text, "accountId" text, version int,
      "cashPaid" numeric, "voucherPaid" numeric, "cashReturned" numeric, "paidParts" jsonb, status text,
      fulfilment text, "refundState" text, "holdKind" text, "holdId" text, "instanceIds" text[], instances jsonb,
      "refundedInstanceIds" text[],
      "refundIds" text[], "periodStart" timestamptz, "periodEnd" timestamptz, invoiced boolean,
      "supportRightsUsed" boolean, "payBy" timestamptz, "paidAt" timestamptz, "cancelledAt" timestamptz,
      "voidedAt" timestamptz, open boolean, change text, note text)),
  saved as (
    update orders o set version = c.version, cash_paid = c."cashPaid", voucher_paid = c."voucherPaid",
      cash_returned = c."cashReturned", paid_parts = nullif(c."paidParts", 'null'), status = c.status,
      fulfilment = c.fulfilment, refund_state = c."refundState", hold_kind = c."holdKind", hold_id = c."holdId",
      instance_ids = c."instanceIds", instances = c.instances,
      refunded_instance_ids = c."refundedInstanceIds",
      refund_ids = c."refundIds", period_start = c."periodStart", period_end = c."periodEnd",
      invoiced = c.invoiced, support_rights_used = c."supportRightsUsed", pay_by = c."payBy",
      paid_at = c."paidAt", cancelled_at = c."cancelledAt", voided_at = c."voidedAt"
    from changed c where o.order_id = c."orderId"),
  closed as (
    update order_instances i set open = false from changed c, unnest(c."instanceIds") named
    where not c.open and i.instance_id = named and i.order_id = c."orderId" and i.open)
  insert into order_history (order_id, account_id, version, at, actor, change, status, note)
  select c."orderId", c."accountId", c.version, $2, $3, c.change, c.status, c.note from changed c`;

/**
 * Saves the changed orders, writes their history and announces their facts, all in one statement, so that none
 * can be forgotten.
 */
export function saveOrders(tx: Tx, decisions: readonly Decision<Order>[]): Order[] {
  const changes = decisions.filter(({ history }) => history);
  if (changes.length > 0) {
    tx.write(saveText, [JSON.stringify(changes.map(toChange)), tx.now, actorId(tx.actor)]);
    tx.emit(...changes.flatMap(({ facts }) => facts));
  }
  return decisions.map(({ state }) => state);
}

export function saveOrder(tx: Tx, decision: Decision<Order>): Order {
  saveOrders(tx, [decision]);
  return decision.state;
}

/** The columns of `saveText`, and no others: a change of many orders is a long text. */
const toChange = ({ state, history }: Decision<Order>) => ({
  orderId: state.orderId,
  accountId: state.accountId,
  version: state.version,
  cashPaid: state.cashPaid.amount,
  voucherPaid: state.voucherPaid.amount,
  cashReturned: state.cashReturned.amount,
  paidParts: state.paidParts,
  status: state.status,
  fulfilment: state.fulfilment,
  refundState: state.refundState,
  holdKind: state.hold?.kind ?? null,
  holdId: state.hold?.id ?? null,
  instanceIds: state.instanceIds,
  instances: state.instances,
  refundedInstanceIds: state.refundedInstanceIds,
  refundIds: state.refundIds,
  periodStart: state.servicePeriod?.start ?? null,
  periodEnd: state.servicePeriod?.end ?? null,
  invoiced: state.invoiced,
  supportRightsUsed: state.supportRightsUsed,
  payBy: state.payBy,
  paidAt: state.paidAt,
  cancelledAt: state.cancelledAt,
  voidedAt: state.voidedAt,
  open: isOpen(state),
  ...history,
});

export type HistoryLine = {
  version: number;
  at: Date;
  actor: string;
  change: string;
  status: Order['status'];
  note: string | null;
};

/** Oldest first (ORD-17). */
export const listHistory = (tx: Tx, orderId: OrderId) =>
  tx.many<HistoryLine>(
    `select version, at, actor, change, status, note from order_history
      where order_id = $1 order by version`,
    [orderId],
  );
