import type { z } from 'zod';
import type { ProductSnapshot } from '@accord/events/product';

type Product = z.infer<typeof ProductSnapshot>;

/** A product on sale, as the order service tells it (`product.published`). */
export const productSnapshot = (change: Partial<Product> = {}): Product => ({
  productCode: 'BCC',
  version: 1,
  name: { 'zh-CN': '云服务器', en: 'Cloud Compute' },
  category: 'BCC',
  brand: 'baidu',
  form: 'instance',
  chargeTypes: ['subscription'],
  invoicingEntity: 'baidu_netcom',
  prices: [],
  serviceTypes: [],
  onSale: true,
  renewable: true,
  contractable: true,
  refundable: true,
  termsUrl: null,
  ...change,
});
