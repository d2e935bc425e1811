import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { businessDayEnd, holidaysEndSoon, loadProfile, shippedProfiles, type Profile } from './index.ts';

const DAY = 86_400_000;
const baidu = loadProfile('baidu');
const alibaba = loadProfile('alibaba');
const example = loadProfile('example');

const folder = mkdtempSync(join(tmpdir(), 'accord-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a profile file and answers its path. */
function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

/** Why a file that extends baidu with `over` is refused, without the file's own name. */
function refusal(over: unknown): string {
  const path = file('refused.json', { extends: 'baidu', ...(over as object) });
  try {
    loadProfile(path);
  } catch (error) {
    return (error as Error).message.replace(`profile ${path}: `, '');
  }
  return 'none';
}

describe('what the shipped profiles say, field by field', () => {
  const fields: [
    field: string,
    read: (profile: Profile) => unknown,
    baidu: unknown,
    alibaba: unknown,
    example: unknown,
  ][] = [
    ['provider.zh-CN', (p) => p.provider['zh-CN'].name, '百度智能云', '阿里云', '示例云'],
    ['provider.en', (p) => p.provider.en.name, 'Baidu AI Cloud', 'Alibaba Cloud', 'Example Cloud'],
    ['orders.payWithin', (p) => p.orders.payWithinMs, 7 * DAY, 7 * DAY, 3 * DAY],
    [
      'orders.payWithinWhenContracted',
      (p) => p.orders.payWithinWhenContractedMs,
      7 * DAY,
      30 * DAY,
      14 * DAY,
    ],
    ['orders.downgradeReturns', (p) => p.orders.downgradeReturns, 'none', 'difference', 'difference'],
    ['contracts.sources', (p) => p.contracts.sources, ['order'], ['order', 'bill'], ['order', 'bill']],
    [
      'contracts.excludedCategories',
      (p) => p.contracts.excludedCategories,
      ['MKT', 'MKT_BD', 'MKT_V', 'AI_MKT', 'CUSTOM'],
      [],
      ['CUSTOM'],
    ],
    ['contracts.marketplace', (p) => p.contracts.marketplace, 'excluded', 'alone', 'alone'],
    [
      'contracts.marketplaceCategories',
      (p) => p.contracts.marketplaceCategories,
      ['MKT', 'MKT_BD', 'MKT_V', 'AI_MKT'],
      ['MKT'],
      ['MKT'],
    ],
    ['contracts.partnerCustomers', (p) => p.contracts.partnerCustomers, 'allowed', 'refused', 'allowed'],
    ['contracts.removeDraft', (p) => p.contracts.removeDraft, 'void', 'delete', 'void'],
    ['contracts.voidOfficial', (p) => p.contracts.voidOfficial, 'ticket', 'self_service', 'self_service'],
    ['contracts.splitByInvoicingEntity', (p) => p.contracts.splitByInvoicingEntity, true, true, true],
    [
      'contracts.paper',
      (p) => p.contracts.paper,
      { by: 'ticket' },
      { by: 'self_service', minCopies: 1, maxCopies: 6, mailedWithinBusinessDays: [3, 5] },
      { by: 'self_service', minCopies: 1, maxCopies: 3, mailedWithinBusinessDays: [2, 4] },
    ],
    [
      'contracts.unpaidDomainServiceTypes',
      (p) => p.contracts.unpaidDomainServiceTypes,
      'any',
      ['registration', 'renewal', 'transfer_in', 'redemption', 'buyback', 'buyback_zhiyu'],
      ['renewal', 'transfer_in'],
    ],
    [
      'contracts.unpaidDomainRefusedBrands',
      (p) => p.contracts.unpaidDomainRefusedBrands,
      [],
      ['hichina'],
      [],
    ],
    ['contracts.hichinaBrand', (p) => p.contracts.hichinaBrand, 'hichina', 'hichina', 'hichina'],
    ['contracts.invoiceTitleMustMatch', (p) => p.contracts.invoiceTitleMustMatch, false, true, false],
    [
      'contracts.offlineAddress',
      ({ contracts: { offlineAddress } }) => [offlineAddress['zh-CN'].recipient, offlineAddress.en.recipient],
      ['百度智能云合同管理处', 'Baidu AI Cloud Contract Office'],
      ['管青', 'Guan Qing'],
      ['示例云合同管理处', 'Example Cloud Contract Office'],
    ],
    [
      'contracts.termsIncludedFor',
      (p) => p.contracts.termsIncludedFor,
      { brands: [], categories: [] },
      { brands: ['hichina'], categories: ['DOMAIN', 'HOSTING'] },
      { brands: ['example'], categories: ['DOMAIN', 'HOSTING'] },
    ],
    [
      'contracts.termsIncluded',
      ({ contracts: { termsIncluded } }) => [termsIncluded['zh-CN'].length, termsIncluded.en.length],
      [0, 0],
      [7, 7],
      [2, 2],
    ],
    [
      'contracts.termsUrl',
      (p) => new URL(p.contracts.termsUrl).host,
      'cloud.baidu.com',
      'terms.aliyun.com',
      'www.example.com',
    ],
    [
      'contracts.timeStampAway',
      (p) => p.contracts.timeStampAway,
      { then: 'wait' },
      { then: 'seal_without', afterMs: 86_400_000 },
      { then: 'seal_without', afterMs: 86_400_000 },
    ],
    [
      'contracts.icpFiling',
      ({ contracts: { icpFiling } }) =>
        icpFiling === 'none'
          ? icpFiling
          : icpFiling.map(({ region, addresses, servers }) => [region, addresses, servers !== null]),
      'none',
      [
        ['beijing', 'all_equal', true],
        ['guangdong', 'any', true],
        ['shanghai', 'contract_is_destination', false],
        ['hebei', 'contract_is_destination', false],
      ],
      'none',
    ],
    ['contracts.draftRemindAfter', (p) => p.contracts.draftRemindAfterMs, 7 * DAY, 7 * DAY, 3 * DAY],
    ['contracts.draftExpiresAfter', (p) => p.contracts.draftExpiresAfterMs, null, null, 30 * DAY],
    ['tickets.hours.days', (p) => p.tickets.days, [1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
    [
      'tickets.hours',
      (p) => `${p.tickets.from}-${p.tickets.to}`,
      '09:30-18:00',
      '09:30-18:00',
      '09:30-18:00',
    ],
    ['tickets.hours.timeZone', (p) => p.tickets.timeZone, 'Asia/Shanghai', 'Asia/Shanghai', 'Asia/Shanghai'],
    ['tickets.hours.holidays', (p) => p.tickets.holidays.includes('2026-10-01'), true, true, true],
    [
      'tickets.hours.makeUpWorkdays',
      (p) => p.tickets.makeUpWorkdays.includes('2026-10-10'),
      true,
      true,
      true,
    ],
    ['tickets.hours.listedUntil', (p) => p.tickets.listedUntil, '2027-12-31', '2027-12-31', '2027-12-31'],
    ['refunds.packageWindow', (p) => p.refunds.packageWindowDays, 7, 5, 3],
    ['refunds.consumption', (p) => p.refunds.consumption, 'day', 'day', 'hour'],
    [
      'refunds.fee',
      ({ refunds: { fees } }) =>
        fees.map(({ termMonths, steps }) => [termMonths, ...steps.map((step) => step.percent)]),
      [],
      [],
      [
        [1, '10'],
        [12, '10'],
        [24, '15', '10'],
        [36, '15', '10', '5'],
      ],
    ],
    [
      'refunds.vouchersReturn',
      (p) => p.refunds.vouchersReturn,
      'only_failed_fulfilment',
      'only_failed_fulfilment',
      'always',
    ],
    [
      'refunds.reviewAbove',
      (p) => p.refunds.reviewAbove,
      { amount: '50000.00', currency: 'CNY' },
      { amount: '50000.00', currency: 'CNY' },
      { amount: '20000.00', currency: 'CNY' },
    ],
    [
      'refunds.abuse',
      (p) => p.refunds.abuse,
      { count: 10, sum: { amount: '100000.00', currency: 'CNY' } },
      { count: 10, sum: { amount: '100000.00', currency: 'CNY' } },
      { count: 5, sum: { amount: '50000.00', currency: 'CNY' } },
    ],
    ['refunds.yearlyQuota', (p) => p.refunds.yearlyQuota, null, null, 6],
    [
      'invoicingEntities',
      (p) => p.invoicingEntities.map((entity) => `${entity.code} ${entity.currency}`),
      ['baidu_netcom CNY', 'baidu_cloud CNY'],
      ['aliyun_computing CNY', 'hichina CNY'],
      ['example_cloud CNY', 'example_services CNY'],
    ],
  ];

  test('every field of the schema is in the table', () => {
    const read = (name: string): unknown =>
      JSON.parse(readFileSync(new URL(`./profiles/${name}.json`, import.meta.url), 'utf8'));
    const groups = Object.entries(read('baidu') as Record<string, object>).filter(
      ([, group]) => typeof group === 'object' && !Array.isArray(group),
    );
    const all = groups.flatMap(([group, of]) => Object.keys(of).map((field) => `${group}.${field}`));
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((field) => !fields.some(([named]) => named === field))).toEqual([]);
  });

  test.each(fields)('%s', (_field, read, ofBaidu, ofAlibaba, ofExample) => {
    expect(read(baidu)).toEqual(ofBaidu);
    expect(read(alibaba)).toEqual(ofAlibaba);
    expect(read(example)).toEqual(ofExample);
  });

  test('each names itself, its version and its time zone', () => {
    for (const name of shippedProfiles)
      expect(loadProfile(name)).toMatchObject({ name, version: '1', timeZone: 'Asia/Shanghai' });
  });

  test('no two fields of different profiles are one object', () => {
    loadProfile('baidu').contracts.sources.push('bill');
    expect(loadProfile('baidu').contracts.sources).toEqual(['order']);
  });
});

describe('a profile of one’s own', () => {
  test('extends another and says only what differs', () => {
    const path = file('story.json', {
      extends: 'baidu',
      name: 'story',
      orders: { payWithin: 'PT20S' },
      contracts: { sources: ['bill'] },
    });
    const story = loadProfile(path);
    expect(story).toEqual({
      ...baidu,
      name: 'story',
      orders: { ...baidu.orders, payWithinMs: 20_000, payWithinWhenContractedMs: 7 * DAY },
      contracts: { ...baidu.contracts, sources: ['bill'] },
    });
  });

  test('may extend a file beside it, and never itself', () => {
    file('first.json', { extends: 'alibaba', name: 'first', orders: { payWithin: 'P1DT12H30M' } });
    const second = loadProfile(file('second.json', { extends: './first.json' }));
    expect(second).toMatchObject({
      name: 'first',
      orders: { payWithinMs: 131_400_000 },
      refunds: { packageWindowDays: 5 },
    });
    file('a.json', { extends: 'b.json' });
    expect(() => loadProfile(file('b.json', { extends: 'a.json' }))).toThrow('extends itself');
  });

  test('expresses fees by term and time used, hours, a quota and vouchers that return', () => {
    const fee = [
      { term: 'P1M', steps: [{ usedUpTo: 'P1M', percent: '10' }] },
      { term: 'P1Y', steps: [{ usedUpTo: 'P12M', percent: '10' }] },
      {
        term: 'P3Y',
        steps: ['P1Y', 'P2Y', 'P3Y'].map((usedUpTo, i) => ({ usedUpTo, percent: ['15', '10', '5'][i] })),
      },
    ];
    const fees = [
      { termMonths: 1, steps: [{ usedUpToMonths: 1, percent: '10' }] },
      { termMonths: 12, steps: [{ usedUpToMonths: 12, percent: '10' }] },
      {
        termMonths: 36,
        steps: [12, 24, 36].map((usedUpToMonths, i) => ({ usedUpToMonths, percent: ['15', '10', '5'][i] })),
      },
    ];
    const path = file('fees.json', {
      extends: 'baidu',
      refunds: { fee, consumption: 'hour', yearlyQuota: 3, vouchersReturn: 'always' },
    });
    expect(loadProfile(path).refunds).toMatchObject({
      fees,
      consumption: 'hour',
      yearlyQuota: 3,
      vouchersReturn: 'always',
    });
  });
});

describe('a profile that does not validate names the field', () => {
  const step = (usedUpTo: string, percent = '10') => ({ usedUpTo, percent });
  const entity = alibaba.invoicingEntities[0];

  type Refused = [field: string, over: object, why: string];
  const spoiltTexts: Refused[] = [
    ...[
      'javascript:alert(1)',
      'ftp://h/terms',
      'mailto:a@b.cn',
      'https://u:p@h/',
      'https:\\\\h',
      'https://',
    ].map((termsUrl): Refused => ['contracts.termsUrl', { contracts: { termsUrl } }, 'is an address']),
    ...['https://h/?x=1', 'https://h/#f'].map((consoleUrl): Refused => [
      'provider.en.consoleUrl',
      { provider: { en: { consoleUrl } } },
      'has no query',
    ]),
    ...['   ', ' A', 'A ', 'A\nB', 'A\u0000', 'A\u202e', 'A\u2028B', '\ufffd', '\u3000'].map(
      (name): Refused => ['provider.en.name', { provider: { en: { name } } }, 'is one line of text'],
    ),
  ];

  test.each<Refused>([
    ['orders.payWithin', { orders: { payWithin: '7 days' } }, 'is an ISO 8601 duration'],
    ['orders.payWithin', { orders: { payWithin: 604_800 } }, 'expected string'],
    ['orders.payWithin', { orders: { payWithin: 'PT0S' } }, 'is longer than 0'],
    ['orders.grace', { orders: { grace: 'P1D' } }, 'is no field of a profile'],
    ['color', { color: 'red' }, 'is no field of a profile'],
    ['timeZone', { timeZone: 'Asia/Pekin' }, 'is an IANA time zone'],
    ['timeZone', { timeZone: '+08:00' }, 'is an IANA time zone'],
    ['contracts.sources', { contracts: { sources: [] } }, 'names one at least'],
    ['contracts.timeStampAway.then', { contracts: { timeStampAway: { then: 'hope' } } }, 'Invalid'],
    ['contracts.timeStampAway.after', { contracts: { timeStampAway: { after: 'P1D' } } }, 'is no field'],
    [
      'contracts.timeStampAway.after',
      { contracts: { timeStampAway: { then: 'seal_without', after: 'PT0S' } } },
      'is longer than 0',
    ],
    ['contracts.sources', { contracts: { sources: ['order', 'order'] } }, 'names each once'],
    ['contracts.marketplaceCategories', { contracts: { marketplaceCategories: [] } }, 'names one at least'],
    [
      'contracts.excludedCategories',
      { contracts: { excludedCategories: ['MKT', 'MKT'] } },
      'names each once',
    ],
    [
      'contracts.termsIncludedFor',
      { contracts: { termsIncludedFor: { brands: ['hichina'], categories: [] } } },
      'names brands and categories, or neither',
    ],
    [
      'contracts.draftExpiresAfter',
      { contracts: { draftExpiresAfter: 'P7D' } },
      'is longer than draftRemindAfter',
    ],
    ['contracts.draftRemindAfter', { contracts: { draftRemindAfter: null } }, 'expected string'],
    [
      'contracts.icpFiling',
      {
        contracts: {
          icpFiling: ['a', 'a'].map((region) => ({ region, addresses: 'any', servers: null })),
        },
      },
      'names each region once',
    ],
    ...spoiltTexts,
    ['version', { version: '1\n2' }, 'is one line of text'],
    ['provider.en.support', { provider: { en: { support: 'x'.repeat(301) } } }, 'Too big'],
    [
      'contracts.paper.maxCopies',
      { contracts: { paper: { by: 'self_service', minCopies: 1, maxCopies: 1e9 } } },
      'Too big',
    ],
    [
      'contracts.paper.mailedWithinBusinessDays.1',
      { contracts: { paper: { by: 'self_service', mailedWithinBusinessDays: [3, 100_000] } } },
      'Too big',
    ],
    [
      'contracts.excludedCategories',
      { contracts: { excludedCategories: ['CUSTOM'] } },
      'lacks MKT, MKT_BD, MKT_V, AI_MKT',
    ],
    [
      'contracts.paper.maxCopies',
      { contracts: { paper: { by: 'self_service', minCopies: 1 } } },
      'expected number',
    ],
    ['contracts.unpaidDomainServiceTypes', { contracts: { unpaidDomainServiceTypes: ['resale'] } }, ''],
    [
      'contracts.offlineAddress.zh-CN.phone',
      { contracts: { offlineAddress: { 'zh-CN': { phone: '' } } } },
      'Too small',
    ],
    ['contracts.offlineAddress.phone', { contracts: { offlineAddress: { phone: '1' } } }, 'is no field'],
    [
      'contracts.termsIncluded',
      { contracts: { termsIncludedFor: { brands: ['hichina'], categories: ['DOMAIN'] } } },
      'has the terms that contracts of termsIncludedFor include',
    ],
    ['provider.zh-CN.name', { provider: { 'zh-CN': { name: '' } } }, 'Too small'],
    ['provider.en.support', { provider: { en: { support: null } } }, 'expected string'],
    ['provider.en.consoleUrl', { provider: { en: { consoleUrl: 'console.example.com' } } }, 'is an address'],
    ['provider.en.consoleUrl', { provider: { en: { consoleUrl: 'javascript:alert(1)' } } }, 'is an address'],
    ['tickets.hours.to', { tickets: { hours: { to: '09:00' } } }, 'is later than from'],
    ['tickets.hours.holidays.0', { tickets: { hours: { holidays: ['2026-02-30'] } } }, 'Invalid ISO date'],
    [
      'tickets.hours.makeUpWorkdays.0',
      { tickets: { hours: { makeUpWorkdays: ['2026-10-03'] } } },
      '2026-10-03 is a holiday as well',
    ],
    [
      'tickets.hours.makeUpWorkdays.0',
      { tickets: { hours: { makeUpWorkdays: ['2026-11-20'] } } },
      '2026-11-20 is worked anyway',
    ],
    [
      'tickets.hours.listedUntil',
      { tickets: { hours: { listedUntil: '2026-12-31' } } },
      'is not before the last day listed, 2027-10-05',
    ],
    ['refunds.packageWindow', { refunds: { packageWindow: 'PT36H' } }, 'is a duration of whole days'],
    ['refunds.reviewAbove.amount', { refunds: { reviewAbove: { amount: 50_000 } } }, 'expected string'],
    ['refunds.packageWindow', { refunds: { packageWindow: 'P0D' } }, 'is longer than 0'],
    ['refunds.packageWindow', { refunds: { packageWindow: 'P99999999D' } }, 'is at most 3660 days'],
    [
      'refunds.reviewAbove.amount',
      { refunds: { reviewAbove: { amount: '-1.00', currency: 'CNY' } } },
      'is not below 0',
    ],
    [
      'refunds.reviewAbove.currency',
      { refunds: { reviewAbove: { amount: '1.00', currency: 'XXX' } } },
      'unknown currency',
    ],
    [
      'refunds.reviewAbove.currency',
      { refunds: { reviewAbove: { amount: '1.00', currency: 'USD' } } },
      'an invoicing entity bills in',
    ],
    ['refunds.abuse.count', { refunds: { abuse: { count: 0 } } }, 'expected number to be >0'],
    [
      'refunds.abuse.sum.amount',
      { refunds: { abuse: { sum: { amount: '-1.00', currency: 'CNY' } } } },
      'is not below 0',
    ],
    [
      'refunds.abuse.sum.currency',
      { refunds: { abuse: { sum: { amount: '1.00', currency: 'USD' } } } },
      'an invoicing entity bills in',
    ],
    ['tickets.hours.days', { tickets: { hours: { days: [1, 1] } } }, 'names each day once'],
    [
      'tickets.hours.holidays',
      { tickets: { hours: { holidays: ['2026-01-01', '2026-01-01'] } } },
      'names each day once',
    ],
    [
      'contracts.paper.mailedWithinBusinessDays',
      {
        contracts: {
          paper: { by: 'self_service', minCopies: 1, maxCopies: 2, mailedWithinBusinessDays: [5, 3] },
        },
      },
      'is the first day, then the last',
    ],
    ['orders.payWithin', { orders: { payWithin: 'P4000D' } }, 'is at most 3660 days'],
    [
      'orders.payWithinWhenContracted',
      { orders: { payWithinWhenContracted: 'P6D' } },
      'is at least payWithin',
    ],
    [
      'refunds.fee.0.steps',
      { refunds: { fee: [{ term: 'P2Y', steps: [step('P2Y'), step('P12M')] }] } },
      'usedUpTo ascends',
    ],
    [
      'refunds.fee.0.steps',
      { refunds: { fee: [{ term: 'P2Y', steps: [step('P1Y')] }] } },
      'ends with usedUpTo = term',
    ],
    ['refunds.fee.0.term', { refunds: { fee: [{ term: 'P0M', steps: [step('P1M')] }] } }, 'is longer than 0'],
    [
      'refunds.fee.0.term',
      { refunds: { fee: [{ term: 'P30D', steps: [step('P1M')] }] } },
      'years and months',
    ],
    [
      'refunds.fee.0.term',
      { refunds: { fee: [{ term: 'P99Y', steps: [step('P1M')] }] } },
      'at most 10 years',
    ],
    [
      'refunds.fee',
      { refunds: { fee: ['P1Y', 'P12M'].map((term) => ({ term, steps: [step('P1Y')] })) } },
      'has one table for each term',
    ],
    [
      'refunds.fee.0.steps.0.percent',
      { refunds: { fee: [{ term: 'P1Y', steps: [step('P1Y', '101')] }] } },
      'is a percentage',
    ],
    ['refunds.yearlyQuota', { refunds: { yearlyQuota: -1 } }, 'Too small'],
    ['invoicingEntities', { invoicingEntities: [entity, entity] }, 'names each code once'],
    [
      'invoicingEntities.0.currency',
      { invoicingEntities: [{ ...entity, currency: 'RMB' }] },
      'is a currency',
    ],
    ['extends', { extends: 7 }, 'is the name or the path of a profile'],
  ])('%s %j', (field, over, why) => {
    const message = refusal(over);
    expect(message).toContain(`${field}: `);
    expect(message).toContain(why);
  });

  test('says everything that is wrong at once, with the profile’s name', () => {
    const path = file('two.json', {
      extends: 'baidu',
      orders: { payWithin: 'x' },
      refunds: { consumption: 'week' },
    });
    expect(() => loadProfile(path)).toThrow(
      new RegExp(`^profile ${path}: orders\\.payWithin: .*; refunds\\.consumption: `),
    );
  });

  test('an unknown name, a file that is no JSON and one that is no object are refused', () => {
    expect(() => loadProfile('huawei')).toThrow('shipped are baidu, alibaba, example');
    expect(() => loadProfile(file('broken.json', '{'))).toThrow('is no JSON');
    expect(() => loadProfile(file('list.json', []))).toThrow('is no JSON object');
  });
});

describe('business days', () => {
  const end = (from: string, days = 1) => businessDayEnd(baidu, new Date(from), days).toISOString();

  test('the end of the next business day, whatever the hour', () => {
    expect(end('2026-11-23T00:00:00Z')).toBe('2026-11-24T10:00:00.000Z');
    expect(end('2026-11-23T15:59:59Z')).toBe('2026-11-24T10:00:00.000Z');
  });

  test('the day is that of the provider’s time zone', () => {
    expect(end('2026-11-23T16:00:00Z')).toBe('2026-11-25T10:00:00.000Z');
  });

  test('weekends and holidays are skipped', () => {
    expect(end('2026-11-20T03:00:00Z')).toBe('2026-11-23T10:00:00.000Z');
    expect(end('2026-11-21T03:00:00Z')).toBe('2026-11-23T10:00:00.000Z');
    expect(end('2026-09-30T03:00:00Z')).toBe('2026-10-08T10:00:00.000Z');
    expect(end('2026-02-14T03:00:00Z')).toBe('2026-02-24T10:00:00.000Z');
  });

  test('a day of a weekend that is worked counts: 20 September and 10 October 2026', () => {
    expect(end('2026-09-18T03:00:00Z')).toBe('2026-09-20T10:00:00.000Z');
    expect(end('2026-10-09T03:00:00Z')).toBe('2026-10-10T10:00:00.000Z');
    // Saturday 14 February is worked, the nine days after it are not.
    expect(end('2026-02-13T03:00:00Z', 2)).toBe('2026-02-24T10:00:00.000Z');
  });

  test('the end of the list is near from 90 days before it, by the day in the zone of the hours', () => {
    expect(holidaysEndSoon(baidu, new Date('2027-10-01T15:59:59Z'))).toBe(false);
    expect(holidaysEndSoon(baidu, new Date('2027-10-01T16:00:00Z'))).toBe(true);
    expect(holidaysEndSoon(baidu, new Date('2028-06-01T00:00:00Z'))).toBe(true);
  });

  test('several days are counted one by one', () => {
    expect(end('2026-11-19T03:00:00Z', 5)).toBe('2026-11-26T10:00:00.000Z');
    for (const days of [0, -1, 1.5]) expect(() => end('2026-11-19T03:00:00Z', days)).toThrow(RangeError);
  });
});
