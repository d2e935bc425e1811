import { z } from 'zod';
import { event } from './definition.ts';
import { LocalizedName, Version } from './fields.ts';

export const ChargeType = z
  .enum(['subscription', 'package', 'one_time', 'pay_as_you_go'])
  .meta({ id: 'ChargeType' });
export const ProductForm = z
  .enum(['instance', 'usage_package', 'storage_package', 'one_time', 'domain'])
  .meta({ id: 'ProductForm' });
export const DomainServiceType = z
  .enum(['registration', 'renewal', 'transfer_in', 'redemption', 'buyback', 'buyback_zhiyu'])
  .meta({ id: 'DomainServiceType' });
export const PriceUnit = z
  .enum(['minute', 'month', 'year', 'piece', 'gb', 'thousand_requests'])
  .meta({ id: 'PriceUnit' });

export const ConfigurationItem = z
  .object({ name: z.string(), value: z.string() })
  .meta({ id: 'ConfigurationItem' });

const Price = z
  .object({ chargeType: ChargeType, amount: z.string(), currency: z.string(), unit: PriceUnit })
  .meta({ id: 'Price' });

/** One size of a product, with its own prices (ORD-24). */
export const Plan = z
  .object({
    code: z.string(),
    name: LocalizedName,
    configuration: z.array(ConfigurationItem),
    prices: z.array(Price),
    /** Whether it may be bought or changed to; instances that have it go on. */
    onSale: z.boolean(),
  })
  .meta({ id: 'Plan' });

export const ProductSnapshot = z.object({
  productCode: z.string(),
  version: Version,
  name: LocalizedName,
  category: z.string(),
  brand: z.string(),
  form: ProductForm,
  chargeTypes: z.array(ChargeType),
  invoicingEntity: z.string(),
  prices: z.array(Price),
  /** Absent in events of before, and empty where the product is sold in one size. */
  plans: z.array(Plan).optional(),
  serviceTypes: z.array(DomainServiceType),
  /** Whether it may be bought. */
  onSale: z.boolean(),
  /** Whether its running instances may be renewed, and, once it is withdrawn, be changed (ORD-22). */
  renewable: z.boolean(),
  contractable: z.boolean(),
  refundable: z.boolean(),
  termsUrl: z.string().nullable(),
});

export const productEvents = {
  'product.published': event({
    speaker: 'order',
    aggregate: 'product',
    summary: 'A product was published, changed or withdrawn.',
    data: z.object({ product: ProductSnapshot }),
    about: ({ product }) => ({ id: product.productCode, version: product.version }),
  }),
};
