import { amend, changed, lifecycle, Refusal, unchanged, type Decision, type Locale } from '@accord/core';
import type { OrderFilter } from '../order/order-list.ts';

export const exportLifecycle = lifecycle('export', 'running', {
  running: { finish: 'ready', cancel: 'cancelled', expire: 'expired' },
  ready: { cancel: 'cancelled', expire: 'expired' },
  cancelled: {},
  expired: {},
});

export const exportFormats = ['csv', 'xlsx'] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** ORD-19: how long a file can be downloaded, and a job may take to make one, ms. */
const keptMs = 24 * 3_600_000;
/** Files that an account may have at once, running jobs among them. */
export const mostKept = 10;
/** Rows of one job, where a service is not given less. */
export const mostRows = 5_000_000;

/** Time and id of an order: rows are read newest first, and go on behind one. */
export type RowKey = readonly [createdAt: string, orderId: string];

/** Rows that are asked for: which, in whose language and on whose clock. */
export interface RowsAsk {
  readonly filter: OrderFilter;
  readonly locale: Locale;
  readonly timeZone: string;
  /** As a customer reads them: without ids of the provider's staff. */
  readonly isMasked: boolean;
}

/** Where a file goes on: behind this row, in this state of its writer. */
interface Place {
  readonly lastKey: RowKey | null;
  /** Of the format (`FileFormat`); null before the first part. */
  readonly writerState: unknown;
}

/** A job that makes a file of orders, part by part. No event tells of it before its file is ready: version 0. */
export type Export = Readonly<
  Place & {
    exportId: string;
    accountId: string;
    version: number;
    requestedBy: string;
    format: ExportFormat;
    locale: Locale;
    filter: RowsAsk['filter'];
    status: (typeof exportLifecycle.statuses)[number];
    /** Counted at the request; orders that come or leave meanwhile make it differ from what is written. */
    rowsExpected: number;
    rowsWritten: number;
    parts: number;
    bytes: number;
    /** All parts are written; its hash may still be missing. */
    whole: boolean;
    sha256: string | null;
    requestedAt: Date;
    readyAt: Date | null;
    /** Its file is gone from then on; a job that is not done by then is given up. */
    expiresAt: Date;
  }
>;

/** @throws Refusal `export.too_many_rows` where there are more than `most`. */
export function requestExport(
  ask: Pick<
    Export,
    'exportId' | 'accountId' | 'requestedBy' | 'format' | 'locale' | 'filter' | 'rowsExpected'
  >,
  { now, most }: { readonly now: Date; readonly most: number },
): Export {
  if (ask.rowsExpected > most) throw new Refusal('invalid', 'export.too_many_rows', { most });
  return {
    ...ask,
    version: 0,
    status: exportLifecycle.start,
    rowsWritten: 0,
    parts: 0,
    bytes: 0,
    lastKey: null,
    writerState: null,
    whole: false,
    sha256: null,
    requestedAt: now,
    readyAt: null,
    expiresAt: new Date(now.getTime() + keptMs),
  };
}

/** The job with one more part; the last one makes it whole. */
export const addPart = (
  job: Export,
  part: Place & { readonly rows: number; readonly bytes: number; readonly whole: boolean },
): Export => ({
  ...job,
  rowsWritten: job.rowsWritten + part.rows,
  parts: job.parts + 1,
  bytes: job.bytes + part.bytes,
  lastKey: part.lastKey,
  writerState: part.writerState,
  whole: part.whole,
});

/** ORD-19: its file can be downloaded. A job that ended meanwhile stays as it is. */
export function finishExport(job: Export, { sha256, at }: { sha256: string; at: Date }): Decision<Export> {
  if (job.status !== 'running') return unchanged(job);
  const next = amend(job, {
    status: exportLifecycle.after(job.status, 'finish'),
    sha256,
    readyAt: at,
    expiresAt: new Date(at.getTime() + keptMs),
  });
  const { exportId, accountId, version } = next;
  const expiresAt = next.expiresAt.toISOString();
  return changed(next, { type: 'export.ready', data: { exportId, version, accountId, sha256, expiresAt } });
}

/** A job ends before its file is made, or its file is given up. @throws Refusal `export.ended`. */
export function cancelExport(job: Export): Export {
  if (!exportLifecycle.allows(job.status, 'cancel'))
    throw new Refusal('conflict', 'export.ended', { exportId: job.exportId, status: job.status });
  return { ...job, status: exportLifecycle.after(job.status, 'cancel') };
}

/** A job that ended meanwhile, or has longer, stays as it is. */
export const expireExport = (job: Export, now: Date): Export =>
  job.expiresAt <= now && exportLifecycle.allows(job.status, 'expire')
    ? { ...job, status: exportLifecycle.after(job.status, 'expire') }
    : job;

/** @throws Refusal `export.not_ready`, `export.file_gone`. */
export function expectFile(job: Export, now: Date): asserts job is Export & { sha256: string } {
  const { exportId, status } = job;
  if (status === 'running') throw new Refusal('conflict', 'export.not_ready', { exportId });
  if (status !== 'ready' || job.expiresAt <= now)
    throw new Refusal('conflict', 'export.file_gone', { exportId });
}

/** Percent, rounded down; 100 once the file is ready, and not before. It stays so when the file is gone. */
export function progressOf({ readyAt, rowsExpected, rowsWritten }: Export): number {
  if (readyAt) return 100;
  return Math.min(99, Math.floor((100 * rowsWritten) / Math.max(rowsExpected, 1)));
}
