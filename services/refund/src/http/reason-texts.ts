import type { Locale } from '@accord/core';
import { sentenceOf } from '@accord/events/wording';
import type { RefusalReason, Remedy } from '../refund/eligibility.ts';
import type { PayoutFailure } from '../refund/refund.ts';

type Text = { readonly [L in Locale]: string };

const mends: { readonly [R in Remedy]: Text } = {
  none: { en: 'It cannot be refunded.', 'zh-CN': '不支持退款。' },
  release_in_console: { en: "Release it in the product's console.", 'zh-CN': '请前往产品控制台释放。' },
  ask_support: { en: 'Open a support ticket.', 'zh-CN': '请提交工单。' },
  finish_open_order: {
    en: 'Pay or cancel the open order, or wait until it is fulfilled.',
    'zh-CN': '请先支付或取消未完成的订单，或等待其完成。',
  },
  await_running_refund: {
    en: 'Wait until refund {refundId} has ended.',
    'zh-CN': '请等待退款 {refundId} 结束。',
  },
  lift_freeze: { en: 'Have the freeze lifted first.', 'zh-CN': '请先解除冻结。' },
  return_invoice: { en: 'Return the invoice first.', 'zh-CN': '请先退回发票。' },
  delete_contract: {
    en: 'Delete the draft contract, then ask again.',
    'zh-CN': '请先删除该合同草稿，再申请退订。',
  },
  void_contract: { en: 'Void the contract, then ask again.', 'zh-CN': '请先作废该合同，再申请退订。' },
  void_contract_by_ticket: {
    en: 'Ask for the contract to be voided by a ticket, then ask again.',
    'zh-CN': '请提交工单作废该合同，再申请退订。',
  },
  refund_whole_bundle: { en: 'Ask for a quote of the whole bundle.', 'zh-CN': '请对整个组合申请退订。' },
  await_periods: {
    en: 'Ask again once the provider has reported the periods of the instances, or open a support ticket.',
    'zh-CN': '请在服务商上报各资源的起止时间后重新申请，或提交工单。',
  },
  check_instance_id: { en: 'Check the instance id.', 'zh-CN': '请检查资源 ID。' },
  refund_the_instance: { en: 'Refund the whole instance instead.', 'zh-CN': '请退订整个资源。' },
  await_next_year: { en: 'Ask again next year.', 'zh-CN': '请于下一年度再申请。' },
  pay_or_cancel_order: { en: 'Cancel the order instead.', 'zh-CN': '请直接取消订单。' },
  accept_new_quote: {
    en: 'Look at the new quote {newQuoteId} and request again.',
    'zh-CN': '请查看新报价 {newQuoteId} 后重新申请。',
  },
};

/** Why not, and what would mend it, in the reader's language (RFD-1, API-16). */
export const textOf = ({ code, remedy, facts }: RefusalReason, locale: Locale): string =>
  [ended(sentenceOf(code, facts, locale), locale), mendOf({ remedy, facts }, locale)].join(
    locale === 'en' ? ' ' : '',
  );

const failures: { readonly [F in PayoutFailure]: Text } = {
  'refund.exceeds_paid': {
    en: 'An order would give back more than was paid for it. Our staff are looking into it.',
    'zh-CN': '退款将超过订单已付金额，工作人员正在核查。',
  },
  'refund.not_refundable': {
    en: 'Something stands against the refund by now. Our staff are looking into it.',
    'zh-CN': '现有情况不再允许该退款，工作人员正在核查。',
  },
};

/** Why a payout failed, in the reader's language. */
export const failureText = (failure: PayoutFailure, locale: Locale): string => failures[failure][locale];

/** A sentence whose facts are missing is a title, which has no full stop. */
const ended = (text: string, locale: Locale) =>
  /[.。]$/.test(text) ? text : text + (locale === 'en' ? '.' : '。');

const mendOf = ({ remedy, facts }: Pick<RefusalReason, 'remedy' | 'facts'>, locale: Locale) =>
  mends[remedy][locale].replace(/\{(\w+)\}/g, (_, name: string) => facts[name] ?? '');
