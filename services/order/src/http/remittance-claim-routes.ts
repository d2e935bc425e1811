import { z } from 'zod';
import { Id } from '@accord/events/fields';
import { accountOf, listFilter, paged, pageOf, pageQuery, route, type Route } from '@accord/http';
import { claimRemittance } from '../remittance-claim.ts';
import * as store from '../remittance/claim-store.ts';
import { BankReference, ClaimAnswer, differsFor, toClaimAnswer, Transferred } from './remittance-schemas.ts';
import { ListedAccountId, OrderId } from './schemas.ts';

// ORD-21. A customer sees his claims, which say nothing of a transfer that is not his.

const ClaimAsk = z
  .strictObject({
    bankReference: BankReference,
    amount: Transferred,
    orderId: OrderId.optional(),
    contractId: Id.optional().meta({ description: 'All unpaid orders that it holds.' }),
  })
  .refine(({ orderId, contractId }) => (orderId === undefined) !== (contractId === undefined), {
    message: 'names orderId or contractId, and not both',
    params: { 'zh-CN': '请在 orderId 与 contractId 中指定且仅指定一个' },
  })
  .meta({ minProperties: 3, maxProperties: 3 });

const claimRemittanceRoute = route({
  method: 'post',
  path: '/v1/remittance-claims',
  operationId: 'claimRemittance',
  summary:
    'Claims a transfer for an order, or for all unpaid orders of a contract; 202: it waits for the bank',
  access: { customer: 'orders:write' },
  body: ClaimAsk,
  example: {
    bankReference: 'CMB20260131083312',
    amount: { amount: '45.00', currency: 'CNY' },
    orderId: 'ord_0199a2013ab97155850ff2f85a2d7bf3',
  },
  answer: ClaimAnswer,
  success: [201, 202],
  refusals: [
    'order.not_found',
    'order.not_payable',
    'order.payment_mismatch',
    'remittance.contract_not_held',
    'remittance.name_not_certified',
    'remittance.claimed_before',
    'remittance.too_many_attempts',
  ],
  idempotencyKey: 'required',
  inTransaction: async (tx, { actor, body: { bankReference, amount, orderId, contractId } }) => {
    const target = orderId === undefined ? { contractId: contractId! } : { orderId };
    const accountId = accountOf(actor, undefined);
    const claim = await claimRemittance(tx, { accountId, bankReference, amount, target });
    return {
      status: claim.status === 'paid' ? 201 : 202,
      body: toClaimAnswer(claim, tx),
      location: `/v1/remittance-claims/${claim.claimId}`,
    };
  },
});

const readers = { customer: 'orders:read', operator: true } as const;

const listRemittanceClaims = route({
  method: 'get',
  path: '/v1/remittance-claims',
  operationId: 'listRemittanceClaims',
  summary: 'Claims of an account, newest first; operators see all accounts',
  access: readers,
  query: z.strictObject({
    ...pageQuery,
    accountId: ListedAccountId.optional(),
    status: ClaimAnswer.shape.status.optional(),
  }),
  answer: paged(ClaimAnswer),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx, request) => {
    const rows = await store.listClaims(tx, listFilter(request));
    const differsOf = await differsFor(tx, rows);
    return {
      body: pageOf(rows, request.query.limit, {
        item: (claim) => toClaimAnswer(claim, tx, differsOf),
        key: ({ createdAt, claimId }) => [createdAt.toISOString(), claimId],
      }),
    };
  },
});

const getRemittanceClaim = route({
  method: 'get',
  path: '/v1/remittance-claims/{claimId}',
  operationId: 'getRemittanceClaim',
  summary: 'One claim',
  access: readers,
  params: z.strictObject({ claimId: Id }),
  answer: ClaimAnswer,
  refusals: ['remittance.claim_not_found'],
  inTransaction: async (tx, { params: { claimId } }) => {
    const claim = await store.getClaim(tx, claimId);
    return { body: toClaimAnswer(claim, tx, await differsFor(tx, [claim])) };
  },
});

export const remittanceClaimRoutes: readonly Route[] = [
  claimRemittanceRoute,
  listRemittanceClaims,
  getRemittanceClaim,
];
