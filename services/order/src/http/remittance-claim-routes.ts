import { z } from 'zod';
import type { Tx } from '@accord/core';
import { Id, Moment, Money } from '@accord/events/fields';
import {
  accountOf,
  ActorView,
  decodeTimeCursor,
  maskActor,
  paged,
  pageOf,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import { isNegative, isZero, MoneyJson } from '@accord/money';
import { findAccounts } from '../account-view.ts';
import { claimRemittance } from '../remittance-claim.ts';
import * as store from '../remittance/claim-store.ts';
import { claimLifecycle, differences, differencesOf, type Claim } from '../remittance/claim.ts';
import { listByReference } from '../remittance/remittance-store.ts';
import type { Remittance } from '../remittance/remittance.ts';
import { AccountId, OrderId } from './schemas.ts';

// ORD-21. A customer sees his claims, which say nothing of a transfer that is not his.

export const BankReference = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/)
  .meta({ description: 'The bank’s own name of the transfer, for ever.' });

export const Transferred = MoneyJson.refine((amount) => !isNegative(amount) && !isZero(amount), {
  path: ['amount'],
  message: 'is more than nothing',
  params: { 'zh-CN': '必须大于零' },
});

const Difference = z.enum(differences).meta({ id: 'RemittanceDifference' });

export const ClaimAnswer = z
  .object({
    claimId: z.string(),
    accountId: z.string(),
    claimedBy: ActorView,
    bankReference: z.string(),
    amount: Money,
    orderIds: z.array(z.string()),
    contractId: z.string().nullable(),
    status: z.enum(claimLifecycle.statuses as [Claim['status']]).meta({ id: 'RemittanceClaimStatus' }),
    failure: z
      .enum(['order_not_payable', 'contract_ended'])
      .nullable()
      .meta({ description: 'Why a transfer that fits has paid nothing; it stays unclaimed.' }),
    remittanceId: z.string().nullable(),
    createdAt: Moment,
    expiresAt: Moment.meta({ description: 'Until then a waiting claim waits for the bank.' }),
    endedAt: Moment.nullable(),
    differs: z
      .array(Difference)
      .nullable()
      .meta({ description: 'For operators: what keeps it from its transfer. Null for customers.' }),
  })
  .meta({ id: 'RemittanceClaim' });

/** Of each claim, what differs; null to those who may not know. */
type DiffersOf = (claim: Claim) => z.input<typeof Difference>[] | null;

export const toClaimAnswer = (
  claim: Claim,
  { actor }: Tx,
  differsOf: DiffersOf = () => null,
): z.input<typeof ClaimAnswer> => ({
  ...claim,
  orderIds: [...claim.orderIds],
  claimedBy: maskActor(actor, claim.claimedBy),
  createdAt: claim.createdAt.toISOString(),
  expiresAt: claim.expiresAt.toISOString(),
  endedAt: claim.endedAt?.toISOString() ?? null,
  differs: differsOf(claim),
});

export async function differsFor(
  tx: Tx,
  of: readonly Claim[],
  known?: readonly Remittance[],
): Promise<DiffersOf> {
  if (tx.actor.kind !== 'operator') return () => null;
  const references = of.map(({ bankReference }) => bankReference);
  const [transfers, accounts] = await Promise.all([
    known ?? listByReference(tx, references),
    findAccounts(
      tx,
      of.map(({ accountId }) => accountId),
    ),
  ]);
  const byReference = new Map(transfers.map((one) => [one.bankReference, one]));
  return (claim) =>
    differencesOf(
      claim,
      accounts.get(claim.accountId)?.certifiedName ?? null,
      byReference.get(claim.bankReference),
    );
}

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
    accountId: AccountId.optional(),
    status: z.enum(claimLifecycle.statuses as [Claim['status']]).optional(),
  }),
  answer: paged(ClaimAnswer),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx, { actor, query: { cursor, limit, status, ...query } }) => {
    const accountId = actor.kind === 'customer' ? accountOf(actor, query.accountId) : query.accountId;
    const after = cursor === undefined ? undefined : decodeTimeCursor(cursor);
    const rows = await store.listClaims(tx, { accountId, status, after, limit: limit + 1 });
    const differsOf = await differsFor(tx, rows);
    return {
      body: pageOf(rows, limit, {
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
