import { loadTypefaces } from '@accord/pdf';
import { readPdf, type PlacedLine } from '@accord/pdf/testing';
import { sampleContent, sampleRow } from '../../test/sample-content.ts';
import type { DocumentContent } from './content.ts';
import { renderDocument } from './document.ts';
import { openRendering } from './rendering.ts';

const print = async (content: DocumentContent) => readPdf(await renderDocument(content));
/** Text of all pages without line ends: cells wrap. */
const flat = async (content: DocumentContent) =>
  (await print(content)).pages.map(({ lines }) => lines.join('')).join('');

const english: Partial<DocumentContent> = {
  language: 'en',
  partyA: {
    name: 'Example Technology Ltd.',
    certificate: 'C-1',
    address: '1 Road, Shenzhen',
    contact: 'Li Lei',
  },
  partyB: {
    name: 'Provider Ltd.',
    certificate: 'C-2',
    address: '2 Road, Beijing',
    contact: '400',
    bank: 'A Bank',
    account: '622',
  },
  rows: [
    sampleRow(1, {
      serviceName: 'Cloud Compute',
      configuration: [
        { name: 'Region', value: 'North' },
        { name: 'IP address', value: '10.0.0.1' },
      ],
    }),
  ],
};

test('CTR-14 a Chinese contract states number, kind, parties, orders, and template version', async () => {
  const text = await flat(sampleContent(2));
  for (const part of [
    '云服务订单合同',
    '合同编号：CT-2026-00001234',
    '深圳市示例科技有限责任公司',
    '91440300EXAMPLE',
    '深圳市南山区深南大道 100 号',
    '李雷 13800000000',
    '北京百度网讯科技有限公司',
    '91110000EXAMPLE',
    '招商银行北京分行',
    '110902250210803',
    `ord_${'0'.repeat(31)}1`,
    `ord_${'0'.repeat(31)}2`,
    '云服务器BCC',
    '机型：bcc.g5.c2m8',
    '地域：华北-北京',
    'IP 地址：182.61.0.2',
    '12 个月',
    '¥100.00',
    '模板版本：2026-01',
    '第 1 页 共 1 页',
  ])
    expect(text.replaceAll(' ', '')).toContain(part.replaceAll(' ', ''));
});

test('CTR-14 an English contract states number, kind, parties, orders, and template version', async () => {
  const text = await flat(sampleContent(1, english));
  for (const part of [
    'Cloud Service Order Contract',
    'Contract number: CT-2026-00001234',
    'Example Technology Ltd.',
    'C-1',
    '1 Road, Shenzhen',
    'Li Lei',
    'Provider Ltd.',
    'C-2',
    'A Bank',
    '622',
    'Region: North',
    'IP address: 10.0.0.1',
    'Template version: 2026-01',
    'Page 1 of 1',
    "Place for Party A's seal",
    'nothing need be sent back',
  ])
    expect(text).toContain(part);
});

test('CTR-16 CTR-39 a row says what came back in cash, and where each instance runs since when', async () => {
  const place = {
    instanceId: 'i-1',
    region: 'cn-bj',
    ipAddress: null,
    knownSince: '2026-03-02T02:10:05.000Z',
  };
  const row = sampleRow(1, {
    cashReturned: { amount: '34.84', currency: 'CNY' },
    places: [place, { ...place, instanceId: 'i-2', ipAddress: '192.0.2.9', knownSince: null }],
  });
  const text = (await flat(sampleContent(1, { rows: [row] }))).replaceAll(/\s/g, '');
  for (const part of [
    '实例i-1：地域cn-bj（自2026-03-0210:10:05）',
    '实例i-2：地域cn-bj，IP地址192.0.2.9',
    '¥100.00（已退¥34.84）',
  ])
    expect(text).toContain(part);
});

test('CTR-14 the sum stands in figures, in Chinese also in capital numerals', async () => {
  const total = { amount: '1004.05', currency: 'CNY' };
  expect(await flat(sampleContent(1, { total }))).toMatch(/人民币壹仟零肆元零伍分.*¥1,004\.05/);
  expect(await flat(sampleContent(1, { ...english, total }))).toContain('CN¥1,004.05');
  const dollars = await flat(sampleContent(1, { total: { amount: '1004.05', currency: 'USD' } }));
  expect(dollars).toContain('US$1,004.05');
  expect(dollars).not.toContain('人民币');
});

test.each([
  ['1004.05', 1],
  ['123456789987.65', 2],
  ['9999999999999999.99', 2],
])(
  'CTR-14 the sum of %s in capital numerals and that in figures stand on %i lines, apart',
  async (amount, lines) => {
    const { pages } = await print(sampleContent(1, { total: { amount, currency: 'CNY' } }));
    const [capitals, figures] = [/^合计（大写）/, /^合计（小写）/].map((label) =>
      pages[0]!.placed.find(({ text }) => label.test(text))!,
    ) as [PlacedLine, PlacedLine];
    expect(capitals.y - figures.y).toBeCloseTo((lines - 1) * 14.25);
    const { bold } = await loadTypefaces();
    const endOf = ({ text, x }: PlacedLine) =>
      [...text].reduce((end, character) => end + 9.5 * bold.advance(character), x);
    expect(endOf(capitals)).toBeLessThan(lines === 1 ? figures.x : 543);
    expect(endOf(figures)).toBeLessThan(543);
  },
);

test('CTR-14 a payment request is invalid when it is not paid by the time it prints', async () => {
  const request = { kind: 'payment_request', payBy: '2026-03-08T02:10:05.000Z' } as const;
  const chinese = await flat(sampleContent(1, request));
  expect(chinese).toContain('云服务请款合同');
  expect(chinese).toContain('甲方应于 2026-03-08 10:10:05');
  expect(chinese).toContain('逾期未付清的，本合同及其全部约定自该时间起自动失效');
  expect(await flat(sampleContent(1, { ...english, ...request }))).toContain('becomes invalid');
  expect(await flat(sampleContent(1))).not.toContain('逾期未付清');
});

test('CTR-14 Party A has a place for its own seal and need send nothing back; absent parts print a dash', async () => {
  const text = await flat(
    sampleContent(1, { partyA: { name: '甲', certificate: null, address: null, contact: null } }),
  );
  expect(text).toContain('甲方盖章处');
  expect(text).toContain('无需寄回');
  expect(text).toMatch(/证件号码—/);
});

test('CTR-14 a party as long as it may be stands on its pages in full, and so do the signatures', async () => {
  const name = '深'.repeat(400);
  const partyA = {
    name,
    certificate: '证'.repeat(400),
    address: '圳'.repeat(400),
    contact: '市'.repeat(265),
  };
  const { pages } = await print(sampleContent(1, { partyA }));
  const placed = pages.flatMap((page) => page.placed.filter(({ y }) => y > 50));
  const text = placed.map((line) => line.text).join('');
  for (const part of Object.values(partyA)) expect(text).toContain(part);
  expect(text).toContain(`甲方（盖章）：${name}`);
});

test('CTR-15 a row shows start and end, the billing cycle, the duration only, or nothing', async () => {
  const period = { start: '2026-02-28T16:00:00.000Z', end: '2026-03-31T16:00:00.000Z' };
  const rows = [
    sampleRow(1, { period: { kind: 'period', ...period } }),
    sampleRow(2, { period: { kind: 'cycle', ...period } }),
    sampleRow(3, { period: { kind: 'duration', value: 3, unit: 'year' }, duration: null }),
    sampleRow(4, { period: { kind: 'none' }, duration: null }),
  ];
  const text = await flat(sampleContent(4, { rows }));
  expect(text).toContain('2026-03-01 00:00:00至 2026-04-01 00:00:00');
  expect(text).toContain('2026-03-01 00:00:00至 2026-04-01 00:00:00（计费周期）');
  expect(text).toContain('3 年—');
  expect(text).toMatch(/IP 地址：182\.61\.0\.41——/);
});

test('CTR-16 pay as you go shows a dash; alone, it leaves the contract without an amount', async () => {
  const usage = sampleRow(1, { cashPayable: null });
  const mixed = await flat(
    sampleContent(2, { rows: [usage, sampleRow(2)], total: { amount: '100.00', currency: 'CNY' } }),
  );
  expect(mixed).toContain('12 个月—');
  expect(mixed).toContain('按量付费服务，费用按实际用量以账单为准，不计入合同金额');
  const alone = await flat(sampleContent(1, { rows: [usage], total: null }));
  expect(alone).toContain('本合同不载明金额');
  expect(alone).not.toContain('¥');
  expect(alone).not.toContain('合计');
});

test('CTR-17 a draft has the watermark on every page and no seal; an official one has none', async () => {
  const draft = await print(sampleContent(40));
  expect(draft.pages.length).toBeGreaterThan(2);
  for (const page of draft.pages) {
    expect(page.lines).toContain('草稿 DRAFT');
    expect(page.operators).toMatch(/\/F\d+ 84 Tf/);
    expect(page.operators).not.toContain('/Seal Do');
  }
  const official = await print(sampleContent(40, { mark: 'official' }));
  for (const page of official.pages) expect(page.text).not.toContain('DRAFT');
});

test('CTR-17 the same draft is downloaded byte by byte the same, whatever was printed between', async () => {
  const first = await renderDocument(sampleContent(3));
  await renderDocument(sampleContent(5, { ...english, mark: 'official' }));
  expect((await renderDocument(sampleContent(3))).equals(first)).toBe(true);
});

test('CTR-19 text stays text, in embedded and subset fonts', async () => {
  const { objects } = await print(sampleContent(1));
  const fonts = [...objects.values()].filter((dictionary) => dictionary.includes('/Type /Font\n'));
  expect(fonts.filter((font) => font.includes('/Subtype /Type0')).length).toBe(2);
  const descriptors = [...objects.values()].filter((dictionary) =>
    dictionary.includes('/Type /FontDescriptor'),
  );
  expect(descriptors.length).toBe(2);
  for (const descriptor of descriptors) {
    expect(descriptor).toMatch(/\/FontName \/[A-Z]{6}\+NotoSansSC-/);
    expect(descriptor).toMatch(/\/FontFile2 \d+ 0 R/);
  }
});

test(
  'CTR-19 500 orders paginate under repeated table heads, each once and in order, while other work ' + 'runs',
  async () => {
    let turns = 0;
    const tick = () => {
      turns += 1;
      pulse = setImmediate(tick);
    };
    let pulse = setImmediate(tick);
    const { pages } = await print(sampleContent(500));
    clearImmediate(pulse);
    expect(turns).toBeGreaterThan(50);
    const found = pages.flatMap(({ lines }) => [...lines.join('').matchAll(/IP 地址：182\.61\.0\.(\d+)/g)]);
    expect(found.length).toBe(500);
    for (const page of pages) {
      if (page.text.includes('IP 地址')) expect(page.lines).toContain('规格配置');
    }
    const ids = [
      ...pages
        .map(({ lines }) => lines.join(''))
        .join('')
        .matchAll(/ord_\d{32}/g),
    ].map(([id]) => id);
    expect(ids).toEqual(
      Array.from({ length: 500 }, (_, index) => `ord_${String(index + 1).padStart(32, '0')}`),
    );
    pages.forEach((page, index) => {
      expect(page.lines).toContain(`第 ${String(index + 1)} 页 共 ${String(pages.length)} 页`);
    });
  },
);

const options = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: '选项', value: `allow tcp 10.0.0.${index} 说明` }));
/** The lines that stand below their rows, as one text. */
const belowRows = ({ pages }: Awaited<ReturnType<typeof print>>) =>
  pages
    .flatMap(({ placed }) => placed.filter(({ x, text }) => x === 49 && !text.startsWith('（接第')))
    .map(({ text }) => text)
    .join('')
    .replaceAll(' ', '');

test(
  'CTR-14 CTR-19 a long configuration stands below its row over the full width, and goes on at the ' +
    'next page',
  async () => {
    const configuration = options(700);
    const pdf = await print(sampleContent(1, { rows: [sampleRow(1, { configuration })] }));
    expect(pdf.pages.length).toBeGreaterThan(3);
    expect(belowRows(pdf)).toBe(
      `规格配置：${configuration.map(({ name, value }) => `${name}：${value}`).join('；')}`.replaceAll(
        ' ',
        '',
      ),
    );
    expect(pdf.pages.slice(1, 3).map(({ lines }) => lines.includes('（接第 1 项）'))).toEqual([true, true]);
    expect(pdf.pages[0]!.lines).toContain('见下');
  },
);

test('CTR-14 CTR-19 orders with sixty long options each take half a page an order', async () => {
  const rows = Array.from({ length: 20 }, (_, index) => sampleRow(index + 1, { configuration: options(60) }));
  const { pages } = await print(sampleContent(20, { rows }));
  expect(pages.length).toBeLessThanOrEqual(11);
});

test.each([3, 5, 10, 20, 30, 40, 50, 60, 80, 120])(
  'CTR-19 the head of the table stands over a row on every page, with %i options in each row',
  async (count) => {
    const rows = [1, 2, 3].map((index) => sampleRow(index, { configuration: options(count) }));
    const { pages } = await print(sampleContent(3, { rows }));
    for (const { lines } of pages) {
      const head = lines.indexOf('现金应付');
      if (head === -1) expect(lines.join('')).not.toContain('allow tcp');
      else expect(lines[head + 1]).toMatch(/^(?:\d|（接第 \d 项）)$/);
    }
  },
);

test('CTR-23 terms are stated, or linked, each for its services', async () => {
  const [one, two] = ['https://cloud.example.com/terms', 'https://cloud.example.com/own'];
  const rows = [
    sampleRow(1),
    sampleRow(2, { serviceName: '对象存储', terms: { included: false, url: two } }),
    sampleRow(3, { serviceName: '域名', terms: { included: true, url: null } }),
  ];
  const { pages, objects } = await print(sampleContent(3, { rows, terms: ['一、第一条。', '二、第二条。'] }));
  const text = pages.flatMap(({ lines }) => lines).join('');
  expect(text).toContain(`云服务器 BCC适用乙方公布的服务条款：${one}`);
  expect(text).toContain(`对象存储适用乙方公布的服务条款：${two}`);
  expect(text).toContain('域名适用下列服务条款：一、第一条。二、第二条。');
  for (const url of [one, two]) expect([...objects.values()].join('')).toContain(`/URI (${url})`);

  const all = [sampleRow(1, { serviceName: 'Domain', terms: { included: true, url: null } })];
  const alone = await flat(sampleContent(1, { ...english, rows: all, terms: ['1. First.'] }));
  expect(alone).toMatch(/for the above services, those of these terms of service:1\. First\./);
  expect(alone).not.toContain('https://');
});

test('CTR-23 the terms of service are linked', async () => {
  const { objects, pages } = await print(sampleContent(1));
  expect(pages[0]?.text).toContain('https://cloud.example.com/terms');
  expect([...objects.values()].join('')).toContain('/URI (https://cloud.example.com/terms)');
});

test('CTR-14 text is copied as it was agreed, also where the typeface draws characters alike', async () => {
  const alike = '⾦山 · • ‧ ・ - ‑ … ⋯ ／ ∕ ① ➀ ～ 〜 墫 壿';
  const text = await flat(
    sampleContent(1, { partyA: { name: alike, certificate: null, address: null, contact: null } }),
  );
  expect(text).toContain(alike.replace('⾦', '金'));
  expect(text).toContain('现金应付金额为订单应付金额扣除代金券抵扣及已退现金后的金额');
});

test('what customers typed cannot hide or reorder what is agreed', async () => {
  const name = '甲\u202e公司\u0000\n(乙) \\ ) Tj\u200b';
  expect(
    await flat(sampleContent(1, { partyA: { name, certificate: null, address: null, contact: null } })),
  ).toContain('甲公司 (乙) \\ ) Tj');
});

test('CTR-17 CTR-19 a worker renders the same bytes, with room for a signature and without', async () => {
  const rendering = openRendering({ deadlineMs: 300_000 }, { warn: () => undefined });
  try {
    const asked = { accountId: 'acc_1', left: new AbortController().signal };
    const [draft, official] = [sampleContent(7), sampleContent(40, { ...english, mark: 'official' })];
    const room = { length: 4_000, reason: 'Contract', at: new Date('2026-03-01T02:10:05.000Z') };
    const [one, two] = await Promise.all([rendering.draft(draft, asked), rendering.toSeal(official, room)]);
    expect(one.equals(await renderDocument(draft))).toBe(true);
    expect(two.equals(await renderDocument(official, room))).toBe(true);
    const malformed = sampleContent(1, { timeZone: 'nowhere' });
    await expect(rendering.draft(malformed, asked)).rejects.toThrow(RangeError);
  } finally {
    await rendering.close();
  }
});
