import { z } from 'zod';
import type { Locale } from '@accord/core';
import type { Bill } from '../bill/bill.ts';
import { changedBills } from '../bill/contract-bills.ts';
import { endingOf, type VoidRules } from '../contract/contract-end.ts';
import { paidMeanwhile, returnedSince, unpaidDomains } from '../contract/contract-orders.ts';
import { isLive, type Contract } from '../contract/contract.ts';
import type { Order } from '../order-view.ts';

// A warning is allowed and yet to be known: answers carry it with its remedy.

export const Warning = z
  .object({
    code: z.enum([
      'contract.order_paid',
      'contract.cash_returned',
      'contract.bill_changed',
      'contract.party_name_changed',
      'contract.unpaid_domain_not_reserved',
      'account.certified_name_changed',
    ]),
    orderIds: z.array(z.string()),
    billIds: z.array(z.string()),
    remedy: z.enum([
      'pay_soon',
      'void_contracts_and_apply_again',
      'void_and_apply_again',
      'delete_and_apply_again',
      'submit_void_ticket_and_apply_again',
      'try_again_when_sealed',
    ]),
    text: z.string(),
  })
  .meta({ id: 'Warning' });
type Warning = z.input<typeof Warning>;

const isEnglish = (locale: Locale) => locale === 'en';

/** CTR-7, ORD-20: of each unpaid domain order, that its name is not reserved. */
export function domainWarnings(orders: readonly Order[], locale: Locale): Warning[] {
  const orderIds = unpaidDomains(orders);
  if (orderIds.length === 0) return [];
  const text = isEnglish(locale)
    ? 'Unpaid domain names are not reserved: until it is paid, somebody else may register the domain name of ' +
      `${orderIds.join(', ')}, and the contract ends with its order. Pay soon.`
    : `订单 ${orderIds.join('、')} 付款之前，域名不会保留，可能被他人注册，届时合同随订单作废。请尽快付款。`;
  return [{ code: 'contract.unpaid_domain_not_reserved', orderIds, billIds: [], remedy: 'pay_soon', text }];
}

/** CTR-10: told with the change itself. */
export function renamingWarnings(
  { formerName, name }: { readonly formerName: string | null; readonly name: string | null },
  locale: Locale,
): Warning[] {
  if (formerName === null || name === null || formerName === name) return [];
  const text = isEnglish(locale)
    ? `The certified name was ${formerName} and is ${name} now. The ownership of all resources of the account ` +
      'and its invoicing title move with it. Contracts made before keep the former name: to change one, ' +
      'void it and apply again.'
    : `认证名称由 ${formerName} 变更为 ${name}。账户下全部资源的归属及发票抬头随之变更。` +
      '此前的合同仍为原名称，如需变更，请作废后重新申请。';
  const remedy = 'void_contracts_and_apply_again';
  return [{ code: 'account.certified_name_changed', orderIds: [], billIds: [], remedy, text }];
}

/** The remedies of a contract that shall be replaced, by how it ends (CTR-25, CTR-26). */
const replacing = {
  void: {
    remedy: 'void_and_apply_again',
    en: 'Void this contract and apply again.',
    'zh-CN': '请作废本合同后重新申请。',
  },
  delete: {
    remedy: 'delete_and_apply_again',
    en: 'Delete this draft and apply again.',
    'zh-CN': '请删除本合同草稿后重新申请。',
  },
  ticket: {
    remedy: 'submit_void_ticket_and_apply_again',
    en: 'Submit a ticket to have this contract voided, then apply again.',
    'zh-CN': '请提交工单作废本合同后重新申请。',
  },
  wait: {
    remedy: 'try_again_when_sealed',
    en: 'It is being sealed; look at it again in a moment.',
    'zh-CN': '本合同正在签章，请稍后查看。',
  },
} as const;

interface Seen {
  readonly contract: Contract;
  /** Its orders as the order service showed them last. */
  readonly known: readonly Order[];
  /** Its bills as it states them, and as the platform told them last. */
  readonly bills: readonly Bill[];
  readonly told: readonly Bill[];
  readonly certifiedName: string | null | undefined;
  readonly rules: VoidRules;
}

type Warn = (
  code: Warning['code'],
  about: Partial<Pick<Warning, 'orderIds' | 'billIds'>>,
  en: string,
  zh: string,
) => Warning;

/** CTR-7, CTR-10, CTR-16, CTR-29, CTR-35: of a live contract; an official file stays as signed. */
export function contractWarnings(seen: Seen, locale: Locale): Warning[] {
  const { contract, known, rules } = seen;
  if (!isLive(contract)) return [];
  const { remedy, [locale]: mending } = replacing[endingOf(contract, rules)];
  const warning: Warn = (code, about, en, zh) => ({
    code,
    orderIds: [],
    billIds: [],
    ...about,
    remedy,
    text: isEnglish(locale) ? `${en} ${mending}` : zh + mending,
  });
  return [
    ...changesSince(seen, warning),
    ...(contract.kind === 'payment_request' ? domainWarnings(known, locale) : []),
  ];
}

function changesSince({ contract, known, bills, told, certifiedName }: Seen, warning: Warn): Warning[] {
  const paid = paidMeanwhile(contract, known);
  const returned = contract.status === 'official' ? returnedSince(contract.content?.rows ?? [], known) : [];
  const corrected = changedBills(bills, told);
  const { name } = contract.partyA;
  const warnings: (Warning | false)[] = [
    paid.length > 0 &&
      warning(
        'contract.order_paid',
        { orderIds: paid },
        `Paid meanwhile: ${paid.join(', ')}. An order contract over them needs this one to end first.`,
        `订单 ${paid.join('、')} 已支付。如需订单合同，须先终止本请款合同。`,
      ),
    returned.length > 0 &&
      warning(
        'contract.cash_returned',
        { orderIds: returned },
        `Cash came back since it was signed: ${returned.join(', ')}. The file states the amount of before.`,
        `签署后订单 ${returned.join('、')} 有现金退还，文件仍载明退还前的金额。`,
      ),
    corrected.length > 0 &&
      warning(
        'contract.bill_changed',
        { billIds: corrected },
        `Bills have changed since: ${corrected.join(', ')}. The contract states them as they were before.`,
        `账单 ${corrected.join('、')} 此后有变更，合同仍载明变更前的内容。`,
      ),
    Boolean(certifiedName) &&
      certifiedName !== name &&
      warning(
        'contract.party_name_changed',
        {},
        `The contract is with ${name}; the account is certified as ${certifiedName} now.`,
        `本合同的甲方为 ${name}，账户现在的认证名称为 ${certifiedName}。`,
      ),
  ];
  return warnings.filter((one) => one !== false);
}
