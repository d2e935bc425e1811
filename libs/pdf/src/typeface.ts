import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';
import { printable } from './line-breaking.ts';

export type Weight = 'regular' | 'strong';

/** A weight of the typeface all documents are set in (CTR-19). */
export interface Face {
  readonly source: Buffer;
  /**
   * Measures text and gives outlines. Never embed it: fontkit keeps with a glyph the characters it first
   * stood for, so each file parses its own.
   */
  readonly font: Font;
  /** Width of a character in em. */
  advance(character: string): number;
}

const files: Record<Weight, string> = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  strong: '@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf',
};

let faces: Promise<Record<Weight, Face>> | undefined;

/**
 * Read at the first application or document and shared from then on: 21 MB that a service which has none does
 * not hold.
 */
export function loadFaces(): Promise<Record<Weight, Face>> {
  faces ??= Promise.all([openFace('regular'), openFace('strong')]).then(
    ([regular, strong]) => ({ regular, strong }),
    (cause: unknown) => {
      faces = undefined;
      throw cause;
    },
  );
  return faces;
}

export interface Unprintable {
  /** At most 20 of them, each once. */
  readonly characters: readonly string[];
  /** Where they are: JSON pointers, at most 20. */
  readonly fields: readonly string[];
}

/**
 * What a document cannot show of all texts in a value (JSON), for it would print boxes instead; undefined
 * where it can show everything.
 */
export type Legibility = (value: unknown) => Unprintable | undefined;

/** Both weights have all of it. */
const plain = /^[ -~]*$/;
/**
 * What the fonts said of each code point, for one that was asked about; a fixed megabyte, whatever customers
 * write.
 */
const known = new Uint8Array(0x110000);
const [isMissing, isThere] = [1, 2];

export async function loadLegibility(): Promise<Legibility> {
  const fonts = Object.values(await loadFaces()).map(({ font }) => font);
  const isShown = (character: string) => {
    const codePoint = character.codePointAt(0)!;
    known[codePoint] ||= fonts.every((font) => font.hasGlyphForCodePoint(codePoint)) ? isThere : isMissing;
    return known[codePoint] === isThere;
  };
  const missingIn = (text: string) =>
    plain.test(text) ? [] : [...printable(text)].filter((character) => !isShown(character));
  return (value) => {
    const missing = textsOf(value)
      .map(({ field, text }) => ({ field, characters: missingIn(text) }))
      .filter(({ characters }) => characters.length > 0);
    if (missing.length === 0) return undefined;
    const characters = new Set(missing.flatMap((one) => one.characters));
    return {
      characters: [...characters].slice(0, 20),
      fields: missing.map(({ field }) => field).slice(0, 20),
    };
  };
}

function textsOf(value: unknown, field = ''): { field: string; text: string }[] {
  if (typeof value === 'string') return [{ field, text: value }];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => textsOf(inner, `${field}/${name}`))
    : [];
}

async function openFace(weight: Weight): Promise<Face> {
  const { create } = await import('fontkit');
  const source = await readFile(createRequire(import.meta.url).resolve(files[weight]));
  const font = create(source);
  if (!('glyphForCodePoint' in font))
    throw new Error(`document: ${files[weight]} is a collection, not a font`);
  const advances = new Map<string, number>();
  const advance = (character: string): number => {
    const known = advances.get(character);
    if (known !== undefined) return known;
    const width = font.glyphForCodePoint(character.codePointAt(0) ?? 0).advanceWidth / font.unitsPerEm;
    advances.set(character, width);
    return width;
  };
  return { source, font, advance };
}
