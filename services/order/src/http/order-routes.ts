import { z } from 'zod';
import { ReasonLine } from '@accord/events/fields';
import { route, type Route, type RouteRequest } from '@accord/http';
import type { Profile } from '@accord/profile';
import { cancel, cancelSeveral, type Outcome } from '../cancellation.ts';
import { operationsOf } from '../operations.ts';
import { hasChecklist } from '../order-file.ts';
import { postpayStartsOf } from '../order/order-instance-store.ts';
import * as orderStore from '../order/order-store.ts';
import { toHistoryEntry } from './order-history.ts';
import { OrderAnswer, OrderDetailAnswer, OrderId, toOrderAnswer } from './schemas.ts';

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
  reason: ReasonLine(200),
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
    inTransaction: async (tx, { params: { orderId }, ...reader }) => {
      const [order, lines] = await Promise.all([
        orderStore.getOrder(tx, orderId),
        orderStore.listHistory(tx, orderId),
      ]);
      const [operations, starts] = await Promise.all([
        operationsOf(tx, profile, [order]),
        postpayStartsOf(tx, order),
      ]);
      const history = lines.map((line) => toHistoryEntry(line, reader));
      const takesEffect = starts.map((start) => ({ ...start, at: start.at.toISOString() }));
      const body = toOrderAnswer(order, reader);
      const checklist = hasChecklist(order, profile, tx.now) ? `/v1/orders/${orderId}/checklist` : null;
      const links = { ...body.links, checklist };
      return {
        body: { ...body, allowedOperations: operations(order), takesEffect, history, links },
        version: order.version,
      };
    },
  });

const cancelOrder = route({
  method: 'post',
  path: '/v1/orders/{orderId}/cancel',
  operationId: 'cancelOrder',
  summary: 'Cancels an unpaid order at once',
  access: { customer: 'orders:write', operator: true },
  params,
  body: z.strictObject({ reason: ReasonLine(200) }),
  example: { reason: 'Ordered twice' },
  answer: OrderAnswer,
  refusals: ['order.not_found', 'order.not_cancellable', 'request.version_mismatch'],
  readsFirst: true,
  inTransaction: async (tx, { params: { orderId }, body: { reason }, ifMatch, ...reader }) => {
    const order = await cancel(tx, { orderId, reason, ifMatch });
    return { body: toOrderAnswer(order, reader), version: order.version };
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
