import fc from 'fast-check';
import { JsonError, readJson } from './json.ts';

const faultOf = (text: string, limits?: { depth?: number; values?: number }) => {
  try {
    readJson(text, limits);
    return 'none';
  } catch (error) {
    return error instanceof JsonError ? error.fault : error;
  }
};

test('any JSON value is read as the parser reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(readJson(text)).toEqual(JSON.parse(text));
    }),
  );
});

test.each([
  ['', 'syntax'],
  ['{"a" "b"}', 'syntax'],
  ['{"a":1}}', 'syntax'],
  ['"a', 'syntax'],
  ['"a\0b"', 'syntax'],
  ['"\\', 'syntax'],
  ['\uFEFF\uFEFF1', 'syntax'],
  ['{"a":1,"b":{"a":[]},"a":2}', 'name'],
  ['[{"a":1,"\\u0061":2}]', 'name'],
  ['{"__proto__":1,"__proto__":2}', 'name'],
  ['["\\u0000"]', 'text'],
  ['{"\\ud83d":1}', 'text'],
  ['"\\ude00\\ud83d"', 'text'],
])('%j is refused: %s', (text, fault) => {
  expect(faultOf(text)).toBe(fault);
});

test.each([
  ['\uFEFF{"a":1}', { a: 1 }],
  ['{"a":"a","b":{"a":["a","a"]}}', { a: 'a', b: { a: ['a', 'a'] } }],
  ['["\\ud83d\\ude00","\\\\u0000","{[\\"{["]', ['😀', '\\u0000', '{["{[']],
])('%j is read', (text, value) => {
  expect(readJson(text)).toEqual(value);
});

test('depth and number of values have a limit, and a text beyond it is not parsed', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  expect([faultOf(nested(64)), faultOf(nested(65)), faultOf(nested(3), { depth: 2 })]).toEqual([
    'none',
    'depth',
    'depth',
  ]);
  expect([faultOf('[1,[2],{"a":3}]', { values: 7 }), faultOf('[1,[2],{"a":3}]', { values: 5 })]).toEqual([
    'none',
    'values',
  ]);
  const parse = jest.spyOn(JSON, 'parse');
  try {
    expect([faultOf('{"a":'.repeat(200_000)), faultOf(`[${'[],'.repeat(330_000)}1]`)]).toEqual([
      'depth',
      'values',
    ]);
    expect(parse).not.toHaveBeenCalled();
  } finally {
    parse.mockRestore();
  }
});
