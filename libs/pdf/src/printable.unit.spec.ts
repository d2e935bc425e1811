import { loadGlyphCheck } from './missing-glyphs.ts';
import { folded, printable } from './printable.ts';
import { loadTypefaces } from './typeface.ts';

test('a text as it is set has no control or direction characters, and is one line', () => {
  expect(printable('甲\u202e公司\u0000\n(乙) \\ ) Tj\u200b')).toBe('甲公司 (乙) \\ ) Tj');
});

test('a radical is set as the ideograph that it looks like, whichever block it is of', () => {
  expect(folded('⾦山⻓城账⼾⻋⻔⼈民')).toBe('金山长城账户车门人民');
});

test('each radical has an ideograph that the typefaces draw alike, or its standard one, or is refused', async () => {
  const missing = await loadGlyphCheck();
  const { regular, bold } = await loadTypefaces();
  const radicals = Array.from({ length: 0x2fe0 - 0x2e80 }, (_, i) => String.fromCodePoint(0x2e80 + i)).filter(
    (character) => /\p{Radical}/u.test(character),
  );
  expect(radicals.length).toBe(329);
  const unlike = radicals.filter((one) => {
    const ideograph = folded(one);
    if (ideograph === one) return !missing(one);
    if (!/^\p{Unified_Ideograph}$/u.test(ideograph)) return true;
    const alike = [regular, bold].every(
      ({ font }) =>
        font.glyphForCodePoint(one.codePointAt(0)!).id ===
        font.glyphForCodePoint(ideograph.codePointAt(0)!).id,
    );
    return !alike && ideograph !== one.normalize('NFKC');
  });
  expect(unlike).toEqual([]);
});

test.each([
  ['a direction', '甲\u202e公司', ['U+202E']],
  ['isolates and marks of direction', 'a\u2066b\u2069\u200e', ['U+2066', 'U+2069', 'U+200E']],
  [
    'joiners and spaces of no width',
    '甲\u200b\u200c\u200d\u2060\ufeff乙\u00ad',
    ['U+200B', 'U+200C', 'U+200D', 'U+2060', 'U+FEFF', 'U+00AD'],
  ],
  ['a tag', '甲\u{e0041}', ['U+E0041']],
  ['variation selectors', '葛\u{e0100}辻\ufe00', ['U+E0100', 'U+FE00']],
  ['fillers', '甲\u3164\u034f\u2800', ['U+3164', 'U+034F', 'U+2800']],
  ['a control', '甲\u0007\u009f', ['U+0007', 'U+009F']],
  ['private and unassigned characters, half a pair', '\ue000\u0378\ud800', ['U+E000', 'U+0378', 'U+D800']],
  ['a radical that is no ideograph', '⺀⺌', ['⺀ (U+2E80)', '⺌ (U+2E8C)']],
  ['a mark that no letter takes in', 'x\u0300', ['U+0300']],
  ['what passes for another character, or stands for one', '𝐀\ufffc', ['𝐀 (U+1D400)', 'U+FFFC']],
  ['another script', 'Ł김', ['Ł', '김']],
])('what is not shown as it is meant is named so that one sees it: %s', async (_, text, characters) => {
  expect((await loadGlyphCheck())({ name: text })).toEqual({ characters, fields: ['/name'] });
});

test('what is shown as it is meant is not refused', async () => {
  const fine = [
    '⾦山',
    'cafe\u0301',
    '阿凡提·买买提 • ‧ ・',
    '甲\u3000乙\n丙\u00a0丁',
    '①② № ½ Ω ～〜 …⋯ ㈱',
    '𧾷',
    '',
  ];
  expect((await loadGlyphCheck())(fine)).toBeUndefined();
});
