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

/**
 * A spreadsheet program takes a cell that begins so for a formula (OWASP, CSV injection): also behind blanks and
 * characters that leave no mark, which some leave out as they read, and by the full-width and small forms, which those
 * for Chinese and Japanese take for the signs.
 */
const formulaSigns = String.raw`=+\-@＝＋－＠﹦﹢﹣﹫`;
const passedOver = String.raw`\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800`;
const formula = new RegExp(String.raw`^(?:[\t\r\n]|[${passedOver}]*[${formulaSigns}])`, 'u');
export const isFormula = (cell: string): boolean => formula.test(cell);
