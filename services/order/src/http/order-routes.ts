import { z } from 'zod';
import type { Actor } from '@accord/core';
import { maskActor, route, type Route, type RouteRequest } from '@accord/http';
import type { Profile } from '@accord/profile';
import { cancel, cancelSeveral, type Outcome } from '../cancellation.ts';
import { operationsOf } from '../operations.ts';
import { hasChecklist } from '../order-file.ts';
import * as orderStore from '../order/order-store.ts';
import { answered, Line, OrderAnswer, OrderDetailAnswer, OrderId } from './schemas.ts';

const Cancellations = z.strictObject({
  orderIds: z
    .array(OrderId)
    .min(1)
    .max(10)
    .refine((ids) => new Set(ids).size === ids.length, {
      message: 'names each order once',
      params: { 'zh-CN': '每个订单只能出现一次' },
    })
    .meta({ uniqueItems: true }),
  reason: Line(200),
});

const OutcomeAnswer = z
  .object({
    orderId: z.string(),
    outcome: z.enum(['cancelled', 'refused']),
    version: z.int().nullable(),
    code: z.string().nullable(),
    title: z.string().nullable().meta({ description: 'Of the refusal, in the language of Accept-Language.' }),
    detail: z.string().nullable(),
  })
  .meta({ id: 'CancellationOutcome' });

const cancelled = { outcome: 'cancelled', code: null, title: null, detail: null } as const;

const toOutcomeAnswer = (
  outcome: Outcome,
  wordsOf: RouteRequest['wordsOf'],
): z.input<typeof OutcomeAnswer> => {
  if (!('refused' in outcome)) return { ...outcome, ...cancelled };
  const { orderId, refused } = outcome;
  return { orderId, outcome: 'refused', version: null, code: refused.code, ...wordsOf(refused) };
};

const params = z.strictObject({ orderId: OrderId });

const getOrder = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}',
    operationId: 'getOrder',
    summary: 'One order with the history of its states',
    access: { customer: 'orders:read', operator: true, platform: true },
    params,
    answer: OrderDetailAnswer,
    refusals: ['order.not_found'],
    inTransaction: async (tx, { actor, locale, params: { orderId } }) => {
      const [order, lines] = await Promise.all([
        orderStore.getOrder(tx, orderId),
        orderStore.listHistory(tx, orderId),
      ]);
      const operations = await operationsOf(tx, profile, [order]);
      const history = lines.map((line) => ({
        ...line,
        note: noteFor(actor, line),
        at: line.at.toISOString(),
        actor: maskActor(actor, line.actor),
      }));
      const { body, version } = answered(order, locale);
      const checklist = hasChecklist(order, profile, tx.now) ? `/v1/orders/${orderId}/checklist` : null;
      const links = { ...body.links, checklist };
      return { body: { ...body, allowedOperations: operations(order), history, links }, version };
    },
  });

const ofTheProvider = ['fulfilment_failed', 'period_corrected', 'place_reported'];

/** Words and names of the provider's services are for the provider alone (NTF-1). */
const noteFor = ({ kind }: Actor, { change, note }: orderStore.HistoryLine) =>
  kind === 'customer' && ofTheProvider.includes(change) ? null : note;

const cancelOrder = route({
  method: 'post',
  path: '/v1/orders/{orderId}/cancel',
  operationId: 'cancelOrder',
  summary: 'Cancels an unpaid order at once',
  access: { customer: 'orders:write', operator: true },
  params,
  body: z.strictObject({ reason: Line(200) }),
  example: { reason: 'Ordered twice' },
  answer: OrderAnswer,
  refusals: ['order.not_found', 'order.not_cancellable', 'request.version_mismatch'],
  readsFirst: true,
  inTransaction: async (tx, { params: { orderId }, body: { reason }, ifMatch, locale }) => {
    return answered(await cancel(tx, { orderId, reason, ifMatch }), locale);
  },
});

const cancelOrders = route({
  method: 'post',
  path: '/v1/orders/cancel',
  operationId: 'cancelOrders',
  summary: 'Cancels up to 10 unpaid orders; answers for each',
  access: { customer: 'orders:write', operator: true },
  body: Cancellations,
  example: { orderIds: ['ord_0199a2013ab97155850ff2f85a2d7bf3'], reason: 'Ordered twice' },
  answer: z.object({ data: z.array(OutcomeAnswer) }),
  run: async (_db, { body, item, wordsOf }) => {
    const outcomes = await cancelSeveral(item, body);
    return { body: { data: outcomes.map((outcome) => toOutcomeAnswer(outcome, wordsOf)) } };
  },
});

export const orderRoutes = (profile: Profile): readonly Route[] => [
  getOrder(profile),
  cancelOrder,
  cancelOrders,
];
