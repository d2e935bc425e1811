import { money, orderShows, place, subscription, type DemoContext } from './context.ts';
import { certifiedName } from './shop.ts';

/** ORD-21: claimed before the bank tells of it, and paid by itself once it does. */
export async function payByTransfer(context: DemoContext): Promise<void> {
  const { narrator, role, mark } = context;
  narrator.chapter('9 · A bank transfer: claimed first, received later, and the order is paid');
  const { orderId, amount } = await place(context, 'One more machine.', subscription(role.machine));
  const bankReference = `CMB-${mark}`;
  const claim = await narrator.ask({
    what: 'The customer has sent the money and claims the transfer, of which the bank has not told yet.',
    who: 'customer',
    method: 'post',
    path: '/v1/remittance-claims',
    body: { bankReference, amount: money(amount), orderId },
    status: 202,
    shows: ({ body: { claimId, status, expiresAt } }) => `${claimId} ${status}, at most until ${expiresAt}`,
    effects: ({ body: { claimId } }) => [
      { path: `/v1/remittance-claims/${claimId}`, shown: ({ status }) => status === 'paid' },
    ],
  });
  await narrator.ask({
    what: 'The bank tells that it has come.',
    who: 'platform',
    method: 'post',
    path: '/v1/remittances',
    body: {
      bankReference,
      amount: money(amount),
      payerName: certifiedName,
      receivedAt: new Date().toISOString(),
    },
    status: 201,
    follows: ['remittance.claimed', 'order.paid'],
    worker: { announces: 'remittance.claimed', about: ({ body: { remittanceId } }) => remittanceId },
    shows: ({ body: { remittanceId, status } }) => `${remittanceId} ${status}`,
    effects: ({ body: { remittanceId } }) => [
      {
        path: `/v1/remittances/${remittanceId}`,
        shown: ({ claimId }) => claimId === claim.body.claimId,
      },
      orderShows(orderId, 'paid', `${remittanceId}:${orderId}`),
    ],
  });
  const { body } = await narrator.quietly({ who: 'customer', method: 'get', path: `/v1/orders/${orderId}` });
  narrator.check(
    body.status === 'paid' && body.cashPaid.amount === amount,
    `the order is paid, ${amount} in cash`,
  );
}
