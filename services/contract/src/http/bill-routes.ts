import { z } from 'zod';
import { AccountId } from '@accord/events/fields';
import { BillFacts, BillId, BillLine, BillMonth, isSumOfLines } from '@accord/events/platform';
import { accountOf, accountRefusals, decodeCursor, paged, pageQuery, route, type Route } from '@accord/http';
import { MoneyJson } from '@accord/money';
import type { Profile } from '@accord/profile';
import { expectBillVersion, getBill, keepBill, listEligibleBills, type Bill } from '../bill/bill.ts';
import { pageOf } from './page.ts';

const ById = z.strictObject({ billId: BillId });
const { productCode } = BillLine.shape;
const { version, accountId, month, invoicingEntity, status, amount } = BillFacts.shape;

/** The bill's whole state. */
const Telling = z
  .strictObject({
    ...BillFacts.shape,
    amount: MoneyJson,
    lines: z
      .array(z.strictObject({ productCode, amount: MoneyJson }))
      .min(1)
      .max(500),
  })
  .refine(isSumOfLines, {
    path: ['lines'],
    message: 'are of one currency, none below zero, together the amount',
    params: { 'zh-CN': '币种须相同，金额不得为负，合计须等于 amount' },
  });

const BillAnswer = z
  .object({
    billId: BillId,
    version,
    accountId,
    month,
    invoicingEntity,
    status,
    amount,
    lines: z.array(BillLine),
  })
  .meta({ id: 'Bill' });

const answered = (bill: Bill) => ({ body: bill, version: bill.version });

const telling = (profile: Profile) =>
  route({
    method: 'put',
    path: '/v1/bills/{billId}',
    summary: 'Tells a monthly bill at a version of the platform; an older version changes nothing.',
    access: { platform: true },
    params: ById,
    body: Telling,
    answer: BillAnswer,
    refusals: ['bill.entity_unknown', 'bill.currency_mismatch', 'bill.taken', 'request.version_mismatch'],
    inTransaction: async (tx, { params, body, ifMatch }) => {
      await expectBillVersion(tx, params.billId, ifMatch);
      return answered(await keepBill(tx, { ...body, ...params }, profile));
    },
  });

const detail = route({
  method: 'get',
  path: '/v1/bills/{billId}',
  summary: 'A monthly bill as it was told last.',
  access: { customer: 'contracts:read', operator: true, platform: true },
  params: ById,
  answer: BillAnswer,
  refusals: ['bill.not_found'],
  inTransaction: async (tx, { params }) => answered(await getBill(tx, params.billId)),
});

const eligibleBills = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-bills',
    summary: 'Monthly bills that could be in a contract now, latest month first.',
    access: { customer: 'contracts:read', operator: true },
    query: z.strictObject({
      ...pageQuery,
      accountId: AccountId.optional(),
      productCode: productCode.optional().meta({ description: 'Bills with a line of this product.' }),
      status: status.optional(),
      from: BillMonth.optional().meta({ description: 'The first month.' }),
      to: BillMonth.optional().meta({ description: 'The last month.' }),
    }),
    answer: paged(BillAnswer),
    refusals: ['contract.bills_not_offered', ...accountRefusals],
    inTransaction: async (tx, { actor, query: { limit, cursor, ...filter } }) => {
      const after = cursor === undefined ? {} : { after: decodeCursor(cursor, 2) };
      const bills = await listEligibleBills(
        tx,
        { ...filter, accountId: accountOf(actor, filter.accountId), ...after },
        limit + 1,
        profile,
      );
      return {
        body: pageOf(bills, limit, { item: (bill) => bill, key: (bill) => [bill.month, bill.billId] }),
      };
    },
  });

/** EVT-14: bills are the platform's; contracts may be over them where the profile says so (CTR-6, CTR-8). */
export const billRoutes = (profile: Profile): readonly Route[] => [
  telling(profile),
  detail,
  eligibleBills(profile),
];
