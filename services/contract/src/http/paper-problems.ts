import type { ProblemTexts } from '@accord/http';

/** Of paper copies (CTR-30). */
export const paperProblems = {
  'contract.not_official': {
    kind: 'conflict',
    en: {
      title: 'The contract is not official',
      detail: 'Contract {contractId} is {status}; paper copies are made of official contracts.',
    },
    'zh-CN': {
      title: '合同不是正式合同',
      detail: '合同 {contractId} 状态为 {status}，仅正式合同可以申请纸质版。',
    },
  },
  'paper.not_found': {
    kind: 'not_found',
    en: { title: 'No paper copies', detail: 'No paper copies of contract {contractId} were asked for.' },
    'zh-CN': { title: '没有纸质版', detail: '合同 {contractId} 没有申请过纸质版。' },
  },
  'paper.by_ticket': {
    kind: 'conflict',
    en: {
      title: 'By ticket',
      detail: 'This provider makes paper contracts by ticket ({ticketKind}): POST /v1/tickets.',
    },
    'zh-CN': {
      title: '请提交工单',
      detail: '该服务商的纸质合同需通过工单（{ticketKind}）办理：POST /v1/tickets。',
    },
  },
  'paper.copies_out_of_bounds': {
    kind: 'invalid',
    en: {
      title: 'Too few or too many copies',
      detail: 'There are {minCopies} to {maxCopies} copies of a contract, not {copies}.',
    },
    'zh-CN': {
      title: '份数不符',
      detail: '每份合同可申请 {minCopies} 至 {maxCopies} 份纸质版，而非 {copies} 份。',
    },
  },
  'paper.already_requested': {
    kind: 'conflict',
    en: {
      title: 'Asked for already',
      detail: 'Paper copies of contract {contractId} were asked for already; they are made once.',
    },
    'zh-CN': { title: '已申请过纸质版', detail: '合同 {contractId} 已申请过纸质版，每份合同仅可申请一次。' },
  },
  'paper.wrong_status': {
    kind: 'conflict',
    en: {
      title: 'Not at this point',
      detail: 'The paper copies of contract {contractId} are {status}; `{action}` does not follow on that.',
    },
    'zh-CN': {
      title: '当前状态不允许该操作',
      detail: '合同 {contractId} 的纸质版状态为 {status}，不能执行 {action}。',
    },
  },
} as const satisfies ProblemTexts;
