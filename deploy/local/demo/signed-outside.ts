import { createHash } from 'node:crypto';
import { samplePdf } from '@accord/testing';
import { fulfil, machineMonth, pay, place, subscription, type DemoContext } from './context.ts';
import { contractShows } from './contracts.ts';

/** CTR-24, CTR-36: a ticket asks for a contract on paper; the signed file is recorded, and nothing is refunded. */
export async function signOutside(context: DemoContext): Promise<void> {
  const { narrator, role, mark } = context;
  narrator.chapter('11 · A contract on paper: a ticket, the signed file, and no refund while it stands');
  const order = await place(context, 'A machine for a sales contract.', subscription(role.machine));
  await pay(context, order, 'It is paid.');
  const instanceId = `i-${mark}-paper`;
  await fulfil(context, order, 'It was created.', [{ instanceId, ...machineMonth().period }]);
  const ticketId = await approvedTicket(context, order.orderId);
  const file = samplePdf(`signed on paper, ${mark}`);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const filePath = `/v1/contracts/offline/files?accountId=${narrator.accountId}`;
  const number = `HT-${mark}`;
  await narrator.ask({
    what: 'The signed file is stored.',
    who: 'operator',
    method: 'post',
    path: filePath,
    file,
    status: 201,
    shows: ({ body }) => `${body.size} bytes, SHA-256 ${body.sha256.slice(0, 16)}…`,
    // A contract is recorded with a file that is there, and with no other.
    effects: () => [{ path: `/v1/contracts?number=${number}`, shown: ({ data }) => data.length === 1 }],
  });
  const recorded = await narrator.ask({
    what: 'The contract is recorded for the ticket.',
    who: 'operator',
    method: 'post',
    path: '/v1/contracts/offline',
    body: { ticketId, sha256, number, signedOn: '2026-01-15' },
    headers: { prefer: 'wait=25' },
    status: 201,
    follows: ['contract.requested', 'order.reserved', 'contract.finalized'],
    shows: ({ body: { status } }) => `${number} is ${status}`,
    effects: ({ body: { contractId } }) => [contractShows(contractId, 'contract.finalized')],
  });
  await checkRecorded(context, { contractId: recorded.body.contractId, sha256, number, file });
  await checkLinked(context, { instanceId, number });
}

async function approvedTicket({ narrator }: DemoContext, orderId: string): Promise<string> {
  const asked = await narrator.ask({
    what: 'The customer wants a contract with a seal of ink.',
    who: 'customer',
    method: 'post',
    path: '/v1/tickets',
    body: { kind: 'offline_contract', orderIds: [orderId], text: 'We need it on paper, with your seal.' },
    status: 201,
    follows: ['ticket.submitted'],
    shows: ({ body: { ticketId, offlineAddress } }) => `${ticketId}; papers go to ${offlineAddress.address}`,
    effects: ({ body: { ticketId } }) => [
      { path: `/v1/tickets/${ticketId}`, shown: ({ orderIds }) => orderIds[0] === orderId },
    ],
  });
  const path = `/v1/tickets/${asked.body.ticketId}`;
  await narrator.ask({
    what: 'An operator approves it.',
    who: 'operator',
    method: 'post',
    path: `${path}/approve`,
    status: 200,
    follows: ['ticket.approved'],
    shows: ({ body: { status } }) => status,
    effects: () => [{ path, shown: ({ status }) => status === 'approved' }],
  });
  return asked.body.ticketId as string;
}

interface Recorded {
  readonly contractId: string;
  readonly sha256: string;
  readonly number: string;
  readonly file: Buffer;
}

async function checkRecorded({ narrator }: DemoContext, of: Recorded): Promise<void> {
  const { contractId, sha256, number, file } = of;
  const path = `/v1/contracts/${contractId}/document`;
  const { bytes } = await narrator.quietly({ who: 'customer', method: 'get', path });
  narrator.check(bytes.equals(file), 'the customer downloads it as it came, to the byte (CTR-36)');
  const verify = { who: 'stranger', method: 'post', path: '/v1/contracts/verify', body: { sha256 } } as const;
  const { body } = await narrator.quietly(verify);
  narrator.check(
    body.status === 'official' && body.number === number,
    'anybody may ask whether it is ours (CTR-20)',
  );
}

async function checkLinked(
  { narrator }: DemoContext,
  { instanceId, number }: { instanceId: string; number: string },
): Promise<void> {
  const reasons = await narrator.until('the refund service to know the contract', async () => {
    const { body } = await narrator.quietly({
      who: 'customer',
      method: 'post',
      path: '/v1/refund-quotes',
      body: { instanceIds: [instanceId] },
    });
    const given = body.instances[0].reasons as { code: string; text: string }[];
    return given.some(({ code, text }) => code === 'CONTRACT_LINKED' && text.includes(number))
      ? given
      : undefined;
  });
  narrator.check(reasons.length === 1, `its refund is refused: ${reasons[0]!.text} (CTR-38)`);
}
