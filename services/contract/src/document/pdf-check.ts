// Whether bytes are a PDF: header, end, and each section of its cross-references with its trailer, as ISO 32000-1, 7.5
// has them. Pages are not rendered and streams not unpacked, so nothing in a file is run, and no file takes long.

export type PdfFault = 'not_pdf' | 'encrypted';

/** Undefined for a PDF that anybody may open. */
export function pdfFaultOf(bytes: Buffer): PdfFault | undefined {
  try {
    return new PdfStructure(bytes).isEncrypted() ? 'encrypted' : undefined;
  } catch (error) {
    if (error instanceof NotPdf) return 'not_pdf';
    throw error;
  }
}

class NotPdf extends Error {}

const header = /^%PDF-(?:1\.[0-7]|2\.0)[\r\n\s]/;
const end = /startxref\s+(\d{1,10})\s+%%EOF\s*$/;
/** Readers look for the end in so many bytes. */
const tail = 1_024;
/** A dictionary of a trailer is far smaller. */
const window = 65_536;
/** Each saving by an editor adds one. */
const mostSections = 1_000;

type Dictionary = ReadonlyMap<string, string>;

class PdfStructure {
  readonly #bytes: Buffer;
  /** Where the objects of plain tables begin, by number and generation; of the newest section that names them. */
  readonly #places = new Map<string, number>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @throws NotPdf */
  isEncrypted(): boolean {
    if (!header.test(this.#text(0, 16))) throw new NotPdf('no header');
    const last = end.exec(this.#text(Math.max(0, this.#bytes.length - tail)));
    if (!last) throw new NotPdf('no end');
    const trailers = this.#trailersFrom(Number(last[1]));
    const root = /^(\d+) (\d+) R$/.exec(trailers[0]!.get('Root') ?? '');
    if (!root) throw new NotPdf('no catalogue');
    // An encrypted file may have a catalogue that is not readable.
    if (trailers.some((trailer) => trailer.has('Encrypt'))) return true;
    this.#checkCatalogue(`${root[1]} ${root[2]}`);
    return false;
  }

  /** From `at` on, in a window of bytes that each stand for a character. */
  #text(at: number, length = window): string {
    return this.#bytes.toString('latin1', at, at + length);
  }

  /** Newest first: each names the one before it. */
  #trailersFrom(newest: number): Dictionary[] {
    const trailers: Dictionary[] = [];
    const seen = new Set<number>();
    const left = [newest];
    for (let at = left.shift(); at !== undefined; at = left.shift()) {
      if (seen.has(at) || seen.size === mostSections || at >= this.#bytes.length)
        throw new NotPdf('its sections go round');
      seen.add(at);
      const trailer = this.#sectionAt(at);
      trailers.push(trailer);
      for (const before of ['XRefStm', 'Prev']) {
        const place = trailer.get(before);
        if (place === undefined) continue;
        if (!/^\d{1,10}$/.test(place)) throw new NotPdf('a section is nowhere');
        left.push(Number(place));
      }
    }
    return trailers;
  }

  #sectionAt(at: number): Dictionary {
    const text = this.#text(at);
    if (/^xref\s/.test(text)) return this.#tableAt(at);
    const head = /^\d+ \d+ obj\s*/.exec(text);
    if (!head) throw new NotPdf('no section');
    const { entries, rest } = dictionaryOf(text.slice(head[0].length));
    const isSection = entries.get('Type') === '/XRef' && /^\d+$/.test(entries.get('Size') ?? '');
    if (!isSection || !/^\s*stream\r?\n/.test(rest)) throw new NotPdf('no section');
    return entries;
  }

  /** `xref`, subsections of entries of 20 bytes, `trailer`. */
  #tableAt(start: number): Dictionary {
    let at = start + this.#text(start).match(/^xref\s+/)![0].length;
    for (;;) {
      const text = this.#text(at, 128);
      const range = /^(\d{1,10}) (\d{1,10})\s*?(?:\r\n|\n|\r)/.exec(text);
      if (!range) break;
      const [first, count] = [Number(range[1]), Number(range[2])];
      at += range[0].length;
      if (at + 20 * count > this.#bytes.length) throw new NotPdf('a table breaks off');
      for (let n = 0; n < count; n += 1, at += 20) this.#keepEntry(first + n, this.#text(at, 20));
    }
    const trailer = /^\s*trailer\s*/.exec(this.#text(at));
    if (!trailer) throw new NotPdf('no trailer');
    return dictionaryOf(this.#text(at + trailer[0].length)).entries;
  }

  #keepEntry(number: number, entry: string): void {
    const said = /^(\d{10}) (\d{5}) ([fn])(?: \r| \n|\r\n)$/.exec(entry);
    if (!said) throw new NotPdf('a table has another form');
    const name = `${number} ${Number(said[2])}`;
    if (said[3] === 'n' && !this.#places.has(name)) this.#places.set(name, Number(said[1]));
  }

  /** Where a plain table says where it is; a packed one leaves it in a stream. */
  #checkCatalogue(name: string): void {
    const at = this.#places.get(name);
    if (at === undefined && this.#places.size > 0 && !this.#isPacked()) throw new NotPdf('no catalogue');
    if (at === undefined) return;
    const text = this.#text(at);
    const head = new RegExp(`^${name} obj\\s*`).exec(text);
    const { entries } = dictionaryOf(head ? text.slice(head[0].length) : '');
    if (entries.get('Type') !== '/Catalog' || !/^\d+ \d+ R$/.test(entries.get('Pages') ?? ''))
      throw new NotPdf('no catalogue');
  }

  /** Some of its sections may be streams, beside plain tables. */
  #isPacked(): boolean {
    return this.#bytes.includes('/XRef');
  }
}

const plain = /\s+|%[^\r\n]*|<<|>>|\[|\]|\/[^\s()<>[\]{}/%]*|<[\s0-9A-Fa-f]*>|\d+ \d+ R\b|[^\s()<>[\]{}/%]+/y;

/** Strings may have balanced brackets in them. */
function endOfString(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '\\') at += 1;
    else if (sign === '(') depth += 1;
    else if (sign === ')' && (depth -= 1) === 0) return at + 1;
  }
  throw new NotPdf('a string has no end');
}

/** Without blanks and comments, each with its end. */
function* tokensOf(text: string): Generator<{ said: string; end: number }> {
  for (let at = 0; at < text.length;) {
    plain.lastIndex = at;
    const end = text[at] === '(' ? endOfString(text, at) : at + (plain.exec(text)?.[0].length ?? 0);
    if (end === at) throw new NotPdf('no dictionary');
    const said = text.slice(at, end);
    at = end;
    if (!/^[\s%]/.test(said)) yield { said, end };
  }
}

const opening = ['<<', '['];
const closing = ['>>', ']'];

/** The entries at the top, each as it is written, and the text behind it. @throws NotPdf where it is none. */
function dictionaryOf(text: string): { entries: Dictionary; rest: string } {
  const entries = new Map<string, string>();
  let depth = 0;
  /** The name, then its value. */
  let entry: string[] = [];
  const keep = () => {
    const [name, ...value] = entry;
    if (!name) return;
    if (!name.startsWith('/') || value.length === 0) throw new NotPdf('no dictionary');
    entries.set(name.slice(1), value.join(' '));
    entry = [];
  };
  for (const { said, end: at } of tokensOf(text)) {
    if (depth === 0 && said !== '<<') break;
    if (closing.includes(said)) depth -= 1;
    if (depth === 0 && said === '>>') {
      keep();
      return { entries, rest: text.slice(at) };
    }
    if (depth === 1 && said.startsWith('/') && entry.length > 1) keep();
    if (depth > 0) entry.push(said);
    if (opening.includes(said)) depth += 1;
  }
  throw new NotPdf('no dictionary');
}
