import { z } from 'zod';
import type { Actor, Locale } from '@accord/core';
import { ReadableLine } from '@accord/events/fields';
import { GivenMomentText } from '@accord/events/given-time';
import { OrderSnapshot } from '@accord/events/order';
import { OrderId as AnyOrderId, InstanceId } from '@accord/events/platform';
import { maskActor } from '@accord/http';
import type { OperationsOf } from '../operations.ts';
import { operations } from '../order/allowed-operations.ts';
import { orderSnapshot, type Order } from '../order/order.ts';
import { HistoryEntry } from './order-history.ts';
import { OrderWarning, orderWarnings } from './warnings.ts';

// Shapes that several routes take or answer.

export const AccountId = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/)
  .meta({ description: 'Required of operators and the platform; a customer may leave it out.' });
export const ListedAccountId = AccountId.meta({
  description: 'For operators and the platform: left out, of all accounts together.',
});
export const OrderId = AnyOrderId.meta({ examples: ['ord_0199a2013ab97155850ff2f85a2d7bf3'] });
export { InstanceId };
export const ProductCode = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/);

export const PlanCode = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/);

/** One line of text, also one that nobody can read: looked for, or as a bank tells it. */
export const Line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]+$/u);

/** Of an order or a plan, as the customer reads it. */
export const ConfigurationItem = z
  .strictObject({ name: ReadableLine(60), value: ReadableLine(200) })
  .meta({ id: 'ConfigurationItemInput' });

export const ReportedMoment = GivenMomentText.transform((text) => new Date(text));

const Operation = z.enum(operations).meta({ id: 'OrderOperation' });

export const OrderAnswer = OrderSnapshot.extend({
  operatorId: z.string().nullable().meta({
    description: 'Who placed it; null for a customer where the provider did, as in the history.',
  }),
  links: z
    .object({ contract: z.string().nullable(), refunds: z.array(z.string()) })
    .meta({ id: 'OrderLinks' }),
  warnings: z.array(OrderWarning),
}).meta({ id: 'Order' });

/** Its reader: ids of the provider's staff are for the provider alone (`maskActor`). */
interface Reader {
  readonly actor: Actor;
  readonly locale: Locale;
}

/** Its snapshot; `links.contract` is the contract that holds it, null where none does (any more). */
export const toOrderAnswer = (order: Order, { actor, locale }: Reader): z.input<typeof OrderAnswer> => ({
  ...orderSnapshot(order),
  operatorId: maskActor(actor, order.placedBy).id,
  links: {
    contract: order.hold?.kind === 'contract' ? `/v1/contracts/${order.hold.id}` : null,
    refunds: order.refundIds.map((id) => `/v1/refunds/${id}`),
  },
  warnings: orderWarnings(order, locale),
});

const PostpayStart = z
  .object({ instanceId: z.string(), at: z.iso.datetime() })
  .meta({ id: 'PostpayStart', description: 'ORD-2: the end of the paid period, or later.' });

/** ORD-17: with every state it was in, its time and its actor, and what may be asked of it now (ORD-16). */
export const OrderDetailAnswer = OrderAnswer.extend({
  allowedOperations: z.array(Operation),
  takesEffect: z.array(PostpayStart).meta({
    description:
      'Of a switch to postpay: from when each instance is billed by use. Empty for any other order.',
  }),
  history: z.array(HistoryEntry),
  links: OrderAnswer.shape.links
    .extend({ checklist: z.string().nullable() })
    .meta({ id: 'OrderDetailLinks' }),
}).meta({ id: 'OrderDetail' });

/** ORD-16: a row of a list. */
export const OrderRowAnswer = OrderSnapshot.pick({
  orderId: true,
  version: true,
  accountId: true,
  productCode: true,
  productName: true,
  orderType: true,
  billType: true,
  status: true,
  fulfilment: true,
  refundState: true,
  productAmount: true,
  payableAmount: true,
  cashPaid: true,
  createdAt: true,
  payBy: true,
})
  .extend({ allowedOperations: z.array(Operation) })
  .meta({ id: 'OrderRow' });

export const toOrderRowAnswer = (
  order: Order,
  operationsOf: OperationsOf,
): z.input<typeof OrderRowAnswer> => ({
  orderId: order.orderId,
  version: order.version,
  accountId: order.accountId,
  productCode: order.productCode,
  productName: order.productName,
  orderType: order.orderType,
  billType: order.billType,
  status: order.status,
  fulfilment: order.fulfilment,
  refundState: order.refundState,
  productAmount: order.productAmount,
  payableAmount: order.payableAmount,
  cashPaid: order.cashPaid,
  createdAt: order.createdAt.toISOString(),
  payBy: order.payBy?.toISOString() ?? null,
  allowedOperations: operationsOf(order),
});
