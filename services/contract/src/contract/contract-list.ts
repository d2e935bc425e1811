import type { Tx } from '@accord/core';
import { contractColumns } from './contract-store.ts';
import type { Contract } from './contract.ts';

/** All combinable; undefined takes every contract (CTR-32). */
export interface ContractFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string | undefined;
  readonly status?: Contract['status'] | undefined;
  readonly kind?: Contract['kind'] | undefined;
  readonly orderId?: string | undefined;
  readonly billId?: string | undefined;
  /** Of one of its orders, or a line of one of its bills. */
  readonly productCode?: string | undefined;
  /** The beginning of Party A's name, in any case and width. */
  readonly partyA?: string | undefined;
  readonly number?: string | undefined;
  /** Created at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** createdAt and contract id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

const searched = (name: string) => `left(lower(normalize(${name}, nfkc)), 200)`;

/**
 * Newest first, without the removed ones (CTR-25), by keyset. Each set of filters has a text of its own, in which every
 * condition is one that an index can be searched by.
 */
export function listContracts(tx: Tx, filter: ContractFilter): Promise<Contract[]> {
  const { accountId, productCode, partyA, after, limit } = filter;
  const values: unknown[] = [limit];
  const place = (value: unknown) => `$${values.push(value)}`;
  const account = accountId === undefined ? [] : [`account_id = ${place(accountId)}`];
  const where = [...account, 'not removed'];
  // Literals: how many contracts there are of each is known to the planner.
  for (const [column, value] of Object.entries({ status: filter.status, kind: filter.kind }))
    if (value !== undefined) where.push(`${column} = '${value}'`);
  if (filter.number !== undefined) where.push(`number = ${place(filter.number)}`);
  for (const [noun, id] of Object.entries({ order: filter.orderId, bill: filter.billId }))
    if (id !== undefined)
      where.push(
        `contract_id = any(array(select contract_id from contract_${noun}s where ${noun}_id = ${place(id)}))`,
      );
  if (partyA !== undefined) {
    const name = `${searched(`party_a ->> 'name'`)} collate "C"`;
    const start = searched(`${place(partyA)}::text`);
    where.push(`${name} >= ${start}`, `${name} < ${start} || U&'\\+10FFFF'`);
  }
  const ofProduct =
    productCode === undefined
      ? undefined
      : `(select contract_id, created_at as listed_at from contract_products
           where ${[...account, `product_code = ${place(productCode)}`].join(' and ')}) listed
         join contracts using (contract_id)`;
  const at = ofProduct ? 'listed_at' : 'created_at';
  if (filter.from) where.push(`${at} >= ${place(filter.from)}`);
  if (filter.before) where.push(`${at} < ${place(filter.before)}`);
  if (after) where.push(`(${at}, contract_id) < (${place(after[0])}, ${place(after[1])}::text)`);
  return tx.many<Contract>(
    `select ${contractColumns} from ${ofProduct ?? 'contracts'} where ${where.join(' and ')}
      order by ${at} desc, contract_id desc limit $1`,
    values,
  );
}

export interface HistoryEntry {
  readonly version: number;
  readonly event: string;
  readonly status: Contract['status'];
  /** The facts that `contract.changed` says have changed; null of other events. */
  readonly what: string[] | null;
  readonly at: Date;
  readonly actor: string;
}

export const listHistory = (tx: Tx, contractId: string) =>
  tx.many<HistoryEntry>(
    'select version, event, status, what, at, actor from contract_history where contract_id = $1 order by version',
    [contractId],
  );
