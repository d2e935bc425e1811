import type { Data } from '@accord/events';

// The rows that an event will change, so that a chunk of events can lock them all in one order before the first
// is handled.

export const contractRows = ({ data }: { data: Pick<Data<'contract.drafted'>, 'contract'> }) =>
  data.contract.orderIds;

/** Instances stand for all their orders. */
export const refundRows = ({
  data: { refund },
}: {
  data: { refund: Pick<Data<'refund.approved'>['refund'], 'instanceIds' | 'orderIds'> };
}) => [...refund.instanceIds, ...refund.orderIds];

export const paymentRows = ({ data }: { data: Data<'payment.received'> }) => [data.orderId];

export const reportRows = ({ data: { instanceId, orderId } }: { data: Data<'resource.reported'> }) => [
  instanceId,
  ...(orderId ? [orderId] : []),
];
