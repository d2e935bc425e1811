import type { Tx } from '@accord/core';
import { billsOf } from './bill-contracts.ts';
import { listContractOrders } from './contract/contract-orders-store.ts';
import { withLaterFacts } from './contract/contract-orders.ts';
import type { Contract } from './contract/contract.ts';
import { billContentOf, contentOf, type DocumentContent } from './document/content.ts';
import { findOrders, findOwnTerms, findProducts, type Order } from './order-view.ts';

/** The orders as reserved, with the facts told since; and `known`, as the order service showed them last. */
export async function ordersOf(
  tx: Tx,
  { contractId, accountId, orderIds }: Contract,
): Promise<{ orders: Order[]; known: Order[] }> {
  if (orderIds.length === 0) return { orders: [], known: [] };
  const [reserved, known] = await Promise.all([
    listContractOrders(tx, contractId),
    findOrders(tx, { accountId, orderIds }),
  ]);
  return { orders: withLaterFacts(reserved, known), known };
}

type Printing = Omit<Parameters<typeof contentOf>[2], 'ownTerms'>;

/** The words of the contract's document as they would be printed now. @throws Refusal `contract.entity_unknown` */
export async function contentNow(tx: Tx, contract: Contract, printing: Printing): Promise<DocumentContent> {
  if (contract.kind === 'bill') {
    const { bills } = await billsOf(tx, contract);
    const codes = bills.flatMap(({ lines }) => lines.map(({ productCode }) => productCode));
    return billContentOf(contract, bills, { ...printing, products: await findProducts(tx, codes) });
  }
  const { orders } = await ordersOf(tx, contract);
  return contentOf(contract, orders, { ...printing, ownTerms: await findOwnTerms(tx, orders) });
}
