import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';

export type Weight = 'regular' | 'bold';

/** One weight of Noto Sans SC, in which all documents are set. */
export interface Typeface {
  /** Measures text and gives outlines; files embed it by `embeddedFont`. */
  readonly font: Font;
  /** Width of a character in em. */
  advance(character: string): number;
}

export type Typefaces = Readonly<Record<Weight, Typeface>>;

const files: Readonly<Record<Weight, string>> = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  bold: '@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf',
};

let typefaces: Promise<Typefaces> | undefined;

/** Read at the first use and shared from then on: 21 MB that a process without documents does not hold. */
export function loadTypefaces(): Promise<Typefaces> {
  typefaces ??= Promise.all([openTypeface('regular'), openTypeface('bold')]).then(
    ([regular, bold]) => ({ regular, bold }),
    (cause: unknown) => {
      typefaces = undefined;
      throw cause;
    },
  );
  return typefaces;
}

async function openTypeface(weight: Weight): Promise<Typeface> {
  const { create } = await import('fontkit');
  const font = create(await readFile(createRequire(import.meta.url).resolve(files[weight])));
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
  return { font, advance };
}
