import type { Font, Subset } from 'fontkit';

/**
 * A typeface as one file embeds it: each character has a glyph of its own in the file, also where the typeface
 * draws several alike, so that text is copied from it as it was set. Nothing is shaped: no ligatures and no
 * kerning, but the advances by which lines are measured. Glyphs are named by their code points.
 */
export const embeddedFont = (font: Font): Font =>
  Object.create(font, {
    layout: { value: (text: string) => layout(font, text) },
    createSubset: { value: () => subsetByCharacter(font) },
  }) as Font;

function layout(font: Font, text: string) {
  const glyphs = [...text].map((character) => {
    const codePoint = character.codePointAt(0)!;
    const { advanceWidth } = font.glyphForCodePoint(codePoint);
    return { id: codePoint, codePoints: [codePoint], advanceWidth };
  });
  const positions = glyphs.map(({ advanceWidth }) => ({
    xAdvance: advanceWidth,
    yAdvance: 0,
    xOffset: 0,
    yOffset: 0,
  }));
  const units = glyphs.reduce((sum, { advanceWidth }) => sum + advanceWidth, 0);
  return { glyphs, positions, advanceWidth: (units * 1000) / font.unitsPerEm };
}

function subsetByCharacter(font: Font) {
  const subset = font.createSubset() as Subset & { glyphs: number[] };
  const places = new Map<number, number>();
  return {
    includeGlyph(codePoint: number) {
      const place = places.get(codePoint) ?? subset.glyphs.push(font.glyphForCodePoint(codePoint).id) - 1;
      places.set(codePoint, place);
      return place;
    },
    encode: () => subset.encode(),
  };
}
