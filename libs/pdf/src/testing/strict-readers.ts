import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPdf } from './pdf-reading.ts';

interface StrictReading {
  /** Our own, and of qpdf, pdfsig, pypdf and pyHanko the ones that are installed here. */
  readonly readers: readonly string[];
  readonly complaints: readonly string[];
}

/** pypdf in strict mode; pyHanko, which has to find the signature sound, trusted, and over the whole file. */
const python = `
import importlib.util, json, sys, warnings
from io import BytesIO
from pathlib import Path
warnings.simplefilter('error')
readers = [name for name in ('pypdf', 'pyhanko') if importlib.util.find_spec(name)]
complaints = []

def pypdf_reads(file, certificate):
    import pypdf
    reader = pypdf.PdfReader(file, strict=True)
    assert reader.trailer['/ID'], 'no /ID'
    for page in reader.pages: page.get_contents()

def pyhanko_reads(file, certificate):
    from asn1crypto import x509
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext
    reader = PdfFileReader(BytesIO(Path(file).read_bytes()), strict=True)
    for page in range(int(reader.root['/Pages']['/Count'])): reader.find_page_for_modification(page)
    if certificate:
        root = x509.Certificate.load(Path(certificate).read_bytes())
        [signature] = reader.embedded_signatures
        status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
        assert status.intact and status.valid and status.trusted, status.pretty_print_details()
        assert status.coverage.name == 'ENTIRE_FILE', status.coverage

for file, certificate in json.loads(sys.argv[1]):
    for name in readers:
        try: globals()[name + '_reads'](file, certificate)
        except BaseException as error: complaints.append(f'{name}: {error!r}')
print(json.dumps({'readers': readers, 'complaints': complaints}))
`;

/**
 * Reads files as strictly as can be done here. Where a certificate (DER) is given, the file's signature has to be
 * valid with it as the trusted one.
 */
export function readStrictly(files: readonly { file: Buffer; certificate?: Buffer }[]): StrictReading {
  const folder = mkdtempSync(join(tmpdir(), 'pdf-'));
  const paths = files.map(({ file, certificate }, index) => {
    const [pdf, der] = [join(folder, `${index}.pdf`), certificate ? join(folder, `${index}.der`) : ''];
    writeFileSync(pdf, file);
    if (certificate) writeFileSync(der, certificate);
    return [pdf, der] as const;
  });
  const readings = [
    { readers: ['our own'], complaints: files.flatMap(({ file }) => layoutComplaints(file)) },
    ...paths.flatMap(([pdf, der]) => [qpdf(pdf), ...(der ? [pdfsig(pdf)] : [])]),
    pythonReaders(paths),
  ];
  rmSync(folder, { recursive: true });
  return {
    readers: [...new Set(readings.flatMap(({ readers }) => readers))],
    complaints: readings.flatMap(({ complaints }) => complaints),
  };
}

/**
 * The text of a file as its reader copies it, line by line from the top, with one blank between words: by
 * pdftotext where it is installed, else by our own reading.
 */
export function copiedText(file: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'pdf-'));
  const path = join(folder, 'file.pdf');
  writeFileSync(path, file);
  const copied = outputOf('pdftotext', '-layout', path, '-')?.stdout;
  rmSync(folder, { recursive: true });
  tellReader(copied === undefined ? 'our own reading: pdftotext is not installed' : 'pdftotext');
  return (
    copied ??
    readPdf(file)
      .pages.map(({ text }) => text)
      .join(' ')
  ).replaceAll(/\s+/g, ' ');
}

let told = false;

/** Once for a process: a text that our own reading found proves less than one that a reader of others copied. */
function tellReader(reader: string): void {
  if (!told) process.stderr.write(`the text of files is copied by ${reader}\n`);
  told = true;
}

/** Undefined where the command is not installed. */
function outputOf(command: string, ...args: string[]) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return error ? undefined : { status, stdout, text: stdout + stderr };
}

const none: StrictReading = { readers: [], complaints: [] };

/** It ends with 0 where it has neither errors nor warnings. */
function qpdf(file: string): StrictReading {
  const output = outputOf('qpdf', '--check', file);
  if (!output) return none;
  return { readers: ['qpdf'], complaints: output.status === 0 ? [] : [`qpdf: ${output.text}`] };
}

function pdfsig(file: string): StrictReading {
  const output = outputOf('pdfsig', '-nocert', file);
  if (!output) return none;
  const expected = ['Signature is Valid', 'Total document signed', 'ETSI.CAdES.detached'];
  const said = expected.every((line) => output.text.includes(line)) && !output.text.includes('Syntax');
  return { readers: ['pdfsig'], complaints: said ? [] : [`pdfsig: ${output.text}`] };
}

function pythonReaders(paths: readonly (readonly [string, string])[]): StrictReading {
  const output = outputOf('python3', '-c', python, JSON.stringify(paths));
  if (!output) return none;
  if (output.status !== 0) return { readers: [], complaints: [`python3: ${output.text}`] };
  return JSON.parse(output.stdout) as StrictReading;
}

/** One section, whose offsets lead to its objects, and whose trailer says what ISO 32000-1, 7.5.5 wants. */
function layoutComplaints(file: Buffer): string[] {
  const text = file.toString('latin1');
  const end = /^xref\n0 (\d+)\n((?:\d{10} \d{5} [fn] \n)+)trailer\n([^]*)\nstartxref\n(\d+)\n%%EOF\n$/m.exec(
    text,
  );
  if (!end) return ['the file does not end with one table, trailer and startxref'];
  const [, size, table = '', trailer = '', startxref] = end;
  const offsets = [...table.matchAll(/^(\d{10}) \d{5} n /gm)].map(([, offset]) => Number(offset));
  const references = [...text.replaceAll(/stream\n[^]*?endstream/g, '').matchAll(/\b(\d+) 0 R\b/g)];
  return [
    Number(startxref) !== end.index && `startxref is ${startxref}, the table is at ${end.index}`,
    Number(size) !== offsets.length + 1 && `the table has ${offsets.length} objects of ${size}`,
    !trailer.includes(`/Size ${size}`) && 'the trailer has another size',
    !/\/ID \[<[0-9a-f]{32}> <[0-9a-f]{32}>\]/.test(trailer) && 'the trailer has no /ID',
    !trailer.includes('/Root ') && 'the trailer has no /Root',
    ...offsets.map(
      (at, index) => !text.startsWith(`${index + 1} 0 obj\n`, at) && `object ${index + 1} is not at ${at}`,
    ),
    ...references.map(([, id]) => Number(id) > offsets.length && `there is no object ${id}`),
  ].filter((complaint) => complaint !== false);
}
