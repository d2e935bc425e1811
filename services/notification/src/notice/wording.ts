import type { z } from 'zod';
import type { Locale } from '@accord/core';
import type { ContractKind, ContractVoidReason, TicketKind } from '@accord/events';

type Word = { readonly [L in Locale]: string };
type Named = z.infer<typeof ContractKind> | z.infer<typeof ContractVoidReason> | z.infer<typeof TicketKind>;

/** Values of the events that stand in a sentence. */
export const words: { readonly [name in Named]: Word } = {
  order: { 'zh-CN': '订单合同', en: 'order contract' },
  payment_request: { 'zh-CN': '付款申请合同', en: 'payment request' },
  bill: { 'zh-CN': '账单合同', en: 'bill contract' },
  offline: { 'zh-CN': '线下合同', en: 'offline contract' },
  wrong_party_name: { 'zh-CN': '签约主体名称有误', en: 'the name of a party was wrong' },
  incorrect_terms: { 'zh-CN': '合同条款有误', en: 'the terms were not right' },
  order_changed: { 'zh-CN': '订单已变更', en: 'an order changed' },
  replacing: { 'zh-CN': '更换合同', en: 'it is replaced by another contract' },
  test: { 'zh-CN': '测试合同', en: 'it was a test' },
  unintended: { 'zh-CN': '误操作', en: 'it was made by mistake' },
  other: { 'zh-CN': '其他原因', en: 'another reason' },
  order_cancelled: { 'zh-CN': '合同内的订单已取消', en: 'one of its orders was cancelled' },
  order_voided: { 'zh-CN': '合同内的订单已作废', en: 'one of its orders has ended' },
  void_official: { 'zh-CN': '正式合同作废', en: 'void an official contract' },
  extra_terms: { 'zh-CN': '补充条款', en: 'extra terms' },
  physical_seal: { 'zh-CN': '加盖实体章', en: 'physical seal' },
  offline_contract: { 'zh-CN': '线下合同', en: 'offline contract' },
  marketplace: { 'zh-CN': '云市场合同', en: 'marketplace contract' },
};

/** Why contracts and refunds are refused, by code (CTR-3, ORD-12, RFD-3, RFD-12). */
export const refusalWords: { readonly [code: string]: Word } = {
  'order.held_by_contract': { 'zh-CN': '已在另一份合同中', en: 'it is in another contract' },
  'order.held_by_refund': { 'zh-CN': '正在退款', en: 'it is being refunded' },
  'order.cancelled': { 'zh-CN': '订单已取消', en: 'it was cancelled' },
  'order.voided': { 'zh-CN': '订单已作废', en: 'it has ended' },
  'order.instance_busy': { 'zh-CN': '实例上有进行中的交易', en: 'its instance has a trade in progress' },
  'order.not_found': { 'zh-CN': '订单不存在', en: 'it was not found' },
  'holder.too_large': {
    'zh-CN': '涉及的订单过多，请联系客服',
    en: 'its orders are too many together; please ask the support',
  },
  'holder.ended': { 'zh-CN': '申请已经结束', en: 'the application had already ended' },
  'contract.order_in_contract': { 'zh-CN': '已在另一份合同中', en: 'it is in another contract' },
  'contract.order_changed': {
    'zh-CN': '订单在申请期间发生了变更，请重新申请',
    en: 'it changed during the application; please apply again',
  },
  'contract.unprintable': {
    'zh-CN': '含有合同无法显示的字符',
    en: 'it has characters that no document can show',
  },
  'contract.product_excluded': {
    'zh-CN': '该产品不支持自助合同',
    en: 'its product has no self-service contracts',
  },
  POSTPAID: {
    'zh-CN': '后付费实例请在产品控制台释放',
    en: 'a postpaid instance is released in the product console',
  },
  EXPIRED: { 'zh-CN': '服务已到期', en: 'the service has expired' },
  PACKAGE_WINDOW_PASSED: { 'zh-CN': '已超过可退订期限', en: 'the time to give it back has passed' },
  PACKAGE_USED: { 'zh-CN': '资源包已使用', en: 'the package was used' },
  PACKAGE_IN_EFFECT: { 'zh-CN': '资源包已生效', en: 'the package is in effect' },
  ZERO_AMOUNT: { 'zh-CN': '没有可退金额', en: 'nothing is left to give back' },
  PRODUCT_NOT_SUPPORTED: { 'zh-CN': '该产品不支持自助退款', en: 'the product has no self-service refunds' },
  TRADE_IN_PROGRESS: { 'zh-CN': '实例上有进行中的交易', en: 'a trade is in progress on the instance' },
  PROMOTION_EXCLUDED: { 'zh-CN': '活动订单不支持退款', en: 'the promotion excludes refunds' },
  TRIAL: { 'zh-CN': '试用订单不支持退款', en: 'it is a trial' },
  ONE_TIME: { 'zh-CN': '一次性服务不支持退款', en: 'it is a one-time service' },
  FREE: { 'zh-CN': '免费订单没有可退金额', en: 'it was free' },
  FROZEN: { 'zh-CN': '实例已被冻结', en: 'the instance is frozen' },
  INVOICED_MARKETPLACE: { 'zh-CN': '云市场订单已开具发票', en: 'the marketplace order was invoiced' },
  GIFT_CAMPAIGN: { 'zh-CN': '赠送活动订单不支持退款', en: 'it came with a gift campaign' },
  CONTRACT_LINKED: {
    'zh-CN': '订单在有效合同中，请先作废合同',
    en: 'it is in a contract, which has to be voided first',
  },
  SUPPORT_RIGHTS_USED: { 'zh-CN': '服务权益已使用', en: 'its support rights were used' },
  BUNDLE_MEMBER: { 'zh-CN': '套餐须整体退订', en: 'a bundle is given back as a whole' },
  INSTANCE_NOT_FOUND: { 'zh-CN': '实例不存在', en: 'the instance was not found' },
  ARCHIVED: { 'zh-CN': '实例已归档', en: 'the instance is archived' },
  SCALED_AFTER_RENEWAL: { 'zh-CN': '续费后变更过配置', en: 'it was scaled after the renewal' },
  QUOTA_EXHAUSTED: { 'zh-CN': '本年度退款次数已用完', en: "this year's refunds are used up" },
  UNPAID: { 'zh-CN': '订单未付款', en: 'it is not paid' },
  QUOTE_STALE: {
    'zh-CN': '订单情况已变化，请重新询价',
    en: 'the facts changed since the quote; please ask for a new one',
  },
};
