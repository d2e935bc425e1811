// The fields of each noun that its customer may see, in every event that shows it (NTF-1).

export const order = [
  'order.orderId',
  'order.version',
  'order.productCode',
  'order.productName',
  'order.productForm',
  'order.serviceType',
  'order.orderType',
  'order.billType',
  'order.count',
  'order.duration',
  'order.plan',
  'order.payableAmount',
  'order.cashPaid',
  'order.voucherPaid',
  'order.cashReturned',
  'order.status',
  'order.fulfilment',
  'order.refundState',
  'order.hold',
  'order.instanceIds',
  'order.instances',
  'order.servicePeriod',
  'order.createdAt',
  'order.payBy',
  'order.paidAt',
  'order.cancelledAt',
  'order.voidedAt',
] as const;

export const contract = [
  'contract.contractId',
  'contract.version',
  'contract.number',
  'contract.kind',
  'contract.status',
  'contract.language',
  'contract.invoicingEntity',
  'contract.partyA',
  'contract.orderIds',
  'contract.billIds',
  'contract.amount',
  'contract.createdAt',
  'contract.draftedAt',
  'contract.finalizedAt',
  'contract.voidedAt',
] as const;

export const ticket = [
  'ticket.ticketId',
  'ticket.version',
  'ticket.kind',
  'ticket.status',
  'ticket.contractId',
  'ticket.contractNumber',
  'ticket.orderIds',
  'ticket.text',
  'ticket.dueAt',
] as const;

export const refund = [
  'refund.refundId',
  'refund.version',
  'refund.status',
  'refund.kind',
  'refund.instanceIds',
  'refund.orderIds',
  'refund.amount',
  'refund.split',
  'refund.reason',
  'refund.createdAt',
  'refund.endedAt',
] as const;

export const message = [
  'notification.notificationId',
  'notification.eventId',
  'notification.eventType',
  'notification.channel',
  'notification.contactId',
] as const;
