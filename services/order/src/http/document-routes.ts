import { z } from 'zod';
import { route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import { orderFile } from '../order-file.ts';
import { OrderId } from './schemas.ts';

const downloadOrder = (profile: Profile) =>
  route({
    method: 'get',
    path: '/v1/orders/{orderId}/document',
    operationId: 'downloadOrder',
    summary: 'One order as PDF, as it is now, in the language of Accept-Language',
    access: { customer: 'orders:read', operator: true, platform: true },
    params: z.strictObject({ orderId: OrderId }),
    produces: 'application/pdf',
    refusals: ['order.not_found'],
    run: async (db, { actor, params: { orderId }, locale }) => ({
      ...(await orderFile(db, profile, { actor, orderId, locale })),
      contentType: 'application/pdf',
    }),
  });

export const documentRoutes = (profile: Profile): readonly Route[] => [downloadOrder(profile)];
