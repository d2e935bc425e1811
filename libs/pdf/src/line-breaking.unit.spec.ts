import fc from 'fast-check';
import { breakLines } from './line-breaking.ts';

test('lines keep every character, fit the width, and begin with no closing mark where one could stay', () => {
  const advance = (character: string) => (/[\u0020-\u007e]/.test(character) ? 0.5 : 1);
  const measure = (text: string) => [...text].reduce((sum, character) => sum + advance(character), 0);
  const word = fc.string({ unit: fc.constantFrom(...'甲方，应。付（）清a1-./ ') });
  fc.assert(
    fc.property(word, fc.integer({ min: 4, max: 20 }), (text, width) => {
      const lines = breakLines(text, width, advance);
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
      for (const line of lines) expect(measure(line)).toBeLessThanOrEqual(width);
    }),
  );
  expect(breakLines('甲方应付清，乙方', 5, advance)).toEqual(['甲方应付', '清，乙方']);
});
