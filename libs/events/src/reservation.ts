import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Holder } from './fields.ts';
import { OrderSnapshot } from './order.ts';
import { ResourceSnapshot } from './resource.ts';

/** ORD-12; `holder.…` concern the asker, not one of the orders. */
export const ReservationRefusalCode = z.enum([
  'order.held_by_contract',
  'order.held_by_refund',
  'order.cancelled',
  'order.voided',
  'order.instance_busy',
  'order.not_found',
  'holder.ended',
  'holder.too_large',
]);
export type ReservationRefusalCode = z.infer<typeof ReservationRefusalCode>;

/**
 * One of the asked orders or instances cannot be held (ORD-12). Another account's is `order.not_found`,
 * without a holder.
 */
export const ReservationRefusalReason = z.object({
  orderId: z.string().nullable(),
  instanceId: z.string().nullable(),
  code: ReservationRefusalCode,
  holder: Holder.nullable(),
});
export type ReservationRefusalReason = z.infer<typeof ReservationRefusalReason>;

const aboutReservation = ({ holder, accountId }: { holder: z.infer<typeof Holder>; accountId: string }) => ({
  id: holder.id,
  version: 1,
  accountId,
});

export const reservationEvents = {
  /**
   * Answers a holder: keyed by it, about the reservation, with every order concerned as it is now held
   * (EVT-5).
   */
  'order.reserved': event({
    speaker: 'order',
    aggregate: 'reservation',
    summary: 'All orders asked for are held by the holder.',
    data: z.object({
      holder: Holder,
      accountId: AccountId,
      orders: z.array(OrderSnapshot),
      resources: z.array(ResourceSnapshot),
    }),
    about: aboutReservation,
  }),
  'order.reservation_refused': event({
    speaker: 'order',
    aggregate: 'reservation',
    summary: 'None of the orders asked for is held by the holder, and why.',
    data: z.object({
      holder: Holder,
      accountId: AccountId,
      refusals: z.array(ReservationRefusalReason),
      orders: z.array(OrderSnapshot),
    }),
    about: aboutReservation,
  }),
};
