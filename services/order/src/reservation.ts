import type { Tx } from '@accord/core';
import { fitsEvent, type Event, type EventAbout } from '@accord/events';
import type { Holder } from '@accord/events/fields';
import type { ReservationRefusalReason } from '@accord/events/reservation';
import type { Subscriptions } from '@accord/messaging';
import type { Profile } from '@accord/profile';
import { answerHolder, saveEnds } from './order/holder-store.ts';
import { lockOrdersOfInstances } from './order/order-instance-store.ts';
import { lockOrders, lockOrdersHeldBy, saveOrders } from './order/order-store.ts';
import {
  expireOrder,
  holdOrder,
  isOpen,
  movePayBy,
  obstacle,
  orderSnapshot,
  releaseOrder,
  type Order,
} from './order/order.ts';
import { lockResources } from './resource/resource-store.ts';
import { resourceSnapshot, type Resource } from './resource/resource.ts';

// A contract or a refund asks for its orders (EVT-20), gets all or none of them, and gives them back when it
// ends (EVT-22, EVT-23). Everything is locked in the order of ids, instances before orders; the first lock
// wins, and a second holder sees the first's hold.

async function onContractRequested(
  tx: Tx,
  { data: { contract, earlierEnded } }: Event<'contract.requested'>,
) {
  if (contract.orderIds.length === 0) return; // it is over bills
  const holder: Holder = { kind: 'contract', id: contract.contractId };
  const state = await answerHolder(tx, holder, contract.accountId);
  if (state === 'answered') return;

  const locked = await lockOrders(tx, contract.orderIds);
  const freed = endHolds(tx, locked, { ended: earlierEnded, accountId: contract.accountId });
  const orders = await expireDue(tx, freed);

  const refusals =
    state === 'ended' ? [refusal('holder.ended')] : refusalsOfOrders(contract.orderIds, orders, holder);
  await answer(tx, {
    holder,
    accountId: contract.accountId,
    refusals,
    orders,
    toHold: orders,
    resources: [],
  });
}

/** ORD-12: a refund names instances and gets every paid order of them, also one that it had not seen. */
async function onRefundRequested(tx: Tx, { data: { refund } }: Event<'refund.requested'>) {
  if (refund.kind === 'failed_fulfilment') return; // its order is voided already, nothing is left to hold
  const holder: Holder = { kind: 'refund', id: refund.refundId };
  const state = await answerHolder(tx, holder, refund.accountId);
  if (state === 'answered') return;

  const resources = await lockResources(tx, refund.instanceIds);
  const known = resources.map(({ instanceId }) => instanceId);
  const orders = await expireDue(tx, await lockOrdersOfInstances(tx, known));

  const refusals =
    state === 'ended'
      ? [refusal('holder.ended')]
      : refund.instanceIds.flatMap((id) => refusalsOfInstance(id, { known, orders, holder }));
  const toHold = orders.filter(({ status }) => status === 'paid');
  await answer(tx, { holder, accountId: refund.accountId, refusals, orders, toHold, resources });
}

type EarlierEnded = Event<'contract.requested'>['data']['earlierEnded'];

/** ORD-13: the contract's predecessors let go first. Orders that an ended one of them still holds come free. */
function endHolds(
  tx: Tx,
  orders: readonly Order[],
  { ended, accountId }: { ended: EarlierEnded; accountId: string },
): Order[] {
  if (ended.length === 0) return [...orders];
  const contractIds = ended.map(({ contractId }) => contractId);
  saveEnds(tx, { kind: 'contract', ids: contractIds, accountId });
  const isEnded = ({ orderId, hold }: Order) =>
    ended.some((one) => one.orderId === orderId && one.contractId === hold?.id);
  return saveOrders(
    tx,
    orders.map((order) => releaseOrder(order, isEnded(order) ? order.hold : null)),
  );
}

const refusal = (
  code: ReservationRefusalReason['code'],
  about: Partial<ReservationRefusalReason> = {},
): ReservationRefusalReason => ({ orderId: null, instanceId: null, holder: null, ...about, code });

function refusalsOfOrders(orderIds: readonly string[], orders: readonly Order[], holder: Holder) {
  const missing = orderIds.filter((id) => !orders.some(({ orderId }) => orderId === id));
  return [
    ...missing.map((orderId) => refusal('order.not_found', { orderId })),
    ...orders.flatMap((order) => refusalsOfOrder(order, holder)),
  ];
}

function refusalsOfOrder(order: Order, holder: Holder): ReservationRefusalReason[] {
  const code = obstacle(order, holder);
  return code ? [refusal(code, { orderId: order.orderId, holder: order.hold })] : [];
}

function refusalsOfInstance(
  instanceId: string,
  { known, orders, holder }: { known: readonly string[]; orders: readonly Order[]; holder: Holder },
): ReservationRefusalReason[] {
  if (!known.includes(instanceId)) return [refusal('order.not_found', { instanceId })];
  const live = orders.filter(
    (order) =>
      order.instanceIds.includes(instanceId) && (order.status === 'paid' || order.status === 'unpaid'),
  );
  if (live.length === 0) return [refusal('order.voided', { instanceId })];
  return live.flatMap((order) => [
    ...(isOpen(order) ? [refusal('order.instance_busy', { orderId: order.orderId, instanceId })] : []),
    ...refusalsOfOrder(order, holder).map((reason) => ({ ...reason, instanceId })),
  ]);
}

interface Reservation {
  readonly holder: Holder;
  readonly accountId: string;
  readonly refusals: ReservationRefusalReason[];
  readonly orders: readonly Order[];
  readonly toHold: readonly Order[];
  readonly resources: readonly Resource[];
}

/** All or none, and one answer to each holder, which fits an event. */
async function answer(tx: Tx, { holder, accountId, refusals, orders, toHold, resources }: Reservation) {
  const refuse = (reasons: ReservationRefusalReason[]) => {
    const data = { holder, accountId, refusals: reasons, orders: orders.map(orderSnapshot) };
    tx.emit({ type: 'order.reservation_refused', data: fitsEvent(data) ? data : { ...data, orders: [] } });
  };
  if (refusals.length > 0) return refuse(refusals);
  const holds = toHold.map((order) => holdOrder(order, holder));
  const data = {
    holder,
    accountId,
    orders: holds.map(({ state }) => orderSnapshot(state)),
    resources: resources.map(resourceSnapshot),
  };
  if (!fitsEvent(data)) return refuse([refusal('holder.too_large')]);
  saveOrders(tx, holds);
  tx.emit({ type: 'order.reserved', data });
}

const expireDue = async (tx: Tx, orders: readonly Order[]) =>
  saveOrders(
    tx,
    orders.map((order) => expireOrder(order, tx.now)),
  );

const onContractEnded = (tx: Tx, { data: { contract } }: Event<'contract.voided' | 'contract.refused'>) =>
  endHolder(tx, { kind: 'contract', id: contract.contractId }, contract.accountId);

const onRefundEnded = (
  tx: Tx,
  { data: { refund } }: Event<'refund.refused' | 'refund.rejected' | 'refund.withdrawn'>,
) => endHolder(tx, { kind: 'refund', id: refund.refundId }, refund.accountId);

/**
 * ORD-13: the holder has ended, whether or not it ever held: all that it holds comes free, and a late
 * reservation by it is refused.
 */
async function endHolder(tx: Tx, holder: Holder, accountId: string) {
  saveEnds(tx, { kind: holder.kind, ids: [holder.id], accountId });
  const held = await lockOrdersHeldBy(tx, holder);
  saveOrders(
    tx,
    held.map((order) => releaseOrder(order, holder)),
  );
}

/**
 * ORD-8: an order in a drafted contract has longer to be paid. The new payBy depends on the time of placement
 * alone, so the event may come at any time.
 */
const onContractDrafted =
  ({ payWithinWhenContractedMs }: Pick<Profile['orders'], 'payWithinWhenContractedMs'>) =>
  async (tx: Tx, { data: { contract } }: Event<'contract.drafted'>) => {
    const orders = await lockOrders(tx, contract.orderIds);
    saveOrders(
      tx,
      orders.map((order) => movePayBy(order, payWithinWhenContractedMs)),
    );
  };

const contractRows = ({ data }: Event<EventAbout<'contract'>>) => data.contract.orderIds;

/** Instances stand for all their orders. */
export const refundRows = ({ data: { refund } }: Event<EventAbout<'refund'>>) => [
  ...refund.instanceIds,
  ...refund.orderIds,
];

export const reservationSubscriptions = (rules: Profile['orders']): Subscriptions => ({
  'contract.requested': { on: onContractRequested, locks: contractRows },
  'contract.drafted': { on: onContractDrafted(rules), locks: contractRows },
  'contract.refused': { on: onContractEnded, locks: contractRows },
  'contract.voided': { on: onContractEnded, locks: contractRows },
  'refund.requested': { on: onRefundRequested, locks: refundRows },
  'refund.refused': { on: onRefundEnded, locks: refundRows },
  'refund.rejected': { on: onRefundEnded, locks: refundRows },
  'refund.withdrawn': { on: onRefundEnded, locks: refundRows },
});
