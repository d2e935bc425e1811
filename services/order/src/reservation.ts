import type { Tx } from '@accord/core';
import { fitsEvent, type Event } from '@accord/events';
import type { ReservationRefusalReason } from '@accord/events/reservation';
import { answerHolder, rememberEnds } from './order/holder-store.ts';
import { lockOrders, lockOrdersHeldBy, lockOrdersOfInstances, saveOrders } from './order/order-store.ts';
import {
  expireOrder,
  holdOrder,
  isOpen,
  movePayBy,
  obstacle,
  releaseOrder,
  snapshot,
  type Hold,
  type Order,
} from './order/order.ts';
import { lockResources } from './resource/resource-store.ts';
import { resourceSnapshot, type Resource } from './resource/resource.ts';

// A contract or a refund asks for its orders (EVT-20), gets all or none of them, and gives them back when it
// ends (EVT-22, EVT-23). Everything is locked in the order of ids, instances before orders; what was locked
// first wins, the second sees the first's hold.

type No = ReservationRefusalReason;
const no = (code: No['code'], about: Partial<No> = {}): No => ({
  orderId: null,
  instanceId: null,
  holder: null,
  ...about,
  code,
});

export async function onContractRequested(
  tx: Tx,
  { data: { contract, earlierEnded } }: Event<'contract.requested'>,
) {
  const holder: Hold = { kind: 'contract', id: contract.contractId };
  const asked = await answerHolder(tx, holder, contract.accountId);
  if (asked === 'answered') return;
  await rememberEnds(
    tx,
    'contract',
    earlierEnded.map(({ contractId }) => contractId),
    contract.accountId,
  );
  const earlier = (order: Order) =>
    earlierEnded.find(
      ({ orderId, contractId }) => orderId === order.orderId && contractId === order.hold?.id,
    );
  const locked = await lockOrders(tx, contract.orderIds);
  const freed = saveOrders(
    tx,
    locked.map((order) => releaseOrder(order, earlier(order) ? order.hold : null)),
  );
  const orders = await expireDue(tx, freed);
  const missing = contract.orderIds
    .filter((id) => !orders.some(({ orderId }) => orderId === id))
    .map((orderId) => no('order.not_found', { orderId }));
  const refusals =
    asked === 'ended'
      ? [no('holder.ended')]
      : [...missing, ...orders.flatMap((order) => refusalOf(order, holder))];
  await answer(tx, {
    holder,
    accountId: contract.accountId,
    refusals,
    orders,
    toHold: orders,
    resources: [],
  });
}

/** ORD-12: a refund names instances and gets every paid order of them, those it had not seen included. */
export async function onRefundRequested(tx: Tx, { data: { refund } }: Event<'refund.requested'>) {
  if (refund.kind === 'failed_fulfilment') return; // its order is voided already, nothing is left to hold
  const holder: Hold = { kind: 'refund', id: refund.refundId };
  const asked = await answerHolder(tx, holder, refund.accountId);
  if (asked === 'answered') return;
  const resources = await lockResources(tx, refund.instanceIds);
  const orders = await expireDue(
    tx,
    await lockOrdersOfInstances(
      tx,
      resources.map(({ instanceId }) => instanceId),
    ),
  );
  const toHold = orders.filter(({ status }) => status === 'paid');
  const refusals =
    asked === 'ended'
      ? [no('holder.ended')]
      : refund.instanceIds.flatMap((instanceId) =>
          refusalsOfInstance(instanceId, { resources, orders, holder }),
        );
  await answer(tx, { holder, accountId: refund.accountId, refusals, orders, toHold, resources });
}

function refusalsOfInstance(
  instanceId: string,
  { resources, orders, holder }: { resources: Resource[]; orders: Order[]; holder: Hold },
): No[] {
  if (!resources.some((resource) => resource.instanceId === instanceId))
    return [no('order.not_found', { instanceId })];
  const live = orders.filter(
    (order) =>
      order.instanceIds.includes(instanceId) && (order.status === 'paid' || order.status === 'unpaid'),
  );
  if (live.length === 0) return [no('order.voided', { instanceId })];
  return live.flatMap((order) => [
    ...(isOpen(order) ? [no('order.instance_busy', { orderId: order.orderId, instanceId })] : []),
    ...refusalOf(order, holder).map((refusal) => ({ ...refusal, instanceId })),
  ]);
}

function refusalOf(order: Order, holder: Hold): No[] {
  const code = obstacle(order, holder);
  return code ? [no(code, { orderId: order.orderId, holder: order.hold })] : [];
}

interface Asked {
  readonly holder: Hold;
  readonly accountId: string;
  readonly refusals: No[];
  readonly orders: readonly Order[];
  readonly toHold: readonly Order[];
  readonly resources: readonly Resource[];
}

/** All or none, and one answer to each holder, which fits an event. */
async function answer(tx: Tx, { holder, accountId, refusals, orders, toHold, resources }: Asked) {
  const refuse = (why: No[]) => {
    const data = { holder, accountId, refusals: why, orders: orders.map(snapshot) };
    tx.emit({ type: 'order.reservation_refused', data: fitsEvent(data) ? data : { ...data, orders: [] } });
  };
  if (refusals.length > 0) return refuse(refusals);
  const holds = toHold.map((order) => holdOrder(order, holder));
  const data = {
    holder,
    accountId,
    orders: holds.map(({ state }) => snapshot(state)),
    resources: resources.map(resourceSnapshot),
  };
  if (!fitsEvent(data)) return refuse([no('holder.too_large')]);
  saveOrders(tx, holds);
  tx.emit({ type: 'order.reserved', data });
}

const expireDue = async (tx: Tx, orders: readonly Order[]) =>
  saveOrders(
    tx,
    orders.map((order) => expireOrder(order, tx.now)),
  );

/**
 * ORD-13: the holder has ended, whether or not it ever held: what it holds comes free, and a late reservation
 * by it is refused.
 */
export async function onHolderEnded(tx: Tx, holder: Hold, accountId: string) {
  await rememberEnds(tx, holder.kind, [holder.id], accountId);
  const held = await lockOrdersHeldBy(tx, holder);
  saveOrders(
    tx,
    held.map((order) => releaseOrder(order, holder)),
  );
}

export const onContractEnded = (
  tx: Tx,
  { data: { contract } }: Event<'contract.voided' | 'contract.refused'>,
) => onHolderEnded(tx, { kind: 'contract', id: contract.contractId }, contract.accountId);

export const onRefundEnded = (
  tx: Tx,
  { data: { refund } }: Event<'refund.refused' | 'refund.rejected' | 'refund.withdrawn'>,
) => onHolderEnded(tx, { kind: 'refund', id: refund.refundId }, refund.accountId);

/**
 * ORD-8: an order in a drafted contract has longer to be paid. It depends on when the order was placed alone,
 * so it may come at any time.
 */
export const onContractDrafted =
  (payWithinMs: number) =>
  async (tx: Tx, { data: { contract } }: Event<'contract.drafted'>) => {
    saveOrders(
      tx,
      (await lockOrders(tx, contract.orderIds)).map((order) => movePayBy(order, payWithinMs)),
    );
  };
