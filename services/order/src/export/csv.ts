import { formulaSigns, isFormula, toRowsText, type FileFormat, type RowsText } from './file-format.ts';

/** Cells that begin as a formula, or have a sign of CSV's own. */
const special = new RegExp(
  String.raw`(?<=^|\x1f|\x1e\n)(?:[${formulaSigns}][^\x1e\x1f]*|[^\x1e\x1f",\r\n]*[",\r\n][^\x1e\x1f]*)`,
  'g',
);

/** Tells a spreadsheet program that the text is UTF-8. */
const byteOrderMark = '\ufeff';

const quoted = (cell: string): string => `"${isFormula(cell) ? `'` : ''}${cell.replaceAll('"', '""')}"`;

const [endOfCell, endOfRow, comma, carriageReturn] = [0x1f, 0x1e, 0x2c, 0x0d];

/** The ends of cells and rows become those of CSV in their places: no cell is looked at by itself. */
function lines(rows: RowsText): Buffer {
  const bytes = Buffer.from(rows.replaceAll(special, quoted));
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === endOfCell) bytes[at] = comma;
    else if (byte === endOfRow) bytes[at] = carriageReturn;
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
