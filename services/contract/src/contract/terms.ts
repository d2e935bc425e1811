import type { Profile } from '@accord/profile';
import type { Order } from '../order-view.ts';

/** The terms of service of one order (CTR-23). */
export interface Terms {
  /** The contract states them in full. */
  readonly included: boolean;
  /** Where they are published; null where the contract states them and the product has none of its own. */
  readonly url: string | null;
}

/** By product code, the addresses of the products that have terms of their own (ORD-22). */
export type OwnTerms = ReadonlyMap<string, string>;

/** CTR-23: a product's own address stands before the profile's. Pure. */
export function termsOf(
  { productCode, brand, category }: Pick<Order, 'productCode' | 'brand' | 'category'>,
  own: OwnTerms,
  { termsIncludedFor: { brands, categories }, termsUrl }: Profile['contracts'],
): Terms {
  const included = brands.includes(brand) && categories.includes(category);
  return { included, url: own.get(productCode) ?? (included ? null : termsUrl) };
}
