import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { Refusal, type Decision, type Tx } from '@accord/core';
import type { Fact } from '@accord/events';
import type { ProductSnapshot } from '@accord/events/product';
import { expectVersion } from '@accord/http';
import type { Profile } from '@accord/profile';
import { fitsCharge } from './price.ts';

// ORD-22: the catalogue has no accounts; everybody reads it, operators write it. Orders keep what they need
// of it at placement.

export type Product = Readonly<z.infer<typeof ProductSnapshot>>;
export type Publication = Omit<Product, 'version'>;

const columns = `product_code as "productCode", version, name, category, brand, form, charge_types as "chargeTypes",
  invoicing_entity as "invoicingEntity", prices, service_types as "serviceTypes", on_sale as "onSale", contractable, refundable,
  terms_url as "termsUrl"`;

export const findProduct = (tx: Tx, productCode: string) =>
  tx.one<Product>(`select ${columns} from products where product_code = $1`, [productCode]);

/** @throws Refusal `product.not_found`. */
export async function product(tx: Tx, productCode: string): Promise<Product> {
  const found = await findProduct(tx, productCode);
  if (!found) throw new Refusal('not_found', 'product.not_found', { productCode });
  return found;
}

/** In the order of their codes, from after `after`. */
export const listProducts = (tx: Tx, { after, limit }: { after: string; limit: number }) =>
  tx.many<Product>(`select ${columns} from products where product_code > $1 order by product_code limit $2`, [
    after,
    limit,
  ]);

/**
 * Publishes, changes or withdraws a product. What is the same already changes nothing.
 *
 * @throws Refusal `product.entity_unknown`, `product.price_misfit`, `request.version_mismatch`.
 */
export async function publish(
  tx: Tx,
  profile: Pick<Profile, 'invoicingEntities'>,
  { ifMatch, ...publication }: Publication & { ifMatch: number | undefined },
): Promise<{ product: Product; created: boolean }> {
  checkPrices(profile, publication);
  const before = await lockProduct(tx, publication.productCode);
  expectVersion(ifMatch, before?.version);
  const { state, facts } = publishOver(before, publication);
  if (facts.length > 0) await saveProduct(tx, state);
  tx.emit(...facts);
  return { product: state, created: !before };
}

/** Pure: the next version where something differs. */
export function publishOver(before: Product | undefined, publication: Publication): Decision<Product> {
  const next = { ...publication, version: (before?.version ?? 0) + 1 };
  if (before && isDeepStrictEqual({ ...before }, { ...next, version: before.version }))
    return { state: before, facts: [] };
  const fact: Fact = { type: 'product.published', data: { product: next } };
  return { state: next, facts: [fact] };
}

/** ORD-1: an order's currency is its invoicing entity's, so a price in any other could never be used. */
function checkPrices(
  profile: Pick<Profile, 'invoicingEntities'>,
  { invoicingEntity, prices, chargeTypes }: Publication,
) {
  const entity = profile.invoicingEntities.find(({ code }) => code === invoicingEntity);
  if (!entity) throw new Refusal('invalid', 'product.entity_unknown', { invoicingEntity });
  const misfit = prices.find(
    (price) =>
      price.currency !== entity.currency || !chargeTypes.includes(price.chargeType) || !fitsCharge(price),
  );
  if (misfit)
    throw new Refusal('invalid', 'product.price_misfit', {
      chargeType: misfit.chargeType,
      currency: misfit.currency,
      unit: misfit.unit,
    });
  const unpriced = chargeTypes.find((chargeType) => !prices.some((price) => price.chargeType === chargeType));
  if (unpriced)
    throw new Refusal('invalid', 'product.price_misfit', {
      chargeType: unpriced,
      currency: entity.currency,
      unit: 'none',
    });
}

/**
 * For update. A code that nobody published yet is locked by an advisory lock, so that two first publications
 * do not meet.
 */
async function lockProduct(tx: Tx, productCode: string): Promise<Product | undefined> {
  await tx.one(`select pg_advisory_xact_lock(hashtext('product ' || $1))`, [productCode]);
  return tx.one<Product>(`select ${columns} from products where product_code = $1 for update`, [productCode]);
}

const saveProduct = (tx: Tx, p: Product) =>
  tx.one(
    `insert into products (product_code, version, name, category, brand, form, charge_types, invoicing_entity, prices, service_types,
       on_sale, contractable, refundable, terms_url)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (product_code) do update set version = excluded.version, name = excluded.name, category = excluded.category,
       brand = excluded.brand, form = excluded.form, charge_types = excluded.charge_types, invoicing_entity = excluded.invoicing_entity,
       prices = excluded.prices, service_types = excluded.service_types, on_sale = excluded.on_sale,
       contractable = excluded.contractable, refundable = excluded.refundable, terms_url = excluded.terms_url`,
    [
      p.productCode,
      p.version,
      p.name,
      p.category,
      p.brand,
      p.form,
      p.chargeTypes,
      p.invoicingEntity,
      JSON.stringify(p.prices),
      p.serviceTypes,
      p.onSale,
      p.contractable,
      p.refundable,
      p.termsUrl,
    ],
  );
