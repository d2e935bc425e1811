import { loadProfile } from '@accord/profile';
import { sampleAccount, sampleOrder } from './sample-orders.ts';
import { codeOf, openOffices } from './samples.ts';
import { contractService } from './service.ts';

// What stands in a contract's document, as who downloads it reads it.

const { customerOf } = openOffices((name, sealKey) => (around) => contractService({ profile: loadProfile(name), sealKey }, around), 'baidu');

describe('what no document can show', () => {
  test('CTR-3 CTR-14 is refused at preview and application, of the account and of each order, with what it is, where it stands and where papers go', async () => {
    const { t, accountId, client, placed } = await customerOf('baidu');
    const thai = sampleOrder({ configuration: [{ name: 'Region', value: 'Beijing' }, { name: 'ชื่อ', value: 'café №1, Größe Ä' }] });
    const [fine, strange, named] = await placed(sampleOrder(), thai, sampleOrder({ productName: { zh: '云服务器', en: 'Cloud 🙂' } }));
    const { accountId: _, ...facts } = sampleAccount({ version: 2, certifiedName: 'Société Łódź', address: { recipient: '김', phone: '1', address: '北京' } });
    await t.platform().put(`/v1/accounts/${accountId}`, facts);
    const orderIds = [fine!, strange!, named!].map(({ orderId }) => orderId);
    const { offlineAddress } = loadProfile('baidu').contracts;
    const { body } = await client.post('/v1/contracts/preview', { orderIds });
    expect(body.data.map((part: { orderIds: string[] }) => part.orderIds)).toEqual([[fine!.orderId]]);
    const against = { code: 'contract.unprintable', offlineAddress };
    expect(body.refusals).toMatchObject([
      { ...against, orderId: null, unprintable: { characters: ['Ł', 'ź', '김'], fields: ['/certifiedName', '/address/recipient'] } },
      { ...against, orderId: strange!.orderId, unprintable: { characters: ['ช', 'ื', '่', 'อ'], fields: ['/configuration/1/name'] } },
      { ...against, orderId: named!.orderId, unprintable: { characters: ['🙂'], fields: ['/productName/en'] } },
    ]);
    const refused = await client.post('/v1/contracts', { orderIds: [fine!.orderId] }, { 'accept-language': 'en' });
    expect([...codeOf(refused), refused.body.detail]).toEqual([422, 'contract.unprintable', expect.stringContaining('Ł, ź, 김 (in /certifiedName, /address/recipient)')]);
    expect((await client.post('/v1/contracts', { orderIds: [...orderIds, 'ord_nowhere'] })).body.facts.refusals).toHaveLength(4);
    const eligible = (await client.get('/v1/contracts/eligible-orders')).body.data;
    expect(eligible.map(({ orderId }: { orderId: string }) => orderId)).toEqual([fine!.orderId]);
    expect(await t.sql('select 1 from contracts where account_id = $1', [accountId])).toEqual([]);
  });

  test('CTR-4 CTR-14 is refused again of the orders as reserved, and never sealed', async () => {
    const { t, client, placed, apply, draft, reserve, get } = await customerOf('baidu');
    const [one, two] = await placed(sampleOrder(), sampleOrder());
    const contractId = await apply(one!);
    await reserve(contractId, [{ ...one!, configuration: [{ name: 'Name', value: '\u{1f600}' }] }]);
    expect(await get(contractId)).toMatchObject({ status: 'refused', refusals: [{ orderId: one!.orderId, code: 'contract.unprintable' }] });

    const older = await draft(two!);
    await t.sql(`update contract_orders set snapshot = jsonb_set(snapshot, '{configuration,0,value}', '"한국"') where contract_id = $1`, [older]);
    const refused = await client.post(`/v1/contracts/${older}/finalize`);
    expect(codeOf(refused)).toEqual([409, 'contract.unprintable']);
    expect(refused.body.facts).toMatchObject({ characters: ['한', '국'], fields: ['/rows/0/configuration/0/value'] });
    expect(await get(older)).toMatchObject({ status: 'draft' });
  });
});
