import { z } from 'zod';
import { ContractKind, ContractStatus } from '@accord/events/contract';
import { AccountId, Id, Reason } from '@accord/events/fields';
import { BillId } from '@accord/events/platform';
import { listFilter, paged, pageOf, pageQuery, rangeQuery, route, type Route } from '@accord/http';
import { chooseAddress } from '../addresses.ts';
import { listContracts as findContracts } from '../contract/contract-list.ts';
import { getContract as readContract } from '../contract/contract-store.ts';
import type { Contract } from '../contract/contract.ts';
import { contractFile, finalize, type Provider } from '../sealing.ts';
import { removeDraft, voidOnRequest } from '../voiding.ts';
import { ContractDetailAnswer, readContractDetail } from './contract-detail.ts';
import { ContractAnswer, GivenReason, toContractAnswer } from './schemas.ts';

const ById = z.strictObject({ contractId: Id });
const reader = { customer: 'contracts:read', operator: true } as const;
const writer = { customer: 'contracts:write', operator: true } as const;

const Voiding = z
  .strictObject({ reason: GivenReason, text: Reason(1_000).optional() })
  .refine(({ reason, text }) => reason !== 'other' || text !== undefined, {
    path: ['text'],
    message: 'is needed where the reason is other',
    params: { 'zh-CN': 'reason 为 other 时必须填写' },
  })
  .meta({ not: { properties: { reason: { const: 'other' } }, not: { required: ['text'] } } });

const listContracts = route({
  method: 'get',
  path: '/v1/contracts',
  operationId: 'listContracts',
  summary: 'Contracts, newest first.',
  access: reader,
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: ContractStatus.optional(),
    kind: ContractKind.optional(),
    orderId: Id.optional(),
    billId: BillId.optional(),
    productCode: Id.optional(),
    partyA: z
      .string()
      .min(1)
      .max(120)
      .regex(/^[^\p{Cc}]+$/u)
      .optional()
      .meta({ description: "The beginning of Party A's name, in any case." }),
    number: z.string().max(32).optional(),
    ...rangeQuery,
  }),
  answer: paged(ContractAnswer),
  refusals: ['request.account_not_yours', 'request.range_reversed'],
  inTransaction: async (tx, { locale, ...request }) => {
    const contracts = await findContracts(tx, listFilter(request));
    const item = (contract: Contract) => toContractAnswer(contract, locale);
    const key = ({ createdAt, contractId }: Contract) => [createdAt.toISOString(), contractId];
    return { body: pageOf(contracts, request.query.limit, { item, key }) };
  },
});

const getContract = (provider: Provider) =>
  route({
    method: 'get',
    path: '/v1/contracts/{contractId}',
    operationId: 'getContract',
    summary: 'One contract with its orders or bills and its history.',
    access: reader,
    params: ById,
    answer: ContractDetailAnswer,
    refusals: ['contract.not_found'],
    inTransaction: async (tx, { params, locale }) => {
      const contract = await readContract(tx, params.contractId);
      return {
        body: await readContractDetail(tx, contract, { profile: provider.profile, locale }),
        version: contract.version,
      };
    },
  });

const downloadContract = (provider: Provider) =>
  route({
    method: 'get',
    path: '/v1/contracts/{contractId}/document',
    operationId: 'downloadContract',
    summary: 'The contract as PDF: a draft with its watermark, or the official file as it was sealed.',
    access: reader,
    params: ById,
    produces: 'application/pdf',
    refusals: ['contract.not_found', 'contract.voided', 'contract.no_document', 'contract.entity_unknown'],
    run: async (db, { actor, params, left }) => ({
      ...(await contractFile(db, actor, provider, { ...params, left: left() })),
      contentType: 'application/pdf',
    }),
  });

const chooseContractAddress = route({
  method: 'put',
  path: '/v1/contracts/{contractId}/address',
  operationId: 'chooseContractAddress',
  summary: 'Prints another entry of the address book in a draft, as the entry stands now.',
  access: writer,
  params: ById,
  body: z.strictObject({ addressId: Id }),
  example: { addressId: 'adr_0199a2013ab97155850ff2f85a2d7bf3' },
  answer: ContractAnswer,
  refusals: [
    'contract.not_found',
    'contract.voided',
    'contract.not_a_draft',
    'address.not_found',
    'request.version_mismatch',
  ],
  inTransaction: async (tx, { params, body, ifMatch, locale }) => {
    const contract = await chooseAddress(tx, { ...params, ...body, ifMatch });
    return { body: toContractAnswer(contract, locale), version: contract.version };
  },
});

const finalizeContract = (provider: Provider) =>
  route({
    method: 'post',
    path: '/v1/contracts/{contractId}/finalize',
    operationId: 'finalizeContract',
    summary: 'Has a draft sealed; official once that is done.',
    access: writer,
    params: ById,
    answer: ContractAnswer,
    success: [202, 200],
    refusals: [
      'contract.not_found',
      'contract.voided',
      'contract.not_a_draft',
      'contract.not_fulfilled',
      'contract.period_unknown',
      'contract.order_paid',
      'contract.bill_changed',
      'contract.party_changed',
      'contract.invoice_title_mismatch',
      'contract.entity_unknown',
      'contract.unprintable',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params, ifMatch, locale }) => {
      const contract = await finalize(tx, provider, { ...params, ifMatch });
      return {
        status: 202,
        body: toContractAnswer(contract, locale),
        version: contract.version,
        location: `/v1/contracts/${contract.contractId}`,
      };
    },
    outcome: async (tx, { contractId }, locale) => {
      const contract = await readContract(tx, contractId);
      return contract.status === 'sealing'
        ? undefined
        : { status: 200, body: toContractAnswer(contract, locale), version: contract.version };
    },
  });

const voidContract = (provider: Provider) =>
  route({
    method: 'post',
    path: '/v1/contracts/{contractId}/void',
    operationId: 'voidContract',
    summary: 'Ends a contract; its orders or bills are free at once.',
    access: writer,
    params: ById,
    body: Voiding,
    example: { reason: 'incorrect_terms', text: 'The period is wrong' },
    answer: ContractAnswer,
    refusals: [
      'contract.not_found',
      'contract.voided',
      'contract.sealing',
      'contract.needs_ticket',
      'contract.transition_refused',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params, body: { reason, text = null }, ifMatch, locale }) => {
      const contract = await voidOnRequest(tx, provider.profile, { ...params, reason, text, ifMatch });
      return { body: toContractAnswer(contract, locale), version: contract.version };
    },
  });

const removeDraftContract = (provider: Provider) =>
  route({
    method: 'delete',
    path: '/v1/contracts/{contractId}',
    operationId: 'removeDraftContract',
    summary: 'Removes a draft or a request still waiting, where the provider deletes drafts.',
    access: writer,
    params: ById,
    answer: ContractAnswer,
    refusals: [
      'contract.not_found',
      'contract.void_instead',
      'contract.not_a_draft',
      'contract.voided',
      'contract.sealing',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params, ifMatch, locale }) => {
      const contract = await removeDraft(tx, provider.profile, { ...params, ifMatch });
      return { body: toContractAnswer(contract, locale), version: contract.version };
    },
  });

export const contractRoutes = (provider: Provider): readonly Route[] => [
  listContracts,
  getContract(provider),
  downloadContract(provider),
  chooseContractAddress,
  finalizeContract(provider),
  voidContract(provider),
  removeDraftContract(provider),
];
