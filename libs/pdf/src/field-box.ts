import { colors, lineHeight, page, type TextStyle } from './page.ts';
import type { PdfDocument } from './pdf-document.ts';

/** A titled box of names with their values, as it is set in a width. */
interface FieldBox {
  /** Points, with the head. */
  readonly height: number;
  /**
   * Prints it where the document is, from `x` on, as high as is said; the next content goes where it did.
   * A box has no page break: make room first.
   */
  print(at: { readonly x: number; readonly height: number }): void;
}

const head: TextStyle = { size: 9.5, weight: 'bold' };
const label: TextStyle = { size: 8.5, color: colors.faint };
const value: TextStyle = { size: 8.5 };
const headHeight = lineHeight(head) + 8;
const padding = 8;

/** @param of `fields` are names with their values, of which null prints a dash; `width` is in points. */
export function setFieldBox(
  pdf: PdfDocument,
  of: {
    readonly title: string;
    readonly fields: readonly (readonly [name: string, value: string | null])[];
    readonly width?: number;
  },
): FieldBox {
  const { title, fields, width = page.contentWidth } = of;
  const labelWidth = Math.max(...fields.map(([name]) => pdf.widthOf(name, label))) + 10;
  const valueWidth = width - labelWidth - 2 * padding;
  const set = fields.map(([name, text]) => [name, pdf.lines(text ?? '—', valueWidth, value)] as const);
  const height = set.reduce((sum, [, lines]) => sum + lines.length * lineHeight(value) + 1, headHeight + 9);
  const print: FieldBox['print'] = ({ x, height: drawn }) => {
    const top = pdf.y;
    pdf.fillBox({ x, y: top, width, height: headHeight });
    pdf.text([title], { x: x + padding, y: top + 4, width: width - 2 * padding }, head);
    let y = top + headHeight + 5;
    for (const [name, lines] of set) {
      pdf.text([name], { x: x + padding, y, width: labelWidth }, label);
      pdf.text(lines, { x: x + padding + labelWidth, y, width: valueWidth }, value);
      y += lines.length * lineHeight(value) + 1;
    }
    pdf.strokeBox({ x, y: top, width, height: drawn });
    pdf.rules([
      { x, y: top + headHeight },
      { x: x + width, y: top + headHeight },
    ]);
  };
  return { height, print };
}
