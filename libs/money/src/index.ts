export { capitalNumerals } from './capital-numerals.ts';
export { currencies, currencyDigits } from './currency.ts';
export {
  add,
  compare,
  equal,
  formatMoney,
  isNegative,
  isZero,
  minorUnits,
  money,
  type Money,
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
