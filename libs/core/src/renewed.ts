import { z } from 'zod';

/**
 * A setting as it is now: one that is in a file is read anew whenever it is asked for (API-17). A file that is
 * away or wrong meanwhile changes nothing.
 */
export interface Renewed<T> {
  (): T;
  /**
   * A server refused this value. A password that its file has already may be unknown to the server yet: until it
   * is taken, the one before is given too.
   *
   * @returns whether asking again gives another value.
   */
  refused(value: T): boolean;
}

/** A value that was refused is left alone for so long, where there is another one. */
const refusedForMs = 5_000;

/** @param read the value of now; throws where there is none. @param first the value that it begins with. */
export function renewedBy<T>(read: () => T, first: T): Renewed<T> {
  let [now, before]: [T, T | undefined] = [first, undefined];
  let refusedAt: number | undefined;
  const look = () => {
    try {
      const next = read();
      if (next === now) return;
      [now, before, refusedAt] = [next, now, undefined];
    } catch {
      // A file is being replaced, or is wrong: the next look may find it whole.
    }
  };
  const isRefused = () => refusedAt !== undefined && performance.now() - refusedAt < refusedForMs;
  const current = () => {
    look();
    return isRefused() && before !== undefined ? before : now;
  };
  return Object.assign(current, {
    refused: (value: T) => {
      look();
      if (value === now) refusedAt = performance.now();
      else if (value === before) before = undefined;
      return current() !== value;
    },
  });
}

/** A value that never changes. */
export const constant = <T>(value: T): Renewed<T> => renewedBy(() => value, value);

const inners = new WeakMap<z.ZodType, z.ZodType>();

/** Declares a setting that may change while the process runs. */
export function renewed<S extends z.ZodType>(inner: S) {
  const schema = inner.transform((value) => constant(value));
  inners.set(schema, inner);
  return schema;
}

/** The schema of each value of a `renewed` setting; undefined for another. */
export const innerOf = (schema: z.ZodType): z.ZodType | undefined =>
  inners.get(schema) ??
  (schema instanceof z.ZodOptional ? inners.get(schema.unwrap() as z.ZodType) : undefined);
