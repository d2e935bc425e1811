import { printable } from './printable.ts';

/** Characters that may not begin a line, and those that may not end one. */
const notFirst = new Set('，。、；：？！）】》」』”’…—％%,.;:?!)]}°');
const notLast = new Set('（【《「『“‘￥¥$([{');
/** Characters of one em, between which a line may break. */
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef—…“”‘’]/u;

/**
 * The lines of a text within a width: Chinese breaks between any two characters that allow it, other scripts
 * between words, and a word that fits no line breaks anywhere.
 *
 * @param advance the width of a character, in the unit of `width`
 */
export function breakLines(text: string, width: number, advance: (character: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  let used = 0;
  const measure = (part: string) => [...part].reduce((sum, character) => sum + advance(character), 0);
  const flush = () => {
    lines.push(line.trimEnd());
    line = '';
    used = 0;
  };
  for (const piece of pieces(printable(text))) {
    if (used > 0 && used + measure(piece.trimEnd()) > width) flush();
    if (measure(piece.trimEnd()) <= width) {
      line += piece;
      used += measure(piece);
      continue;
    }
    for (const character of piece) {
      if (used > 0 && used + advance(character) > width) flush();
      line += character;
      used += advance(character);
    }
  }
  if (line.trim() !== '' || lines.length === 0) flush();
  return lines;
}

/** Parts of a text that stay on one line if they can; a part carries the space behind it. */
function pieces(text: string): string[] {
  const parts: string[] = [];
  let previous = '';
  for (const character of text) {
    const joins = parts.length > 0 && previous !== ' ' && staysWith(previous, character);
    if (joins || character === ' ') parts[Math.max(parts.length - 1, 0)] = (parts.at(-1) ?? '') + character;
    else parts.push(character);
    previous = character;
  }
  return parts;
}

const staysWith = (previous: string, next: string): boolean =>
  notFirst.has(next) || notLast.has(previous) || !(wide.test(previous) || wide.test(next));
