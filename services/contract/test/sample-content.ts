import type { DocumentContent, DocumentRow } from '../src/document/content.ts';

export const sampleRow = (index: number, over: Partial<DocumentRow> = {}): DocumentRow => ({
  orderId: `ord_${String(index).padStart(32, '0')}`,
  serviceName: '云服务器 BCC',
  configuration: [
    { name: '机型', value: 'bcc.g5.c2m8' },
    { name: '地域', value: '华北-北京' },
    { name: 'IP 地址', value: `182.61.0.${String(index % 256)}` },
  ],
  places: [],
  count: 1,
  period: { kind: 'period', start: '2026-03-01T02:10:05.000Z', end: '2027-03-01T02:10:05.000Z' },
  duration: { value: 12, unit: 'month' },
  cashPayable: { amount: '100.00', currency: 'CNY' },
  cashReturned: null,
  terms: { included: false, url: 'https://cloud.example.com/terms' },
  ...over,
});

/** A contract for tests, with so many orders. */
export const sampleContent = (orders: number, over: Partial<DocumentContent> = {}): DocumentContent => ({
  number: 'CT-2026-00001234',
  kind: 'order',
  language: 'zh-CN',
  mark: 'draft',
  testSeal: false,
  partyA: {
    name: '深圳市示例科技有限责任公司',
    certificate: '91440300EXAMPLE',
    address: '深圳市南山区深南大道 100 号',
    contact: '李雷 13800000000',
  },
  partyB: {
    name: '北京百度网讯科技有限公司',
    certificate: '91110000EXAMPLE',
    address: '北京市海淀区上地十街 10 号',
    contact: '400-890-0088',
    bank: '招商银行北京分行',
    account: '110902250210803',
  },
  createdAt: '2026-03-01T02:10:05.000Z',
  timeZone: 'Asia/Shanghai',
  rows: Array.from({ length: orders }, (_, index) => sampleRow(index + 1)),
  bills: [],
  total: { amount: `${String(orders * 100)}.00`, currency: 'CNY' },
  payBy: null,
  templateVersion: '2026-01',
  terms: [],
  ...over,
});
