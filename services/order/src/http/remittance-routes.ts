import { z } from 'zod';
import type { Tx } from '@accord/core';
import { Id, Moment, Money } from '@accord/events/fields';
import { paged, pageOf, pageQuery, pageRange, route, type Route } from '@accord/http';
import { reportRemittance } from '../remittance-claim.ts';
import { listClaimsOn } from '../remittance/claim-store.ts';
import * as store from '../remittance/remittance-store.ts';
import type { Remittance } from '../remittance/remittance.ts';
import { BankReference, ClaimAnswer, differsFor, toClaimAnswer, Transferred } from './remittance-schemas.ts';
import { Line, ReportedMoment } from './schemas.ts';

// ORD-21. Transfers are the bank's to report and the operators' to see.

const RemittanceAnswer = z
  .object({
    remittanceId: z.string(),
    bankReference: z.string(),
    amount: Money,
    payerName: z.string(),
    receivedAt: Moment,
    reportedAt: Moment,
    status: z.enum(['unclaimed', 'claimed']).meta({ id: 'RemittanceStatus' }),
    claimId: z.string().nullable(),
    claimedAt: Moment.nullable(),
    claims: z
      .array(ClaimAnswer)
      .meta({ description: 'That name its reference, at most 20, oldest first, each with what differs.' }),
  })
  .meta({ id: 'Remittance' });

/** With the claims that name them. */
async function toRemittanceAnswers(
  tx: Tx,
  of: readonly Remittance[],
): Promise<z.input<typeof RemittanceAnswer>[]> {
  const naming = await listClaimsOn(
    tx,
    of.map(({ bankReference }) => bankReference),
  );
  const differsOf = await differsFor(tx, naming, of);
  return of.map((remittance) => ({
    ...toTransfer(remittance),
    claims: naming
      .filter(({ bankReference }) => bankReference === remittance.bankReference)
      .map((claim) => toClaimAnswer(claim, tx, differsOf)),
  }));
}

const toTransfer = (remittance: Remittance) => ({
  ...remittance,
  status: remittance.claimId === null ? ('unclaimed' as const) : ('claimed' as const),
  receivedAt: remittance.receivedAt.toISOString(),
  reportedAt: remittance.reportedAt.toISOString(),
  claimedAt: remittance.claimedAt?.toISOString() ?? null,
});

const reportRemittanceRoute = route({
  method: 'post',
  path: '/v1/remittances',
  operationId: 'reportRemittance',
  summary: 'Reports a transfer that the bank received; once for each bank reference',
  access: { platform: true },
  body: z.strictObject({
    bankReference: BankReference,
    amount: Transferred,
    payerName: Line(400),
    receivedAt: ReportedMoment,
  }),
  example: {
    bankReference: 'CMB20260131083312',
    amount: { amount: '45.00', currency: 'CNY' },
    payerName: '某某有限公司',
    receivedAt: '2026-01-31T09:00:00Z',
  },
  answer: RemittanceAnswer.omit({ claims: true }).meta({ id: 'ReportedRemittance' }),
  success: [200, 201],
  refusals: ['remittance.reference_used'],
  inTransaction: async (tx, { body }) => {
    const { remittance, created } = await reportRemittance(tx, body);
    return { status: created ? 201 : 200, body: toTransfer(remittance) };
  },
});

const listRemittances = route({
  method: 'get',
  path: '/v1/remittances',
  operationId: 'listRemittances',
  summary: 'Transfers, the last reported first, with the claims on them and what differs',
  access: { operator: true },
  query: z.strictObject({
    ...pageQuery,
    status: z.enum(['unclaimed', 'claimed']).optional().meta({ description: 'Default: both.' }),
  }),
  answer: paged(RemittanceAnswer),
  inTransaction: async (tx, { query }) => {
    const rows = await store.listRemittances(tx, { status: query.status, ...pageRange(query) });
    const answers = await toRemittanceAnswers(tx, rows);
    return {
      body: pageOf(answers, query.limit, {
        item: (answer) => answer,
        key: ({ reportedAt, remittanceId }) => [reportedAt, remittanceId],
      }),
    };
  },
});

const getRemittance = route({
  method: 'get',
  path: '/v1/remittances/{remittanceId}',
  operationId: 'getRemittance',
  summary: 'One transfer with the claims on it',
  access: { operator: true },
  params: z.strictObject({ remittanceId: Id }),
  answer: RemittanceAnswer,
  refusals: ['remittance.not_found'],
  inTransaction: async (tx, { params: { remittanceId } }) => {
    const remittance = await store.getRemittance(tx, remittanceId);
    const [body] = await toRemittanceAnswers(tx, [remittance]);
    return { body: body! };
  },
});

export const remittanceRoutes: readonly Route[] = [reportRemittanceRoute, listRemittances, getRemittance];
