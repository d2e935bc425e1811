import Fraction from 'fraction.js';
import { exactly, roundHalfUp } from '@accord/money';

/** `round(1 ÷ 40 + 0.50 × (2 − 1) ÷ 2) − 0.03`, exactly; words are left out. */
export function computed(formula: string): Fraction {
  const tokens = formula.match(/max|round|\d+(\.\d+)?|[+×÷−%(),]/g)!;
  const take = () => tokens.shift()!;
  const inBrackets = () => {
    take();
    const inner = [sums()];
    while (take() === ',') inner.push(sums());
    return inner;
  };
  const atom = (): Fraction => {
    if (/^\d/.test(tokens[0]!)) return new Fraction(take());
    const name = tokens[0] === '(' ? '' : take();
    const [first, second] = inBrackets() as [Fraction, Fraction?];
    if (name === 'round') return exactly(roundHalfUp(first, 'CNY'));
    return second && second.compare(first) > 0 ? second : first;
  };
  const products = (): Fraction => {
    let so = atom();
    while (['×', '÷', '%'].includes(tokens[0] ?? '')) {
      const sign = take();
      so = sign === '%' ? so.div(100) : sign === '×' ? so.mul(atom()) : so.div(atom());
    }
    return so;
  };
  const sums = (): Fraction => {
    let so = products();
    while (['+', '−'].includes(tokens[0] ?? ''))
      so = take() === '+' ? so.add(products()) : so.sub(products());
    return so;
  };
  return sums();
}
