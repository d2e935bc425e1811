import { copiedText, readPdf } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { at, created, placed } from '../../test/sample-order.ts';
import type { Order } from '../order/order.ts';
import { renderOrder } from './order-document.ts';

const profile = loadProfile('baidu');
const render = (order: Order, locale: 'zh-CN' | 'en' = 'zh-CN', customer: string | null = '某某有限公司') =>
  renderOrder({ order, customer, at: at(20), locale }, profile);
/** Without blanks: readers see one between Chinese and digits, or see none. */
const flat = (text: string) => text.replaceAll(' ', '');
const expectTold = (file: Buffer, told: readonly string[]) => {
  const text = flat(copiedText(file));
  expect(told.filter((one) => !text.includes(flat(one)))).toEqual([]);
  return text;
};

const order: Order = {
  ...created,
  configuration: [{ name: 'CPU', value: '2 核' }],
  unitPrice: { amount: '45.00000000', currency: 'CNY', unit: 'month' },
  refundedInstanceIds: ['i-2'],
  cashReturned: { amount: '34.84', currency: 'CNY' },
};

test('ORD-18 an order in Chinese: real text, words for codes, times to the minute where the provider is', async () => {
  expectTold(await render(order), [
    '订单详情',
    '截至：2026-01-20 08:00 (Asia/Shanghai)',
    '客户名称 某某有限公司',
    '订单状态 已支付',
    '下单时间 2026-01-10 08:00',
    '产品名称 云服务器 (BCC)',
    '计费方式 包年包月',
    '时长 1 个月',
    '单价 45.00000000 CNY / 月',
    '应付金额 ¥90.00',
    '代金券支付 ¥10.00',
    '现金已退 ¥34.84',
    'CPU 2 核',
    'i-2（已退款） 2026-01-11 08:00 2026-02-11 08:00 bj —',
    '第 1 页 共 1 页',
  ]);
});

test('ORD-18 the same in English; of what is not known nothing is made up', async () => {
  const text = expectTold(await render({ ...placed, productAmount: null }, 'en', null), [
    'Customer —',
    'Status Unpaid',
    'Pay by 2026-01-17 08:00',
    'Product amount —',
    'Payable amount CN¥90.00',
    'All times are Asia/Shanghai times.',
  ]);
  expect(text).not.toMatch(/Paidat|Cancelledat|Instances|Configuration|vouchers|returned|[\u4e00-\u9fff]/);
});

test('ORD-18 ORD-24 of a change of plan its plans, and the rest that its price follows from', async () => {
  const upgrade: Order = {
    ...created,
    orderType: 'upgrade',
    duration: null,
    unitPrice: { amount: '138.00', currency: 'CNY', unit: 'month' },
    plan: { code: 'large', name: { 'zh-CN': '大型', en: 'Large' } },
    planChange: {
      from: 'small',
      returns: 'none',
      rest: [
        {
          instanceId: 'i-1',
          orderId: 'ord_0',
          start: at(14).toISOString(),
          end: at(42).toISOString(),
          unit: 'day',
          remaining: 28,
          total: 31,
          priceBefore: '45',
          priceAfter: '138',
        },
      ],
    },
  };
  expectTold(await render(upgrade), [
    '变更前规格 small',
    '规格 大型 (large)',
    '规格变更所涉及的剩余期限',
    'i-1 2026-01-14 08:00 2026-02-11 08:00 28 / 31 天 45 → 138 CNY',
  ]);
  expectTold(await render(upgrade, 'en'), [
    'Plan before small',
    'Plan Large (large)',
    'i-1 2026-01-14 08:00 2026-02-11 08:00 28 of 31 days 45 → 138 CNY',
  ]);
});

test('ORD-18 many instances go on over pages, each under the table’s head and with its number', async () => {
  const instances = Array.from({ length: 100 }, (_, index) => ({
    ...created.instances[0]!,
    instanceId: `i-${index}`,
  }));
  const instanceIds = instances.map(({ instanceId }) => instanceId);
  const { pages } = readPdf(await render({ ...order, count: 100, instances, instanceIds }));
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.slice(1).every(({ lines }) => lines.includes('开始时间'))).toBe(true);
  expect(
    pages
      .map(({ text }) => text)
      .join('\n')
      .match(/^i-\d+/gm),
  ).toHaveLength(100);
  expect(pages.at(-1)!.text).toContain(`第 ${pages.length} 页 共 ${pages.length} 页`);
});

test('ORD-18 text that customers typed can neither break nor reorder the document', async () => {
  const value = `长${'很长的配置'.repeat(60)}\u202e尾 \\ ) Tj`;
  const text = expectTold(await render({ ...order, configuration: [{ name: 'a', value }] }), ['尾 \\ ) Tj']);
  expect(text).not.toContain('\u202e');
});
