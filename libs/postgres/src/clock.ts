/**
 * The distance between the database's clock and the service's; always 0 outside tests, which move time with
 * it.
 */
export interface Clock {
  offsetMs: number;
}

export const systemClock = (): Clock => ({ offsetMs: 0 });
