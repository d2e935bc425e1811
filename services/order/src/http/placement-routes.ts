import { z } from 'zod';
import { ReadableLine } from '@accord/events/fields';
import { BillType, OrderType, Promotion } from '@accord/events/order';
import { ChargeType, DomainServiceType } from '@accord/events/product';
import { accountOf, accountRefusals, route, type Route } from '@accord/http';
import { MoneyJson } from '@accord/money';
import type { Profile } from '@accord/profile';
import { mostInstances, place } from '../placement.ts';
import {
  AccountId,
  ConfigurationItem,
  InstanceId,
  OrderAnswer,
  PlanCode,
  ProductCode,
  toOrderAnswer,
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
  plan: PlanCode.nullable()
    .default(null)
    .meta({
      description:
        'Of a product with plans: the one to buy, or to change to. Every other order goes by the plan that its ' +
        'instances have. A change is priced as of its placement, for the rest that is left then; the price holds ' +
        'until `payBy` of the order, which is no later than the end of that rest.',
    }),
  orderType: OrderType.default('purchase'),
  billType: BillType,
  chargeType: ChargeType,
  serviceType: DomainServiceType.nullable().default(null),
  configuration: z.array(ConfigurationItem).max(30).default([]),
  count: z.int().min(1).max(10_000).default(1),
  duration: Duration.nullable().default(null),
  instanceIds: Instances.default([]),
  productAmount: MoneyJson.nullable().optional(),
  discountAmount: MoneyJson.optional(),
  promotion: z
    .strictObject({ ...Promotion.shape, id: ReadableLine(64) })
    .meta({ id: 'PromotionInput' })
    .nullable()
    .default(null),
  trial: z.boolean().default(false),
  free: z.boolean().default(false),
  customised: z.boolean().default(false),
  bundleId: ReadableLine(64).nullable().default(null),
});

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
  'order.plan_required',
  'order.plan_not_allowed',
  'order.plan_unknown',
  'order.plan_withdrawn',
  'order.plan_unchanged',
  'order.not_an_upgrade',
  'order.not_a_downgrade',
  'order.too_late_to_upgrade',
  'order.no_running_period',
  'order.instances_differ',
  'order.instance_frozen',
  'order.instance_billed_otherwise',
  'order.configuration_unchanged',
  'order.instance_paid',
  'order.entity_unknown',
  'order.currency_mismatch',
  'order.mixed_currencies',
  'order.price_missing',
  'order.amount_mismatch',
  'order.amount_too_large',
  'order.amount_too_small',
  'order.discount_misfit',
  'order.terms_by_provider',
  'order.compensation_by_operators',
  'event.too_large',
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
      productCode: 'BCC',
      billType: 'prepay',
      chargeType: 'subscription',
      duration: { unit: 'month', value: 1 },
    },
    answer: OrderAnswer,
    success: [201],
    refusals: placementRefusals,
    readsFirst: true,
    inTransaction: async (tx, { actor, body, locale }) => {
      const accountId = accountOf(actor, body.accountId);
      const order = await place(tx, profile, { ...body, accountId });
      const answer = toOrderAnswer(order, { actor, locale });
      return { status: 201, body: answer, version: order.version, location: `/v1/orders/${order.orderId}` };
    },
  });

export const placementRoutes = (profile: Profile): readonly Route[] => [placeOrder(profile)];
