import type { Profile } from '@accord/profile';
import type { System } from '../parts/system.ts';

/** The means by which the main story is told: a running system, and a listener. */
export interface DemoSettings {
  readonly system: System;
  /** A shipped provider's, or those of a profile with the same invoicing entities. */
  readonly rules: Profile;
  /** A line for the person who watches. */
  readonly say: (line: string) => void;
  /** How long a step may take before the story gives up, ms; default 30 000. */
  readonly patienceMs?: number;
}
