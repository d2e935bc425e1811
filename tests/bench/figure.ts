import { readFileSync } from 'node:fs';

/** One measured figure beside its floor, the same work without us, measured in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Absent where a figure is a limit of its own, such as memory. */
  readonly floor?: number;
  readonly ratio?: number;
}

export const beside = (name: string, unit: string, value: number, floor: number): Figure => ({
  name,
  value: round(value),
  unit,
  floor: round(floor),
  ratio: round(value / floor),
});

export const round = (value: number) => Math.round(value * 1000) / 1000;

export function percentile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/**
 * Of equal parts of what was measured, in its order, the middle one's percentile: what else happens on the
 * machine disturbs some of them.
 */
export function usual(values: readonly number[], part: number, parts = 6): number {
  const length = Math.ceil(values.length / parts);
  return median(
    Array.from({ length: parts }, (_, i) => percentile(values.slice(i * length, (i + 1) * length), part)),
  );
}

export const median = (values: readonly number[]) => percentile(values, 0.5);

/** Of a process, as the system counts it. */
export function residentMegabytes(pid: number): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return (pages * 4_096) / 1e6;
}
