export { readPdf, type PlacedLine } from './pdf-reading.ts';
export { copiedText, readStrictly } from './strict-readers.ts';
