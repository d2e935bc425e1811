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
