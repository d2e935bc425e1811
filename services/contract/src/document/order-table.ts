import { setImmediate as breathe } from 'node:timers/promises';
import { formatMoney } from '@accord/money';
import { lineHeight, page, type PdfDocument, type TextStyle } from '@accord/pdf';
import type { DocumentContent, DocumentRow } from './content.ts';
import type { Wording } from './wording.ts';

const dash = '—';
const periodColumn = 5;
const padding = 4;
const widths = [24, 86, 54, 108, 26, 92, 44, 71.28];
const cellStyle: TextStyle = { size: 7.5 };
const headStyle: TextStyle = { size: 7.5, weight: 'bold' };
const alignments = ['center', 'left', 'left', 'left', 'center', 'left', 'left', 'right'] as const;
const columns = widths.map((width, index) => ({
  x: page.left + widths.slice(0, index).reduce((sum, before) => sum + before, 0),
  width,
  inner: {
    x: page.left + widths.slice(0, index).reduce((sum, before) => sum + before, 0) + padding,
    width: width - 2 * padding,
  },
  align: alignments[index] ?? 'left',
}));

type Line = readonly string[];

/** Other work has its turn after so long, ms, and after five rows at the latest. */
const sliceMs = 10;

/**
 * One row for each order, its head again on every page; a row that fits a page is not torn (CTR-14 to CTR-16,
 * CTR-19). Lets other work run between rows.
 */
export async function printOrders(pdf: PdfDocument, content: DocumentContent, words: Wording): Promise<void> {
  const heads = words.columns.map((title, index) =>
    pdf.lines(
      index === periodColumn ? `${title} (${content.timeZone})` : title,
      columns[index]?.inner.width ?? 0,
      headStyle,
    ),
  );
  const headHeight = printedHeight(heads, headStyle);
  const write = timeWriter(content.timeZone);
  let begun = false;
  let breathedAt = performance.now();
  for (const [index, row] of content.rows.entries()) {
    const texts = cellsOf(row, index, words, write);
    const cells = texts.map((parts, column) =>
      parts.flatMap((part) => pdf.lines(part, columns[column]?.inner.width ?? 0, cellStyle)),
    );
    if (!begun) pdf.ensureSpace(headHeight + Math.min(printedHeight(cells, cellStyle), 200));
    if (!begun) printHead(pdf, heads, headHeight);
    begun = true;
    printRow(pdf, cells, () => {
      pdf.addPage();
      printHead(pdf, heads, headHeight);
    });
    if (index % 5 !== 4 && performance.now() - breathedAt < sliceMs) continue;
    await breathe();
    breathedAt = performance.now();
  }
}

function cellsOf(
  row: DocumentRow,
  index: number,
  words: Wording,
  write: (instant: string) => string,
): string[][] {
  return [
    [String(index + 1)],
    [row.orderId],
    [row.serviceName],
    row.configuration.length > 0
      ? row.configuration.map(({ name, value }) => words.pair(name, value))
      : [dash],
    [String(row.count)],
    periodOf(row, words, write),
    [row.duration ? words.units[row.duration.unit](row.duration.value) : dash],
    [row.cashPayable ? formatMoney(row.cashPayable, words.locale) : dash],
  ];
}

/** CTR-15. */
function periodOf({ period }: DocumentRow, words: Wording, write: (instant: string) => string): string[] {
  switch (period.kind) {
    case 'period':
      return words.span(write(period.start), write(period.end));
    case 'cycle':
      return [...words.span(write(period.start), write(period.end)), words.cycle];
    case 'duration':
      return [words.units[period.unit](period.value)];
    case 'none':
      return [dash];
  }
}

function printHead(pdf: PdfDocument, heads: readonly Line[], height: number): void {
  pdf.fillBox({ x: page.left, y: pdf.y, width: page.contentWidth, height });
  printCells(pdf, heads, height, headStyle);
}

function printRow(pdf: PdfDocument, cells: readonly Line[], turn: () => void): void {
  const full = page.bottom - page.top - 40;
  if (pdf.y + printedHeight(cells, cellStyle) > page.bottom && printedHeight(cells, cellStyle) <= full)
    turn();
  let rest = cells;
  while (rest.some((cell) => cell.length > 0)) {
    const room = Math.floor((page.bottom - pdf.y - 2 * padding) / lineHeight(cellStyle));
    if (room < 1) {
      turn();
      continue;
    }
    const part = rest.map((cell) => cell.slice(0, room));
    printCells(pdf, part, printedHeight(part, cellStyle), cellStyle);
    rest = rest.map((cell) => cell.slice(room));
  }
}

function printCells(pdf: PdfDocument, cells: readonly Line[], height: number, style: TextStyle): void {
  columns.forEach((column, index) => {
    pdf.text(
      cells[index] ?? [],
      { x: column.inner.x, y: pdf.y + padding, width: column.inner.width },
      { ...style, align: column.align },
    );
    pdf.rule({ x: column.x, y: pdf.y }, { x: column.x, y: pdf.y + height });
  });
  pdf.rule({ x: page.right, y: pdf.y }, { x: page.right, y: pdf.y + height });
  pdf.rule({ x: page.left, y: pdf.y }, { x: page.right, y: pdf.y });
  pdf.y += height;
  pdf.rule({ x: page.left, y: pdf.y }, { x: page.right, y: pdf.y });
}

const printedHeight = (cells: readonly Line[], style: TextStyle): number =>
  Math.max(1, ...cells.map((cell) => cell.length)) * lineHeight(style) + 2 * padding;

/** `2026-03-01 10:00:00` on the clock of a time zone. */
export function timeWriter(timeZone: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(new Date(instant));
}
