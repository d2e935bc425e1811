import { embeddedFont } from './embedded-font.ts';
import { breakLines } from './line-breaking.ts';
import { colors, leading, lineHeight, page, type Box, type Point, type TextStyle } from './page.ts';
import { signatureDictionary, type SignatureRoom } from './signature.ts';
import { loadTypefaces, type Typefaces } from './typeface.ts';

/** Flags of an annotation, and of a form's signatures. */
const [printed, locked] = [4, 128];
const [signed, appendOnly] = [1, 2];

/** A drawing that several pages show: PDF operators around its own origin, y upwards. */
export interface Graphic {
  readonly operators: string;
  /** The drawing lies between -extent and extent in both directions, in points. */
  readonly extent: number;
}

/** A graphic that is part of a file, for `drawGraphic`. */
interface DefinedGraphic {
  readonly name: string;
  readonly reference: PDFKit.PDFKitReference;
}

/** Parts of pdfkit without types. */
interface Internals {
  ref(data: object): PDFKit.PDFKitReference & { end(): void };
  readonly page: {
    readonly dictionary: object;
    readonly annotations: object[];
    readonly content: { buffer: Uint8Array[] };
  };
  readonly _root: { readonly data: { readonly AcroForm: { readonly data: object } } };
}

/**
 * A document that is set from top to bottom. All its pages stay open until `end`, so that the last step can
 * number and mark them.
 */
export class PdfDocument {
  /** Where the next content goes, in points from the top of the page. */
  y = page.top;
  readonly #doc: PDFKit.PDFDocument;
  readonly #typefaces: Typefaces;
  readonly #bytes: Promise<Buffer>;

  constructor(doc: PDFKit.PDFDocument, typefaces: Typefaces) {
    this.#doc = doc;
    this.#typefaces = typefaces;
    this.#bytes = collect(doc);
  }

  get pageCount(): number {
    return this.#doc.bufferedPageRange().count;
  }

  /** The lines of a text that is set in a column of this width. */
  lines(text: string, width: number, style: TextStyle): string[] {
    return breakLines(text, width, this.#advance(style));
  }

  /** Points that a line of text takes. */
  widthOf(line: string, style: TextStyle): number {
    const advance = this.#advance(style);
    return [...line].reduce((sum, character) => sum + advance(character), 0);
  }

  #advance({ size, weight = 'regular' }: TextStyle): (character: string) => number {
    const typeface = this.#typefaces[weight];
    return (character) => typeface.advance(character) * size;
  }

  /** Sets lines in a column, its top at `y`. Nothing is wrapped or moved to another page. */
  text(lines: readonly string[], column: Omit<Box, 'height'>, style: TextStyle): void {
    const { size, weight = 'regular', color = colors.text, align = 'left' } = style;
    this.#doc.font(weight).fontSize(size).fillColor(color);
    lines.forEach((line, index) => {
      if (line === '') return;
      const slack = align === 'left' ? 0 : column.width - this.#doc.widthOfString(line);
      const baseline = column.y + index * lineHeight(style) + (lineHeight(style) + size * 0.72) / 2;
      this.#doc.text(line, column.x + (align === 'center' ? slack / 2 : slack), baseline, {
        lineBreak: false,
        baseline: 'alphabetic',
      });
    });
  }

  /** Flowing text over the full width; it continues on the next page where this one is full. */
  paragraph(text: string, style: TextStyle, indent = 0): void {
    for (const line of this.lines(text, page.contentWidth - indent, style)) {
      this.ensureSpace(lineHeight(style));
      this.text([line], { x: page.left + indent, y: this.y, width: page.contentWidth - indent }, style);
      this.y += lineHeight(style);
    }
  }

  /** Begins a page unless this one has room for the height. */
  ensureSpace(height: number): void {
    if (this.y + height > page.bottom) this.addPage();
  }

  addPage(): void {
    // A page that is done stays open, as one piece of memory in place of one for each operator.
    const { content } = (this.#doc as unknown as Internals).page;
    content.buffer = [Buffer.concat(content.buffer)];
    this.#doc.addPage();
    this.y = page.top;
  }

  fillBox(box: Box): void {
    this.#doc.rect(box.x, box.y, box.width, box.height).fill(colors.fill);
  }

  strokeBox(box: Box, dashed = false): void {
    this.#doc.save().lineWidth(0.5).strokeColor(colors.line);
    if (dashed) this.#doc.dash(3, { space: 2 });
    this.#doc.rect(box.x, box.y, box.width, box.height).stroke().restore();
  }

  /** Thin lines, each from one point to another. */
  rules(...lines: readonly (readonly [Point, Point])[]): void {
    this.#doc.save().lineWidth(0.4).strokeColor(colors.line);
    for (const [from, to] of lines) this.#doc.moveTo(from.x, from.y).lineTo(to.x, to.y);
    this.#doc.stroke().restore();
  }

  link(box: Box, url: string): void {
    this.#doc.link(box.x, box.y, box.width, box.height, url);
  }

  /** Goes to an earlier page, counted from 0, to mark it. */
  goToPage(index: number): void {
    this.#doc.switchToPage(index);
  }

  /** Over all else, slanted and transparent, its middle at the middle of the page. */
  watermark(text: string): void {
    const size = 84;
    this.#doc
      .save()
      .fillOpacity(0.09)
      .rotate(-38, { origin: [page.width / 2, page.height / 2] });
    this.text(
      [text],
      { x: 0, y: (page.height - size * leading) / 2, width: page.width },
      { size, weight: 'bold', color: colors.text, align: 'center' },
    );
    this.#doc.restore();
  }

  /**
   * Makes a graphic a part of the file. Its operators may name the graphics states `Ink` (multiplied with what
   * is below) and `Opaque`.
   */
  defineGraphic(name: string, { operators, extent }: Graphic): DefinedGraphic {
    const multiply = { Type: 'ExtGState', BM: 'Multiply', ca: 0.92, CA: 0.92 };
    const opaque = { Type: 'ExtGState', BM: 'Normal', ca: 1, CA: 1 };
    const reference = this.#doc.ref({
      Type: 'XObject',
      Subtype: 'Form',
      BBox: [-extent, -extent, extent, extent],
      Resources: { ExtGState: { Ink: multiply, Opaque: opaque } },
    });
    reference.end(Buffer.from(operators));
    return { name, reference };
  }

  /** Draws a graphic on this page, its origin at x, y; `clip` shows no more of it than a box of the page. */
  drawGraphic({ name, reference }: DefinedGraphic, at: Point & { readonly scale: number }, clip?: Box): void {
    (this.#doc.page as unknown as { xobjects: Record<string, unknown> }).xobjects[name] = reference;
    this.#doc.save();
    if (clip) this.#doc.rect(clip.x, clip.y, clip.width, clip.height).clip();
    const scale = at.scale.toFixed(4);
    this.#doc
      .addContent(`${scale} 0 0 -${scale} ${at.x.toFixed(2)} ${at.y.toFixed(2)} cm /${name} Do`)
      .restore();
  }

  /** Keeps room for a signature over the whole file, for `signPdf`; it shows nothing on this page. */
  keepSignature(room: SignatureRoom): void {
    const doc = this.#doc as unknown as Internals;
    const value = doc.ref(signatureDictionary(room));
    value.end();
    const field = doc.ref({
      Type: 'Annot',
      Subtype: 'Widget',
      FT: 'Sig',
      T: Object('Signature') as string,
      V: value,
      P: doc.page.dictionary,
      Rect: [0, 0, 0, 0],
      F: printed + locked,
    });
    field.end();
    doc.page.annotations.push(field);
    this.#doc.font('regular').initForm();
    // pdfkit's forms are to be filled in, and ask readers to draw their fields; this one is filled in already.
    const form = {
      Fields: [field],
      SigFlags: signed + appendOnly,
      NeedAppearances: undefined,
      DA: undefined,
    };
    Object.assign(doc._root.data.AcroForm.data, form);
  }

  /** The bytes of the file; nothing can be added afterwards. */
  end(): Promise<Buffer> {
    this.#doc.end();
    return this.#bytes;
  }
}

/** A new document with one empty page. The same facts and content make the same bytes. */
export async function openPdfDocument(about: {
  readonly title: string;
  readonly author: string;
  /** BCP 47. */
  readonly language: string;
  readonly createdAt: Date;
}): Promise<PdfDocument> {
  const [{ default: PDFDocument }, typefaces] = await Promise.all([import('pdfkit'), loadTypefaces()]);
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
  for (const [weight, { font }] of Object.entries(typefaces))
    doc.registerFont(weight, embeddedFont(font) as unknown as PDFKit.Mixins.PDFFontSource);
  return new PdfDocument(doc, typefaces);
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
