import { Socket } from 'node:net';

/** Bytes that are read at once at most. */
const usual = 65_536;
/** A connection keeps a buffer that grew up to this for as long as it lives. */
const mostKept = 1_048_576;
/** A letter, and the length of all behind it. */
const headLength = 5;

/**
 * A socket that gives the driver whole messages of the server, from one buffer that is used again. Of single reads,
 * each of which ends within a message, the driver makes a larger buffer every time, so that a megabyte of rows
 * leaves three of garbage. The bytes are the socket's again as soon as its listener returns.
 */
export function messageSocket(): Socket {
  const messages = new Messages();
  const socket: Socket = new Socket({
    onread: {
      buffer: () => messages.room(),
      callback: (length) => {
        const whole = messages.add(length);
        if (whole) socket.emit('data', whole);
        return true;
      },
    },
  });
  return socket;
}

/** Bytes of a server, as they come, in whole messages. */
export class Messages {
  #buffer = Buffer.allocUnsafeSlow(usual);
  /** Of a message that is not whole yet, from the beginning of the buffer once there is room for more. */
  #start = 0;
  #end = 0;

  /** Where the next bytes are to be written. A long message gets more room as its bytes come. */
  room(): Buffer {
    const rest = this.#end - this.#start;
    const size = this.#sizeFor(rest);
    const to = size === this.#buffer.length ? this.#buffer : Buffer.allocUnsafeSlow(size);
    if (to !== this.#buffer || this.#start > 0) this.#buffer.copy(to, 0, this.#start, this.#end);
    this.#buffer = to;
    this.#start = 0;
    this.#end = rest;
    return to.subarray(rest);
  }

  #sizeFor(rest: number): number {
    const size = this.#buffer.length;
    if (rest === size) return Math.min(this.#nextLength(), 2 * rest);
    return size > mostKept && rest < usual && this.#nextLength() <= mostKept ? usual : size;
  }

  /** So many bytes were written there. @returns the messages that are whole now; undefined where none is. */
  add(length: number): Buffer | undefined {
    this.#end += length;
    const start = this.#start;
    for (
      let next = this.#nextLength();
      next > 0 && next <= this.#end - this.#start;
      next = this.#nextLength()
    )
      this.#start += next;
    return this.#start === start ? undefined : this.#buffer.subarray(start, this.#start);
  }

  /** Of the first message that was not given yet; 0 while its head is not there. */
  #nextLength(): number {
    if (this.#end - this.#start < headLength) return 0;
    return 1 + this.#buffer.readUInt32BE(this.#start + 1);
  }
}
