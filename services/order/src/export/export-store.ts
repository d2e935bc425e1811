import { Refusal, type Decision, type DueItem, type Tx } from '@accord/core';
import { sqlFilter } from '../order/sql-filter.ts';
import type { Export } from './export.ts';

const columns = `export_id as "exportId", account_id as "accountId", version, requested_by as "requestedBy",
  format, locale, filter, status, rows_expected as "rowsExpected", rows_written as "rowsWritten", parts,
  bytes::float8 as bytes, last_key as "lastKey", writer_state as "writerState", whole, sha256,
  requested_at as "requestedAt", ready_at as "readyAt", expires_at as "expiresAt"`;

type StoredRange = { from?: string; before?: string };
type Stored = Omit<Export, 'filter'> & {
  readonly filter: Omit<Export['filter'], 'from' | 'before' | 'paid'> & StoredRange & { paid?: StoredRange };
};

const dateOf = (text: string | undefined) => (text === undefined ? undefined : new Date(text));
const rangeOf = ({ from, before }: StoredRange) => ({ from: dateOf(from), before: dateOf(before) });
const toExport = ({ filter, ...job }: Stored): Export => ({
  ...job,
  filter: { ...filter, ...rangeOf(filter), paid: filter.paid && rangeOf(filter.paid) },
});

const insertText = `
  insert into exports (export_id, account_id, version, requested_by, format, locale, filter, status,
    rows_expected, rows_written, parts, bytes, whole, requested_at, worked_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)
  on conflict (account_id) where status = 'running' do nothing
  returning export_id`;

/** @throws Refusal `export.already_running` where the account has a job that runs. */
export async function insertExport(tx: Tx, job: Export): Promise<Export> {
  const { exportId, accountId } = job;
  const inserted = await tx.one(insertText, [
    exportId,
    accountId,
    job.version,
    job.requestedBy,
    job.format,
    job.locale,
    job.filter,
    job.status,
    job.rowsExpected,
    job.rowsWritten,
    job.parts,
    job.bytes,
    job.whole,
    job.requestedAt,
    job.expiresAt,
  ]);
  if (!inserted) throw new Refusal('conflict', 'export.already_running');
  return job;
}

/** Jobs of an account that run or have a file. */
export async function countKept(tx: Tx, accountId: string): Promise<number> {
  const text = `select count(*)::int as n from exports where account_id = $1 and status in ('running', 'ready')`;
  return (await tx.one<{ n: number }>(text, [accountId]))!.n;
}

const saveText = `
  update exports set version = $2, status = $3, rows_written = $4, parts = $5, bytes = $6, last_key = $7,
    writer_state = $8, whole = $9, sha256 = $10, ready_at = $11, expires_at = $12, worked_at = $13
  where export_id = $1`;

export function saveExport(tx: Tx, job: Export): Export {
  tx.write(saveText, [
    job.exportId,
    job.version,
    job.status,
    job.rowsWritten,
    job.parts,
    job.bytes,
    job.lastKey,
    JSON.stringify(job.writerState),
    job.whole,
    job.sha256,
    job.readyAt,
    job.expiresAt,
    tx.now,
  ]);
  return job;
}

/** Saves it and announces its facts. */
export function saveDecision(tx: Tx, { state, facts }: Decision<Export>): Export {
  tx.emit(...facts);
  return saveExport(tx, state);
}

/** @throws Refusal `export.not_found`, also where it is another account's (API-5). */
export async function getExport(tx: Tx, exportId: string): Promise<Export> {
  return found(
    await tx.one<Stored>(`select ${columns} from exports where export_id = $1`, [exportId]),
    exportId,
  );
}

/** For update. @throws Refusal `export.not_found` as `getExport` does. */
export async function lockExport(tx: Tx, exportId: string): Promise<Export> {
  const text = `select ${columns} from exports where export_id = $1 for update`;
  return found(await tx.one<Stored>(text, [exportId]), exportId);
}

function found(row: Stored | undefined, exportId: string): Export {
  if (!row) throw new Refusal('not_found', 'export.not_found', { exportId });
  return toExport(row);
}

/** For update; undefined where it runs no more, or another process is writing a part of it just now. */
export async function lockRunning(tx: Tx, exportId: string): Promise<Export | undefined> {
  const text = `select ${columns} from exports where export_id = $1 and status = 'running' for update skip locked`;
  const row = await tx.one<Stored>(text, [exportId]);
  return row && toExport(row);
}

/** Newest first, behind the one with this time and id. */
export async function listExports(
  tx: Tx,
  of: {
    readonly accountId: string | undefined;
    readonly after: readonly [string, string] | undefined;
    readonly limit: number;
  },
): Promise<Export[]> {
  const { where, values } = sqlFilter()
    .and('account_id = ?', of.accountId)
    .and('(requested_at, export_id) < (?::timestamptz, ?)', of.after?.[0], of.after?.[1]);
  const text = `select ${columns} from exports where ${where}
    order by requested_at desc, export_id desc limit $${values.length + 1}`;
  return (await tx.many<Stored>(text, [...values, of.limit])).map(toExport);
}

/** The one that waited longest first, so that a long job never stands before a short one. */
export const listRunning = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select export_id as id, account_id as "accountId" from exports
      where status = 'running' and expires_at > $1 order by worked_at limit $2`,
    [tx.now, limit],
  );

export const listToExpire = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select export_id as id, account_id as "accountId" from exports
      where status in ('running', 'ready') and expires_at <= $1 order by expires_at limit $2`,
    [tx.now, limit],
  );

/** @param part counted from 1. */
export const insertPart = (
  tx: Tx,
  { exportId, accountId }: Pick<Export, 'exportId' | 'accountId'>,
  { part, bytes }: { readonly part: number; readonly bytes: Buffer },
): void =>
  tx.write('insert into export_parts (export_id, part, account_id, bytes) values ($1, $2, $3, $4)', [
    exportId,
    part,
    accountId,
    bytes,
  ]);

/**
 * In its bytes: the driver answers them as a text that is twice as long.
 *
 * @param keep copies them, for they are the driver's.
 */
export async function findPart(
  tx: Tx,
  exportId: string,
  part: number,
  keep: (bytes: Buffer) => Buffer,
): Promise<Buffer | undefined> {
  let found: Buffer | undefined;
  await tx.copy(
    'copy (select bytes from export_parts where export_id = $1 and part = $2) to stdout (format binary)',
    [exportId, part],
    (message) => {
      if (message.length >= headOfCopy) found = keep(message.subarray(headOfCopy));
    },
  );
  return found;
}

/** Of a binary copy: 19 bytes, the number of columns, and a length before the value. */
const headOfCopy = 19 + 2 + 4;

/** The file is gone. */
export const deleteParts = (tx: Tx, exportId: string): void =>
  tx.write('delete from export_parts where export_id = $1', [exportId]);
