import type { z } from 'zod';
import type { Tx } from '@accord/core';
import type { ContractSnapshot } from '@accord/events/contract';
import type { ProductSnapshot } from '@accord/events/product';
import { eventsAbout, keepNewest, type ProjectionWriter, type ReadModel } from '@accord/messaging';
import type { Bundle, Claim, LinkedContract, Order, Resource } from './refund/candidate.ts';
import { countRefundsOfYear } from './refund/quota-store.ts';
import type { QuoteFacts } from './refund/quote.ts';
import { listRefundedOrders, listReturnedRenewals } from './refund/refund-store.ts';

// Orders, resources, contracts and products as the events told them, by version (EVT-5). Good enough to
// answer a quote; a refund asks the order service for the facts as they are held (EVT-20).

type Contract = z.output<typeof ContractSnapshot>;
type Product = z.output<typeof ProductSnapshot>;

const keepOrders = keepNewest({
  table: 'order_view',
  key: 'order_id',
  columns: ['account_id', 'bundle_id', 'snapshot'],
});
const keepResources = keepNewest({
  table: 'resource_view',
  key: 'instance_id',
  columns: ['account_id', 'released', 'snapshot'],
});
const keepContracts = keepNewest({
  table: 'contract_view',
  key: 'contract_id',
  columns: ['account_id', 'number', 'status'],
});
const keepProducts = keepNewest({
  table: 'product_view',
  key: 'product_code',
  columns: ['refundable', 'snapshot'],
});

function seeOrders(writer: ProjectionWriter, orders: readonly Order[]): void {
  if (orders.length === 0) return;
  keepOrders(
    writer,
    orders.map((snapshot) => ({
      order_id: snapshot.orderId,
      version: snapshot.version,
      account_id: snapshot.accountId,
      bundle_id: snapshot.bundleId,
      snapshot,
    })),
  );
  writer.write(
    `insert into order_view_instances (instance_id, order_id, account_id)
     select distinct instance_id, o->>'orderId', o->>'accountId'
       from jsonb_array_elements($1::jsonb) o, jsonb_array_elements_text(o->'instanceIds') instance_id order by 1, 2
     on conflict do nothing`,
    [JSON.stringify(orders)],
  );
}

const seeResources = (writer: ProjectionWriter, resources: readonly Resource[]): void =>
  keepResources(
    writer,
    resources.map((snapshot) => ({
      instance_id: snapshot.instanceId,
      version: snapshot.version,
      account_id: snapshot.accountId,
      released: snapshot.released,
      snapshot,
    })),
  );

const seeContract = (writer: ProjectionWriter, contract: Contract): void =>
  keepContracts(writer, [
    {
      contract_id: contract.contractId,
      version: contract.version,
      account_id: contract.accountId,
      number: contract.number,
      status: contract.status,
    },
  ]);

const seeProduct = (writer: ProjectionWriter, snapshot: Product): void =>
  keepProducts(writer, [
    {
      product_code: snapshot.productCode,
      version: snapshot.version,
      refundable: snapshot.refundable,
      snapshot,
    },
  ]);

export const orderView: ReadModel = {
  name: 'order-view',
  tables: ['order_view', 'order_view_instances', 'resource_view', 'contract_view', 'product_view'],
  projections: {
    ...eventsAbout('order', {
      on: (writer, { data }) => seeOrders(writer, [data.order]),
      locks: ({ data }) => [data.order.orderId],
    }),
    ...eventsAbout('reservation', {
      on(writer, { data }) {
        seeOrders(writer, data.orders);
        if ('resources' in data) seeResources(writer, data.resources);
      },
      locks: ({ data }) => [
        ...data.orders.map(({ orderId }) => orderId),
        ...('resources' in data ? data.resources : []).map(({ instanceId }) => instanceId),
      ],
    }),
    ...eventsAbout('resource', {
      on: (writer, { data }) => seeResources(writer, [data.resource]),
      locks: ({ data }) => [data.resource.instanceId],
    }),
    ...eventsAbout('contract', {
      on: (writer, { data }) => seeContract(writer, data.contract),
      locks: ({ data }) => [data.contract.contractId],
    }),
    ...eventsAbout('product', { on: (writer, { data }) => seeProduct(writer, data.product) }),
  },
};

/**
 * All that is known about the instances; of another account's, nothing (RFD-4). `timeZone` says where a year
 * begins (QUOTA_EXHAUSTED); `self` is the refund that asks again, which has its place in the quota since it was asked
 * for.
 */
export async function findFacts(
  tx: Tx,
  ask: { accountId: string; instanceIds: readonly string[]; timeZone: string; self?: string },
): Promise<QuoteFacts> {
  const [orders, resources, claims, returnedRenewals, refundsThisYear] = await Promise.all([
    tx.many<{ snapshot: Order }>(
      `select snapshot from order_view where account_id = $1 and order_id in
        (select order_id from order_view_instances where account_id = $1 and instance_id = any($2)) order by order_id`,
      [ask.accountId, ask.instanceIds],
    ),
    tx.many<{ snapshot: Resource }>(
      `select snapshot from resource_view where account_id = $1 and instance_id = any($2)`,
      [ask.accountId, ask.instanceIds],
    ),
    tx.many<Claim>(
      `select instance_id as "instanceId", refund_id as "refundId", refunded_at is not null as "refunded"
         from claimed_instances where account_id = $1 and instance_id = any($2)`,
      [ask.accountId, ask.instanceIds],
    ),
    listReturnedRenewals(tx, ask.accountId, ask.instanceIds),
    ask.self ? 0 : countRefundsOfYear(tx, ask),
  ]);
  const known = snapshots(orders);
  const [contracts, bundles, refunded] = await Promise.all([
    listHoldingContracts(tx, known),
    listBundles(tx, ask.accountId, known),
    listRefundedOrders(
      tx,
      known.map(({ orderId }) => orderId),
    ),
  ]);
  return {
    orders: known,
    resources: snapshots(resources),
    claims,
    returnedRenewals,
    contracts,
    bundles,
    refundsThisYear,
    refunded,
  };
}

/** The orders of these ids that are known, in no order. */
export const listOrders = async (tx: Tx, orderIds: readonly string[]): Promise<Order[]> =>
  snapshots(await tx.many('select snapshot from order_view where order_id = any($1)', [orderIds]));

/** The contracts that hold these orders; one of which no event came yet has no number here. */
async function listHoldingContracts(tx: Tx, orders: readonly Order[]): Promise<LinkedContract[]> {
  const contractIds = orders.flatMap(({ hold }) => (hold?.kind === 'contract' ? [hold.id] : []));
  return contractIds.length === 0 ? [] : listContracts(tx, contractIds);
}

export const listContracts = (tx: Tx, contractIds: readonly string[]) =>
  tx.many<LinkedContract>(
    `select contract_id as "contractId", number, status from contract_view where contract_id = any($1)`,
    [contractIds],
  );

/** The bundles that any of these orders belong to, with all their living orders. */
export async function listBundles(tx: Tx, accountId: string, orders: readonly Order[]): Promise<Bundle[]> {
  const bundleIds = [...new Set(orders.flatMap(({ bundleId }) => bundleId ?? []))];
  return bundleIds.length === 0 ? [] : bundlesById(tx, accountId, bundleIds);
}

/** Every living instance of a bundle, whatever its size (RFD-3). */
export async function listBundleInstances(tx: Tx, accountId: string, bundleId: string): Promise<string[]> {
  const [bundle] = await bundlesById(tx, accountId, [bundleId]);
  return [...new Set(bundle?.members.flat())].sort();
}

/** An instance that was released or given back keeps none of the others, nor does a service without instances. */
const bundlesById = (tx: Tx, accountId: string, bundleIds: readonly string[]) =>
  tx.many<Bundle>(
    `select bundle_id as "bundleId", jsonb_agg(coalesce(there.ids, '[]')) as members
       from order_view o left join lateral (
         select jsonb_agg(id) as ids from jsonb_array_elements_text(o.snapshot->'instanceIds') id
          where not exists (select from resource_view r where r.instance_id = id and r.released)
            and not exists (select from claimed_instances c where c.instance_id = id and c.refunded_at is not null)
       ) there on true
      where account_id = $1 and bundle_id = any($2) and snapshot->>'status' in ('unpaid', 'paid')
        and (there.ids is not null or snapshot->>'fulfilment' <> 'created')
      group by bundle_id`,
    [accountId, bundleIds],
  );

export const listInstances = (tx: Tx, ask: { accountId: string; after: string | undefined; limit: number }) =>
  tx.many<{ instanceId: string; snapshot: Resource }>(
    `select instance_id as "instanceId", snapshot from resource_view
      where account_id = $1 and not released and ($2::text is null or instance_id > $2)
      order by instance_id limit $3`,
    [ask.accountId, ask.after ?? null, ask.limit],
  );

export const listRefundableProducts = async (
  tx: Tx,
  ask: { after: string | undefined; limit: number },
): Promise<Product[]> =>
  snapshots(
    await tx.many(
      `select snapshot from product_view
        where refundable and ($1::text is null or product_code > $1) order by product_code limit $2`,
      [ask.after ?? null, ask.limit],
    ),
  );

const snapshots = <T>(rows: readonly { snapshot: T }[]): T[] => rows.map(({ snapshot }) => snapshot);
