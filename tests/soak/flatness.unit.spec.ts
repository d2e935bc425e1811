import { growthOf } from './flatness.ts';

const mb = 1_000_000;
const soak = (size: (part: number) => number) =>
  Array.from({ length: 40 }, (_, i) => ({ events: (i + 1) * 25, bytes: { inbox: size((i + 1) / 40) } }));

test.each([
  ['fills and stays', (part: number) => Math.min(part, 0.25) * 400 * mb, true],
  ['goes up and down', (part: number) => (50 + 40 * Math.sin(part * 60)) * mb, true],
  ['stays small', (part: number) => part * mb, true],
  ['grows all the time', (part: number) => part * 100 * mb, false],
  ['begins to grow late', (part: number) => (part > 0.7 ? 100 * part : 60) * mb, false],
])('a table that %s', (_, size, isFlat) => {
  expect(growthOf(soak(size), 1_000)).toEqual([expect.objectContaining({ name: 'inbox', isFlat })]);
});
