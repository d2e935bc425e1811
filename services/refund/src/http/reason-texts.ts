import type { Locale } from '@accord/core';
import type { Reason, ReasonCode, Remedy } from '../refund/eligibility.ts';

type Text = { readonly [L in Locale]: string };

const why: { readonly [C in ReasonCode | 'QUOTE_STALE']: Text } = {
  POSTPAID: { en: 'The instance is pay-as-you-go.', 'zh-CN': '后付费资源不支持退订。' },
  EXPIRED: { en: 'The instance has expired.', 'zh-CN': '资源已到期。' },
  PACKAGE_WINDOW_PASSED: { en: 'The package was bought too long ago.', 'zh-CN': '资源包已超过可退订期限。' },
  PACKAGE_USED: { en: 'The package has been used.', 'zh-CN': '量包已使用。' },
  PACKAGE_IN_EFFECT: { en: 'The package is in effect.', 'zh-CN': '资源包已生效。' },
  ZERO_AMOUNT: { en: 'Nothing would be paid back.', 'zh-CN': '退款金额为 0。' },
  PRODUCT_NOT_SUPPORTED: {
    en: 'The product has no self-service refunds.',
    'zh-CN': '该产品不支持自助退订。',
  },
  TRADE_IN_PROGRESS: {
    en: 'Another transaction is open on the instance.',
    'zh-CN': '资源有正在进行的交易。',
  },
  PROMOTION_EXCLUDED: {
    en: 'Order {orderId} was bought in a promotion without refunds.',
    'zh-CN': '订单 {orderId} 参加了不支持退款的促销活动。',
  },
  TRIAL: { en: 'The instance is a trial.', 'zh-CN': '试用的产品不支持退款。' },
  ONE_TIME: { en: 'The service is charged once.', 'zh-CN': '一次性收费云服务不支持退款。' },
  FREE: { en: 'The instance is free.', 'zh-CN': '免费的产品不支持退款。' },
  FROZEN: { en: 'The instance is frozen ({frozenBy}).', 'zh-CN': '资源已被冻结（{frozenBy}）。' },
  INVOICED_MARKETPLACE: {
    en: 'Marketplace order {orderId} is invoiced.',
    'zh-CN': '云市场订单 {orderId} 已开发票。',
  },
  GIFT_CAMPAIGN: {
    en: 'Order {orderId} took part in a gift campaign.',
    'zh-CN': '订单 {orderId} 参加了特殊赠送活动。',
  },
  CONTRACT_LINKED: { en: 'Contract {number} holds the order.', 'zh-CN': '订单关联了合同 {number}。' },
  SUPPORT_RIGHTS_USED: {
    en: 'Benefits of the support plan of order {orderId} were used.',
    'zh-CN': '订单 {orderId} 的支持服务增值权益已使用。',
  },
  BUNDLE_MEMBER: {
    en: 'The instance belongs to bundle {bundleId}.',
    'zh-CN': '资源属于组合订购 {bundleId}。',
  },
  INSTANCE_NOT_FOUND: { en: 'There is no such instance.', 'zh-CN': '资源不存在。' },
  ARCHIVED: { en: 'The subscription is archived.', 'zh-CN': '订购关系已经归档转储。' },
  SCALED_AFTER_RENEWAL: {
    en: 'The instance was scaled after its renewal.',
    'zh-CN': '续费后资源已变更配置。',
  },
  QUOTA_EXHAUSTED: { en: "This year's refunds are used up.", 'zh-CN': '本年度退订次数已用完。' },
  UNPAID: { en: 'The order is not paid.', 'zh-CN': '订单未支付。' },
  QUOTE_STALE: { en: 'The facts changed after the quote.', 'zh-CN': '报价后情况已发生变化。' },
};

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
    en: 'Ask for the contract to be voided by a void_official ticket, then ask again.',
    'zh-CN': '请提交工单作废该合同，再申请退订。',
  },
  refund_whole_bundle: { en: 'Ask for a quote of the whole bundle.', 'zh-CN': '请对整个组合申请退订。' },
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
export const textOf = ({ code, remedy, facts }: Reason, locale: Locale): string =>
  `${why[code][locale]} ${mends[remedy][locale]}`.replace(
    /\{(\w+)\}/g,
    (_, name: string) => facts[name] ?? '',
  );
