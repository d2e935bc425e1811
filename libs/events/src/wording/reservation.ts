import type { ReservationRefusalCode } from '../reservation.ts';
import type { RefusalWords } from './words.ts';

/** ORD-12: an order or an instance cannot be held. */
export const reservationWords: RefusalWords<ReservationRefusalCode> = {
  'order.held_by_contract': {
    clause: { en: 'the order is in a contract', 'zh-CN': '订单已在合同中' },
  },
  'order.held_by_refund': {
    clause: { en: 'the order is in a refund', 'zh-CN': '订单正在退款' },
    sentence: {
      en: 'Refund {refundId} has order {orderId}. Withdraw it, or wait for its end.',
      'zh-CN': '订单 {orderId} 正在退款 {refundId} 中，请撤回退款或等待其结束。',
    },
  },
  'order.cancelled': {
    clause: { en: 'the order is cancelled', 'zh-CN': '订单已取消' },
    sentence: {
      en: 'Order {orderId} is cancelled. Place a new one.',
      'zh-CN': '订单 {orderId} 已取消，请重新下单。',
    },
  },
  'order.voided': {
    clause: { en: 'the order is void', 'zh-CN': '订单已作废' },
    sentence: {
      en: 'Order {orderId} has ended. Place a new one.',
      'zh-CN': '订单 {orderId} 已作废，请重新下单。',
    },
  },
  'order.instance_busy': {
    clause: { en: 'its instance has a trade in progress', 'zh-CN': '实例上有进行中的交易' },
    sentence: {
      en: 'Order {orderId} is not finished yet. Ask again once all of it is there.',
      'zh-CN': '订单 {orderId} 尚未完成，请在全部开通后重试。',
    },
  },
  'order.not_found': {
    clause: { en: 'order not found', 'zh-CN': '订单不存在' },
    sentence: {
      en: 'There is no order {orderId}, or it is not known here yet.',
      'zh-CN': '找不到订单 {orderId}，或该订单尚未同步。',
    },
  },
  'holder.ended': {
    clause: { en: 'the application had already ended', 'zh-CN': '申请已经结束' },
    sentence: {
      en: 'The contract had ended before its orders could be held. Apply again.',
      'zh-CN': '合同在占用订单之前已经结束，请重新申请。',
    },
  },
  'holder.too_large': {
    clause: {
      en: 'its orders are too many together; please ask the support',
      'zh-CN': '涉及的订单过多，请联系客服',
    },
  },
};
