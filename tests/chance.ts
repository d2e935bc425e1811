/** Chance that a seed decides: the same seed, the same choices. */
export interface Chance {
  /** From 0, below 1. */
  share(): number;
  /** From 0, below `end`. */
  below(end: number): number;
  /** True once in a while: `share` of the times. */
  is(share: number): boolean;
  /** One of them; there must be one. */
  of<T>(choices: readonly T[]): T;
  /** One of them by weight; undefined where none has any. */
  weighed<T>(choices: readonly (readonly [weight: number, choice: T])[]): T | undefined;
  shuffled<T>(choices: readonly T[]): T[];
}

/** Mulberry32, stirred, so that neighbouring seeds have nothing in common. */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    share: next,
    below,
    is: (share) => next() < share,
    of: (choices) => choices[below(choices.length)]!,
    weighed(choices) {
      let left = next() * choices.reduce((sum, [weight]) => sum + weight, 0);
      return choices.find(([weight]) => (left -= weight) < 0)?.[1];
    },
    shuffled(choices) {
      const mixed = [...choices];
      for (let i = mixed.length - 1; i > 0; i -= 1) {
        const j = below(i + 1);
        [mixed[i], mixed[j]] = [mixed[j]!, mixed[i]!];
      }
      return mixed;
    },
  };
}
