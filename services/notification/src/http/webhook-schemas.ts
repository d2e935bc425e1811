import { z } from 'zod';
import { Id, Moment } from '@accord/events/fields';
import type { EndpointHealth } from '../webhook/endpoint-store.ts';
import type { Endpoint } from '../webhook/endpoint.ts';

export const EndpointId = z.strictObject({ endpointId: Id });
export const endpointReader = { customer: 'notifications:read', platform: true, operator: true } as const;
export const endpointWriter = { customer: 'notifications:write', platform: true, operator: true } as const;
/** Of a secret an operator is told nothing. */
export const endpointOwner = { customer: 'notifications:write', platform: true } as const;

const EventTypes = z
  .array(
    z
      .string()
      .max(64)
      .regex(/^(\*|[a-z_]+\.(\*|[a-z_]+))$/),
  )
  .min(1)
  .max(100)
  .meta({ description: 'Types of events, `contract.voided`; all of a noun, `contract.*`; or all, `*`.' });
const Url = z
  .string()
  .min(1)
  .max(2_048)
  .meta({ description: 'By https, to a public address, without a redirection.' });
const Description = z.string().max(200).nullable();

export const EndpointInput = z
  .strictObject({ url: Url, eventTypes: EventTypes, description: Description.default(null) })
  .meta({ id: 'WebhookEndpointInput' });

export const EndpointEdit = z
  .strictObject({
    url: Url.optional(),
    eventTypes: EventTypes.optional(),
    description: Description.optional(),
    enabled: z.boolean().optional().meta({ description: 'False: nothing is sent until it is true again.' }),
  })
  .meta({ id: 'WebhookEndpointEdit' });

export const EndpointAnswer = z
  .object({
    endpointId: z.string(),
    accountId: z.string().nullable().meta({ description: 'Null where it is of a platform service.' }),
    service: z.string().nullable(),
    url: z.string(),
    description: z.string().nullable(),
    eventTypes: z.array(z.string()),
    status: z.enum(['enabled', 'disabled']),
    disabledReason: z
      .enum(['by_owner', 'by_operator', 'gone', 'failing'])
      .nullable()
      .meta({ description: 'gone: it answered 410; failing: nothing arrived for days.' }),
    version: z.int(),
    previousSecretUntil: Moment.nullable().meta({ description: 'Until then two secrets sign.' }),
    createdAt: Moment,
    updatedAt: Moment,
  })
  .meta({ id: 'WebhookEndpoint' });

export const EndpointWithSecret = EndpointAnswer.extend({
  secret: z
    .string()
    .nullable()
    .meta({ description: 'Told in the first answer alone; null where the request is repeated.' }),
}).meta({ id: 'WebhookEndpointWithSecret' });

export const EndpointWithHealth = EndpointAnswer.extend({
  openDeliveries: z.int().meta({ description: 'Counted to 10 000.' }),
  oldestOpenAt: Moment.nullable(),
  failures: z.int().meta({ description: 'Attempts that failed since the last one that did not.' }),
  failingSince: Moment.nullable(),
  restUntil: Moment.nullable().meta({ description: 'It is left alone until then.' }),
}).meta({ id: 'WebhookEndpointWithHealth' });

const momentOf = (moment: Date | null) => moment?.toISOString() ?? null;

export const toEndpointAnswer = (endpoint: Endpoint): z.input<typeof EndpointAnswer> => ({
  endpointId: endpoint.endpointId,
  accountId: endpoint.service === '' ? endpoint.accountId : null,
  service: endpoint.service === '' ? null : endpoint.service,
  url: endpoint.url,
  description: endpoint.description,
  eventTypes: [...endpoint.eventTypes],
  // One that is deleted is not answered.
  status: endpoint.status as 'enabled' | 'disabled',
  disabledReason: endpoint.disabledReason,
  version: endpoint.version,
  previousSecretUntil: momentOf(endpoint.previousSecret?.until ?? null),
  createdAt: endpoint.createdAt.toISOString(),
  updatedAt: endpoint.updatedAt.toISOString(),
});

export const toHealthAnswer = ({
  endpoint,
  open,
  oldestOpenAt,
}: EndpointHealth): z.input<typeof EndpointWithHealth> => ({
  ...toEndpointAnswer(endpoint),
  openDeliveries: open,
  oldestOpenAt: momentOf(oldestOpenAt),
  failures: endpoint.failures,
  failingSince: momentOf(endpoint.failingSince),
  restUntil: momentOf(endpoint.restUntil),
});
