import { z } from 'zod';
import type { Locale } from '@accord/core';
import type { Order } from '../order/order.ts';

// A warning is allowed and yet to be known: answers carry it with its remedy.

export const OrderWarning = z
  .object({
    code: z.enum(['order.domain_not_reserved']),
    remedy: z.enum(['pay_soon']),
    text: z.string().meta({ description: 'In the language of Accept-Language.' }),
  })
  .meta({ id: 'OrderWarning' });

const domainNotReserved: Readonly<Record<Locale, string>> = {
  en: 'Until the order is paid, the domain name is not reserved: somebody else may register it. Pay soon.',
  'zh-CN': '订单付款之前，域名不会为您保留，可能被他人注册。请尽快付款。',
};

/** ORD-20. */
export const orderWarnings = (
  { status, productForm }: Pick<Order, 'status' | 'productForm'>,
  locale: Locale,
): z.input<typeof OrderWarning>[] =>
  status === 'unpaid' && productForm === 'domain'
    ? [{ code: 'order.domain_not_reserved', remedy: 'pay_soon', text: domainNotReserved[locale] }]
    : [];
