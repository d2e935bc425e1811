import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * The cause of the work at hand, carried from the HTTP or Kafka edge to the outbox and the log without passing
 * through the domain.
 */
export interface Context {
  /** Of the HTTP request (API-13); absent for events and workers. */
  readonly requestId?: string;
  /** Id of the request or the event that events of this work follow from. */
  readonly causationId: string;
  /** Id of the first cause: the same along the whole chain. */
  readonly correlationId: string;
  /** W3C Trace Context. */
  readonly traceparent?: string;
}

const requestContext = new AsyncLocalStorage<Context>();

/** Undefined outside any request, event or due item. */
export const currentContext = (): Context | undefined => requestContext.getStore();

export const withContext = <T>(context: Context, work: () => T): T => requestContext.run(context, work);
