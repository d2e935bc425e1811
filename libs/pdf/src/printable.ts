/**
 * Radicals of the CJK Radicals Supplement with the ideograph that the typeface draws by the same glyph, in
 * pairs; those of the Kangxi block fold by NFKC but for one, whose ideograph here is the simplified one.
 */
const pairs =
  '⼾户⺂乛⺃乚⺅亻⺇𠘨⺉刂⺋㔾⺍𭕄⺏尣⺐尢⺒巳⺓幺⺔彑⺕彐⺖忄⺘扌⺙攵⺛旡⺞歺⺠民⺡氵⺣灬⺤爫⺦丬⺨犭⺩𤣩⺭礻⺮𥫗⺯糹⺰纟' +
  '⺱罓⺳㓁⺹耂⺺肀⺽𦥑⺾艹⻂衤⻅见⻆角⻇𧢲⻈讠⻉贝⻊𧾷⻋车⻌辶⻐钅⻑長⻒镸⻓长⻔门⻕𨸏⻖阝⻘青⻙韦⻚页⻛风⻜飞⻝食⻞𩙿⻟飠' +
  '⻠饣⻡𩠐⻢马⻣骨⻤鬼⻥鱼⻦鸟⻧卤⻨麦⻩黄⻪黾⻫斉⻬齐⻮齿⻯竜⻰龙⻱龜⻲亀';
const ideographs = new Map(pairs.match(/../gu)!.map((pair) => [...pair] as [string, string]));

const radical = /\p{Radical}/u;
/**
 * Characters that show nothing by themselves, or change how others are shown or ordered: controls, marks of
 * direction, joiners, variation selectors, fillers, the blank of Braille.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u;
const allHidden = new RegExp(hidden, 'gu');

/**
 * A text in one form for all that look the same: composed (NFC), on one line, with ideographs in the place of
 * radicals that are drawn like them.
 */
export const folded = (text: string): string =>
  text
    .normalize('NFC')
    .replaceAll(/[\t\n\v\f\r\u0085\p{Z}]+/gu, ' ')
    .replaceAll(/\p{Radical}/gu, (one) => ideographs.get(one) ?? one.normalize('NFKC'));

/** A text as it is set: folded, and nothing in it that would reorder or hide a part of it. */
export const printable = (text: string): string => folded(text).replaceAll(allHidden, '').trim();

/**
 * Whether a character of a folded text could not be shown as it is meant, whatever the typeface: it is hidden,
 * a radical without an ideograph of its own, or a mark that no letter took in and that is not placed here.
 */
export const isMisleading = (character: string): boolean =>
  hidden.test(character) || radical.test(character) || /\p{M}/u.test(character);

/** Has no look of its own: a mark stands on the character before it, and the placeholders stand for others. */
const lookless = /[\p{M}\ufffc\ufffd]/u;

/** A character so that a reader of a message sees which: `Ł`, `U+202E`, `⺀ (U+2E80)`, `𝐀 (U+1D400)`. */
export function nameCharacter(character: string): string {
  const code = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  if (hidden.test(character) || lookless.test(character) || !/[\p{L}\p{N}\p{P}\p{S}]/u.test(character))
    return code;
  const passesForAnother = radical.test(character) || character.normalize('NFKC') !== character;
  return passesForAnother ? `${character} (${code})` : character;
}
