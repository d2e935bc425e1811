import type { Data, EventType } from '@accord/events';
import { contract, message, order, refund, ticket } from './visible-fields.ts';

export type MessageClass = 'orders' | 'contracts' | 'refunds' | 'security';
export type Channel = 'inbox' | 'email' | 'sms';

/** `orderId`, or one step deeper `order.payableAmount`; a list or a value is named as a whole. */
type Field<T> = {
  [K in keyof T & string]:
    | K
    | (NonNullable<T[K]> extends readonly unknown[]
        ? never
        : NonNullable<T[K]> extends object
          ? `${K}.${keyof NonNullable<T[K]> & string}`
          : never);
}[keyof T & string];

interface Silence<T extends EventType> {
  readonly tells: 'nobody';
  readonly visible: readonly Field<Data<T>>[];
}

interface Telling<T extends EventType> {
  /** The account's contacts for this class, and its inbox. */
  readonly tells: MessageClass;
  readonly channels: readonly Channel[];
  /** Cannot be switched off (NTF-4). */
  readonly mandatory: boolean | ((data: Data<T>) => boolean);
  readonly visible: readonly Field<Data<T>>[];
}

/** The meaning of one event type to people. */
export type Notice<T extends EventType = EventType> = Silence<T> | Telling<T>;

const inbox = ['inbox'] as const;
const everywhere = ['inbox', 'email'] as const;
/** Of money, or of time that runs out. */
const urgent = ['inbox', 'email', 'sms'] as const;

/**
 * NTF-1: which event tells whom, in which class, over which channels, and which of its fields customers may
 * see, wherever they look (inbox, e-mail, timeline). A field that is not named stays inside. A new event type
 * does not type-check until it is here.
 */
export const notices: { readonly [T in EventType]: Notice<T> } = {
  'order.placed': { tells: 'orders', channels: inbox, mandatory: false, visible: order },
  'order.paid': { tells: 'orders', channels: everywhere, mandatory: false, visible: order },
  'order.expiring': { tells: 'orders', channels: urgent, mandatory: true, visible: [...order, 'payBy'] },
  'order.cancelled': {
    tells: 'orders',
    channels: everywhere,
    mandatory: false,
    visible: [...order, 'reason', 'text', 'releasedInstanceId'],
  },
  'order.fulfilled': { tells: 'orders', channels: everywhere, mandatory: false, visible: order },
  'order.fulfilment_failed': { tells: 'orders', channels: urgent, mandatory: false, visible: order },
  'order.voided': { tells: 'orders', channels: inbox, mandatory: false, visible: [...order, 'reason'] },
  'order.released': { tells: 'nobody', visible: [...order, 'holder'] },
  'order.changed': { tells: 'nobody', visible: [...order, 'what'] },
  'order.reserved': { tells: 'nobody', visible: ['holder'] },
  'order.reservation_refused': { tells: 'nobody', visible: ['holder'] },
  'payment.unapplied': {
    tells: 'orders',
    channels: everywhere,
    mandatory: false,
    visible: ['paymentReference', 'orderId', 'amount', 'reason'],
  },
  'resource.changed': {
    tells: 'nobody',
    visible: [
      'resource.instanceId',
      'resource.version',
      'resource.orderIds',
      'resource.start',
      'resource.end',
      'resource.released',
    ],
  },
  'product.published': { tells: 'nobody', visible: [] },
  'remittance.claimed': {
    tells: 'orders',
    channels: inbox,
    mandatory: false,
    visible: ['remittanceId', 'amount', 'orderIds'],
  },
  'remittance.claim_failed': {
    tells: 'orders',
    channels: everywhere,
    mandatory: false,
    visible: ['claimId', 'bankReference', 'amount', 'orderIds', 'reason'],
  },
  'export.ready': {
    tells: 'orders',
    channels: everywhere,
    mandatory: false,
    visible: ['exportId', 'sha256', 'expiresAt'],
  },

  'contract.requested': { tells: 'nobody', visible: contract },
  'contract.refused': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'refusals'],
  },
  'contract.drafted': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'payBy'],
  },
  'contract.changed': {
    tells: 'contracts',
    channels: inbox,
    mandatory: false,
    visible: [...contract, 'what'],
  },
  'contract.draft_idle': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'expiresAt'],
  },
  'contract.finalized': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'sha256', 'payBy', 'signedOn'],
  },
  'contract.seal_failed': {
    tells: 'contracts',
    channels: inbox,
    mandatory: false,
    visible: [...contract, 'reason'],
  },
  'contract.voided': {
    tells: 'contracts',
    channels: urgent,
    mandatory: ({ contract: { finalizedAt } }) => finalizedAt !== null,
    visible: [...contract, 'reason', 'text', 'orderId', 'billId'],
  },
  'contract.paper_requested': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'copies'],
  },
  'contract.paper_mailed': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'carrier', 'trackingNumber'],
  },
  'contract.paper_delivered': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: contract,
  },
  'contract.paper_returned': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...contract, 'text'],
  },
  'contract.paper_cancelled': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: contract,
  },
  'ticket.submitted': { tells: 'contracts', channels: inbox, mandatory: false, visible: ticket },
  'ticket.approved': { tells: 'contracts', channels: everywhere, mandatory: false, visible: ticket },
  'ticket.rejected': {
    tells: 'contracts',
    channels: everywhere,
    mandatory: false,
    visible: [...ticket, 'text'],
  },
  'ticket.withdrawn': { tells: 'contracts', channels: inbox, mandatory: false, visible: [...ticket, 'text'] },
  'account.updated': { tells: 'nobody', visible: ['account.version'] },

  'refund.requested': { tells: 'refunds', channels: inbox, mandatory: false, visible: refund },
  'refund.refused': {
    tells: 'refunds',
    channels: urgent,
    mandatory: true,
    visible: [...refund, 'refusals'],
  },
  'refund.review_required': { tells: 'refunds', channels: everywhere, mandatory: false, visible: refund },
  'refund.approved': { tells: 'refunds', channels: inbox, mandatory: false, visible: refund },
  'refund.rejected': {
    tells: 'refunds',
    channels: urgent,
    mandatory: true,
    visible: [...refund, 'text'],
  },
  'refund.withdrawn': { tells: 'refunds', channels: everywhere, mandatory: true, visible: refund },
  'refund.difference_returned': { tells: 'refunds', channels: urgent, mandatory: true, visible: refund },
  'refund.succeeded': { tells: 'refunds', channels: urgent, mandatory: true, visible: refund },
  'refund.failed': { tells: 'refunds', channels: urgent, mandatory: true, visible: refund },

  'notification.sent': { tells: 'nobody', visible: message },
  'notification.dead': { tells: 'nobody', visible: message },
  // Their effects are told: the order was paid, the resource changed.
  'payment.received': { tells: 'nobody', visible: ['paymentReference', 'orderId', 'parts'] },
  'resource.reported': {
    tells: 'nobody',
    visible: ['instanceId', 'reportVersion', 'orderId', 'start', 'end', 'released'],
  },
  // The platform tells its customers of their bills itself.
  'bill.issued': { tells: 'nobody', visible: ['billId', 'version', 'month', 'amount', 'status'] },
  'webhook.disabled': {
    tells: 'security',
    channels: everywhere,
    mandatory: true,
    visible: ['endpointId', 'reason'],
  },
};
