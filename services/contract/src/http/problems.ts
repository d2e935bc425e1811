import { ContractRefusalCode } from '@accord/events/contract';
import { problemTextsOf } from '@accord/events/wording';
import type { ProblemTexts } from '@accord/http';
import { kindsOf } from '../application-refusal.ts';
import { addressProblems } from './address-problems.ts';
import { offlineProblems } from './offline-problems.ts';
import { paperProblems } from './paper-problems.ts';
import { ticketProblems } from './ticket-problems.ts';

/** Their details name what only the reason itself knows: its contract and remedy, an address, another source. */
const naming = [
  'contract.order_in_contract',
  'contract.bill_in_contract',
  'contract.product_excluded',
  'order.cancelled',
  'order.voided',
  'order.held_by_refund',
  'order.instance_busy',
  'contract.orders_not_offered',
  'contract.ask_offline',
  'contract.marketplace_alone',
] as const;

type Texts<C extends string> = Readonly<Record<C, ProblemTexts[`a.b`]>>;

/** With the kind that each has at an application; a few are found in a contract that is there, too. */
const withKinds = <C extends ContractRefusalCode>(codes: readonly C[]) =>
  Object.fromEntries(
    Object.entries<object>(problemTextsOf(codes)).map(([code, words]) => [
      code,
      { ...words, kind: kindsOf(code) },
    ]),
  ) as Texts<C>;

/** `text` is that of the first of the refusal's reasons, in the reader's language. */
const saidOfTheFirst = <C extends string>(texts: Texts<C>) =>
  Object.fromEntries(
    Object.entries<ProblemTexts[`a.b`]>(texts).map(([code, { kind, en, 'zh-CN': zh }]) => [
      code,
      { kind, en: { ...en, detail: '{text}' }, 'zh-CN': { ...zh, detail: '{text}' } },
    ]),
  ) as Texts<C>;

/** This service's refusals and how to mend them, for people. */
export const problems = {
  ...withKinds(ContractRefusalCode.options),
  ...saidOfTheFirst(withKinds(naming)),
  ...addressProblems,
  ...paperProblems,
  'account.not_found': {
    kind: 'not_found',
    en: { title: 'Account not found', detail: 'There is no account {accountId}.' },
    'zh-CN': { title: '账户不存在', detail: '找不到账户 {accountId}。' },
  },
  'bill.entity_unknown': {
    kind: 'invalid',
    en: {
      title: 'Unknown invoicing entity',
      detail: 'The profile has no invoicing entity {invoicingEntity}.',
    },
    'zh-CN': { title: '未知的开票主体', detail: '配置中没有开票主体 {invoicingEntity}。' },
  },
  'bill.currency_mismatch': {
    kind: 'invalid',
    en: {
      title: 'The currency is another',
      detail: 'This invoicing entity bills in {currency}, not in {given}.',
    },
    'zh-CN': { title: '币种不符', detail: '该开票主体以 {currency} 计费，而非 {given}。' },
  },
  'bill.taken': {
    kind: 'conflict',
    en: { title: 'The id is taken', detail: 'Bill {billId} is the bill of another account.' },
    'zh-CN': { title: '账单号已被占用', detail: '账单 {billId} 属于其他账户。' },
  },
  'contract.not_found': {
    kind: 'not_found',
    en: { title: 'Contract not found', detail: 'There is no contract {contractId}.' },
    'zh-CN': { title: '合同不存在', detail: '找不到合同 {contractId}。' },
  },
  'contract.application_refused': {
    kind: ['conflict', 'invalid'],
    en: {
      title: 'The application was refused',
      detail: 'Several things are against it; `facts.refusals` lists each with what mends it.',
    },
    'zh-CN': {
      title: '合同申请被拒绝',
      detail: '存在多个问题，请查看 facts.refusals 中的每一项及其解决办法。',
    },
  },
  'contract.voided': {
    kind: 'conflict',
    en: {
      title: 'The contract is void',
      detail: 'Contract {contractId} has ended. Its orders or bills may be in a new application.',
    },
    'zh-CN': { title: '合同已作废', detail: '合同 {contractId} 已作废，其订单或账单可以重新申请合同。' },
  },
  'contract.no_document': {
    kind: 'conflict',
    en: {
      title: 'There is no document',
      detail: 'Contract {contractId} is {status}; a document exists from its draft on.',
    },
    'zh-CN': { title: '没有合同文件', detail: '合同 {contractId} 状态为 {status}，生成草稿后才有文件。' },
  },
  'contract.not_a_draft': {
    kind: 'conflict',
    en: {
      title: 'The contract is no draft',
      detail: 'Contract {contractId} is {status}; this is for drafts.',
    },
    'zh-CN': { title: '合同不是草稿', detail: '合同 {contractId} 状态为 {status}，该操作仅适用于草稿。' },
  },
  'contract.not_fulfilled': {
    kind: 'conflict',
    en: {
      title: 'Orders are not fulfilled yet',
      detail: 'The service periods of {orderIds} are not known yet. Try again once they are fulfilled.',
    },
    'zh-CN': { title: '订单尚未开通', detail: '订单 {orderIds} 的服务期尚未确定，请在开通后重试。' },
  },
  'contract.period_unknown': {
    kind: 'conflict',
    en: {
      title: 'Orders have no service period',
      detail:
        'Orders {orderIds} are fulfilled, but their service periods were never told, so there is nothing ' +
        'to wait for. Void this contract, apply without them, and ask support about them.',
    },
    'zh-CN': {
      title: '订单没有服务期',
      detail:
        '订单 {orderIds} 已开通，但没有服务期记录，继续等待也不会有。请作废该合同，去掉这些订单后再申请，并就这些订单联系客服。',
    },
  },
  'contract.party_changed': {
    kind: 'conflict',
    en: {
      title: 'Party A has another name now',
      detail:
        'The contract was drafted for {partyA}, and the account is certified as {certifiedName} now. Void the ' +
        'draft and apply again.',
    },
    'zh-CN': {
      title: '甲方名称已变更',
      detail: '该合同草稿的甲方为 {partyA}，账户现在的认证名称为 {certifiedName}。请作废草稿后重新申请。',
    },
  },
  'contract.order_paid': {
    kind: 'conflict',
    en: {
      title: 'An order was paid meanwhile',
      detail:
        'A payment request over the paid orders {orderIds} is no longer needed. Void it and apply for an ' +
        'order contract.',
    },
    'zh-CN': { title: '订单已支付', detail: '订单 {orderIds} 已支付。请作废该请款合同，再申请订单合同。' },
  },
  'contract.bill_changed': {
    kind: 'conflict',
    en: {
      title: 'A bill is of another entity now',
      detail:
        'The bills {billIds} were told for another invoicing entity or currency since, so this contract cannot ' +
        'state them. Void it and apply again.',
    },
    'zh-CN': {
      title: '账单的开票主体已变更',
      detail: '账单 {billIds} 的开票主体或币种已变更，本合同无法载明。请作废后重新申请。',
    },
  },
  'contract.sealing': {
    kind: 'conflict',
    en: { title: 'The contract is being sealed', detail: 'Try again in a moment.' },
    'zh-CN': { title: '合同正在签章', detail: '请稍后重试。' },
  },
  'contract.needs_ticket': {
    kind: 'conflict',
    en: {
      title: 'Voiding needs a ticket',
      detail: 'An official contract is voided by the provider: submit a ticket that asks for it.',
    },
    'zh-CN': {
      title: '作废需要提交工单',
      detail: '正式合同须由服务商作废，请提交作废工单。',
    },
  },
  'contract.void_instead': {
    kind: 'conflict',
    en: {
      title: 'Drafts are voided here',
      detail: 'This provider deletes no drafts. Void the contract instead.',
    },
    'zh-CN': {
      title: '请改为作废',
      detail: '该服务商不删除草稿，请改为作废合同。',
    },
  },
  'contract.transition_refused': {
    kind: 'conflict',
    en: { title: 'Not in this state', detail: 'The contract is {status}.' },
    'zh-CN': { title: '当前状态不允许', detail: '合同状态为 {status}。' },
  },
  ...offlineProblems,
  ...ticketProblems,
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}
