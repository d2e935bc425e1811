import { colors, page, type TextStyle } from './page.ts';
import type { PdfDocument } from './pdf-document.ts';

const style: TextStyle = { size: 8, color: colors.faint };
const markStyle: TextStyle = { size: 8, weight: 'bold', color: colors.mark, align: 'center' };
const [headAt, headRule, footRule, footAt] = [36, 52, 795, 799];

/**
 * Head and foot of every page, left and right, once all pages are set; `mark` stands out in the middle of the
 * head. Ends on the last page.
 */
export function printRunningLines(
  pdf: PdfDocument,
  of: {
    readonly head: readonly [left: string, right: string];
    readonly mark?: string;
    readonly foot: (page: number, pages: number) => readonly [left: string, right: string];
  },
): void {
  for (let index = 0; index < pdf.pageCount; index += 1) {
    pdf.goToPage(index);
    printLine(pdf, headAt, of.head);
    pdf.rules(...[headRule, footRule].map((y) => [at(page.left, y), at(page.right, y)] as const));
    printLine(pdf, footAt, of.foot(index + 1, pdf.pageCount));
    if (of.mark) pdf.text([of.mark], place(headAt), markStyle);
  }
}

function printLine(pdf: PdfDocument, y: number, [left, right]: readonly [string, string]): void {
  pdf.text([left], place(y), style);
  pdf.text([right], place(y), { ...style, align: 'right' });
}

const at = (x: number, y: number) => ({ x, y });
const place = (y: number) => ({ x: page.left, y, width: page.contentWidth });
