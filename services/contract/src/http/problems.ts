import { ContractRefusalCode } from '@accord/events/contract';
import { problemTextsOf } from '@accord/events/wording';
import type { ProblemTexts } from '@accord/http';
import { kindsOf } from '../objections.ts';

/** Their details name what only the reason itself knows: its contract and remedy, an address. */
const naming = [
  'contract.order_in_contract',
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
  'account.not_found': {
    kind: 'not_found',
    en: { title: 'Account not found', detail: 'There is no account {accountId}.' },
    'zh-CN': { title: '账户不存在', detail: '找不到账户 {accountId}。' },
  },
  'bill.not_found': {
    kind: 'not_found',
    en: { title: 'Bill not found', detail: 'There is no bill {billId}.' },
    'zh-CN': { title: '账单不存在', detail: '找不到账单 {billId}。' },
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
  'contract.bills_not_offered': {
    kind: 'invalid',
    en: {
      title: 'No contracts over bills',
      detail: 'This provider makes contracts over orders; see GET /v1/contracts/eligible-orders.',
    },
    'zh-CN': {
      title: '不支持按账单申请合同',
      detail: '该服务商仅支持按订单申请合同，请查看 GET /v1/contracts/eligible-orders。',
    },
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
      detail: 'Contract {contractId} has ended. Its orders may be in a new application.',
    },
    'zh-CN': { title: '合同已作废', detail: '合同 {contractId} 已作废，其订单可以重新申请合同。' },
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
  'contract.recording_basis': {
    kind: 'invalid',
    en: {
      title: 'A ticket, or account, orders and reason',
      detail:
        'Name an approved ticket in `ticketId` alone, or without one `accountId`, `orderIds` and `reason`.',
    },
    'zh-CN': {
      title: '请提供工单，或账户、订单和原因',
      detail: '请只填写已通过工单的 ticketId；没有工单时，请填写 accountId、orderIds 和 reason。',
    },
  },
  'contract.number_reserved': {
    kind: 'invalid',
    en: {
      title: 'The number has the form of ours',
      detail: 'Contracts made here may get {number}. Give another one.',
    },
    'zh-CN': {
      title: '合同编号与系统编号格式相同',
      detail: '系统生成的合同可能使用编号 {number}，请使用其他编号。',
    },
  },
  'contract.number_taken': {
    kind: 'conflict',
    en: { title: 'The number is taken', detail: 'Another contract has or had the number {number}.' },
    'zh-CN': { title: '合同编号已被使用', detail: '编号 {number} 已用于其他合同。' },
  },
  'contract.signed_in_future': {
    kind: 'invalid',
    en: { title: 'Not signed yet', detail: 'The contract cannot be signed on {signedOn}: today is {today}.' },
    'zh-CN': { title: '签署日期在将来', detail: '签署日期 {signedOn} 晚于今天（{today}）。' },
  },
  'contract.file_not_found': {
    kind: 'not_found',
    en: {
      title: 'File not found',
      detail:
        'Account {accountId} has no file {sha256}; one that is not used is kept for 7 days. Send it again.',
    },
    'zh-CN': {
      title: '文件不存在',
      detail: '账户 {accountId} 没有文件 {sha256}；未使用的文件只保留 7 天。请重新上传。',
    },
  },
  'contract.file_not_pdf': {
    kind: 'invalid',
    en: {
      title: 'The file is no PDF',
      detail: 'The file begins like a PDF, but is damaged or something else.',
    },
    'zh-CN': { title: '文件不是 PDF', detail: '文件开头与 PDF 相同，但文件已损坏或不是 PDF。' },
  },
  'contract.file_encrypted': {
    kind: 'invalid',
    en: {
      title: 'The file is encrypted',
      detail: 'Send the PDF without a password and without restrictions.',
    },
    'zh-CN': { title: '文件已加密', detail: '请上传没有密码和权限限制的 PDF。' },
  },
  'ticket.not_found': {
    kind: 'not_found',
    en: { title: 'Ticket not found', detail: 'There is no ticket {ticketId}.' },
    'zh-CN': { title: '工单不存在', detail: '找不到工单 {ticketId}。' },
  },
  'ticket.contract_not_official': {
    kind: 'conflict',
    en: {
      title: 'The contract is not official',
      detail: 'Contract {contractId} is {status}; tickets are for official contracts.',
    },
    'zh-CN': {
      title: '合同不是正式合同',
      detail: '合同 {contractId} 状态为 {status}，工单仅适用于正式合同。',
    },
  },
  'ticket.contract_ended': {
    kind: 'conflict',
    en: {
      title: 'The contract has ended',
      detail: 'Contract {contractId} is {status}; tickets are about living ones.',
    },
    'zh-CN': { title: '合同已终止', detail: '合同 {contractId} 状态为 {status}，工单仅适用于未终止的合同。' },
  },
  'ticket.contract_needed': {
    kind: 'invalid',
    en: {
      title: 'The ticket is about a contract',
      detail: 'Name it in `contractId`, and no orders ({kind}).',
    },
    'zh-CN': { title: '该工单针对合同', detail: '请填写 contractId，不要填写订单（{kind}）。' },
  },
  'ticket.orders_needed': {
    kind: 'invalid',
    en: { title: 'The ticket is about orders', detail: 'Name them in `orderIds`, and no contract ({kind}).' },
    'zh-CN': { title: '该工单针对订单', detail: '请填写 orderIds，不要填写合同（{kind}）。' },
  },
  'ticket.one_subject_needed': {
    kind: 'invalid',
    en: {
      title: 'The ticket is about a contract or about orders',
      detail: 'Name either `contractId` or `orderIds` ({kind}).',
    },
    'zh-CN': { title: '该工单针对合同或订单', detail: '请填写 contractId 和 orderIds 中的一项（{kind}）。' },
  },
  'ticket.kind_not_offered': {
    kind: 'invalid',
    en: {
      title: 'There are no such tickets here',
      detail: 'This provider makes no contracts over marketplace orders ({kind}).',
    },
    'zh-CN': { title: '不支持该类工单', detail: '该服务商不为云市场订单签订合同（{kind}）。' },
  },
  'ticket.already_open': {
    kind: 'conflict',
    en: {
      title: 'Such a ticket is open',
      detail:
        'A ticket of this kind ({kind}) about the same contract or orders is open. Await its decision, or withdraw it.',
    },
    'zh-CN': {
      title: '已有未处理的工单',
      detail: '针对同一合同或订单已有未处理的 {kind} 工单，请等待处理或撤回。',
    },
  },
  'ticket.not_approved': {
    kind: 'conflict',
    en: {
      title: 'The ticket is not approved',
      detail: 'Ticket {ticketId} is {status}; a contract is recorded for an approved one.',
    },
    'zh-CN': { title: '工单未通过', detail: '工单 {ticketId} 状态为 {status}，仅已通过的工单可以登记合同。' },
  },
  'ticket.no_papers': {
    kind: 'conflict',
    en: {
      title: 'The ticket asks for no contract',
      detail: 'By a ticket of this kind ({kind}) no contract is recorded.',
    },
    'zh-CN': { title: '该工单不涉及合同登记', detail: '该类工单（{kind}）不能登记合同。' },
  },
  'ticket.already_recorded': {
    kind: 'conflict',
    en: {
      title: 'The ticket has its contract',
      detail:
        'A contract was recorded for ticket {ticketId}. For another one submit another ticket, or give a reason.',
    },
    'zh-CN': {
      title: '该工单已登记合同',
      detail: '工单 {ticketId} 已登记合同。如需登记其他合同，请另提工单或填写原因。',
    },
  },
  'ticket.not_open': {
    kind: 'conflict',
    en: { title: 'The ticket is closed', detail: 'Ticket {ticketId} is {status}.' },
    'zh-CN': { title: '工单已关闭', detail: '工单 {ticketId} 状态为 {status}。' },
  },
  'ticket.own_approval': {
    kind: 'forbidden',
    en: {
      title: 'Not by the applicant',
      detail: 'A ticket is approved by another operator than the one who submitted it.',
    },
    'zh-CN': { title: '申请人不能审批', detail: '工单须由提交人以外的运营人员审批。' },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}
