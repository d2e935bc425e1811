import { Refusal, type DueItem, type Tx } from '@accord/core';
import type { Hold, Order, OrderDecision, OrderId, Terms } from './order.ts';

const columns = `order_id as "orderId", account_id as "accountId", version, product_code as "productCode", order_type as "orderType",
  bill_type as "billType", terms, currency, product_amount as "productAmount", discount_amount as "discountAmount",
  payable_amount as "payableAmount", cash_paid as "cashPaid", voucher_paid as "voucherPaid", paid_parts as "paidParts", status, fulfilment,
  refund_state as "refundState", hold_kind as "holdKind", hold_id as "holdId", instance_ids as "instanceIds",
  refunded_instance_ids as "refundedInstanceIds", refund_ids as "refundIds", period_start as "periodStart", period_end as "periodEnd",
  invoiced, support_rights_used as "supportRightsUsed", created_at as "createdAt", pay_by as "payBy", paid_at as "paidAt",
  cancelled_at as "cancelledAt", voided_at as "voidedAt"`;

type Amounts = 'discountAmount' | 'payableAmount' | 'cashPaid' | 'voucherPaid';
type Row = Omit<Order, keyof Terms | 'productAmount' | 'hold' | 'servicePeriod' | Amounts> & {
  terms: Terms;
  currency: string;
  productAmount: string | null;
  holdKind: Hold['kind'] | null;
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
    hold: holdKind && holdId ? { kind: holdKind, id: holdId } : null,
    servicePeriod: periodStart && periodEnd ? { start: periodStart, end: periodEnd } : null,
  };
}

const termsOf = (order: Order): Terms => ({
  operatorId: order.operatorId,
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
export const findOrder = async (tx: Tx, orderId: OrderId) =>
  found(await tx.one<Row>(`select ${columns} from orders where order_id = $1`, [orderId]), orderId);

/** For update. @throws Refusal `order.not_found` as `findOrder` does. */
export const lockOrder = async (tx: Tx, orderId: OrderId) =>
  found(
    await tx.one<Row>(`select ${columns} from orders where order_id = $1 for update`, [orderId]),
    orderId,
  );

function found(row: Row | undefined, orderId: OrderId): Order {
  if (!row) throw new Refusal('not_found', 'order.not_found', { orderId });
  return toOrder(row);
}

/**
 * Those that exist for this account, locked in the order of their ids, so that two holders never wait for
 * each other.
 */
export const lockOrders = async (tx: Tx, orderIds: readonly OrderId[]) =>
  (
    await tx.many<Row>(
      `select ${columns} from orders where order_id = any ($1::text[]) order by order_id for update`,
      [orderIds],
    )
  ).map(toOrder);

/** As `lockOrders`. Lock the instances first: then no order can join them meanwhile (ORD-12). */
export async function lockOrdersOfInstances(tx: Tx, instanceIds: readonly string[]) {
  const named = await tx.many<{ orderId: OrderId }>(
    `select distinct order_id as "orderId" from order_instances where instance_id = any ($1::text[])`,
    [instanceIds],
  );
  return lockOrders(
    tx,
    named.map(({ orderId }) => orderId),
  );
}

/** As `lockOrders`. */
export const lockOrdersHeldBy = async (tx: Tx, holder: Hold) =>
  (
    await tx.many<Row>(
      `select ${columns} from orders where hold_id = $2 and hold_kind = $1 order by order_id for update`,
      [holder.kind, holder.id],
    )
  ).map(toOrder);

/**
 * Orders on these instances that are open or that a refund holds (ORD-3, ORD-12), read after the instances
 * were locked.
 */
export const listOrdersInTheWay = (tx: Tx, instanceIds: readonly string[]) =>
  tx.many<{ orderId: OrderId; instanceId: string; heldByRefund: boolean }>(
    `select o.order_id as "orderId", i.instance_id as "instanceId", o.hold_kind is not distinct from 'refund' as "heldByRefund"
       from order_instances i join orders o using (order_id)
      where i.instance_id = any ($1::text[])
        and (o.status = 'unpaid' or (o.status = 'paid' and o.fulfilment = 'creating') or o.hold_kind = 'refund')
      order by 1`,
    [instanceIds],
  );

/** Unpaid orders whose payBy has come, over all accounts, oldest first. */
export const listOverdue = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select order_id as id, account_id as "accountId" from orders where status = 'unpaid' and pay_by <= $1 order by pay_by limit $2`,
    [tx.now, limit],
  );

/**
 * Unpaid orders whose payBy comes within `noticeMs`, had that long from the start, and was not announced yet
 * (ORD-9).
 */
export const listExpiring = (tx: Tx, noticeMs: number, limit: number) =>
  tx.many<DueItem>(
    `select order_id as id, account_id as "accountId" from orders
      where status = 'unpaid' and pay_by > $1 and pay_by <= $2 and pay_by - created_at >= $2 - $1::timestamptz
        and expiring_announced is distinct from pay_by
      order by pay_by limit $3`,
    [tx.now, new Date(tx.now.getTime() + noticeMs), limit],
  );

/** False where this payBy was announced before. No new version: nothing of the order changed. */
export const rememberExpiring = async (tx: Tx, orderId: OrderId) =>
  (await tx.one(
    'update orders set expiring_announced = pay_by where order_id = $1 and expiring_announced is distinct from pay_by returning order_id',
    [orderId],
  )) !== undefined;

/** A list's rows; `where` and `tail` are the list's own SQL (listing.ts). */
export const selectOrders = async (
  tx: Tx,
  { where, tail }: { where: string; tail: string },
  values: readonly unknown[],
) => (await tx.many<Row>(`select ${columns} from orders where ${where} ${tail}`, values)).map(toOrder);

/** One statement for the order, its instances and the first line of its history. */
export function insertOrder(tx: Tx, { state: order, facts, change }: OrderDecision): Order {
  tx.write(
    `with placed as (
       insert into orders (order_id, account_id, version, product_code, order_type, bill_type, terms, currency, product_amount,
         discount_amount, payable_amount, cash_paid, voucher_paid, paid_parts, status, fulfilment, refund_state, instance_ids, created_at,
         pay_by, paid_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)),
     named as (insert into order_instances (instance_id, order_id, account_id) select unnest($18::text[]), $1, $2)
     insert into order_history (order_id, account_id, version, at, actor, change, status) values ($1, $2, $3, $19, $22, $23, $15)`,
    [
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
      `${tx.actor.kind}:${tx.actor.id}`,
      change,
    ],
  );
  tx.emit(...facts);
  return order;
}

const saveText = `
  with changed as (
    select * from jsonb_to_recordset($1::jsonb) as c ("orderId" text, "accountId" text, version int, "cashPaid" numeric, "voucherPaid" numeric,
      "paidParts" jsonb, status text, fulfilment text, "refundState" text, "holdKind" text, "holdId" text, "instanceIds" text[],
      "refundedInstanceIds" text[], "refundIds" text[], "periodStart" timestamptz, "periodEnd" timestamptz, invoiced boolean,
      "supportRightsUsed" boolean, "payBy" timestamptz, "paidAt" timestamptz, "cancelledAt" timestamptz, "voidedAt" timestamptz,
      change text, note text)),
  saved as (
    update orders o set version = c.version, cash_paid = c."cashPaid", voucher_paid = c."voucherPaid", paid_parts = nullif(c."paidParts", 'null'),
      status = c.status, fulfilment = c.fulfilment, refund_state = c."refundState", hold_kind = c."holdKind", hold_id = c."holdId",
      instance_ids = c."instanceIds", refunded_instance_ids = c."refundedInstanceIds", refund_ids = c."refundIds",
      period_start = c."periodStart", period_end = c."periodEnd", invoiced = c.invoiced, support_rights_used = c."supportRightsUsed",
      pay_by = c."payBy", paid_at = c."paidAt", cancelled_at = c."cancelledAt", voided_at = c."voidedAt"
    from changed c where o.order_id = c."orderId")
  insert into order_history (order_id, account_id, version, at, actor, change, status, note)
  select c."orderId", c."accountId", c.version, $2, $3, c.change, c.status, c.note from changed c`;

/**
 * Saves what changed, writes its history and announces its facts, so that none can be forgotten. All in one
 * statement.
 */
export function saveOrders(tx: Tx, decisions: readonly OrderDecision[]): Order[] {
  const changes = decisions.filter(({ change }) => change !== null);
  if (changes.length > 0) {
    tx.write(saveText, [JSON.stringify(changes.map(toChange)), tx.now, `${tx.actor.kind}:${tx.actor.id}`]);
    tx.emit(...changes.flatMap(({ facts }) => facts));
  }
  return decisions.map(({ state }) => state);
}

export function saveOrder(tx: Tx, decision: OrderDecision): Order {
  saveOrders(tx, [decision]);
  return decision.state;
}

const toChange = ({ state, change, note }: OrderDecision) => ({
  ...state,
  cashPaid: state.cashPaid.amount,
  voucherPaid: state.voucherPaid.amount,
  holdKind: state.hold?.kind ?? null,
  holdId: state.hold?.id ?? null,
  periodStart: state.servicePeriod?.start ?? null,
  periodEnd: state.servicePeriod?.end ?? null,
  change,
  note,
});

/**
 * The instances an order concerns, each with the period it pays for there. Names that it has already get the
 * new period.
 */
export const saveOrderInstances = (
  tx: Tx,
  order: Order,
  instances: readonly { instanceId: string; start: Date | null; end: Date | null }[],
) =>
  tx.one(
    `insert into order_instances (instance_id, order_id, account_id, period_start, period_end)
     select i."instanceId", $1, $2, i.start, i."end"
       from jsonb_to_recordset($3::jsonb) as i ("instanceId" text, start timestamptz, "end" timestamptz)
     on conflict (instance_id, order_id) do update set period_start = excluded.period_start, period_end = excluded.period_end`,
    [order.orderId, order.accountId, JSON.stringify(instances)],
  );

/** As `saveOrderInstances` saved them. */
export const listOrderInstances = (tx: Tx, orderId: OrderId) =>
  tx.many<{ instanceId: string; start: Date | null; end: Date | null }>(
    'select instance_id as "instanceId", period_start as start, period_end as "end" from order_instances where order_id = $1',
    [orderId],
  );

/** How long these orders pay for each of the instances, ms, summed. */
export const paidTimeOf = (
  tx: Tx,
  { orderIds, instanceIds }: { orderIds: readonly OrderId[]; instanceIds: readonly string[] },
) =>
  tx.many<{ instanceId: string; ms: string }>(
    `select instance_id as "instanceId", (sum(extract(epoch from period_end - period_start)) * 1000)::bigint as ms
       from order_instances
      where order_id = any ($1::text[]) and instance_id = any ($2::text[]) and period_end > period_start group by 1`,
    [orderIds, instanceIds],
  );

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
    'select version, at, actor, change, status, note from order_history where order_id = $1 order by version',
    [orderId],
  );
