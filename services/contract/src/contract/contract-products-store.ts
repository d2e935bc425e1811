import type { Tx } from '@accord/core';
import type { Contract } from './contract.ts';

/** By these the list finds the contract (CTR-32); what a bill had before it was corrected stays among them. */
export function addProducts(
  tx: Tx,
  { contractId, accountId, createdAt }: Contract,
  productCodes: readonly string[],
): void {
  tx.write(
    `insert into contract_products (contract_id, product_code, account_id, created_at)
     select $1, code, $2, $3 from unnest($4::text[]) code order by code on conflict do nothing`,
    [contractId, accountId, createdAt, [...new Set(productCodes)]],
  );
}

export const productsOfBills = (
  bills: readonly { readonly lines: readonly { readonly productCode: string }[] }[],
) => bills.flatMap(({ lines }) => lines.map(({ productCode }) => productCode));
