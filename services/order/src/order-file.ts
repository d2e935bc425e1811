import { Refusal, type Actor, type Database, type Locale } from '@accord/core';
import { renderInTurn } from '@accord/pdf';
import { isRefusedUnpaidDomain, type Profile } from '@accord/profile';
import { findAccounts } from './account-view.ts';
import { renderChecklist } from './document/checklist.ts';
import { renderOrder, type OrderDocument } from './document/order-document.ts';
import { getOrder } from './order/order-store.ts';
import { isPayable, type Order } from './order/order.ts';

interface Asked {
  readonly actor: Actor;
  readonly orderId: string;
  readonly locale: Locale;
}

/**
 * ORD-18: one order as a PDF, as it is now.
 *
 * @throws Refusal `order.not_found`, `server.unavailable`
 */
export async function orderFile(db: Database, profile: Profile, ask: Asked) {
  const document = await readDocument(db, ask);
  const file = await renderInTurn(document.order.accountId, () => renderOrder(document, profile));
  return { file, fileName: `${ask.orderId}.pdf` };
}

/** ORD-20: an unpaid domain order that gets no contract (CTR-7) has one until its payBy. */
export const hasChecklist = (order: Order, { contracts }: Profile, now: Date): boolean =>
  isRefusedUnpaidDomain(order, contracts) && isPayable(order, now);

/**
 * The checklist of an order (ORD-20).
 *
 * @throws Refusal `order.not_found`, `order.no_checklist`, `server.unavailable`
 */
export async function checklistFile(db: Database, profile: Profile, ask: Asked) {
  const document = await readDocument(db, ask);
  const { order, at } = document;
  if (!hasChecklist(order, profile, at))
    throw new Refusal('conflict', 'order.no_checklist', { orderId: ask.orderId });
  const file = await renderInTurn(order.accountId, () => renderChecklist(document, profile));
  return { file, fileName: `${ask.orderId}-checklist.pdf` };
}

const readDocument = (db: Database, { actor, orderId, locale }: Asked): Promise<OrderDocument> =>
  db.transaction(actor, async (tx) => {
    const order = await getOrder(tx, orderId);
    const account = (await findAccounts(tx, [order.accountId])).get(order.accountId);
    return { order, customer: account?.certifiedName ?? null, at: tx.now, locale };
  });
