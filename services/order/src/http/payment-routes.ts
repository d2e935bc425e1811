import { z } from 'zod';
import { PaymentReference } from '@accord/events/platform';
import { route, type Route } from '@accord/http';
import { MoneyJson } from '@accord/money';
import { onCreated, onFailed } from '../fulfilment.ts';
import { cashOf, pay, type Payment } from '../payment.ts';
import { mostInstances } from '../placement.ts';
import { tellFacts } from '../resource-report.ts';
import { InstanceId, Instant, Line, OrderId, OrderView, orderView } from './schemas.ts';

// What other platform services tell about an order (API-4: `platform` alone).

const Parts = z.strictObject({
  cash: MoneyJson.optional(),
  giftCredit: MoneyJson.optional(),
  storedCard: MoneyJson.optional(),
  voucher: MoneyJson.optional(),
});

const PaymentView = z.object({
  paymentReference: z.string(),
  orderId: z.string(),
  accountId: z.string(),
  parts: z.object({ cash: MoneyJson, giftCredit: MoneyJson, storedCard: MoneyJson, voucher: MoneyJson }),
  cashPaid: MoneyJson,
  voucherPaid: MoneyJson,
  paidAt: z.iso.datetime(),
});

const paymentView = (payment: Payment): z.input<typeof PaymentView> => ({
  ...payment,
  cashPaid: cashOf(payment),
  voucherPaid: payment.parts.voucher,
  paidAt: payment.paidAt.toISOString(),
});

const Given = z.strictObject({
  instanceId: InstanceId,
  start: Instant.nullable().default(null),
  end: Instant.nullable().default(null),
  region: Line(64).nullable().default(null),
  ipAddress: z.union([z.ipv4(), z.ipv6()]).nullable().default(null),
});

const Fulfilment = z
  .strictObject({
    outcome: z.enum(['created', 'failed']),
    instances: z
      .array(Given)
      .max(mostInstances)
      .refine((given) => new Set(given.map(({ instanceId }) => instanceId)).size === given.length, {
        message: 'names each instance once',
        params: { 'zh-CN': '每个实例只能出现一次' },
      })
      .default([])
      .meta({ description: 'What was created.' }),
    reason: Line(200).nullable().default(null).meta({ description: 'Why it failed.' }),
  })
  .refine(({ outcome, instances }) => outcome === 'created' || instances.length === 0, {
    path: ['instances'],
    message: 'a failure has none',
    params: { 'zh-CN': 'outcome 为 failed 时不得有实例' },
  })
  .refine(({ outcome, reason }) => outcome === 'failed' || reason === null, {
    path: ['reason'],
    message: 'a creation has none',
    params: { 'zh-CN': 'outcome 为 created 时不得有原因' },
  });

const Facts = z
  .strictObject({ invoiced: z.boolean().optional(), supportRightsUsed: z.boolean().optional() })
  .refine(({ invoiced, supportRightsUsed }) => invoiced !== undefined || supportRightsUsed !== undefined, {
    message: 'names invoiced or supportRightsUsed',
    params: { 'zh-CN': '请指定 invoiced 或 supportRightsUsed' },
  });

const params = z.strictObject({ orderId: OrderId });
const access = { platform: true } as const;

export const factRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/payments',
    summary: 'Records a payment in full; parts that are left out are zero',
    access,
    params,
    body: z.strictObject({ paymentReference: PaymentReference, parts: Parts }),
    answer: PaymentView,
    success: [201],
    refusals: [
      'order.not_found',
      'order.not_payable',
      'order.payment_mismatch',
      'payment.reference_used',
      'request.version_mismatch',
    ],
    idempotencyKey: 'required',
    inTransaction: async (tx, { params: { orderId }, body, ifMatch }) => ({
      status: 201,
      body: paymentView(await pay(tx, { orderId, ...body, ifMatch })),
    }),
  }),
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/fulfilment',
    summary: 'Reports that what was ordered was created, or that it failed',
    access,
    params,
    body: Fulfilment,
    answer: OrderView,
    refusals: [
      'order.not_found',
      'order.not_fulfillable',
      'order.fulfilment_misfit',
      'resource.taken',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params: { orderId }, body, ifMatch }) => {
      const { outcome, instances, reason } = body;
      const order =
        outcome === 'created'
          ? await onCreated(tx, { orderId, instances, ifMatch })
          : await onFailed(tx, { orderId, reason, ifMatch });
      return { body: orderView(order), version: order.version };
    },
  }),
  route({
    method: 'put',
    path: '/v1/orders/{orderId}/facts',
    summary: 'Tells facts of an order that refunds need',
    access,
    params,
    body: Facts,
    answer: OrderView,
    refusals: ['order.not_found', 'request.version_mismatch'],
    inTransaction: async (tx, { params: { orderId }, body, ifMatch }) => {
      const order = await tellFacts(tx, { orderId, ifMatch, ...body });
      return { body: orderView(order), version: order.version };
    },
  }),
];
