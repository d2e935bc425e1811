import type { ProblemTexts } from '@accord/http';

/** Refusals of tickets, and how to mend them, for people. */
export const ticketProblems = {
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
