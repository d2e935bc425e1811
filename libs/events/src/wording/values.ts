import type { z } from 'zod';
import type { ContractStatus } from '../contract.ts';
import type { BillType, CancelReason, Fulfilment, OrderStatus, OrderType, RefundState } from '../order.ts';
import type { ChargeType, DomainServiceType, PriceUnit } from '../product.ts';
import type { RefundStatus } from '../refund.ts';
import type { TicketKind, TicketSnapshot } from '../ticket.ts';
import type { Locale } from './words.ts';

// Values of enums, as they stand in a sentence; capitalised, as they stand by themselves.

type Word = { readonly [L in Locale]: string };
type Words<Value extends string> = { readonly [V in Value]: Word };

/** Of orders, contracts, tickets and refunds. */
const status: Words<
  | z.infer<typeof OrderStatus>
  | z.infer<typeof ContractStatus>
  | z.infer<typeof RefundStatus>
  | z.infer<typeof TicketSnapshot>['status']
> = {
  unpaid: { en: 'unpaid', 'zh-CN': '待支付' },
  paid: { en: 'paid', 'zh-CN': '已支付' },
  cancelled: { en: 'cancelled', 'zh-CN': '已取消' },
  voided: { en: 'voided', 'zh-CN': '已作废' },
  requested: { en: 'requested', 'zh-CN': '已申请' },
  draft: { en: 'a draft', 'zh-CN': '草稿' },
  sealing: { en: 'being sealed', 'zh-CN': '签章中' },
  official: { en: 'official', 'zh-CN': '正式合同' },
  refused: { en: 'refused', 'zh-CN': '已拒绝' },
  submitted: { en: 'submitted', 'zh-CN': '待处理' },
  approved: { en: 'approved', 'zh-CN': '已通过' },
  rejected: { en: 'rejected', 'zh-CN': '已驳回' },
  withdrawn: { en: 'withdrawn', 'zh-CN': '已撤回' },
  checking: { en: 'being checked', 'zh-CN': '核对中' },
  reviewing: { en: 'under review', 'zh-CN': '审核中' },
  paying: { en: 'being paid', 'zh-CN': '打款中' },
  succeeded: { en: 'complete', 'zh-CN': '已完成' },
  failed: { en: 'delayed, for its payout failed', 'zh-CN': '打款失败' },
  unknown: { en: 'paid with an outcome that is not known yet', 'zh-CN': '打款结果待确认' },
};
/** Of messages. */
const delivery = {
  pending: { en: 'still to be sent', 'zh-CN': '待发送' },
  sending: { en: 'being sent', 'zh-CN': '发送中' },
  sent: { en: 'sent', 'zh-CN': '已发送' },
  retry_wait: { en: 'waiting for another try', 'zh-CN': '等待重试' },
  dead: { en: 'given up', 'zh-CN': '已放弃' },
  skipped: { en: 'skipped', 'zh-CN': '已跳过' },
} as const satisfies Words<string>;

const action = {
  check: { en: 'check it', 'zh-CN': '核对' },
  review: { en: 'review it', 'zh-CN': '转入审核' },
  approve: { en: 'approve it', 'zh-CN': '通过' },
  refuse: { en: 'refuse it', 'zh-CN': '拒绝' },
  reject: { en: 'reject it', 'zh-CN': '驳回' },
  withdraw: { en: 'withdraw it', 'zh-CN': '撤回' },
  pay: { en: 'pay it', 'zh-CN': '打款' },
  retry: { en: 'pay it again', 'zh-CN': '重新打款' },
  succeed: { en: 'complete it', 'zh-CN': '完成' },
  fail: { en: 'fail it', 'zh-CN': '记为打款失败' },
  lose: { en: 'leave it open', 'zh-CN': '记为结果待确认' },
} as const satisfies Words<string>;

const fulfilment: Words<z.infer<typeof Fulfilment>> = {
  none: { en: 'not begun', 'zh-CN': '未开始' },
  creating: { en: 'in progress', 'zh-CN': '开通中' },
  created: { en: 'complete', 'zh-CN': '已开通' },
  failed: { en: 'failed', 'zh-CN': '开通失败' },
};
const refundState: Words<z.infer<typeof RefundState>> = {
  none: { en: 'none', 'zh-CN': '无' },
  in_progress: { en: 'in progress', 'zh-CN': '退款中' },
  partial: { en: 'refunded in part', 'zh-CN': '部分退款' },
  full: { en: 'refunded in full', 'zh-CN': '全额退款' },
};
const orderType: Words<z.infer<typeof OrderType>> = {
  purchase: { en: 'purchase', 'zh-CN': '新购' },
  renewal: { en: 'renewal', 'zh-CN': '续费' },
  upgrade: { en: 'upgrade', 'zh-CN': '升级' },
  downgrade: { en: 'downgrade', 'zh-CN': '降级' },
  configuration_change: { en: 'configuration change', 'zh-CN': '变更配置' },
  compensation: { en: 'compensation', 'zh-CN': '补偿' },
};
const billType: Words<z.infer<typeof BillType>> = {
  prepay: { en: 'prepaid', 'zh-CN': '预付费' },
  postpay: { en: 'postpaid', 'zh-CN': '后付费' },
};
const chargeType: Words<z.infer<typeof ChargeType>> = {
  subscription: { en: 'subscription', 'zh-CN': '包年包月' },
  package: { en: 'package', 'zh-CN': '资源包' },
  one_time: { en: 'one-time charge', 'zh-CN': '一次性收费' },
  pay_as_you_go: { en: 'pay as you go', 'zh-CN': '按量付费' },
};
const unit: Words<z.infer<typeof PriceUnit>> = {
  minute: { en: 'minute', 'zh-CN': '分钟' },
  month: { en: 'month', 'zh-CN': '月' },
  year: { en: 'year', 'zh-CN': '年' },
  piece: { en: 'piece', 'zh-CN': '个' },
  gb: { en: 'GB', 'zh-CN': 'GB' },
  thousand_requests: { en: 'thousand requests', 'zh-CN': '千次请求' },
};
const serviceType: Words<z.infer<typeof DomainServiceType>> = {
  registration: { en: 'registration', 'zh-CN': '注册' },
  renewal: { en: 'renewal', 'zh-CN': '续费' },
  transfer_in: { en: 'transfer in', 'zh-CN': '转入' },
  redemption: { en: 'redemption', 'zh-CN': '赎回' },
  buyback: { en: 'buyback', 'zh-CN': '回购' },
  buyback_zhiyu: { en: 'buyback (Zhiyu)', 'zh-CN': '回购（智域）' },
};
/** Of tickets, by what they ask for. */
export const ticketKindWords: Words<z.infer<typeof TicketKind>> = {
  void_official: { en: 'void an official contract', 'zh-CN': '正式合同作废' },
  extra_terms: { en: 'extra terms', 'zh-CN': '补充条款' },
  physical_seal: { en: 'physical seal', 'zh-CN': '加盖实体章' },
  offline_contract: { en: 'offline contract', 'zh-CN': '线下合同' },
  marketplace: { en: 'marketplace contract', 'zh-CN': '云市场合同' },
};

/** Funds, as people call them (RFD-11). */
export const fundWords = {
  cash: { en: 'cash', 'zh-CN': '现金' },
  giftCredit: { en: 'gift credit', 'zh-CN': '赠送金' },
  storedCard: { en: 'stored card', 'zh-CN': '储值卡' },
  voucher: { en: 'vouchers', 'zh-CN': '代金券' },
} as const satisfies Words<string>;

const counted = (en: string, zh: string) => ({
  en: { one: ` ${en}`, other: ` ${en}s` },
  'zh-CN': { one: ` ${zh}`, other: ` ${zh}` },
});

/** Behind the number of a duration: of one, and of any other. */
export const durationUnitWords = {
  minute: counted('minute', '分钟'),
  month: counted('month', '个月'),
  year: counted('year', '年'),
};

interface Duration {
  readonly value: number;
  readonly unit: keyof typeof durationUnitWords;
}

/** `2 months` */
export function durationIn(locale: Locale, { value, unit }: Duration): string {
  const { one, other } = durationUnitWords[unit][locale];
  return `${value}${value === 1 ? one : other}`;
}

/** Of a fulfilment, against its order (ORD-26). */
const misfit = {
  no_instances: { en: 'no instance was told', 'zh-CN': '未上报任何实例' },
  too_many_instances: { en: 'more instances than were ordered', 'zh-CN': '实例多于订购数量' },
  instance_not_ordered: { en: 'an instance that the order does not name', 'zh-CN': '实例不属于该订单' },
  period_missing: { en: 'the period is not told whole', 'zh-CN': '服务期不完整' },
  period_length: { en: 'the period is not as long as was ordered', 'zh-CN': '服务期与订购时长不符' },
  period_over: { en: 'the period was over when it was paid', 'zh-CN': '服务期在付款时已结束' },
  start_out_of_time: { en: 'the period starts too early or too late', 'zh-CN': '服务期开始得过早或过晚' },
  rest_differs: {
    en: 'this is not the rest that the change of plan is for',
    'zh-CN': '与规格变更所涉及的剩余期限不符',
  },
  paid_twice: {
    en: 'the period begins within time that is paid already',
    'zh-CN': '服务期的开始时间处于已付费周期内',
  },
} as const satisfies Words<string>;
/** Of an order that no person cancelled, or without a word. */
const cancelReason: Words<z.infer<typeof CancelReason> | 'instance_released'> = {
  by_customer: { en: 'by the customer', 'zh-CN': '客户取消' },
  by_operator: { en: 'by the provider', 'zh-CN': '服务商取消' },
  expired: { en: 'not paid in time', 'zh-CN': '逾期未支付' },
  domain_taken: { en: 'the domain name was registered by somebody else', 'zh-CN': '域名已被他人注册' },
  instance_released: { en: 'the instance was released', 'zh-CN': '实例已释放' },
};
/** That change after an order was placed (ORD-22). */
const orderFact = {
  restated: { en: 'nothing: it is told again', 'zh-CN': '无变化，仅重新通知' },
  invoiced: { en: 'invoice', 'zh-CN': '开票情况' },
  supportRightsUsed: { en: 'use of the support rights', 'zh-CN': '服务权益使用情况' },
} as const satisfies Words<string>;
/** In place of a duration that an order has none of. */
const untimed = {
  rest: {
    en: 'it is for the rest of what the instances are paid for',
    'zh-CN': '该订单针对实例已付费周期的剩余部分',
  },
  use: { en: 'it is charged by use', 'zh-CN': '该订单按用量计费' },
  piece: { en: 'it is charged by the piece', 'zh-CN': '该订单按件计费' },
} as const satisfies Words<string>;

/** By the name of the fact that has the value. */
const words: Readonly<Record<string, Readonly<Record<string, Word>>>> = {
  status: { ...status, ...delivery },
  action,
  fulfilment,
  refundState,
  orderType,
  billType,
  chargeType,
  offered: chargeType,
  unit,
  serviceType,
  kind: ticketKindWords,
  misfit,
  untimed,
  cancelReason,
  orderFact,
};

/** Reasons that stand where a person's text may. */
const remarks: Words<'contract_ended'> = {
  contract_ended: { en: 'The contract has ended.', 'zh-CN': '合同已终止。' },
};

/** A person's text as it is, and the words for a reason of ours in its place. */
export const remarkOf = (text: string, locale: Locale): string =>
  Object.hasOwn(remarks, text) ? remarks[text as keyof typeof remarks][locale] : text;

/** Undefined where the fact is no enum, or the value is one of a newer service. */
export function wordOf(fact: string, value: string, locale: Locale): string | undefined {
  const values = Object.hasOwn(words, fact) ? words[fact]! : {};
  return Object.hasOwn(values, value) ? values[value]![locale] : undefined;
}
