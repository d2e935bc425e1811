import { isReadable, ReadableLine, Reason } from './fields.ts';

const unreadable: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['blanks', ' \t\u00a0\u3000\u2028'],
  ['controls', '\u0007\u0085'],
  ['characters that leave no mark', '\u200b\u200d\ufeff\u00ad\u3164\u{e0020}'],
  ['the blank of Braille', '\u2800'],
  ['marks without a letter', '\u0301\u20dd\u0e31\ufe0f'],
  ['no characters', '\uffff\ufdd0\u{1ffff}'],
  ['private ones', '\ue000\uf8ff\u{100000}'],
  ['half a pair', '\ud800'],
  ['placeholders', '\ufffc\ufffd\ufff9'],
];

test.each(unreadable)('API-2 in %s nobody can read anything', (_, text) => {
  for (const told of [text, `${text} ${text}`]) {
    expect(isReadable(told)).toBe(false);
    expect(Reason(100).safeParse(told).success).toBe(false);
    expect(ReadableLine(100).safeParse(told).success).toBe(false);
  }
});

test.each(['a', '汉', '👍', '1', '.', 'é', 'e\u0301', 'กำ', '👩\u200d💻', '\u0301a', '𠮷'])(
  'API-2 one reads %s, which a line keeps to the letter',
  (text) => {
    expect(isReadable(text)).toBe(true);
    expect(ReadableLine(10).parse(` ${text} `)).toBe(` ${text} `);
    expect(Reason(10).parse(` ${text} `)).toBe(text);
  },
);

test('a line is one, and as long as it may be', () => {
  for (const text of ['a\nb', 'a\u0000', 'x'.repeat(11)])
    expect(ReadableLine(10).safeParse(text).success).toBe(false);
  expect(Reason(10).safeParse('a\nb').success).toBe(true);
});
