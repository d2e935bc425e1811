import { Refusal, type Tx } from '@accord/core';
import type { PaperCopies } from './paper-copy.ts';

// A contract is locked before its paper copies, which are cancelled with it (CTR-24).

const columns = `contract_id as "contractId", account_id as "accountId", status, copies, recipient, phone, address,
  requested_at as "requestedAt", promised_from as "promisedFrom", promised_by as "promisedBy",
  printed_at as "printedAt", mailed_at as "mailedAt", carrier, tracking_number as "trackingNumber",
  ended_at as "endedAt", return_text as "returnText"`;

export const findPaper = (tx: Tx, contractId: string) =>
  tx.one<PaperCopies>(`select ${columns} from paper_copies where contract_id = $1`, [contractId]);

/** For update. */
export const lockPaperIfAny = (tx: Tx, contractId: string) =>
  tx.one<PaperCopies>(`select ${columns} from paper_copies where contract_id = $1 for update`, [contractId]);

/** Once per contract, for ever. @throws Refusal `paper.already_requested` */
export async function insertPaper(tx: Tx, paper: PaperCopies): Promise<void> {
  const { contractId } = paper;
  const inserted = await tx.one(
    `insert into paper_copies (contract_id, account_id, status, copies, recipient, phone, address, requested_at,
       promised_from, promised_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (contract_id) do nothing returning contract_id`,
    [
      contractId,
      paper.accountId,
      paper.status,
      paper.copies,
      paper.recipient,
      paper.phone,
      paper.address,
      paper.requestedAt,
      paper.promisedFrom,
      paper.promisedBy,
    ],
  );
  if (inserted) return;
  throw new Refusal('conflict', 'paper.already_requested', { contractId, remedy: 'see_its_paper_copies' });
}

export const savePaper = (tx: Tx, paper: PaperCopies): void =>
  tx.write(
    `update paper_copies set status = $2, printed_at = $3, mailed_at = $4, carrier = $5, tracking_number = $6,
       ended_at = $7, return_text = $8 where contract_id = $1`,
    [
      paper.contractId,
      paper.status,
      paper.printedAt,
      paper.mailedAt,
      paper.carrier,
      paper.trackingNumber,
      paper.endedAt,
      paper.returnText,
    ],
  );

interface PaperFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string | undefined;
  readonly status?: PaperCopies['status'] | undefined;
  /** Neither mailed nor ended at this time, and promised for a time before it. */
  readonly lateAt?: Date | undefined;
  /** Asked for at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** requestedAt and contract id of the last one seen. */
  readonly after?: readonly string[] | undefined;
  readonly limit: number;
}

/** As they are to be worked off: the oldest request first. Each set of filters has a text of its own. */
export function listPaper(
  tx: Tx,
  { accountId, status, lateAt, from, before, after, limit }: PaperFilter,
): Promise<(PaperCopies & { readonly number: string })[]> {
  const values: unknown[] = [limit];
  const place = (value: unknown) => `$${values.push(value)}`;
  const where = ['true'];
  if (from) where.push(`requested_at >= ${place(from)}`);
  if (before) where.push(`requested_at < ${place(before)}`);
  if (accountId !== undefined) where.push(`account_id = ${place(accountId)}`);
  if (status !== undefined) where.push(`status = ${place(status)}`);
  if (lateAt !== undefined)
    where.push(`status in ('requested', 'printed')`, `promised_by < ${place(lateAt)}`);
  if (after) where.push(`(requested_at, contract_id) > (${place(after[0])}, ${place(after[1])}::text)`);
  return tx.many(
    `select ${columns}, (select number from contracts c where c.contract_id = p.contract_id) as number
      from paper_copies p where ${where.join(' and ')} order by requested_at, contract_id limit $1`,
    values,
  );
}
