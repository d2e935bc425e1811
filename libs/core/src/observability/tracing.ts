import { currentContext } from './context.ts';

// Tracing is off unless `register.ts` found where to send traces. Off, it loads nothing and costs a call. On,
// spans of our own doors join the HTTP spans of OpenTelemetry, so that one trace goes HTTP → Postgres →
// outbox → Kafka → consumer (API-13).

export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Tracing {
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** Work that follows from what another process did. */
  after<T>(traceparent: string, work: () => T): T;
  nameSpan(name: string, attributes: Attributes): void;
  traceparent(): string | undefined;
  stop(): Promise<void>;
}

let tracing: Tracing | undefined;

/** Called once, by `register.ts`, before the service's modules load. */
export const turnOn = (given: Tracing): void => {
  tracing = given;
};

/** One step of the work at hand; an error marks the span and goes on. Without tracing: just `work`. */
export const span = <T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> =>
  tracing ? tracing.span(name, attributes, work) : work();

/** Gives the running span the name that is known only now: the route. */
export const nameSpan = (name: string, attributes: Attributes): void => tracing?.nameSpan(name, attributes);

/** Of the running span; undefined without tracing. */
export const activeTraceparent = (): string | undefined => tracing?.traceparent();

/** What goes on into events and calls: the running span's, else what came in. */
export const currentTraceparent = (): string | undefined =>
  tracing?.traceparent() ?? currentContext()?.traceparent;

/** `work` as a consequence of `traceparent`, the header of a message. */
export const withTraceparent = <T>(traceparent: string | undefined, work: () => T): T =>
  tracing && traceparent ? tracing.after(traceparent, work) : work();

/** Sends what is left. */
export const stopTracing = async (): Promise<void> => tracing?.stop();
