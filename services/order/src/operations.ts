import type { Tx } from '@accord/core';
import { loadGlyphCheck } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { findAccounts } from './account-view.ts';
import {
  allowedOperations,
  mayGiveBack,
  operationContextOf,
  withoutQuota,
  type Operation,
} from './order/allowed-operations.ts';
import { countRefundsOfYear } from './order/holder-store.ts';
import type { Order } from './order/order.ts';
import { listRelatedOrders } from './order/related-orders-store.ts';
import { findResources } from './resource/resource-store.ts';

/** The operations of an order. */
export type OperationsOf = (order: Order) => Operation[];

/** ORD-16: the operations of each of these orders, looked up for all of them in one round trip. */
export async function operationsOf(
  tx: Tx,
  profile: Profile,
  orders: readonly Order[],
): Promise<OperationsOf> {
  const accountIds = orders.filter(isLive).map(({ accountId }) => accountId);
  const giving = orders.filter((order) => mayGiveBack(order, profile));
  const instanceIds = giving.flatMap((order) => order.instanceIds);
  const isLimited = giving.length > 0 && profile.refunds.yearlyQuota !== null;
  const givers = giving.map(({ accountId }) => accountId);
  const [missingGlyphs, accounts, resources, living, refundsThisYear] = await Promise.all([
    loadGlyphCheck(),
    accountIds.length > 0 ? findAccounts(tx, accountIds) : new Map(),
    instanceIds.length > 0 ? findResources(tx, instanceIds) : [],
    instanceIds.length > 0 ? listRelatedOrders(tx, instanceIds) : [],
    isLimited ? countRefundsOfYear(tx, givers, profile) : new Map<string, number>(),
  ]);
  const context = operationContextOf({
    accounts,
    resources,
    orders: living,
    withoutQuota: withoutQuota(refundsThisYear, profile),
  });
  const rules = { profile, missingGlyphs, now: tx.now };
  return (order) => allowedOperations(order, context, rules);
}

const isLive = ({ status }: Order) => status === 'unpaid' || status === 'paid';
