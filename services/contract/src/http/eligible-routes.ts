import { z } from 'zod';
import { AccountId, Id, LocalizedName, Money } from '@accord/events/fields';
import { OrderStatus, RefundState } from '@accord/events/order';
import { BillFacts, BillLine, BillMonth } from '@accord/events/platform';
import {
  accountOf,
  accountRefusals,
  encodeCursor,
  IdPlace,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  rangeQuery,
  route,
  timeRange,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { cashPayable, cashReturned, kindOf } from '../contract/contract-orders.ts';
import {
  listEligibleBills as eligibleBills,
  listEligibleOrders as eligibleOrders,
  listEligibleProducts as eligibleProducts,
} from '../eligibility.ts';
import type { Order, Product } from '../order-view.ts';
import { worded } from './refusal-texts.ts';
import { BillAnswer, RefusalReasonAnswer, toRefusalReasonAnswer } from './schemas.ts';

const reader = { customer: 'contracts:read', operator: true } as const;

const EligibleOrderAnswer = z
  .object({
    orderId: z.string(),
    kind: z.enum(['order', 'payment_request']),
    productCode: z.string(),
    productName: LocalizedName,
    invoicingEntity: z.string(),
    status: OrderStatus,
    refundState: RefundState,
    cashPayable: Money.nullable(),
    cashReturned: Money,
    createdAt: z.string(),
  })
  .meta({ id: 'EligibleOrder' });

const toEligibleOrderAnswer = (order: Order): z.input<typeof EligibleOrderAnswer> => ({
  orderId: order.orderId,
  kind: kindOf(order),
  productCode: order.productCode,
  productName: order.productName,
  invoicingEntity: order.invoicingEntity,
  status: order.status,
  refundState: order.refundState,
  cashPayable: cashPayable(order),
  cashReturned: cashReturned(order),
  createdAt: order.createdAt,
});

const listEligibleOrders = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-orders',
    operationId: 'listEligibleOrders',
    summary:
      'Orders that could be in a contract now. A page may be short, or empty, and yet have a next one.',
    access: reader,
    query: z.strictObject({
      ...pageQuery,
      accountId: AccountId.optional(),
      productCode: Id.optional(),
      status: z.enum(['paid', 'unpaid']).optional(),
      ...rangeQuery,
    }),
    answer: paged(EligibleOrderAnswer).extend({
      objections: z.array(RefusalReasonAnswer).meta({
        description: 'What is against the account: while there is anything, none of its orders is eligible.',
      }),
    }),
    refusals: ['contract.orders_not_offered', 'request.range_reversed', ...accountRefusals],
    inTransaction: async (tx, { actor, locale, timeZone, query: { limit, cursor, ...filter } }) => {
      const accountId = accountOf(actor, filter.accountId);
      const { reasons, orders, next } = await worded(
        eligibleOrders(tx, profile, {
          ...filter,
          ...timeRange(filter, timeZone),
          after: pageRange({ limit, cursor }).after,
          accountId,
          limit,
        }),
        locale,
      );
      return {
        body: {
          data: orders.map(toEligibleOrderAnswer),
          nextCursor: next ? encodeCursor(next) : null,
          objections: reasons.map((reason) => toRefusalReasonAnswer(reason, locale)),
        },
      };
    },
  });

const EligibleProductAnswer = z
  .object({
    productCode: z.string(),
    name: LocalizedName,
    category: z.string(),
  })
  .meta({ id: 'EligibleProduct' });

const toEligibleProductAnswer = ({ productCode, name, category }: Product) => ({
  productCode,
  name,
  category,
});

const listEligibleProducts = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-products',
    operationId: 'listEligibleProducts',
    summary: 'Products whose orders may have a contract by self-service.',
    access: reader,
    query: z.strictObject(pageQuery),
    answer: paged(EligibleProductAnswer),
    refusals: ['contract.orders_not_offered'],
    inTransaction: async (tx, { locale, query }) => {
      const products = await worded(eligibleProducts(tx, profile, pageRange(query, IdPlace)), locale);
      const key = ({ productCode }: Product) => [productCode];
      return { body: pageOf(products, query.limit, { item: toEligibleProductAnswer, key }) };
    },
  });

/** Month and id of a bill. */
const BillPlace = z.tuple([z.string(), z.string()]);

const listEligibleBills = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-bills',
    operationId: 'listEligibleBills',
    summary:
      'Monthly bills that could be in a contract now, latest month first. A page may be short, or empty, and yet ' +
      'have a next one.',
    access: reader,
    query: z.strictObject({
      ...pageQuery,
      accountId: AccountId.optional(),
      productCode: BillLine.shape.productCode
        .optional()
        .meta({ description: 'Bills with a line of this product.' }),
      status: BillFacts.shape.status.exclude(['withdrawn']).optional(),
      from: BillMonth.optional().meta({ description: 'The first month.' }),
      to: BillMonth.optional().meta({ description: 'The last month.' }),
    }),
    answer: paged(BillAnswer).extend({
      objections: z.array(RefusalReasonAnswer).meta({
        description: 'What is against the account: while there is anything, none of its bills is eligible.',
      }),
    }),
    refusals: ['contract.bills_not_offered', ...accountRefusals],
    inTransaction: async (tx, { actor, locale, query: { limit, cursor, ...filter } }) => {
      const accountId = accountOf(actor, filter.accountId);
      const { after } = pageRange({ limit, cursor }, BillPlace);
      const shown = { ...filter, after, accountId, limit };
      const { reasons, bills, next } = await eligibleBills(tx, profile, shown);
      return {
        body: {
          data: [...bills],
          nextCursor: next ? encodeCursor(next) : null,
          objections: reasons.map((reason) => toRefusalReasonAnswer(reason, locale)),
        },
      };
    },
  });

/** The orders, products and bills that may be applied for (CTR-6). */
export const eligibleRoutes = (profile: Profile): readonly Route[] => [
  listEligibleOrders(profile),
  listEligibleProducts(profile),
  listEligibleBills(profile),
];
