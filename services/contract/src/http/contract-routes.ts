import { z } from 'zod';
import type { Tx } from '@accord/core';
import { ContractKind, ContractStatus } from '@accord/events/contract';
import { AccountId } from '@accord/events/fields';
import { accountOf, paged, pageQuery, route, type Route } from '@accord/http';
import { getContract, listContracts, verifyDocument } from '../contract/contract-store.ts';
import type { Contract } from '../contract/contract.ts';
import { contractFile, finalize, type Provider } from '../sealing.ts';
import { removeDraft, voidOnRequest } from '../voiding.ts';
import { accountRoutes } from './account-routes.ts';
import { applicationRoutes } from './application-routes.ts';
import { billRoutes } from './bill-routes.ts';
import { afterOf, pageOf } from './page.ts';
import { ContractAnswer, contractBody, ContractDetail, contractDetail, GivenReason } from './schemas.ts';
import { ticketRoutes } from './ticket-routes.ts';

const Id = z.string().min(1).max(64);
const ById = z.strictObject({ contractId: Id });
const read = { customer: 'contracts:read', operator: true } as const;
const write = { customer: 'contracts:write', operator: true } as const;

const Voiding = z
  .strictObject({ reason: GivenReason, text: z.string().trim().min(1).max(1_000).optional() })
  .refine(({ reason, text }) => reason !== 'other' || text !== undefined, {
    path: ['text'],
    message: 'is needed where the reason is other',
    params: { 'zh-CN': 'reason 为 other 时必须填写' },
  });

const Verdict = z.object({
  ours: z.boolean(),
  number: z.string().nullable(),
  status: z.enum(['official', 'voided']).nullable(),
});

/** CTR-20: whether it is one of ours, its number and status, nothing more. */
async function verdictOn(tx: Tx, sha256: string): Promise<{ body: z.input<typeof Verdict> }> {
  const found = await verifyDocument(tx, sha256.toLowerCase());
  return {
    body: { ours: found !== undefined, number: found?.number ?? null, status: found?.status ?? null },
  };
}

const verificationRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/contracts/verify',
    summary: 'Whether a file with this SHA-256 is an official contract of ours.',
    access: 'anyone',
    idempotencyKey: 'none',
    body: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/i) }),
    answer: Verdict,
    inTransaction: (tx, { body: { sha256 } }) => verdictOn(tx, sha256),
  }),
  route({
    method: 'post',
    path: '/v1/contracts/verify/file',
    summary: 'Whether the uploaded file is an official contract of ours. The file is not kept.',
    access: 'anyone',
    idempotencyKey: 'none',
    upload: true,
    answer: Verdict,
    inTransaction: (tx, { file }) => verdictOn(tx, file!.sha256),
  }),
];

const list = route({
  method: 'get',
  path: '/v1/contracts',
  summary: 'Contracts, newest first.',
  access: read,
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: ContractStatus.optional(),
    kind: ContractKind.optional(),
    orderId: Id.optional(),
    number: z.string().max(32).optional(),
  }),
  answer: paged(ContractAnswer),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx, { actor, locale, query: { limit, cursor, accountId, ...filter } }) => {
    const own =
      actor.kind === 'customer' || accountId !== undefined ? { accountId: accountOf(actor, accountId) } : {};
    const contracts = await listContracts(tx, { ...filter, ...own, ...afterOf(cursor) }, limit + 1);
    const item = (contract: Contract) => contractBody(contract, locale);
    return {
      body: pageOf(contracts, limit, {
        item,
        key: (last) => [last.createdAt.toISOString(), last.contractId],
      }),
    };
  },
});

const detail = (provider: Provider) =>
  route({
    method: 'get',
    path: '/v1/contracts/{contractId}',
    summary: 'One contract with its orders and its history.',
    access: read,
    params: ById,
    answer: ContractDetail,
    refusals: ['contract.not_found'],
    inTransaction: async (tx, { params, locale }) => {
      const contract = await getContract(tx, params.contractId);
      return {
        body: await contractDetail(tx, contract, { profile: provider.profile, locale }),
        version: contract.version,
      };
    },
  });

const document = (provider: Provider) =>
  route({
    method: 'get',
    path: '/v1/contracts/{contractId}/document',
    summary: 'The contract as PDF: a draft with its watermark, or the official file as it was sealed.',
    access: read,
    params: ById,
    produces: 'application/pdf',
    refusals: ['contract.not_found', 'contract.voided', 'contract.no_document', 'contract.entity_unknown'],
    run: async (db, { actor, params }) => ({
      ...(await contractFile(db, actor, params.contractId, provider)),
      contentType: 'application/pdf',
    }),
  });

const finalizing = (provider: Provider) =>
  route({
    method: 'post',
    path: '/v1/contracts/{contractId}/finalize',
    summary: 'Has a draft sealed; official once that is done.',
    access: write,
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
      'contract.invoice_title_mismatch',
      'contract.entity_unknown',
      'contract.unprintable',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params, ifMatch, locale }) => {
      const contract = await finalize(tx, { ...params, ifMatch }, provider);
      return {
        status: 202,
        body: contractBody(contract, locale),
        version: contract.version,
        location: `/v1/contracts/${contract.contractId}`,
      };
    },
    outcome: async (tx, { contractId }, locale) => {
      const contract = await getContract(tx, contractId);
      return contract.status === 'sealing'
        ? undefined
        : { status: 200, body: contractBody(contract, locale), version: contract.version };
    },
  });

const voiding = (provider: Provider) =>
  route({
    method: 'post',
    path: '/v1/contracts/{contractId}/void',
    summary: 'Ends a contract; its orders are free at once.',
    access: write,
    params: ById,
    body: Voiding,
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
      const contract = await voidOnRequest(tx, { ...params, reason, text, ifMatch }, provider.profile);
      return { body: contractBody(contract, locale), version: contract.version };
    },
  });

const removal = (provider: Provider) =>
  route({
    method: 'delete',
    path: '/v1/contracts/{contractId}',
    summary: 'Removes a draft or a request still waiting, where the provider deletes drafts.',
    access: write,
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
      const contract = await removeDraft(tx, { ...params, ifMatch }, provider.profile);
      return { body: contractBody(contract, locale), version: contract.version };
    },
  });

export const contractRoutes = (provider: Provider): readonly Route[] => [
  ...applicationRoutes(provider.profile),
  ...billRoutes(provider.profile),
  ...verificationRoutes,
  list,
  detail(provider),
  document(provider),
  finalizing(provider),
  voiding(provider),
  removal(provider),
  ...ticketRoutes(provider.profile),
  ...accountRoutes,
];
