// How a text goes out by SMS (3GPP TS 23.038): in 7 bits where every character is of the GSM alphabet, else in UCS-2.
// A long text goes as several segments, each with a head by which the phone puts them together.

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿' +
  'abcdefghijklmnopqrstuvwxyzäöñüà';
/** Each takes two places. */
const extended = '\f^{}\\[~]|€';

const places: ReadonlyMap<string, number> = new Map([
  ...[...basic].map((one): [string, number] => [one, 1]),
  ...[...extended].map((one): [string, number] => [one, 2]),
]);

export interface Segments {
  readonly encoding: 'gsm7' | 'ucs2';
  readonly segments: number;
}

const lengths = { gsm7: { alone: 160, each: 153 }, ucs2: { alone: 70, each: 67 } } as const;

/** No character is cut in two: neither an escaped one of the GSM alphabet nor a pair of UTF-16. */
export function segmentsOf(text: string): Segments {
  const characters = [...text];
  const encoding = characters.every((one) => places.has(one)) ? 'gsm7' : 'ucs2';
  const sizes = characters.map((one) => (encoding === 'gsm7' ? places.get(one)! : one.length));
  const { alone, each } = lengths[encoding];
  if (sizes.reduce((sum, size) => sum + size, 0) <= alone) return { encoding, segments: 1 };
  let [segments, used] = [1, 0];
  for (const size of sizes) {
    if (used + size > each) [segments, used] = [segments + 1, 0];
    used += size;
  }
  return { encoding, segments };
}

/** Spaces that no keyboard has, which dates come with, would make a text of 7 bits one of 16. */
export const plainSpaces = (text: string): string => text.replaceAll(/[\u00a0\u2009\u202f]/g, ' ');
