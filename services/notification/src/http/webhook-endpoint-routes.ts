import { z } from 'zod';
import { Refusal } from '@accord/core';
import { AccountId } from '@accord/events/fields';
import { IdPlace, paged, pageOf, pageQuery, pageRange, route, type Route } from '@accord/http';
import { change, create, ownersOf, removeEndpoint, rotate, type WebhookRules } from '../webhook-endpoints.ts';
import { listEndpoints } from '../webhook/endpoint-store.ts';
import { overlapHours } from '../webhook/endpoint.ts';
import {
  EndpointAnswer,
  EndpointEdit,
  EndpointId,
  EndpointInput,
  endpointOwner,
  endpointReader,
  EndpointWithHealth,
  EndpointWithSecret,
  endpointWriter,
  toEndpointAnswer,
  toHealthAnswer,
} from './webhook-schemas.ts';

const termsRefusals = ['webhook.url_refused', 'webhook.type_unknown'] as const;

/** The secret is told once, and not kept for a repeat. */
const toldOnce = (shown: z.input<typeof EndpointAnswer>, secret: string) => ({
  body: { ...shown, secret },
  kept: { ...shown, secret: null },
});

const createEndpoint = (rules: WebhookRules) =>
  route({
    method: 'post',
    path: '/v1/webhook-endpoints',
    operationId: 'createWebhookEndpoint',
    summary: 'Makes an endpoint of the account, or of the platform service, and tells its secret.',
    access: endpointOwner,
    body: EndpointInput,
    example: {
      url: 'https://hooks.example.com/accord',
      eventTypes: ['order.paid', 'contract.*'],
      description: 'Books of the finance team',
    },
    answer: EndpointWithSecret,
    success: [201],
    refusals: [...termsRefusals, 'webhook.too_many', 'webhook.not_configured'],
    inTransaction: async (tx, { body }) => {
      const { endpoint, secret } = await create(tx, body, rules);
      return {
        status: 201,
        ...toldOnce(toEndpointAnswer(endpoint), secret),
        version: endpoint.version,
        location: `/v1/webhook-endpoints/${endpoint.endpointId}`,
      };
    },
  });

const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

const listWebhookEndpoints = route({
  method: 'get',
  path: '/v1/webhook-endpoints',
  operationId: 'listWebhookEndpoints',
  summary: 'Endpoints and how they do: of the account, of the platform service, for an operator of all.',
  access: endpointReader,
  query: z.strictObject({
    ...pageQuery,
    accountId: AccountId.optional(),
    status: z.enum(['enabled', 'disabled']).optional(),
    failing: flag.optional().meta({ description: 'Whether the last attempt failed.' }),
  }),
  answer: paged(EndpointWithHealth),
  refusals: ['request.account_not_yours'],
  inTransaction: async (tx, { actor, query: { limit, cursor, accountId, status, failing } }) => {
    if (actor.kind !== 'operator' && accountId !== undefined && accountId !== actor.accountId)
      throw new Refusal('invalid', 'request.account_not_yours');
    const of = { ...ownersOf(actor, accountId), status, failing };
    const rows = await listEndpoints(tx, { ...of, ...pageRange({ limit, cursor }, IdPlace) });
    const key = ({ endpoint }: (typeof rows)[number]) => [endpoint.endpointId];
    return { body: pageOf(rows, limit, { item: toHealthAnswer, key }) };
  },
});

const getWebhookEndpoint = route({
  method: 'get',
  path: '/v1/webhook-endpoints/{endpointId}',
  operationId: 'getWebhookEndpoint',
  summary: 'One endpoint and how it does.',
  access: endpointReader,
  params: EndpointId,
  answer: EndpointWithHealth,
  refusals: ['webhook.not_found'],
  inTransaction: async (tx, { actor, params: { endpointId } }) => {
    const all = { status: undefined, failing: undefined, limit: 1 };
    const [health] = await listEndpoints(tx, { ...ownersOf(actor), ...all, endpointId });
    if (!health) throw new Refusal('not_found', 'webhook.not_found', { endpointId });
    return { body: toHealthAnswer(health), version: health.endpoint.version };
  },
});

const changeEndpoint = (rules: WebhookRules) =>
  route({
    method: 'patch',
    path: '/v1/webhook-endpoints/{endpointId}',
    operationId: 'changeWebhookEndpoint',
    summary: 'Changes what is named; enables or disables it.',
    access: endpointWriter,
    params: EndpointId,
    body: EndpointEdit,
    example: { eventTypes: ['contract.*'], enabled: true },
    answer: EndpointAnswer,
    refusals: ['webhook.not_found', ...termsRefusals, 'request.version_mismatch'],
    inTransaction: async (tx, { params, body: { enabled, ...terms }, ifMatch }) => {
      const named = Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== undefined));
      const endpoint = await change(tx, { ...params, ifMatch, enabled, terms: named }, rules);
      return { body: toEndpointAnswer(endpoint), version: endpoint.version };
    },
  });

const removeWebhookEndpoint = route({
  method: 'delete',
  path: '/v1/webhook-endpoints/{endpointId}',
  operationId: 'removeWebhookEndpoint',
  summary: 'Deletes an endpoint: nothing more is sent, and its URL and secrets are forgotten.',
  access: endpointWriter,
  params: EndpointId,
  answer: z.object({ endpointId: z.string() }).meta({ id: 'WebhookEndpointRemoved' }),
  refusals: ['webhook.not_found', 'request.version_mismatch'],
  inTransaction: async (tx, { params, ifMatch }) => {
    const { version } = await removeEndpoint(tx, { ...params, ifMatch });
    return { body: params, version };
  },
});

const rotateSecret = (rules: WebhookRules) =>
  route({
    method: 'post',
    path: '/v1/webhook-endpoints/{endpointId}/secret',
    operationId: 'rotateWebhookSecret',
    summary: 'Makes a new secret and tells it; the one before signs too, for some hours.',
    access: endpointOwner,
    params: EndpointId,
    body: z
      .strictObject({ overlapHours: z.int().min(0).max(168).default(overlapHours) })
      .meta({ id: 'WebhookSecretRotation' }),
    example: { overlapHours: 24 },
    answer: EndpointWithSecret,
    refusals: ['webhook.not_found', 'webhook.not_configured', 'request.version_mismatch'],
    inTransaction: async (tx, { params, body, ifMatch }) => {
      const { endpoint, secret } = await rotate(
        tx,
        { ...params, ifMatch, overlap: body.overlapHours },
        rules,
      );
      return { ...toldOnce(toEndpointAnswer(endpoint), secret), version: endpoint.version };
    },
  });

/** NTF-7. */
export const webhookEndpointRoutes = (rules: WebhookRules): readonly Route[] => [
  createEndpoint(rules),
  listWebhookEndpoints,
  getWebhookEndpoint,
  changeEndpoint(rules),
  removeWebhookEndpoint,
  rotateSecret(rules),
];
