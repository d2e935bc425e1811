/** Bytes that are written one behind the other, in a buffer that grows. */
export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  /** @param size that will probably do. */
  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** What was written; nothing is written behind it. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
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
