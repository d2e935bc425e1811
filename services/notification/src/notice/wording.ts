import type { z } from 'zod';
import type { Locale } from '@accord/core';
import type { ContractKind, ContractVoidReason } from '@accord/events/contract';
import type { TicketKind } from '@accord/events/ticket';

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
