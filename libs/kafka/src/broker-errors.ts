/** The broker's name of an error; empty where it is none of the broker's. */
export const brokerErrorOf = (error: unknown): string =>
  (error as { type?: string }).type ?? (error as { cause?: { type?: string } }).cause?.type ?? '';

export const isUnknownTopic = (error: unknown): boolean =>
  brokerErrorOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION';
