export { capitalNumerals } from './capital-numerals.ts';
export { currencies } from './currency.ts';
export {
  add,
  compare,
  equal,
  formatMoney,
  isNegative,
  isZero,
  money,
  type Money,
  minorUnits,
  MoneyJson,
  negate,
  priceTimes,
  scale,
  splitEqually,
  splitInProportion,
  subtract,
  sum,
  zero,
} from './money.ts';
