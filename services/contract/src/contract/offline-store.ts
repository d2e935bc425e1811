import { Refusal, type Tx } from '@accord/core';
import type { Contract } from './contract.ts';
import type { Offline } from './offline.ts';

interface OwnFile {
  readonly accountId: string;
  /** In hex. */
  readonly sha256: string;
}

/** Once per account; the same file again changes nothing (CTR-36). */
export const storeFile = (tx: Tx, { accountId, sha256, file }: OwnFile & { readonly file: Buffer }): void =>
  tx.write(
    `insert into offline_files (account_id, sha256, file, stored_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [accountId, sha256, file, tx.now],
  );

/** From now on the file stays. @throws Refusal `contract.file_not_found` */
export async function takeFile(tx: Tx, { accountId, sha256 }: OwnFile): Promise<void> {
  const values = [accountId, sha256];
  const there = await tx.one(
    'select recorded from offline_files where account_id = $1 and sha256 = $2 for update',
    values,
  );
  if (!there) throw new Refusal('not_found', 'contract.file_not_found', { accountId, sha256 });
  tx.write(
    'update offline_files set recorded = true where account_id = $1 and sha256 = $2 and not recorded',
    values,
  );
}

/**
 * Of a contract that is inserted. Waits for another transaction that takes the same number or ticket.
 *
 * @throws Refusal `contract.number_taken`, `ticket.already_recorded`
 */
export async function insertOffline(
  tx: Tx,
  { contractId, accountId }: Pick<Contract, 'contractId' | 'accountId'>,
  { number, signedOn, sha256, ticketId, reason }: Offline,
): Promise<void> {
  const inserted = await tx.one(
    `insert into offline_contracts (contract_id, account_id, number, signed_on, sha256, ticket_id, reason)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning contract_id`,
    [contractId, accountId, number, signedOn, sha256, ticketId, reason],
  );
  if (inserted) return;
  const holder = await tx.one('select 1 from offline_contracts where number = $1 and not released', [number]);
  if (holder) throw new Refusal('conflict', 'contract.number_taken', { number });
  throw new Refusal('conflict', 'ticket.already_recorded', { ticketId });
}

/** Of every contract of kind `offline`; undefined of another. */
export const findOffline = async (
  tx: Tx,
  { contractId, kind }: Pick<Contract, 'contractId' | 'kind'>,
): Promise<Offline | undefined> =>
  kind === 'offline'
    ? tx.one<Offline>(
        `select number, signed_on::text as "signedOn", sha256, ticket_id as "ticketId", reason
           from offline_contracts where contract_id = $1`,
        [contractId],
      )
    : undefined;

/** A contract that ends before it was official gives its number and its ticket back. */
export function releaseOffline(tx: Tx, { contractId, finalizedAt }: Contract): void {
  if (finalizedAt === null)
    tx.write('update offline_contracts set released = true where contract_id = $1', [contractId]);
}
