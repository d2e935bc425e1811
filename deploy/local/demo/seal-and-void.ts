import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { billContracts } from './bills.ts';
import type { DemoContext } from './context.ts';
import { contractShows, requested, type Part } from './contracts.ts';
import type { Narrator } from './narrator.ts';
import { paperCopies } from './paper.ts';
import type { Orders } from './shop.ts';
import { verifySignature } from './signature.ts';

export async function sealAndVoid(context: DemoContext, contractId: string, orders: Orders): Promise<void> {
  const { narrator } = context;
  narrator.chapter('3 · The draft, the seal, the official file; then it is voided and applied for again');
  const draft = await download(context, contractId, 'draft', 'The draft is downloaded.');
  const official = await finalize(context, contractId);
  narrator.check(
    !draft.equals(official) && !(await verifySignature(draft)),
    'the draft was another file, and it is not signed',
  );
  await paperCopies(context, contractId);
  await voided(context, contractId);
  await narrator.ask({
    what: 'A voided contract cannot be downloaded.',
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}/document`,
    status: 409,
    code: 'contract.voided',
  });
  await narrator.ask({
    what: 'Somebody else asks for it.',
    who: 'stranger',
    method: 'get',
    path: `/v1/contracts/${contractId}`,
    status: 404,
    code: 'contract.not_found',
  });
  await narrator.ask({
    what: 'Its orders are applied for again, at once.',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts',
    body: { orderIds: [orders.machine.orderId, orders.metered.orderId], language: 'en' },
    headers: { prefer: 'wait=20' },
    status: 201,
    follows: ['contract.requested', 'order.reserved', 'contract.drafted'],
    shows: ({ body }) =>
      body.data
        .map((contract: Part & { number: string; status: string }) => `${contract.number} ${contract.status}`)
        .join(', '),
    effects: requested,
  });
  await billContracts(context);
}

async function download(
  { narrator, settings }: DemoContext,
  contractId: string,
  kind: 'draft' | 'official',
  what: string,
): Promise<Buffer> {
  const { bytes, headers } = await narrator.ask({
    what,
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}/document`,
    status: 200,
  });
  const folder = join(settings.system.logs, '..', 'documents');
  mkdirSync(folder, { recursive: true });
  const named =
    /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? `${contractId}.pdf`;
  const name = kind === 'draft' ? named.replace(/(?:\.pdf)?$/, '-draft.pdf') : named;
  writeFileSync(join(folder, name), bytes);
  narrator.note(`kept as ${join(folder, name)}`);
  narrator.check(bytes.subarray(0, 5).toString() === '%PDF-', 'it is a PDF');
  return bytes;
}

async function finalize(context: DemoContext, contractId: string): Promise<Buffer> {
  const { narrator } = context;
  await narrator.ask({
    what: 'It is finalized.',
    who: 'customer',
    method: 'post',
    path: `/v1/contracts/${contractId}/finalize`,
    headers: { prefer: 'wait=25' },
    status: 200,
    follows: ['contract.finalized'],
    worker: { announces: 'contract.finalized', about: () => contractId },
    shows: ({ body }) => `${body.number} is ${body.status}`,
    effects: () => [contractShows(contractId, 'contract.finalized')],
  });
  const first = await download(context, contractId, 'official', 'The official file is downloaded.');
  const second = await download(context, contractId, 'official', 'And again.');
  const sha256 = createHash('sha256').update(first).digest('hex');
  narrator.check(first.equals(second), 'both downloads are identical to the byte (CTR-19)');
  const known = await narrator.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}`,
  });
  narrator.check(
    known.body.sha256 === sha256,
    `its SHA-256 is the one that the contract names: ${sha256.slice(0, 16)}…`,
  );
  narrator.check(await verifySignature(first), 'its signature is valid and covers the whole file (CTR-18)');
  narrator.check(!(await verifySignature(flipped(first))), 'with one byte changed it is not');
  const { body } = await narrator.quietly({
    who: 'stranger',
    method: 'post',
    path: '/v1/contracts/verify',
    body: { sha256 },
  });
  narrator.check(
    body.ours === true && body.status === 'official',
    `anybody may ask whether it is ours: ${body.number}, ${body.status} (CTR-20)`,
  );
  return first;
}

const flipped = (file: Buffer) => {
  const copy = Buffer.from(file);
  copy[1_000] = copy[1_000]! ^ 1;
  return copy;
};

/** By ticket and approval (baidu) or at once (alibaba), as the rules say (CTR-26). */
async function voided({ narrator, settings }: DemoContext, contractId: string): Promise<void> {
  const path = `/v1/contracts/${contractId}/void`;
  const effects = () => [contractShows(contractId, 'contract.voided')];
  const asked = { who: 'customer', method: 'post', path, body: { reason: 'replacing' }, effects } as const;
  if (settings.rules.contracts.voidOfficial === 'self_service') {
    await narrator.ask({
      ...asked,
      what: 'The customer voids the official contract.',
      status: 200,
      follows: ['contract.voided', 'order.released', 'order.released'],
      shows: ({ body }) => body.status,
    });
    return;
  }
  await narrator.ask({
    ...asked,
    what: 'The customer would void it.',
    status: 409,
    code: 'contract.needs_ticket',
  });
  await voidedByTicket(narrator, contractId);
}

async function voidedByTicket(narrator: Narrator, contractId: string): Promise<void> {
  const body = {
    kind: 'void_official',
    contractId,
    reason: 'replacing',
    text: 'Please void it, we need another language.',
  };
  const ticket = await narrator.ask({
    what: 'So a ticket is submitted.',
    who: 'customer',
    method: 'post',
    path: '/v1/tickets',
    body,
    status: 201,
    follows: ['ticket.submitted'],
    shows: ({ body: { ticketId, status, dueAt } }) => `${ticketId} ${status}, due ${dueAt}`,
    effects: ({ body: { ticketId } }) => [
      { path: `/v1/tickets/${ticketId}`, shown: (shown) => shown.contractId === contractId },
    ],
  });
  const ticketPath = `/v1/tickets/${ticket.body.ticketId}`;
  await narrator.ask({
    what: 'An operator approves it.',
    who: 'operator',
    method: 'post',
    path: `${ticketPath}/approve`,
    status: 200,
    follows: ['ticket.approved', 'contract.voided', 'order.released', 'order.released'],
    shows: ({ body: { status } }) => status,
    effects: () => [
      { path: ticketPath, shown: ({ status }) => status === 'approved' },
      contractShows(contractId, 'contract.voided'),
    ],
  });
}
