import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Readers that complain of the smallest fault in a PDF; each answers its complaints about a file. */
interface StrictReader {
  readonly name: string;
  /** Ends with 0 where the reader is installed. */
  readonly there: readonly [string, ...string[]];
  readonly complaints: (file: string, certificate: string) => string[];
}

const pypdf = `
import sys, pypdf
reader = pypdf.PdfReader(sys.argv[1], strict=True)
assert reader.trailer['/ID'], 'no /ID'
for page in reader.pages: page.extract_text()
`;

/** The certificate is trusted; the signature has to be sound and over the whole file. */
const pyHanko = `
import sys
from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
reader = PdfFileReader(open(sys.argv[1], 'rb'), strict=True)
for page in range(int(reader.root['/Pages']['/Count'])): reader.find_page_for_modification(page)
if sys.argv[2]:
    root = x509.Certificate.load(open(sys.argv[2], 'rb').read())
    [signature] = reader.embedded_signatures
    status = validate_pdf_signature(signature, ValidationContext(trust_roots=[root]))
    assert status.intact and status.valid and status.trusted, status.pretty_print_details()
    assert status.coverage.name == 'ENTIRE_FILE', status.coverage
`;

const readers: readonly StrictReader[] = [
  {
    name: 'qpdf',
    there: ['qpdf', '--version'],
    complaints: (file) => complaintsOf('qpdf', '--check', file),
  },
  {
    name: 'pdfsig',
    there: ['pdfsig', '-v'],
    complaints(file, certificate) {
      if (!certificate) return complaintsOf('pdfinfo', file);
      const { stdout, stderr } = spawnSync('pdfsig', ['-nocert', file], { encoding: 'utf8' });
      const expected = ['Signature is Valid', 'Total document signed', 'ETSI.CAdES.detached'];
      const missing = expected.filter((line) => !stdout.includes(line)).map((line) => `not said: ${line}`);
      return [...missing, ...(stderr.includes('Syntax') ? [stderr] : [])];
    },
  },
  {
    name: 'pypdf',
    there: ['python3', '-c', 'import pypdf'],
    complaints: (file) => complaintsOf('python3', '-W', 'error', '-c', pypdf, file),
  },
  {
    name: 'pyHanko',
    there: ['python3', '-c', 'import pyhanko'],
    complaints: (file, certificate) => complaintsOf('python3', '-c', pyHanko, file, certificate),
  },
];

/** Standard error, and an exit other than 0, are complaints. */
function complaintsOf(command: string, ...args: string[]): string[] {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  const warned = stderr.trim() || (/warning/i.test(stdout) ? stdout : '');
  return status === 0 && warned === '' ? [] : [`ended with ${String(status)}: ${warned || stdout}`];
}

let installed: readonly StrictReader[] | undefined;

/** The strict readers that are installed here: qpdf, pdfsig, pypdf, pyHanko. */
export const strictReaders = (): readonly string[] => {
  installed ??= readers.filter(({ there: [command, ...args] }) => spawnSync(command, args).status === 0);
  return installed.map(({ name }) => name);
};

/**
 * The complaints of our own strict reading, and of the readers that are installed here. With the signer's
 * certificate (DER) the file's signature is checked as well.
 */
export function strictComplaints(file: Buffer, certificate?: Buffer): string[] {
  const complaints = layoutComplaints(file);
  if (strictReaders().length === 0) return complaints;
  const folder = mkdtempSync(join(tmpdir(), 'pdf-'));
  const [pdf, der] = [join(folder, 'file.pdf'), certificate ? join(folder, 'certificate.der') : ''];
  writeFileSync(pdf, file);
  if (certificate) writeFileSync(der, certificate);
  for (const { name, complaints: ask } of installed ?? [])
    complaints.push(...ask(pdf, der).map((complaint) => `${name}: ${complaint}`));
  rmSync(folder, { recursive: true });
  return complaints;
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
