import { publicTopics } from '@accord/events/topics';
import type { Incoming } from '@accord/kafka';

/**
 * Sets the ordering key: messages with the same key are handled in order and wait behind a failed one. Our
 * events share a key per aggregate, across topics. The platform's facts are ordered per topic, so that a bill
 * under the key of an order holds up no event of the order; a fact without a key holds up only itself.
 */
export const withOrderingKey = (message: Incoming): Incoming => {
  const { topic, key, headers } = message;
  return publicTopics.has(topic)
    ? { ...message, key: `${topic} ${key || `${headers['ce_id'] ?? ''} ${headers['ce_source'] ?? ''}`}` }
    : message;
};
