import { minorUnits, type Money } from './money.ts';

const digits = '零壹贰叁肆伍陆柒捌玖';
const places = ['仟', '佰', '拾', ''];

/**
 * 人民币大写, without the words 人民币 themselves: 1004.05 is 壹仟零肆元零伍分, 199.00 is 壹佰玖拾玖元整.
 *
 * @throws RangeError where the amount is not in CNY.
 */
export function capitalNumerals(m: Money): string {
  if (m.currency !== 'CNY') throw new RangeError(`money: capital numerals are for CNY, not ${m.currency}`);
  const units = minorUnits(m);
  const absolute = units < 0n ? -units : units;
  const yuan = absolute / 100n;
  const jiao = Number((absolute / 10n) % 10n);
  const fen = Number(absolute % 10n);

  const whole = yuan > 0n ? `${integer(yuan)}元` : '';
  const tenths = jiao > 0 ? `${digitOf(jiao)}角` : '';
  const gap = fen > 0 && jiao === 0 && yuan > 0n ? '零' : '';
  const hundredths = fen > 0 ? `${digitOf(fen)}分` : '';
  const text = absolute === 0n ? '零元' : whole + tenths + gap + hundredths;
  return `${units < 0n ? '负' : ''}${text}${fen === 0 ? '整' : ''}`;
}

/** A positive integer: four digits at a time under 万 and 亿, one 零 for any gap. */
function integer(n: bigint): string {
  for (const [size, unit] of [
    [10n ** 8n, '亿'],
    [10n ** 4n, '万'],
  ] as const) {
    if (n < size) continue;
    const rest = n % size;
    const gap = rest > 0n && rest < size / 10n ? '零' : '';
    return `${integer(n / size)}${unit}${gap}${rest > 0n ? integer(rest) : ''}`;
  }
  return fourDigits(n);
}

function fourDigits(n: bigint): string {
  const text = n.toString().padStart(4, '0');
  return [...text]
    .map((digit, place) => (digit === '0' ? '零' : `${digitOf(Number(digit))}${places[place] ?? ''}`))
    .join('')
    .replaceAll(/零+/g, '零')
    .replaceAll(/^零|零$/g, '');
}

const digitOf = (digit: number): string => digits.charAt(digit);
