import { z } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import { AccountId, Id, Moment, ReadableLine, Reason } from '@accord/events/fields';
import { listFilter, paged, pageOf, pageQuery, rangeQuery, route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { getContract } from '../contract/contract-store.ts';
import type { Contract } from '../contract/contract.ts';
import { findPaper, listPaper } from '../contract/paper-copy-store.ts';
import { isLate, type PaperCopies } from '../contract/paper-copy.ts';
import {
  deliverPaperCopies,
  mailPaperCopies,
  printPaperCopies,
  requestPaperCopies,
  returnPaperCopies,
} from '../paper-mailing.ts';

const ById = z.strictObject({ contractId: Id });
const path = '/v1/contracts/{contractId}/paper-copies';

const Status = z
  .enum(['requested', 'printed', 'mailed', 'delivered', 'returned', 'cancelled'])
  .meta({ id: 'PaperStatus' });

const PaperAnswer = z
  .object({
    contractId: z.string(),
    contractNumber: z.string(),
    accountId: z.string(),
    status: Status,
    copies: z.int(),
    recipient: z.string(),
    phone: z.string(),
    address: z.string(),
    requestedAt: Moment,
    /** Ends of business days: mailed not before the one and not after the other, as was promised. */
    promisedFrom: Moment,
    promisedBy: Moment,
    late: z.boolean().meta({ description: 'Promised for a time that has passed, and not in the mail.' }),
    printedAt: Moment.nullable(),
    mailedAt: Moment.nullable(),
    carrier: z.string().nullable(),
    trackingNumber: z.string().nullable(),
    endedAt: Moment.nullable().meta({ description: 'Delivered, returned or cancelled then.' }),
    returnText: z.string().nullable(),
  })
  .meta({ id: 'PaperCopies' });

const iso = (date: Date | null) => date && date.toISOString();

const toPaperAnswer = (paper: PaperCopies, number: string, now: Date): z.input<typeof PaperAnswer> => ({
  contractId: paper.contractId,
  contractNumber: number,
  accountId: paper.accountId,
  status: paper.status,
  copies: paper.copies,
  recipient: paper.recipient,
  phone: paper.phone,
  address: paper.address,
  requestedAt: paper.requestedAt.toISOString(),
  promisedFrom: paper.promisedFrom.toISOString(),
  promisedBy: paper.promisedBy.toISOString(),
  late: isLate(paper, now),
  printedAt: iso(paper.printedAt),
  mailedAt: iso(paper.mailedAt),
  carrier: paper.carrier,
  trackingNumber: paper.trackingNumber,
  endedAt: iso(paper.endedAt),
  returnText: paper.returnText,
});

const answered = ({ paper, contract }: { paper: PaperCopies; contract: Contract }, tx: Tx) => ({
  body: toPaperAnswer(paper, contract.number!, tx.now),
  version: contract.version,
});

const requestCopies = (profile: Profile) =>
  route({
    method: 'post',
    path,
    operationId: 'requestPaperCopies',
    summary: 'Asks for paper copies of an official contract, once.',
    access: { customer: 'contracts:write', operator: true },
    params: ById,
    body: z.strictObject({
      copies: z.int().min(1).max(1_000),
      recipient: ReadableLine(200).min(1),
      phone: ReadableLine(64).min(1),
      address: ReadableLine(400).min(1),
    }),
    example: {
      copies: 2,
      recipient: 'Li Lei',
      phone: '+86 10 5555 0100',
      address: '北京市海淀区示例路 1 号',
    },
    answer: PaperAnswer,
    success: [201],
    refusals: [
      'contract.not_found',
      'contract.voided',
      'contract.not_official',
      'paper.by_ticket',
      'paper.copies_out_of_bounds',
      'paper.already_requested',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params, body, ifMatch }) => ({
      status: 201,
      ...answered(await requestPaperCopies(tx, profile, { ...params, ...body, ifMatch }), tx),
      location: `/v1/contracts/${params.contractId}/paper-copies`,
    }),
  });

const getCopies = route({
  method: 'get',
  path,
  operationId: 'getPaperCopies',
  summary: 'The paper copies of a contract, and how far they have come.',
  access: { customer: 'contracts:read', operator: true },
  params: ById,
  answer: PaperAnswer,
  refusals: ['contract.not_found', 'paper.not_found'],
  inTransaction: async (tx, { params }) => {
    const contract = await getContract(tx, params.contractId);
    const paper = await findPaper(tx, params.contractId);
    if (!paper) throw new Refusal('not_found', 'paper.not_found', params);
    return answered({ paper, contract }, tx);
  },
});

const listCopies = route({
  method: 'get',
  path: '/v1/paper-copies',
  operationId: 'listPaperCopies',
  summary: 'Paper copies as they are to be worked off: the oldest request first.',
  access: { operator: true },
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: Status.optional(),
    late: z.enum(['true']).optional().meta({
      description: 'Only those that were promised for a time that has passed, and are not in the mail.',
    }),
    ...rangeQuery,
  }),
  answer: paged(PaperAnswer),
  refusals: ['request.account_not_yours', 'request.range_reversed'],
  inTransaction: async (tx, request) => {
    const { late, ...filter } = listFilter(request);
    const rows = await listPaper(tx, { ...filter, lateAt: late && tx.now });
    return {
      body: pageOf(rows, request.query.limit, {
        item: ({ number, ...paper }) => toPaperAnswer(paper, number, tx.now),
        key: ({ requestedAt, contractId }) => [requestedAt.toISOString(), contractId],
      }),
    };
  },
});

const ofOperators = {
  method: 'post',
  access: { operator: true },
  params: ById,
  answer: PaperAnswer,
  refusals: ['contract.not_found', 'paper.not_found', 'paper.wrong_status', 'request.version_mismatch'],
} as const;

const printCopies = route({
  ...ofOperators,
  path: `${path}/print`,
  operationId: 'printPaperCopies',
  summary: 'Says that the copies are printed.',
  inTransaction: async (tx, { params, ifMatch }) =>
    answered(await printPaperCopies(tx, { ...params, ifMatch }), tx),
});

const mailCopies = route({
  ...ofOperators,
  path: `${path}/mail`,
  operationId: 'mailPaperCopies',
  summary: 'Says that the printed copies are in the mail, with whom and under which number.',
  body: z.strictObject({
    carrier: ReadableLine(100).min(1),
    trackingNumber: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
  }),
  example: { carrier: '顺丰速运', trackingNumber: 'SF1357924680135' },
  inTransaction: async (tx, { params, body, ifMatch }) =>
    answered(await mailPaperCopies(tx, { ...params, ...body, ifMatch }), tx),
});

const deliverCopies = route({
  ...ofOperators,
  path: `${path}/deliver`,
  operationId: 'deliverPaperCopies',
  summary: 'Says that the copies have arrived.',
  inTransaction: async (tx, { params, ifMatch }) =>
    answered(await deliverPaperCopies(tx, { ...params, ifMatch }), tx),
});

const returnCopies = route({
  ...ofOperators,
  path: `${path}/return`,
  operationId: 'returnPaperCopies',
  summary: 'Says that the copies came back, and why.',
  body: z.strictObject({ text: Reason(1_000) }),
  example: { text: 'Nobody was there to take them' },
  inTransaction: async (tx, { params, body, ifMatch }) =>
    answered(await returnPaperCopies(tx, { ...params, ...body, ifMatch }), tx),
});

/** CTR-30: paper copies, where the profile lets a customer ask for them by himself. */
export const paperRoutes = (profile: Profile): readonly Route[] => [
  requestCopies(profile),
  getCopies,
  listCopies,
  printCopies,
  mailCopies,
  deliverCopies,
  returnCopies,
];
