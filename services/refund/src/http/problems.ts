import type { ProblemTexts } from '@accord/http';

export const problems = {
  'refund.quote_not_found': {
    kind: 'not_found',
    en: { title: 'Quote not found', detail: 'There is no quote {quoteId}.' },
    'zh-CN': { title: '报价不存在', detail: '没有报价 {quoteId}。' },
  },
  'refund.quote_expired': {
    kind: 'conflict',
    en: { title: 'Quote expired', detail: 'The quote expired at {expiresAt}. Ask for a new one.' },
    'zh-CN': { title: '报价已过期', detail: '报价已于 {expiresAt} 过期，请重新询价。' },
  },
  'refund.too_large': {
    kind: 'invalid',
    en: {
      title: 'Too much for one refund',
      detail:
        'The instances of quote {quoteId} have too many orders for one refund; ask for fewer, ' +
        'or ask support where a bundle must stay whole.',
    },
    'zh-CN': {
      title: '退订内容过多',
      detail: '报价 {quoteId} 的实例涉及的订单过多，无法一次退订；请减少实例，若为整体套餐请联系客服。',
    },
  },
  'refund.quote_used': {
    kind: 'conflict',
    en: { title: 'Quote used', detail: 'Refund {refundId} was requested with this quote.' },
    'zh-CN': { title: '报价已使用', detail: '该报价已用于退款 {refundId}。' },
  },
  'refund.not_refundable': {
    kind: 'conflict',
    en: {
      title: 'Not refundable',
      detail: 'Against the refund stands: {codes}. The quote says what would mend it.',
    },
    'zh-CN': { title: '不可退订', detail: '不可退订的原因：{codes}。处理方法见报价。' },
  },
  'refund.mixed_currencies': {
    kind: 'invalid',
    en: {
      title: 'Several currencies',
      detail: 'The instances were paid in {currencies}. Ask for one quote per currency.',
    },
    'zh-CN': { title: '币种不同', detail: '这些资源以 {currencies} 支付，请按币种分别询价。' },
  },
  'refund.bundle_not_found': {
    kind: 'not_found',
    en: { title: 'Bundle not found', detail: 'There is no bundle {bundleId} with instances.' },
    'zh-CN': { title: '组合不存在', detail: '没有组合 {bundleId} 或其下没有资源。' },
  },
  'refund.text_required': {
    kind: 'invalid',
    en: { title: 'Text required', detail: 'The reason {reason} needs a text.' },
    'zh-CN': { title: '请填写说明', detail: '原因 {reason} 需要填写说明。' },
  },
  'refund.trade_in_progress': {
    kind: 'conflict',
    en: {
      title: 'Another refund is running',
      detail: 'Another refund has one of these instances: {instanceIds}.',
    },
    'zh-CN': { title: '已有退款', detail: '其中的资源已有退款：{instanceIds}。' },
  },
  'refund.not_found': {
    kind: 'not_found',
    en: { title: 'Refund not found', detail: 'There is no refund {refundId}.' },
    'zh-CN': { title: '退款不存在', detail: '没有退款 {refundId}。' },
  },
  'refund.transition_refused': {
    kind: 'conflict',
    en: { title: 'Not possible now', detail: 'The refund is {status}; one cannot {action} now.' },
    'zh-CN': { title: '当前状态不允许', detail: '退款状态为{status}，不能{action}。' },
  },
  'refund.approver_is_applicant': {
    kind: 'forbidden',
    en: {
      title: 'Not your own request',
      detail: 'Who asked for refund {refundId} does not decide about it.',
    },
    'zh-CN': { title: '不能审批自己的申请', detail: '退款 {refundId} 的申请人不能审批。' },
  },
  'refund.only_operator_withdraws': {
    kind: 'forbidden',
    en: {
      title: 'Only an operator',
      detail:
        'Refund {refundId} is being checked, or its payout failed; only an operator may withdraw it now.',
    },
    'zh-CN': { title: '仅限运营人员', detail: '退款 {refundId} 正在核对或打款失败，仅运营人员可以撤回。' },
  },
  'balance.not_found': {
    kind: 'not_found',
    en: { title: 'Balance not found', detail: 'There is no balance of account {accountId}.' },
    'zh-CN': { title: '余额不存在', detail: '没有账户 {accountId} 的余额。' },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}
