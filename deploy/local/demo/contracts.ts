import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventType } from '@accord/events';
import type { Reply } from '@accord/testing';
import { orderShows, type Plot } from './context.ts';
import type { Effect } from './request.ts';
import type { Orders } from './shop.ts';
import { verifySignature } from './signature.ts';

export interface Contracts {
  /** Over the paid machine and the metered one. */
  readonly order: string;
  /** Over the two unpaid machines. */
  readonly request: string;
}

interface Part {
  readonly kind: string;
  readonly invoicingEntity: string;
  readonly orderIds: readonly string[];
  readonly amount: { readonly amount: string } | null;
}

/** That the history of a contract has the event. */
export const contractShows = (contractId: string, event: EventType): Effect => ({
  path: `/v1/contracts/${contractId}`,
  shown: ({ history }) => history.some((one: { event: string }) => one.event === event),
});

const requested = ({ body }: Reply) =>
  (body.data as { contractId: string }[]).map(({ contractId }) =>
    contractShows(contractId, 'contract.requested'),
  );

const partLine = ({ kind, invoicingEntity, orderIds, amount }: Part) =>
  `${kind} with ${invoicingEntity} over ${orderIds.length} order${orderIds.length > 1 ? 's' : ''}, ${amount ? amount.amount : 'no amount'}`;

export async function applyForContracts(plot: Plot, orders: Orders): Promise<Contracts> {
  const { teller } = plot;
  teller.chapter('2 · An application over several orders: preview, refusals, the split, a race');
  const good = [orders.machine, orders.other, orders.metered, ...orders.unpaid].map(({ orderId }) => orderId);
  await refuseOne(plot, [...good, orders.odd.orderId]);
  await teller.ask({
    what: 'Without it: how would it be split?',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts/preview',
    body: { orderIds: good },
    status: 200,
    shows: ({ body }) => body.data.map(partLine).join('; '),
  });
  const [won, lost] = await race(plot, good);
  teller.note(
    `Two applications for the same orders at once: one is answered ${won.status}, the other ${lost.status} ${lost.body.code}`,
  );
  teller.check(
    won.status === 201 && lost.status === 409 && lost.body.code === 'contract.order_in_contract',
    'exactly one wins (CTR-4)',
  );
  teller.check(
    won.body.data.length === 3,
    'split by kind and invoicing entity into three contracts (CTR-1, CTR-2):',
  );
  for (const contract of won.body.data)
    teller.note(`  ${contract.number}  ${contract.status}  ${partLine(contract)}`);
  const of = (orderId: string) =>
    won.body.data.find(({ orderIds }: Part) => orderIds.includes(orderId)).contractId as string;
  return { order: of(orders.machine.orderId), request: of(orders.unpaid[0].orderId) };
}

/** Nothing is created: the answer names every refusal, its remedy too. */
async function refuseOne({ teller, role }: Plot, orderIds: readonly string[]) {
  await teller.until('the contract service to know all orders', async () => {
    const { body } = await teller.quietly({
      who: 'customer',
      method: 'post',
      path: '/v1/contracts/preview',
      body: { orderIds },
    });
    return body.refusals.every(({ code }: { code: string }) => code !== 'order.not_found') ? true : undefined;
  });
  const { body } = await teller.ask({
    what: 'An application over six orders: the machine, the other product, the metered machine, the two unpaid machines and the special one.',
    who: 'customer',
    method: 'post',
    path: '/v1/contracts',
    body: { orderIds },
    status: 422,
    code: role.oddCode,
  });
  for (const { orderId, code, remedy } of body.facts.refusals)
    teller.note(`  refused: ${orderId}  ${code}, remedy: ${remedy}`);
}

/** The accepted one first. */
async function race({ teller, mark }: Plot, orderIds: readonly string[]): Promise<readonly [Reply, Reply]> {
  const apply = (key: string) =>
    teller.quietly({
      who: 'customer',
      method: 'post',
      path: '/v1/contracts',
      body: { orderIds, language: 'zh' },
      headers: { prefer: 'wait=25', 'idempotency-key': `${key}-${mark}` },
      effects: requested,
    });
  const [a, b] = await Promise.all([apply('one'), apply('two')]);
  return a.status <= b.status ? [a, b] : [b, a];
}

export async function sealAndVoid(plot: Plot, contractId: string, orders: Orders): Promise<void> {
  const { teller } = plot;
  teller.chapter('3 · The draft, the seal, the official file; then it is voided and applied for again');
  const draft = await download(plot, contractId, 'draft', 'The draft is downloaded.');
  const official = await finalize(plot, contractId);
  teller.check(
    !draft.equals(official) && !(await verifySignature(draft)),
    'the draft was another file, and it is not signed',
  );
  await voided(plot, contractId);
  await teller.ask({
    what: 'A voided contract cannot be downloaded.',
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}/document`,
    status: 409,
    code: 'contract.voided',
  });
  await teller.ask({
    what: 'Somebody else asks for it.',
    who: 'stranger',
    method: 'get',
    path: `/v1/contracts/${contractId}`,
    status: 404,
    code: 'contract.not_found',
  });
  await teller.ask({
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
}

async function download(
  { teller, context }: Plot,
  contractId: string,
  kind: 'draft' | 'official',
  what: string,
): Promise<Buffer> {
  const { bytes, headers } = await teller.ask({
    what,
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}/document`,
    status: 200,
  });
  const folder = join(context.system.logs, '..', 'documents');
  mkdirSync(folder, { recursive: true });
  const named =
    /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '')?.[1] ?? `${contractId}.pdf`;
  const name = kind === 'draft' ? named.replace(/(?:\.pdf)?$/, '-draft.pdf') : named;
  writeFileSync(join(folder, name), bytes);
  teller.note(`kept as ${join(folder, name)}`);
  teller.check(bytes.subarray(0, 5).toString() === '%PDF-', 'it is a PDF');
  return bytes;
}

async function finalize(plot: Plot, contractId: string): Promise<Buffer> {
  const { teller } = plot;
  await teller.ask({
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
  const first = await download(plot, contractId, 'official', 'The official file is downloaded.');
  const second = await download(plot, contractId, 'official', 'And again.');
  const sha256 = createHash('sha256').update(first).digest('hex');
  teller.check(first.equals(second), 'both downloads are identical to the byte (CTR-19)');
  const known = await teller.quietly({ who: 'customer', method: 'get', path: `/v1/contracts/${contractId}` });
  teller.check(
    known.body.sha256 === sha256,
    `its SHA-256 is the one that the contract names: ${sha256.slice(0, 16)}…`,
  );
  teller.check(await verifySignature(first), 'its signature is valid and covers the whole file (CTR-18)');
  teller.check(!(await verifySignature(flipped(first))), 'with one byte changed it is not');
  const { body } = await teller.quietly({
    who: 'stranger',
    method: 'post',
    path: '/v1/contracts/verify',
    body: { sha256 },
  });
  teller.check(
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

/** baidu: by ticket and approval; alibaba: at once (CTR-26). */
async function voided({ teller, context }: Plot, contractId: string): Promise<void> {
  const path = `/v1/contracts/${contractId}/void`;
  const effects = () => [contractShows(contractId, 'contract.voided')];
  const asked = { who: 'customer', method: 'post', path, body: { reason: 'replacing' }, effects } as const;
  if (context.profile === 'alibaba') {
    await teller.ask({
      ...asked,
      what: 'The customer voids the official contract.',
      status: 200,
      follows: ['contract.voided', 'order.released', 'order.released'],
      shows: ({ body }) => body.status,
    });
    return;
  }
  await teller.ask({
    ...asked,
    what: 'The customer would void it.',
    status: 409,
    code: 'contract.needs_ticket',
  });
  const body = {
    kind: 'void_official',
    contractId,
    reason: 'replacing',
    text: 'Please void it, we need another language.',
  };
  const ticket = await teller.ask({
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
  await teller.ask({
    what: 'An operator approves it.',
    who: 'operator',
    method: 'post',
    path: `${ticketPath}/approve`,
    status: 200,
    follows: ['ticket.approved', 'contract.voided', 'order.released', 'order.released'],
    shows: ({ body: { status } }) => status,
    effects: () => [{ path: ticketPath, shown: ({ status }) => status === 'approved' }, ...effects()],
  });
}

export async function cancelInsideAContract(plot: Plot, contractId: string, orders: Orders): Promise<void> {
  const { teller, context } = plot;
  const [first, second] = orders.unpaid;
  teller.chapter('4 · An unpaid order inside a payment request is cancelled');
  const mailsBefore = context.system.mails.length;
  await teller.ask({
    what: 'The customer cancels one of the two.',
    who: 'customer',
    method: 'post',
    path: `/v1/orders/${first.orderId}/cancel`,
    body: { reason: 'Not needed any more.' },
    status: 200,
    follows: ['order.cancelled', 'contract.voided', 'order.released'],
    shows: ({ body }) => `${body.orderId} is ${body.status}`,
    effects: () => [
      orderShows(first.orderId, 'cancelled'),
      contractShows(contractId, 'contract.voided'),
      orderShows(second.orderId, 'released'),
    ],
  });
  const contract = await teller.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/contracts/${contractId}`,
  });
  teller.check(
    contract.body.status === 'voided' && contract.body.voidReason === 'order_cancelled',
    'the whole contract is voided (CTR-28)',
  );
  const other = await teller.quietly({
    who: 'customer',
    method: 'get',
    path: `/v1/orders/${second.orderId}`,
  });
  teller.check(other.body.hold === null && other.body.status === 'unpaid', 'its other order is free again');
  await teller.until('the mail about the voided contract', () =>
    context.system.mails.slice(mailsBefore).find(({ text }) => text.includes(contract.body.number)),
  );
  teller.note('and the customer is told, by e-mail:');
}
