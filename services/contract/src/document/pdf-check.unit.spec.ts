import { once } from 'node:events';
import PDFDocument from 'pdfkit';
import { samplePdf } from '@accord/testing';
import { pdfFaultOf } from './pdf-check.ts';

const printed = async (options: PDFKit.PDFDocumentOptions = {}): Promise<Buffer> => {
  const document = new PDFDocument(options);
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  document.text('A contract (signed (outside))').end();
  await once(document, 'end');
  return Buffer.concat(chunks);
};

/** The file with another version of it behind, as an editor saves it. */
const savedAgain = (file: Buffer): Buffer => {
  const text = file.toString('latin1');
  const before = /startxref\s+(\d+)\s+%%EOF\s*$/.exec(text)![1]!;
  const root = /\/Root (\d+ \d+ R)/.exec(text)![1]!;
  const trailer = `trailer << /Size 4 /Root ${root} /ID [(a\\)(b)) <00>] /Prev ${before} >>`;
  const table = `xref\n0 1\n0000000000 65535 f \n${trailer}\nstartxref\n${file.length}\n%%EOF\n`;
  return Buffer.concat([file, Buffer.from(table)]);
};

/** Its cross-references are a stream, as writers of today have them. */
const packed = (more = ''): Buffer => {
  const head = '%PDF-1.7\n';
  const facts = '/Size 10 /W [1 2 1] /DecodeParms << /Columns 4 >> /Root 1 0 R';
  const stream = `9 0 obj << /Type /XRef ${facts} ${more} /Length 4 >>`;
  return Buffer.from(
    `${head}${stream}\nstream\nabcd\nendstream\nendobj\nstartxref\n${head.length}\n%%EOF`,
    'latin1',
  );
};

test('CTR-36 files of this writer and of others are PDFs, saved again or packed', async () => {
  const plain = await printed();
  for (const file of [plain, savedAgain(plain), savedAgain(savedAgain(plain)), packed(), samplePdf('1')])
    expect(pdfFaultOf(file)).toBeUndefined();
});

test('CTR-36 one that needs a password, or forbids something, is encrypted', async () => {
  expect(pdfFaultOf(await printed({ userPassword: 'secret' }))).toBe('encrypted');
  expect(
    pdfFaultOf(await printed({ ownerPassword: 'secret', permissions: { printing: 'lowResolution' } })),
  ).toBe('encrypted');
  expect(pdfFaultOf(packed('/Encrypt 5 0 R'))).toBe('encrypted');
  expect(pdfFaultOf(savedAgain(await printed({ userPassword: 'secret' })))).toBe('encrypted');
});

test('CTR-36 bytes that only begin or end like one are none', async () => {
  const file = samplePdf('1');
  const text = file.toString('latin1');
  const changed = (from: string | RegExp, to: string) => Buffer.from(text.replace(from, to), 'latin1');
  const none = {
    nothing: Buffer.alloc(0),
    'its name alone': Buffer.from('%PDF-1.7\n%%EOF\n'),
    'another version': changed('%PDF-1.4', '%PDF-3.4'),
    'something before it': Buffer.concat([Buffer.from(' '), file]),
    'cut off': file.subarray(0, file.length - 20),
    'the first half lost': file.subarray(file.length / 2),
    'something behind it': Buffer.concat([file, Buffer.from('<script>')]),
    'no table where it should be': changed(/startxref\n\d+/, 'startxref\n9'),
    'beyond its end': changed(/startxref\n\d+/, 'startxref\n999999'),
    'a table of another form': changed(/0000000\d\d\d 00000 n /, 'zzzzzzzzzz 00000 n '),
    'more entries than bytes': changed('xref\n0 4', 'xref\n0 4000000000'),
    'no trailer': changed('trailer', 'tractor'),
    'a trailer without end': changed('>>\nstartxref', '\nstartxref'),
    'no catalogue': changed('/Root 1 0 R', ''),
    'another object for a catalogue': changed('/Root 1 0 R', '/Root 2 0 R'),
    'a catalogue nowhere': changed('/Root 1 0 R', '/Root 9 0 R'),
    'a round of sections': changed('/Root', `/Prev ${/startxref\n(\d+)/.exec(text)![1]} /Root`),
    'a picture': Buffer.concat([Buffer.from('\x89PNG\r\n'), file]),
    'a packed one without its stream': Buffer.from(
      packed().toString('latin1').replace('\nstream', '\nstraem'),
      'latin1',
    ),
    'a bracket that never closes': changed('/Root', '/ID [('.repeat(5_000) + ' /Root'),
  };
  for (const [name, bytes] of Object.entries(none))
    expect([name, pdfFaultOf(bytes)]).toEqual([name, 'not_pdf']);
});
