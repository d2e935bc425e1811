/**
 * A shorter list that still fails: leaves out halves, then quarters, then single ones, until none can be left
 * out (delta debugging).
 *
 * @param fails must be true for `list`.
 * @param mostTries after so many it answers what is left by then.
 */
export async function shrink<T>(
  list: readonly T[],
  fails: (shorter: readonly T[]) => Promise<boolean>,
  mostTries: number,
): Promise<readonly T[]> {
  let left = list;
  let tries = 0;
  for (let size = Math.ceil(left.length / 2); size >= 1;) {
    let leftOut = false;
    for (let from = 0; from < left.length;) {
      const shorter = [...left.slice(0, from), ...left.slice(from + size)];
      if ((tries += 1) > mostTries) return left;
      if (await fails(shorter)) {
        left = shorter;
        leftOut = true;
      } else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!leftOut) break;
  }
  return left;
}
