import { actorId, Refusal, type Decision, type Tx } from '@accord/core';
import type { Product } from './product.ts';

const columns = `product_code as "productCode", version, name, category, brand, form,
  charge_types as "chargeTypes", invoicing_entity as "invoicingEntity", prices, plans,
  service_types as "serviceTypes", on_sale as "onSale", renewable, contractable, refundable, terms_url as "termsUrl"`;

export const findProduct = (tx: Tx, productCode: string) =>
  tx.one<Product>(`select ${columns} from products where product_code = $1`, [productCode]);

/** @throws Refusal `product.not_found`. */
export async function getProduct(tx: Tx, productCode: string): Promise<Product> {
  const product = await findProduct(tx, productCode);
  if (!product) throw new Refusal('not_found', 'product.not_found', { productCode });
  return product;
}

/** In the order of their codes, from after `after`. */
export const listProducts = (tx: Tx, { after = '', limit }: { after: string | undefined; limit: number }) =>
  tx.many<Product>(`select ${columns} from products where product_code > $1 order by product_code limit $2`, [
    after,
    limit,
  ]);

/**
 * For update. A code that is not published yet is locked by an advisory lock, so that of two first publications
 * the second sees the first.
 */
export function findProductForUpdate(tx: Tx, productCode: string): Promise<Product | undefined> {
  tx.write(`select pg_advisory_xact_lock(hashtext('product ' || $1))`, [productCode]);
  return tx.one<Product>(`select ${columns} from products where product_code = $1 for update`, [productCode]);
}

/** Saves a changed or new product and announces it. */
export function saveProduct(tx: Tx, { state: product, facts }: Decision<Product>): Product {
  if (facts.length === 0) return product;
  tx.write(saveText, [
    product.productCode,
    product.version,
    product.name,
    product.category,
    product.brand,
    product.form,
    product.chargeTypes,
    product.invoicingEntity,
    JSON.stringify(product.prices),
    JSON.stringify(product.plans ?? []),
    product.serviceTypes,
    product.onSale,
    product.renewable,
    product.contractable,
    product.refundable,
    product.termsUrl,
  ]);
  tx.emit(...facts);
  return product;
}

const saveText = `
  insert into products (product_code, version, name, category, brand, form, charge_types, invoicing_entity, prices,
    plans, service_types, on_sale, renewable, contractable, refundable, terms_url)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  on conflict (product_code) do update set version = excluded.version, name = excluded.name,
    category = excluded.category, brand = excluded.brand, form = excluded.form,
    charge_types = excluded.charge_types, invoicing_entity = excluded.invoicing_entity, prices = excluded.prices,
    plans = excluded.plans, service_types = excluded.service_types, on_sale = excluded.on_sale,
    renewable = excluded.renewable, contractable = excluded.contractable, refundable = excluded.refundable,
    terms_url = excluded.terms_url`;

/** One version as it was published. */
interface ProductVersion {
  readonly version: number;
  readonly at: Date;
  /** `operator:lin` */
  readonly actor: string;
  /** The fields in which it differs from the version before. */
  readonly changed: readonly string[];
  readonly product: Product;
}

/** ORD-22: stays for ever. */
export const insertProductVersion = (tx: Tx, product: Product, changed: readonly string[]): void =>
  tx.write(
    `insert into product_history (product_code, version, at, actor, changed, product)
     values ($1, $2, $3, $4, $5, $6)`,
    [product.productCode, product.version, tx.now, actorId(tx.actor), changed, product],
  );

/** The newest first, those older than version `after`. */
export const listProductVersions = (
  tx: Tx,
  { productCode, after, limit }: { productCode: string; after: number | undefined; limit: number },
) =>
  tx.many<ProductVersion>(
    `select version, at, actor, changed, product from product_history
      where product_code = $1 and ($2::integer is null or version < $2) order by version desc limit $3`,
    [productCode, after ?? null, limit],
  );
