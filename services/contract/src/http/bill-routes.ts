import { z } from 'zod';
import { BillFacts, BillId, BillLine, isSumOfLines } from '@accord/events/platform';
import { route, type Route } from '@accord/http';
import { MoneyJson } from '@accord/money';
import type { Profile } from '@accord/profile';
import { getBill as readBill } from '../bill/bill-store.ts';
import type { Bill } from '../bill/bill.ts';
import { tellBill } from '../platform-facts.ts';
import { BillAnswer } from './schemas.ts';

const ById = z.strictObject({ billId: BillId });
const { productCode } = BillLine.shape;

/** The bill's whole state. */
const BillTelling = z
  .strictObject({
    ...BillFacts.shape,
    amount: MoneyJson,
    lines: z
      .array(z.strictObject({ productCode, amount: MoneyJson }).meta({ id: 'BillLineInput' }))
      .min(1)
      .max(500),
  })
  .refine(isSumOfLines, {
    path: ['lines'],
    message: 'are of one currency, none below zero, together the amount',
    params: { 'zh-CN': '币种须相同，金额不得为负，合计须等于 amount', beyondSchema: true },
  });

const answered = (bill: Bill) => ({ body: bill, version: bill.version });

const putBill = (profile: Profile) =>
  route({
    method: 'put',
    path: '/v1/bills/{billId}',
    operationId: 'putBill',
    summary: 'Tells a monthly bill at a version of the platform; an older version changes nothing.',
    access: { platform: true },
    params: ById,
    body: BillTelling,
    example: {
      version: 1,
      accountId: 'acc_demo',
      month: '2026-01',
      invoicingEntity: 'baidu_netcom',
      status: 'unpaid',
      amount: { amount: '12.30', currency: 'CNY' },
      lines: [{ productCode: 'BCC', amount: { amount: '12.30', currency: 'CNY' } }],
    },
    answer: BillAnswer,
    refusals: ['bill.entity_unknown', 'bill.currency_mismatch', 'bill.taken', 'request.version_mismatch'],
    inTransaction: async (tx, { params, body, ifMatch }) =>
      answered(await tellBill(tx, profile, { bill: { ...body, ...params }, ifMatch })),
  });

const getBill = route({
  method: 'get',
  path: '/v1/bills/{billId}',
  operationId: 'getBill',
  summary: 'A monthly bill as it was told last.',
  access: { customer: 'contracts:read', operator: true, platform: true },
  params: ById,
  answer: BillAnswer,
  refusals: ['bill.not_found'],
  inTransaction: async (tx, { params }) => answered(await readBill(tx, params.billId)),
});

/** EVT-14: bills are the platform's; contracts may be over them where the profile says so (CTR-6, CTR-8). */
export const billRoutes = (profile: Profile): readonly Route[] => [putBill(profile), getBill];
