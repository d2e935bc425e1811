import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, Version } from './fields.ts';

export const TicketKind = z
  .enum(['void_official', 'extra_terms', 'physical_seal', 'offline_contract', 'marketplace'])
  .meta({ id: 'TicketKind' });
export const TicketSnapshot = z.object({
  ticketId: z.string(),
  version: Version,
  accountId: AccountId,
  kind: TicketKind,
  status: z.enum(['submitted', 'approved', 'rejected', 'withdrawn']).meta({ id: 'TicketStatus' }),
  contractId: z.string().nullable(),
  /** Of that contract, as people know it. */
  contractNumber: z.string().nullable().optional(),
  orderIds: z.array(z.string()),
  text: z.string(),
  dueAt: Moment,
});

const ticketEvent = <S extends z.ZodRawShape>(summary: string, more: S) =>
  event({
    speaker: 'contract',
    aggregate: 'ticket',
    summary,
    data: z.object({ ticket: TicketSnapshot, ...more }),
    about: (data) => {
      const { ticket } = data as unknown as { ticket: z.infer<typeof TicketSnapshot> };
      return {
        id: ticket.ticketId,
        version: ticket.version,
        accountId: ticket.accountId,
      };
    },
  });

export const ticketEvents = {
  'ticket.submitted': ticketEvent('A ticket was submitted.', {}),
  'ticket.approved': ticketEvent('An operator approved a ticket.', {}),
  'ticket.rejected': ticketEvent('An operator rejected a ticket.', { text: z.string() }),
  'ticket.withdrawn': ticketEvent('A ticket was withdrawn.', { text: z.string() }),
};
