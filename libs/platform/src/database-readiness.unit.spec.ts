import { setImmediate as afterAnswers } from 'node:timers/promises';
import { databaseReadiness } from './database-readiness.ts';

/** A database that answers each question as it is told to, and a clock that goes by what is waited. */
function database() {
  const waiting: PromiseWithResolvers<void>[] = [];
  let state: 'well' | 'silent' | 'away' = 'well';
  let ms = 0;
  const ask = (): Promise<void> => {
    if (state === 'away') return Promise.reject(new Error('connect ECONNREFUSED'));
    if (state === 'well') return Promise.resolve();
    const question = Promise.withResolvers<void>();
    waiting.push(question);
    return question.promise;
  };
  const time = {
    now: () => ms,
    wait: async (forMs: number) => {
      await afterAnswers();
      ms += forMs;
    },
  };
  return {
    away: databaseReadiness(ask, time),
    become: (next: typeof state) => void (state = next),
    asked: () => waiting.length,
    /** As a pool that gave up waiting for a connection. */
    giveUp: () => waiting.splice(0).forEach(({ reject }) => reject(new Error('timeout exceeded'))),
    answer: () => waiting.splice(0).forEach(({ resolve }) => resolve()),
    pass: (forMs: number) => void (ms += forMs),
  };
}

test('API-12 a database that refuses is away at once, and there again with its next answer', async () => {
  const postgres = database();
  expect(await postgres.away()).toBeUndefined();
  postgres.become('away');
  expect(await postgres.away()).toBe('connect ECONNREFUSED');
  postgres.become('well');
  expect(await postgres.away()).toBeUndefined();
});

test('API-12 one slow answer takes nothing out, whoever asks meanwhile; 10 s of silence do', async () => {
  const postgres = database();
  postgres.become('silent');
  expect(await Promise.all([postgres.away(), postgres.away()])).toEqual([undefined, undefined]);
  expect(postgres.asked()).toBe(1);
  postgres.giveUp();
  expect([await postgres.away(), await postgres.away()]).toEqual([undefined, undefined]);
  expect(postgres.asked()).toBe(1);
  postgres.pass(10_000);
  expect(await postgres.away()).toMatch(/^no answer for 1\d s$/);
  postgres.giveUp();
  await afterAnswers();
  expect(await postgres.away()).toMatch(/^no answer for 1\d s$/);
  postgres.answer();
  await afterAnswers();
  postgres.become('well');
  expect(await postgres.away()).toBeUndefined();
});
