import type { Fact } from '@accord/events';
import { amend, changed, recorded, unchanged } from './decision.ts';

const ticket = { ticketId: 'tkt_1', version: 3, status: 'submitted', text: 'As agreed.' as string | null };
const fact = { type: 'ticket.approved', data: {} } as unknown as Fact;

test('a change is the next version, and leaves the state before as it was', () => {
  expect(amend(ticket, { status: 'approved', text: null })).toEqual({
    ticketId: 'tkt_1',
    version: 4,
    status: 'approved',
    text: null,
  });
  expect(ticket).toEqual({ ticketId: 'tkt_1', version: 3, status: 'submitted', text: 'As agreed.' });
});

test('a change cannot set the version', () => {
  expect(amend(ticket, { version: 9 }).version).toBe(4);
});

test('a decision has its facts in their order, and a line of history only where one is given', () => {
  const second = { ...fact, type: 'ticket.rejected' } as unknown as Fact;
  expect(changed(ticket, fact, second)).toEqual({ state: ticket, facts: [fact, second] });
  expect(recorded(ticket, { change: 'approved', note: null }, fact)).toEqual({
    state: ticket,
    facts: [fact],
    history: { change: 'approved', note: null },
  });
});

test('without a change nothing is announced and nothing recorded', () => {
  expect(unchanged(ticket)).toStrictEqual({ state: ticket, facts: [] });
});
