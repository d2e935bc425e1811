export { readPdf, type PlacedLine, type ReadPdf } from './pdf-reading.ts';
export { copiedText, readStrictly, type StrictReading } from './strict-readers.ts';
