import fc from 'fast-check';
import {
  add,
  capitalNumerals,
  compare,
  currencies,
  equal,
  exactly,
  formatMoney,
  isNegative,
  isZero,
  minorUnits,
  money,
  MoneyJson,
  negate,
  priceTimes,
  roundHalfUp,
  splitInProportion,
  subtract,
  sum,
  zero,
  type Money,
} from './index.ts';

const cny = (amount: string): Money => money(amount, 'CNY');
const cents = (units: bigint): Money => priceTimes('0.01', 'CNY', units);
const anyCents = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const positiveCents = fc.bigInt({ min: 0n, max: 10n ** 15n });

describe('amounts', () => {
  test('API-9 an amount has exactly the digits of its currency', () => {
    expect(cny('45')).toEqual({ amount: '45.00', currency: 'CNY' });
    expect(cny('-0.5')).toEqual({ amount: '-0.50', currency: 'CNY' });
    expect(cny('007.10').amount).toBe('7.10');
    expect(money('1200', 'JPY').amount).toBe('1200');
    expect(zero('KWD').amount).toBe('0.000');
    expect(cny('-0.00').amount).toBe('0.00');
  });

  test.each(['', '1.234', '1e3', '.5', '5.', '1,000', ' 1', '٣', 'NaN', '+1', '--1'])(
    'API-9 %j is no amount',
    (text) => {
      expect(() => cny(text)).toThrow(RangeError);
    },
  );

  test('API-9 an unknown currency is refused', () => {
    for (const currency of ['XXX', 'XAU', 'CLF', 'cny', 'toString', ''])
      expect(() => money('1', currency)).toThrow('unknown currency');
  });

  test('API-9 a currency has the digits of ISO 4217', () => {
    const withDigits = (digits: number) =>
      currencies.filter((currency) => (zero(currency).amount.split('.')[1] ?? '').length === digits);
    expect(currencies.length).toBeGreaterThan(140);
    expect(withDigits(0)).toEqual(
      'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'.split(' '),
    );
    expect(withDigits(3)).toEqual('BHD IQD JOD KWD LYD OMR TND'.split(' '));
    expect(withDigits(2)).toEqual(expect.arrayContaining(['CNY', 'IDR', 'HUF', 'TWD', 'MXN', 'ZAR', 'NZD']));
    for (const currency of currencies)
      expect(MoneyJson.parse(money('7', currency))).toEqual(money('7', currency));
  });

  test('API-9 no float, no missing or surplus digit and no unknown field passes the edge', () => {
    expect(MoneyJson.parse({ amount: '199.00', currency: 'CNY' })).toEqual(cny('199.00'));
    expect(MoneyJson.parse({ amount: '-1200', currency: 'JPY' })).toEqual(money('-1200', 'JPY'));
    const refused = [
      { amount: '-0.00', currency: 'CNY' },
      { amount: '045.00', currency: 'CNY' },
      { amount: 199, currency: 'CNY' },
      { amount: '199', currency: 'CNY' },
      { amount: '199.0', currency: 'CNY' },
      { amount: '199.000', currency: 'CNY' },
      { amount: '1200.00', currency: 'JPY' },
      { amount: '1.00', currency: 'ABC' },
      { amount: '1.00', currency: 'CNY', note: '' },
      { amount: '1.00' },
      '1.00 CNY',
      null,
    ];
    for (const value of refused) expect(MoneyJson.safeParse(value).success).toBe(false);
  });

  test('API-16 what is wrong with an amount is said in both languages', () => {
    const said = ['ABC', 'CNY'].map(
      (currency) => MoneyJson.safeParse({ amount: '1.0', currency }).error!.issues,
    );
    expect(said).toMatchObject([
      [{ message: 'unknown currency "ABC"', params: { 'zh-CN': '未知币种“ABC”' } }],
      [{ message: 'CNY has 2 digits after the point', params: { 'zh-CN': 'CNY 须有 2 位小数' } }],
    ]);
  });

  test('API-9 no cent is lost at sizes a float cannot hold', () => {
    expect(add(cny('999999999999999.99'), cny('0.01')).amount).toBe('1000000000000000.00');
    expect(formatMoney(cny('999999999999999.99'), 'zh-CN')).toBe('¥999,999,999,999,999.99');
  });

  test('currencies are never mixed', () => {
    const usd = money('1', 'USD');
    for (const mix of [add, subtract, compare]) expect(() => mix(cny('1'), usd)).toThrow('mixed');
    expect(() => sum([usd], 'CNY')).toThrow('mixed');
    expect([equal(cny('1'), usd), equal(cny('1'), null), equal(null, null)]).toEqual([false, false, true]);
    expect(() => splitInProportion(cny('1'), [usd])).toThrow('mixed');
  });
});

describe('arithmetic', () => {
  test('RFD-7 45.00 for 31 days, 7 used: 34.84 come back', () => {
    expect(roundHalfUp(exactly(cny('45.00')).mul(24).div(31), 'CNY').amount).toBe('34.84');
  });

  test('RFD-7 rounding is half up, once, the same on both sides of zero, to the unit of the currency', () => {
    const rounded = (amount: string, n: number, d: number, currency = 'CNY') =>
      roundHalfUp(exactly(money(amount, currency)).mul(n).div(d), currency).amount;
    expect(rounded('0.05', 1, 2)).toBe('0.03');
    expect(rounded('-0.05', 1, 2)).toBe('-0.03');
    expect(rounded('0.04', 1, 3)).toBe('0.01');
    expect(rounded('1', 1, 2, 'JPY')).toBe('1');
    expect(rounded('0.001', 1, 2, 'KWD')).toBe('0.001');
    expect(() => rounded('1', 1, 0)).toThrow();
  });

  test('RFD-7 a rounded amount is never more than half a unit off, and thirds make up the whole', () => {
    const divisor = fc.bigInt({ min: 1n, max: 10n ** 6n });
    fc.assert(
      fc.property(anyCents, fc.bigInt({ min: 0n, max: 10n ** 6n }), divisor, (units, n, d) => {
        const off = minorUnits(roundHalfUp(exactly(cents(units)).mul(n).div(d), 'CNY')) * d - units * n;
        return 2n * (off < 0n ? -off : off) <= d;
      }),
    );
    const third = exactly(cny('100.00')).div(3);
    expect(roundHalfUp(third.add(third).add(third), 'CNY')).toEqual(cny('100.00'));
  });

  test('adding, subtracting, negating and comparing agree with whole numbers', () => {
    fc.assert(
      fc.property(anyCents, anyCents, (a, b) => {
        expect(minorUnits(add(cents(a), cents(b)))).toBe(a + b);
        expect(subtract(cents(a), cents(b))).toEqual(add(cents(a), negate(cents(b))));
        expect(Math.sign(compare(cents(a), cents(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect([equal(cents(a), cents(b)), isZero(cents(a)), isNegative(cents(a))]).toEqual([
          a === b,
          a === 0n,
          a < 0n,
        ]);
      }),
    );
  });

  test('API-9 a unit price has up to 8 decimals and is rounded after the multiplication', () => {
    expect(priceTimes('0.00123457', 'CNY', 1000n).amount).toBe('1.23');
    expect(priceTimes('0.00000001', 'CNY', 500_000n).amount).toBe('0.01');
    expect(priceTimes('99.5', 'JPY', 1n).amount).toBe('100');
    expect(() => priceTimes('0.000000001', 'CNY', 1n)).toThrow(RangeError);
  });
});

describe('splitting', () => {
  test('RFD-11 parts in proportion make up the whole; the largest remainders take what is left', () => {
    const parts = splitInProportion(cny('34.84'), [cny('30'), cny('0'), cny('15'), cny('0')]);
    expect(parts.map((part) => part.amount)).toEqual(['23.23', '0.00', '11.61', '0.00']);
    expect(splitInProportion(cny('2.99'), [cny('1'), cny('1'), cny('1')]).map((part) => part.amount)).toEqual(
      ['1.00', '1.00', '0.99'],
    );
  });

  test('RFD-11 no part is below 0, off by a unit, or more than what was paid that way', () => {
    fc.assert(
      fc.property(
        fc.array(positiveCents, { minLength: 1, maxLength: 5 }),
        fc.bigInt({ min: 0n, max: 10n ** 6n }),
        (weights, share) => {
          const total = weights.reduce((a, b) => a + b, 0n);
          const whole = (total * share) / 10n ** 6n;
          const parts = splitInProportion(cents(whole), weights.map(cents)).map(minorUnits);
          expect(parts.reduce((a, b) => a + b, 0n)).toBe(whole);
          parts.forEach((part, i) => {
            const weight = weights[i] ?? 0n;
            const off = part * total - whole * weight;
            expect(part >= 0n && part <= weight && (total === 0n || (off < total && -off < total))).toBe(
              true,
            );
          });
        },
      ),
    );
  });

  test('RFD-11 given in steps, three parts stay in proportion at each step, and none is taken back', () => {
    const weight = fc.bigInt({ min: 0n, max: 60n });
    fc.assert(
      fc.property(
        fc.tuple(weight, weight, weight),
        fc.array(fc.bigInt({ min: 0n, max: 9n }), { maxLength: 30 }),
        (weights, steps) => {
          const total = weights.reduce((a, b) => a + b, 0n);
          let whole = 0n;
          let given = weights.map(() => zero('CNY'));
          for (const step of [...steps, total]) {
            whole = whole + step < total ? whole + step : total;
            const before = given;
            given = splitInProportion(cents(whole), weights.map(cents), before);
            const isRight = given.every((part, i) => {
              const off = minorUnits(part) * total - whole * (weights[i] ?? 0n);
              return compare(part, before[i]!) >= 0 && (total === 0n || (off < total && -off < total));
            });
            expect([minorUnits(sum(given, 'CNY')), isRight]).toEqual([whole, true]);
          }
          expect(given).toEqual(weights.map(cents));
        },
      ),
      { numRuns: 300 },
    );
  });

  test('what was given must fit', () => {
    expect(() => splitInProportion(cny('1'), [cny('1'), cny('1')], [cny('2'), cny('0')])).toThrow('not fit');
  });

  test('nothing to weigh by is refused, unless there is nothing to split', () => {
    expect(() => splitInProportion(cny('1'), [cny('0')])).toThrow('all weights are 0');
    expect(() => splitInProportion(cny('1'), [cny('2'), cny('-1')])).toThrow('negative');
    expect(splitInProportion(cny('0'), [cny('0'), cny('0')])).toEqual([cny('0'), cny('0')]);
  });
});

describe('as people read it', () => {
  test('money is written in the locale of the reader', () => {
    expect([formatMoney(cny('1234.5'), 'zh-CN'), formatMoney(cny('1234.5'), 'en')]).toEqual([
      '¥1,234.50',
      'CN¥1,234.50',
    ]);
    expect(formatMoney(money('1200', 'JPY'), 'en')).toBe('¥1,200');
  });

  test('money is written with all digits of its currency, whatever a locale would leave out', () => {
    expect(formatMoney(money('1234.5', 'HUF'), 'en')).toBe('HUF\u00a01,234.50');
    expect(formatMoney(money('1.005', 'BHD'), 'en')).toBe('BHD\u00a01.005');
    for (const currency of currencies)
      expect(
        formatMoney(zero(currency), 'en')
          .replaceAll(/[^\d.]/g, '')
          .replace(/^\.+/, ''),
      ).toBe(zero(currency).amount);
  });

  test.each([
    ['0', '零元整'],
    ['0.05', '伍分'],
    ['0.50', '伍角整'],
    ['1.05', '壹元零伍分'],
    ['10', '壹拾元整'],
    ['199', '壹佰玖拾玖元整'],
    ['1004.05', '壹仟零肆元零伍分'],
    ['1680.32', '壹仟陆佰捌拾元叁角贰分'],
    ['6007.14', '陆仟零柒元壹角肆分'],
    ['107000.53', '壹拾万柒仟元伍角叁分'],
    ['100000000', '壹亿元整'],
    ['100000001', '壹亿零壹元整'],
    ['1010010', '壹佰零壹万零壹拾元整'],
    ['1234567890.12', '壹拾贰亿叁仟肆佰伍拾陆万柒仟捌佰玖拾元壹角贰分'],
    ['123400000000000', '壹佰贰拾叁万肆仟亿元整'],
    ['-7', '负柒元整'],
  ])('%s is %s in capital numerals', (amount, text) => {
    expect(capitalNumerals(cny(amount))).toBe(text);
  });

  test('capital numerals are for CNY alone', () => {
    expect(() => capitalNumerals(money('1', 'USD'))).toThrow('CNY');
  });
});
