import { setImmediate as breathe } from 'node:timers/promises';
import { durationIn } from '@accord/events/wording';
import { formatMoney } from '@accord/money';
import { openTable, type PdfDocument } from '@accord/pdf';
import type { DocumentContent, DocumentRow } from './content.ts';
import type { Wording } from './wording.ts';

const dash = '—';
const configurationColumn = 3;
const periodColumn = 5;
const widths = [24, 86, 54, 108, 26, 92, 44, 71.28];
const alignments = ['center', 'left', 'left', 'left', 'center', 'left', 'left', 'right'] as const;

/** A row's configuration leaves its column where that saves more lines than this. */
const spared = 2;

/** Other work has its turn after so long, ms, and after five rows at the latest. */
const sliceMs = 10;

type Table = ReturnType<typeof openTable>;

/**
 * One row for each order (CTR-14 to CTR-16, CTR-19). A long configuration stands below its row and goes on at
 * the next page. Lets other work run between rows.
 */
export async function printOrders(pdf: PdfDocument, content: DocumentContent, words: Wording): Promise<void> {
  const { timeZone } = content;
  const titles = words.columns.map((title, at) => (at === periodColumn ? `${title} (${timeZone})` : title));
  const table = openTable(
    pdf,
    titles.map((title, at) => ({ title, width: widths[at]!, align: alignments[at] ?? 'left' })),
  );
  const write = timeWriter(timeZone);
  let breathedAt = performance.now();
  for (const [index, row] of content.rows.entries()) {
    table.print({
      ...setRow(table, cellsOf(row, index, words, write), words),
      continued: words.continued(index + 1),
    });
    if (index % 5 !== 4 && performance.now() - breathedAt < sliceMs) continue;
    await breathe();
    breathedAt = performance.now();
  }
}

/** A configuration stays in its column where it is short, and stands below its row where it is long. */
function setRow(table: Table, texts: readonly (readonly string[])[], words: Wording) {
  const cells = texts.map((parts, column) => table.lines(column, parts));
  const below = table.linesBelow(
    words.columns[configurationColumn] + words.colon + texts[configurationColumn]!.join(words.separator),
  );
  const others = Math.max(
    ...cells.filter((_, column) => column !== configurationColumn).map(({ length }) => length),
  );
  if (cells[configurationColumn]!.length <= others + below.length + spared) return { cells };
  return {
    cells: cells.with(configurationColumn, table.lines(configurationColumn, [words.below])),
    below,
  };
}

function cellsOf(
  row: DocumentRow,
  index: number,
  words: Wording,
  write: (instant: string) => string,
): string[][] {
  const { cashPayable, cashReturned } = row;
  const configuration = [
    ...row.configuration.map(({ name, value }) => words.pair(name, value)),
    ...row.places.map((place) => words.place(place, place.knownSince && write(place.knownSince))),
  ];
  return [
    [String(index + 1)],
    [row.orderId],
    [row.serviceName],
    configuration.length > 0 ? configuration : [dash],
    [String(row.count)],
    periodOf(row, words, write),
    [row.duration ? durationIn(words.locale, row.duration) : dash],
    [
      cashPayable ? formatMoney(cashPayable, words.locale) : dash,
      ...(cashReturned ? [words.returned(formatMoney(cashReturned, words.locale))] : []),
    ],
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
      return [durationIn(words.locale, period)];
    case 'none':
      return [dash];
  }
}

/** `2026-03-01 10:00:00` on the clock of a time zone. */
export function timeWriter(timeZone: string): (instant: string) => string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return (instant) => format.format(new Date(instant));
}
