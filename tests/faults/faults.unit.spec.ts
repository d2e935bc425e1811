import { readFileSync } from 'node:fs';
import { changedSources } from '../changed-source.ts';
import { midway, points } from './die-at.ts';
import { faults } from './faults.ts';
import { lacks } from './previous-version.ts';

test('docs/reliability.md names every fault and what is promised', () => {
  const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
  const tables = page.replaceAll(/\s+/g, ' ').split(' Promised: ').slice(1);
  const isNamed = ({ name, promise }: (typeof faults)[number]) =>
    tables.some((table) => table.startsWith(`**${promise}** | fault |`) && table.includes(` | ${name} | `));
  expect(faults.filter((fault) => !isNamed(fault)).map(({ name }) => name)).toEqual([]);
});

test.each([...Object.entries({ ...points, ...midway }), ['older', lacks] as const])(
  'every named point is still in the source, once: %s',
  (_name, change) => {
    expect(changedSources([change].flat()).size).toBe(1);
  },
);
