/** The sizes that grow if anything does, in bytes by name: tables, their indexes, the process's memory. */
export interface Sample {
  /** Events that had had their effect. */
  readonly events: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** Less than this is not looked at: a few pages more or less say nothing. */
const negligible = 1_000_000;
const mostGrowth = 1.2;

interface Growth {
  readonly name: string;
  /** The largest in the second quarter of the events, and in the last. */
  readonly second: number;
  readonly last: number;
  readonly isFlat: boolean;
}

/**
 * Flat is what in the last quarter is at no time larger than 1.2 times the largest of the second; in the
 * first the service fills.
 *
 * @throws Error where one of the two has no sample.
 */
export function growthOf(samples: readonly Sample[], events: number): Growth[] {
  const largest = (name: string, from: number, to: number) => {
    const within = samples.filter((sample) => sample.events > events * from && sample.events <= events * to);
    if (within.length === 0)
      throw new Error(`no sample was taken between ${from * events} and ${to * events} events`);
    return Math.max(...within.map(({ bytes }) => bytes[name] ?? 0));
  };
  return Object.keys(samples[0]?.bytes ?? {}).map((name) => {
    const [second, last] = [largest(name, 0.25, 0.5), largest(name, 0.75, 1)];
    return { name, second, last, isFlat: last <= Math.max(second * mostGrowth, negligible) };
  });
}
