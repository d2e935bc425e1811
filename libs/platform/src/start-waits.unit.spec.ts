import { pino } from 'pino';
import { reasonOf, startWaits } from './start-waits.ts';

function logged() {
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: {} }, { write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[0]) });
  return { log, lines };
}

test('a start tries until it succeeds, and tells each reason once', async () => {
  const { log, lines } = logged();
  const waits = startWaits(log);
  const reasons = ['refused', 'refused', 'no schema'];
  const seen: (readonly string[])[] = [];
  await waits.until('postgres', () => {
    seen.push(waits.reasons());
    const reason = reasons.shift();
    return reason === undefined ? Promise.resolve() : Promise.reject(new Error(reason));
  });
  expect(seen.flat()).toEqual([
    'postgres: not asked yet',
    'postgres: refused',
    'postgres: refused',
    'postgres: no schema',
  ]);
  expect(waits.reasons()).toEqual([]);
  expect(lines.map(({ msg, waitsFor, reason, failures }) => [msg, waitsFor ?? failures, reason])).toEqual([
    ['the start waits', 'postgres', 'refused'],
    ['the start waits', 'postgres', 'no schema'],
    ['the start goes on', 3, undefined],
  ]);
});

test('an error that no waiting mends ends the start, also where something else is still away', async () => {
  const waits = startWaits(logged().log);
  const hopeless = new Error('the role may do more');
  const [kafka, postgres] = await Promise.allSettled([
    waits.until('kafka', () => Promise.reject(new Error('away'))),
    waits.until(
      'postgres',
      () => Promise.reject(hopeless),
      (error) => error !== hopeless,
    ),
  ]);
  expect([kafka, postgres]).toEqual([
    { status: 'rejected', reason: hopeless },
    { status: 'rejected', reason: hopeless },
  ]);
});

test('a reason is one line, of what is behind a failed fetch, and of a refusal that has a code alone', () => {
  expect(reasonOf(new Error('one\n  two'))).toBe('one; two');
  const refused = Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' });
  expect(reasonOf(refused)).toBe('ECONNREFUSED');
  expect(reasonOf(new TypeError('fetch failed', { cause: refused }))).toBe('ECONNREFUSED');
});
