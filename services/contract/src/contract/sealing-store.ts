import type { DueItem, Tx } from '@accord/core';
import type { DocumentContent } from '../document/content.ts';
import type { Contract } from './contract.ts';

/** Draft to sealing: no event tells of it, so the version stays. The round's attempts are counted anew. */
export const saveSealing = (tx: Tx, contract: Contract): void =>
  tx.write(
    `update contracts
        set status = $2, content = $3, sealing_since = $4, seal_attempts = 0, seal_lease_until = null,
          stamp_missed_since = null
      where contract_id = $1`,
    [contract.contractId, contract.status, contract.content, tx.now],
  );

/** Contracts that wait for their seal and that no instance is sealing at `tx.now`, oldest first. */
export const listContractsToSeal = (tx: Tx, limit: number) =>
  tx.many<DueItem>(
    `select contract_id as id, account_id as "accountId" from contracts
      where status = 'sealing' and (seal_lease_until is null or seal_lease_until <= $1)
      order by sealing_since limit $2`,
    [tx.now, limit],
  );

export interface SealingLease {
  readonly contractId: string;
  readonly content: DocumentContent;
  /** The contract's version while it is sealed: that of no earlier or later round. */
  readonly round: number;
  /** Counted from 1 in each round. */
  readonly attempt: number;
  /** When a try of this round first ended for want of a time stamp (CTR-37). */
  readonly stampMissedSince: Date | null;
}

/** Undefined where the contract needs no seal any more, or another instance is at it. */
export const leaseSealing = (tx: Tx, { contractId, until }: { contractId: string; until: Date }) =>
  tx.one<SealingLease>(
    `update contracts set seal_attempts = seal_attempts + 1, seal_lease_until = $2
      where contract_id = $1 and status = 'sealing' and (seal_lease_until is null or seal_lease_until <= $3)
      returning contract_id as "contractId", content, version as round, seal_attempts as attempt,
        stamp_missed_since as "stampMissedSince"`,
    [contractId, until, tx.now],
  );

type Attempt = Pick<SealingLease, 'contractId' | 'round' | 'attempt'>;

/** Ends the lease of this attempt alone: a later one has a lease of its own. */
export const endLease = (tx: Tx, { contractId, round, attempt }: Attempt): void =>
  tx.write(
    `update contracts set seal_lease_until = null
      where contract_id = $1 and version = $2 and seal_attempts = $3`,
    [contractId, round, attempt],
  );

/** Ends the lease of this attempt, which does not count: someone outside was away. */
export const waitOn = (
  tx: Tx,
  { contractId, round, attempt }: Attempt,
  { forStamp }: { forStamp: boolean },
): void =>
  tx.write(
    `update contracts
        set seal_lease_until = null, seal_attempts = seal_attempts - 1,
          stamp_missed_since = case when $4 then coalesce(stamp_missed_since, $5) else stamp_missed_since end
      where contract_id = $1 and version = $2 and seal_attempts = $3 and status = 'sealing'`,
    [contractId, round, attempt, forStamp, tx.now],
  );
