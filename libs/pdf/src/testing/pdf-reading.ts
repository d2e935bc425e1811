import { inflateSync } from 'node:zlib';

/** A PDF as tests see it: its pages in order, with their text as a reader would select and copy it. */
interface ReadPdf {
  readonly pages: readonly {
    readonly lines: readonly string[];
    /** The lines with the points where they begin, y upwards. */
    readonly placed: readonly PlacedLine[];
    readonly text: string;
    readonly operators: string;
    readonly dictionary: string;
  }[];
  /** Dictionaries of all objects, the latest of each. */
  readonly objects: ReadonlyMap<number, string>;
}

export interface PlacedLine {
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

interface PdfObject {
  readonly dictionary: string;
  readonly stream: Buffer | null;
}

/** @throws Error where the file is not laid out as pdfkit does. */
export function readPdf(file: Buffer): ReadPdf {
  const objects = objectsOf(file);
  const at = (reference: string | undefined): PdfObject => {
    const found = objects.get(Number(reference));
    if (!found) throw new Error(`pdf: no object ${reference ?? 'named'}`);
    return found;
  };
  const root = [...objects.values()].find(({ dictionary }) => dictionary.includes('/Type /Pages'));
  const kids = /\/Kids \[([^\]]*)\]/.exec(root?.dictionary ?? '')?.[1] ?? '';
  const pages = [...kids.matchAll(/(\d+) 0 R/g)].map(([, page]) => {
    const { dictionary } = at(page);
    const resources = at(/\/Resources (\d+) 0 R/.exec(dictionary)?.[1]).dictionary;
    const operators = textOf(at(/\/Contents (\d+) 0 R/.exec(dictionary)?.[1]).stream);
    const fonts = new Map(
      [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name = '', id]) => [
        name,
        unicodeOf(at(id), at),
      ]),
    );
    const placed = linesOf(operators, fonts);
    const lines = placed.map(({ text }) => text);
    return { lines, placed, text: lines.join('\n'), operators, dictionary };
  });
  return { pages, objects: new Map([...objects].map(([id, { dictionary }]) => [id, dictionary])) };
}

function objectsOf(file: Buffer): Map<number, PdfObject> {
  const text = file.toString('latin1');
  const objects = new Map<number, PdfObject>();
  const begin = /(\d+) 0 obj\n/g;
  for (let match = begin.exec(text); match; match = begin.exec(text)) {
    const start = begin.lastIndex;
    const end = text.indexOf('endobj', start);
    const streamAt = text.indexOf('stream\n', start);
    const hasStream = streamAt !== -1 && streamAt < end;
    const dictionary = text.slice(start, hasStream ? streamAt : end);
    const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1] ?? 0);
    const body = streamAt + 'stream\n'.length;
    const raw = hasStream ? file.subarray(body, body + length) : null;
    objects.set(Number(match[1]), {
      dictionary,
      stream: raw && dictionary.includes('/FlateDecode') ? inflateSync(raw) : raw,
    });
    begin.lastIndex = hasStream ? body + length : end;
  }
  return objects;
}

const textOf = (stream: Buffer | null): string => stream?.toString('latin1') ?? '';

/** Glyph number to text, by the font's ToUnicode map. */
function unicodeOf(font: PdfObject, at: (reference: string | undefined) => PdfObject): string[] {
  const map = textOf(at(/\/ToUnicode (\d+) 0 R/.exec(font.dictionary)?.[1]).stream);
  const glyphs: string[] = [];
  for (const [, first = '', list = ''] of map.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/g)) {
    [...list.matchAll(/<([^>]*)>/g)].forEach(([, hex = ''], index) => {
      const units = hex
        .split(' ')
        .filter(Boolean)
        .map((unit) => parseInt(unit, 16));
      glyphs[parseInt(first, 16) + index] = String.fromCharCode(...units);
    });
  }
  return glyphs;
}

function linesOf(operators: string, fonts: ReadonlyMap<string, string[]>): PlacedLine[] {
  let glyphs: string[] = [];
  let place = { x: 0, y: 0 };
  const lines: PlacedLine[] = [];
  for (const [, x, y, font, shown] of operators.matchAll(
    /1 0 0 1 ([-\d.]+) ([-\d.]+) Tm|\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g,
  )) {
    if (x !== undefined) place = { x: Number(x), y: Number(y) };
    if (font !== undefined) glyphs = fonts.get(font) ?? [];
    if (shown === undefined) continue;
    const codes = [...shown.matchAll(/<([0-9a-f]*)>/g)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? []);
    lines.push({ ...place, text: codes.map((code) => glyphs[parseInt(code, 16)] ?? '\u{fffd}').join('') });
  }
  return lines;
}
