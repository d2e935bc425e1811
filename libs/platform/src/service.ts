import type { Logger } from 'pino';
import type { Worker } from './due-work.ts';
import type { Route } from './http/route.ts';
import type { ProblemTexts } from './locale.ts';
import type { Subscriptions } from './subscription.ts';
import type { Tx } from './tx.ts';

/** What a service is, apart from how it is run: its table of contents. */
export interface Service {
  /** `order`; also the consumer group `accord.order` and the CloudEvents source `/services/order`. */
  readonly name: 'order' | 'contract' | 'refund' | 'notification';
  /**
   * Its Postgres schema: `orders`, `contracts`, `refunds`, `notifications`. Every statement finds its tables
   * there by search_path.
   */
  readonly schema: string;
  /** Folder of its numbered migrations (file URL). */
  readonly migrations: URL;
  readonly routes: readonly Route[];
  /** Title and detail of each refusal it can answer, in both languages (API-16). */
  readonly problems: ProblemTexts;
  readonly subscriptions: Subscriptions;
  /**
   * Locks, in id order, the rows these ids stand for: `select lock_orders($1::text[])`. Ids it does not know
   * lock nothing.
   */
  readonly lockRows?: (tx: Tx, ids: readonly string[]) => void;
  readonly workers: readonly Worker[];
  /** Ended when the service stops, after workers and consumers: pools to the outside such as SMTP. */
  readonly close?: () => Promise<void>;
}

/** What `runService` and the tests' `startService` hand to a service when it is wired. */
export interface Surroundings {
  readonly log: Logger;
}
