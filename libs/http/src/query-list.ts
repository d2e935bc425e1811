import { z } from 'zod';

/**
 * A list in one parameter of a query, `a,b`, that may be left out; clients give it as a list of theirs.
 *
 * @param items an array's schema; no item of it has a comma.
 */
export function separatedByCommas<S extends z.ZodType<unknown, unknown[]>>(items: S) {
  const { $schema: _, ...override } = z.toJSONSchema(items, { io: 'input' }) as Record<string, unknown>;
  return z
    .string()
    .transform((text): unknown[] => text.split(','))
    .pipe(items)
    .optional()
    .meta({ description: 'Separated by commas.', param: { style: 'form', explode: false }, override });
}
