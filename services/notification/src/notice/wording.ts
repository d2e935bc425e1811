import type { z } from 'zod';
import type { Locale } from '@accord/core';
import type { ContractKind, ContractVoidReason } from '@accord/events/contract';
import type { TicketKind } from '@accord/events/ticket';
import { ticketKindWords } from '@accord/events/wording';
import type { DisabledReason } from '../webhook/endpoint.ts';
import type { MessageClass } from './notice.ts';

type Word = { readonly [L in Locale]: string };
type Named =
  | z.infer<typeof ContractKind>
  | z.infer<typeof ContractVoidReason>
  | z.infer<typeof TicketKind>
  | Exclude<DisabledReason, 'by_owner'>
  | MessageClass;

/** The link to a page of the console (NTF-16). */
export const pageWords = {
  order: { 'zh-CN': '查看订单', en: 'Open the order' },
  contract: { 'zh-CN': '查看合同', en: 'Open the contract' },
  refund: { 'zh-CN': '查看退款', en: 'Open the refund' },
  ticket: { 'zh-CN': '查看工单', en: 'Open the ticket' },
  console: { 'zh-CN': '前往控制台', en: 'Open the console' },
} as const satisfies { readonly [page: string]: Word };

/** Values of the events that stand in a sentence. */
export const words: { readonly [name in Named]: Word } = {
  order: { 'zh-CN': '订单合同', en: 'order contract' },
  payment_request: { 'zh-CN': '请款合同', en: 'payment request' },
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
  draft_expired: { 'zh-CN': '草稿逾期未申请正式合同', en: 'it was not finalized in time' },
  order_voided: { 'zh-CN': '合同内的订单已作废', en: 'one of its orders has ended' },
  bill_withdrawn: { 'zh-CN': '合同内的账单已撤回', en: 'one of its bills was withdrawn' },
  ...ticketKindWords,
  failing: { 'zh-CN': '长时间无法送达', en: 'nothing could be delivered to it for a long time' },
  gone: { 'zh-CN': '端点返回 410，表示已不存在', en: 'it answered that it is gone (410)' },
  by_operator: { 'zh-CN': '由服务方停用', en: 'we switched it off' },
  orders: { 'zh-CN': '订单', en: 'orders' },
  contracts: { 'zh-CN': '合同', en: 'contracts' },
  refunds: { 'zh-CN': '退款', en: 'refunds' },
  security: { 'zh-CN': '安全', en: 'security' },
};
