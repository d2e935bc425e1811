export { readPdf, type PlacedLine, type ReadPdf } from './pdf-reading.ts';
export { strictComplaints, strictReaders } from './strict-readers.ts';
