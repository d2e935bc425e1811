import { z } from 'zod';
import { Refusal, type Locale, type Tx } from '@accord/core';
import { Language } from '@accord/events/contract';
import { AccountId, Id, ReadableLine, Reason } from '@accord/events/fields';
import { route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { getContract } from '../contract/contract-store.ts';
import { isLive } from '../contract/contract.ts';
import { recordOffline, storeOfflineFile } from '../offline-recording.ts';
import { worded } from './refusal-texts.ts';
import { ContractAnswer, toContractAnswer } from './schemas.ts';

const FileAnswer = z
  .object({
    sha256: z.string().meta({ description: 'Names the file in `recordOfflineContract`.' }),
    size: z.int().meta({ description: 'Bytes.' }),
  })
  .meta({ id: 'OfflineFile' });

const storeFile = route({
  method: 'post',
  path: '/v1/contracts/offline/files',
  operationId: 'storeOfflineFile',
  summary:
    'Keeps the file of a contract signed outside: a PDF of at most 20 MiB. The same file again changes nothing.',
  access: { operator: true },
  query: z.strictObject({ accountId: AccountId }),
  upload: 'kept',
  answer: FileAnswer,
  success: [201],
  refusals: ['account.not_found', 'contract.file_not_pdf', 'contract.file_encrypted'],
  inTransaction: async (tx, { query: { accountId }, file }) => {
    const { sha256, bytes } = file!;
    return { status: 201, body: await storeOfflineFile(tx, { accountId, sha256, bytes: bytes! }) };
  },
});

const Recording = z.strictObject({
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .meta({ description: 'Of a file that was stored for the account.' }),
  number: ReadableLine(64).meta({ description: "The provider's own, which no other contract has." }),
  signedOn: z.iso.date().meta({ description: 'The date on the contract; not in the future.' }),
  language: Language.optional().meta({ description: 'Of the file; default as Accept-Language says.' }),
  ticketId: Id.optional().meta({ description: 'An approved ticket, which says account and orders.' }),
  accountId: AccountId.optional().meta({ description: 'Without a ticket.' }),
  orderIds: z.array(Id).min(1).max(500).optional().meta({ description: 'Without a ticket.' }),
  reason: Reason(1_000).optional().meta({ description: 'Without a ticket: why it is recorded.' }),
});

/** @throws Refusal `contract.recording_basis` where it is neither a ticket alone nor all three of the others. */
function basisOf({ ticketId, accountId, orderIds, reason }: z.output<typeof Recording>) {
  if (ticketId !== undefined && accountId === undefined && orderIds === undefined && reason === undefined)
    return { ticketId };
  if (ticketId === undefined && accountId !== undefined && orderIds !== undefined && reason !== undefined)
    return { accountId, orderIds, reason };
  throw new Refusal('invalid', 'contract.recording_basis', {});
}

/** API-14: once the order service has answered. */
async function outcomeOf(tx: Tx, contractId: string, locale: Locale) {
  const contract = await getContract(tx, contractId);
  if (contract.status === 'requested') return undefined;
  const { version } = contract;
  return {
    status: isLive(contract) ? 201 : 200,
    body: toContractAnswer(contract, locale),
    version,
    location: `/v1/contracts/${contractId}`,
  };
}

const refusalsAgainst = [
  'contract.recording_basis',
  'contract.number_reserved',
  'contract.number_taken',
  'contract.signed_in_future',
  'contract.file_not_found',
  'contract.application_refused',
  'contract.order_in_contract',
  'contract.several_entities',
  'contract.too_large',
  'contract.not_certified',
  'order.not_found',
  'order.cancelled',
  'order.voided',
  'order.held_by_refund',
  'order.instance_busy',
  'ticket.not_found',
  'ticket.not_approved',
  'ticket.no_papers',
  'ticket.already_recorded',
] as const;

const recordContract = (profile: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts/offline',
    operationId: 'recordOfflineContract',
    summary:
      'Records a contract signed outside, for an approved ticket or with a reason; official once it has its orders.',
    access: { operator: true },
    body: Recording,
    example: {
      sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
      number: 'HT-2026-0117',
      signedOn: '2026-03-01',
      language: 'zh-CN',
      ticketId: 'tkt_0199a2013ab97155850ff2f85a2d7bf3',
    },
    answer: ContractAnswer,
    success: [202, 201, 200],
    refusals: refusalsAgainst,
    inTransaction: async (tx, { body, locale }) => {
      const { sha256, number, signedOn, language = locale } = body;
      const ask = { sha256, number, signedOn, language, basis: basisOf(body) };
      const contract = await worded(recordOffline(tx, profile, ask), locale);
      return {
        status: 202,
        body: toContractAnswer(contract, locale),
        version: contract.version,
        location: `/v1/contracts/${contract.contractId}`,
      };
    },
    outcome: (tx, { contractId }, locale) => outcomeOf(tx, contractId, locale),
  });

/** CTR-36, CTR-38. */
export const offlineRoutes = (profile: Profile): readonly Route[] => [storeFile, recordContract(profile)];
