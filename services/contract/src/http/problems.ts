import type { ProblemTexts } from '@accord/core';

/** What this service refuses, and how to mend it, for people. */
export const problems: ProblemTexts = {
  'account.not_found': {
    en: { title: 'Account not found', detail: 'There is no account {accountId}.' },
    'zh-CN': { title: '账户不存在', detail: '找不到账户 {accountId}。' },
  },
  'bill.not_found': {
    en: { title: 'Bill not found', detail: 'There is no bill {billId}.' },
    'zh-CN': { title: '账单不存在', detail: '找不到账单 {billId}。' },
  },
  'bill.entity_unknown': {
    en: {
      title: 'Unknown invoicing entity',
      detail: 'The profile has no invoicing entity {invoicingEntity}.',
    },
    'zh-CN': { title: '未知的开票主体', detail: '配置中没有开票主体 {invoicingEntity}。' },
  },
  'bill.currency_mismatch': {
    en: {
      title: 'The currency is another',
      detail: 'This invoicing entity bills in {currency}, not in {given}.',
    },
    'zh-CN': { title: '币种不符', detail: '该开票主体以 {currency} 计费，而非 {given}。' },
  },
  'bill.taken': {
    en: { title: 'The id is taken', detail: 'Bill {billId} is the bill of another account.' },
    'zh-CN': { title: '账单号已被占用', detail: '账单 {billId} 属于其他账户。' },
  },
  'contract.bills_not_offered': {
    en: {
      title: 'No contracts over bills',
      detail: 'This provider makes contracts over orders; see GET /v1/contracts/eligible-orders.',
    },
    'zh-CN': {
      title: '不支持按账单申请合同',
      detail: '该服务商仅支持按订单申请合同，请查看 GET /v1/contracts/eligible-orders。',
    },
  },
  'contract.orders_not_offered': {
    en: {
      title: 'No contracts over orders',
      detail:
        'This provider makes no electronic contracts over orders. Send papers to the address in `facts`, or ask support.',
    },
    'zh-CN': {
      title: '不支持按订单申请合同',
      detail: '该服务商不支持按订单申请电子合同，请将纸质材料寄至 facts 中的地址，或联系客服。',
    },
  },
  'contract.not_found': {
    en: { title: 'Contract not found', detail: 'There is no contract {contractId}.' },
    'zh-CN': { title: '合同不存在', detail: '找不到合同 {contractId}。' },
  },
  'contract.application_refused': {
    en: {
      title: 'The application was refused',
      detail: 'Several things are against it; `facts.refusals` lists each with what mends it.',
    },
    'zh-CN': {
      title: '合同申请被拒绝',
      detail: '存在多个问题，请查看 facts.refusals 中的每一项及其解决办法。',
    },
  },
  'contract.order_in_contract': {
    en: {
      title: 'The order is in a contract',
      detail: 'Order {orderId} is in contract {contractId}. Void that contract, then apply again.',
    },
    'zh-CN': {
      title: '订单已在合同中',
      detail: '订单 {orderId} 已在合同 {contractId} 中。请先作废该合同再申请。',
    },
  },
  'contract.order_changed': {
    en: {
      title: 'The order changed meanwhile',
      detail: 'Order {orderId} changed while it was applied for. Look at it, then apply again.',
    },
    'zh-CN': { title: '订单已变更', detail: '订单 {orderId} 在申请期间发生了变更，请核对后重新申请。' },
  },
  'holder.ended': {
    en: {
      title: 'The contract had already ended',
      detail: 'The contract had ended before its orders could be held. Apply again.',
    },
    'zh-CN': { title: '合同已经结束', detail: '合同在占用订单之前已经结束，请重新申请。' },
  },
  'contract.product_excluded': {
    en: {
      title: 'The product has no electronic contracts',
      detail: 'Orders of the category of {orderId} are excluded. Apply without it.',
    },
    'zh-CN': {
      title: '该产品不支持电子合同',
      detail: '订单 {orderId} 所属类别不支持电子合同，请去掉该订单后再申请。',
    },
  },
  'contract.ask_offline': {
    en: {
      title: 'The product has contracts on paper only',
      detail: 'Send papers for order {orderId} to the address in `facts.refusals`, or ask support.',
    },
    'zh-CN': {
      title: '该产品仅支持线下合同',
      detail: '请将订单 {orderId} 的纸质材料寄至 facts.refusals 中的地址，或联系客服。',
    },
  },
  'contract.unpaid_domain': {
    en: {
      title: 'No contract over this unpaid domain order',
      detail: 'Pay order {orderId} first, then apply. An unpaid name may be registered by somebody else.',
    },
    'zh-CN': {
      title: '该未付款域名订单不能申请合同',
      detail: '请先支付订单 {orderId} 再申请。未付款的域名可能被他人注册。',
    },
  },
  'contract.marketplace_alone': {
    en: {
      title: 'A marketplace order has a contract of its own',
      detail:
        'Apply for order {orderId} alone, or send papers for all of them to the address in `facts.refusals`.',
    },
    'zh-CN': {
      title: '云市场订单须单独申请合同',
      detail: '请单独为订单 {orderId} 申请合同，或将全部纸质材料寄至 facts.refusals 中的地址。',
    },
  },
  'contract.unprintable': {
    en: {
      title: 'Characters that no document can show',
      detail:
        'A contract cannot show {characters} (in {fields}). Correct them where they were written, or send papers to the provider.',
    },
    'zh-CN': {
      title: '含有合同无法显示的字符',
      detail: '合同无法显示 {fields} 中的字符 {characters}。请在填写处更正，或向服务商寄送纸质材料。',
    },
  },
  'contract.too_large': {
    en: {
      title: 'Too much for one contract',
      detail: 'The configurations of these orders are too long together. Apply for fewer orders at a time.',
    },
    'zh-CN': { title: '合同内容过多', detail: '这些订单的配置内容合计过长，请减少每次申请的订单数量。' },
  },
  'contract.entity_unknown': {
    en: {
      title: 'Unknown invoicing entity',
      detail: 'The provider no longer contracts for the invoicing entity of these orders. Ask its support.',
    },
    'zh-CN': { title: '未知的开票主体', detail: '服务商已不再以这些订单的开票主体签订合同，请联系客服。' },
  },
  'contract.several_entities': {
    en: {
      title: 'Several invoicing entities',
      detail: 'Apply for the orders of each invoicing entity by themselves.',
    },
    'zh-CN': { title: '涉及多个开票主体', detail: '请按开票主体分别申请。' },
  },
  'contract.not_certified': {
    en: {
      title: 'The account is not certified',
      detail: 'A contract needs the certified name of the account. Certify the account, then apply.',
    },
    'zh-CN': { title: '账户未实名认证', detail: '签订合同需要账户的实名认证名称，请先完成实名认证。' },
  },
  'contract.ask_your_provider': {
    en: {
      title: 'Ask your service provider',
      detail: 'The account is a customer of {provider}; contracts are made there.',
    },
    'zh-CN': { title: '请联系您的服务商', detail: '该账户为 {provider} 的客户，请向其申请合同。' },
  },
  'contract.invoice_title_mismatch': {
    en: {
      title: 'The invoice title is another',
      detail: 'The invoice title on file must equal the certified name. Correct it, then try again.',
    },
    'zh-CN': { title: '发票抬头不一致', detail: '发票抬头必须与实名认证名称一致，请更正后重试。' },
  },
  'contract.voided': {
    en: {
      title: 'The contract is void',
      detail: 'Contract {contractId} has ended. Its orders may be in a new application.',
    },
    'zh-CN': { title: '合同已作废', detail: '合同 {contractId} 已作废，其订单可以重新申请合同。' },
  },
  'contract.no_document': {
    en: {
      title: 'There is no document',
      detail: 'Contract {contractId} is {status}; a document exists from its draft on.',
    },
    'zh-CN': { title: '没有合同文件', detail: '合同 {contractId} 状态为 {status}，生成草稿后才有文件。' },
  },
  'contract.not_a_draft': {
    en: {
      title: 'The contract is no draft',
      detail: 'Contract {contractId} is {status}; this is for drafts.',
    },
    'zh-CN': { title: '合同不是草稿', detail: '合同 {contractId} 状态为 {status}，该操作仅适用于草稿。' },
  },
  'contract.not_fulfilled': {
    en: {
      title: 'Orders are not fulfilled yet',
      detail: 'The service periods of {orderIds} are not known yet. Try again once they are fulfilled.',
    },
    'zh-CN': { title: '订单尚未开通', detail: '订单 {orderIds} 的服务期尚未确定，请在开通后重试。' },
  },
  'contract.period_unknown': {
    en: {
      title: 'Orders have no service period',
      detail:
        'Orders {orderIds} are fulfilled, but their service periods were never told, so there is nothing to wait for. Void this contract, apply without them, and ask support about them.',
    },
    'zh-CN': {
      title: '订单没有服务期',
      detail:
        '订单 {orderIds} 已开通，但没有服务期记录，继续等待也不会有。请作废该合同，去掉这些订单后再申请，并就这些订单联系客服。',
    },
  },
  'contract.order_paid': {
    en: {
      title: 'An order was paid meanwhile',
      detail:
        'A payment request over the paid orders {orderIds} is no longer needed. Void it and apply for an order contract.',
    },
    'zh-CN': { title: '订单已支付', detail: '订单 {orderIds} 已支付。请作废该付款合同，再申请订单合同。' },
  },
  'contract.sealing': {
    en: { title: 'The contract is being sealed', detail: 'Try again in a moment.' },
    'zh-CN': { title: '合同正在签章', detail: '请稍后重试。' },
  },
  'contract.needs_ticket': {
    en: {
      title: 'Voiding needs a ticket',
      detail: 'An official contract is voided by a ticket of kind {ticketKind} (POST /v1/tickets).',
    },
    'zh-CN': {
      title: '作废需要提交工单',
      detail: '正式合同须通过 {ticketKind} 工单作废（POST /v1/tickets）。',
    },
  },
  'contract.void_instead': {
    en: {
      title: 'Drafts are voided here',
      detail: 'This provider deletes no drafts. Void the contract (POST /v1/contracts/{contractId}/void).',
    },
    'zh-CN': {
      title: '请改为作废',
      detail: '该服务商不删除草稿，请作废合同（POST /v1/contracts/{contractId}/void）。',
    },
  },
  'contract.transition_refused': {
    en: { title: 'Not in this state', detail: 'The contract is {status}.' },
    'zh-CN': { title: '当前状态不允许', detail: '合同状态为 {status}。' },
  },
  'order.not_found': {
    en: { title: 'Order not found', detail: 'There is no order {orderId}, or it is not known here yet.' },
    'zh-CN': { title: '订单不存在', detail: '找不到订单 {orderId}，或该订单尚未同步。' },
  },
  'order.cancelled': {
    en: { title: 'The order is cancelled', detail: 'Order {orderId} is cancelled. Place a new one.' },
    'zh-CN': { title: '订单已取消', detail: '订单 {orderId} 已取消，请重新下单。' },
  },
  'order.voided': {
    en: { title: 'The order is void', detail: 'Order {orderId} has ended. Place a new one.' },
    'zh-CN': { title: '订单已作废', detail: '订单 {orderId} 已作废，请重新下单。' },
  },
  'order.held_by_refund': {
    en: {
      title: 'The order is in a refund',
      detail: 'Refund {refundId} has order {orderId}. Withdraw it, or wait for its end.',
    },
    'zh-CN': {
      title: '订单正在退款',
      detail: '订单 {orderId} 正在退款 {refundId} 中，请撤回退款或等待其结束。',
    },
  },
  'ticket.not_found': {
    en: { title: 'Ticket not found', detail: 'There is no ticket {ticketId}.' },
    'zh-CN': { title: '工单不存在', detail: '找不到工单 {ticketId}。' },
  },
  'ticket.contract_not_official': {
    en: {
      title: 'The contract is not official',
      detail: 'Contract {contractId} is {status}; tickets are for official contracts.',
    },
    'zh-CN': {
      title: '合同不是正式合同',
      detail: '合同 {contractId} 状态为 {status}，工单仅适用于正式合同。',
    },
  },
  'ticket.already_open': {
    en: {
      title: 'Such a ticket is open',
      detail: 'Contract {contractId} has an open ticket of kind {kind}. Await its decision, or withdraw it.',
    },
    'zh-CN': {
      title: '已有未处理的工单',
      detail: '合同 {contractId} 已有未处理的 {kind} 工单，请等待处理或撤回。',
    },
  },
  'ticket.not_open': {
    en: { title: 'The ticket is closed', detail: 'Ticket {ticketId} is {status}.' },
    'zh-CN': { title: '工单已关闭', detail: '工单 {ticketId} 状态为 {status}。' },
  },
  'ticket.own_approval': {
    en: {
      title: 'Not by the applicant',
      detail: 'A ticket is approved by another operator than the one who submitted it.',
    },
    'zh-CN': { title: '申请人不能审批', detail: '工单须由提交人以外的运营人员审批。' },
  },
};
