import type { Locale } from '@accord/core';
import type { Place } from '../contract/contract-orders.ts';

/** The standard text of the contract (CTR-12), the same in every contract of a template version. */
export interface Wording {
  readonly locale: Locale;
  readonly title: { readonly order: string; readonly payment_request: string; readonly bill: string };
  readonly number: string;
  readonly createdAt: string;
  readonly partyA: string;
  readonly partyB: string;
  readonly fields: {
    readonly name: string;
    certificate: string;
    address: string;
    contact: string;
    bank: string;
    account: string;
  };
  readonly section: (number: number, title: string) => string;
  readonly services: string;
  readonly agreed: string;
  readonly columns: readonly [string, string, string, string, string, string, string, string];
  /** Of the table of bills. */
  readonly billColumns: readonly [string, string, string, string, string];
  /** Of a bill with several products. */
  readonly billSum: string;
  readonly pair: (name: string, value: string) => string;
  /** Where an instance runs, in the configuration; `since` is when that was told. */
  readonly place: (place: Place, since: string | null) => string;
  /** Below the cash payable of an order of which so much came back. */
  readonly returned: (amount: string) => string;
  readonly colon: string;
  /** Between the pairs of a configuration that stands below its row. */
  readonly separator: string;
  /** In the configuration's column, where it stands below the row. */
  readonly below: string;
  readonly continued: (row: number) => string;
  readonly span: (start: string, end: string) => string[];
  readonly cycle: string;
  readonly amount: string;
  readonly inFigures: string;
  readonly inCapitals: string;
  readonly cashNote: string;
  readonly billNote: string;
  readonly usageNote: string;
  readonly usageOnly: string;
  readonly payment: string;
  readonly payBy: (payBy: string) => string;
  readonly terms: string;
  /** In a sentence about all of them. */
  readonly theseServices: string;
  readonly and: string;
  /** Followed by the address. */
  readonly termsPublished: (services: string) => string;
  /** Followed by the terms. */
  readonly termsIncluded: (services: string) => string;
  readonly effect: string;
  readonly effectText: string;
  readonly sealOfA: string;
  readonly sealOfB: string;
  readonly placeOfA: string;
  readonly nothingBack: string;
  readonly date: string;
  readonly dateOfB: string;
  readonly caption: string;
  /** Beside a slice of the seal where a document has several: over which pages it is cut. */
  readonly sliced: (first: number, last: number) => readonly [string, string];
  readonly page: (page: number, pages: number) => string;
  readonly template: string;
  readonly watermark: string;
  readonly testSeal: string;
}

const zh: Wording = {
  locale: 'zh-CN',
  title: { order: '云服务订单合同', payment_request: '云服务请款合同', bill: '云服务账单合同' },
  number: '合同编号：',
  createdAt: '生成日期：',
  partyA: '甲方（客户）',
  partyB: '乙方（服务提供方）',
  fields: {
    name: '名称',
    certificate: '证件号码',
    address: '地址',
    contact: '联系方式',
    bank: '开户银行',
    account: '银行账号',
  },
  section: (number, title) => `${'一二三四五'.charAt(number - 1)}、${title}`,
  services: '服务内容',
  agreed: '甲乙双方经协商一致，就甲方向乙方购买下列云服务订立本合同：',
  columns: ['序号', '订单号', '服务名称', '规格配置', '数量', '服务期限', '时长', '现金应付'],
  billColumns: ['序号', '账单号', '账单月份', '服务名称', '金额'],
  billSum: '账单合计',
  pair: (name, value) => `${name}：${value}`,
  place: ({ instanceId, region, ipAddress }, since) =>
    `实例 ${instanceId}：` +
    [region && `地域 ${region}`, ipAddress && `IP 地址 ${ipAddress}`].filter(Boolean).join('，') +
    (since ? `（自 ${since}）` : ''),
  returned: (amount) => `（已退 ${amount}）`,
  colon: '：',
  separator: '；',
  below: '见下',
  continued: (row) => `（接第 ${row} 项）`,
  span: (start, end) => [start, `至 ${end}`],
  cycle: '（计费周期）',
  amount: '合同金额',
  inFigures: '合计（小写）：',
  inCapitals: '合计（大写）：人民币',
  cashNote: '现金应付金额为订单应付金额扣除代金券抵扣及已退现金后的金额。',
  billNote: '金额为各月账单中各项服务在全部优惠之后的费用。',
  usageNote: '现金应付以“—”表示的为按量付费服务，费用按实际用量以账单为准，不计入合同金额。',
  usageOnly: '本合同所列均为按量付费服务，费用按实际用量以账单为准，本合同不载明金额。',
  payment: '付款',
  payBy: (payBy) => `甲方应于 ${payBy} 前付清上述款项。逾期未付清的，本合同及其全部约定自该时间起自动失效。`,
  terms: '服务条款',
  theseServices: '本合同所列服务',
  and: '、',
  termsPublished: (services) => `本合同未载明的双方权利义务，${services}适用乙方公布的服务条款：`,
  termsIncluded: (services) => `本合同未载明的双方权利义务，${services}适用下列服务条款：`,
  effect: '签署与效力',
  effectText: '乙方以电子印章及电子签名签署本合同，电子签名覆盖文件全文；文件的任何改动都将使签名失效。',
  sealOfA: '甲方（盖章）：',
  sealOfB: '乙方（盖章）：',
  placeOfA: '甲方盖章处',
  nothingBack: '甲方可自行打印盖章留存，无需寄回乙方。',
  date: '日期：',
  dateOfB: '日期：以电子签名时间为准',
  caption: '合同专用章',
  sliced: (first, last) => ['骑缝章', `第 ${first}–${last} 页`],
  page: (page, pages) => `第 ${String(page)} 页 共 ${String(pages)} 页`,
  template: '模板版本：',
  watermark: '草稿 DRAFT',
  testSeal: 'TEST SEAL 测试印章，不具法律效力',
};

const en: Wording = {
  locale: 'en',
  title: {
    order: 'Cloud Service Order Contract',
    payment_request: 'Cloud Service Payment Request Contract',
    bill: 'Cloud Service Bill Contract',
  },
  number: 'Contract number: ',
  createdAt: 'Date of issue: ',
  partyA: 'Party A (customer)',
  partyB: 'Party B (service provider)',
  fields: {
    name: 'Name',
    certificate: 'Certificate',
    address: 'Address',
    contact: 'Contact',
    bank: 'Bank',
    account: 'Account',
  },
  section: (number, title) => `${String(number)}. ${title}`,
  services: 'Services',
  agreed:
    'Party A and Party B agree on this contract for the following cloud services, which Party A buys from Party B:',
  columns: [
    'No.',
    'Order number',
    'Service',
    'Configuration',
    'Qty',
    'Service period',
    'Duration',
    'Cash payable',
  ],
  billColumns: ['No.', 'Bill number', 'Month', 'Service', 'Amount'],
  billSum: 'Amount of the bill',
  pair: (name, value) => `${name}: ${value}`,
  place: ({ instanceId, region, ipAddress }, since) =>
    `Instance ${instanceId}: ` +
    [region && `region ${region}`, ipAddress && `IP address ${ipAddress}`].filter(Boolean).join(', ') +
    (since ? ` (since ${since})` : ''),
  returned: (amount) => `(${amount} returned)`,
  colon: ': ',
  separator: '; ',
  below: 'see below',
  continued: (row) => `(No. ${row}, continued)`,
  span: (start, end) => [start, `to ${end}`],
  cycle: '(billing cycle)',
  amount: 'Contract amount',
  inFigures: 'Total: ',
  inCapitals: '',
  cashNote:
    'Cash payable is the payable amount of an order less what vouchers paid of it and what was returned of it in cash.',
  billNote: 'Amounts are what each service cost in the month of its bill, after all discounts.',
  usageNote:
    'A dash in cash payable stands for a pay-as-you-go service: it is charged by usage in its bills ' +
    'and is not part of the contract amount.',
  usageOnly:
    'All services of this contract are pay as you go: they are charged by usage in their bills, ' +
    'and this contract states no amount.',
  payment: 'Payment',
  payBy: (payBy) =>
    `Party A shall pay the above amount in full by ${payBy}. ` +
    'If it is not paid by then, this contract, with all it agrees, becomes invalid.',
  terms: 'Terms of service',
  theseServices: 'the above services',
  and: ', ',
  termsPublished: (services) =>
    'Rights and duties that this contract does not state are, ' +
    `for ${services}, those of the terms of service published by Party B: `,
  termsIncluded: (services) =>
    `Rights and duties that this contract does not state are, for ${services}, those of these terms of service:`,
  effect: 'Signing and effect',
  effectText:
    'Party B signs this contract with its electronic seal and a digital signature over the whole file; ' +
    'any change of the file makes the signature invalid.',
  sealOfA: 'Party A (seal): ',
  sealOfB: 'Party B (seal): ',
  placeOfA: "Place for Party A's seal",
  nothingBack:
    'Party A may print and seal this contract for its own files; nothing need be sent back to Party B.',
  date: 'Date: ',
  dateOfB: 'Date: as in the digital signature',
  caption: 'CONTRACT SEAL',
  sliced: (first, last) => ['Seal across', `pages ${first}–${last}`],
  page: (page, pages) => `Page ${String(page)} of ${String(pages)}`,
  template: 'Template version: ',
  watermark: 'DRAFT',
  testSeal: 'TEST SEAL: without legal effect',
};

export const wordings: Readonly<Record<'zh-CN' | 'en', Wording>> = { 'zh-CN': zh, en };
