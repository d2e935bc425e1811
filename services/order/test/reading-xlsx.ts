import { crc32, inflateRawSync } from 'node:zlib';

interface ReadCell {
  readonly kind: 'number' | 'text' | 'formula' | 'empty';
  readonly text: string;
}

/** The entries of a ZIP archive by their names. @throws Error where one is not what its directory says. */
export function entriesOf(file: Buffer): Map<string, Buffer> {
  const end = file.lastIndexOf(Buffer.from('PK\x05\x06'));
  const count = file.readUInt16LE(end + 10);
  const entries = new Map<string, Buffer>();
  let at = file.readUInt32LE(end + 16);
  for (let entry = 0; entry < count; entry += 1) {
    const [crc, packed, size] = [16, 20, 24].map((place) => file.readUInt32LE(at + place)) as [
      number,
      number,
      number,
    ];
    const nameLength = file.readUInt16LE(at + 28);
    const name = file.toString('utf8', at + 46, at + 46 + nameLength);
    const header = file.readUInt32LE(at + 42);
    const from = header + 30 + file.readUInt16LE(header + 26) + file.readUInt16LE(header + 28);
    const data = inflateRawSync(file.subarray(from, from + packed));
    if (data.length !== size || crc32(data) !== crc) throw new Error(`${name} is damaged`);
    const behind = [0, 4, 8, 12].map((place) => file.readUInt32LE(from + packed + place));
    if (behind.join() !== [0x08074b50, crc, packed, size].join())
      throw new Error(`${name} has other sizes behind it`);
    entries.set(name, data);
    at += 46 + nameLength;
  }
  if (at !== end) throw new Error('the directory does not end where the archive does');
  return entries;
}

/** As XML has it: an end of a line is a line feed, unless it is named. */
const plain = (text: string) =>
  text
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll('&#13;', '\r')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

function cellOf(xml: string): ReadCell {
  if (xml.includes('<f')) return { kind: 'formula', text: xml };
  const number = /<v>(.*)<\/v>/.exec(xml)?.[1];
  if (number !== undefined) return { kind: 'number', text: number };
  const text = /<t xml:space="preserve">([^]*)<\/t>/.exec(xml)?.[1];
  return text === undefined ? { kind: 'empty', text: '' } : { kind: 'text', text: plain(text) };
}

/** The rows of each sheet of a workbook of ours, in their order, headings first. */
export function sheetsOf(file: Buffer): ReadCell[][][] {
  const entries = entriesOf(file);
  return [...entries.keys()]
    .filter((name) => name.startsWith('xl/worksheets/'))
    .map((name) =>
      [
        ...entries
          .get(name)!
          .toString()
          .matchAll(/<row>(.*?)<\/row>/gs),
      ].map(([, row]) => [...row!.matchAll(/<c\/>|<c[ >].*?<\/c>/gs)].map(([cell]) => cellOf(cell))),
    );
}
