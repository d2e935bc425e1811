import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';

// A ZIP archive (APPNOTE.TXT 6.3) that is written in pieces: each piece of an entry is deflated by itself and
// ends on a whole byte, so that the next one may be written by another process. Sizes are below 4 GiB.

const deflate = promisify(deflateRaw);
/** Fast; what comes out is a tenth of a sheet already. A row repeats the one before, which is near. */
const settings = { level: 1, windowBits: 13, memLevel: 6, finishFlush: constants.Z_FULL_FLUSH };
/** Ends a stream of deflated pieces: an empty last block. */
const lastBlock = Buffer.from([3, 0]);

interface Entry {
  readonly name: string;
  readonly crc: number;
  /** Bytes as they were, and as they are in the archive. */
  readonly size: number;
  readonly packed: number;
  /** Where its header is in the archive. */
  readonly offset: number;
}

/** Of an archive so far; plain JSON. The last entry may still be open. */
export interface Archive {
  readonly length: number;
  readonly entries: readonly Entry[];
}

export const emptyArchive: Archive = { length: 0, entries: [] };

/** Some bytes of the archive, and the archive with them. */
export interface Written {
  readonly bytes: Buffer;
  readonly archive: Archive;
}

/** Bits of an entry: its sizes stand behind it, its name is UTF-8. */
const flags = 0x0808;
const deflated = 8;
/** 1 January 1980: an archive tells no time. */
const date = 0x21;

export function openEntry({ length, entries }: Archive, name: string): Written {
  const bytes = Buffer.alloc(30 + Buffer.byteLength(name));
  bytes.writeUInt32LE(0x04034b50, 0);
  bytes.writeUInt16LE(20, 4);
  bytes.writeUInt16LE(flags, 6);
  bytes.writeUInt16LE(deflated, 8);
  bytes.writeUInt16LE(date, 12);
  bytes.writeUInt16LE(bytes.length - 30, 26);
  bytes.write(name, 30);
  const entry = { name, crc: 0, size: 0, packed: 0, offset: length };
  return { bytes, archive: { length: length + bytes.length, entries: [...entries, entry] } };
}

/** Adds to the open entry. */
export async function addToEntry(archive: Archive, data: Buffer): Promise<Written> {
  const bytes = await deflate(data, settings);
  return { bytes, archive: grown(archive, bytes.length, data) };
}

export function closeEntry(archive: Archive): Written {
  const { length, entries } = grown(archive, lastBlock.length);
  const { crc, size, packed } = entries.at(-1)!;
  const sizes = Buffer.alloc(16);
  sizes.writeUInt32LE(0x08074b50, 0);
  sizes.writeUInt32LE(crc, 4);
  sizes.writeUInt32LE(packed, 8);
  sizes.writeUInt32LE(size, 12);
  const bytes = Buffer.concat([lastBlock, sizes]);
  return { bytes, archive: { length: length + sizes.length, entries } };
}

const grown = ({ length, entries }: Archive, packed: number, data: Buffer = Buffer.alloc(0)): Archive => {
  const open = entries.at(-1)!;
  const entry = {
    ...open,
    crc: crc32(data, open.crc),
    size: open.size + data.length,
    packed: open.packed + packed,
  };
  return { length: length + packed, entries: entries.with(-1, entry) };
};

/** The directory of all entries, with which an archive ends. */
export function endArchive({ length, entries }: Archive): Buffer {
  const directory = Buffer.concat(entries.map(directoryEntry));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(length, 16);
  return Buffer.concat([directory, end]);
}

function directoryEntry({ name, crc, size, packed, offset }: Entry): Buffer {
  const bytes = Buffer.alloc(46 + Buffer.byteLength(name));
  bytes.writeUInt32LE(0x02014b50, 0);
  bytes.writeUInt16LE(20, 4);
  bytes.writeUInt16LE(20, 6);
  bytes.writeUInt16LE(flags, 8);
  bytes.writeUInt16LE(deflated, 10);
  bytes.writeUInt16LE(date, 14);
  bytes.writeUInt32LE(crc, 16);
  bytes.writeUInt32LE(packed, 20);
  bytes.writeUInt32LE(size, 24);
  bytes.writeUInt16LE(bytes.length - 46, 28);
  bytes.writeUInt32LE(offset, 42);
  bytes.write(name, 46);
  return bytes;
}
