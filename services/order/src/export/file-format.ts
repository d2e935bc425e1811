import type { Cells } from './columns.ts';
import type { CopiedRows } from './copied-rows.ts';

/** Some bytes of a file, and all that is needed to go on behind them: plain JSON. */
export interface Piece<State> {
  readonly bytes: Buffer;
  readonly state: State;
}

/**
 * A file that is written in pieces, one behind the other. Nothing but the state is kept between two pieces, so
 * that another process may write the next one.
 */
export interface FileFormat<State> {
  /** `csv` */
  readonly extension: string;
  readonly contentType: string;
  begin(headings: Cells): Promise<Piece<State>>;
  add(state: State, rows: CopiedRows): Promise<Piece<State>>;
  end(state: State): Promise<Buffer>;
}

/** A spreadsheet program takes a cell that begins so for a formula; full-width signs too (OWASP, CSV injection). */
const formulaSigns = String.raw`=+\-@\t\r\n＝＋－＠`;
const formula = new RegExp(`^[${formulaSigns}]`);
export const isFormula = (cell: string): boolean => formula.test(cell);
