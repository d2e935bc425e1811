import { z } from 'zod';
import {
  ChargeType,
  DomainServiceType,
  PriceUnit,
  ProductForm,
  ProductSnapshot,
} from '@accord/events/product';
import { decodeCursor, paged, pageOf, pageQuery, route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import * as store from '../product/product-store.ts';
import { publish } from '../publication.ts';
import { Line, ProductCode } from './schemas.ts';

const Name = Line(120);
const Code = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);

const Publication = z.strictObject({
  name: z.strictObject({ 'zh-CN': Name, en: Name }).meta({ id: 'LocalizedNameInput' }),
  category: Code,
  brand: Code,
  form: ProductForm,
  chargeTypes: z.array(ChargeType).min(1).max(4),
  invoicingEntity: Code,
  prices: z
    .array(
      z
        .strictObject({
          chargeType: ChargeType,
          amount: z.string().regex(/^\d{1,10}(\.\d{1,8})?$/),
          currency: z.string().regex(/^[A-Z]{3}$/),
          unit: PriceUnit,
        })
        .meta({ id: 'PriceInput' }),
    )
    .min(1)
    .max(20),
  serviceTypes: z.array(DomainServiceType).max(6).default([]),
  onSale: z
    .boolean()
    .default(true)
    .meta({ description: 'False withdraws it: it is not bought any more, while running instances go on.' }),
  renewable: z.boolean().default(true).meta({
    description: 'False: no instance is renewed, and one of a withdrawn product is not changed either.',
  }),
  contractable: z.boolean(),
  refundable: z.boolean(),
  termsUrl: z
    .url()
    .max(500)
    .regex(/^https?:\/\/[^@/?#\x00-\x20]+([/?#][^\x00-\x20]*)?$/)
    .nullable()
    .default(null),
});

const ProductAnswer = ProductSnapshot.meta({ id: 'Product' });

const params = z.strictObject({ productCode: ProductCode });
const readers = { customer: 'orders:read', operator: true, platform: true } as const;

const publishProduct = (profile: Profile) =>
  route({
    method: 'put',
    path: '/v1/products/{productCode}',
    operationId: 'publishProduct',
    summary: 'Publishes, changes or withdraws a product',
    access: { operator: true },
    params,
    body: Publication,
    example: {
      name: { 'zh-CN': '云服务器', en: 'Elastic Compute' },
      category: 'compute',
      brand: 'cloud',
      form: 'instance',
      chargeTypes: ['subscription'],
      invoicingEntity: 'main',
      prices: [{ chargeType: 'subscription', amount: '45.00', currency: 'CNY', unit: 'month' }],
      contractable: true,
      refundable: true,
    },
    answer: ProductAnswer,
    success: [200, 201],
    refusals: ['product.entity_unknown', 'product.price_misfit', 'request.version_mismatch'],
    inTransaction: async (tx, { params: { productCode }, body, ifMatch }) => {
      const { product, created } = await publish(tx, profile, { productCode, ...body, ifMatch });
      return { status: created ? 201 : 200, body: product, version: product.version };
    },
  });

const listProducts = route({
  method: 'get',
  path: '/v1/products',
  operationId: 'listProducts',
  summary: 'The catalogue, by product code',
  access: readers,
  query: z.strictObject(pageQuery),
  answer: paged(ProductAnswer),
  inTransaction: async (tx, { query: { cursor, limit } }) => {
    const [after = ''] = cursor ? decodeCursor(cursor, 1) : [];
    const products = await store.listProducts(tx, { after, limit: limit + 1 });
    return {
      body: pageOf(products, limit, { item: (product) => product, key: ({ productCode }) => [productCode] }),
    };
  },
});

const getProduct = route({
  method: 'get',
  path: '/v1/products/{productCode}',
  operationId: 'getProduct',
  summary: 'One product',
  access: readers,
  params,
  answer: ProductAnswer,
  refusals: ['product.not_found'],
  inTransaction: async (tx, { params: { productCode } }) => {
    const product = await store.getProduct(tx, productCode);
    return { body: product, version: product.version };
  },
});

export const productRoutes = (profile: Profile): readonly Route[] => [
  publishProduct(profile),
  listProducts,
  getProduct,
];
