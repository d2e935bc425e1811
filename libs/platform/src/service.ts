import type { Logger } from 'pino';
import type { Database, Tx, Worker } from '@accord/core';
import type { Metrics } from '@accord/core/observability';
import type { ServiceName } from '@accord/events/services';
import type { ProblemTexts, Route } from '@accord/http';
import type { Subscriptions } from '@accord/messaging';
import type { Retention } from './retention.ts';

/** A service's table of contents; `runService` gives it edges, messaging and workers. */
export interface Service {
  /** `order`; also the consumer group `accord.order` and the CloudEvents source `/services/order`. */
  readonly name: ServiceName;
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
  /** First segment under `/v1` → a line about its routes, for readers of the OpenAPI document. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Where the provider is, an IANA name: the zone of a date that stands alone in a request (ORD-15). */
  readonly timeZone: string;
  readonly subscriptions: Subscriptions;
  /**
   * Locks, in id order, the rows these ids stand for: `select lock_orders($1::text[])`. Ids it does not know
   * lock nothing.
   */
  readonly lockRows?: (tx: Tx, ids: readonly string[]) => void;
  readonly workers: readonly Worker[];
  /** Rows of its tables that are deleted once they have served their time. */
  readonly retention?: readonly Retention[];
  /** Adds the service's own metrics to the platform's. */
  readonly metrics?: (metrics: Metrics, db: Database) => void;
  /** Ended when the service stops, after workers and consumers: pools to the outside such as SMTP. */
  readonly close?: () => Promise<void>;
}

/** Handed to a service when it is wired. */
export interface ServiceContext {
  readonly log: Logger;
}
