import { expectVersion, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { findProductForUpdate, insertProductVersion, saveProduct } from './product/product-store.ts';
import {
  changedFields,
  checkPrices,
  publishOver,
  type Product,
  type Publication,
} from './product/product.ts';

/**
 * Publishes, changes or withdraws a product (ORD-22). An equal publication changes nothing.
 *
 * @throws Refusal `product.entity_unknown`, `product.price_misfit`, `product.plan_removed`,
 * `request.version_mismatch`.
 */
export async function publish(
  tx: Tx,
  rules: Pick<Profile, 'invoicingEntities'>,
  { ifMatch, ...publication }: Publication & { ifMatch: readonly number[] | undefined },
): Promise<{ product: Product; created: boolean }> {
  checkPrices(rules, publication);
  const before = await findProductForUpdate(tx, publication.productCode);
  expectVersion(ifMatch, before?.version);
  const product = saveProduct(tx, publishOver(before, publication));
  if (product.version !== before?.version) insertProductVersion(tx, product, changedFields(before, product));
  return { product, created: !before };
}
