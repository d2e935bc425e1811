import { folded, isMisleading, nameCharacter } from './printable.ts';
import { loadTypefaces } from './typeface.ts';

/**
 * Characters that a document would not show as they are meant: those without a glyph in the typefaces, for
 * which there would be boxes, and those that hide, reorder or pass for others.
 */
export interface MissingGlyphs {
  /** At most 20, each once: itself where one can see it, else its number, `U+202E`. */
  readonly characters: readonly string[];
  /** Where they are: JSON pointers, at most 20. */
  readonly fields: readonly string[];
}

/** Looks at all texts in a value (JSON). Undefined: every character is shown as it is meant. */
export type GlyphCheck = (value: unknown) => MissingGlyphs | undefined;

/** The fonts' answer for each code point that was asked about: a fixed megabyte, whatever the texts. */
const known = new Uint8Array(0x110000);
const [isMissing, isThere] = [1, 2];

/** @throws Error where the typefaces cannot be read. */
export async function loadGlyphCheck(): Promise<GlyphCheck> {
  const fonts = Object.values(await loadTypefaces()).map(({ font }) => font);
  const hasGlyph = (character: string) => {
    const codePoint = character.codePointAt(0)!;
    known[codePoint] ||= fonts.every((font) => font.hasGlyphForCodePoint(codePoint)) ? isThere : isMissing;
    return known[codePoint] === isThere;
  };
  const missingIn = (text: string) =>
    isKnown(text)
      ? []
      : [...folded(text)].filter((character) => isMisleading(character) || !hasGlyph(character));
  const isShown = (value: unknown): boolean =>
    typeof value === 'string'
      ? missingIn(value).length === 0
      : typeof value !== 'object' || value === null || Object.values(value).every(isShown);
  return (value) => {
    if (isShown(value)) return undefined;
    const missing = textsOf(value)
      .map(({ field, text }) => ({ field, characters: missingIn(text) }))
      .filter(({ characters }) => characters.length > 0);
    const characters = new Set(missing.flatMap((one) => one.characters.map(nameCharacter)));
    return {
      characters: [...characters].slice(0, 20),
      fields: missing.map(({ field }) => field).slice(0, 20),
    };
  };
}

/** Whether all of it is ASCII, which both weights have, or ideographs that were asked about and fold to themselves. */
function isKnown(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const isIdeograph = unit >= 0x4e00 && unit <= 0x9fff;
    if (isIdeograph ? known[unit] !== isThere : unit < 0x20 || unit > 0x7e) return false;
  }
  return true;
}

function textsOf(value: unknown, field = ''): { field: string; text: string }[] {
  if (typeof value === 'string') return [{ field, text: value }];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => textsOf(inner, `${field}/${name}`))
    : [];
}
