import type { Tx } from '@accord/core';
import { contractColumns } from './contract-store.ts';
import type { Contract } from './contract.ts';

interface ContractFilter {
  /** Absent: every account that the transaction may see. */
  readonly accountId?: string | undefined;
  readonly status?: string;
  readonly kind?: string;
  readonly orderId?: string;
  readonly billId?: string;
  readonly number?: string;
  /** Created at `from` or later, and before `before`. */
  readonly from?: Date | undefined;
  readonly before?: Date | undefined;
  /** createdAt and contract id of the last one seen. */
  readonly after?: readonly [string, string] | undefined;
  readonly limit: number;
}

/** Newest first, without the removed ones (CTR-25). */
export const listContracts = (tx: Tx, filter: ContractFilter) =>
  tx.many<Contract>(
    `select ${contractColumns} from contracts
      where not removed and ($1::text is null or account_id = $1) and ($2::text is null or status = $2)
        and ($3::text is null or kind = $3)
        and ($4::text is null or contract_id = any(array(select contract_id from contract_orders where order_id = $4)))
        and ($11::text is null or contract_id = any(array(select contract_id from contract_bills where bill_id = $11)))
        and ($5::text is null or number = $5)
        and ($6::timestamptz is null or created_at >= $6) and ($7::timestamptz is null or created_at < $7)
        and ($8::timestamptz is null or (created_at, contract_id) < ($8, $9::text))
      order by created_at desc, contract_id desc limit $10`,
    [
      filter.accountId ?? null,
      filter.status ?? null,
      filter.kind ?? null,
      filter.orderId ?? null,
      filter.number ?? null,
      filter.from ?? null,
      filter.before ?? null,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      filter.limit,
      filter.billId ?? null,
    ],
  );

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
