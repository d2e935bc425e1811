import { readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { billingCycle } from '../src/bill/billing-cycle.ts';
import { timeWriter } from '../src/document/order-table.ts';
import type { Order } from '../src/order-view.ts';
import { contractService } from '../src/service.ts';
import { announcedOf, codeOf, openOffices, stallNextSealing, waiting } from './fixtures.ts';
import { payAsYouGoOrder, sampleAccount, sampleOrder, unpaidOrder } from './sample-orders.ts';

// A contract's document, as a customer who downloads it reads it.

const { customerOf } = openOffices(
  (name, sealKey) => (context) => contractService({ profile: loadProfile(name), sealKey }, context),
  'baidu',
);

const profile = loadProfile('baidu');
const write = timeWriter(profile.timeZone);
const cny = (amount: string) => ({ amount, currency: 'CNY' });
/** Cells wrap, and a line that ends with a space loses it. */
const packed = (text: string) => text.replaceAll(/\s/g, '');

describe('a Chinese document, as draft and as official', () => {
  /** Draft and official file of a contract over these orders, each as one text, and its number. */
  async function downloaded(...given: Order[]) {
    const { client, placed, reserve } = await customerOf('baidu');
    const orders = await placed(...given);
    const asked = await client.post('/v1/contracts', {
      orderIds: orders.map(({ orderId }) => orderId),
      language: 'zh-CN',
    });
    const [{ contractId, createdAt }] = asked.body.data;
    await reserve(contractId, orders);
    const path = `/v1/contracts/${contractId}`;
    const text = async () =>
      packed(
        readPdf((await client.get(`${path}/document`)).bytes)
          .pages.flatMap(({ lines }) => lines)
          .join(''),
      );
    const draft = await text();
    const { body } = await client.post(`${path}/finalize`, undefined, waiting);
    expect(body.status).toBe('official');
    return {
      orders,
      number: body.number as string,
      createdAt: new Date(createdAt),
      texts: [draft, await text()],
    };
  }

  const parties = () => {
    const { certifiedName, certificate, address } = sampleAccount();
    const {
      name,
      certificate: license,
      address: seat,
      contact,
      bank,
      account,
    } = profile.invoicingEntities[0]!['zh-CN'];
    const contactOfA = `${address!.recipient}${address!.phone}`;
    const ofA = `甲方（客户）名称${certifiedName}证件号码${certificate}地址${address!.address}联系方式${contactOfA}`;
    return [
      ofA,
      `名称${name}证件号码${license}地址${seat}联系方式${contact}开户银行${bank}银行账号${account}`,
    ];
  };

  test(
    'CTR-14 CTR-15 CTR-16 of an order contract says number, parties, every order with its period and ' +
      'cash, and the sum',
    async () => {
      const servicePeriod = { start: '2026-03-01T02:10:05.000Z', end: '2027-03-01T02:10:05.000Z' };
      const rest = {
        count: 3,
        duration: { value: 1, unit: 'year' as const },
        payableAmount: cny('1100.00'),
        cashPaid: cny('1089.50'),
        voucherPaid: cny('10.50'),
      };
      const configuration = [
        { name: '地域', value: '华北-北京' },
        { name: 'IP 地址', value: '192.0.2.99' },
      ];
      const { orders, number, createdAt, texts } = await downloaded(
        sampleOrder(),
        sampleOrder({ ...rest, configuration, servicePeriod }),
        payAsYouGoOrder(),
      );
      const [one, two, three] = orders.map(({ orderId }) => orderId);
      const cycle = billingCycle(profile.timeZone, createdAt);
      const parts = [
        '云服务订单合同',
        `合同编号：${number}`,
        ...parties(),
        `1${one}云服务器Region：BeijingIP：192.0.2.712026-01-10 11:00:00至 2026-02-10 11:00:001 个月¥45.00`,
        `2${two}云服务器地域：华北-北京IP 地址：192.0.2.9932026-03-01 10:10:05至 2027-03-01 10:10:051 年¥1,089.50`,
        `3${three}云服务器Region：BeijingIP：192.0.2.71` +
          `${write(cycle.start.toISOString())}至 ${write(cycle.end.toISOString())}（计费周期）——`,
        '合计（大写）：人民币壹仟壹佰叁拾肆元伍角整合计（小写）：¥1,134.50',
      ];
      for (const text of texts) for (const part of parts) expect(text).toContain(packed(part));
      expect(texts.map((text) => [text.includes('DRAFT'), text.includes('前付清')])).toEqual([
        [true, false],
        [false, false],
      ]);
    },
  );

  test('CTR-14 CTR-15 of a payment request says the duration alone, and until when it is to be paid', async () => {
    const [placedAt, payBy] = [
      new Date(Date.now() - 3_600_000),
      new Date(Date.now() - 3_600_000 + profile.orders.payWithinWhenContractedMs),
    ];
    const { orders, number, texts } = await downloaded(
      unpaidOrder({ count: 2, createdAt: placedAt.toISOString(), payBy: payBy.toISOString() }),
    );
    const parts = [
      '云服务请款合同',
      `合同编号：${number}`,
      ...parties(),
      `1${orders[0]!.orderId}云服务器Region：BeijingIP：192.0.2.721 个月1 个月¥45.00`,
      '合计（大写）：人民币肆拾伍元整合计（小写）：¥45.00',
      `甲方应于 ${write(payBy.toISOString())} (Asia/Shanghai) 前付清`,
    ];
    for (const text of texts) for (const part of parts) expect(text).toContain(packed(part));
    expect(texts.map((text) => text.includes('DRAFT'))).toEqual([true, false]);
  });
});

test(
  'CTR-16 CTR-39 ORD-25 a contract states the cash that came back and where instances run: its draft follows, ' +
    'a file that is being sealed is dropped, an official one stays as signed and says so',
  async () => {
    const { t, client, placed, apply, reserve, tell, get } = await customerOf('baidu');
    const place = (region: string | null, ipAddress: string | null, knownSince: string) => ({
      instanceId: 'i-1',
      ...sampleOrder().servicePeriod!,
      region,
      ipAddress,
      knownSince,
    });
    const [order, other] = await placed(
      sampleOrder({
        count: 3,
        payableAmount: cny('135.00'),
        cashPaid: cny('135.00'),
        refundState: 'partial',
        cashReturned: cny('90.00'),
        instances: [place('cn-bj', null, '2026-01-10T03:01:30.000Z')],
      }),
      sampleOrder(),
    );
    const changed = async (version: number, change: Partial<Order>, what: string[]) => {
      await tell({ type: 'order.changed', data: { order: { ...order!, ...change, version }, what } }, 2);
      await t.settled({ dueWork: false });
    };
    const orderIds = [order!.orderId, other!.orderId];
    expect((await client.post('/v1/contracts/preview', { orderIds })).body.data).toMatchObject([
      { amount: cny('90.00') },
    ]);
    expect((await client.get('/v1/contracts/eligible-orders')).body.data).toContainEqual(
      expect.objectContaining({
        orderId: order!.orderId,
        cashPayable: cny('45.00'),
        cashReturned: cny('90.00'),
      }),
    );

    // The order's own event comes before the answer to the reservation, which is older: the order changed.
    const early = await apply(order!);
    await changed(5, { cashReturned: cny('91.00') }, ['cashReturned']);
    await reserve(early, [order!]);
    expect(await get(early)).toMatchObject({ status: 'refused' });

    const contractId = await apply(order!, other!);
    await reserve(contractId, [{ ...order!, version: 6, cashReturned: cny('91.00') }, other!]);
    const path = `/v1/contracts/${contractId}`;
    const printed = async () =>
      packed(
        readPdf((await client.get(`${path}/document`)).bytes)
          .pages.flatMap(({ lines }) => lines)
          .join(''),
      );
    expect(await get(contractId)).toMatchObject({ status: 'draft', amount: cny('89.00') });

    const moved = {
      cashReturned: cny('100.50'),
      instances: [place('cn-sh', '192.0.2.8', '2026-01-12T03:00:00.000Z')],
    };
    await changed(8, moved, ['cashReturned']);
    expect(await get(contractId)).toMatchObject({
      version: 3,
      amount: cny('79.50'),
      orders: [
        {
          cashPayable: cny('34.50'),
          cashReturned: cny('100.50'),
          places: [
            {
              instanceId: 'i-1',
              region: 'cn-sh',
              ipAddress: '192.0.2.8',
              knownSince: '2026-01-12T03:00:00.000Z',
            },
          ],
        },
        { cashPayable: cny('45.00'), cashReturned: cny('0.00'), places: [] },
      ],
    });
    const draft = await printed();
    for (const part of ['Region: Beijing', 'Instance i-1: region cn-sh, IP address 192.0.2.8'])
      expect(draft).toContain(packed(part));
    for (const part of [
      `(since ${write('2026-01-12T03:00:00.000Z')})`,
      'CN¥34.50(CN¥100.50 returned)',
      'CN¥79.50',
    ])
      expect(draft).toContain(packed(part));

    const stalled = stallNextSealing();
    await client.post(`${path}/finalize`);
    await stalled.reached;
    await changed(9, { ...moved, cashReturned: cny('101.00') }, ['cashReturned']);
    stalled.release();
    const failed = await t.event(
      'contract.seal_failed',
      ({ contract }) => contract.contractId === contractId,
    );
    expect(failed.data).toMatchObject({
      reason: 'cash_returned',
      contract: { status: 'draft', amount: cny('79.00'), version: 4 },
    });

    const { body: sealed } = await client.post(`${path}/finalize`, undefined, waiting);
    expect(sealed).toMatchObject({ status: 'official', amount: cny('79.00') });
    const file = await printed();
    expect(file).toContain(packed('CN¥34.00(CN¥101.00 returned)'));
    await changed(10, { cashReturned: cny('102.00'), instances: [] }, ['cashReturned']);
    expect(await printed()).toBe(file);
    expect(await get(contractId)).toMatchObject({
      amount: cny('79.00'),
      orders: [{ cashPayable: cny('34.00'), cashReturned: cny('101.00'), places: [{ region: 'cn-sh' }] }, {}],
      warnings: [{ code: 'contract.cash_returned', orderIds: [order!.orderId] }],
    });
    await t.settled();
    expect(announcedOf(t, contractId)).toEqual([
      'contract.requested',
      'contract.drafted',
      'contract.changed',
      'contract.seal_failed',
      'contract.finalized',
    ]);
  },
);

describe('what no document can show', () => {
  test(
    'CTR-3 CTR-14 is refused at preview and application, of the account and of each order, with what ' +
      'it is, where it stands and where papers go',
    async () => {
      const { t, accountId, client, placed } = await customerOf('baidu');
      const thai = sampleOrder({
        configuration: [
          { name: 'Region', value: 'Beijing' },
          { name: 'ชื่อ', value: 'café №1, Größe Ä' },
        ],
      });
      const [fine, strange, named] = await placed(
        sampleOrder(),
        thai,
        sampleOrder({ productName: { 'zh-CN': '云服务器', en: 'Cloud 🙂' } }),
      );
      const { accountId: _, ...facts } = sampleAccount({
        version: 2,
        certifiedName: 'Société Łódź',
        address: { recipient: '김', phone: '1', address: '北京' },
      });
      await t.platform().put(`/v1/accounts/${accountId}`, facts);
      const orderIds = [fine!, strange!, named!].map(({ orderId }) => orderId);
      const offlineAddress = profile.contracts.offlineAddress.en;
      const { body } = await client.post('/v1/contracts/preview', { orderIds });
      expect(body.data.map((part: { orderIds: string[] }) => part.orderIds)).toEqual([[fine!.orderId]]);
      const against = { code: 'contract.unprintable', offlineAddress };
      expect(body.refusals).toMatchObject([
        {
          ...against,
          orderId: null,
          unprintable: { characters: ['Ł', 'ź', '김'], fields: ['/certifiedName', '/address/recipient'] },
        },
        {
          ...against,
          orderId: strange!.orderId,
          unprintable: { characters: ['ช', 'U+0E37', 'U+0E48', 'อ'], fields: ['/configuration/1/name'] },
        },
        {
          ...against,
          orderId: named!.orderId,
          unprintable: { characters: ['🙂'], fields: ['/productName/en'] },
        },
      ]);
      const refused = await client.post(
        '/v1/contracts',
        { orderIds: [fine!.orderId] },
        { 'accept-language': 'en' },
      );
      expect([...codeOf(refused), refused.body.detail]).toEqual([
        422,
        'contract.unprintable',
        expect.stringContaining('Ł, ź, 김 (in /certifiedName, /address/recipient)'),
      ]);
      expect(
        (await client.post('/v1/contracts', { orderIds: [...orderIds, 'ord_nowhere'] })).body.facts.refusals,
      ).toHaveLength(4);
      const eligible = async () => (await client.get('/v1/contracts/eligible-orders')).body;
      expect(await eligible()).toMatchObject({ data: [], objections: [{ ...against, orderId: null }] });
      await t.platform().put(`/v1/accounts/${accountId}`, {
        ...facts,
        version: 3,
        certifiedName: 'Société Générale',
        address: null,
      });
      expect(await eligible()).toMatchObject({ data: [{ orderId: fine!.orderId }], objections: [] });
      await t.platform().put(`/v1/accounts/${accountId}`, {
        ...facts,
        version: 4,
        certifiedName: '⾦山\u202e⺀公司',
      });
      const hidden = await client.post('/v1/contracts', { orderIds }, { 'accept-language': 'en' });
      expect(hidden.body.facts.refusals[0].text).toContain('U+202E, ⺀ (U+2E80), 김 (in /certifiedName');
      expect(await t.sql('select 1 from contracts where account_id = $1', [accountId])).toEqual([]);
    },
  );

  test('CTR-4 CTR-14 is refused again of the orders as reserved, and never sealed', async () => {
    const { t, client, placed, apply, draft, reserve, get } = await customerOf('baidu');
    const [one, two] = await placed(sampleOrder(), sampleOrder());
    const contractId = await apply(one!);
    await reserve(contractId, [{ ...one!, configuration: [{ name: 'Name', value: '\u{1f600}' }] }]);
    expect(await get(contractId)).toMatchObject({
      status: 'refused',
      refusals: [
        { orderId: one!.orderId, code: 'contract.unprintable', text: expect.not.stringMatching(/[{}]|—/) },
      ],
    });

    const older = await draft(two!);
    await t.sql(
      `update contract_orders set snapshot = jsonb_set(snapshot, '{configuration,0,value}', '"한국"')
        where contract_id = $1`,
      [older],
    );
    const refused = await client.post(`/v1/contracts/${older}/finalize`);
    expect(codeOf(refused)).toEqual([409, 'contract.unprintable']);
    expect(refused.body.facts).toMatchObject({
      characters: ['한', '국'],
      fields: ['/rows/0/configuration/0/value'],
    });
    expect(await get(older)).toMatchObject({ status: 'draft' });
  });
});
