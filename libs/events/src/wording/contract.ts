import type { ContractRefusalCode } from '../contract.ts';
import type { ReservationRefusalCode } from '../reservation.ts';
import type { RefusalWords } from './words.ts';

/** CTR-3, CTR-4: an order, or a whole application, gets no contract. */
export const contractWords: RefusalWords<Exclude<ContractRefusalCode, ReservationRefusalCode>> = {
  'contract.orders_not_offered': {
    clause: { en: 'no contracts over orders', 'zh-CN': '不支持按订单申请合同' },
    sentence: {
      en:
        'This provider makes no electronic contracts over orders. Send papers to {offlineAddress}, or ask ' +
        'support.',
      'zh-CN': '该服务商不支持按订单申请电子合同，请将纸质材料寄至 {offlineAddress}，或联系客服。',
    },
  },
  'contract.bills_not_offered': {
    clause: { en: 'no contracts over bills', 'zh-CN': '不支持按账单申请合同' },
    sentence: {
      en: 'This provider makes contracts over orders; see GET /v1/contracts/eligible-orders.',
      'zh-CN': '该服务商仅支持按订单申请合同，请查看 GET /v1/contracts/eligible-orders。',
    },
  },
  'contract.order_in_contract': {
    clause: { en: 'the order is in a contract', 'zh-CN': '订单已在合同中' },
    sentence: {
      en: 'Order {orderId} is in contract {contractNumber}.',
      'zh-CN': '订单 {orderId} 已在合同 {contractNumber} 中。',
    },
  },
  'contract.bill_in_contract': {
    clause: { en: 'the bill is in a contract', 'zh-CN': '账单已在合同中' },
    sentence: {
      en: 'Bill {billId} is in contract {contractNumber}.',
      'zh-CN': '账单 {billId} 已在合同 {contractNumber} 中。',
    },
  },
  'bill.not_found': {
    clause: { en: 'bill not found', 'zh-CN': '账单不存在' },
    sentence: { en: 'There is no bill {billId}.', 'zh-CN': '找不到账单 {billId}。' },
  },
  'bill.withdrawn': {
    clause: { en: 'the bill was withdrawn', 'zh-CN': '账单已撤回' },
    sentence: {
      en: 'Bill {billId} was withdrawn. Apply over the bill that came in its place, if there is one.',
      'zh-CN': '账单 {billId} 已撤回。如有替代账单，请按替代账单申请。',
    },
  },
  'contract.order_changed': {
    clause: {
      en: 'the order changed during the application; please apply again',
      'zh-CN': '订单在申请期间发生了变更，请重新申请',
    },
    sentence: {
      en: 'Order {orderId} changed while it was applied for. Look at it, then apply again.',
      'zh-CN': '订单 {orderId} 在申请期间发生了变更，请核对后重新申请。',
    },
  },
  'contract.product_excluded': {
    clause: { en: 'the product has no electronic contracts', 'zh-CN': '该产品不支持电子合同' },
    sentence: {
      en: 'Orders of the category of {orderId} are excluded. Apply without it.',
      'zh-CN': '订单 {orderId} 所属类别不支持电子合同，请去掉该订单后再申请。',
    },
    where: {
      billId: {
        clause: {
          en: 'a product of the bill has no electronic contracts',
          'zh-CN': '账单内的产品不支持电子合同',
        },
        sentence: {
          en: 'Products of bill {billId} are excluded: {productCodes}. Apply without it.',
          'zh-CN': '账单 {billId} 内的产品 {productCodes} 不支持电子合同，请去掉该账单后再申请。',
        },
      },
    },
  },
  'contract.ask_offline': {
    clause: { en: 'the product has contracts on paper only', 'zh-CN': '该产品仅支持线下合同' },
    sentence: {
      en: 'Send papers for order {orderId} to {offlineAddress}, or ask support.',
      'zh-CN': '请将订单 {orderId} 的纸质材料寄至 {offlineAddress}，或联系客服。',
    },
    where: {
      billId: {
        clause: {
          en: 'a product of the bill has contracts on paper only',
          'zh-CN': '账单内的产品仅支持线下合同',
        },
        sentence: {
          en: 'Send papers for bill {billId} (it has {productCodes}) to {offlineAddress}, or ask support.',
          'zh-CN': '账单 {billId} 含 {productCodes}，请将纸质材料寄至 {offlineAddress}，或联系客服。',
        },
      },
    },
  },
  'contract.unpaid_domain': {
    clause: { en: 'no contract over this unpaid domain order', 'zh-CN': '该未付款域名订单不能申请合同' },
    sentence: {
      en:
        'Pay order {orderId} first, then apply, or print its checklist. An unpaid name may be registered by ' +
        'somebody else.',
      'zh-CN': '请先支付订单 {orderId} 再申请，或打印其业务清单。未付款的域名可能被他人注册。',
    },
  },
  'contract.marketplace_alone': {
    clause: { en: 'a marketplace order has a contract of its own', 'zh-CN': '云市场订单须单独申请合同' },
    sentence: {
      en: 'Apply for order {orderId} alone, or send papers for all of them to {offlineAddress}.',
      'zh-CN': '请单独为订单 {orderId} 申请合同，或将全部纸质材料寄至 {offlineAddress}。',
    },
  },
  'contract.entity_unknown': {
    clause: { en: 'unknown invoicing entity', 'zh-CN': '未知的开票主体' },
    sentence: {
      en: 'The provider no longer contracts for the invoicing entity of these orders or bills. Ask its support.',
      'zh-CN': '服务商已不再以这些订单或账单的开票主体签订合同，请联系客服。',
    },
  },
  'contract.several_entities': {
    clause: { en: 'several invoicing entities', 'zh-CN': '涉及多个开票主体' },
    sentence: {
      en: 'Apply for the orders and bills of each invoicing entity and currency by themselves.',
      'zh-CN': '请按开票主体和币种分别申请。',
    },
  },
  'contract.unprintable': {
    clause: { en: 'characters that no document can show', 'zh-CN': '含有合同无法显示的字符' },
    sentence: {
      en:
        'A contract cannot show {characters} (in {fields}). Correct them where they were written, or send ' +
        'papers to the provider.',
      'zh-CN': '合同无法显示 {fields} 中的字符 {characters}。请在填写处更正，或向服务商寄送纸质材料。',
    },
  },
  'contract.too_large': {
    clause: { en: 'too much for one contract', 'zh-CN': '合同内容过多' },
    sentence: {
      en: 'These orders or bills say too much together for one contract. Apply for fewer of them at a time.',
      'zh-CN': '这些订单或账单的内容合计过长，请减少每次申请的数量。',
    },
  },
  'contract.not_certified': {
    clause: { en: 'the account is not certified', 'zh-CN': '账户未实名认证' },
    sentence: {
      en: 'A contract needs the certified name of the account. Certify the account, then apply.',
      'zh-CN': '签订合同需要账户的实名认证名称，请先完成实名认证。',
    },
  },
  'contract.ask_your_provider': {
    clause: { en: 'ask your service provider', 'zh-CN': '请联系您的服务商' },
    sentence: {
      en: 'The account is a customer of {provider}; contracts are made there.',
      'zh-CN': '该账户为 {provider} 的客户，请向其申请合同。',
    },
  },
  'contract.invoice_title_mismatch': {
    clause: { en: 'the invoice title is another', 'zh-CN': '发票抬头不一致' },
    sentence: {
      en: 'The invoice title on file must equal the certified name. Correct it, then try again.',
      'zh-CN': '发票抬头必须与实名认证名称一致，请更正后重试。',
    },
  },
};
