import { Refusal, type Decision, type Tx } from '@accord/core';
import { money } from '@accord/money';
import type { RefundedOrder } from './amount.ts';
import type { ReturnedRenewal } from './candidate.ts';
import { refundLifecycle, type RecentRefunds, type Refund } from './refund.ts';

const columns = `refund_id as "refundId", account_id as "accountId", version, status, kind, quote_id as "quoteId",
  as_of as "asOf", instance_ids as "instanceIds", order_ids as "orderIds", amount, currency, split, lines, reason, text,
  requested_by as "requestedBy", review, reserved_facts as "reservedFacts", changes, refusals,
  new_quote_id as "newQuoteId", failure, created_at as "createdAt", ended_at as "endedAt"`;

type Row = Omit<Refund, 'amount'> & { amount: string; currency: string };
const refundOf = ({ currency, amount, ...row }: Row): Refund => ({ ...row, amount: money(amount, currency) });

/** @throws Refusal `refund.not_found`, also where it is another account's (API-5, by row-level security). */
export async function getRefund(tx: Tx, refundId: string): Promise<Refund> {
  const row = await tx.one<Row>(`select ${columns} from refunds where refund_id = $1`, [refundId]);
  if (!row) throw new Refusal('not_found', 'refund.not_found', { refundId });
  return refundOf(row);
}

/** For update. @throws Refusal `refund.not_found`. */
export async function lockRefund(tx: Tx, refundId: string): Promise<Refund> {
  const refund = await lockRefundIfKnown(tx, refundId);
  if (!refund) throw new Refusal('not_found', 'refund.not_found', { refundId });
  return refund;
}

/** For update; undefined where there is none. */
export async function lockRefundIfKnown(tx: Tx, refundId: string): Promise<Refund | undefined> {
  const row = await tx.one<Row>(`select ${columns} from refunds where refund_id = $1 for update`, [refundId]);
  return row && refundOf(row);
}

/** RFD-13: of the 30 days up to now; what was refused, rejected or withdrawn, or came by itself, does not count. */
export async function sumRecentRefunds(tx: Tx, accountId: string, currency: string): Promise<RecentRefunds> {
  const row = await tx.one<{ count: number; sum: string }>(
    `select count(*)::integer as count, coalesce(sum(amount) filter (where currency = $3), 0)::text as sum
       from refunds where account_id = $1 and quote_id is not null
        and status not in ('refused', 'rejected', 'withdrawn')
        and created_at > $2::timestamptz - interval '720 hours'`,
    [accountId, tx.now, currency],
  );
  return { count: row!.count, sum: money(row!.sum, currency) };
}

/**
 * @throws Refusal `refund.trade_in_progress` where another refund has one of the instances, or gave it back
 * already.
 */
export async function insertRefund(tx: Tx, { state: refund, facts }: Decision<Refund>): Promise<Refund> {
  tx.write(
    `insert into refunds (refund_id, account_id, version, status, kind, quote_id, as_of, instance_ids, order_ids,
       amount, currency, split, lines, reason, text, requested_by, created_at, ended_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
    [
      refund.refundId,
      refund.accountId,
      refund.version,
      refund.status,
      refund.kind,
      refund.quoteId,
      refund.asOf,
      refund.instanceIds,
      refund.orderIds,
      refund.amount.amount,
      refund.amount.currency,
      JSON.stringify(refund.split),
      JSON.stringify(refund.lines),
      refund.reason,
      refund.text,
      refund.requestedBy,
      refund.createdAt,
      refund.endedAt,
    ],
  );
  if (refund.quoteId) tx.write('update quotes set used = true where quote_id = $1', [refund.quoteId]);
  insertOrders(tx, refund);
  if (refund.quoteId !== null) await claimInstances(tx, refund);
  tx.emit(...facts);
  return refund;
}

/**
 * Also lets go of the instances where it ended without success, or gave renewals of them back, and remembers them as
 * given back where it succeeded.
 */
export function saveRefund(tx: Tx, { state: refund, facts }: Decision<Refund>): Refund {
  tx.write(
    `update refunds set version = $2, status = $3, order_ids = $4, amount = $5, split = $6, lines = $7, review = $8,
       refusals = $9, new_quote_id = $10, failure = $11, ended_at = $12, reserved_facts = $13, changes = $14
       where refund_id = $1`,
    [
      refund.refundId,
      refund.version,
      refund.status,
      refund.orderIds,
      refund.amount.amount,
      JSON.stringify(refund.split),
      JSON.stringify(refund.lines),
      JSON.stringify(refund.review),
      JSON.stringify(refund.refusals),
      refund.newQuoteId,
      refund.failure,
      refund.endedAt,
      JSON.stringify(refund.reservedFacts),
      JSON.stringify(refund.changes),
    ],
  );
  insertOrders(tx, refund);
  if (refund.status === 'succeeded' && refund.kind !== 'renewal_only')
    tx.write('update claimed_instances set refunded_at = $2 where refund_id = $1', [refund.refundId, tx.now]);
  else if (refundLifecycle.ends.includes(refund.status))
    tx.write('delete from claimed_instances where refund_id = $1', [refund.refundId]);
  tx.emit(...facts);
  return refund;
}

const insertOrders = (tx: Tx, { refundId, accountId, orderIds }: Refund): void =>
  tx.write(
    `insert into refund_orders (refund_id, order_id, account_id) select $1, unnest($2::text[]), $3
     on conflict do nothing`,
    [refundId, orderIds, accountId],
  );

async function claimInstances(tx: Tx, { refundId, accountId, instanceIds }: Refund): Promise<void> {
  const claimed = await tx.many(
    `insert into claimed_instances (instance_id, refund_id, account_id)
     select id, $2, $3 from unnest($1::text[]) id order by id on conflict do nothing returning instance_id`,
    [instanceIds, refundId, accountId],
  );
  if (claimed.length < instanceIds.length)
    throw new Refusal('conflict', 'refund.trade_in_progress', { instanceIds: instanceIds.join(', ') });
}

/** False where the order's failure was refunded before (RFD-14). */
export async function claimFailedFulfilment(
  tx: Tx,
  ask: { orderId: string; accountId: string; refundId: string },
): Promise<boolean> {
  const claimed = await tx.one(
    `insert into failed_fulfilments (order_id, account_id, refund_id) values ($1, $2, $3)
     on conflict do nothing returning order_id`,
    [ask.orderId, ask.accountId, ask.refundId],
  );
  return claimed !== undefined;
}

/** False where the downgrade was settled before (ORD-24); `refundId` is null where nothing comes back. */
export async function settleDowngrade(
  tx: Tx,
  ask: { orderId: string; accountId: string; refundId: string | null },
): Promise<boolean> {
  const settled = await tx.one(
    `insert into settled_downgrades (order_id, account_id, refund_id) values ($1, $2, $3)
     on conflict do nothing returning order_id`,
    [ask.orderId, ask.accountId, ask.refundId],
  );
  return settled !== undefined;
}

/** The renewals of these instances that succeeded refunds gave back by themselves (RFD-9). */
export const listReturnedRenewals = (tx: Tx, accountId: string, instanceIds: readonly string[]) =>
  tx.many<ReturnedRenewal>(
    `select line->>'orderId' as "orderId", line->>'instanceId' as "instanceId"
       from refunds, jsonb_array_elements(lines) line
      where account_id = $1 and kind = 'renewal_only' and status = 'succeeded'
        and line->>'instanceId' = any($2)`,
    [accountId, instanceIds],
  );

/** The ones among these downgrades whose difference has come back. */
export const listSettledDowngrades = (tx: Tx, orderIds: readonly string[]) =>
  tx.many<{ orderId: string }>(
    'select order_id as "orderId" from settled_downgrades where order_id = any($1)',
    [orderIds],
  );

interface RefundFilter {
  readonly accountId: string | undefined;
  readonly status?: string | undefined;
  readonly orderId?: string | undefined;
  readonly instanceId?: string | undefined;
  /** Requested at `from` or later, and before `before`. */
  readonly from: Date | undefined;
  readonly before: Date | undefined;
  /** When the last one seen was requested, and its id. */
  readonly after: readonly [string, string] | undefined;
  readonly limit: number;
}

/** Newest first (RFD-19). */
export async function listRefunds(tx: Tx, filter: RefundFilter): Promise<Refund[]> {
  const rows = await tx.many<Row>(
    `select ${columns} from refunds
      where ($1::text is null or account_id = $1) and ($2::text is null or status = $2)
        and ($3::text is null or refund_id = any(array(select refund_id from refund_orders where order_id = $3)))
        and ($4::text is null
             or refund_id = any(array(select refund_id from refunds where instance_ids @> array[$4])))
        and ($5::timestamptz is null or created_at >= $5) and ($6::timestamptz is null or created_at < $6)
        and ($7::timestamptz is null or (created_at, refund_id) < ($7, $8))
      order by created_at desc, refund_id desc limit $9`,
    [
      filter.accountId ?? null,
      filter.status ?? null,
      filter.orderId ?? null,
      filter.instanceId ?? null,
      filter.from ?? null,
      filter.before ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      filter.limit,
    ],
  );
  return rows.map(refundOf);
}

/** Approved or being paid, over all accounts, oldest first. */
export const listPayable = (tx: Tx, limit: number) =>
  tx.many<{ id: string; accountId: string }>(
    `select refund_id as id, account_id as "accountId" from refunds
      where status in ('approved', 'paying') order by created_at limit $1`,
    [limit],
  );

const refundedColumns = `order_id as "orderId", currency, instances, consumed, fee, exact,
  paid_cash, paid_gift_credit, paid_stored_card, paid_voucher,
  refunded_cash, refunded_gift_credit, refunded_stored_card, refunded_voucher`;

type Fund = 'cash' | 'gift_credit' | 'stored_card' | 'voucher';
type RefundedRow = Pick<RefundedOrder, 'orderId' | 'instances' | 'exact'> & {
  currency: string;
  consumed: string;
  fee: string;
} & Record<`${'paid' | 'refunded'}_${Fund}`, string>;

function toRefundedOrder({ orderId, currency, instances, exact, ...row }: RefundedRow): RefundedOrder {
  const splitOf = (kind: 'paid' | 'refunded') => ({
    cash: money(row[`${kind}_cash`], currency),
    giftCredit: money(row[`${kind}_gift_credit`], currency),
    storedCard: money(row[`${kind}_stored_card`], currency),
    voucher: money(row[`${kind}_voucher`], currency),
  });
  return {
    orderId,
    instances,
    exact,
    paid: splitOf('paid'),
    refunded: splitOf('refunded'),
    consumed: money(row.consumed, currency),
    fee: money(row.fee, currency),
  };
}

/** The ones among these orders that gave something back, by whichever refund. */
export const listRefundedOrders = async (tx: Tx, orderIds: readonly string[]): Promise<RefundedOrder[]> =>
  (
    await tx.many<RefundedRow>(
      `select ${refundedColumns} from refunded_orders where order_id = any($1) order by order_id`,
      [orderIds],
    )
  ).map(toRefundedOrder);

/** For update, in id order. */
export const lockRefundedOrders = async (tx: Tx, orderIds: readonly string[]): Promise<RefundedOrder[]> =>
  (
    await tx.many<RefundedRow>(
      `select ${refundedColumns} from refunded_orders where order_id = any($1) order by order_id for update`,
      [orderIds],
    )
  ).map(toRefundedOrder);

/** The database refuses more than was paid, of each fund (RFD-20). */
export const saveRefundedOrders = (tx: Tx, accountId: string, orders: readonly RefundedOrder[]) =>
  tx.write(
    `insert into refunded_orders (order_id, account_id, currency, instances, consumed, fee, exact,
       paid_cash, paid_gift_credit, paid_stored_card, paid_voucher,
       refunded_cash, refunded_gift_credit, refunded_stored_card, refunded_voucher)
     select "orderId", $1, fee->>'currency', instances, (consumed->>'amount')::numeric, (fee->>'amount')::numeric,
       exact, (paid->'cash'->>'amount')::numeric, (paid->'giftCredit'->>'amount')::numeric,
       (paid->'storedCard'->>'amount')::numeric, (paid->'voucher'->>'amount')::numeric,
       (refunded->'cash'->>'amount')::numeric, (refunded->'giftCredit'->>'amount')::numeric,
       (refunded->'storedCard'->>'amount')::numeric, (refunded->'voucher'->>'amount')::numeric
       from jsonb_to_recordset($2::jsonb) as o ("orderId" text, instances integer, consumed jsonb, fee jsonb,
         exact jsonb, paid jsonb, refunded jsonb) order by 1
     on conflict (order_id) do update set instances = excluded.instances, consumed = excluded.consumed,
       fee = excluded.fee, exact = excluded.exact, refunded_cash = excluded.refunded_cash,
       refunded_gift_credit = excluded.refunded_gift_credit, refunded_stored_card = excluded.refunded_stored_card,
       refunded_voucher = excluded.refunded_voucher`,
    [accountId, JSON.stringify(orders)],
  );

/** Locks, in id order, the rows that these ids stand for, before a batch of events is handled. */
export const lockRowsOf = (tx: Tx, ids: readonly string[]): void =>
  tx.write('select lock_refund_rows($1::text[])', [ids]);
