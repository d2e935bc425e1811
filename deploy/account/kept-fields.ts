const parties = ['contract.contracts', 'contract.contract_documents', 'notification.timeline_events'];
const facts = ['contract.accounts', 'order.account_view'];
const contacts = ['contract.accounts', 'notification.contacts'];
const orders = ['order.orders', 'contract.order_view', 'contract.contract_orders', 'refund.order_view'];

/** Each personal field of events (`personalFields`, EVT-15), and where a service keeps it. */
export const keptFields: Readonly<Record<string, readonly string[]>> = {
  'account.certifiedName': [...facts, ...parties],
  'account.certificate': [...facts, ...parties.slice(0, 2)],
  'account.invoiceTitle': facts,
  'account.contacts.contactId': [...contacts, 'notification.notifications'],
  'account.contacts.name': contacts,
  'account.contacts.email': contacts,
  'account.contacts.phone': contacts,
  'account.address.recipient': [...facts, ...parties.slice(0, 2)],
  'account.address.phone': [...facts, ...parties.slice(0, 2)],
  'account.address.address': [...facts, ...parties.slice(0, 2)],
  'contract.partyA': parties,
  'notification.contactId': ['notification.notifications', 'notification.timeline_events'],
  'order.operatorId': orders,
  'orders.operatorId': orders,
  'refund.reason': ['refund.refunds', 'notification.timeline_events'],
  'ticket.text': ['contract.tickets', 'notification.timeline_events'],
  bankReference: ['order.remittances', 'order.remittance_claims', 'notification.timeline_events'],
  trackingNumber: ['notification.timeline_events'],
  text: [
    'order.order_history',
    'contract.contracts',
    'contract.tickets',
    'refund.refunds',
    'notification.timeline_events',
  ],
};
