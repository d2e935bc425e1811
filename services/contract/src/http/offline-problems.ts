import type { ProblemTexts } from '@accord/http';

/** Refusals of contracts signed outside, and how to mend them, for people. */
export const offlineProblems = {
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
} as const satisfies ProblemTexts;
