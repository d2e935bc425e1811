import type { Refusal } from '@accord/core';
import {
  addPart,
  cancelExport,
  expectFile,
  expireExport,
  finishExport,
  mostRows,
  progressOf,
  requestExport,
} from './export.ts';

const at = (hours: number) => new Date(Date.UTC(2026, 0, 10, hours));
const ask = {
  exportId: 'exp_1',
  accountId: 'acc_1',
  requestedBy: 'customer:usr_1',
  format: 'csv',
  locale: 'en',
  filter: { from: undefined, before: at(0) },
  rowsExpected: 4,
} as const;
const job = requestExport(ask, { now: at(0), most: mostRows });
const part = { rows: 2, bytes: 10, lastKey: ['t', 'ord_2'], writerState: { a: 1 }, whole: false } as const;
const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as Refusal).code;
  }
  return undefined;
};

test('ORD-19 parts add up, and say where the next one begins', () => {
  const once = addPart(job, part);
  expect(once).toEqual({
    ...job,
    rowsWritten: 2,
    parts: 1,
    bytes: 10,
    lastKey: ['t', 'ord_2'],
    writerState: { a: 1 },
  });
  expect(addPart(once, { ...part, whole: true })).toMatchObject({
    rowsWritten: 4,
    parts: 2,
    bytes: 20,
    whole: true,
  });
});

test('ORD-19 progress is in percent, and 100 for a file that is ready alone', () => {
  const half = addPart(job, part);
  const whole = addPart(half, { ...part, whole: true });
  const more = addPart(whole, part);
  const { state: ready } = finishExport(whole, { sha256: 'ab', at: at(1) });
  expect([job, half, whole, more, ready].map(progressOf)).toEqual([0, 50, 99, 99, 100]);
  expect(progressOf({ ...job, rowsExpected: 0 })).toBe(0);
  expect(progressOf(expireExport(ready, ready.expiresAt))).toBe(100);
});

test('ORD-19 a file that is ready is announced once and kept for 24 h; an ended job stays as it is', () => {
  const whole = addPart(job, { ...part, whole: true });
  const { state, facts } = finishExport(whole, { sha256: 'ab', at: at(1) });
  const expiresAt = at(25);
  expect(state).toEqual({ ...whole, version: 1, status: 'ready', sha256: 'ab', readyAt: at(1), expiresAt });
  expect(facts).toEqual([
    {
      type: 'export.ready',
      data: {
        exportId: 'exp_1',
        version: 1,
        accountId: 'acc_1',
        sha256: 'ab',
        expiresAt: expiresAt.toISOString(),
      },
    },
  ]);
  expect(finishExport(state, { sha256: 'cd', at: at(2) })).toEqual({ state, facts: [] });
  expect(expireExport(state, at(24))).toBe(state);
  expect(expireExport(state, at(25)).status).toBe('expired');
});

test('ORD-19 a job that runs or has its file is cancelled; a file is there from ready to its end', () => {
  const cancelled = cancelExport(job);
  expect(cancelled.status).toBe('cancelled');
  expect(codeOf(() => cancelExport(cancelled))).toBe('export.ended');
  expect(expireExport(cancelled, at(100))).toBe(cancelled);
  expect(codeOf(() => expectFile(job, at(1)))).toBe('export.not_ready');
  expect(codeOf(() => expectFile(cancelled, at(1)))).toBe('export.file_gone');
  const { state } = finishExport(addPart(job, { ...part, whole: true }), { sha256: 'ab', at: at(1) });
  expect(cancelExport(state)).toEqual({ ...state, status: 'cancelled' });
  expect(codeOf(() => expectFile(state, at(24)))).toBeUndefined();
  expect(codeOf(() => expectFile(state, at(25)))).toBe('export.file_gone');
});

test('ORD-19 a job has so many rows at most', () => {
  expect(codeOf(() => requestExport({ ...ask, rowsExpected: 9 }, { now: at(0), most: 9 }))).toBeUndefined();
  expect(codeOf(() => requestExport({ ...ask, rowsExpected: 10 }, { now: at(0), most: 9 }))).toBe(
    'export.too_many_rows',
  );
});
