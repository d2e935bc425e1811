import type { ProblemTexts } from '@accord/http';

/** Refusals about transfers (ORD-21), in both languages (API-16). */
export const remittanceProblems = {
  'remittance.not_found': {
    kind: 'not_found',
    en: { title: 'No such transfer', detail: 'There is no transfer {remittanceId}.' },
    'zh-CN': { title: '汇款不存在', detail: '汇款 {remittanceId} 不存在。' },
  },
  'remittance.claim_not_found': {
    kind: 'not_found',
    en: { title: 'No such claim', detail: 'There is no claim {claimId}.' },
    'zh-CN': { title: '认领记录不存在', detail: '认领记录 {claimId} 不存在。' },
  },
  'remittance.reference_used': {
    kind: 'conflict',
    en: {
      title: 'The bank reference was used',
      detail: '{bankReference} was reported before, with another amount, payer or time.',
    },
    'zh-CN': {
      title: '银行流水号已被使用',
      detail: '银行流水号 {bankReference} 此前已上报，其金额、付款人或时间不同。',
    },
  },
  'remittance.name_not_certified': {
    kind: 'conflict',
    en: {
      title: 'The account has no certified name',
      detail:
        'A transfer is claimed by the account whose certified name paid it. Have the name certified first.',
    },
    'zh-CN': {
      title: '账户尚未实名认证',
      detail: '汇款须由与付款人名称一致的实名认证账户认领，请先完成实名认证。',
    },
  },
  'remittance.contract_not_held': {
    kind: 'not_found',
    en: {
      title: 'The contract has no unpaid orders',
      detail: 'No unpaid order is in a contract {contractId}.',
    },
    'zh-CN': { title: '合同内没有未支付订单', detail: '合同 {contractId} 内没有未支付的订单。' },
  },
  'remittance.claimed_before': {
    kind: 'conflict',
    en: {
      title: 'You claimed this transfer before',
      detail: 'Your claim of {bankReference} has paid other orders, or these with another amount.',
    },
    'zh-CN': {
      title: '该汇款此前已由您认领',
      detail: '您此前对 {bankReference} 的认领已支付了其他订单，或金额不同。',
    },
  },
  'remittance.too_many_attempts': {
    kind: 'conflict',
    en: {
      title: 'Too many claims without a payment',
      detail: 'At most {most} claims within {hours} hours may be without a payment. Try again later.',
    },
    'zh-CN': {
      title: '认领次数过多',
      detail: '{hours} 小时内最多可有 {most} 次未成功的认领，请稍后再试。',
    },
  },
} as const satisfies ProblemTexts;
