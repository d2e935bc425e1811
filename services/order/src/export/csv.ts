import {
  cellEnd,
  formulaSigns,
  isFormula,
  rowEnd,
  toRowsText,
  type FileFormat,
  type RowsText,
} from './file-format.ts';

/** Whether any cell is not as CSV has it: most rows are, and are only searched. */
const anySpecial = new RegExp(String.raw`[",\r\n]|(?:^|[\x1d\x1f])[${formulaSigns}]`);
/** Cells that begin as a formula, or have a sign of CSV's own. */
const special = new RegExp(
  String.raw`(?<=^|[\x1d\x1f])(?:[${formulaSigns}][^\x1d-\x1f]*|[^\x1d-\x1f",\r\n]*[",\r\n][^\x1d-\x1f]*)`,
  'g',
);

/** Tells a spreadsheet program that the text is UTF-8. */
const byteOrderMark = '\ufeff';

const quoted = (cell: string): string => `"${isFormula(cell) ? `'` : ''}${cell.replaceAll('"', '""')}"`;

/** In the place of the ends of cells and rows: no cell is looked at by itself. */
const signs = new Map([cellEnd, ...rowEnd].map((end, i) => [end.charCodeAt(0), ',\r\n'.charCodeAt(i)]));

function lines(rows: RowsText): Buffer {
  const bytes = Buffer.from(anySpecial.test(rows) ? rows.replaceAll(special, quoted) : rows);
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte >= 0x1d && byte <= 0x1f) bytes[at] = signs.get(byte)!;
  }
  return bytes;
}

/** RFC 4180 in UTF-8 (ORD-18). A cell that would be a formula begins with an apostrophe. */
export const csv: FileFormat<null> = {
  extension: 'csv',
  contentType: 'text/csv; charset=utf-8',
  begin: async (headings) => ({
    bytes: Buffer.concat([Buffer.from(byteOrderMark), lines(toRowsText(headings))]),
    state: null,
  }),
  add: async (state, rows) => ({ bytes: lines(rows), state }),
  end: async () => Buffer.alloc(0),
};
