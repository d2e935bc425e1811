import { loadProfile } from '@accord/profile';
import type { Order } from '../src/order-view.ts';
import { contractService } from '../src/service.ts';
import { codeOf, openOffices, waiting } from './fixtures.ts';
import { sampleOrder } from './sample-orders.ts';

// The check of an ICP filing (CTR-31), by given addresses and by those of a contract (CTR-39).

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'baidu',
  'alibaba',
);

const at = (instanceId: string, region: string | null, ipAddress: string | null) => ({
  instanceId,
  region,
  ipAddress,
  start: null,
  end: null,
});
const [one, two] = ['192.0.2.1', '192.0.2.2'];
const same = { region: 'beijing', destinationIp: one, filedIp: one };

test('CTR-31 by given addresses, in the reader’s language; elsewhere, and where no rules are, it says so', async () => {
  const { client } = await customerOf('alibaba');
  const check = async (change: object, language = 'en') => {
    const body = { ...same, contractIps: [one], serverRegions: ['cn-beijing'], ...change };
    return (await client.post('/v1/contracts/icp-check', body, { 'accept-language': language })).body;
  };
  expect(await check({})).toEqual({
    ...same,
    contractIps: [one],
    serverRegions: ['cn-beijing'],
    outcome: 'pass',
    broken: [],
    text: 'The contract is as the authority wants it.',
  });
  const failed = {
    outcome: 'fail',
    broken: [{ rule: 'addresses_all_equal' }, { rule: 'servers_in_region' }],
  };
  const wrong = { filedIp: two, serverRegions: ['cn-hangzhou'] };
  expect(await check(wrong)).toMatchObject(failed);
  expect((await check(wrong, 'zh-CN')).broken.map(({ text }: { text: string }) => text)).toEqual([
    expect.stringContaining('须一致'),
    expect.stringContaining('备案所在地区'),
  ]);
  expect(await check({ region: 'zhejiang' })).toMatchObject({
    outcome: 'consult',
    text: expect.stringContaining('consult the authority'),
  });
  for (const change of [
    { contractIps: ['1.2.3'] },
    { contractIps: [] },
    { region: '北京' },
    { filedIp: 'x' },
  ])
    expect(await check(change)).toMatchObject({ code: 'request.invalid' });

  const elsewhere = (await customerOf('baidu')).client;
  for (const [language, text] of [
    ['en', 'has no rules for ICP filings'],
    ['zh-CN', '没有 ICP 备案规则'],
  ] as const) {
    const body = { ...same, contractIps: [one], serverRegions: ['cn-beijing'] };
    const refused = await elsewhere.post('/v1/contracts/icp-check', body, { 'accept-language': language });
    expect([...codeOf(refused), refused.body.detail]).toEqual([
      422,
      'contract.icp_not_offered',
      expect.stringContaining(text),
    ]);
  }
});

test('CTR-31 CTR-39 of a contract by its instances: a draft follows what is reported, an official stays', async () => {
  const { t, client, placed, draft, tell, get } = await customerOf('alibaba');
  const instanceIds = ['i-1', 'i-2'];
  const [order] = await placed(sampleOrder({ instanceIds, instances: [at('i-1', 'cn-beijing', one)] }));
  const contractId = await draft(order!);
  const path = `/v1/contracts/${contractId}`;
  const ask = (change: object = {}, language = 'en') =>
    client.post(`${path}/icp-check`, { ...same, ...change }, { 'accept-language': language });
  const unknown = await ask();
  expect([...codeOf(unknown), unknown.body.facts.instanceIds]).toEqual([
    409,
    'contract.place_unknown',
    ['i-2'],
  ]);
  expect((await ask({}, 'zh-CN')).body.detail).toContain('未载明实例 i-2 的 IP 地址');
  const missing = await ask({ instanceIds: ['i-1', 'i-9'] });
  expect([...codeOf(missing), missing.body.facts.instanceIds]).toEqual([
    404,
    'contract.instance_not_found',
    ['i-9'],
  ]);
  expect((await ask({ instanceIds: ['i-1'] })).body).toMatchObject({
    outcome: 'pass',
    contractIps: [one],
    serverRegions: ['cn-beijing'],
  });

  const reported = async (version: number, ...instances: Order['instances'] & object) => {
    const changed = { ...order!, version, instances };
    await tell({ type: 'order.changed', data: { order: changed, what: ['instances'] } });
    await t.settled();
  };
  await reported(9, at('i-1', 'cn-beijing', one), at('i-2', 'cn-shenzhen', two));
  expect((await ask()).body).toMatchObject({
    outcome: 'fail',
    broken: [{ rule: 'addresses_all_equal' }, { rule: 'servers_in_region' }],
    contractIps: [one, two],
  });
  expect((await ask({ region: 'shanghai', instanceIds: ['i-2'], destinationIp: two })).body.outcome).toBe(
    'pass',
  );
  const guangdong = { region: 'guangdong', instanceIds: ['i-2'], destinationIp: two, filedIp: '192.0.2.9' };
  expect((await ask(guangdong)).body).toMatchObject({
    outcome: 'fail',
    broken: [{ rule: 'servers_in_region' }],
    serverRegions: ['cn-shenzhen', null],
  });
  expect((await ask({ ...guangdong, serverRegions: ['cn-guangzhou'] })).body.outcome).toBe('pass');

  await client.post(`${path}/finalize`, undefined, waiting);
  await reported(10, at('i-1', 'cn-hangzhou', '192.0.2.3'), at('i-2', 'cn-hangzhou', '192.0.2.4'));
  expect((await ask({ instanceIds: ['i-1'] })).body).toMatchObject({ outcome: 'pass', contractIps: [one] });
  expect((await get(contractId)).orders[0].places).toMatchObject([
    { instanceId: 'i-1', region: 'cn-beijing', ipAddress: one },
    { instanceId: 'i-2', region: 'cn-shenzhen', ipAddress: two },
  ]);

  const stranger = (await customerOf('alibaba')).client;
  expect(codeOf(await stranger.post(`${path}/icp-check`, same))).toEqual([404, 'contract.not_found']);
});
