/** Conditions of a list, joined by `and`; `?` stands for a value. */
export interface SqlFilter {
  /** For the clause `where`; `true` where there is no condition. */
  readonly where: string;
  /** In the order of `$1`, `$2` … */
  readonly values: readonly unknown[];
  /**
   * The filter with one more condition; the same filter where one of `given` is undefined. Conditions are
   * constants, for statements are prepared by their text.
   */
  and(condition: string, ...given: readonly unknown[]): SqlFilter;
}

export const sqlFilter = (
  conditions: readonly string[] = [],
  values: readonly unknown[] = [],
): SqlFilter => ({
  where: conditions.join(' and ') || 'true',
  values,
  and(condition, ...given) {
    if (given.includes(undefined)) return this;
    let n = values.length;
    const numbered = condition.replaceAll('?', () => `$${(n += 1)}`);
    return sqlFilter([...conditions, numbered], [...values, ...given]);
  },
});
