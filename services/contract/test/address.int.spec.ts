import { readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { unreadableTexts } from '@accord/testing/edges';
import { contractService } from '../src/service.ts';
import { announcedOf, codeOf, openOffices, waiting } from './fixtures.ts';
import { sampleAccount, sampleOrder } from './sample-orders.ts';

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'baidu',
);

const li = { recipient: '李雷', phone: '0755-1', address: '深圳市南山区深南大道 100 号' };
const han = { recipient: 'Han Meimei', phone: '021-2', address: '上海市样例路 2 号' };

/** A customer with the steps that these tests take with its book. */
async function writerOf() {
  const customer = await customerOf('baidu');
  const path = `/v1/accounts/${customer.accountId}/addresses`;
  const add = async (address: object) => (await customer.client.post(path, address)).body.addressId as string;
  const textOf = async (contractId: string) => {
    const { bytes } = await customer.client.get(`/v1/contracts/${contractId}/document`);
    const lines = readPdf(bytes).pages.flatMap((page) => page.lines);
    return lines.join('').replaceAll(/\s/g, '');
  };
  return { ...customer, path, add, textOf };
}

test('CTR-11 an address book is written, read, edited, and its default goes last', async () => {
  const { client, path, add } = await writerOf();
  expect((await client.get(path)).body).toEqual({ data: [] });
  const added = await client.post(path, li);
  const first = { addressId: added.body.addressId, ...li, isDefault: true };
  expect([added.status, added.body, added.headers.get('etag')]).toEqual([201, first, '"1"']);
  expect((await client.get(added.headers.get('location')!)).body).toEqual(first);
  const second = await add({ ...han, isDefault: true });
  const third = await add(li);
  expect((await client.get(path)).body.data).toMatchObject([
    { addressId: first.addressId, isDefault: false },
    { addressId: second, isDefault: true },
    { addressId: third, isDefault: false },
  ]);

  const edited = await client.put(`${path}/${third}`, { ...han, phone: '021-3' });
  expect(edited.body).toEqual({ addressId: third, ...han, phone: '021-3', isDefault: false });
  expect(codeOf(await client.delete(`${path}/${second}`))).toEqual([409, 'address.is_default']);
  expect((await client.post(`${path}/${third}/default`)).body).toMatchObject({ isDefault: true });
  const left = await client.delete(`${path}/${second}`);
  expect(left.body.data).toMatchObject([
    { addressId: first.addressId, isDefault: false },
    { addressId: third, isDefault: true },
  ]);
  await client.delete(`${path}/${first.addressId}`);
  expect((await client.delete(`${path}/${third}`)).body).toEqual({ data: [] });
});

test('CTR-11 CTR-14 a contract prints the default or the chosen entry, whatever becomes of the book', async () => {
  const { client, path, add, placed, reserve, get, textOf, official } = await writerOf();
  const orders = await placed(...Array.from({ length: 4 }, () => sampleOrder()));
  const told = sampleAccount().address!;
  const withoutBook = await official(orders[0]!);
  expect(await get(withoutBook)).toMatchObject({
    address: told.address,
    contact: `${told.recipient} ${told.phone}`,
  });

  const [one, two] = [await add(li), await add(han)];
  const apply = async (index: number, addressId?: string) => {
    const ask = { orderIds: [orders[index]!.orderId], language: 'zh-CN', ...(addressId && { addressId }) };
    const { contractId } = (await client.post('/v1/contracts', ask)).body.data[0];
    await reserve(contractId, [orders[index]!]);
    return contractId as string;
  };
  const [byDefault, chosen] = [await apply(1), await apply(2, two)];
  expect(await get(byDefault)).toMatchObject({ address: li.address, contact: '李雷 0755-1' });
  expect(await get(chosen)).toMatchObject({ address: han.address, contact: 'Han Meimei 021-2' });
  for (const text of ['地址深圳市南山区深南大道100号', '联系方式李雷0755-1'])
    expect(await textOf(byDefault)).toContain(text);

  const finalized = await client.post(`/v1/contracts/${chosen}/finalize`, undefined, waiting);
  expect(finalized.body.status).toBe('official');
  await client.put(`${path}/${two}`, { ...han, address: '别处' });
  await client.post(`${path}/${two}/default`);
  await client.delete(`${path}/${one}`);
  expect(await get(byDefault)).toMatchObject({ address: li.address, version: 2 });
  expect(await get(chosen)).toMatchObject({ address: han.address, version: 3 });
  expect(await textOf(chosen)).toContain('地址上海市样例路2号');
  expect(await get(await apply(3))).toMatchObject({ address: '别处' });
});

test('CTR-11 API-8 a draft gets another entry and its document follows; an official contract stays', async () => {
  const { t, client, add, placed, draft, get, textOf } = await writerOf();
  const contractId = await draft((await placed(sampleOrder()))[0]!);
  const two = await add(han);
  const choose = (headers: Record<string, string> = {}, addressId = two) =>
    client.put(`/v1/contracts/${contractId}/address`, { addressId }, headers);
  expect(codeOf(await choose({ 'if-match': '"1"' }))).toEqual([412, 'request.version_mismatch']);
  expect(codeOf(await choose({}, 'adr_none'))).toEqual([404, 'address.not_found']);
  const changed = await choose({ 'if-match': '"2"' });
  expect([changed.status, changed.body.version, changed.headers.get('etag')]).toEqual([200, 3, '"3"']);
  expect((await choose()).body.version).toBe(3);
  expect(await textOf(contractId)).toContain('Address上海市样例路2号');
  expect(await textOf(contractId)).toContain('ContactHanMeimei021-2');
  const { data } = await t.event('contract.changed', ({ contract }) => contract.contractId === contractId);
  expect(data).toMatchObject({ contract: { version: 3, status: 'draft' }, what: ['address'] });
  expect(JSON.stringify(data)).not.toContain(han.phone);

  await client.post(`/v1/contracts/${contractId}/finalize`, undefined, waiting);
  expect(codeOf(await choose())).toEqual([409, 'contract.not_a_draft']);
  expect(await get(contractId)).toMatchObject({ address: han.address, contact: 'Han Meimei 021-2' });
  await t.settled();
  expect(announcedOf(t, contractId)).toEqual([
    'contract.requested',
    'contract.drafted',
    'contract.changed',
    'contract.finalized',
  ]);
});

test('CTR-11 of fifty additions at once to a book that has room for one, one is in it', async () => {
  const { t, client, path, accountId, add } = await writerOf();
  await add(li);
  await t.sql(
    `update address_books set entries = (select jsonb_agg(entries -> 0 || jsonb_build_object('addressId', 'adr_' || n)
       order by n) from generate_series(1, 49) n), default_id = 'adr_1' where account_id = $1`,
    [accountId],
  );
  const answers = await Promise.all(Array.from({ length: 50 }, () => client.post(path, han)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(49).fill(409)]);
  expect(codeOf(answers.find(({ status }) => status === 409)!)).toEqual([409, 'address.book_full']);
  expect((await client.get(path)).body.data).toHaveLength(50);
});

test('CTR-11 API-8 of two who read the same book the later is refused; made default at once, one is', async () => {
  const { client, path, add } = await writerOf();
  const ids = [await add(li), await add(han), await add(li)];
  const tag = (await client.get(path)).headers.get('etag')!;
  expect(tag).toBe('"3"');
  const answers = await Promise.all(
    ids.slice(1).map((id) => client.put(`${path}/${id}`, han, { 'if-match': tag })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  for (const change of [
    client.post(path, li, { 'if-match': tag }),
    client.post(`${path}/${ids[1]}/default`, undefined, { 'if-match': tag }),
    client.send('DELETE', `${path}/${ids[1]}`, undefined, { 'if-match': tag }),
  ])
    expect(codeOf(await change)).toEqual([412, 'request.version_mismatch']);
  await Promise.all(ids.map((id) => client.post(`${path}/${id}/default`)));
  const { data } = (await client.get(path)).body as { data: { isDefault: boolean }[] };
  expect(data.filter(({ isDefault }) => isDefault)).toHaveLength(1);
});

test('CTR-11 API-5 a book is its account’s alone; operators write any', async () => {
  const { t, client, path, accountId, add, placed } = await writerOf();
  const own = await add(li);
  const stranger = await writerOf();
  const [order] = await stranger.placed(sampleOrder());
  const answers = [
    await stranger.client.get(path),
    await stranger.client.post(path, han),
    await stranger.client.get(`${path}/${own}`),
    await stranger.client.put(`${path}/${own}`, han),
    await stranger.client.post(`${path}/${own}/default`),
    await stranger.client.delete(`${path}/${own}`),
    await t.operator().get('/v1/accounts/acc_nowhere/addresses'),
  ];
  expect(answers.map(codeOf)).toEqual(answers.map(() => [404, 'account.not_found']));
  const ask = { orderIds: [order!.orderId], addressId: own };
  for (const refused of [
    await stranger.client.post('/v1/contracts', ask),
    await stranger.client.post('/v1/contracts/preview', ask),
    await stranger.client.get(`${stranger.path}/${own}`),
  ])
    expect(codeOf(refused)).toEqual([404, 'address.not_found']);
  expect(await t.asRole('acc_other').sql('select 1 from address_books')).toEqual([]);
  expect(await t.asRole(accountId).sql('select 1 from address_books')).toHaveLength(1);
  const byOperator = await t.operator().post(path, han);
  expect([byOperator.status, (await client.get(path)).body.data.length]).toEqual([201, 2]);
  const [ours] = await placed(sampleOrder());
  const applied = { accountId, orderIds: [ours!.orderId], addressId: byOperator.body.addressId };
  expect((await t.operator().post('/v1/contracts', applied)).status).toBe(202);
});

test('CTR-11 CTR-14 API-2 texts of the book are lines that can be read and printed', async () => {
  const { client, path, add } = await writerOf();
  const own = await add(li);
  const write = (address: object) => [client.post(path, address), client.put(`${path}/${own}`, address)];
  for (const [field, longest] of [
    ['recipient', 200],
    ['phone', 64],
    ['address', 400],
  ] as const) {
    for (const text of [...unreadableTexts, 'a\nb', 'a\u0007b', '长'.repeat(longest + 1)])
      for (const refused of write({ ...han, [field]: text }))
        expect([field, text, await refused]).toMatchObject([
          field,
          text,
          { status: 400, body: { code: 'request.invalid', errors: [{ in: 'body', pointer: `/${field}` }] } },
        ]);
    for (const text of ['\ud83d\ude00 house', 'a\u202eb'])
      for (const refused of write({ ...han, [field]: text })) {
        const { status, body } = await refused;
        expect([field, text, status, body.code]).toEqual([field, text, 422, 'address.unprintable']);
        expect(body.facts.fields).toEqual([`/${field}`]);
      }
    for (const fine of write({ ...han, [field]: '长'.repeat(longest) }))
      expect((await fine).status).toBeLessThan(300);
  }
});
