import { Refusal } from '@accord/core';
import {
  approveTicket,
  expectRecordable,
  expectSubject,
  isOverdue,
  submitTicket,
  withdrawTicket,
  type Ticket,
} from './ticket.ts';

const at = new Date('2026-03-02T08:00:00.000Z');

const refusalFrom = (act: () => unknown): Refusal => {
  try {
    act();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('a ticket', () => {
  const ticket = submitTicket({
    ticketId: 'tkt_1',
    accountId: 'acc_1',
    kind: 'void_official',
    contractId: 'ctr_1',
    contractNumber: 'CT-2026-00000001',
    orderIds: ['ord_1'],
    reason: 'test',
    text: 'Please.',
    applicant: 'operator:op_1',
    createdAt: at,
    dueAt: new Date('2026-03-03T10:00:00.000Z'),
  }).state;

  test('CTR-24 is not approved by its applicant, and decided once', () => {
    expect(refusalFrom(() => approveTicket(ticket, { by: 'operator:op_1', at }))).toMatchObject({
      kind: 'forbidden',
      code: 'ticket.own_approval',
    });
    const asCustomer = { ...ticket, applicant: 'customer:op_1' };
    expect(refusalFrom(() => approveTicket(asCustomer, { by: 'operator:op_1', at })).code).toBe(
      'ticket.own_approval',
    );
    const approved = approveTicket(ticket, { by: 'operator:op_2', at });
    expect(approved.state).toMatchObject({ status: 'approved', version: 2, closedAt: at });
    expect(refusalFrom(() => withdrawTicket(approved.state, { text: 'late', at })).code).toBe(
      'ticket.not_open',
    );
  });

  test('CTR-24 is overdue after its time, while it is open', () => {
    expect(isOverdue(ticket, ticket.dueAt)).toBe(false);
    expect(isOverdue(ticket, new Date(ticket.dueAt.getTime() + 1))).toBe(true);
    expect(isOverdue({ ...ticket, status: 'withdrawn' }, new Date('2027-01-01'))).toBe(false);
  });

  test('CTR-12 CTR-24 each kind is about a contract, about orders, or about one of both', () => {
    const byContract = { contractId: 'ctr_1', orderIds: [] };
    const byOrders = { contractId: null, orderIds: ['ord_1'] };
    const subjects = [
      byContract,
      byOrders,
      { ...byOrders, contractId: 'ctr_1' },
      { ...byContract, contractId: null },
    ];
    const codesOf = (kind: Ticket['kind']) =>
      subjects.map((subject) => {
        try {
          expectSubject(kind, subject);
          return 'fits';
        } catch (error) {
          return (error as Refusal).code;
        }
      });
    const [contract, orders, one] = ['contract', 'orders', 'one_subject'].map(
      (name) => `ticket.${name}_needed`,
    );
    expect(codesOf('void_official')).toEqual(['fits', contract, contract, contract]);
    for (const kind of ['offline_contract', 'marketplace'] as const)
      expect(codesOf(kind)).toEqual([orders, 'fits', orders, orders]);
    for (const kind of ['extra_terms', 'physical_seal'] as const)
      expect(codesOf(kind)).toEqual(['fits', 'fits', one, one]);
  });

  test('CTR-24 lets a contract be recorded once it is approved, and not where it voids one', () => {
    const papers = { ...ticket, kind: 'physical_seal' } as const;
    expect(refusalFrom(() => expectRecordable(papers)).code).toBe('ticket.not_approved');
    expect(refusalFrom(() => expectRecordable({ ...ticket, status: 'approved' })).code).toBe(
      'ticket.no_papers',
    );
    expect(() => expectRecordable({ ...papers, status: 'approved' })).not.toThrow();
  });
});
