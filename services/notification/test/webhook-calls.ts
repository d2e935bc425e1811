import type { Client } from '@accord/testing';
import type { ExampleCalls } from '@accord/testing/edges';

// Of each route of webhooks a request that is granted, for the tests that walk all routes.

const path = '/v1/webhook-endpoints';
const body = { url: 'http://127.0.0.1:9/hook', eventTypes: ['webhook.*'] };

const made = async (me: Client): Promise<string> => (await me.post(path, body)).body.endpointId;

export const webhookRepeats = (me: Client) => ({
  [`POST ${path}`]: () =>
    Promise.resolve({ by: me, path, body, other: { ...body, eventTypes: ['*'] }, toldOnce: 'secret' }),
  [`POST ${path}/{endpointId}/secret`]: async () => ({
    by: me,
    path: `${path}/${await made(me)}/secret`,
    body: {},
    other: { overlapHours: 1 },
    toldOnce: 'secret',
  }),
});

export const webhookExamples = (me: Client): ExampleCalls => ({
  createWebhookEndpoint: () => ({ by: me }),
  listWebhookEndpoints: () => ({ by: me }),
  getWebhookEndpoint: () => ({ by: me }),
  changeWebhookEndpoint: () => ({ by: me }),
  rotateWebhookSecret: () => ({ by: me }),
  removeWebhookEndpoint: () => ({ by: me }),
});
