import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { changed, Refusal, unchanged, type Decision } from '@accord/core';
import type { ProductSnapshot } from '@accord/events/product';
import type { Profile } from '@accord/profile';
import { expectPlansStay, plansOf } from './plan.ts';
import { fitsCharge } from './price.ts';

// ORD-22: the catalogue has no accounts; everybody reads it, operators write it. Orders keep the terms they
// need of it at placement.

export type Product = Readonly<z.infer<typeof ProductSnapshot>>;
export type Publication = Omit<Product, 'version'>;

/**
 * The next version where something differs; a product that is the same already stays as it is.
 *
 * @throws Refusal `product.plan_removed`.
 */
export function publishOver(before: Product | undefined, publication: Publication): Decision<Product> {
  expectPlansStay(before, publication);
  const product = { ...publication, version: (before?.version ?? 0) + 1 };
  if (before && isDeepStrictEqual({ ...before }, { ...product, version: before.version }))
    return unchanged(before);
  return changed(product, { type: 'product.published', data: { product } });
}

/** The fields in which they differ; all of them where it is new. */
export const changedFields = (before: Product | undefined, product: Product): string[] =>
  (Object.keys(product) as (keyof Product)[]).filter(
    (field) =>
      field !== 'version' && field !== 'productCode' && !isDeepStrictEqual(before?.[field], product[field]),
  );

/** Of two prices for the same, an order would take one or the other. */
const hasBefore = (prices: Publication['prices'], nth: number) =>
  prices
    .slice(0, nth)
    .some(({ chargeType, unit }) => chargeType === prices[nth]!.chargeType && unit === prices[nth]!.unit);

/**
 * ORD-1: an order's currency is its invoicing entity's, so a price in any other could never be used. A plan need
 * not be offered for every charge type.
 *
 * @throws Refusal `product.entity_unknown`, `product.price_misfit`.
 */
export function checkPrices(
  { invoicingEntities }: Pick<Profile, 'invoicingEntities'>,
  { invoicingEntity, chargeTypes, ...publication }: Publication,
) {
  const lists = [publication.prices, ...plansOf(publication).map((plan) => plan.prices)];
  const entity = invoicingEntities.find(({ code }) => code === invoicingEntity);
  if (!entity) throw new Refusal('invalid', 'product.entity_unknown', { invoicingEntity });
  const misfit = lists
    .flatMap((prices) => prices.map((price, nth) => ({ ...price, isSecond: hasBefore(prices, nth) })))
    .find(
      (price) =>
        price.isSecond ||
        price.currency !== entity.currency ||
        !chargeTypes.includes(price.chargeType) ||
        !fitsCharge(price),
    );
  if (misfit)
    throw new Refusal('invalid', 'product.price_misfit', {
      chargeType: misfit.chargeType,
      currency: misfit.currency,
      unit: misfit.unit,
    });
  const unpriced = chargeTypes.find(
    (chargeType) => !publication.prices.some((price) => price.chargeType === chargeType),
  );
  if (unpriced)
    throw new Refusal('invalid', 'product.price_misfit', {
      chargeType: unpriced,
      currency: entity.currency,
      unit: 'none',
    });
}
