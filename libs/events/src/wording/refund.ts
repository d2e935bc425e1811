import type { RefundRefusalCode } from '../refund.ts';
import type { RefusalWords } from './words.ts';

/** RFD-3, RFD-12: an instance is not refunded. */
export const refundWords: RefusalWords<RefundRefusalCode> = {
  POSTPAID: {
    clause: {
      en: 'a postpaid instance is released in the product console',
      'zh-CN': '后付费实例请在产品控制台释放',
    },
    sentence: { en: 'The instance is pay-as-you-go.', 'zh-CN': '后付费资源不支持退订。' },
  },
  EXPIRED: { clause: { en: 'the instance has expired', 'zh-CN': '资源已到期' } },
  PACKAGE_WINDOW_PASSED: {
    clause: { en: 'the package was bought too long ago', 'zh-CN': '资源包已超过可退订期限' },
  },
  PACKAGE_USED: { clause: { en: 'the package has been used', 'zh-CN': '量包已使用' } },
  PACKAGE_IN_EFFECT: { clause: { en: 'the package is in effect', 'zh-CN': '资源包已生效' } },
  ZERO_AMOUNT: { clause: { en: 'nothing would be paid back', 'zh-CN': '退款金额为 0' } },
  PRODUCT_NOT_SUPPORTED: {
    clause: { en: 'the product has no self-service refunds', 'zh-CN': '该产品不支持自助退订' },
    where: {
      orderOfUnclearPeriod: {
        clause: {
          en: 'it is not known from when to when the order pays for the instance',
          'zh-CN': '尚不清楚该订单为资源付费的起止时间',
        },
        sentence: {
          en: 'It is not known from when to when order {orderOfUnclearPeriod} pays for the instance.',
          'zh-CN': '尚不清楚订单 {orderOfUnclearPeriod} 为该资源付费的起止时间。',
        },
      },
      tooManyOrders: {
        clause: {
          en: 'the instances have too many orders for one refund',
          'zh-CN': '这些资源涉及的订单过多，无法一次退订',
        },
      },
    },
  },
  TRADE_IN_PROGRESS: {
    clause: { en: 'another transaction is open on the instance', 'zh-CN': '资源有正在进行的交易' },
    where: {
      refundId: {
        clause: { en: 'another refund of the instance is running', 'zh-CN': '该资源的另一笔退订正在进行' },
      },
      orderId: {
        clause: {
          en: 'an order of the instance is unpaid or not fulfilled yet',
          'zh-CN': '该资源有订单尚未支付或尚未开通',
        },
        sentence: {
          en: 'Order {orderId} of the instance is unpaid or not fulfilled yet.',
          'zh-CN': '该资源的订单 {orderId} 尚未支付或尚未开通。',
        },
      },
    },
  },
  PROMOTION_EXCLUDED: {
    clause: { en: 'the promotion excludes refunds', 'zh-CN': '活动订单不支持退款' },
    sentence: {
      en: 'Order {orderId} was bought in a promotion without refunds.',
      'zh-CN': '订单 {orderId} 参加了不支持退款的促销活动。',
    },
  },
  TRIAL: { clause: { en: 'the instance is a trial', 'zh-CN': '试用的产品不支持退款' } },
  ONE_TIME: { clause: { en: 'the service is charged once', 'zh-CN': '一次性收费云服务不支持退款' } },
  FREE: { clause: { en: 'the instance is free', 'zh-CN': '免费的产品不支持退款' } },
  FROZEN: {
    clause: { en: 'the instance is frozen', 'zh-CN': '实例已被冻结' },
    where: {
      frozenBy: {
        clause: { en: 'the instance is frozen ({frozenBy})', 'zh-CN': '资源已被冻结（{frozenBy}）' },
      },
    },
  },
  INVOICED_MARKETPLACE: {
    clause: { en: 'the marketplace order was invoiced', 'zh-CN': '云市场订单已开具发票' },
    sentence: { en: 'Marketplace order {orderId} is invoiced.', 'zh-CN': '云市场订单 {orderId} 已开发票。' },
  },
  GIFT_CAMPAIGN: {
    clause: { en: 'it came with a gift campaign', 'zh-CN': '赠送活动订单不支持退款' },
    sentence: {
      en: 'Order {orderId} took part in a gift campaign.',
      'zh-CN': '订单 {orderId} 参加了特殊赠送活动。',
    },
  },
  CONTRACT_LINKED: {
    clause: {
      en: 'it is in a contract, which has to be voided first',
      'zh-CN': '订单在有效合同中，请先作废合同',
    },
    where: {
      number: {
        clause: {
          en: 'it is in contract {number}, which has to be voided first',
          'zh-CN': '订单在有效合同 {number} 中，请先作废该合同',
        },
        sentence: { en: 'Contract {number} holds the order.', 'zh-CN': '订单关联了合同 {number}。' },
      },
    },
  },
  SUPPORT_RIGHTS_USED: {
    clause: { en: 'its support rights were used', 'zh-CN': '服务权益已使用' },
    sentence: {
      en: 'Benefits of the support plan of order {orderId} were used.',
      'zh-CN': '订单 {orderId} 的支持服务增值权益已使用。',
    },
  },
  BUNDLE_MEMBER: {
    clause: { en: 'a bundle is given back as a whole', 'zh-CN': '套餐须整体退订' },
    where: {
      bundleId: {
        clause: {
          en: 'it belongs to bundle {bundleId}, which is given back as a whole',
          'zh-CN': '资源属于组合订购 {bundleId}，须整体退订',
        },
        sentence: {
          en: 'The instance belongs to bundle {bundleId}.',
          'zh-CN': '资源属于组合订购 {bundleId}。',
        },
      },
    },
  },
  INSTANCE_NOT_FOUND: {
    clause: { en: 'there is no such instance', 'zh-CN': '资源不存在' },
    where: {
      released: {
        clause: { en: 'the instance was released', 'zh-CN': '资源已释放' },
        sentence: { en: 'Instance {released} was released.', 'zh-CN': '资源 {released} 已释放。' },
      },
      givenBackBy: {
        clause: { en: 'the instance was given back before', 'zh-CN': '资源此前已退订' },
        sentence: {
          en: 'Refund {givenBackBy} gave the instance back before.',
          'zh-CN': '资源已通过退款 {givenBackBy} 退订。',
        },
      },
      endedOrder: {
        clause: { en: 'the order has ended', 'zh-CN': '订单已终止' },
        sentence: { en: 'Order {endedOrder} has ended.', 'zh-CN': '订单 {endedOrder} 已终止。' },
      },
    },
  },
  ARCHIVED: { clause: { en: 'the subscription is archived', 'zh-CN': '订购关系已经归档转储' } },
  SCALED_AFTER_RENEWAL: {
    clause: { en: 'the instance was scaled after its renewal', 'zh-CN': '续费后资源已变更配置' },
  },
  QUOTA_EXHAUSTED: { clause: { en: "this year's refunds are used up", 'zh-CN': '本年度退订次数已用完' } },
  UNPAID: { clause: { en: 'the order is not paid', 'zh-CN': '订单未支付' } },
  QUOTE_STALE: {
    clause: {
      en: 'the facts changed since the quote; please ask for a new one',
      'zh-CN': '订单情况已变化，请重新询价',
    },
    sentence: { en: 'The facts changed after the quote.', 'zh-CN': '报价后情况已发生变化。' },
  },
};
