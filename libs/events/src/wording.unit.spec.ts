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

/** The words of each code, then those for each closer case of it, with all that they name. */
const wordings = [...codes].flatMap((code) =>
  [['', refusalWords[code]] as const, ...Object.entries(refusalWords[code].where ?? {})].map(
    ([closer, { clause, sentence }]) => {
      const names = [...`${clause.en} ${sentence?.en ?? ''}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
      const all = closer === '' ? names : [...names, closer];
      return { code, closer, facts: Object.fromEntries(all.map((name) => [name, `<${name}>`])), sentence };
    },
  ),
);

test.each(wordings)(
  'API-16 $code $closer has a clause for a list and a whole sentence',
  ({ code, facts, closer }) => {
    for (const locale of ['en', 'zh-CN'] as const) {
      const sentence = sentenceOf(code, facts, locale);
      expect(sentence).toMatch(locale === 'en' ? /^[A-Z].*\.$/ : /。$/);
      expect(sentence).not.toMatch(/[{}]/);
      const clause = clauseOf(code, facts, locale);
      expect(clause).not.toMatch(/[{}]|[.。]$|^[A-Z]/);
      expect(clause).not.toBe(code);
      if (closer !== '') expect(clause).not.toBe(clauseOf(code, {}, locale));
      for (const fact of Object.values(facts).filter((one) => one !== `<${closer}>`))
        expect(sentence).toContain(fact);
    }
  },
);

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
  expect(sentenceOf('FROZEN', { frozenBy: 'police' }, 'en')).toBe('The instance is frozen (police).');
});

test('EVT-3 a code that a newer service says stands for itself', () => {
  expect(clauseOf('contract.of_tomorrow', {}, 'en')).toBe('contract.of_tomorrow');
  expect(clauseOf('toString', {}, 'zh-CN')).toBe('toString');
});
