import { copiedText } from '@accord/pdf/testing';
import { loadProfile } from '@accord/profile';
import { at, placed } from '../../test/sample-order.ts';
import type { Order } from '../order/order.ts';
import { renderChecklist } from './checklist.ts';

const order: Order = {
  ...placed,
  productName: { 'zh-CN': '域名注册', en: 'Domain registration' },
  productForm: 'domain',
  serviceType: 'registration',
  configuration: [{ name: '域名', value: '例子.com' }],
};
const flat = (text: string) => text.replaceAll(/\s/g, '');
const copied = async (locale: 'zh-CN' | 'en') => {
  const document = { order, customer: '某某有限公司', at: at(11), locale };
  return flat(copiedText(await renderChecklist(document, loadProfile('baidu'))));
};

test.each([
  ['zh-CN', ['业务清单', '可能被他人注册', '支付期限2026-01-1708:00', '汇款用途ord_1', '服务类型注册', '例子.com', '不是合同']],
  ['en', ['Businesschecklist', 'somebodyelsemayregisterit', 'Payby2026-01-1708:00', 'Purposeofthetransferord_1', 'Itisnocontract']],
] as const)('ORD-20 a checklist says in %s what was ordered, until when and where to pay it, and warns', async (locale, told) => {
  const text = await copied(locale);
  expect(told.filter((one) => !text.includes(one))).toEqual([]);
  const { name, bank, account } = loadProfile('baidu').invoicingEntities[0]![locale];
  expect([name, bank, account].filter((one) => !text.includes(flat(one)))).toEqual([]);
});
