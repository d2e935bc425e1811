import type { StartOptions } from '../commands/start-options.ts';
import type { System } from '../parts/system.ts';

/** The means by which the main story is told: a running system, and a listener. */
export interface DemoSettings {
  readonly system: System;
  readonly profile: StartOptions['profile'];
  /** A line for the person who watches. */
  readonly say: (line: string) => void;
  /** How long a step may take before the story gives up, ms; default 30 000. */
  readonly patienceMs?: number;
}
