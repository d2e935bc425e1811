import { z } from 'zod';
import { Moment, ReadableLine } from '@accord/events/fields';
import {
  ChargeType,
  DomainServiceType,
  PriceUnit,
  ProductForm,
  ProductSnapshot,
} from '@accord/events/product';
import {
  ActorView,
  IdPlace,
  maskActor,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  route,
  type Route,
} from '@accord/http';
import type { Profile } from '@accord/profile';
import * as store from '../product/product-store.ts';
import { publish } from '../publication.ts';
import { ConfigurationItem, PlanCode, ProductCode } from './schemas.ts';

const Name = ReadableLine(120);
const Code = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);

const Price = z
  .strictObject({
    chargeType: ChargeType,
    amount: z.string().regex(/^\d{1,10}(\.\d{1,8})?$/),
    currency: z.string().regex(/^[A-Z]{3}$/),
    unit: PriceUnit,
  })
  .meta({ id: 'PriceInput' });

const LocalizedName = z.strictObject({ 'zh-CN': Name, en: Name }).meta({ id: 'LocalizedNameInput' });

const Plan = z
  .strictObject({
    code: PlanCode,
    name: LocalizedName,
    configuration: z.array(ConfigurationItem).max(30).default([]),
    prices: z.array(Price).min(1).max(20),
    onSale: z.boolean().default(true).meta({
      description: 'False withdraws it: it is not bought or changed to, while instances that have it go on.',
    }),
  })
  .meta({ id: 'PlanInput' });

const Publication = z.strictObject({
  name: LocalizedName,
  category: Code,
  brand: Code,
  form: ProductForm,
  chargeTypes: z.array(ChargeType).min(1).max(4),
  invoicingEntity: Code,
  prices: z.array(Price).min(1).max(20),
  plans: z
    .array(Plan)
    .max(50)
    .refine((plans) => new Set(plans.map(({ code }) => code)).size === plans.length, {
      message: 'names each plan once',
      params: { 'zh-CN': '每个套餐编码只能出现一次', beyondSchema: true },
    })
    .default([])
    .meta({
      description:
        'Sizes to choose from, each with its own prices; one that was published once stays (ORD-24).',
      uniqueItems: true,
    }),
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
    .string()
    .max(500)
    .regex(/^https?:\/\/[^@/?#\x00-\x20]+([/?#][^\x00-\x20]*)?$/)
    .refine((text) => URL.canParse(text), {
      message: 'names no host that there can be',
      params: { 'zh-CN': '主机名无效', beyondSchema: true },
    })
    .nullable()
    .default(null),
});

const ProductAnswer = ProductSnapshot.meta({ id: 'Product' });

const ProductVersionAnswer = z
  .object({
    version: z.int(),
    at: Moment,
    actor: ActorView,
    changed: z.array(z.string()).meta({ description: 'The fields that differ from the version before.' }),
    product: ProductAnswer,
  })
  .meta({ id: 'ProductVersion' });

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
      name: { 'zh-CN': '云服务器 BCC', en: 'Baidu Cloud Compute BCC' },
      category: 'COMPUTE',
      brand: 'baidu',
      form: 'instance',
      chargeTypes: ['subscription'],
      invoicingEntity: 'baidu_netcom',
      prices: [{ chargeType: 'subscription', amount: '45.00', currency: 'CNY', unit: 'month' }],
      contractable: true,
      refundable: true,
    },
    answer: ProductAnswer,
    success: [200, 201],
    refusals: [
      'product.entity_unknown',
      'product.price_misfit',
      'product.plan_removed',
      'request.version_mismatch',
    ],
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
  inTransaction: async (tx, { query }) => {
    const products = await store.listProducts(tx, pageRange(query, IdPlace));
    return {
      body: pageOf(products, query.limit, {
        item: (product) => product,
        key: ({ productCode }) => [productCode],
      }),
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

const VersionPlace = z.tuple([z.string().regex(/^[1-9]\d{0,8}$/)]).transform(([version]) => Number(version));

const listProductVersions = route({
  method: 'get',
  path: '/v1/products/{productCode}/history',
  operationId: 'listProductVersions',
  summary: 'Every version of a product, the newest first, with who published it and what changed',
  access: { operator: true },
  params,
  query: z.strictObject(pageQuery),
  answer: paged(ProductVersionAnswer),
  refusals: ['product.not_found'],
  inTransaction: async (tx, { actor, params: { productCode }, query }) => {
    const page = pageRange(query, VersionPlace);
    await store.getProduct(tx, productCode);
    const versions = await store.listProductVersions(tx, { productCode, ...page });
    return {
      body: pageOf(versions, query.limit, {
        item: ({ at, actor: by, changed, ...line }) => ({
          ...line,
          at: at.toISOString(),
          actor: maskActor(actor, by),
          changed: [...changed],
        }),
        key: ({ version }) => [String(version)],
      }),
    };
  },
});

export const productRoutes = (profile: Profile): readonly Route[] => [
  publishProduct(profile),
  listProducts,
  getProduct,
  listProductVersions,
];
