import type { Tx } from '@accord/core';

/** The first file stored stays (CTR-19); answers the SHA-256 of that one. */
export async function storeDocument(
  tx: Tx,
  of: {
    readonly contractId: string;
    readonly accountId: string;
    readonly file: Buffer;
    readonly sha256: string;
  },
): Promise<string> {
  tx.write(
    `insert into contract_documents (contract_id, account_id, sha256, file, stored_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [of.contractId, of.accountId, of.sha256, of.file, tx.now],
  );
  return (await findDocumentHash(tx, of.contractId))!.sha256;
}

export const findDocumentHash = (tx: Tx, contractId: string) =>
  tx.one<{ sha256: string }>('select sha256 from contract_documents where contract_id = $1', [contractId]);

/** CTR-32. */
export const countDownload = (
  tx: Tx,
  { contractId, accountId }: { readonly contractId: string; readonly accountId: string },
): void =>
  tx.write(
    `insert into contract_downloads (contract_id, account_id, downloads, last_at) values ($1, $2, 1, $3)
     on conflict (contract_id) do update
       set downloads = contract_downloads.downloads + 1, last_at = greatest(contract_downloads.last_at, $3)`,
    [contractId, accountId, tx.now],
  );

export const findDownloads = (tx: Tx, contractId: string) =>
  tx.one<{ count: number; lastAt: Date }>(
    'select downloads::int as count, last_at as "lastAt" from contract_downloads where contract_id = $1',
    [contractId],
  );

/** Of an official contract: the file that was sealed, or the one of a contract signed outside (CTR-36). */
export const findDocument = (tx: Tx, contractId: string) =>
  tx.one<{ file: Buffer; sha256: string }>(
    `select file, sha256 from contract_documents where contract_id = $1
     union all select file, sha256 from offline_contracts join offline_files using (account_id, sha256)
       where contract_id = $1`,
    [contractId],
  );

/**
 * CTR-20: over all accounts, number and status of the contract whose official file has this SHA-256, nothing
 * more.
 */
export const verifyDocument = (tx: Tx, sha256: string) =>
  tx.one<{ number: string; status: 'official' | 'voided' }>(
    'select number, status from verify_document($1)',
    [sha256],
  );
