import type { Cells } from './columns.ts';
import { isFormula, type FileFormat } from './file-format.ts';

const quoted = /[",\r\n]/;

/** Tells a spreadsheet program that the text is UTF-8. */
const byteOrderMark = '\ufeff';

function cellText(cell: string): string {
  if (isFormula(cell)) return `"'${cell.replaceAll('"', '""')}"`;
  return quoted.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

const lines = (rows: readonly Cells[]): Buffer =>
  Buffer.from(rows.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join(''));

/** RFC 4180 in UTF-8 (ORD-18). A cell that would be a formula begins with an apostrophe. */
export const csv: FileFormat<null> = {
  extension: 'csv',
  contentType: 'text/csv; charset=utf-8',
  begin: async (headings) => ({
    bytes: Buffer.concat([Buffer.from(byteOrderMark), lines([headings])]),
    state: null,
  }),
  add: async (state, rows) => ({ bytes: lines(rows), state }),
  end: async () => Buffer.alloc(0),
};
