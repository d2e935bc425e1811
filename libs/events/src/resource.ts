import { z } from 'zod';
import { event } from './definition.ts';
import { AccountId, Moment, ServicePeriod, Version } from './fields.ts';

/**
 * A running instance, usage package or storage package (ORD-11). `version` is ours; `reportVersion` is the
 * platform's own.
 */
export const ResourceSnapshot = z.object({
  instanceId: z.string(),
  version: Version,
  reportVersion: z.int().nonnegative(),
  accountId: AccountId,
  productCode: z.string(),
  orderIds: z.array(z.string()),
  start: Moment.nullable(),
  end: Moment.nullable(),
  /** Used part of a package, as the platform counts it; '0' when unused. */
  usage: z.string(),
  inEffect: z.boolean(),
  frozenBy: z.enum(['police', 'platform']).nullable(),
  released: z.boolean(),
  archived: z.boolean(),
  nextRenewalPeriod: ServicePeriod.nullable(),
  scaledAt: Moment.nullable(),
  region: z.string().nullable(),
  ipAddress: z.string().nullable(),
  /** Code of its plan; null where it has none. Absent in events of before. */
  plan: z.string().nullable().optional(),
  /** When its end or its place was told last (ORD-25). Absent in events of before. */
  knownSince: Moment.nullable().optional(),
});

export const resourceEvents = {
  'resource.changed': event({
    speaker: 'order',
    aggregate: 'resource',
    summary: 'A resource was created, reported on, shortened or released.',
    data: z.object({ resource: ResourceSnapshot }),
    about: ({ resource }) => ({
      id: resource.instanceId,
      version: resource.version,
      accountId: resource.accountId,
    }),
  }),
};
