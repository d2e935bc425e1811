import { z } from 'zod';
import type { Locale, Tx } from '@accord/core';
import { Language } from '@accord/events/contract';
import { AccountId, Money } from '@accord/events/fields';
import { OrderStatus, RefundState } from '@accord/events/order';
import {
  accountOf,
  accountRefusals,
  decodeCursor,
  encodeCursor,
  paged,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import { apply, listEligibleOrders, listEligibleProducts, previewApplication } from '../application.ts';
import { cashPayable, kindOf } from '../contract/contract-orders.ts';
import { findContracts } from '../contract/contract-store.ts';
import { isLive, type Contract } from '../contract/contract.ts';
import type { Objection } from '../objections.ts';
import type { Order } from '../order-view.ts';
import { afterOf, pageOf } from './page.ts';
import { textOf, worded } from './refusal-texts.ts';
import { ContractAnswer, contractBody } from './schemas.ts';

const Id = z.string().min(1).max(64);

/** As a Date: not every year and offset that RFC 3339 writes is text that Postgres reads. */
const Moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const Application = z.strictObject({
  orderIds: z.array(Id).min(1).max(500),
  language: Language.optional().meta({ description: 'Of the document; default as Accept-Language says.' }),
  accountId: AccountId.optional().meta({
    description: 'For operators; a customer applies for the own account.',
  }),
});

const ObjectionAnswer = z
  .object({
    orderId: z.string().nullable(),
    code: z.string(),
    remedy: z.string(),
    text: z.string(),
    contractId: z.string().nullable(),
    refundId: z.string().nullable(),
    provider: z.string().nullable(),
    offlineAddress: z.object({ recipient: z.string(), phone: z.string(), address: z.string() }).nullable(),
    unprintable: z
      .object({ characters: z.array(z.string()), fields: z.array(z.string()) })
      .nullable()
      .meta({
        description:
          'Characters that no document can show, and where they are: JSON pointers into the order or the account.',
      }),
  })
  .meta({ id: 'ApplicationRefusal' });

const PartAnswer = z.object({
  kind: z.enum(['order', 'payment_request']),
  invoicingEntity: z.string(),
  orderIds: z.array(z.string()),
  amount: Money.nullable(),
});

const EligibleOrder = z.object({
  orderId: z.string(),
  kind: z.enum(['order', 'payment_request']),
  productCode: z.string(),
  productName: z.object({ zh: z.string(), en: z.string() }),
  invoicingEntity: z.string(),
  status: OrderStatus,
  refundState: RefundState,
  cashPayable: Money.nullable(),
  createdAt: z.string(),
});

const refusalsAgainst = [
  'contract.application_refused',
  'contract.orders_not_offered',
  'contract.order_in_contract',
  'contract.product_excluded',
  'contract.ask_offline',
  'contract.unpaid_domain',
  'contract.marketplace_alone',
  'contract.entity_unknown',
  'contract.several_entities',
  'contract.too_large',
  'contract.not_certified',
  'contract.ask_your_provider',
  'contract.invoice_title_mismatch',
  'contract.unprintable',
  'order.not_found',
  'order.cancelled',
  'order.voided',
  'order.held_by_refund',
  ...accountRefusals,
] as const;

const objectionBody = (objection: Objection, locale: Locale): z.input<typeof ObjectionAnswer> => {
  const { unprintable } = objection;
  return {
    ...objection,
    text: textOf(objection, locale),
    unprintable: unprintable && { characters: [...unprintable.characters], fields: [...unprintable.fields] },
  };
};
const tongue = (locale: Locale) => (locale === 'en' ? 'en' : 'zh');

const applied = (contracts: readonly Contract[], locale: Locale) => {
  const data = contracts.map((contract) => contractBody(contract, locale));
  const location = contracts.length === 1 ? `/v1/contracts/${contracts[0]!.contractId}` : '/v1/contracts';
  return { body: { data, refusals: data.flatMap(({ refusals }) => refusals) }, location };
};

/** API-14: once the order service has answered for every contract of the application. */
async function outcomeOf(tx: Tx, contractIds: readonly string[], locale: Locale) {
  const contracts = await findContracts(tx, contractIds);
  if (contracts.some(({ status }) => status === 'requested')) return undefined;
  return { status: contracts.every(isLive) ? 201 : 200, ...applied(contracts, locale) };
}

const eligibleOrder = (order: Order): z.input<typeof EligibleOrder> => {
  const { orderId, productCode, productName, invoicingEntity, status, refundState, createdAt } = order;
  return {
    orderId,
    kind: kindOf(order),
    productCode,
    productName,
    invoicingEntity,
    status,
    refundState,
    cashPayable: cashPayable(order),
    createdAt,
  };
};

const preview = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts/preview',
    summary: 'How an application over these orders would be split, and what is against it. Creates nothing.',
    access: { customer: 'contracts:read', operator: true },
    idempotencyKey: 'none',
    body: Application,
    answer: z.object({ data: z.array(PartAnswer), refusals: z.array(ObjectionAnswer) }),
    refusals: accountRefusals,
    inTransaction: async (tx, { actor, body, locale }) => {
      const { parts, objections } = await previewApplication(
        tx,
        { ...body, accountId: accountOf(actor, body.accountId) },
        profile,
      );
      const data = parts.map(({ orders, ...part }) => ({
        ...part,
        orderIds: orders.map(({ orderId }) => orderId),
      }));
      return { body: { data, refusals: objections.map((one) => objectionBody(one, locale)) } };
    },
  });

const application = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts',
    summary: 'Applies for contracts over orders: one per kind and invoicing entity, all or none.',
    access: { customer: 'contracts:write', operator: true },
    body: Application,
    answer: z.object({
      data: z.array(ContractAnswer),
      refusals: ContractAnswer.shape.refusals,
    }),
    success: [202, 201, 200],
    refusals: refusalsAgainst,
    inTransaction: async (tx, { actor, body, locale }) => {
      const { language = tongue(locale), orderIds } = body;
      const ask = { accountId: accountOf(actor, body.accountId), orderIds, language };
      const contracts = await worded(apply(tx, ask, profile), locale);
      return { status: 202, ...applied(contracts, locale) };
    },
    outcome: (tx, { data }, locale) =>
      outcomeOf(
        tx,
        data.map(({ contractId }) => contractId),
        locale,
      ),
  });

const eligibleOrders = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-orders',
    summary:
      'Orders that could be in a contract now. A page may be short, or empty, and yet have a next one.',
    access: { customer: 'contracts:read', operator: true },
    query: z.strictObject({
      ...pageQuery,
      accountId: AccountId.optional(),
      productCode: Id.optional(),
      status: z.enum(['paid', 'unpaid']).optional(),
      from: Moment.optional(),
      to: Moment.optional(),
    }),
    answer: paged(EligibleOrder).extend({
      objections: z.array(ObjectionAnswer).meta({
        description: 'What is against the account: while there is anything, none of its orders is eligible.',
      }),
    }),
    refusals: ['contract.orders_not_offered', ...accountRefusals],
    inTransaction: async (tx, { actor, locale, query: { limit, cursor, ...filter } }) => {
      const accountId = accountOf(actor, filter.accountId);
      const { objections, orders, next } = await listEligibleOrders(
        tx,
        { ...filter, accountId, ...afterOf(cursor) },
        limit,
        profile,
      );
      const nextCursor = next ? encodeCursor(next) : null;
      return {
        body: {
          data: orders.map(eligibleOrder),
          nextCursor,
          objections: objections.map((one) => objectionBody(one, locale)),
        },
      };
    },
  });

const eligibleProducts = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/contracts/eligible-products',
    summary: 'Products whose orders may have a contract by self-service.',
    access: { customer: 'contracts:read', operator: true },
    query: z.strictObject(pageQuery),
    answer: paged(
      z.object({
        productCode: z.string(),
        name: z.object({ zh: z.string(), en: z.string() }),
        category: z.string(),
      }),
    ),
    refusals: ['contract.orders_not_offered'],
    inTransaction: async (tx, { query: { limit, cursor } }) => {
      const after = cursor === undefined ? undefined : decodeCursor(cursor, 1)[0];
      const products = await listEligibleProducts(tx, { after, limit: limit + 1 }, profile);
      const item = ({ productCode, name, category }: (typeof products)[number]) => ({
        productCode,
        name,
        category,
      });
      return { body: pageOf(products, limit, { item, key: ({ productCode }) => [productCode] }) };
    },
  });

/** Applying, and what may be applied for (CTR-1 to CTR-6). */
export const applicationRoutes = (profile: Profile): readonly Route[] => [
  preview(profile),
  application(profile),
  eligibleOrders(profile),
  eligibleProducts(profile),
];
