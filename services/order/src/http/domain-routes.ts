import { z } from 'zod';
import { route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { reportDomainTaken } from '../cancellation.ts';
import { checklistFile } from '../order-file.ts';
import { OrderAnswer, OrderId, toOrderAnswer } from './schemas.ts';

// ORD-20: the name of an unpaid domain order is not reserved.

const params = z.strictObject({ orderId: OrderId });

const reportDomainTakenRoute = route({
  method: 'post',
  path: '/v1/orders/{orderId}/domain-taken',
  operationId: 'reportDomainTaken',
  summary: 'Reports that somebody else registered the name of an unpaid domain order: it is cancelled',
  access: { platform: true },
  params,
  answer: OrderAnswer,
  refusals: ['order.not_found', 'order.not_a_domain', 'order.not_cancellable', 'request.version_mismatch'],
  inTransaction: async (tx, { params: { orderId }, ifMatch, ...reader }) => {
    const order = await reportDomainTaken(tx, { orderId, ifMatch });
    return { body: toOrderAnswer(order, reader), version: order.version };
  },
});

const downloadChecklist = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/checklist',
    operationId: 'downloadChecklist',
    summary: 'The business checklist (PDF) of an unpaid domain order that gets no contract',
    access: { customer: 'orders:read', operator: true },
    params,
    produces: 'application/pdf',
    refusals: ['order.not_found', 'order.no_checklist'],
    run: async (db, { actor, params: { orderId }, locale }) => ({
      ...(await checklistFile(db, profile, { actor, orderId, locale })),
      contentType: 'application/pdf',
    }),
  });

export const domainRoutes = (profile: Profile): readonly Route[] => [
  reportDomainTakenRoute,
  downloadChecklist(profile),
];
