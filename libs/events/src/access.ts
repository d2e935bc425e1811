import { eventTypes, type EventType } from './catalogue.ts';
import { type ServiceName, serviceNames, type Speaker } from './services.ts';
import { deadLetterTopic, publicTopics, speakerOf } from './topics.ts';

/** Each service keeps a timeline of everything, or what it needs of the others (EVT-13). */
const [all, views] = [
  ['contract', 'refund', 'notification'],
  ['refund', 'notification'],
] as const;
const asked = ['order', 'refund', 'notification'] as const;
const people = ['notification'] as const;
const refunds = ['contract', 'notification'] as const;
const answered = ['order', 'notification'] as const;
const refundsAnswered = ['order', ...refunds] as const;

/**
 * Which service reads which topic, the only place that says it (EVT-15): access lists of the broker are made from
 * it, and a service's subscriptions are held against it. The writer of a topic is the speaker of its event.
 */
export const readers: Readonly<Record<EventType, readonly ServiceName[]>> = {
  'order.placed': all,
  'order.paid': all,
  'order.expiring': all,
  'order.cancelled': all,
  'order.fulfilled': all,
  'order.fulfilment_failed': all,
  'order.voided': all,
  'order.released': all,
  'order.changed': all,
  'order.reserved': all,
  'order.reservation_refused': all,
  'payment.unapplied': views,
  'resource.changed': views,
  'product.published': all,
  'remittance.claimed': people,
  'remittance.claim_failed': people,
  'export.ready': people,
  'contract.requested': asked,
  'contract.refused': asked,
  'contract.drafted': asked,
  'contract.changed': views,
  'contract.draft_idle': views,
  'contract.finalized': views,
  'contract.seal_failed': views,
  'contract.voided': asked,
  'contract.paper_requested': views,
  'contract.paper_mailed': views,
  'contract.paper_delivered': views,
  'contract.paper_returned': views,
  'contract.paper_cancelled': views,
  'ticket.submitted': people,
  'ticket.approved': people,
  'ticket.rejected': people,
  'ticket.withdrawn': people,
  'account.updated': ['order', 'contract', 'notification'],
  'refund.requested': refundsAnswered,
  'refund.refused': refundsAnswered,
  'refund.review_required': refunds,
  'refund.approved': refunds,
  'refund.rejected': refundsAnswered,
  'refund.withdrawn': refundsAnswered,
  'refund.succeeded': refundsAnswered,
  'refund.difference_returned': refundsAnswered,
  'refund.failed': refunds,
  'notification.sent': people,
  'notification.dead': people,
  'webhook.disabled': people,
  'payment.received': answered,
  'resource.reported': answered,
  'bill.issued': ['contract', 'notification'],
};

/**
 * Fields, by their path in the data, that say something of a person: names and addresses, who acted, words that
 * somebody wrote. An event of another name has none; every event names its actor in `ce_actor`.
 */
export const personalFields: readonly string[] = [
  'account.certifiedName',
  'account.certificate',
  'account.invoiceTitle',
  'account.contacts.contactId',
  'account.contacts.name',
  'account.contacts.email',
  'account.contacts.phone',
  'account.address.recipient',
  'account.address.phone',
  'account.address.address',
  'contract.partyA',
  'notification.contactId',
  'order.operatorId',
  'orders.operatorId',
  'refund.reason',
  'ticket.text',
  'bankReference',
  'trackingNumber',
  'text',
];

/** The topics that a service, or the platform, writes to. */
export const topicsWrittenBy = (speaker: Speaker): readonly string[] => [
  ...eventTypes.filter((type) =>
    speaker === 'platform' ? publicTopics.has(type) : speakerOf(type) === speaker,
  ),
  ...serviceNames.filter((service) => service === speaker).map(deadLetterTopic),
];

export const topicsReadBy = (service: ServiceName): readonly EventType[] =>
  eventTypes.filter((type) => readers[type].includes(service));
