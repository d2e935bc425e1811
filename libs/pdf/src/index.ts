export { breakLines } from './line-breaking.ts';
export { type GlyphCheck, type MissingGlyphs, loadGlyphCheck } from './missing-glyphs.ts';
export { type TextStyle, colors, lineHeight, page } from './page.ts';
export { type Graphic, type PdfDocument, openPdfDocument } from './pdf-document.ts';
export { printable } from './printable.ts';
export { type SignatureRoom, signPdf } from './signature.ts';
export { type Typeface, type Typefaces, loadTypefaces } from './typeface.ts';
