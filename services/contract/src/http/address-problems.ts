import type { ProblemTexts } from '@accord/http';

/** Refusals about address books (CTR-11) and filings by a contract's own addresses (CTR-31). */
export const addressProblems = {
  'contract.icp_not_offered': {
    kind: 'invalid',
    en: { title: 'No check of ICP filings', detail: 'This provider has no rules for ICP filings.' },
    'zh-CN': { title: '不支持备案检查', detail: '该服务商没有 ICP 备案规则。' },
  },
  'contract.instance_not_found': {
    kind: 'not_found',
    en: { title: 'Not in the contract', detail: 'Contract {contractId} has no instances {instanceIds}.' },
    'zh-CN': { title: '实例不在合同中', detail: '合同 {contractId} 中没有实例 {instanceIds}。' },
  },
  'contract.place_unknown': {
    kind: 'conflict',
    en: {
      title: 'No address is known',
      detail:
        'Contract {contractId} states no address of its instances {instanceIds}. Await their report, or give ' +
        'the addresses: POST /v1/contracts/icp-check.',
    },
    'zh-CN': {
      title: '没有已知的 IP 地址',
      detail:
        '合同 {contractId} 未载明实例 {instanceIds} 的 IP 地址。请等待上报，或直接提供地址：' +
        'POST /v1/contracts/icp-check。',
    },
  },
  'address.not_found': {
    kind: 'not_found',
    en: { title: 'Address not found', detail: 'The address book has no entry {addressId}.' },
    'zh-CN': { title: '地址不存在', detail: '地址簿中没有 {addressId}。' },
  },
  'address.book_full': {
    kind: 'conflict',
    en: {
      title: 'The address book is full',
      detail: 'An address book has at most {most} entries. Remove one, or edit one.',
    },
    'zh-CN': { title: '地址簿已满', detail: '地址簿最多 {most} 条，请删除或修改已有地址。' },
  },
  'address.is_default': {
    kind: 'conflict',
    en: {
      title: 'The entry is the default',
      detail: 'Entry {addressId} is the default, and there are others. Make another one the default first.',
    },
    'zh-CN': {
      title: '该地址为默认地址',
      detail: '{addressId} 为默认地址，且地址簿中还有其他地址。请先将其他地址设为默认。',
    },
  },
  'address.unprintable': {
    kind: 'invalid',
    en: {
      title: 'Not all of it can be printed',
      detail: 'No document can show {characters} in {fields}. Write it without them.',
    },
    'zh-CN': { title: '含有无法打印的字符', detail: '{fields} 中的 {characters} 无法在文件中显示，请改写。' },
  },
} as const satisfies ProblemTexts;
