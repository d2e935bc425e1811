import { breakLines } from './line-breaking.ts';
import { loadFaces, type Face, type Weight } from './typeface.ts';

export interface TextStyle {
  /** Points. */
  readonly size: number;
  readonly weight?: Weight;
  readonly color?: string;
  readonly align?: 'left' | 'center' | 'right';
}

/** A drawing that several pages show: PDF operators around its own origin, y upwards. */
export interface Picture {
  readonly operators: string;
  /** Reaches from -extent to extent in both directions. */
  readonly extent: number;
}

export const ink = { text: '#1a1a1a', faint: '#6b6b6b', line: '#9a9a9a', fill: '#f2f2f2', mark: '#b00020' };

/** A4 in points; content lies within the box, head and foot outside it. */
export const sheet = {
  width: 595.28,
  height: 841.89,
  left: 45,
  right: 550.28,
  top: 66,
  bottom: 786,
  inner: 505.28,
};

/** Lines stand this many times their size apart. */
const leading = 1.5;

export const lineHeight = (style: TextStyle): number => style.size * leading;

/**
 * A document being written from top to bottom. All its pages stay open until `close`, so that the last step
 * can number and mark them.
 */
export class Paper {
  /** Where the next content goes, in points from the top of the page. */
  y = sheet.top;
  readonly #doc: PDFKit.PDFDocument;
  readonly #faces: Record<Weight, Face>;
  readonly #bytes: Promise<Buffer>;

  constructor(doc: PDFKit.PDFDocument, faces: Record<Weight, Face>) {
    this.#doc = doc;
    this.#faces = faces;
    this.#bytes = collect(doc);
  }

  get pages(): number {
    return this.#doc.bufferedPageRange().count;
  }

  lines(text: string, width: number, style: TextStyle): string[] {
    const face = this.#faces[style.weight ?? 'regular'];
    return breakLines(text, width, (character) => face.advance(character) * style.size);
  }

  /** Prints lines into a column, its top at `y`. Nothing is wrapped or moved to another page. */
  print(lines: readonly string[], place: { x: number; y: number; width: number }, style: TextStyle): void {
    const { size, weight = 'regular', color = ink.text, align = 'left' } = style;
    this.#doc.font(weight).fontSize(size).fillColor(color);
    lines.forEach((line, index) => {
      if (line === '') return;
      const slack = align === 'left' ? 0 : place.width - this.#doc.widthOfString(line);
      const baseline = place.y + index * lineHeight(style) + (lineHeight(style) + size * 0.72) / 2;
      this.#doc.text(line, place.x + (align === 'center' ? slack / 2 : slack), baseline, {
        lineBreak: false,
        baseline: 'alphabetic',
      });
    });
  }

  /** Flowing text over the full width; goes on at the next page where this one is full. */
  paragraph(text: string, style: TextStyle, indent = 0): void {
    for (const line of this.lines(text, sheet.inner - indent, style)) {
      this.need(lineHeight(style));
      this.print([line], { x: sheet.left + indent, y: this.y, width: sheet.inner - indent }, style);
      this.y += lineHeight(style);
    }
  }

  /** Begins a page unless this one has room for the height. */
  need(height: number): void {
    if (this.y + height > sheet.bottom) this.turn();
  }

  turn(): void {
    this.#doc.addPage();
    this.y = sheet.top;
  }

  fill(box: { x: number; y: number; width: number; height: number }): void {
    this.#doc.rect(box.x, box.y, box.width, box.height).fill(ink.fill);
  }

  frame(box: { x: number; y: number; width: number; height: number }, dashed = false): void {
    this.#doc.save().lineWidth(0.5).strokeColor(ink.line);
    if (dashed) this.#doc.dash(3, { space: 2 });
    this.#doc.rect(box.x, box.y, box.width, box.height).stroke().restore();
  }

  rule(from: { x: number; y: number }, to: { x: number; y: number }): void {
    this.#doc
      .save()
      .lineWidth(0.4)
      .strokeColor(ink.line)
      .moveTo(from.x, from.y)
      .lineTo(to.x, to.y)
      .stroke()
      .restore();
  }

  link(box: { x: number; y: number; width: number; height: number }, url: string): void {
    this.#doc.link(box.x, box.y, box.width, box.height, url);
  }

  /** Goes back to a page, counted from 0, to mark it. */
  back(page: number): void {
    this.#doc.switchToPage(page);
  }

  /** Prints over all else, slanted and see-through, its middle at the middle of the page. */
  watermark(text: string): void {
    const size = 84;
    this.#doc
      .save()
      .fillOpacity(0.09)
      .rotate(-38, { origin: [sheet.width / 2, sheet.height / 2] });
    this.print(
      [text],
      { x: 0, y: (sheet.height - size * leading) / 2, width: sheet.width },
      { size, weight: 'strong', color: ink.text, align: 'center' },
    );
    this.#doc.restore();
  }

  /** A picture as a reusable part of the file, for `stamp`. */
  engrave(picture: Picture): PDFKit.PDFKitReference {
    const multiply = { Type: 'ExtGState', BM: 'Multiply', ca: 0.92, CA: 0.92 };
    const opaque = { Type: 'ExtGState', BM: 'Normal', ca: 1, CA: 1 };
    const { extent } = picture;
    const form = this.#doc.ref({
      Type: 'XObject',
      Subtype: 'Form',
      BBox: [-extent, -extent, extent, extent],
      Resources: { ExtGState: { Ink: multiply, Opaque: opaque } },
    });
    form.end(Buffer.from(picture.operators));
    return form;
  }

  /**
   * Shows an engraved picture on this page, its middle at x, y; `only` shows no more than a box of the page.
   */
  stamp(
    form: PDFKit.PDFKitReference,
    at: { x: number; y: number; scale: number },
    only?: { x: number; y: number; width: number; height: number },
  ): void {
    (this.#doc.page as unknown as { xobjects: Record<string, unknown> }).xobjects['Seal'] = form;
    this.#doc.save();
    if (only) this.#doc.rect(only.x, only.y, only.width, only.height).clip();
    const scale = at.scale.toFixed(4);
    this.#doc
      .addContent(`${scale} 0 0 -${scale} ${at.x.toFixed(2)} ${at.y.toFixed(2)} cm /Seal Do`)
      .restore();
  }

  close(): Promise<Buffer> {
    this.#doc.end();
    return this.#bytes;
  }
}

export async function openPaper(about: {
  title: string;
  author: string;
  language: string;
  createdAt: Date;
}): Promise<Paper> {
  const [{ default: PDFDocument }, faces] = await Promise.all([import('pdfkit'), loadFaces()]);
  const doc = new PDFDocument({
    size: 'A4',
    margin: 0,
    bufferPages: true,
    pdfVersion: '1.7',
    lang: about.language,
    displayTitle: true,
    font: '',
    info: {
      Title: about.title,
      Author: about.author,
      Creator: 'Accord',
      Producer: 'Accord',
      CreationDate: about.createdAt,
      ModDate: about.createdAt,
    },
  });
  doc.registerFont('regular', faces.regular.source);
  doc.registerFont('strong', faces.strong.source);
  return new Paper(doc, faces);
}

function collect(doc: PDFKit.PDFDocument): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk));
    doc.on('end', () => {
      resolve(Buffer.concat(chunks));
    });
    doc.on('error', reject);
  });
}
