import { z } from 'zod';
import { Money, PaymentSplit, ReasonLine } from '@accord/events/fields';
import { IpAddress, PaymentReference } from '@accord/events/platform';
import { route, type Route } from '@accord/http';
import { MoneyJson } from '@accord/money';
import type { Profile } from '@accord/profile';
import { reportCreated, reportFailed } from '../fulfilment.ts';
import type { Payment } from '../order/payment-store.ts';
import { cashOf, pay } from '../payment.ts';
import { mostInstances } from '../placement.ts';
import { reportFacts } from '../resource-report.ts';
import { InstanceId, Line, OrderAnswer, OrderId, ReportedMoment, toOrderAnswer } from './schemas.ts';

// Other services of the platform report about an order (API-4: `platform` alone).

const Parts = z
  .strictObject({
    cash: MoneyJson.optional(),
    giftCredit: MoneyJson.optional(),
    storedCard: MoneyJson.optional(),
    voucher: MoneyJson.optional(),
  })
  .meta({ id: 'PaymentParts' });

const PaymentAnswer = z
  .object({
    paymentReference: z.string(),
    orderId: z.string(),
    accountId: z.string(),
    parts: PaymentSplit,
    cashPaid: Money,
    voucherPaid: Money,
    paidAt: z.iso.datetime(),
  })
  .meta({ id: 'Payment' });

const toPaymentAnswer = (payment: Payment): z.input<typeof PaymentAnswer> => ({
  ...payment,
  cashPaid: cashOf(payment),
  voucherPaid: payment.parts.voucher,
  paidAt: payment.paidAt.toISOString(),
});

const Given = z
  .strictObject({
    instanceId: InstanceId,
    start: ReportedMoment.nullable().default(null),
    end: ReportedMoment.nullable().default(null),
    region: Line(64).nullable().default(null),
    ipAddress: IpAddress.nullable().default(null),
  })
  .meta({ id: 'CreatedInstance' });

const Fulfilment = z
  .strictObject({
    outcome: z.enum(['created', 'failed']),
    instances: z
      .array(Given)
      .max(mostInstances)
      .refine((given) => new Set(given.map(({ instanceId }) => instanceId)).size === given.length, {
        message: 'names each instance once',
        params: { 'zh-CN': '每个实例只能出现一次', beyondSchema: true },
      })
      .default([])
      .meta({ description: 'What was created.', uniqueItems: true }),
    reason: ReasonLine(200).nullable().default(null).meta({ description: 'Why it failed.' }),
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
  })
  .meta({
    not: {
      anyOf: [
        { properties: { outcome: { const: 'failed' }, instances: { minItems: 1 } }, required: ['instances'] },
        { properties: { outcome: { const: 'created' }, reason: { type: 'string' } }, required: ['reason'] },
      ],
    },
  });

const Facts = z
  .strictObject({ invoiced: z.boolean().optional(), supportRightsUsed: z.boolean().optional() })
  .refine(({ invoiced, supportRightsUsed }) => invoiced !== undefined || supportRightsUsed !== undefined, {
    message: 'names invoiced or supportRightsUsed',
    params: { 'zh-CN': '请指定 invoiced 或 supportRightsUsed' },
  })
  .meta({ minProperties: 1 });

const params = z.strictObject({ orderId: OrderId });
const access = { platform: true } as const;

const recordPayment = route({
  method: 'post',
  path: '/v1/orders/{orderId}/payments',
  operationId: 'recordPayment',
  summary: 'Records a payment in full; parts that are left out are zero',
  access,
  params,
  body: z.strictObject({ paymentReference: PaymentReference, parts: Parts }),
  example: { paymentReference: 'pay-20260131-17', parts: { cash: { amount: '45.00', currency: 'CNY' } } },
  answer: PaymentAnswer,
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
    body: toPaymentAnswer(await pay(tx, { orderId, ...body, ifMatch })),
  }),
});

const reportFulfilment = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/orders/{orderId}/fulfilment',
    operationId: 'reportFulfilment',
    summary: 'Reports that what was ordered was created, all of it or a part, or that it failed',
    access,
    params,
    body: Fulfilment,
    example: {
      outcome: 'created',
      instances: [{ instanceId: 'i-bp1a2b3c', start: '2026-01-31T09:00:00Z', end: '2026-02-28T09:00:00Z' }],
    },
    answer: OrderAnswer,
    refusals: [
      'order.not_found',
      'order.not_fulfillable',
      'order.fulfilment_misfit',
      'event.too_large',
      'resource.taken',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params: { orderId }, body, ifMatch, ...reader }) => {
      const { outcome, instances, reason } = body;
      const order =
        outcome === 'created'
          ? await reportCreated(tx, profile, { orderId, instances, ifMatch })
          : await reportFailed(tx, profile, { orderId, reason, ifMatch });
      return { body: toOrderAnswer(order, reader), version: order.version };
    },
  });

const reportOrderFacts = route({
  method: 'put',
  path: '/v1/orders/{orderId}/facts',
  operationId: 'reportOrderFacts',
  summary: 'Tells facts of an order that refunds need',
  access,
  params,
  body: Facts,
  example: { invoiced: true },
  answer: OrderAnswer,
  refusals: ['order.not_found', 'request.version_mismatch'],
  inTransaction: async (tx, { params: { orderId }, body, ifMatch, ...reader }) => {
    const order = await reportFacts(tx, { orderId, ifMatch, ...body });
    return { body: toOrderAnswer(order, reader), version: order.version };
  },
});

export const paymentRoutes = (profile: Profile): readonly Route[] => [
  recordPayment,
  reportFulfilment(profile),
  reportOrderFacts,
];
