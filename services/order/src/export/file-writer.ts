import type { Locale } from '@accord/core';
import { headings } from './columns.ts';
import { csv } from './csv.ts';
import type { ExportFormat } from './export.ts';
import type { FileFormat, Piece, RowsText } from './file-format.ts';
import { xlsx } from './xlsx.ts';

// State is plain JSON that only its own format reads.
export const fileFormats: Readonly<Record<ExportFormat, FileFormat<unknown>>> = { csv, xlsx };

/** A file in a language, on a zone's clock. */
interface Written {
  readonly format: ExportFormat;
  readonly locale: Locale;
  readonly timeZone: string;
}

/** Rows of a file, with its beginning before the first and its end behind the last. */
export function fileWriter({ format, locale, timeZone }: Written) {
  const { begin, add, end } = fileFormats[format];
  return {
    /** @param of `state` is that of the piece before; undefined at the beginning of the file. */
    async write(
      rows: RowsText,
      of: { readonly state: unknown; readonly isLast: boolean },
    ): Promise<Piece<unknown>> {
      const began = of.state === undefined ? await begin(headings(locale, timeZone)) : undefined;
      const added = await add(began ? began.state : of.state, rows);
      const parts = [...(began ? [began.bytes] : []), added.bytes];
      if (of.isLast) parts.push(await end(added.state));
      return { bytes: parts.length === 1 ? added.bytes : Buffer.concat(parts), state: added.state };
    },
  };
}
