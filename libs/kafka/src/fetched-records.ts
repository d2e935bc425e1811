/** A record as kafkajs decodes it. */
export interface FetchedRecord {
  readonly offset: string;
  readonly key: Buffer | null;
  /** Not handed on by kafkajs, but counted as read. */
  isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

export interface FetchedPartition {
  highWatermark: string;
  readonly lastStableOffset?: string;
  abortedTransactions?: readonly { readonly producerId: string; readonly firstOffset: string }[];
  readonly messages: readonly FetchedRecord[];
}

/** One batch of records as its header describes it, with the records that are left in it. */
export interface RecordBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly producerId: string;
  readonly inTransaction: boolean;
  readonly records: readonly FetchedRecord[];
}

/**
 * The records of a batch, up to its end. Compaction takes records away, and of the last batches of a producer all
 * of them, but never an offset: where the last ones are gone, a record that is not handed on stands for them, so
 * that a reader passes the gap and does not wait in it.
 */
export function upToItsEnd<Batch extends RecordBatch>(batch: Batch): Batch {
  const { firstOffset, lastOffsetDelta, records } = batch;
  const end = String(BigInt(firstOffset) + BigInt(lastOffsetDelta));
  if (records.at(-1)?.offset === end) return batch;
  const gap: FetchedRecord = { offset: end, key: null, isControlRecord: true, batchContext: batch };
  return { ...batch, records: [...records, gap] };
}

/**
 * Sees a partition as a reader of committed transactions does: it ends where the first open transaction begins,
 * and records of aborted transactions are not handed on.
 */
export function committedOnly(partition: FetchedPartition): void {
  const { lastStableOffset, abortedTransactions, messages } = partition;
  if (lastStableOffset !== undefined && lastStableOffset !== '-1') partition.highWatermark = lastStableOffset;
  if (!abortedTransactions?.length) return;
  // The broker lists them by their ends.
  const toCome = abortedTransactions
    .map(({ producerId, firstOffset }) => ({ producerId, first: BigInt(firstOffset) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  const aborting = new Set<string>();
  for (const message of messages) {
    const { producerId, inTransaction } = message.batchContext;
    while (toCome.length > 0 && toCome[0]!.first <= BigInt(message.offset))
      aborting.add(toCome.shift()!.producerId);
    if (isAbortMarker(message)) aborting.delete(producerId);
    else if (inTransaction && aborting.has(producerId)) message.isControlRecord = true;
  }
  partition.abortedTransactions = [];
}

/** Its key is a version and a type, of two bytes each; type 0 is an abort. */
const isAbortMarker = ({ isControlRecord, key }: FetchedRecord) =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
