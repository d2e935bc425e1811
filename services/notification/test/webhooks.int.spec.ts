import { constant } from '@accord/core/runtime';
import { loadProfile } from '@accord/profile';
import { testService, type TestService } from '@accord/testing';
import { notificationService } from '../src/service.ts';
import { developmentWebhooks, startReceiver, type Receiver } from './receiver.ts';

let receiver: Receiver;
let t: TestService;

beforeAll(async () => {
  receiver = await startReceiver();
  const config = {
    profile: loadProfile('baidu'),
    smtp: { url: constant('smtp://127.0.0.1:9') },
    mailFrom: 'no-reply@accord.example',
    webhooks: developmentWebhooks(),
  };
  t = await testService({ service: (context) => notificationService(config, context) });
});

afterAll(async () => {
  await t.stop();
  await receiver.stop();
});

const path = '/v1/webhook-endpoints';
const make = (accountId: string, eventTypes = ['*'], at = '/hook') =>
  t.customer(accountId).post(path, { url: receiver.url + at, eventTypes });

describe('endpoints', () => {
  test('NTF-7 a secret is told when it is made, and neither again nor in a copy of the database', async () => {
    const me = t.customer('acc_secret');
    const made = await make('acc_secret');
    expect(made).toMatchObject({
      status: 201,
      body: { secret: expect.stringMatching(/^whsec_/) as unknown },
    });
    const { endpointId, secret } = made.body as { endpointId: string; secret: string };
    const read = await me.get(`${path}/${endpointId}`);
    expect(JSON.stringify([read.body, (await me.get(path)).body])).not.toContain('whsec_');
    const rotated = await me.post(`${path}/${endpointId}/secret`, {});
    expect(rotated.body.secret).not.toBe(secret);
    expect(rotated.body.previousSecretUntil).toEqual(expect.any(String));
    const rows = JSON.stringify([
      await t.sql('select * from webhook_endpoints'),
      await t.sql('select * from idempotency_keys'),
    ]);
    for (const told of [secret, rotated.body.secret as string]) expect(rows).not.toContain(told.slice(6));
  });

  test('NTF-7 NTF-9 an endpoint with a URL or a type that cannot be is refused with its reason', async () => {
    const me = t.customer('acc_refused');
    const ask = async (url: string, type = 'order.paid') =>
      (await me.post(path, { url, eventTypes: [type] })).body;
    expect(await ask('http://169.254.169.254/latest')).toMatchObject({ code: 'webhook.url_refused' });
    expect((await ask('http://10.0.0.1/')).detail).toContain('private');
    expect(await ask('https://user:secret@hooks.example.com/')).toMatchObject({
      code: 'webhook.url_refused',
    });
    expect(await ask('https://hooks.example.com/', 'order.unheard')).toMatchObject({
      code: 'webhook.type_unknown',
    });
    expect(await ask('https://hooks.example.com/', 'unheard.*')).toMatchObject({
      code: 'webhook.type_unknown',
    });
    expect((await me.get(path)).body.data).toEqual([]);
    const { endpointId } = (await make('acc_refused')).body as { endpointId: string };
    const moved = await me.patch(`${path}/${endpointId}`, { url: 'http://[fd00:ec2::254]/' });
    expect(moved).toMatchObject({ status: 422, body: { code: 'webhook.url_refused' } });
  });

  test('API-8 NTF-7 an endpoint is changed by its version, disabled, enabled and deleted', async () => {
    const me = t.customer('acc_change');
    const { endpointId, version } = (await make('acc_change')).body as {
      endpointId: string;
      version: number;
    };
    const one = `${path}/${endpointId}`;
    const off = await me.patch(one, { enabled: false, description: 'Books' }, { 'if-match': `"${version}"` });
    expect(off.body).toMatchObject({ status: 'disabled', disabledReason: 'by_owner', description: 'Books' });
    const late = await me.patch(one, { enabled: true }, { 'if-match': `"${version}"` });
    expect(late).toMatchObject({ status: 412, body: { code: 'request.version_mismatch' } });
    expect((await me.patch(one, { enabled: true })).body).toMatchObject({
      status: 'enabled',
      disabledReason: null,
    });
    expect((await me.get(`${path}?status=disabled`)).body.data).toEqual([]);
    expect(await me.delete(one)).toMatchObject({ status: 200, body: { endpointId } });
    expect((await me.get(one)).status).toBe(404);
    const [row] = await t.sql('select url, status from webhook_endpoints where endpoint_id = $1', [
      endpointId,
    ]);
    expect(row).toEqual({ url: '', status: 'deleted' });
  });

  test('API-5 API-4 an endpoint is its owner’s: others find nothing, and readers change nothing', async () => {
    const { endpointId } = (await make('acc_own')).body as { endpointId: string };
    const one = `${path}/${endpointId}`;
    const other = t.customer('acc_other');
    const asked = [
      await other.get(one),
      await other.patch(one, { enabled: false }),
      await other.delete(one),
      await other.post(`${one}/secret`, {}),
      await t.platform().get(one),
      await t.platform().delete(one),
    ];
    expect(asked.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    const reader = t.customer('acc_own', 'notifications:read');
    expect((await reader.get(one)).status).toBe(200);
    expect((await reader.post(path, { url: receiver.url, eventTypes: ['*'] })).status).toBe(403);
    expect((await t.operator().post(`${one}/secret`, {})).status).toBe(403);
    expect((await t.operator().get(`${path}?accountId=acc_own`)).body.data).toMatchObject([{ endpointId }]);
    expect(await other.get(`${path}?accountId=acc_own`)).toMatchObject({ status: 422 });
    for (const table of ['webhook_endpoints', 'webhook_queue', 'webhook_lanes', 'webhook_deliveries'])
      expect(await t.asRole('acc_other').sql(`select from ${table} where account_id <> 'acc_other'`)).toEqual(
        [],
      );
  });

  test('NTF-7 a platform service has endpoints of its own, which no account sees', async () => {
    const made = await t.platform().post(path, { url: receiver.url, eventTypes: ['bill.*'] });
    expect(made.body).toMatchObject({ accountId: null, service: 'platform_1' });
    const one = `${path}/${made.body.endpointId}`;
    expect((await t.platform().get(one)).status).toBe(200);
    expect((await t.customer('acc_own').get(one)).status).toBe(404);
    expect((await t.operator().get(one)).body).toMatchObject({ service: 'platform_1' });
  });
});
