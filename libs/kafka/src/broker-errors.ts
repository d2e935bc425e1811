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
