import { setImmediate as breathe } from 'node:timers/promises';
import { formatMoney } from '@accord/money';
import { lineHeight, page, type PdfDocument, type TextStyle } from '@accord/pdf';
import type { DocumentContent, DocumentRow } from './content.ts';
import type { Wording } from './wording.ts';

const dash = '—';
const configurationColumn = 3;
const periodColumn = 5;
const padding = 4;
const belowWidth = page.contentWidth - 2 * padding;
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

type Cell = readonly string[];

/** A row as it is set: its cells, and below them over the full width what would be long in a column. */
interface SetRow {
  readonly cells: readonly Cell[];
  readonly below: Cell;
}

/** A row's configuration leaves its column where that saves more lines than this. */
const spared = 2;

/** Other work has its turn after so long, ms, and after five rows at the latest. */
const sliceMs = 10;

/**
 * One row for each order, its head again on every page and never without a row (CTR-14 to CTR-16, CTR-19).
 * Cells are torn only where they fit no page; a long configuration stands below them and goes on at the next
 * page. Lets other work run between rows.
 */
export async function printOrders(pdf: PdfDocument, content: DocumentContent, words: Wording): Promise<void> {
  const table = openTable(pdf, content, words);
  const write = timeWriter(content.timeZone);
  let breathedAt = performance.now();
  for (const [index, row] of content.rows.entries()) {
    printRow(pdf, table, setRow(pdf, cellsOf(row, index, words, write), words), words.continued(index + 1));
    if (index % 5 !== 4 && performance.now() - breathedAt < sliceMs) continue;
    await breathe();
    breathedAt = performance.now();
  }
}

interface Table {
  /** Begins a page unless this one has room for the height, at most a page's, and a head where there is none. */
  readonly makeRoom: (height: number) => void;
  /** The height of a page without the head. */
  readonly pageHeight: number;
}

function openTable(pdf: PdfDocument, { timeZone }: DocumentContent, words: Wording): Table {
  const heads = words.columns.map((title, column) =>
    linesIn(pdf, column, [column === periodColumn ? `${title} (${timeZone})` : title], headStyle),
  );
  const headHeight = heightOf(heads, headStyle);
  let headed = false;
  const makeRoom = (height: number) => {
    if (pdf.y + (headed ? 0 : headHeight) + height > page.bottom) {
      pdf.addPage();
      headed = false;
    }
    if (headed) return;
    pdf.fillBox({ x: page.left, y: pdf.y, width: page.contentWidth, height: headHeight });
    printCells(pdf, heads, headStyle);
    headed = true;
  };
  return { makeRoom, pageHeight: page.bottom - page.top - headHeight };
}

/** A configuration stays in its column where it is short, and stands below its row where it is long. */
function setRow(pdf: PdfDocument, texts: readonly Cell[], words: Wording): SetRow {
  const cells = texts.map((parts, column) => linesIn(pdf, column, parts, cellStyle));
  const configuration =
    words.columns[configurationColumn] + words.colon + texts[configurationColumn]!.join(words.separator);
  const below = pdf.lines(configuration, belowWidth, cellStyle);
  const others = Math.max(
    ...cells.filter((_, column) => column !== configurationColumn).map(({ length }) => length),
  );
  if (cells[configurationColumn]!.length <= others + below.length + spared) return { cells, below: [] };
  return {
    cells: cells.with(configurationColumn, linesIn(pdf, configurationColumn, [words.below], cellStyle)),
    below,
  };
}

const linesIn = (pdf: PdfDocument, column: number, parts: Cell, style: TextStyle): string[] =>
  parts.flatMap((part) => pdf.lines(part, columns[column]!.inner.width, style));

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

/** `continued` heads what stands below its row on a later page. */
function printRow(
  pdf: PdfDocument,
  { makeRoom, pageHeight }: Table,
  { cells, below }: SetRow,
  continued: string,
): void {
  const started = below.length === 0 ? 0 : heightOf([below.slice(0, 2)], cellStyle);
  makeRoom(Math.min(heightOf(cells, cellStyle) + started, pageHeight));
  for (let rest = cells; rest.some((cell) => cell.length > 0);) {
    makeRoom(heightOf([['']], cellStyle));
    const count = linesLeft(pdf);
    printCells(
      pdf,
      rest.map((cell) => cell.slice(0, count)),
      cellStyle,
    );
    rest = rest.map((cell) => cell.slice(count));
  }
  const { pageCount } = pdf;
  for (let rest = below; rest.length > 0;) {
    makeRoom(heightOf([rest.slice(0, 2)], cellStyle));
    if (pdf.pageCount > pageCount) rest = [continued, ...rest];
    const part = rest.slice(0, linesLeft(pdf));
    printBelow(pdf, part);
    rest = rest.slice(part.length);
  }
}

const linesLeft = (pdf: PdfDocument): number =>
  Math.floor((page.bottom - pdf.y - 2 * padding) / lineHeight(cellStyle));

function printCells(pdf: PdfDocument, cells: readonly Cell[], style: TextStyle): void {
  const height = heightOf(cells, style);
  columns.forEach(({ inner, align }, column) => {
    pdf.text(cells[column] ?? [], { ...inner, y: pdf.y + padding }, { ...style, align });
  });
  closeBox(pdf, height, [...columns.map(({ x }) => x), page.right]);
}

function printBelow(pdf: PdfDocument, lines: Cell): void {
  const inner = { x: page.left + padding, y: pdf.y + padding, width: belowWidth };
  pdf.text(lines, inner, cellStyle);
  closeBox(pdf, heightOf([lines], cellStyle), [page.left, page.right]);
}

/** The lines around and between what was set from here down to the height, where the next content goes. */
function closeBox(pdf: PdfDocument, height: number, verticals: readonly number[]): void {
  const [top, bottom] = [pdf.y, pdf.y + height];
  pdf.rules(
    ...verticals.map(
      (x) =>
        [
          { x, y: top },
          { x, y: bottom },
        ] as const,
    ),
    ...[top, bottom].map(
      (y) =>
        [
          { x: page.left, y },
          { x: page.right, y },
        ] as const,
    ),
  );
  pdf.y = bottom;
}

const heightOf = (cells: readonly Cell[], style: TextStyle): number =>
  Math.max(1, ...cells.map((cell) => cell.length)) * lineHeight(style) + 2 * padding;

/** `2026-03-01 10:00:00` on the clock of a time zone. */
export function timeWriter(timeZone: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(new Date(instant));
}
