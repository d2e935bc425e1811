import { z } from 'zod';
import { actorId } from '@accord/core';
import { InstanceFacts, isForward } from '@accord/events/platform';
import { ResourceSnapshot } from '@accord/events/resource';
import {
  accountOf,
  accountRefusals,
  IdPlace,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  route,
  type Route,
} from '@accord/http';
import type { FitRules } from '../order/fulfilment-fit.ts';
import { report } from '../resource-report.ts';
import * as store from '../resource/resource-store.ts';
import { resourceSnapshot } from '../resource/resource.ts';
import { AccountId, InstanceId, ReportedMoment } from './schemas.ts';

const endsLater = {
  message: 'is not before start',
  params: { 'zh-CN': '不得早于开始时间', beyondSchema: true },
};

/** All that the platform knows of an instance; a fact that is left out is unset. */
const Report = z
  .strictObject({
    ...InstanceFacts.shape,
    start: ReportedMoment.nullable().default(null),
    end: ReportedMoment.nullable().default(null),
    nextRenewalPeriod: z
      .strictObject({ start: ReportedMoment, end: ReportedMoment })
      .refine(isForward, endsLater)
      .meta({ id: 'ServicePeriodInput' })
      .nullable()
      .default(null),
    scaledAt: ReportedMoment.nullable().default(null),
  })
  .refine(isForward, { ...endsLater, path: ['end'] });

const ResourceAnswer = ResourceSnapshot.meta({ id: 'Resource' });

const params = z.strictObject({ instanceId: InstanceId });

const reportResource = (rules: FitRules) =>
  route({
    method: 'put',
    path: '/v1/resources/{instanceId}',
    operationId: 'reportResource',
    summary: 'Reports the facts of an instance',
    access: { platform: true },
    params,
    body: Report,
    example: {
      reportVersion: 2,
      orderId: 'ord_0199a2013ab97155850ff2f85a2d7bf3',
      start: '2026-01-31T09:00:00Z',
      end: '2026-02-28T09:00:00Z',
      usage: '12.5',
    },
    answer: ResourceAnswer,
    refusals: [
      'resource.order_required',
      'resource.taken',
      'order.not_found',
      'order.not_fulfillable',
      'order.fulfilment_misfit',
      'request.version_mismatch',
    ],
    inTransaction: async (tx, { params: { instanceId }, body: { orderId, ...facts }, ifMatch, actor }) => {
      const resource = await report(tx, rules, {
        instanceId,
        orderId,
        report: { ...facts, reportedBy: actorId(actor) },
        ifMatch,
      });
      return { body: resourceSnapshot(resource), version: resource.version };
    },
  });

const listResources = route({
  method: 'get',
  path: '/v1/resources',
  operationId: 'listResources',
  summary: 'Resources of an account, each with its orders and its end',
  access: { customer: 'orders:read', operator: true, platform: true },
  query: z.strictObject({ ...pageQuery, accountId: AccountId.optional() }),
  answer: paged(ResourceAnswer),
  refusals: accountRefusals,
  inTransaction: async (tx, { actor, query }) => {
    const accountId = accountOf(actor, query.accountId);
    const resources = await store.listResources(tx, { accountId, ...pageRange(query, IdPlace) });
    return {
      body: pageOf(resources, query.limit, { item: resourceSnapshot, key: ({ instanceId }) => [instanceId] }),
    };
  },
});

const getResource = route({
  method: 'get',
  path: '/v1/resources/{instanceId}',
  operationId: 'getResource',
  summary: 'One resource',
  access: { customer: 'orders:read', operator: true, platform: true },
  params,
  answer: ResourceAnswer,
  refusals: ['resource.not_found'],
  inTransaction: async (tx, { params: { instanceId } }) => {
    const resource = await store.getResource(tx, instanceId);
    return { body: resourceSnapshot(resource), version: resource.version };
  },
});

export const resourceRoutes = (rules: FitRules): readonly Route[] => [
  reportResource(rules),
  listResources,
  getResource,
];
