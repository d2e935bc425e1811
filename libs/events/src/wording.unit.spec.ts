import { ContractRefusalCode } from './contract.ts';
import { RefundRefusalCode } from './refund.ts';
import { ReservationRefusalCode } from './reservation.ts';
import {
  clauseOf,
  problemTextsOf,
  refusalWords,
  sentenceOf,
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
