import { setTimeout as sleep } from 'node:timers/promises';

interface BrokerError {
  readonly type?: string;
  readonly retriable?: boolean;
  readonly cause?: BrokerError;
}

/** The name that Kafka's protocol gives the error, as `MESSAGE_TOO_LARGE`; empty where the broker sent none. */
export const brokerErrorOf = (error: unknown): string =>
  (error as BrokerError).type ?? (error as BrokerError).cause?.type ?? '';

export const isUnknownTopic = (error: unknown): boolean =>
  brokerErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';

/** The protocol says that the same request may succeed later, as where a partition has another leader. */
export const isRetriable = (error: unknown): boolean => (error as BrokerError).retriable === true;

/**
 * A broker that has just started names no coordinator before the topic of the groups' offsets is there, which the first
 * question makes. @throws Error that it still has none after `forMs`, or whatever else is wrong, at once
 */
export async function whenCoordinated<T>(ask: () => Promise<T>, { forMs = 30_000 } = {}): Promise<T> {
  for (const deadline = performance.now() + forMs; ; await sleep(200)) {
    try {
      return await ask();
    } catch (error) {
      if (brokerErrorOf(error) !== 'GROUP_COORDINATOR_NOT_AVAILABLE' || performance.now() > deadline)
        throw error;
    }
  }
}
