/**
 * How far `tx.now` is ahead of the database's clock, ms; always 0 outside of tests, which move time with it.
 */
export interface Clock {
  offsetMs: number;
}

export const systemClock = (): Clock => ({ offsetMs: 0 });
