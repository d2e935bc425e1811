import { z } from 'zod';
import type { Locale, Tx } from '@accord/core';
import { Language } from '@accord/events/contract';
import { AccountId, Id, Money } from '@accord/events/fields';
import { BillId } from '@accord/events/platform';
import { accountOf, accountRefusals, route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { apply, previewApplication as preview } from '../application.ts';
import { findContracts } from '../contract/contract-store.ts';
import { isLive, type Contract } from '../contract/contract.ts';
import { findOrders } from '../order-view.ts';
import { worded } from './refusal-texts.ts';
import { ContractAnswer, RefusalReasonAnswer, toContractAnswer, toRefusalReasonAnswer } from './schemas.ts';
import { domainWarnings, Warning } from './warnings.ts';

const Application = z
  .strictObject({
    orderIds: z.array(Id).min(1).max(500).optional(),
    billIds: z.array(BillId).min(1).max(500).optional().meta({
      description: 'Monthly bills, where the provider makes contracts over them.',
    }),
    language: Language.optional().meta({ description: 'Of the document; default as Accept-Language says.' }),
    addressId: Id.optional().meta({
      description: 'Of the address book, for contact and address of Party A; default: its default.',
    }),
    accountId: AccountId.optional().meta({
      description: 'For operators; a customer applies for the own account.',
    }),
  })
  .refine(({ orderIds, billIds }) => orderIds !== undefined || billIds !== undefined, {
    path: ['orderIds'],
    message: 'or billIds is needed',
    params: { 'zh-CN': 'orderIds 与 billIds 至少须填写一项' },
  })
  .meta({ id: 'ContractApplication', anyOf: [{ required: ['orderIds'] }, { required: ['billIds'] }] });

const askOf = ({ orderIds = [], billIds = [], addressId }: z.output<typeof Application>) => ({
  orderIds,
  billIds,
  addressId,
});

const PartAnswer = z
  .object({
    kind: z.enum(['order', 'payment_request', 'bill']),
    invoicingEntity: z.string(),
    orderIds: z.array(z.string()),
    billIds: z.array(z.string()),
    amount: Money.nullable(),
  })
  .meta({ id: 'ApplicationPart' });

const PreviewAnswer = z
  .object({
    data: z.array(PartAnswer),
    refusals: z.array(RefusalReasonAnswer),
    warnings: z.array(Warning),
  })
  .meta({ id: 'ApplicationPreview' });

const refusalsAgainst = [
  'contract.application_refused',
  'contract.orders_not_offered',
  'contract.bills_not_offered',
  'contract.order_in_contract',
  'contract.bill_in_contract',
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
  'bill.not_found',
  'bill.withdrawn',
  'order.not_found',
  'order.cancelled',
  'order.voided',
  'order.held_by_refund',
  'order.instance_busy',
  'address.not_found',
  ...accountRefusals,
] as const;

const previewApplication = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts/preview',
    operationId: 'previewApplication',
    summary:
      'How an application over these orders or bills would be split, and what is against it. Creates nothing.',
    access: { customer: 'contracts:read', operator: true },
    idempotencyKey: 'none',
    body: Application,
    example: { orderIds: ['ord_0199a2013ab97155850ff2f85a2d7bf3'] },
    answer: PreviewAnswer,
    refusals: ['address.not_found', ...accountRefusals],
    inTransaction: async (tx, { actor, body, locale }) => {
      const { parts, reasons } = await preview(tx, profile, {
        ...askOf(body),
        accountId: accountOf(actor, body.accountId),
      });
      const data = parts.map(({ orders, bills, ...part }) => ({
        ...part,
        orderIds: orders.map(({ orderId }) => orderId),
        billIds: bills.map(({ billId }) => billId),
      }));
      const refusals = reasons.map((reason) => toRefusalReasonAnswer(reason, locale));
      const warnings = domainWarnings(
        parts.flatMap(({ orders }) => orders),
        locale,
      );
      return { body: { data, refusals, warnings } };
    },
  });

async function toAppliedResponse(tx: Tx, contracts: readonly Contract[], locale: Locale) {
  const data = contracts.map((contract) => toContractAnswer(contract, locale));
  const location = contracts.length === 1 ? `/v1/contracts/${contracts[0]!.contractId}` : '/v1/contracts';
  const { accountId } = contracts[0]!;
  const live = contracts.filter((contract) => isLive(contract) && contract.kind === 'payment_request');
  const unpaid = await findOrders(tx, { accountId, orderIds: live.flatMap(({ orderIds }) => orderIds) });
  const refusals = data.flatMap((contract) => contract.refusals);
  return { body: { data, refusals, warnings: domainWarnings(unpaid, locale) }, location };
}

/** API-14: once the order service has answered for every contract of the application. */
async function outcomeOf(tx: Tx, contractIds: readonly string[], locale: Locale) {
  const contracts = await findContracts(tx, contractIds);
  if (contracts.some(({ status }) => status === 'requested')) return undefined;
  return { status: contracts.every(isLive) ? 201 : 200, ...(await toAppliedResponse(tx, contracts, locale)) };
}

const applyForContracts = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts',
    operationId: 'applyForContracts',
    summary:
      'Applies for contracts over orders, over bills or both: one per kind and invoicing entity, all or none. ' +
      'Over bills alone it is answered with the drafts.',
    access: { customer: 'contracts:write', operator: true },
    body: Application,
    example: { orderIds: ['ord_0199a2013ab97155850ff2f85a2d7bf3'], language: 'en' },
    answer: z.object({
      data: z.array(ContractAnswer),
      refusals: ContractAnswer.shape.refusals,
      warnings: z.array(Warning),
    }),
    success: [202, 201, 200],
    refusals: refusalsAgainst,
    inTransaction: async (tx, { actor, body, locale }) => {
      const { language = locale } = body;
      const ask = { accountId: accountOf(actor, body.accountId), ...askOf(body), language };
      const contracts = await worded(apply(tx, profile, ask), locale);
      const status = contracts.some((contract) => contract.status === 'requested') ? 202 : 201;
      return { status, ...(await toAppliedResponse(tx, contracts, locale)) };
    },
    outcome: (tx, { data }, locale) =>
      outcomeOf(
        tx,
        data.map(({ contractId }) => contractId),
        locale,
      ),
  });

/** Applying (CTR-1 to CTR-5). */
export const applicationRoutes = (profile: Profile): readonly Route[] => [
  previewApplication(profile),
  applyForContracts(profile),
];
