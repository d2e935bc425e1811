import { lineHeight, page, type TextStyle } from './page.ts';
import type { PdfDocument } from './pdf-document.ts';

interface Column {
  readonly title: string;
  /** Points; all columns together are as wide as the page's content. */
  readonly width: number;
  readonly align?: TextStyle['align'];
}

type Lines = readonly string[];

/** A row as it is set: its cells, and below them over the full width what would be long in a column. */
interface TableRow {
  readonly cells: readonly Lines[];
  readonly below?: Lines;
  /** Heads what stands below the row on a later page. */
  readonly continued?: string;
}

/** Rows under a head that stands again on every page and never without a row. */
interface Table {
  /** The lines of a cell; each part begins one. */
  lines(column: number, parts: Lines): string[];
  /** The lines of a text below a row. */
  linesBelow(text: string): string[];
  /** Cells are torn only where they fit no page; what stands below them goes on at the next page. */
  print(row: TableRow): void;
}

const padding = 4;
const belowWidth = page.contentWidth - 2 * padding;
const cellStyle: TextStyle = { size: 7.5 };
const headStyle: TextStyle = { size: 7.5, weight: 'bold' };

interface PlacedColumn extends Column {
  readonly x: number;
  readonly inner: { readonly x: number; readonly width: number };
}

/** Begins a table where the document is; its head is set with the first row. */
export function openTable(pdf: PdfDocument, columns: readonly Column[]): Table {
  let right = page.left;
  const placed = columns.map((column): PlacedColumn => {
    const x = right;
    right += column.width;
    return { ...column, x, inner: { x: x + padding, width: column.width - 2 * padding } };
  });
  const lines = (column: number, parts: Lines, style = cellStyle) =>
    parts.flatMap((part) => pdf.lines(part, placed[column]!.inner.width, style));
  const heads = placed.map(({ title }, column) => lines(column, [title], headStyle));
  const printing = { pdf, columns: placed, room: roomUnder(pdf, placed, heads) };
  return {
    lines,
    linesBelow: (text) => pdf.lines(text, belowWidth, cellStyle),
    print: (row) => printRow(printing, row),
  };
}

interface Printing {
  readonly pdf: PdfDocument;
  readonly columns: readonly PlacedColumn[];
  readonly room: {
    /** Begins a page unless this one has room for the height, at most a page's, and a head where there is none. */
    readonly make: (height: number) => void;
    /** The height of a page without the head. */
    readonly pageHeight: number;
  };
}

function roomUnder(
  pdf: PdfDocument,
  columns: readonly PlacedColumn[],
  heads: readonly Lines[],
): Printing['room'] {
  const headHeight = heightOf(heads, headStyle);
  let headed = false;
  const make = (height: number) => {
    if (pdf.y + (headed ? 0 : headHeight) + height > page.bottom) {
      pdf.addPage();
      headed = false;
    }
    if (headed) return;
    pdf.fillBox({ x: page.left, y: pdf.y, width: page.contentWidth, height: headHeight });
    printCells(pdf, columns, heads, headStyle);
    headed = true;
  };
  return { make, pageHeight: page.bottom - page.top - headHeight };
}

function printRow({ pdf, columns, room }: Printing, { cells, below = [], continued = '' }: TableRow): void {
  const started = below.length === 0 ? 0 : heightOf([below.slice(0, 2)], cellStyle);
  room.make(Math.min(heightOf(cells, cellStyle) + started, room.pageHeight));
  for (let rest = cells; rest.some((cell) => cell.length > 0);) {
    room.make(heightOf([['']], cellStyle));
    const count = linesLeft(pdf);
    const part = rest.map((cell) => cell.slice(0, count));
    printCells(pdf, columns, part, cellStyle);
    rest = rest.map((cell) => cell.slice(count));
  }
  const { pageCount } = pdf;
  for (let rest = below; rest.length > 0;) {
    room.make(heightOf([rest.slice(0, 2)], cellStyle));
    if (pdf.pageCount > pageCount) rest = [continued, ...rest];
    const part = rest.slice(0, linesLeft(pdf));
    printBelow(pdf, part);
    rest = rest.slice(part.length);
  }
}

const linesLeft = (pdf: PdfDocument): number =>
  Math.floor((page.bottom - pdf.y - 2 * padding) / lineHeight(cellStyle));

function printCells(
  pdf: PdfDocument,
  columns: readonly PlacedColumn[],
  cells: readonly Lines[],
  style: TextStyle,
): void {
  const height = heightOf(cells, style);
  columns.forEach(({ inner, align = 'left' }, column) => {
    pdf.text(cells[column] ?? [], { ...inner, y: pdf.y + padding }, { ...style, align });
  });
  closeBox(pdf, height, [...columns.map(({ x }) => x), page.right]);
}

function printBelow(pdf: PdfDocument, lines: Lines): void {
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

const heightOf = (cells: readonly Lines[], style: TextStyle): number =>
  Math.max(1, ...cells.map((cell) => cell.length)) * lineHeight(style) + 2 * padding;
