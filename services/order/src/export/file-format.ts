import type { Cells } from './columns.ts';

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
  add(state: State, rows: readonly Cells[]): Promise<Piece<State>>;
  end(state: State): Promise<Buffer>;
}

/** A spreadsheet program takes a cell that begins so for a formula; full-width signs too (OWASP, CSV injection). */
export const isFormula = (cell: string): boolean => /^[=+\-@\t\r\n＝＋－＠]/.test(cell);
