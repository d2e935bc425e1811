import { problemTextsOf } from '@accord/events/wording';
import type { ProblemTexts } from '@accord/http';
import { exportProblems } from './export-problems.ts';
import { placementProblems } from './placement-problems.ts';
import { planProblems } from './plan-problems.ts';
import { remittanceProblems } from './remittance-problems.ts';

/** Told to holders as well, in the same words. */
const reservation = problemTextsOf(['order.not_found', 'order.instance_busy', 'order.held_by_refund']);

/** Every refusal this service can answer, in both languages (API-16). */
export const problems = {
  'order.not_found': { kind: 'not_found', ...reservation['order.not_found'] },
  'order.instance_busy': { kind: 'conflict', ...reservation['order.instance_busy'] },
  'order.held_by_refund': { kind: 'conflict', ...reservation['order.held_by_refund'] },
  ...placementProblems,
  ...planProblems,
  ...exportProblems,
  ...remittanceProblems,
  'order.not_cancellable': {
    kind: 'conflict',
    en: {
      title: 'The order cannot be cancelled',
      detail: 'Only an unpaid order is cancelled; this one is {status}.',
    },
    'zh-CN': { title: '订单无法取消', detail: '只有未支付的订单可以取消，当前状态为 {status}。' },
  },
  'order.not_a_domain': {
    kind: 'invalid',
    en: { title: 'Not an order of a domain', detail: 'Order {orderId} is not for a domain name.' },
    'zh-CN': { title: '非域名订单', detail: '订单 {orderId} 不是域名订单。' },
  },
  'order.no_checklist': {
    kind: 'conflict',
    en: {
      title: 'The order has no checklist',
      detail:
        'Only an unpaid domain order that gets no contract has one, before its payBy; {orderId} is none.',
    },
    'zh-CN': {
      title: '该订单没有业务清单',
      detail: '只有不能申请合同的未付款域名订单在支付期限内提供业务清单，订单 {orderId} 不属于此类。',
    },
  },
  'order.not_payable': {
    kind: 'conflict',
    en: {
      title: 'The order cannot be paid',
      detail: 'Only an unpaid order is paid, and only before its payBy; this one is {status}.',
    },
    'zh-CN': {
      title: '订单无法支付',
      detail: '只有未支付且未过支付期限的订单可以支付，当前状态为 {status}。',
    },
  },
  'order.payment_mismatch': {
    kind: 'invalid',
    en: {
      title: 'The amount is not what is payable',
      detail: 'Exactly {payableAmount} is payable: in one amount, or in parts of which none is below zero.',
    },
    'zh-CN': {
      title: '金额与应付金额不符',
      detail: '应付金额恰为 {payableAmount}；可一笔支付，或分为若干部分，各部分不得为负。',
    },
  },
  'payment.reference_used': {
    kind: 'conflict',
    en: {
      title: 'The payment reference was used',
      detail:
        'The reference {paymentReference} has paid another order, or this one ' +
        'with other parts, or was credited to the account.',
    },
    'zh-CN': {
      title: '支付流水号已被使用',
      detail: '支付流水号 {paymentReference} 已用于其他订单，或以不同金额支付过该订单，或已记入账户余额。',
    },
  },
  'order.not_fulfillable': {
    kind: 'conflict',
    en: {
      title: 'The order is not waiting for fulfilment',
      detail:
        'Only a paid order that is being created takes this report; it is {status}, its fulfilment {fulfilment}.',
    },
    'zh-CN': {
      title: '订单不在开通中',
      detail: '只有已支付且正在开通的订单接受该报告，当前状态为 {status}，开通状态为 {fulfilment}。',
    },
  },
  'order.fulfilment_misfit': {
    kind: 'invalid',
    en: {
      title: 'The instances do not fit the order',
      detail:
        '{misfit}: expected {expected}, told {told} (field {field}, instance {instanceId}). Nothing of the report ' +
        'was taken.',
    },
    'zh-CN': {
      title: '实例与订单不符',
      detail:
        '{misfit}：应为 {expected}，上报为 {told}（字段 {field}，实例 {instanceId}）。该上报未作任何变更。',
    },
  },
  'order.range_too_wide': {
    kind: 'invalid',
    en: { title: 'The time range is too wide', detail: 'A range is at most 1 year; this is {from} to {to}.' },
    'zh-CN': { title: '时间范围过大', detail: '时间范围最长 1 年，当前为 {from} 至 {to}。' },
  },
  'resource.not_found': {
    kind: 'not_found',
    en: { title: 'No such resource', detail: 'There is no instance {instanceId}.' },
    'zh-CN': { title: '资源不存在', detail: '实例 {instanceId} 不存在。' },
  },
  'resource.order_required': {
    kind: 'not_found',
    en: {
      title: 'The order is missing',
      detail: 'Instance {instanceId} is not known yet; name the order it belongs to.',
    },
    'zh-CN': { title: '缺少订单', detail: '实例 {instanceId} 尚未登记，请填写其所属订单。' },
  },
  'resource.taken': {
    kind: 'conflict',
    en: {
      title: 'The instance id is taken',
      detail: 'Instance {instanceId} belongs to another account, product or order.',
    },
    'zh-CN': { title: '实例编号已被占用', detail: '实例 {instanceId} 属于其他账户、产品或订单。' },
  },
  'product.not_found': {
    kind: 'not_found',
    en: { title: 'No such product', detail: 'The catalogue has no product {productCode}.' },
    'zh-CN': { title: '产品不存在', detail: '产品目录中没有 {productCode}。' },
  },
  'product.entity_unknown': {
    kind: 'invalid',
    en: {
      title: 'The invoicing entity is not known',
      detail: 'The provider has no invoicing entity {invoicingEntity}.',
    },
    'zh-CN': { title: '开票主体未知', detail: '服务商没有开票主体 {invoicingEntity}。' },
  },
  'product.price_misfit': {
    kind: 'invalid',
    en: {
      title: 'The prices do not fit the product',
      detail:
        'Every charge type has a price and every price a charge type, one for each unit, in the currency of ' +
        'the invoicing entity and a fitting unit; see {chargeType}, {currency}, {unit}.',
    },
    'zh-CN': {
      title: '价格与产品不符',
      detail:
        '每种计费方式须有价格，每个单位一个价格，币种须与开票主体一致，单位须适用；请检查 {chargeType}、{currency}、{unit}。',
    },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}
