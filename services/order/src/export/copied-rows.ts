import { isTime, type Cells } from './columns.ts';

/**
 * Rows as `COPY` writes them in its form `text`: `cellEnd` between the cells of a row, `rowEnd` behind it. Where a
 * value has one of these, or another control character, it is escaped by a backslash. Kept in bytes, a million rows
 * are few objects.
 */
export type CopiedRows = Buffer;

/** It and the two before it are left out of values, for which they mean nothing. */
export const cellEnd = '\u001f';
const rowEnd = '\n';

const controls: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };
const escapedOrLeftOut = /\\([^])|[\u001d\u001e]/g;

/** A time comes with its seconds and its offset. */
const toTheMinute = (time: string) => /^[^:]*:\d+/.exec(time)?.[0] ?? time;

const cellsOf = (row: string): Cells =>
  row
    .replaceAll(escapedOrLeftOut, (_, sign = '') => controls[sign] ?? (sign === '\\' ? sign : ''))
    .split(cellEnd)
    .map((cell, column) => (isTime[column] ? toTheMinute(cell) : cell));

/** A sign of kind `leading` is plain but at the beginning of a cell. */
const [plain, leading, special, end] = [0, 1, 2, 3];
/** The first bytes of U+FFFE and U+FFFF, which no XML has. */
const [wide, noCharacters] = [0xef, 0xbf];
/**
 * The first bytes of all that a formula may begin with: signs in all their forms, blanks, and characters that leave no
 * mark. Ideographs begin with others.
 */
const beginsFormula = [
  ...Buffer.from('=+-@ \u007f'),
  ...[0xc2, 0xcd, 0xd8, 0xdb, 0xdc, 0xe0, 0xe1, 0xe2, 0xe3, wide, 0xf0, 0xf3],
];
const [backslash, colon, lineFeed] = [0x5c, 0x3a, 0x0a];

/** Bytes by their kinds: `signs` are those that a format writes in another way. */
function kindsOf(signs: string): Uint8Array {
  const kinds = new Uint8Array(256).fill(special, 0, 0x20);
  for (const sign of Buffer.from(`${signs}\\`)) kinds[sign] = special;
  for (const sign of beginsFormula) kinds[sign] = leading;
  for (const sign of Buffer.from(cellEnd + rowEnd)) kinds[sign] = end;
  return kinds;
}

/**
 * Goes through rows. Most are plain: what they have in their cells is, byte for byte, what the file has, and no cell
 * begins as a formula. So nothing is made for a cell, nor for a row.
 */
export class RowReader {
  /** Of the row's cells, places in the bytes of all rows. */
  readonly starts = new Int32Array(isTime.length);
  readonly ends = new Int32Array(isTime.length);
  cells = 0;
  isPlain = true;
  /** Bytes of the row, more than any of its cells has. */
  get length(): number {
    return this.#next - this.#start;
  }

  /** The rows that were not read yet. */
  get left(): CopiedRows {
    return this.#rows.subarray(this.#next);
  }

  readonly #kinds: Uint8Array;
  #rows: CopiedRows = Buffer.alloc(0);
  #start = 0;
  #next = 0;

  /** @param signs in ASCII that make a row not plain, beside those by which a formula begins. */
  constructor(signs: string) {
    this.#kinds = kindsOf(signs);
  }

  read(rows: CopiedRows): void {
    this.#rows = rows;
    this.#next = 0;
  }

  /** False behind the last row. */
  next(): boolean {
    const rows = this.#rows;
    const kinds = this.#kinds;
    let at = this.#next;
    if (at === rows.length) return false;
    this.#start = at;
    this.isPlain = true;
    this.cells = 0;
    let start = at;
    for (; at < rows.length; at += 1) {
      const byte = rows[at]!;
      const kind = kinds[byte]!;
      if (kind === plain) continue;
      if (kind === end) {
        this.#cell(start, at);
        start = at + 1;
        if (byte === lineFeed) break;
      } else if (kind === special) {
        this.isPlain = false;
        if (byte === backslash) at += 1;
      } else if (at === start || (byte === wide && rows[at + 1] === noCharacters)) this.isPlain = false;
    }
    this.#next = start;
    return true;
  }

  /** The cells of the row, also where it is not plain. */
  texts(): Cells {
    return cellsOf(this.#rows.toString('utf8', this.#start, this.#next - 1));
  }

  #cell(start: number, end: number): void {
    const column = this.cells;
    this.starts[column] = start;
    this.ends[column] = isTime[column] && end > start ? this.#minuteEnd(start, end) : end;
    this.cells = column + 1;
  }

  #minuteEnd(start: number, end: number): number {
    const usual = start + 'YYYY-MM-DD hh:mm'.length;
    if (this.#rows[usual] === colon && usual < end) return usual;
    const [found = ''] = /^[^:]*:\d+/.exec(this.#rows.toString('latin1', start, end)) ?? [];
    return found === '' ? end : start + found.length;
  }
}
