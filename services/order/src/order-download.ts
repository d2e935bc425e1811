import { Readable } from 'node:stream';
import { Refusal, type Actor, type Database, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { ByteWriter } from './export/byte-writer.ts';
import type { ExportFormat, RowKey, RowsAsk } from './export/export.ts';
import { fileFormats, writtenPieces, type Written } from './export/file-writer.ts';
import { readRows, type Rows } from './export/row-store.ts';

/** Of a transaction: the fewer, the less the database waits for the next one's begin. */
export const rowsOfPage = 4_000;

/** Downloads of several pages that are under way in this process: each holds a page, and one that is read ahead. */
const most = { inAll: 16, ofCaller: 2 };
const underWay = new Map<string, number>();

/** @throws Refusal 503 `server.unavailable` where too many are under way. */
function takePlace({ accountId, id }: Actor): () => void {
  const caller = accountId ?? id;
  const ofCaller = underWay.get(caller) ?? 0;
  const inAll = [...underWay.values()].reduce((sum, one) => sum + one, 0);
  if (ofCaller >= most.ofCaller || inAll >= most.inAll)
    throw new Refusal('unavailable', 'server.unavailable');
  underWay.set(caller, ofCaller + 1);
  return () => {
    const left = underWay.get(caller)! - 1;
    if (left === 0) underWay.delete(caller);
    else underWay.set(caller, left);
  };
}

/**
 * ORD-18: orders as a file, while they are read: page by page in short transactions, no faster than the caller
 * takes them, and no longer than he does. Each row is as it was when its page was read.
 *
 * @param filterOf the orders that are asked for, at the time of the download's first transaction.
 * @throws Refusal of `filterOf`, `server.unavailable`
 */
export async function downloadOrders(
  db: Database,
  { timeZone }: Pick<Profile, 'timeZone'>,
  ask: {
    readonly actor: Actor;
    readonly format: ExportFormat;
    readonly locale: RowsAsk['locale'];
    readonly filterOf: (tx: Tx) => RowsAsk['filter'];
  },
) {
  const { actor, format, locale, filterOf } = ask;
  const isMasked = actor.kind === 'customer';
  // One page is written while the next is read into the other's place.
  let [into, other] = [new ByteWriter(), new ByteWriter()];
  const read = (tx: Tx, filter: RowsAsk['filter'], page: { after: RowKey | undefined; into: ByteWriter }) =>
    readRows(tx, { filter, locale, timeZone, isMasked }, { ...page, limit: rowsOfPage });
  const { filter, first } = await db.transaction(actor, async (tx) => {
    const asked = filterOf(tx);
    return { filter: asked, first: await read(tx, asked, { after: undefined, into }) };
  });
  const leave = first.next && takePlace(actor);
  const next = (after: RowKey) => {
    [into, other] = [other, into];
    const page = { after, into };
    return db.transaction(actor, (tx) => read(tx, filter, page), { atOnce: true });
  };
  const file = Readable.from(pieces({ format, locale, timeZone }, first, next), { objectMode: false });
  if (leave) file.once('close', leave);
  const { extension, contentType } = fileFormats[format];
  return { file, contentType, fileName: `orders.${extension}` };
}

async function* pieces(
  of: Written,
  first: Rows,
  read: (after: RowKey) => Promise<Rows>,
): AsyncGenerator<Buffer, void> {
  let page: Rows | undefined = first;
  let state: unknown;
  while (page) {
    // Read while this page is written and sent. An error is told where it is waited for, if it still is.
    const ahead: Promise<Rows> | undefined = page.next && read(page.next);
    ahead?.catch(() => undefined);
    for await (const piece of writtenPieces(of, page.pieces, { state, isLast: !ahead })) {
      state = piece.state;
      yield piece.bytes;
    }
    page = await ahead;
  }
}
