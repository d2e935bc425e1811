import { sqlFilter } from './sql-filter.ts';

test('a condition is numbered by the values before it, and left out where a value is undefined', () => {
  const filter = sqlFilter()
    .and('a = ?', 1)
    .and('b = ?', undefined)
    .and('c >= ? and c <= ?', 2, 3)
    .and('(d, e) < (?, ?)', 4, undefined);
  expect(filter).toMatchObject({ where: 'a = $1 and c >= $2 and c <= $3', values: [1, 2, 3] });
});

test('a filter without conditions takes every row', () => {
  expect(sqlFilter().and('a = ?', undefined)).toMatchObject({ where: 'true', values: [] });
});
