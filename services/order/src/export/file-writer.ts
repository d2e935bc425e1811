import type { Locale } from '@accord/core';
import { headings } from './columns.ts';
import type { CopiedRows } from './copied-rows.ts';
import { csv } from './csv.ts';
import type { ExportFormat } from './export.ts';
import type { FileFormat, Piece } from './file-format.ts';
import { xlsx } from './xlsx.ts';

// State is plain JSON that only its own format reads.
export const fileFormats: Readonly<Record<ExportFormat, FileFormat<unknown>>> = { csv, xlsx };

/** A file in a language, on a zone's clock. */
export interface Written {
  readonly format: ExportFormat;
  readonly locale: Locale;
  readonly timeZone: string;
}

/**
 * Rows of a file in pieces, with its beginning before the first and its end behind the last.
 *
 * @param of `state` is that of the piece before; undefined at the beginning of the file.
 */
export async function* writtenPieces(
  { format, locale, timeZone }: Written,
  pieces: readonly CopiedRows[],
  of: { readonly state: unknown; readonly isLast: boolean },
): AsyncGenerator<Piece<unknown>, void> {
  const { begin, add, end } = fileFormats[format];
  let { state } = of;
  if (state === undefined) {
    const begun = await begin(headings(locale, timeZone));
    yield begun;
    state = begun.state;
  }
  for (const rows of pieces) {
    const added = await add(state, rows);
    yield added;
    state = added.state;
  }
  if (of.isLast) yield { bytes: await end(state), state };
}
