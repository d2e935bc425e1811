import { readFileSync } from 'node:fs';

/** How far `tx.now` is ahead of the database's clock, ms; always 0 in production. Each transaction asks once. */
export interface Clock {
  offsetMs: number;
}

export const systemClock = (): Clock => ({ offsetMs: 0 });

/** A clock as far ahead as its file says, in ms; not ahead while there is none (API-18). */
export const clockOf = (file: string): Readonly<Clock> => ({
  get offsetMs() {
    try {
      return Number(readFileSync(file, 'utf8'));
    } catch {
      return 0;
    }
  },
});
