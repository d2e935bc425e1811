export { breakLines, printable } from './line-breaking.ts';
export { type GlyphCheck, type MissingGlyphs, loadGlyphCheck } from './missing-glyphs.ts';
export { type TextStyle, colors, lineHeight, page } from './page.ts';
export { type Graphic, type PdfDocument, openPdfDocument } from './pdf-document.ts';
export { type Typeface, type Typefaces, loadTypefaces } from './typeface.ts';
