import { z } from 'zod';
import type { Tx } from '@accord/core';
import { route, type Route } from '@accord/http';
import { verifyDocument } from '../document/document-store.ts';

const VerificationAnswer = z
  .object({
    ours: z.boolean(),
    number: z.string().nullable(),
    status: z.enum(['official', 'voided']).nullable(),
  })
  .meta({ id: 'Verification' });

/** CTR-20: whether it is one of ours, its number and status, nothing more. */
async function verify(tx: Tx, sha256: string): Promise<{ body: z.input<typeof VerificationAnswer> }> {
  const found = await verifyDocument(tx, sha256.toLowerCase());
  return {
    body: { ours: found !== undefined, number: found?.number ?? null, status: found?.status ?? null },
  };
}

const verifyContractHash = route({
  method: 'post',
  path: '/v1/contracts/verify',
  operationId: 'verifyContractHash',
  summary: 'Whether a file with this SHA-256 is an official contract of ours.',
  access: 'anyone',
  idempotencyKey: 'none',
  body: z.strictObject({ sha256: z.string().regex(/^[0-9A-Fa-f]{64}$/) }),
  example: { sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' },
  answer: VerificationAnswer,
  inTransaction: (tx, { body: { sha256 } }) => verify(tx, sha256),
});

const verifyContractFile = route({
  method: 'post',
  path: '/v1/contracts/verify/file',
  operationId: 'verifyContractFile',
  summary: 'Whether the uploaded file is an official contract of ours. The file is not kept.',
  access: 'anyone',
  idempotencyKey: 'none',
  upload: 'hashed',
  answer: VerificationAnswer,
  inTransaction: (tx, { file }) => verify(tx, file!.sha256),
});

export const verificationRoutes: readonly Route[] = [verifyContractHash, verifyContractFile];
