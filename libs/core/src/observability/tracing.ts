import { currentContext } from './context.ts';

// Tracing is off unless `register.ts` found where to send traces. While off, it loads nothing and costs a call.
// While on, spans of our own doors join the HTTP spans of OpenTelemetry, so that one trace goes HTTP → Postgres →
// outbox → Kafka → consumer (API-13).

type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface Tracing {
  span<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /** Runs `work` as a consequence of a span of another process. */
  after<T>(traceparent: string, work: () => T): T;
  nameSpan(name: string, attributes: Attributes): void;
  traceparent(): string | undefined;
  stop(): Promise<void>;
}

let tracing: Tracing | undefined;

/** Called once, by `register.ts`, before the service's modules load. */
export const enableTracing = (given: Tracing): void => {
  tracing = given;
};

/** Runs `work` as a step of the work at hand; an error marks the span and is thrown on. */
export const span = <T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> =>
  tracing ? tracing.span(name, attributes, work) : work();

/** Renames the running span once its name is known: the route. */
export const nameSpan = (name: string, attributes: Attributes): void => tracing?.nameSpan(name, attributes);

/** The running span's; undefined without tracing. */
export const activeTraceparent = (): string | undefined => tracing?.traceparent();

/** The traceparent for events and calls: of the running span, else the one that came in. */
export const currentTraceparent = (): string | undefined =>
  tracing?.traceparent() ?? currentContext()?.traceparent;

const traceparentForm = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C Trace Context: a header of another form is no header, and a new trace begins. */
export const validTraceparent = (given: string | undefined): string | undefined =>
  given !== undefined && traceparentForm.test(given) ? given : undefined;

/** Runs `work` as a consequence of `traceparent`, the header of a message. */
export const withTraceparent = <T>(traceparent: string | undefined, work: () => T): T =>
  tracing && traceparent ? tracing.after(traceparent, work) : work();

/** Sends the spans that are left. */
export const stopTracing = async (): Promise<void> => tracing?.stop();
