import type { z } from 'zod';
import type { ProductSnapshot } from '@accord/events/product';
import { shippedProfiles, type Profile } from '@accord/profile';

type Product = z.infer<typeof ProductSnapshot>;

/** The body that `PUT /v1/products/{productCode}` takes, with its code. */
export type Publication = Omit<Product, 'version'>;

type Given = Pick<Publication, 'category' | 'invoicingEntity' | 'prices'> & Partial<Publication>;

const product = (productCode: string, zh: string, en: string, more: Given): Publication => ({
  productCode,
  name: { 'zh-CN': zh, en },
  brand: more.invoicingEntity.split('_')[0]!,
  form: 'instance',
  chargeTypes: [...new Set(more.prices.map(({ chargeType }) => chargeType))],
  serviceTypes: [],
  onSale: true,
  renewable: true,
  contractable: true,
  refundable: true,
  termsUrl: null,
  ...more,
});

type Unit = Product['prices'][number]['unit'];
type Charge = Product['chargeTypes'][number];
const price = (chargeType: Charge, unit: Unit) => (amount: string) => ({
  chargeType,
  amount,
  currency: 'CNY',
  unit,
});
const perMonth = price('subscription', 'month');
const perYear = price('subscription', 'year');
const perMinute = price('pay_as_you_go', 'minute');
const perGb = price('pay_as_you_go', 'gb');
const perThousand = price('pay_as_you_go', 'thousand_requests');
const perPackage = price('package', 'piece');
const once = price('one_time', 'piece');

/** Two sizes, whose prices are those of ORD-24. */
const sizes: Publication['plans'] = [
  {
    code: 'small',
    name: { 'zh-CN': '入门型 2 核 2GB', en: 'Small, 2 vCPU 2 GiB' },
    configuration: [{ name: '规格', value: '2 核 2GB' }],
    prices: [perMonth('45.00')],
    onSale: true,
  },
  {
    code: 'large',
    name: { 'zh-CN': '进阶型 4 核 8GB', en: 'Large, 4 vCPU 8 GiB' },
    configuration: [{ name: '规格', value: '4 核 8GB' }],
    prices: [perMonth('138.00')],
    onSale: true,
  },
];

const everyService: Publication['serviceTypes'] = [
  'registration',
  'renewal',
  'transfer_in',
  'redemption',
  'buyback',
  'buyback_zhiyu',
];
const domain = { category: 'DOMAIN', form: 'domain', refundable: false } as const;
const oneTime = { form: 'one_time', refundable: false } as const;

/**
 * Marketplace images and customised orders are contractable as products; the profile's excluded categories
 * decide (CTR-3).
 */
const baidu: readonly Publication[] = [
  product('BCC', '云服务器 BCC', 'Baidu Cloud Compute BCC', {
    category: 'COMPUTE',
    invoicingEntity: 'baidu_netcom',
    prices: [perMonth('45.00'), perMinute('0.00156250')],
  }),
  product('RDS', '云数据库 RDS', 'Relational Database Service RDS', {
    category: 'DATABASE',
    invoicingEntity: 'baidu_cloud',
    prices: [perMonth('168.00'), perYear('1680.00'), perMinute('0.00583334')],
  }),
  product('LS', '轻量应用服务器 LS', 'Lightweight Server LS', {
    category: 'COMPUTE',
    invoicingEntity: 'baidu_netcom',
    prices: [perMonth('45.00')],
    plans: sizes,
  }),
  product('CDN', '内容分发网络 CDN', 'Content Delivery Network CDN', {
    category: 'CDN',
    invoicingEntity: 'baidu_netcom',
    prices: [perGb('0.21'), perThousand('0.005')],
    refundable: false,
  }),
  product('CDN_PACKAGE', 'CDN 流量包 1TB', 'CDN data transfer plan, 1 TB', {
    category: 'CDN',
    form: 'usage_package',
    invoicingEntity: 'baidu_netcom',
    prices: [perPackage('158.00')],
  }),
  product('OSS_PACKAGE', '对象存储标准存储包 500GB', 'Object storage plan, 500 GB', {
    category: 'STORAGE',
    form: 'storage_package',
    invoicingEntity: 'baidu_cloud',
    prices: [perPackage('708.00')],
  }),
  product('DOMAIN_COM', '.com 域名', '.com domain name', {
    ...domain,
    invoicingEntity: 'baidu_netcom',
    prices: [perYear('79.00')],
    serviceTypes: ['registration', 'renewal', 'transfer_in', 'redemption'],
  }),
  product('MKT_IMAGE', '云市场镜像：LNMP 运行环境', 'Marketplace image: LNMP stack', {
    category: 'MKT',
    invoicingEntity: 'baidu_cloud',
    prices: [perMonth('20.00')],
  }),
  product('CUSTOM_SOLUTION', '定制化解决方案', 'Customised solution', {
    ...oneTime,
    category: 'CUSTOM',
    invoicingEntity: 'baidu_cloud',
    prices: [once('98000.00')],
  }),
];

const terms = 'https://terms.aliyun.com/';

const alibaba: readonly Publication[] = [
  product('ECS', '云服务器 ECS', 'Elastic Compute Service ECS', {
    category: 'COMPUTE',
    invoicingEntity: 'aliyun_computing',
    prices: [perMonth('45.00'), perMinute('0.00149306')],
    termsUrl: terms,
  }),
  product('RDS', '云数据库 RDS', 'ApsaraDB RDS', {
    category: 'DATABASE',
    invoicingEntity: 'aliyun_computing',
    prices: [perMonth('185.00'), perYear('1850.00'), perMinute('0.00642362')],
    termsUrl: terms,
  }),
  product('SWAS', '轻量应用服务器', 'Simple Application Server', {
    category: 'COMPUTE',
    invoicingEntity: 'aliyun_computing',
    prices: [perMonth('45.00')],
    plans: sizes,
    termsUrl: terms,
  }),
  product('CDN', '内容分发 CDN', 'Alibaba Cloud CDN', {
    category: 'CDN',
    invoicingEntity: 'aliyun_computing',
    prices: [perGb('0.24'), perThousand('0.005')],
    refundable: false,
    termsUrl: terms,
  }),
  product('CDN_PACKAGE', 'CDN 下行流量包 1TB', 'CDN data transfer plan, 1 TB', {
    category: 'CDN',
    form: 'usage_package',
    invoicingEntity: 'aliyun_computing',
    prices: [perPackage('126.00')],
    termsUrl: terms,
  }),
  product('OSS_PACKAGE', 'OSS 标准存储包 500GB', 'OSS storage plan, 500 GB', {
    category: 'STORAGE',
    form: 'storage_package',
    invoicingEntity: 'aliyun_computing',
    prices: [perPackage('570.00')],
    termsUrl: terms,
  }),
  product('ANTI_DDOS', '云安全 DDoS 防护', 'Alibaba Cloud Security Anti-DDoS', {
    category: 'SECURITY',
    invoicingEntity: 'aliyun_computing',
    prices: [perMonth('20800.00')],
    termsUrl: terms,
  }),
  product('DOMAIN_CN', '.cn 域名', '.cn domain name', {
    ...domain,
    invoicingEntity: 'aliyun_computing',
    prices: [perYear('35.00')],
    serviceTypes: everyService,
    termsUrl: terms,
  }),
  product('DOMAIN_COM', '.com 域名（万网）', '.com domain name (HiChina)', {
    ...domain,
    brand: 'hichina',
    invoicingEntity: 'hichina',
    prices: [perYear('83.00')],
    serviceTypes: everyService,
  }),
  product('VIRTUAL_HOST', '云虚拟主机（万网）', 'Virtual host (HiChina)', {
    category: 'HOSTING',
    brand: 'hichina',
    invoicingEntity: 'hichina',
    prices: [perMonth('42.00'), perYear('420.00')],
  }),
  product('CLOUD_MAIL', '企业云邮箱', 'Enterprise Cloud Mail', {
    category: 'MAIL',
    brand: 'hichina',
    invoicingEntity: 'hichina',
    prices: [perYear('600.00')],
  }),
  product('MKT_IMAGE', '云市场镜像：LNMP 运行环境', 'Marketplace image: LNMP stack', {
    category: 'MKT',
    invoicingEntity: 'aliyun_computing',
    prices: [perMonth('20.00')],
  }),
  product('CUSTOM_SOLUTION', '定制化解决方案', 'Customised solution', {
    ...oneTime,
    category: 'CUSTOM',
    invoicingEntity: 'aliyun_computing',
    prices: [once('98000.00')],
    contractable: false,
  }),
];

const example: readonly Publication[] = [
  product('VM', '云服务器', 'Virtual machine', {
    category: 'COMPUTE',
    invoicingEntity: 'example_cloud',
    prices: [perMonth('45.00'), perMinute('0.00156250')],
  }),
  product('DB', '云数据库', 'Managed database', {
    category: 'DATABASE',
    invoicingEntity: 'example_services',
    prices: [perMonth('168.00'), perYear('1680.00')],
  }),
  product('VPS', '轻量服务器', 'Virtual private server', {
    category: 'COMPUTE',
    invoicingEntity: 'example_cloud',
    prices: [perMonth('45.00')],
    plans: sizes,
  }),
  product('CDN_PACKAGE', 'CDN 流量包 1TB', 'CDN data transfer plan, 1 TB', {
    category: 'CDN',
    form: 'usage_package',
    invoicingEntity: 'example_cloud',
    prices: [perPackage('150.00')],
  }),
  product('STORAGE_PACKAGE', '标准存储包 500GB', 'Storage plan, 500 GB', {
    category: 'STORAGE',
    form: 'storage_package',
    invoicingEntity: 'example_cloud',
    prices: [perPackage('600.00')],
  }),
  product('DOMAIN_COM', '.com 域名', '.com domain name', {
    ...domain,
    invoicingEntity: 'example_services',
    prices: [perYear('80.00')],
    serviceTypes: ['registration', 'renewal', 'transfer_in'],
  }),
  product('MKT_IMAGE', '云市场镜像：LNMP 运行环境', 'Marketplace image: LNMP stack', {
    category: 'MKT',
    invoicingEntity: 'example_services',
    prices: [perMonth('20.00')],
  }),
  product('CUSTOM_SOLUTION', '定制化解决方案', 'Customised solution', {
    ...oneTime,
    category: 'CUSTOM',
    invoicingEntity: 'example_services',
    prices: [once('98000.00')],
  }),
];

/**
 * A small catalogue for each shipped profile, as the story publishes it. One BCC, ECS or VM for a month is the
 * 45.00 of RFD-7.
 */
export const catalogue = { baidu, alibaba, example } as const;
export type ShippedProvider = keyof typeof catalogue;

/** The shipped provider whose products can be sold under these rules: their invoicing entities are known. */
export const providerOf = ({ invoicingEntities }: Pick<Profile, 'invoicingEntities'>) =>
  shippedProfiles.find((name) =>
    catalogue[name].every((product) =>
      invoicingEntities.some(({ code }) => code === product.invoicingEntity),
    ),
  );
