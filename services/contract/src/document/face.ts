import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Font } from 'fontkit';

export type Weight = 'regular' | 'strong';

/** A weight of the typeface all documents are set in (CTR-19). */
export interface Face {
  readonly source: Buffer;
  /** Measures text and gives outlines. Never embed it: fontkit keeps with a glyph the characters it first stood for, so each file parses its own. */
  readonly font: Font;
  /** Width of a character in em. */
  advance(character: string): number;
}

const files: Record<Weight, string> = {
  regular: '@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf',
  strong: '@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf',
};

let faces: Promise<Record<Weight, Face>> | undefined;

/** Read at the first document and shared from then on: 21 MB that a service which prints nothing does not hold. */
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

async function openFace(weight: Weight): Promise<Face> {
  const { create } = await import('fontkit');
  const source = await readFile(createRequire(import.meta.url).resolve(files[weight]));
  const font = create(source);
  if (!('glyphForCodePoint' in font)) throw new Error(`document: ${files[weight]} is a collection, not a font`);
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
