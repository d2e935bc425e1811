import type { Environment } from './environment.ts';

/** One thing that goes wrong while customers are served. */
export interface Fault {
  readonly name: string;
  /** The promise that everybody may rely on. */
  readonly promise: string;
  /** Resolves when it is over and mending may begin: recovery is counted from here. */
  readonly happen: (environment: Environment) => Promise<void>;
  /** A killed process starts again first. */
  readonly withinMs: number;
  /** While it lasts, orders are taken all the same. */
  readonly servesOn?: true;
  /** Once that has been measured: what the other faults do not expect is put back. */
  readonly after?: (environment: Environment) => Promise<void>;
  /** It cannot happen without. */
  readonly needs?: 'small disk';
}

export const nothingLost = 'nothing lost or doubled';
export const servedOn = 'requests go on meanwhile';
export const secondsMs = 1_000;
