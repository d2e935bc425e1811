import { copiedRow } from '../../test/copied-row.ts';
import { csv } from './csv.ts';
import { isFormula } from './file-format.ts';

const lineOf = async (...cells: string[]) => (await csv.add(null, copiedRow(cells))).bytes.toString();

test('ORD-18 a cell that a spreadsheet would take for a formula begins with an apostrophe', async () => {
  for (const sign of ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫'])
    expect(await lineOf(`${sign}1"`)).toBe(`"'${sign}1"""\r\n`);
});

/** Blanks and characters that leave no mark, all that a value may have: a row is copied without some. */
const passedOver = Array.from({ length: 0x110000 }, (_, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code))
  .filter((one) => /[\p{Z}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\u2800]/u.test(one))
  .filter((one) => !'\u0000\u001d\u001e\u001f'.includes(one));

test('ORD-18 also behind blanks and characters that leave no mark, in CSV and in a workbook', async () => {
  expect(passedOver.length).toBeGreaterThan(4_000);
  const cells = passedOver.flatMap((one) => [`${one}=1`, `${one} ${one}＋1`]);
  const { bytes } = await csv.add(null, Buffer.concat(cells.map((cell) => copiedRow([cell]))));
  expect(bytes.toString()).toBe(cells.map((cell) => `"'${cell}"\r\n`).join(''));
  expect(cells.filter((cell) => !isFormula(cell))).toEqual([]);
  for (const harmless of [' a=1', '\u3000云 =1', '【x】=1', '−1', '⁼1'])
    expect(await lineOf(harmless)).toBe(`${harmless}\r\n`);
});

test('ORD-18 what is harmless stays as it is; quotes, commas and line ends are quoted', async () => {
  expect(await lineOf('45.00', '1 个月', '', 'a=b', 'i-1 i-2')).toBe('45.00,1 个月,,a=b,i-1 i-2\r\n');
  expect(await lineOf('a,b', 'say "x"', 'two\nlines')).toBe('"a,b","say ""x""","two\nlines"\r\n');
});

test('ORD-18 the file begins with the mark by which Excel takes it for UTF-8, and its headings', async () => {
  expect((await csv.begin(['订单号', 'x'])).bytes.toString()).toBe('\ufeff订单号,x\r\n');
});

test('ORD-18 each cell of many rows is looked at by itself', async () => {
  const rows = [
    ['=1', 'a', '@b'],
    ['\n', '', 'c,'],
    ['', '-', '"'],
  ];
  const { bytes } = await csv.add(null, Buffer.concat(rows.map(copiedRow)));
  expect(bytes.toString()).toBe(`"'=1",a,"'@b"\r\n"'\n",,"c,"\r\n,"'-",""""\r\n`);
});
