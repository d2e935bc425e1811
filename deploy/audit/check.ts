import type { Speaker } from '@accord/events/services';

/**
 * An invariant that holds once everything is quiet. Its statement finds the rows that break it, over the schemas of
 * all four services.
 */
export interface Check {
  readonly rule: string;
  readonly says: string;
  /** The service that mends it; a column `mends` says otherwise. */
  readonly mends: Speaker;
  /**
   * Columns `id` and `found`, and, where a difference of the same id may be another one, `mark`: what stays
   * the same while it is this one.
   */
  readonly sql: string;
}

export interface Difference {
  readonly rule: string;
  readonly says: string;
  readonly id: string;
  readonly found: string;
  readonly mends: Speaker;
  /**
   * Tells this difference from an earlier or later one of the same thing: a view that lags behind is another
   * difference at each version.
   */
  readonly mark: string;
}
