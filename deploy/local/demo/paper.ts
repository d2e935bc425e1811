import type { EventType } from '@accord/events';
import type { DemoContext } from './context.ts';
import { contractShows } from './contracts.ts';
import type { Narrator } from './narrator.ts';
import type { Effect } from './request.ts';

const shows = ({ body }: { body: { status: string } }) => body.status;

/** CTR-30: printed and mailed where the profile offers it (alibaba), else a matter for a ticket (baidu). */
export async function paperCopies({ narrator, settings }: DemoContext, contractId: string): Promise<void> {
  const path = `/v1/contracts/${contractId}/paper-copies`;
  const to = { recipient: 'Li Lei', phone: '+86 10 5555 0100', address: '北京市海淀区示例路 1 号' };
  const asked = { who: 'customer', method: 'post', path, body: { ...to, copies: 2 } } as const;
  const effects = (event: EventType) => () => [contractShows(contractId, event)];
  if (settings.rules.contracts.paper.by === 'ticket') {
    await narrator.ask({
      ...asked,
      what: 'The customer would have it on paper.',
      status: 409,
      code: 'paper.by_ticket',
    });
    return;
  }
  await narrator.ask({
    ...asked,
    what: 'The customer asks for two copies on paper.',
    status: 201,
    follows: ['contract.paper_requested'],
    shows: ({ body: { status, promisedBy } }) => `${status}, in the mail by ${promisedBy}`,
    effects: effects('contract.paper_requested'),
  });
  await mailed(narrator, path, effects);
}

async function mailed(
  narrator: Narrator,
  path: string,
  effects: (event: EventType) => () => Effect[],
): Promise<void> {
  await narrator.ask({
    what: 'An operator prints them.',
    who: 'operator',
    method: 'post',
    path: `${path}/print`,
    status: 200,
    shows,
    effects: () => [{ path, shown: (paper) => paper.printedAt !== null }],
  });
  await narrator.ask({
    what: 'They are mailed.',
    who: 'operator',
    method: 'post',
    path: `${path}/mail`,
    body: { carrier: '顺丰速运', trackingNumber: 'SF1357924680135' },
    status: 200,
    follows: ['contract.paper_mailed'],
    shows,
    effects: effects('contract.paper_mailed'),
  });
  await narrator.ask({
    what: 'They arrive.',
    who: 'operator',
    method: 'post',
    path: `${path}/deliver`,
    status: 200,
    follows: ['contract.paper_delivered'],
    shows,
    effects: effects('contract.paper_delivered'),
  });
}
