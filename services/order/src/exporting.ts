import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  actorId,
  newId,
  Refusal,
  type Actor,
  type Database,
  type Locale,
  type Tx,
  type Worker,
} from '@accord/core';
import type { Profile } from '@accord/profile';
import { ByteWriter } from './export/byte-writer.ts';
import {
  countKept,
  deleteParts,
  findPart,
  getExport,
  insertExport,
  insertPart,
  listRunning,
  listToExpire,
  lockExport,
  lockRunning,
  saveDecision,
  saveExport,
} from './export/export-store.ts';
import {
  addPart,
  cancelExport,
  expectFile,
  expireExport,
  finishExport,
  mostKept,
  requestExport,
  type Export,
  type ExportFormat,
  type RowsAsk,
} from './export/export.ts';
import { fileFormats, writtenPieces } from './export/file-writer.ts';
import { countRows, readRows } from './export/row-store.ts';

// A job writes its file part by part. A part's rows are read, the part is stored and the place behind it is
// remembered in one short transaction, under the job's lock: a crash leaves whole parts and the place where the
// next one begins, and two processes at one job take turns. So there is no lease, and nothing to wait for (ORD-19).

type Rules = Pick<Profile, 'timeZone'>;

export const rowsOfPart = 2_000;
/** After so many parts other jobs have their turn. */
const partsAtOnce = 40;

/**
 * ORD-19: a job over the orders of one account, at most so many.
 *
 * @throws Refusal `export.already_running`, `export.too_many_files`, `export.too_many_rows`
 */
export async function startExport(
  tx: Tx,
  ask: {
    readonly accountId: string;
    readonly format: ExportFormat;
    readonly locale: Locale;
    readonly filter: RowsAsk['filter'];
  },
  most: number,
): Promise<Export> {
  const kept = await countKept(tx, ask.accountId);
  if (kept >= mostKept) throw new Refusal('conflict', 'export.too_many_files', { most: mostKept });
  const filter = { ...ask.filter, accountId: ask.accountId };
  const rowsExpected = await countRows(tx, filter, most + 1);
  const requestedBy = actorId(tx.actor);
  const asked = { ...ask, exportId: newId('exp'), filter, requestedBy, rowsExpected };
  const job = requestExport(asked, { now: tx.now, most });
  return insertExport(tx, job);
}

/** Writes the parts of jobs, then hashes the file and announces it. */
export const exporting = ({ timeZone }: Rules): Worker => ({
  name: 'exporting',
  everyMs: 200,
  parallel: 2,
  due: listRunning,
  async run(db, { id: exportId, accountId }) {
    const actor: Actor = { kind: 'system', id: 'exporting', accountId };
    const buffers = { rows: new ByteWriter(), file: new ByteWriter() };
    for (let part = 0; part < partsAtOnce; part += 1) {
      const job = await db.transaction(actor, (tx) => writePart(tx, exportId, { timeZone, buffers }));
      if (!job) return;
      if (job.whole) return finish(db, actor, job);
    }
  },
});

/** The job with its next part; undefined where it ended, or another process is at it. */
async function writePart(
  tx: Tx,
  exportId: string,
  {
    timeZone,
    buffers,
  }: Rules & { readonly buffers: { readonly rows: ByteWriter; readonly file: ByteWriter } },
): Promise<Export | undefined> {
  const job = await lockRunning(tx, exportId);
  if (!job || job.whole) return job;
  const { filter, format, locale, lastKey } = job;
  // The file is the account's own, whoever asked for it.
  const ask = { filter, locale, timeZone, isMasked: true };
  const page = { after: lastKey ?? undefined, limit: rowsOfPart, into: buffers.rows };
  const { pieces, count, next } = await readRows(tx, ask, page);
  const { file } = buffers;
  file.clear();
  let state = job.parts === 0 ? undefined : job.writerState;
  for await (const piece of writtenPieces({ format, locale, timeZone }, pieces, { state, isLast: !next })) {
    file.append(piece.bytes);
    state = piece.state;
  }
  const bytes = file.bytes();
  const grown = addPart(job, {
    rows: count,
    bytes: bytes.length,
    lastKey: next ?? null,
    writerState: state,
    whole: !next,
  });
  insertPart(tx, job, { part: grown.parts, bytes });
  return saveExport(tx, grown);
}

/** Hashes the file as it is stored. Harmless when it is done twice: the second one finds the job ended. */
async function finish(db: Database, actor: Actor, job: Export): Promise<void> {
  const sha256 = createHash('sha256');
  const part = new ByteWriter();
  const keep = (bytes: Buffer) => {
    part.clear();
    part.append(bytes);
    return part.bytes();
  };
  for await (const bytes of partsOf(db, actor, job, keep)) sha256.update(bytes);
  const digest = sha256.digest('hex');
  await db.transaction(actor, async (tx) => {
    saveDecision(tx, finishExport(await lockExport(tx, job.exportId), { sha256: digest, at: tx.now }));
  });
}

/**
 * The file of a job, each part read in a transaction of its own.
 *
 * @param keep as `findPart` has it.
 * @throws Error where a part is gone.
 */
async function* partsOf(
  db: Database,
  actor: Actor,
  { exportId, parts }: Export,
  keep: (bytes: Buffer) => Buffer,
): AsyncGenerator<Buffer, void> {
  for (let part = 1; part <= parts; part += 1) {
    const read = (tx: Tx) => findPart(tx, exportId, part, keep);
    const found = await db.transaction(actor, read, { atOnce: true });
    if (!found) throw new Error(`part ${part} of export ${exportId} is gone`);
    yield found;
  }
}

/**
 * A job ends before its file is made, or its file is deleted.
 *
 * @throws Refusal `export.not_found`, `export.ended`
 */
export async function cancel(tx: Tx, exportId: string): Promise<Export> {
  const next = cancelExport(await lockExport(tx, exportId));
  deleteParts(tx, exportId);
  return saveExport(tx, next);
}

/** ORD-19: a file is deleted after 24 h, and a job given up that was not done by then. */
export const exportExpiry: Worker = {
  name: 'export-expiry',
  everyMs: 60_000,
  due: listToExpire,
  run: (db, { id, accountId }) =>
    db.transaction({ kind: 'system', id: 'export-expiry', accountId }, async (tx) => {
      const job = await lockExport(tx, id);
      const next = expireExport(job, tx.now);
      if (next === job) return;
      deleteParts(tx, id);
      saveExport(tx, next);
    }),
};

/**
 * ORD-19: the file of a job that is ready, as a stream that holds no transaction open.
 *
 * @throws Refusal `export.not_found`, `export.not_ready`, `export.file_gone`
 */
export async function exportFile(db: Database, actor: Actor, exportId: string) {
  const job = await db.transaction(actor, async (tx) => {
    const found = await getExport(tx, exportId);
    expectFile(found, tx.now);
    return found;
  });
  const { extension, contentType } = fileFormats[job.format];
  return {
    file: Readable.from(
      partsOf(db, actor, job, (bytes) => Buffer.from(bytes)),
      { objectMode: false },
    ),
    contentType,
    length: job.bytes,
    fileName: `${exportId}.${extension}`,
    sha256: job.sha256,
  };
}
