import { startService } from '@accord/platform';
import { loadProfile } from '@accord/profile';
import { until } from '@accord/testing';
import { finalize } from '../src/sealing.ts';
import { contractService } from '../src/service.ts';
import { announcedOf, openOffices } from './fixtures.ts';
import { sampleOrder } from './sample-orders.ts';

// Drafts that nobody finalizes (CTR-40), by a moved clock.

const day = 86_400_000;
const expiring = (name: 'baidu' | 'alibaba') => {
  const profile = loadProfile(name);
  return name === 'baidu'
    ? profile
    : { ...profile, contracts: { ...profile.contracts, draftExpiresAfterMs: 10 * day } };
};
const serviceOf =
  (name: 'baidu' | 'alibaba', sealKey: Parameters<typeof contractService>[0]['sealKey']) =>
  (context: Parameters<typeof contractService>[1]) =>
    contractService({ profile: expiring(name), sealKey }, context);
const keys = new Map<string, Parameters<typeof contractService>[0]['sealKey']>();
const { customerOf } = openOffices(
  (name, sealKey) => {
    keys.set(name, sealKey);
    return serviceOf(name, sealKey);
  },
  'baidu',
  'alibaba',
);

const drafted = ['contract.requested', 'contract.drafted'];
const told = [...drafted, 'contract.draft_idle'];
const ended = [...told, 'contract.voided'];

test('CTR-40 a draft that waits is told of once after a week, for ever where the profile ends none', async () => {
  const { t, placed, official, draftEach, get, apply } = await customerOf('baidu');
  const [sealed] = [await official((await placed(sampleOrder()))[0]!)];
  const requested = await apply((await placed(sampleOrder()))[0]!);
  const contractIds = await draftEach(120);
  t.clock.offsetMs = 7 * day - 60_000;
  await t.settled();
  for (const contractId of contractIds) expect(announcedOf(t, contractId)).toEqual(drafted);
  t.clock.offsetMs = 7 * day + 60_000;
  await t.settled();
  t.clock.offsetMs = 700 * day;
  await t.settled();
  for (const contractId of contractIds) expect(announcedOf(t, contractId)).toEqual(told);
  for (const contractId of [sealed, requested])
    expect(announcedOf(t, contractId)).not.toContain('contract.draft_idle');
  const { data, subject, actor } = await t.event('contract.draft_idle');
  expect(data).toMatchObject({ contract: { status: 'draft', version: 2 }, expiresAt: null });
  expect([subject.version, actor]).toEqual([2, 'system:draft-reminder']);
  expect(await get(contractIds[0]!)).toMatchObject({ status: 'draft', version: 2 });
});

test('CTR-40 CTR-27 where the profile says so it is voided then, and its orders are free for another', async () => {
  const { t, client, placed, draft, get } = await customerOf('alibaba');
  const before = t.clock.offsetMs;
  const [order] = await placed(sampleOrder());
  const contractId = await draft(order!);
  t.clock.offsetMs = before + 7 * day + 60_000;
  await t.settled();
  const { data } = await t.event('contract.draft_idle', ({ contract }) => contract.contractId === contractId);
  const { draftedAt } = data.contract;
  expect(data.expiresAt).toBe(new Date(Date.parse(draftedAt!) + 10 * day).toISOString());
  t.clock.offsetMs = before + 10 * day - 60_000;
  await t.settled();
  expect((await get(contractId)).status).toBe('draft');
  t.clock.offsetMs = before + 10 * day + 60_000;
  await t.settled();
  expect(announcedOf(t, contractId)).toEqual(ended);
  const voided = await t.event('contract.voided', ({ contract }) => contract.contractId === contractId);
  expect(voided.data).toMatchObject({ reason: 'draft_expired', text: null, orderId: null });
  expect(await get(contractId)).toMatchObject({ status: 'voided', voidReason: 'draft_expired', version: 3 });
  expect((await client.post('/v1/contracts', { orderIds: [order!.orderId] })).status).toBe(202);
});

test('CTR-40 done twice at once, or again, a reminder and an end are one', async () => {
  const { t, draftEach } = await customerOf('alibaba');
  const contractIds = await draftEach(8);
  const { db, service } = t.running;
  const items = contractIds.map((id) => ({ id, accountId: 'acc_of_none' }));
  const twice = async (name: string) => {
    const { together } = service.workers!.find((worker) => worker.name === name)!;
    await Promise.all([together!(db, items), together!(db, items)]);
    await together!(db, items);
    await t.settled();
  };
  await twice('draft-reminder');
  for (const contractId of contractIds) expect(announcedOf(t, contractId)).toEqual(told);
  await twice('draft-expiry');
  for (const contractId of contractIds) expect(announcedOf(t, contractId)).toEqual(told);
  await t.sql(
    `update contracts set drafted_at = drafted_at - interval '11 days' where contract_id = any ($1)`,
    [contractIds],
  );
  await twice('draft-expiry');
  for (const contractId of contractIds) expect(announcedOf(t, contractId)).toEqual(ended);
});

test('CTR-40 CTR-34 a draft that is finalized at that moment is sealed, and the others wait for none', async () => {
  const { t, accountId, draftEach, get } = await customerOf('alibaba');
  const [busy, ...others] = (await draftEach(5)) as [string, ...string[]];
  await t.sql(
    `update contracts set drafted_at = drafted_at - interval '11 days' where contract_id = any ($1)`,
    [[busy]],
  );
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  const { promise: isBegun, resolve: begun } = Promise.withResolvers<void>();
  const provider = { profile: expiring('alibaba'), sealKey: keys.get('alibaba')! };
  const finalizing = t.running.db.transaction({ kind: 'customer', id: 'usr', accountId }, async (tx) => {
    await finalize(tx, provider, { contractId: busy, ifMatch: undefined });
    await tx.one('select 1');
    begun();
    await over;
  });
  await isBegun;
  await t.sql(
    `update contracts set drafted_at = drafted_at - interval '11 days' where contract_id = any ($1)`,
    [others],
  );
  t.running.workers.forEach((worker) => worker.look());
  const statusesOf = (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await get(id)).status));
  await until('the others are voided', async () =>
    (await statusesOf(others)).every((status) => status === 'voided'),
  );
  end();
  await finalizing;
  await until('it is sealed', async () => (await get(busy)).status !== 'sealing');
  expect(await get(busy)).toMatchObject({ status: 'official', version: 3 });
});

test('CTR-40 EVT-12 after an outage two instances end what is overdue, once, and tell nothing else', async () => {
  const { t, draftEach } = await customerOf('alibaba');
  const contractIds = await draftEach(150);
  await t.running.stop();
  await t.sql(
    `update contracts set drafted_at = drafted_at - interval '11 days' where contract_id = any ($1)`,
    [contractIds],
  );
  const start = () =>
    startService(t.running.settings, (_, context) => serviceOf('alibaba', keys.get('alibaba')!)(context), {
      clock: t.clock,
    });
  const instances = await Promise.all([start(), start()]);
  try {
    for (const contractId of contractIds)
      await t.event('contract.voided', ({ contract }) => contract.contractId === contractId);
  } finally {
    await Promise.all(instances.map((instance) => instance.stop()));
  }
  for (const contractId of contractIds)
    expect(announcedOf(t, contractId)).toEqual([...drafted, 'contract.voided']);
  const live = await t.sql('select 1 from live_orders where contract_id = any ($1)', [contractIds]);
  expect(live).toEqual([]);
});
