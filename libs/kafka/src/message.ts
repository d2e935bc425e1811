import { isUtf8 } from 'node:buffer';
import type { KafkaMessage } from 'kafkajs';
import { beyondHeaders } from './kafkajs-patches.ts';

/** A message to send. */
export interface Outgoing {
  /** Without the prefix. */
  readonly topic: string;
  /** Default: the partition of its key, as Kafka's Java client chooses it (murmur2). */
  readonly partition?: number;
  readonly key?: string;
  readonly value: string;
  readonly headers: Record<string, string>;
}

/** A message that was read. Bytes of keys and headers that are no UTF-8 become U+FFFD. */
export interface Incoming {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Empty where the message has none. */
  readonly key: string;
  /**
   * Empty where the message has none. Of one over 2 MB, of no UTF-8, or with more than 200 headers or 64 KiB of
   * them, only a text that says so.
   */
  readonly value: string;
  /** True where `value` is such a text, and the message's own was left out. */
  readonly leftOut?: true;
  /** Values of a header that is repeated are joined with line feeds, which no header of an event holds. */
  readonly headers: Record<string, string>;
}

/**
 * More than any event has, and more than a broker takes uncompressed. A message that another client compressed
 * may be of any size, and half a gigabyte cannot even be a string.
 */
const maxValueBytes = 2_000_000;

export function incoming(topic: string, partition: number, message: KafkaMessage): Incoming {
  const fault = faultOf(message);
  const read = {
    topic,
    partition,
    offset: message.offset,
    key: message.key?.toString() ?? '',
    value: fault ?? message.value?.toString() ?? '',
    headers: headersOf(message.headers ?? {}),
  };
  return fault === undefined ? read : { ...read, leftOut: true };
}

function faultOf({ value, headers = {} }: KafkaMessage): string | undefined {
  const beyond = (headers as { [beyondHeaders]?: string })[beyondHeaders];
  if (beyond !== undefined) return `${beyond}, too many for an event`;
  if (!value) return undefined;
  if (value.length > maxValueBytes) return `${value.length} bytes, too many for an event`;
  return isUtf8(value) ? undefined : `${value.length} bytes that are no UTF-8`;
}

function headersOf(headers: NonNullable<KafkaMessage['headers']>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    texts[name] = Array.isArray(value) ? value.join('\n') : (value?.toString() ?? '');
  }
  return texts;
}
