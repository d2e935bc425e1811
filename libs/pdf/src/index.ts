export { breakLines, printable } from './line-breaking.ts';
export { type Paper, type Picture, type TextStyle, ink, lineHeight, openPaper, sheet } from './page.ts';
export {
  type Face,
  type Legibility,
  type Unprintable,
  type Weight,
  loadFaces,
  loadLegibility,
} from './typeface.ts';
