import type { ProblemTexts } from '@accord/http';

/** Of the rules by which an order is placed (ORD-1 to ORD-3). */
export const placementProblems = {
  'order.product_unknown': {
    kind: 'invalid',
    en: { title: 'No such product', detail: 'The catalogue has no product {productCode}.' },
    'zh-CN': { title: '产品不存在', detail: '产品目录中没有 {productCode}。' },
  },
  'order.product_withdrawn': {
    kind: 'invalid',
    en: {
      title: 'The product is not on sale',
      detail: '{productCode} is not bought any more; running instances of it go on.',
    },
    'zh-CN': { title: '产品已下架', detail: '{productCode} 不再接受新购，已有实例不受影响。' },
  },
  'order.not_renewable': {
    kind: 'invalid',
    en: {
      title: 'The product is not renewed any more',
      detail: 'Instances of {productCode} run to their end; they take no {orderType}.',
    },
    'zh-CN': {
      title: '产品不支持续费',
      detail: '{productCode} 的实例使用至到期为止，不再接受类型为 {orderType} 的订单。',
    },
  },
  'order.charge_type_not_offered': {
    kind: 'invalid',
    en: { title: 'The product is not charged that way', detail: 'It offers {offered}, not {chargeType}.' },
    'zh-CN': { title: '产品不支持该计费方式', detail: '该产品支持 {offered}，不支持 {chargeType}。' },
  },
  'order.bill_type_mismatch': {
    kind: 'invalid',
    en: {
      title: 'Bill type and charge type do not fit',
      detail: '{chargeType} is not billed as {billType}.',
    },
    'zh-CN': { title: '账单类型与计费方式不符', detail: '{chargeType} 不能以 {billType} 方式结算。' },
  },
  'order.duration_required': {
    kind: 'invalid',
    en: { title: 'A duration is missing', detail: 'This order is for a time; say how long.' },
    'zh-CN': { title: '缺少时长', detail: '该订单按时长计费，请填写时长。' },
  },
  'order.duration_not_allowed': {
    kind: 'invalid',
    en: {
      title: 'There is no duration here',
      detail: 'An order of type {orderType} takes no duration here: {untimed}. Leave it out.',
    },
    'zh-CN': {
      title: '不应填写时长',
      detail: '类型为 {orderType} 的订单此处不填写时长：{untimed}。请去掉时长。',
    },
  },
  'order.duration_not_offered': {
    kind: 'invalid',
    en: {
      title: 'The duration is not offered',
      detail: 'The product has no price for a duration by the {unit}.',
    },
    'zh-CN': { title: '不提供该时长', detail: '该产品没有以 {unit} 为单位的价格。' },
  },
  'order.price_missing': {
    kind: 'invalid',
    en: {
      title: 'The product has no price for this',
      detail: 'There is no price for {chargeType} in {currency}.',
    },
    'zh-CN': { title: '产品没有对应价格', detail: '没有以 {currency} 计价的 {chargeType} 价格。' },
  },
  'order.service_type_misfit': {
    kind: 'invalid',
    en: {
      title: 'The service type does not fit',
      detail: 'Domain orders have a service type, all others have none.',
    },
    'zh-CN': { title: '服务类型不符', detail: '域名订单须填写服务类型，其他订单不填写。' },
  },
  'order.service_type_not_offered': {
    kind: 'invalid',
    en: { title: 'The service type is not offered', detail: 'The product does not offer {serviceType}.' },
    'zh-CN': { title: '不提供该服务类型', detail: '该产品不提供 {serviceType}。' },
  },
  'order.instance_not_allowed': {
    kind: 'invalid',
    en: {
      title: 'A purchase names no instance',
      detail: 'Instances come into being by a purchase; leave instanceIds out.',
    },
    'zh-CN': { title: '新购订单不指定实例', detail: '实例由新购产生，请勿填写 instanceIds。' },
  },
  'order.instance_required': {
    kind: 'invalid',
    en: {
      title: 'The instances are missing',
      detail: 'An order of type {orderType} names the instances it is for.',
    },
    'zh-CN': { title: '缺少实例', detail: '类型为 {orderType} 的订单须指定实例。' },
  },
  'order.instance_unknown': {
    kind: 'not_found',
    en: {
      title: 'No such instance',
      detail: 'The account has no such instance of this product: {instanceIds}.',
    },
    'zh-CN': { title: '实例不存在', detail: '账户下没有该产品的这些实例：{instanceIds}。' },
  },
  'order.configuration_unchanged': {
    kind: 'conflict',
    en: {
      title: 'The order changes nothing',
      detail:
        'Instance {instanceId} is billed as {billType} already and has all of the configuration that the order ' +
        'names; a renewal gives it more time.',
    },
    'zh-CN': {
      title: '订单未作任何变更',
      detail:
        '实例 {instanceId} 的付费方式已为 {billType}，且已具有订单所列的全部配置；如需延长使用时间，请提交续费订单。',
    },
  },
  'order.count_mismatch': {
    kind: 'invalid',
    en: {
      title: 'Count and instances differ',
      detail: 'The count is {count}, the instances named are {instances}.',
    },
    'zh-CN': { title: '数量与实例不符', detail: '数量为 {count}，指定的实例为 {instances} 个。' },
  },
  'order.count_too_large': {
    kind: 'invalid',
    en: {
      title: 'Too many instances in one order',
      detail: 'One order takes at most {most} instances; place several.',
    },
    'zh-CN': { title: '单个订单的实例过多', detail: '一个订单最多包含 {most} 个实例，请拆分为多个订单。' },
  },
  'order.amount_too_small': {
    kind: 'invalid',
    en: {
      title: 'Too little to charge',
      detail:
        'At {unitPrice} per {unit} this comes to less than half of the ' +
        'smallest unit of the currency; order more at once.',
    },
    'zh-CN': {
      title: '金额过小',
      detail: '单价 {unitPrice}/{unit} 计算出的金额不足最小货币单位的一半，请增加订购数量或时长。',
    },
  },
  'order.entity_unknown': {
    kind: 'invalid',
    en: {
      title: 'The invoicing entity is not known',
      detail: 'The provider has no invoicing entity {invoicingEntity}.',
    },
    'zh-CN': { title: '开票主体未知', detail: '服务商没有开票主体 {invoicingEntity}。' },
  },
  'order.currency_mismatch': {
    kind: 'invalid',
    en: {
      title: 'The currency does not fit',
      detail: 'The invoicing entity bills in {currency}, not in {given}.',
    },
    'zh-CN': { title: '币种不符', detail: '开票主体以 {currency} 结算，而非 {given}。' },
  },
  'order.mixed_currencies': {
    kind: 'invalid',
    en: {
      title: 'Another currency than the orders beside it',
      detail:
        'Orders of one bundle and of one instance come back together, so they have one currency; there is ' +
        '{others} already, and this one is in {currency}.',
    },
    'zh-CN': {
      title: '币种与关联订单不同',
      detail: '同一组合或同一实例的订单须一并退订，币种必须一致；已有订单为 {others}，本订单为 {currency}。',
    },
  },
  'order.amount_mismatch': {
    kind: 'invalid',
    en: { title: 'The amount differs from the catalogue', detail: 'The product amount is {productAmount}.' },
    'zh-CN': { title: '金额与目录价不符', detail: '产品金额应为 {productAmount}。' },
  },
  'order.amount_too_large': {
    kind: 'invalid',
    en: {
      title: 'The amount is too large',
      detail: 'An order has at most {maxAmountDigits} digits before the point; place several.',
    },
    'zh-CN': {
      title: '金额过大',
      detail: '单个订单金额的整数部分最多 {maxAmountDigits} 位，请分多个订单提交。',
    },
  },
  'order.discount_misfit': {
    kind: 'invalid',
    en: {
      title: 'The discount does not fit',
      detail: 'A discount is not below zero and not above the product amount.',
    },
    'zh-CN': { title: '折扣金额不符', detail: '折扣不得为负，也不得超过产品金额。' },
  },
  'order.terms_by_provider': {
    kind: 'forbidden',
    en: {
      title: 'Only the provider grants this',
      detail: 'Discounts, promotions, bundles, trial, free and customised orders are placed by the provider.',
    },
    'zh-CN': { title: '仅服务商可设置', detail: '折扣、促销、套餐、试用、免费及定制订单由服务商提交。' },
  },
  'order.compensation_by_operators': {
    kind: 'forbidden',
    en: { title: 'Only operators compensate', detail: 'A compensation is placed by an operator.' },
    'zh-CN': { title: '仅运营人员可补偿', detail: '补偿订单由运营人员提交。' },
  },
} as const satisfies ProblemTexts;
