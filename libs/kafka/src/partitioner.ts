/**
 * The partition that the default partitioners of Kafka's Java client and of kafkajs choose for a key
 * (murmur2), without kafkajs' big integers.
 */
export const partitionOf = (key: string, partitions: number): number =>
  (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;

const m = 0x5bd1e995;

function murmur2(bytes: Uint8Array): number {
  const whole = bytes.length & ~3;
  let hash = 0x9747b28c ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    const four = Math.imul(
      bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24),
      m,
    );
    hash = Math.imul(hash, m) ^ Math.imul(four ^ (four >>> 24), m);
  }
  for (let at = bytes.length - 1; at >= whole; at -= 1) hash ^= bytes[at]! << (8 * (at - whole));
  if (bytes.length > whole) hash = Math.imul(hash, m);
  hash = Math.imul(hash ^ (hash >>> 13), m);
  return hash ^ (hash >>> 15);
}
