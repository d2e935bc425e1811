import type { z } from 'zod';
import type { Tx } from '@accord/core';
import type { Event } from '@accord/events';
import type { ContractSnapshot } from '@accord/events/contract';
import type { OrderSnapshot } from '@accord/events/order';
import type { ProductSnapshot } from '@accord/events/product';
import type { ResourceSnapshot } from '@accord/events/resource';
import type { Projection, ProjectionWriter, ReadModel } from '@accord/messaging';
import type { Bundle, Facts, LinkedContract } from './refund/eligibility.ts';

// Orders, resources, contracts and products as the events told them, by version (EVT-5). Good enough to
// answer a quote; a refund asks the order service for the facts as they are held (EVT-20).

export type Order = z.output<typeof OrderSnapshot>;
export type Resource = z.output<typeof ResourceSnapshot>;
type Contract = z.output<typeof ContractSnapshot>;
type Product = z.output<typeof ProductSnapshot>;

function seeContract(writer: ProjectionWriter, contract: Contract): void {
  writer.write(
    `insert into contract_view (contract_id, account_id, version, number, status) values ($1, $2, $3, $4, $5)
     on conflict (contract_id) do update set version = excluded.version, number = excluded.number, status = excluded.status
      where contract_view.version < excluded.version`,
    [contract.contractId, contract.accountId, contract.version, contract.number, contract.status],
  );
}

function seeProduct(writer: ProjectionWriter, { data: { product } }: Event<'product.published'>): void {
  writer.write(
    `insert into product_view (product_code, version, refundable, snapshot) values ($1, $2, $3, $4)
     on conflict (product_code) do update set version = excluded.version, refundable = excluded.refundable, snapshot = excluded.snapshot
      where product_view.version < excluded.version`,
    [product.productCode, product.version, product.refundable, JSON.stringify(product)],
  );
}

function seeOrders(writer: ProjectionWriter, orders: readonly Order[]): void {
  if (orders.length === 0) return;
  writer.write(
    `with told as (select value as o from jsonb_array_elements($1::jsonb)),
     seen as (
       insert into order_view (order_id, account_id, version, bundle_id, snapshot)
       select o->>'orderId', o->>'accountId', (o->>'version')::integer, o->>'bundleId', o from told order by 1
       on conflict (order_id) do update set version = excluded.version, bundle_id = excluded.bundle_id, snapshot = excluded.snapshot
        where order_view.version < excluded.version)
     insert into order_view_instances (instance_id, order_id, account_id)
     select distinct instance_id, o->>'orderId', o->>'accountId' from told, jsonb_array_elements_text(o->'instanceIds') instance_id order by 1, 2
     on conflict do nothing`,
    [JSON.stringify(orders)],
  );
}

function seeResources(writer: ProjectionWriter, resources: readonly Resource[]): void {
  if (resources.length === 0) return;
  writer.write(
    `insert into resource_view (instance_id, account_id, version, released, snapshot)
     select r->>'instanceId', r->>'accountId', (r->>'version')::integer, (r->>'released')::boolean, r
       from jsonb_array_elements($1::jsonb) r order by 1
     on conflict (instance_id) do update set version = excluded.version, released = excluded.released, snapshot = excluded.snapshot
      where resource_view.version < excluded.version`,
    [JSON.stringify(resources)],
  );
}

const order = {
  on: (writer: ProjectionWriter, { data }: { data: { order: Order } }) => seeOrders(writer, [data.order]),
  locks: ({ data }: { data: { order: Order } }) => [data.order.orderId],
};

const contract = {
  on: (writer: ProjectionWriter, { data }: { data: { contract: Contract } }) =>
    seeContract(writer, data.contract),
  locks: ({ data }: { data: { contract: Contract } }) => [data.contract.contractId],
};

const resource: Projection<'resource.changed'> = {
  on: (writer, { data }) => seeResources(writer, [data.resource]),
  locks: ({ data }) => [data.resource.instanceId],
};

const reserved: Projection<'order.reserved'> = {
  on: (writer, { data }) => {
    seeOrders(writer, data.orders);
    seeResources(writer, data.resources);
  },
  locks: ({ data }) => [
    ...data.orders.map(({ orderId }) => orderId),
    ...data.resources.map(({ instanceId }) => instanceId),
  ],
};

const refused: Projection<'order.reservation_refused'> = {
  on: (writer, { data }) => seeOrders(writer, data.orders),
  locks: ({ data }) => data.orders.map(({ orderId }) => orderId),
};

export const orderView: ReadModel = {
  name: 'order-view',
  tables: ['order_view', 'order_view_instances', 'resource_view', 'contract_view', 'product_view'],
  projections: {
    'order.placed': order,
    'order.paid': order,
    'order.expiring': order,
    'order.cancelled': order,
    'order.fulfilled': order,
    'order.fulfilment_failed': order,
    'order.voided': order,
    'order.released': order,
    'order.changed': order,
    'order.reserved': reserved,
    'order.reservation_refused': refused,
    'resource.changed': resource,
    'contract.requested': contract,
    'contract.refused': contract,
    'contract.drafted': contract,
    'contract.finalized': contract,
    'contract.seal_failed': contract,
    'contract.voided': contract,
    'contract.paper_requested': contract,
    'contract.paper_mailed': contract,
    'contract.paper_delivered': contract,
    'product.published': { on: seeProduct },
  },
};

export const findOrders = async (tx: Tx, orderIds: readonly string[]): Promise<Order[]> =>
  snapshots(
    await tx.many(`select snapshot from order_view where order_id = any($1) order by order_id`, [orderIds]),
  );

/**
 * What is known about the instances; of another account's, nothing (RFD-4). `timeZone` says where a year
 * begins (QUOTA_EXHAUSTED).
 */
export async function findFacts(
  tx: Tx,
  ask: { accountId: string; instanceIds: readonly string[]; timeZone: string },
): Promise<Facts> {
  const [orders, resources, claims, year] = await Promise.all([
    tx.many<{ snapshot: Order }>(
      `select snapshot from order_view where account_id = $1 and order_id in
        (select order_id from order_view_instances where account_id = $1 and instance_id = any($2)) order by order_id`,
      [ask.accountId, ask.instanceIds],
    ),
    tx.many<{ snapshot: Resource }>(
      `select snapshot from resource_view where account_id = $1 and instance_id = any($2)`,
      [ask.accountId, ask.instanceIds],
    ),
    tx.many<Facts['claims'][number]>(
      `select instance_id as "instanceId", refund_id as "refundId", refunded_at is not null as "refunded"
         from claimed_instances where account_id = $1 and instance_id = any($2)`,
      [ask.accountId, ask.instanceIds],
    ),
    tx.one<{ count: number }>(
      `select count(*)::integer as count from refunds where account_id = $1 and kind <> 'failed_fulfilment'
         and status not in ('refused', 'rejected', 'withdrawn')
         and created_at >= date_trunc('year', $2::timestamptz at time zone $3) at time zone $3`,
      [ask.accountId, tx.now, ask.timeZone],
    ),
  ]);
  const known = snapshots(orders);
  return {
    orders: known,
    resources: snapshots(resources),
    claims,
    contracts: await findContracts(tx, known),
    bundles: await findBundles(tx, ask.accountId, known),
    refundsThisYear: year?.count ?? 0,
  };
}

/** The contracts that hold these orders; one of which no event came yet has no number here. */
async function findContracts(tx: Tx, orders: readonly Order[]): Promise<LinkedContract[]> {
  const contractIds = orders.flatMap(({ hold }) => (hold?.kind === 'contract' ? [hold.id] : []));
  return contractIds.length === 0 ? [] : contractsById(tx, contractIds);
}

export const contractsById = (tx: Tx, contractIds: readonly string[]) =>
  tx.many<LinkedContract>(
    `select contract_id as "contractId", number, status from contract_view where contract_id = any($1)`,
    [contractIds],
  );

/** The bundles that any of these orders belong to, with all their living orders. */
export async function findBundles(tx: Tx, accountId: string, orders: readonly Order[]): Promise<Bundle[]> {
  const bundleIds = [...new Set(orders.flatMap(({ bundleId }) => bundleId ?? []))];
  return bundleIds.length === 0 ? [] : bundlesById(tx, accountId, bundleIds);
}

/** Every living instance of a bundle, whatever its size (RFD-3). */
export async function findBundleInstances(tx: Tx, accountId: string, bundleId: string): Promise<string[]> {
  const [bundle] = await bundlesById(tx, accountId, [bundleId]);
  return [...new Set(bundle?.members.flat())].sort();
}

const bundlesById = (tx: Tx, accountId: string, bundleIds: readonly string[]) =>
  tx.many<Bundle>(
    `select bundle_id as "bundleId", jsonb_agg(snapshot->'instanceIds') as members from order_view
      where account_id = $1 and bundle_id = any($2) and snapshot->>'status' in ('unpaid', 'paid') group by bundle_id`,
    [accountId, bundleIds],
  );

export const listInstances = (tx: Tx, ask: { accountId: string; after: string | null; limit: number }) =>
  tx.many<{ instanceId: string; snapshot: Resource }>(
    `select instance_id as "instanceId", snapshot from resource_view
      where account_id = $1 and not released and ($2::text is null or instance_id > $2) order by instance_id limit $3`,
    [ask.accountId, ask.after, ask.limit],
  );

export const listRefundableProducts = async (
  tx: Tx,
  ask: { after: string | null; limit: number },
): Promise<Product[]> =>
  snapshots(
    await tx.many(
      `select snapshot from product_view where refundable and ($1::text is null or product_code > $1) order by product_code limit $2`,
      [ask.after, ask.limit],
    ),
  );

const snapshots = <T>(rows: readonly { snapshot: T }[]): T[] => rows.map(({ snapshot }) => snapshot);
