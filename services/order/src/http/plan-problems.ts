import type { ProblemTexts } from '@accord/http';

/** Refusals of plans and of changes between them (ORD-24). */
export const planProblems = {
  'order.plan_required': {
    kind: 'invalid',
    en: { title: 'A plan is missing', detail: 'This product is sold in plans; name one of {plans}.' },
    'zh-CN': { title: '缺少套餐', detail: '该产品按套餐售卖，请指定其中之一：{plans}。' },
  },
  'order.plan_not_allowed': {
    kind: 'invalid',
    en: {
      title: 'This order names no plan',
      detail: 'A {orderType} goes by the plan that its instances have; an upgrade or a downgrade changes it.',
    },
    'zh-CN': {
      title: '该订单不得指定套餐',
      detail: '类型为 {orderType} 的订单沿用实例当前的套餐，如需更换请提交升配或降配订单。',
    },
  },
  'order.plan_unknown': {
    kind: 'invalid',
    en: { title: 'No such plan', detail: '{productCode} has no plan {plan}.' },
    'zh-CN': { title: '套餐不存在', detail: '{productCode} 没有套餐 {plan}。' },
  },
  'order.plan_withdrawn': {
    kind: 'invalid',
    en: {
      title: 'The plan is not on sale',
      detail:
        'Plan {plan} of {productCode} is neither bought nor changed to any more; instances on it go on.',
    },
    'zh-CN': {
      title: '套餐已下架',
      detail: '{productCode} 的套餐 {plan} 不再接受新购或变更，已有实例不受影响。',
    },
  },
  'order.plan_unchanged': {
    kind: 'conflict',
    en: { title: 'The instance has that plan', detail: 'Instance {instanceId} is on plan {plan} already.' },
    'zh-CN': { title: '套餐未变更', detail: '实例 {instanceId} 当前已是套餐 {plan}。' },
  },
  'order.not_an_upgrade': {
    kind: 'invalid',
    en: {
      title: 'That plan costs less',
      detail:
        'For the rest of the period {plan} costs less now than {from} was bought at; order a downgrade.',
    },
    'zh-CN': {
      title: '目标套餐价格更低',
      detail: '剩余时长内套餐 {plan} 的现价低于 {from} 的购买价格，请提交降配订单。',
    },
  },
  'order.not_a_downgrade': {
    kind: 'invalid',
    en: {
      title: 'That plan costs more',
      detail: 'For the rest of the period {plan} costs more now than {from} was bought at; order an upgrade.',
    },
    'zh-CN': {
      title: '目标套餐价格更高',
      detail: '剩余时长内套餐 {plan} 的现价高于 {from} 的购买价格，请提交升配订单。',
    },
  },
  'order.too_late_to_upgrade': {
    kind: 'conflict',
    en: {
      title: 'Too late to upgrade',
      detail:
        'An upgrade is ordered at least 24 hours before the end; instance {instanceId} ends on {end}. Renew it first.',
    },
    'zh-CN': {
      title: '已临近到期，无法升配',
      detail: '升配须在到期前至少 24 小时提交，实例 {instanceId} 将于 {end} 到期，请先续费。',
    },
  },
  'order.no_running_period': {
    kind: 'conflict',
    en: {
      title: 'Nothing is left to change',
      detail: 'Instance {instanceId} has no paid period that runs or is still to begin.',
    },
    'zh-CN': { title: '没有可变更的周期', detail: '实例 {instanceId} 没有进行中或尚未开始的已付费周期。' },
  },
  'order.instances_differ': {
    kind: 'invalid',
    en: {
      title: 'The instances differ',
      detail:
        'Instances of one order have one plan and, where it is changed, the same price for the rest of their ' +
        'periods; place an order for each of {instanceIds}.',
    },
    'zh-CN': {
      title: '实例不一致',
      detail:
        '同一订单中的实例须为同一套餐，变更套餐时剩余周期的价格也须相同，请为以下实例分别下单：{instanceIds}。',
    },
  },
  'order.instance_frozen': {
    kind: 'conflict',
    en: {
      title: 'The instance is frozen',
      detail: 'Instance {instanceId} is frozen by {frozenBy}; it is changed once that is lifted.',
    },
    'zh-CN': { title: '实例已冻结', detail: '实例 {instanceId} 已被冻结（{frozenBy}），解冻后方可变更。' },
  },
  'order.instance_billed_otherwise': {
    kind: 'conflict',
    en: {
      title: 'The instance is billed otherwise',
      detail:
        'Instance {instanceId} is billed as {billType}; a configuration change switches that. A switch to ' +
        'postpay takes effect at the end of the paid period.',
    },
    'zh-CN': {
      title: '实例的付费方式不同',
      detail:
        '实例 {instanceId} 的付费方式为 {billType}，可通过变更配置订单切换；转为后付费将在已付费周期结束时生效。',
    },
  },
  'order.instance_paid': {
    kind: 'conflict',
    en: {
      title: 'The instance is paid for',
      detail:
        'Instance {instanceId} is paid for until {paidUntil}. A configuration change starts a period at once, which ' +
        'would be paid for twice; order it after that time.',
    },
    'zh-CN': {
      title: '实例尚在已付费周期内',
      detail:
        '实例 {instanceId} 已付费至 {paidUntil}。变更配置订单立即开始新的服务期，会造成重复付费，请在该时间之后提交。',
    },
  },
  'product.plan_removed': {
    kind: 'conflict',
    en: {
      title: 'A published plan is missing',
      detail: 'Instances keep their plan, so {plan} stays in the catalogue; withdraw it by onSale: false.',
    },
    'zh-CN': {
      title: '缺少已发布的套餐',
      detail: '实例会沿用其套餐，已发布的套餐 {plan} 不能移除，可将其 onSale 设为 false 下架。',
    },
  },
} as const satisfies ProblemTexts;
