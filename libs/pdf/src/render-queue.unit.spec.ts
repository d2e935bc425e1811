import { setImmediate as breathe } from 'node:timers/promises';
import type { Refusal } from '@accord/core';
import { renderInTurn } from './render-queue.ts';

const render = async () => {
  await breathe();
  return Buffer.from('%PDF-');
};

test('API-11 files are rendered one at a time, a few of one account, which keeps no other from its own', async () => {
  const ask = (account: string, times: number) =>
    Array.from({ length: times }, () => renderInTurn(account, render));
  const [one, other] = await Promise.all([
    Promise.allSettled(ask('acc_1', 5)),
    Promise.allSettled(ask('acc_2', 1)),
  ]);
  const refused = one.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason as Refusal);
  expect(refused.map(({ kind, code }) => [kind, code])).toEqual([
    ['unavailable', 'server.unavailable'],
    ['unavailable', 'server.unavailable'],
  ]);
  expect(other.map(({ status }) => status)).toEqual(['fulfilled']);
  const many = await Promise.allSettled(Array.from({ length: 40 }, (_, i) => ask(`acc_${i}`, 1)).flat());
  expect(many.filter(({ status }) => status === 'rejected')).toHaveLength(40 - 1 - 32);
  expect((await ask('acc_1', 1)[0]!).toString()).toBe('%PDF-');
});
