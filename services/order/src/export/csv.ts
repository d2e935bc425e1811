import { ByteWriter } from './byte-writer.ts';
import type { Cells } from './columns.ts';
import { RowReader, type CopiedRows } from './copied-rows.ts';
import { isFormula, type FileFormat } from './file-format.ts';

/** Tells a spreadsheet program that the text is UTF-8. */
const byteOrderMark = '\ufeff';

function cellOf(text: string): string {
  const formula = isFormula(text);
  if (!formula && !/[",\r\n]/.test(text)) return text;
  return `"${formula ? `'` : ''}${text.replaceAll('"', '""')}"`;
}

const lineOf = (cells: Cells): string => `${cells.map(cellOf).join(',')}\r\n`;

const [comma, carriageReturn, lineFeed] = [0x2c, 0x0d, 0x0a];
const reader = new RowReader('",');

function lines(rows: CopiedRows): Buffer {
  const written = new ByteWriter(rows.length + 1_024);
  reader.read(rows);
  while (reader.next()) {
    if (reader.isPlain) plainLine(rows, written);
    else written.text(lineOf(reader.texts()));
  }
  return written.bytes();
}

function plainLine(rows: CopiedRows, written: ByteWriter): void {
  const { starts, ends, cells } = reader;
  written.reserve(ends[cells - 1]! - starts[0]! + 2);
  for (let column = 0; column < cells; column += 1) {
    if (column > 0) written.byte(comma);
    written.copy(rows, starts[column]!, ends[column]!);
  }
  written.byte(carriageReturn);
  written.byte(lineFeed);
}

/** RFC 4180 in UTF-8 (ORD-18). A cell that would be a formula begins with an apostrophe. */
export const csv: FileFormat<null> = {
  extension: 'csv',
  contentType: 'text/csv; charset=utf-8',
  begin: async (headings) => ({ bytes: Buffer.from(byteOrderMark + lineOf(headings)), state: null }),
  add: async (state, rows) => ({ bytes: lines(rows), state }),
  end: async () => Buffer.alloc(0),
};
