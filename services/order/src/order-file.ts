import type { Actor, Database, Locale } from '@accord/core';
import { renderInTurn } from '@accord/pdf';
import type { Profile } from '@accord/profile';
import { findAccounts } from './account-view.ts';
import { renderOrder } from './document/order-document.ts';
import { getOrder } from './order/order-store.ts';

/**
 * ORD-18: one order as a PDF, as it is now.
 *
 * @throws Refusal `order.not_found`, `server.unavailable`
 */
export async function orderFile(
  db: Database,
  profile: Profile,
  { actor, orderId, locale }: { readonly actor: Actor; readonly orderId: string; readonly locale: Locale },
): Promise<{ file: Buffer; fileName: string }> {
  const document = await db.transaction(actor, async (tx) => {
    const order = await getOrder(tx, orderId);
    const account = (await findAccounts(tx, [order.accountId])).get(order.accountId);
    return { order, customer: account?.certifiedName ?? null, at: tx.now, locale };
  });
  const file = await renderInTurn(document.order.accountId, () => renderOrder(document, profile));
  return { file, fileName: `${orderId}.pdf` };
}
