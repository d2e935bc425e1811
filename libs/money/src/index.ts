export { capitalNumerals } from './capital-numerals.ts';
export { currencies } from './currency.ts';
export {
  add,
  compare,
  equal,
  exactly,
  formatMoney,
  isNegative,
  isZero,
  money,
  type Money,
  minorUnits,
  MoneyJson,
  negate,
  priceTimes,
  roundHalfUp,
  splitInProportion,
  subtract,
  sum,
  zero,
} from './money.ts';
