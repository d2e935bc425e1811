import { z } from 'zod';
import { InstanceFacts } from '@accord/events/platform';
import { ResourceSnapshot } from '@accord/events/resource';
import {
  accountOf,
  accountRefusals,
  decodeCursor,
  encodeCursor,
  paged,
  pageQuery,
  route,
  type Route,
} from '@accord/http';
import { report } from '../resource-report.ts';
import { findResource, listResources } from '../resource/resource-store.ts';
import { resourceSnapshot } from '../resource/resource.ts';
import { AccountId, InstanceId, Instant } from './schemas.ts';

/** The whole of what the platform knows of an instance; a fact that is left out is unset. */
const Report = z.strictObject({
  ...InstanceFacts.shape,
  start: Instant.nullable().default(null),
  end: Instant.nullable().default(null),
  nextRenewalPeriod: z.strictObject({ start: Instant, end: Instant }).nullable().default(null),
  scaledAt: Instant.nullable().default(null),
});

const params = z.strictObject({ instanceId: InstanceId });

export const resourceRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/v1/resources/{instanceId}',
    summary: 'Reports the facts of an instance',
    access: { platform: true },
    params,
    body: Report,
    answer: ResourceSnapshot,
    refusals: [
      'resource.order_required',
      'resource.taken',
      'order.not_found',
      'order.not_fulfillable',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params: { instanceId }, body: { orderId, ...facts }, ifMatch }) => {
      const resource = await report(tx, { instanceId, orderId, report: facts, ifMatch });
      return { body: resourceSnapshot(resource), version: resource.version };
    },
  }),
  route({
    method: 'get',
    path: '/v1/resources',
    summary: 'Resources of an account, each with its orders and its end',
    access: { customer: 'orders:read', operator: true, platform: true },
    query: z.strictObject({ ...pageQuery, accountId: AccountId.optional() }),
    answer: paged(ResourceSnapshot),
    refusals: accountRefusals,
    inTransaction: async (tx, { actor, query: { accountId, cursor, limit } }) => {
      const [after = ''] = cursor ? decodeCursor(cursor, 1) : [];
      const found = await listResources(tx, {
        accountId: accountOf(actor, accountId),
        after,
        limit: limit + 1,
      });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return {
        body: { data: page.map(resourceSnapshot), nextCursor: last ? encodeCursor([last.instanceId]) : null },
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/resources/{instanceId}',
    summary: 'One resource',
    access: { customer: 'orders:read', operator: true, platform: true },
    params,
    answer: ResourceSnapshot,
    refusals: ['resource.not_found'],
    inTransaction: async (tx, { params: { instanceId } }) => {
      const resource = await findResource(tx, instanceId);
      return { body: resourceSnapshot(resource), version: resource.version };
    },
  }),
];
