import { setImmediate as breathe } from 'node:timers/promises';
import { formatMoney } from '@accord/money';
import { openTable, type PdfDocument } from '@accord/pdf';
import type { DocumentContent } from './content.ts';
import type { Wording } from './wording.ts';

const widths = [32, 150, 60, 161.28, 102];
const alignments = ['center', 'left', 'left', 'left', 'right'] as const;

/** Other work has its turn after so many rows. */
const slice = 20;

/**
 * A row for each product of each bill (CTR-8, CTR-14), and below the products of a bill that has several their sum.
 * Lets other work run between rows.
 */
export async function printBills(
  pdf: PdfDocument,
  { bills }: DocumentContent,
  { billColumns, billSum, locale }: Wording,
): Promise<void> {
  const table = openTable(
    pdf,
    billColumns.map((title, at) => ({ title, width: widths[at]!, align: alignments[at] ?? 'left' })),
  );
  const print = (texts: readonly string[]) =>
    table.print({ cells: texts.map((text, column) => table.lines(column, [text])) });
  let printed = 0;
  for (const [index, { billId, month, lines, amount }] of bills.entries()) {
    for (const line of lines) {
      print([String(index + 1), billId, month, line.serviceName, formatMoney(line.amount, locale)]);
      if ((printed += 1) % slice === 0) await breathe();
    }
    if (lines.length > 1) print(['', '', '', billSum, formatMoney(amount, locale)]);
  }
}
