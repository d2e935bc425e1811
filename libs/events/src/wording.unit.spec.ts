import { ContractRefusalCode, ContractStatus } from './contract.ts';
import { BillType, Fulfilment, OrderStatus, OrderType } from './order.ts';
import { ChargeType, DomainServiceType, PriceUnit } from './product.ts';
import { RefundRefusalCode, RefundStatus } from './refund.ts';
import { ReservationRefusalCode } from './reservation.ts';
import { TicketKind, TicketSnapshot } from './ticket.ts';
import {
  clauseOf,
  problemTextsOf,
  refusalWords,
  remarkOf,
  sentenceOf,
  wordOf,
  type RefusalReasonCode,
  type RefusalWords,
} from './wording.ts';

const codes = new Set<RefusalReasonCode>([
  ...ReservationRefusalCode.options,
  ...ContractRefusalCode.options,
  ...RefundRefusalCode.options,
]);

test('CTR-3 ORD-12 RFD-3 every code of refusal, and nothing else, has words in both languages', () => {
  expect(Object.keys(refusalWords).sort()).toEqual([...codes].sort());

  const { FROZEN, UNPAID } = refusalWords;
  // @ts-expect-error a code without words does not compile
  const partial: RefusalWords<'FROZEN' | 'UNPAID'> = { FROZEN };
  // @ts-expect-error a code without words in one of the languages does not compile
  const english: RefusalWords<'UNPAID'> = { UNPAID: { clause: { en: UNPAID.clause.en } } };
  // @ts-expect-error words for what is no code do not compile
  const foreign: RefusalWords<'UNPAID'> = { UNPAID, FROZEN };
  expect([partial, english, foreign]).toHaveLength(3);
});

test.each([...codes])('API-16 %s has a clause for a list and a whole sentence', (code) => {
  for (const locale of ['en', 'zh-CN'] as const) {
    const names = [...(refusalWords[code].sentence?.en ?? '').matchAll(/\{(\w+)\}/g)].map(
      ([, name]) => name!,
    );
    const facts = Object.fromEntries(names.map((name) => [name, `<${name}>`]));
    const sentence = sentenceOf(code, facts, locale);
    expect(sentence).toMatch(locale === 'en' ? /^[A-Z].*\.$/ : /。$/);
    for (const fact of Object.values(facts)) expect(sentence).toContain(fact);
    expect(sentence).not.toMatch(/[{}]/);
    const clause = clauseOf(code, locale);
    expect(clause).not.toMatch(/[{}]|[.。]$|^[A-Z]/);
    expect(clause).not.toBe(code);
  }
});

test('API-16 a sentence names its facts, lists several, and is short where one is not known', () => {
  const { 'contract.unprintable': problem } = problemTextsOf(['contract.unprintable']);
  const facts = { characters: ['😀', '☃'], fields: ['/productName'] };
  expect(sentenceOf('contract.unprintable', facts, 'en')).toMatch(/cannot show 😀, ☃ \(in \/productName\)\./);
  expect(sentenceOf('contract.unprintable', {}, 'en')).toBe(problem.en.title);
  expect(problem.en).toEqual({
    title: 'Characters that no document can show',
    detail: refusalWords['contract.unprintable'].sentence!.en,
  });
  expect(sentenceOf('UNPAID', {}, 'zh-CN')).toBe('订单未支付。');
});

test.each([...codes])('API-16 the closer sentences of %s are whole in both languages', (code) => {
  for (const [fact, sentence] of Object.entries(refusalWords[code].where ?? {}))
    for (const locale of ['en', 'zh-CN'] as const) {
      const said = sentenceOf(code, { [fact]: `<${fact}>` }, locale);
      expect(said).toBe(sentence[locale].replace(`{${fact}}`, `<${fact}>`));
      expect(said).toMatch(locale === 'en' ? /^[A-Z][^{}]*\.$/ : /^[^{}]*。$/);
    }
});

test('EVT-3 a code that a newer service says stands for itself', () => {
  expect(clauseOf('contract.of_tomorrow', 'en')).toBe('contract.of_tomorrow');
  expect(clauseOf('toString', 'zh-CN')).toBe('toString');
});

test.each<[fact: string, values: readonly string[]]>([
  ['status', OrderStatus.options],
  ['status', ContractStatus.options],
  ['status', RefundStatus.options],
  ['status', TicketSnapshot.shape.status.options],
  ['fulfilment', Fulfilment.options],
  ['orderType', OrderType.options],
  ['billType', BillType.options],
  ['chargeType', ChargeType.options],
  ['unit', PriceUnit.options],
  ['serviceType', DomainServiceType.options],
  ['kind', TicketKind.options],
])('API-16 each %s of %j has words in both languages', (fact, values) => {
  for (const value of values) {
    expect(wordOf(fact, value, 'en')).toMatch(/^[^_]+$/);
    expect(wordOf(fact, value, 'zh-CN')).toMatch(/^(\p{sc=Han}|GB|[（）])+$/u);
  }
  expect(wordOf(fact, 'toString', 'en')).toBeUndefined();
});

test('CTR-24 a reason of ours has words where a person’s text stands as it is', () => {
  expect(['en', 'zh-CN'].map((locale) => remarkOf('contract_ended', locale as 'en'))).toEqual([
    'The contract has ended.',
    '合同已终止。',
  ]);
  expect(remarkOf('Settled by telephone', 'zh-CN')).toBe('Settled by telephone');
});
