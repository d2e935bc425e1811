import { ByteWriter } from './byte-writer.ts';
import { isAmount, type Cells } from './columns.ts';
import { RowReader, type CopiedRows } from './copied-rows.ts';
import { isFormula, type FileFormat } from './file-format.ts';
import {
  addToEntry,
  closeEntry,
  emptyArchive,
  endArchive,
  openEntry,
  type Archive,
  type Written,
} from './zip.ts';

// Office Open XML (ECMA-376), only that which a list needs: sheets of texts and numbers under a heading.

/** A sheet has 1 048 576 rows at most, its headings among them; one that grows too long in bytes ends earlier. */
const limits = { rows: 1_048_575, bytes: 3_000_000_000 };

interface State {
  readonly archive: Archive;
  readonly headings: Cells;
  /** Of the open sheet, counted from 1, and its rows below the headings. */
  readonly sheet: number;
  readonly rows: number;
}

const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const relations = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const packages = 'http://schemas.openxmlformats.org/package/2006';
const mime = 'application/vnd.openxmlformats-officedocument.spreadsheetml';

/** Places in the list of cell formats of `styles`. */
const [bold, textThatIsNoFormula, firstNumber] = [1, 2, 3];
/** By the number of digits behind the point. */
const numberFormats = ['0', '0.0', '0.00', '0.000'];
/** A spreadsheet program keeps numbers as binary floats of 15 decimal digits: longer ones are texts. */
const exactNumber = /^(?=(?:\D*\d){1,15}\D*$)-?\d+(?:\.(\d{1,3}))?$/;
const longestText = 32_767;

/** A carriage return that stands as it is comes out of XML as the end of a line. */
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};
const escaped = /[&<>"\r]/g;
/** Not in XML 1.0, in no way. A lone half of a surrogate pair becomes U+FFFD as UTF-8 is written. */
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

const xml = (text: string) => text.replaceAll(forbidden, '').replaceAll(escaped, (sign) => escapes[sign]!);

const emptyCell = '<c/>';
const textBegins = (style?: number) =>
  `<c${style ? ` s="${style}"` : ''} t="inlineStr"><is><t xml:space="preserve">`;
const textEnds = '</t></is></c>';
const numberBegins = (digits: number) => `<c s="${firstNumber + digits}"><v>`;
const numberEnds = '</v></c>';

function textCell(text: string, style?: number): string {
  if (text === '') return emptyCell;
  const shown = text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text;
  return textBegins(style ?? (isFormula(text) ? textThatIsNoFormula : undefined)) + xml(shown) + textEnds;
}

function amountCell(text: string): string {
  const number = exactNumber.exec(text);
  if (!number) return textCell(text);
  return numberBegins(number[1]?.length ?? 0) + text + numberEnds;
}

const [rowBegins, rowEnds] = ['<row>', '</row>'];
const rowOf = (cells: Cells): string =>
  rowBegins +
  cells.map((cell, column) => (isAmount[column] ? amountCell(cell) : textCell(cell))).join('') +
  rowEnds;

const reader = new RowReader('&<>"');
const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const inBytes = {
  rowBegins: bytesOf(rowBegins),
  rowEnds: bytesOf(rowEnds),
  empty: bytesOf(emptyCell),
  textBegins: bytesOf(textBegins()),
  textEnds: bytesOf(textEnds),
  numberBegins: numberFormats.map((_, digits) => bytesOf(numberBegins(digits))),
  numberEnds: bytesOf(numberEnds),
};
/** Longer than all that is written around the bytes of a cell. */
const framing = 80;

/** Writes the first rows as XML, `most` at most. @returns how many, and those that are left. */
function writeRows(written: ByteWriter, rows: CopiedRows, most: number): { count: number; left: CopiedRows } {
  let count = 0;
  written.clear();
  reader.read(rows);
  while (count < most && reader.next()) {
    count += 1;
    if (!reader.isPlain || reader.length > longestText) written.text(rowOf(reader.texts()));
    else plainRow(rows, written);
  }
  return { count, left: reader.left };
}

function plainRow(rows: CopiedRows, written: ByteWriter): void {
  const { starts, ends, cells } = reader;
  const all = (bytes: Uint8Array) => written.copy(bytes, 0, bytes.length);
  written.reserve(ends[cells - 1]! - starts[0]! + (cells + 1) * framing);
  all(inBytes.rowBegins);
  for (let column = 0; column < cells; column += 1) {
    const [start, end] = [starts[column]!, ends[column]!];
    const digits = isAmount[column] ? digitsBehindPoint(rows, start, end) : undefined;
    if (start === end) all(inBytes.empty);
    else {
      all(digits === undefined ? inBytes.textBegins : inBytes.numberBegins[digits]!);
      written.copy(rows, start, end);
      all(digits === undefined ? inBytes.textEnds : inBytes.numberEnds);
    }
  }
  all(inBytes.rowEnds);
}

/** `exactNumber` in bytes, without a sign: digits behind the point, or undefined where it is no such number. */
function digitsBehindPoint(rows: CopiedRows, start: number, end: number): number | undefined {
  let point = end;
  for (let at = start; at < end; at += 1) {
    const byte = rows[at]!;
    if (byte === 0x2e && point === end) point = at;
    else if (byte < 0x30 || byte > 0x39) return undefined;
  }
  const behind = Math.max(0, end - point - 1);
  const before = point - start;
  const isExact = before > 0 && before + behind <= 15 && behind <= 3 && point !== end - 1;
  return isExact ? behind : undefined;
}

const nameOf = (sheet: number) => `xl/worksheets/sheet${sheet}.xml`;

/** The headings stay in sight above the rows. */
const sheetBegins = (headings: Cells) =>
  `${declaration}<worksheet xmlns="${main}"><sheetViews><sheetView workbookViewId="0">` +
  '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>' +
  `<cols><col min="1" max="${headings.length}" width="20" customWidth="1"/></cols><sheetData>` +
  `<row>${headings.map((heading) => textCell(heading, bold)).join('')}</row>`;

const sheetEnds = '</sheetData></worksheet>';

const styles =
  `${declaration}<styleSheet xmlns="${main}"><numFmts count="${numberFormats.length}">` +
  numberFormats.map((code, at) => `<numFmt numFmtId="${164 + at}" formatCode="${code}"/>`).join('') +
  '</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>' +
  '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>' +
  '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>' +
  '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>' +
  `<cellXfs count="${firstNumber + numberFormats.length}"><xf xfId="0"/><xf xfId="0" fontId="1" applyFont="1"/>` +
  '<xf xfId="0" quotePrefix="1"/>' +
  numberFormats.map((_, at) => `<xf xfId="0" numFmtId="${164 + at}" applyNumberFormat="1"/>`).join('') +
  '</cellXfs></styleSheet>';

const sheetsOf = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

/** The parts that name the sheets, by their names in the archive. */
const partsOf = (sheets: readonly number[]): readonly (readonly [name: string, text: string])[] => [
  ['xl/styles.xml', styles],
  [
    'xl/workbook.xml',
    `${declaration}<workbook xmlns="${main}" xmlns:r="${relations}"><sheets>` +
      sheets.map((one) => `<sheet name="${one}" sheetId="${one}" r:id="sheet${one}"/>`).join('') +
      '</sheets></workbook>',
  ],
  [
    'xl/_rels/workbook.xml.rels',
    `${declaration}<Relationships xmlns="${packages}/relationships">` +
      `<Relationship Id="styles" Type="${relations}/styles" Target="styles.xml"/>` +
      sheets
        .map(
          (one) =>
            `<Relationship Id="sheet${one}" Type="${relations}/worksheet" Target="worksheets/sheet${one}.xml"/>`,
        )
        .join('') +
      '</Relationships>',
  ],
  [
    '_rels/.rels',
    `${declaration}<Relationships xmlns="${packages}/relationships">` +
      `<Relationship Id="workbook" Type="${relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
  ],
  [
    '[Content_Types].xml',
    `${declaration}<Types xmlns="${packages}/content-types">` +
      '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>' +
      `<Override PartName="/xl/workbook.xml" ContentType="${mime}.sheet.main+xml"/>` +
      `<Override PartName="/xl/styles.xml" ContentType="${mime}.styles+xml"/>` +
      sheets
        .map((one) => `<Override PartName="/${nameOf(one)}" ContentType="${mime}.worksheet+xml"/>`)
        .join('') +
      '</Types>',
  ],
];

/** Steps of writing, one behind the other. */
async function written(
  archive: Archive,
  steps: readonly ((archive: Archive) => Written | Promise<Written>)[],
): Promise<Written> {
  const all: Buffer[] = [];
  let reached = archive;
  for (const step of steps) {
    const done = await step(reached);
    all.push(done.bytes);
    reached = done.archive;
  }
  return { bytes: Buffer.concat(all), archive: reached };
}

const add = (text: string) => (archive: Archive) => addToEntry(archive, Buffer.from(text));
const openSheet = (sheet: number, headings: Cells) => [
  (archive: Archive) => openEntry(archive, nameOf(sheet)),
  add(sheetBegins(headings)),
];
const closeSheet = [add(sheetEnds), closeEntry];

/** Of files that are written at the same time, each has one while it deflates some rows. */
const spare: ByteWriter[] = [];

/** @param most where a sheet ends; a test has short ones. */
export const xlsxOf = (most: typeof limits): FileFormat<State> => ({
  extension: 'xlsx',
  contentType: `${mime}.sheet`,
  async begin(headings) {
    const { bytes, archive } = await written(emptyArchive, openSheet(1, headings));
    return { bytes, state: { archive, headings, sheet: 1, rows: 0 } };
  },
  async add(state, rows) {
    const all: Buffer[] = [];
    const data = spare.pop() ?? new ByteWriter();
    let { archive, sheet, rows: inSheet } = state;
    for (let from = rows; from.length > 0;) {
      const isFull = inSheet >= most.rows || archive.entries.at(-1)!.size >= most.bytes;
      if (isFull) [sheet, inSheet] = [sheet + 1, 0];
      const { count, left } = writeRows(data, from, most.rows - inSheet);
      const next = isFull ? [...closeSheet, ...openSheet(sheet, state.headings)] : [];
      const done = await written(archive, [...next, (reached) => addToEntry(reached, data.bytes())]);
      all.push(done.bytes);
      archive = done.archive;
      inSheet += count;
      from = left;
    }
    spare.push(data);
    return { bytes: Buffer.concat(all), state: { ...state, archive, sheet, rows: inSheet } };
  },
  async end({ archive, sheet }) {
    const parts = partsOf(sheetsOf(sheet)).flatMap(([name, text]) => [
      (reached: Archive) => openEntry(reached, name),
      add(text),
      closeEntry,
    ]);
    const done = await written(archive, [...closeSheet, ...parts]);
    return Buffer.concat([done.bytes, endArchive(done.archive)]);
  },
});

/**
 * A workbook (ORD-18): amounts are numbers as they are written, all else is text, and no cell is a formula.
 * Rows that fit no sheet go on in the next.
 */
export const xlsx = xlsxOf(limits);
