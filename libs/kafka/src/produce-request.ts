import { crc32c } from './crc32c.ts';

interface ProduceRecord {
  readonly key?: unknown;
  readonly value: unknown;
  readonly timestamp?: string | null;
  readonly headers?: Readonly<Record<string, unknown>>;
}

/** The fields of a produce request, as kafkajs gives them to its own encoder. */
export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly compression?: number;
  readonly transactionalId?: string | null;
  /** A number, or kafkajs' Long, which prints as one. */
  readonly producerId?: unknown;
  readonly producerEpoch?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionRecords[] }[];
}

interface PartitionRecords {
  readonly partition: number | string;
  readonly firstSequence?: number;
  readonly messages: readonly ProduceRecord[];
}

/** Whether `encodeProduceRequest` can write it; kafkajs writes requests that we never send. */
export const canEncode = ({ compression, transactionalId, topicData }: ProduceRequest): boolean =>
  !compression &&
  isNothing(transactionalId) &&
  topicData.every(({ partitions }) => partitions.every(({ messages }) => messages.every(canEncodeRecord)));

const isNothing = (value: unknown) => value === undefined || value === null;
const isBytes = (value: unknown) => typeof value === 'string' || Buffer.isBuffer(value);

function canEncodeRecord({ key, value, timestamp, headers }: ProduceRecord): boolean {
  for (const name in headers) if (!isBytes(headers[name])) return false;
  return isNothing(timestamp) && (isNothing(key) || isBytes(key)) && (isNothing(value) || isBytes(value));
}

/**
 * The body of a produce request of the versions 3 to 7, with the very bytes that kafkajs 2.2.4 makes of it.
 * kafkajs allocates a buffer for each record, each header and each number, which is most of the cost of
 * sending; here all sizes are measured first, then everything is written once.
 */
export function encodeProduceRequest(request: ProduceRequest, now = Date.now()): Buffer {
  const sizes: number[] = [];
  const out = new Writer(measure(request, sizes), sizes);
  out.int16(-1);
  out.int16(request.acks);
  out.int32(request.timeout);
  out.int32(request.topicData.length);
  for (const { topic, partitions } of request.topicData) {
    out.int16(Buffer.byteLength(topic));
    out.bytes(topic, Buffer.byteLength(topic));
    out.int32(partitions.length);
    for (const part of partitions)
      writePartition(out, part, {
        time: BigInt(now),
        producerId: BigInt(String(request.producerId ?? -1)),
        epoch: request.producerEpoch ?? 0,
      });
  }
  return out.buffer;
}

/** Bytes before a partition's records, as `writePartition` writes them. */
const partitionHeadBytes = 69;

/**
 * The size of the body. Appends to `sizes`, in their order, the lengths that are written into it: of each
 * record, its key, its value, its headers' names and values.
 */
function measure({ topicData }: ProduceRequest, sizes: number[]): number {
  let total = 12;
  for (const { topic, partitions } of topicData) {
    total += 6 + Buffer.byteLength(topic) + partitions.length * partitionHeadBytes;
    for (const { messages } of partitions) {
      for (let i = 0; i < messages.length; i += 1) {
        const at = sizes.push(0) - 1;
        const size = measureRecord(messages[i]!, i, sizes);
        sizes[at] = size;
        total += varintSize(size) + size;
      }
    }
  }
  return total;
}

function measureRecord({ key, value, headers = {} }: ProduceRecord, offset: number, sizes: number[]): number {
  let size = 2 + varintSize(offset) + measureBytes(key, sizes) + measureBytes(value, sizes);
  let count = 0;
  for (const name in headers) {
    count += 1;
    size += measureBytes(name, sizes) + measureBytes(headers[name], sizes);
  }
  return size + varintSize(count);
}

function measureBytes(value: unknown, sizes: number[]): number {
  const size = isNothing(value) ? -1 : Buffer.byteLength(value as string | Buffer);
  sizes.push(size);
  return varintSize(size) + Math.max(0, size);
}

const zigZag = (value: number) => (value << 1) ^ (value >> 31);

function varintSize(value: number): number {
  const bits = zigZag(value);
  return bits < 0x80 ? 1 : bits < 0x4000 ? 2 : bits < 0x20_0000 ? 3 : bits < 0x1000_0000 ? 4 : 5;
}

function writePartition(
  out: Writer,
  { partition, firstSequence = 0, messages }: PartitionRecords,
  by: { time: bigint; producerId: bigint; epoch: number },
): void {
  out.int32(Number(partition));
  const sized = out.skip(4);
  out.int64(0n);
  const batched = out.skip(4);
  out.int32(0); // leader epoch
  out.int8(2); // magic: format of the record batch
  const checked = out.skip(4);
  out.int16(0); // attributes: not compressed, create time
  out.int32(messages.length - 1);
  out.int64(by.time);
  out.int64(by.time);
  out.int64(by.producerId);
  out.int16(by.epoch);
  out.int32(firstSequence);
  out.int32(messages.length);
  for (let i = 0; i < messages.length; i += 1) writeRecord(out, messages[i]!, i);
  out.buffer.writeUInt32BE(crc32c(out.buffer, checked + 4, out.at), checked);
  for (const at of [batched, sized]) out.buffer.writeInt32BE(out.at - at - 4, at);
}

function writeRecord(out: Writer, { key, value, headers = {} }: ProduceRecord, offset: number): void {
  out.varint(out.size());
  out.int8(0); // attributes
  out.varint(0); // timestamp delta
  out.varint(offset);
  out.sized(key);
  out.sized(value);
  out.varint(Object.keys(headers).length);
  for (const name in headers) {
    out.sized(name);
    out.sized(headers[name]);
  }
}

class Writer {
  readonly buffer: Buffer;
  at = 0;
  readonly #sizes: readonly number[];
  #next = 0;

  constructor(size: number, sizes: readonly number[]) {
    this.buffer = Buffer.allocUnsafe(size);
    this.#sizes = sizes;
  }

  size(): number {
    return this.#sizes[this.#next++]!;
  }

  /** Leaves out `count` bytes. @returns the position of the first. */
  skip(count: number): number {
    this.at += count;
    return this.at - count;
  }

  int8(value: number): void {
    this.buffer[this.at++] = value;
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  int64(value: bigint): void {
    this.at = this.buffer.writeBigInt64BE(value, this.at);
  }

  varint(value: number): void {
    let bits = zigZag(value) >>> 0;
    for (; bits > 0x7f; bits >>>= 7) this.buffer[this.at++] = (bits & 0x7f) | 0x80;
    this.buffer[this.at++] = bits;
  }

  bytes(value: unknown, size: number): void {
    if (typeof value === 'string') this.buffer.write(value, this.at, size, 'utf8');
    else (value as Buffer).copy(this.buffer, this.at);
    this.at += size;
  }

  /** Length and bytes; for null only the length -1. */
  sized(value: unknown): void {
    const size = this.size();
    this.varint(size);
    if (size > 0) this.bytes(value, size);
  }
}
