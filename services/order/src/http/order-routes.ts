import { z } from 'zod';
import type { Actor } from '@accord/core';
import { BillType, OrderType, Promotion } from '@accord/events/order';
import { ChargeType, DomainServiceType } from '@accord/events/product';
import {
  accountOf,
  accountRefusals,
  decodeTimeCursor,
  maskActor,
  paged,
  pageOf,
  pageQuery,
  route,
  type Route,
  type RouteRequest,
} from '@accord/http';
import { MoneyJson } from '@accord/money';
import type { Profile } from '@accord/profile';
import { cancel, cancelSeveral, type Outcome } from '../cancellation.ts';
import { operationsOf, operationsOfNew } from '../operations.ts';
import { listOrders as readOrders } from '../order/order-list.ts';
import * as orderStore from '../order/order-store.ts';
import { mostInstances, place } from '../placement.ts';
import { askedFilter, filterRefusals, OrderFilter } from './order-filter.ts';
import {
  AccountId,
  answered,
  InstanceId,
  Line,
  OrderAnswer,
  OrderDetailAnswer,
  OrderId,
  OrderRowAnswer,
  ProductCode,
  toOrderAnswer,
  toOrderRowAnswer,
} from './schemas.ts';

const longest = { minute: 5_256_000, month: 120, year: 10 } as const;
const tooLong = (unit: keyof typeof longest) => ({
  properties: { unit: { const: unit }, value: { minimum: longest[unit] + 1 } },
});

/** One object, because clients have no good type for a choice of several; each unit has its own bound. */
const Duration = z
  .strictObject({ unit: z.enum(['minute', 'month', 'year']), value: z.int().min(1).max(longest.minute) })
  .refine(({ unit, value }) => value <= longest[unit], {
    path: ['value'],
    message: 'is at most 10 years',
    params: { 'zh-CN': '最长为 10 年' },
  })
  .meta({ id: 'DurationInput', not: { anyOf: [tooLong('month'), tooLong('year')] } });

const Instances = z
  .array(InstanceId)
  .max(mostInstances)
  .refine((ids) => new Set(ids).size === ids.length, {
    message: 'names each instance once',
    params: { 'zh-CN': '每个实例只能出现一次' },
  })
  .meta({ uniqueItems: true });

const Placement = z.strictObject({
  accountId: AccountId.optional(),
  productCode: ProductCode,
  orderType: OrderType.default('purchase'),
  billType: BillType,
  chargeType: ChargeType,
  serviceType: DomainServiceType.nullable().default(null),
  configuration: z
    .array(z.strictObject({ name: Line(60), value: Line(200) }).meta({ id: 'ConfigurationItemInput' }))
    .max(30)
    .default([]),
  count: z.int().min(1).max(10_000).default(1),
  duration: Duration.nullable().default(null),
  instanceIds: Instances.default([]),
  productAmount: MoneyJson.nullable().optional(),
  discountAmount: MoneyJson.optional(),
  promotion: z
    .strictObject({ ...Promotion.shape, id: Line(64) })
    .meta({ id: 'PromotionInput' })
    .nullable()
    .default(null),
  trial: z.boolean().default(false),
  free: z.boolean().default(false),
  customised: z.boolean().default(false),
  bundleId: Line(64).nullable().default(null),
});

const ListQuery = z.strictObject({ ...pageQuery, ...OrderFilter.shape });

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

const placementRefusals = [
  'order.product_unknown',
  'order.product_withdrawn',
  'order.not_renewable',
  'order.charge_type_not_offered',
  'order.bill_type_mismatch',
  'order.duration_required',
  'order.duration_not_allowed',
  'order.duration_not_offered',
  'order.service_type_misfit',
  'order.service_type_not_offered',
  'order.instance_not_allowed',
  'order.instance_required',
  'order.instance_unknown',
  'order.instance_busy',
  'order.held_by_refund',
  'order.count_mismatch',
  'order.count_too_large',
  'order.entity_unknown',
  'order.currency_mismatch',
  'order.price_missing',
  'order.amount_mismatch',
  'order.amount_too_large',
  'order.amount_too_small',
  'order.discount_misfit',
  'order.terms_by_provider',
  'order.compensation_by_operators',
  ...accountRefusals,
] as const;

const placeOrder = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/orders',
    operationId: 'placeOrder',
    summary: 'Places an order',
    access: { customer: 'orders:write', operator: true, platform: true },
    body: Placement,
    example: {
      productCode: 'ECS',
      billType: 'prepay',
      chargeType: 'subscription',
      duration: { unit: 'month', value: 1 },
    },
    answer: OrderAnswer,
    success: [201],
    refusals: placementRefusals,
    readsFirst: true,
    inTransaction: async (tx, { actor, body }) => {
      const accountId = accountOf(actor, body.accountId);
      const [order, operations] = await Promise.all([
        place(tx, profile, { ...body, accountId }),
        operationsOfNew(tx, profile, accountId),
      ]);
      return {
        status: 201,
        body: toOrderAnswer(order, operations),
        version: order.version,
        location: `/v1/orders/${order.orderId}`,
      };
    },
  });

const listOrders = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders',
    operationId: 'listOrders',
    summary: 'Orders of an account, newest first; operators see all accounts',
    access: { customer: 'orders:read', operator: true, platform: true },
    query: ListQuery,
    answer: paged(OrderRowAnswer),
    refusals: filterRefusals,
    inTransaction: async (tx, { actor, timeZone, query: { cursor, limit, ...query } }) => {
      const after = cursor === undefined ? undefined : decodeTimeCursor(cursor);
      const filter = { ...askedFilter(query, { actor, timeZone, now: tx.now }), after, limit: limit + 1 };
      const orders = await readOrders(tx, filter);
      const operations = await operationsOf(tx, profile, orders);
      return {
        body: pageOf(orders, limit, {
          item: (order) => toOrderRowAnswer(order, operations),
          key: ({ createdAt, orderId }) => [createdAt.toISOString(), orderId],
        }),
      };
    },
  });

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
    inTransaction: async (tx, { actor, params: { orderId } }) => {
      const [order, lines] = await Promise.all([
        orderStore.getOrder(tx, orderId),
        orderStore.listHistory(tx, orderId),
      ]);
      const history = lines.map((line) => ({
        ...line,
        note: noteFor(actor, line),
        at: line.at.toISOString(),
        actor: maskActor(actor, line.actor),
      }));
      const { body, version } = await answered(tx, profile, order);
      return { body: { ...body, history }, version };
    },
  });

const ofTheProvider = ['fulfilment_failed', 'period_corrected', 'place_reported'];

/** Words and names of the provider's services are for the provider alone (NTF-1). */
const noteFor = ({ kind }: Actor, { change, note }: orderStore.HistoryLine) =>
  kind === 'customer' && ofTheProvider.includes(change) ? null : note;

const cancelOrder = (profile: Profile) =>
  route({
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
    inTransaction: async (tx, { params: { orderId }, body: { reason }, ifMatch }) => {
      return answered(tx, profile, await cancel(tx, { orderId, reason, ifMatch }));
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
  placeOrder(profile),
  listOrders(profile),
  getOrder(profile),
  cancelOrder(profile),
  cancelOrders,
];
