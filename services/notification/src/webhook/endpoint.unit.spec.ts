import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { constant } from '@accord/core/runtime';
import {
  changeTerms,
  createEndpoint,
  disable,
  enable,
  isWanted,
  remove,
  rotateSecret,
  secretsAt,
} from './endpoint.ts';
import { areKeys, signatureOf, webhookKeys } from './secret.ts';

const now = new Date('2026-03-01T00:00:00.000Z');
const later = new Date('2026-03-02T00:00:00.000Z');
const terms = { url: 'https://hooks.example.com/', description: null, eventTypes: ['contract.*'] };
const customer = { kind: 'customer', id: 'usr_1', accountId: 'acc_1' } as const;
const endpoint = createEndpoint(terms, { actor: customer, key: 'k', now });
const key = () => randomBytes(32).toString('base64');

test('NTF-7 an endpoint is of its account, or of the platform service that made it', () => {
  expect(endpoint).toMatchObject({
    accountId: 'acc_1',
    service: '',
    status: 'enabled',
    createdBy: 'customer:usr_1',
  });
  const platform = { kind: 'platform', id: 'svc_billing' } as const;
  expect(createEndpoint(terms, { actor: platform, key: 'k', now })).toMatchObject({
    accountId: '*',
    service: 'svc_billing',
  });
});

test.each([
  [['contract.voided'], 'contract.voided', true],
  [['contract.voided'], 'contract.drafted', false],
  [['contract.*'], 'contract.drafted', true],
  [['contract.*'], 'contracts.drafted', false],
  [['order.paid', 'refund.*'], 'refund.succeeded', true],
  [['*'], 'order.placed', true],
  [[], 'order.placed', false],
])('NTF-7 of %j, %s is wanted: %s', (types, type, wanted) => {
  expect(isWanted(types, type)).toBe(wanted);
});

test('NTF-7 two secrets sign while rotating, and one after the overlap; a third takes the place of the first', () => {
  const once = rotateSecret(endpoint, { key: 'k2', now, overlap: 24 }).state;
  expect(secretsAt(once, now)).toEqual([
    { key: 'k2', generation: 2 },
    { key: 'k', generation: 1, until: later },
  ]);
  expect(secretsAt(once, later)).toEqual([{ key: 'k2', generation: 2 }]);
  const twice = rotateSecret(once, { key: 'k2', now, overlap: 1 }).state;
  expect(secretsAt(twice, now).map(({ generation }) => generation)).toEqual([3, 2]);
  expect(secretsAt(rotateSecret(once, { key: 'k2', now, overlap: 0 }).state, now)).toHaveLength(1);
});

test('NTF-8 one that was disabled for its failures is told of, and begins anew when it is enabled', () => {
  const failing = { ...endpoint, failures: 40, failingSince: now, restUntil: later };
  const { state, facts } = disable(failing, 'failing', later);
  expect(state).toMatchObject({ status: 'disabled', disabledReason: 'failing', version: 2, announced: 1 });
  const data = { endpointId: endpoint.endpointId, version: 1, accountId: 'acc_1', reason: 'failing' };
  expect(facts).toEqual([{ type: 'webhook.disabled', data }]);
  expect(disable(state, 'gone', later)).toEqual({ state, facts: [] });
  expect(enable(state, later).state).toMatchObject({
    status: 'enabled',
    disabledReason: null,
    failures: 0,
    failingSince: null,
    restUntil: null,
  });
  expect(disable(endpoint, 'by_owner', now).facts).toEqual([]);
  const ofPlatform = { ...endpoint, accountId: '*', service: 'svc' };
  expect(disable(ofPlatform, 'gone', now)).toMatchObject({ state: { disabledReason: 'gone' }, facts: [] });
});

test('NTF-8 another URL is tried at once; a deleted one is remembered without it', () => {
  const failing = { ...endpoint, failures: 3, failingSince: now, restUntil: later };
  expect(changeTerms(failing, { description: 'x' }, now).state).toMatchObject({
    failures: 3,
    description: 'x',
  });
  expect(changeTerms(failing, { url: 'https://b.example/' }, now).state).toMatchObject({ failures: 0 });
  expect(remove(endpoint, now).state).toMatchObject({ status: 'deleted', url: '', description: null });
});

test('NTF-7 standardwebhooks verifies each secret of a signature, and no changed message', () => {
  const keys = webhookKeys(constant(key()));
  const mark = { key: keys.present()!, generation: 1 };
  const secrets = [mark, { ...mark, generation: 2 }].map((one) => keys.secretOf('whe_1', one)!);
  const message = { id: 'whd_1', timestamp: Math.floor(Date.now() / 1_000), body: '{"type":"order.paid"}' };
  const headers = {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatureOf(secrets, message),
  };
  for (const secret of secrets)
    expect(new Webhook(secret).verify(message.body, headers)).toEqual({ type: 'order.paid' });
  expect(() => new Webhook(secrets[0]!).verify('{"type":"order.paid" }', headers)).toThrow();
  expect(() => new Webhook(keys.secretOf('whe_2', mark)!).verify(message.body, headers)).toThrow();
});

test('NTF-7 secrets are made of the keys of the deployment: a new key makes new ones, the old stay good', () => {
  const [first, second] = [key(), key()];
  const before = webhookKeys(constant(first));
  const mark = { key: before.present()!, generation: 1 };
  const secret = before.secretOf('whe_1', mark);
  const after = webhookKeys(constant(`${second}, ${first}`));
  expect(after.present()).not.toBe(mark.key);
  expect(after.secretOf('whe_1', mark)).toBe(secret);
  expect(webhookKeys(constant(second)).secretOf('whe_1', mark)).toBeUndefined();
  expect(webhookKeys(undefined).present()).toBeUndefined();
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
});

test('NTF-7 a key of the deployment has 32 bytes at least', () => {
  expect([key(), `${key()},${key()}`].map(areKeys)).toEqual([true, true]);
  expect(['', 'short', randomBytes(31).toString('base64'), `${key()},x`].map(areKeys)).toEqual(
    Array.from({ length: 4 }, () => false),
  );
});
