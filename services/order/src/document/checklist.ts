import { renderPaper, type Fields, type OrderDocument, type Rules } from './order-document.ts';
import { checklistWords } from './wording.ts';

/** ORD-20: an unpaid domain order as a business checklist: what was ordered, what it costs, and where to pay it. */
export function renderChecklist(document: OrderDocument, rules: Rules): Promise<Buffer> {
  const { order, locale } = document;
  const words = checklistWords[locale];
  const payee = rules.invoicingEntities.find(({ code }) => code === order.invoicingEntity)?.[locale];
  const fields: Fields = [
    [words.name, payee?.name ?? order.invoicingEntity],
    [words.bank, payee?.bank ?? null],
    [words.bankAccount, payee?.account ?? null],
    [words.purpose, order.orderId],
  ];
  return renderPaper(document, rules, { ...words, boxes: [[words.payee, fields]] });
}
