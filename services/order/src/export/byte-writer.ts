/**
 * Bytes that are written one behind the other, in a buffer that grows. It may be used again: what is made anew for
 * each of many pieces is soon most of the memory, for only a look at all of it finds what is dead (Node looks when
 * there are 64 MB of it).
 */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param size that will probably do. */
  constructor(size = 65_536) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#length;
  }

  /** Of what was written; good until it is cleared. */
  bytes(start = 0, end = this.#length): Buffer {
    return this.#buffer.subarray(start, end);
  }

  /** Begins anew, in the same buffer. */
  clear(): void {
    this.#length = 0;
  }

  /** Room for so many bytes more. */
  reserve(size: number): void {
    if (this.#length + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + size));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }

  text(text: string): void {
    this.reserve(3 * text.length);
    this.#length += this.#buffer.write(text, this.#length);
  }

  append(bytes: Buffer): void {
    this.reserve(bytes.length);
    this.#length += bytes.copy(this.#buffer, this.#length);
  }

  /** Few bytes, for which there is room. */
  copy(from: Uint8Array, start: number, end: number): void {
    const buffer = this.#buffer;
    let to = this.#length;
    for (let at = start; at < end; at += 1, to += 1) buffer[to] = from[at]!;
    this.#length = to;
  }

  /** A byte, for which there is room. */
  byte(byte: number): void {
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }
}
