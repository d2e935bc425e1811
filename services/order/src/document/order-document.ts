import { setImmediate as breathe } from 'node:timers/promises';
import type { Locale } from '@accord/core';
import { durationIn, labelOf, wordOf } from '@accord/events/wording';
import { formatMoney, isZero } from '@accord/money';
import {
  openPdfDocument,
  openTable,
  page,
  printRunningLines,
  setFieldBox,
  type PdfDocument,
} from '@accord/pdf';
import type { Profile } from '@accord/profile';
import type { Order } from '../order/order.ts';
import { minuteWriter } from './minute.ts';
import { documentWords } from './wording.ts';

/** All that an order's document tells. */
export interface OrderDocument {
  readonly order: Order;
  /** The account's certified name; null where none is known. */
  readonly customer: string | null;
  /** When the order was so. */
  readonly at: Date;
  readonly locale: Locale;
}

export type Rules = Pick<Profile, 'timeZone' | 'invoicingEntities' | 'provider'>;
export type Fields = readonly (readonly [name: string, value: string | null])[];

/** Other work has its turn after so many rows. */
const rowsAtOnce = 20;

/** Tells papers about an order apart. */
interface Paper {
  readonly title: string;
  /** Stands before the order. */
  readonly warning?: string;
  /** Behind the amounts. */
  readonly boxes?: readonly (readonly [title: string, fields: Fields])[];
  /** Stands at the end. */
  readonly note: string;
}

/**
 * ORD-18: one order as a PDF with real text and embedded fonts, its times to the minute where the provider is.
 * The same order at the same moment makes the same bytes.
 */
export const renderOrder = (document: OrderDocument, rules: Rules): Promise<Buffer> =>
  renderPaper(document, rules, documentWords[document.locale]);

/** As `renderOrder`, with all that this paper says besides. */
export async function renderPaper(document: OrderDocument, rules: Rules, paper: Paper): Promise<Buffer> {
  const { order, at, locale } = document;
  const { title, warning, boxes = [], note } = paper;
  const words = documentWords[locale];
  const write = minuteWriter(rules.timeZone);
  const pdf = await openPdfDocument({
    title: `${title} ${order.orderId}`,
    author: rules.provider[locale].name,
    language: locale,
    createdAt: at,
  });
  printTitle(pdf, title, `${words.printedAt}${write(at)} (${rules.timeZone})`);
  if (warning) pdf.paragraph(warning, { size: 9.5, weight: 'bold' });
  printBox(pdf, words.order, orderFields(document, write));
  printBox(pdf, words.product, productFields(document, rules, write));
  printBox(pdf, words.amounts, amountFields(document));
  for (const [head, fields] of boxes) printBox(pdf, head, fields);
  await printConfiguration(pdf, document);
  await printRests(pdf, document, write);
  await printInstances(pdf, document, write);
  pdf.y += 6;
  pdf.paragraph(`${words.zone(rules.timeZone)} ${note}`, { size: 8 });
  printRunningLines(pdf, {
    head: [title, order.orderId],
    foot: (number, pages) => [rules.provider[locale].name, words.page(number, pages)],
  });
  return pdf.end();
}

function printTitle(pdf: PdfDocument, title: string, below: string): void {
  const place = { x: page.left, width: page.contentWidth };
  pdf.text([title], { ...place, y: pdf.y }, { size: 19, weight: 'bold', align: 'center' });
  pdf.y += 34;
  pdf.text([below], { ...place, y: pdf.y }, { size: 9, align: 'right' });
  pdf.y += 20;
}

function printBox(pdf: PdfDocument, title: string, fields: Fields): void {
  const box = setFieldBox(pdf, { title, fields });
  pdf.ensureSpace(box.height);
  box.print({ x: page.left, height: box.height });
  pdf.y += box.height + 10;
}

type Writer = (moment: Date) => string;

const labelsIn = (locale: Locale) => (fact: string, value: string) => labelOf(fact, value, locale);

function orderFields({ order, customer, locale }: OrderDocument, write: Writer): Fields {
  const { fields } = documentWords[locale];
  const label = labelsIn(locale);
  const times = (['payBy', 'paidAt', 'cancelledAt', 'voidedAt'] as const).flatMap((name) => {
    const moment = order[name];
    return moment ? [[fields[name], write(moment)] as const] : [];
  });
  return [
    [fields.orderId, order.orderId],
    [fields.customer, customer],
    [fields.account, order.accountId],
    [fields.orderType, label('orderType', order.orderType)],
    [fields.status, label('status', order.status)],
    [fields.fulfilment, label('fulfilment', order.fulfilment)],
    [fields.refundState, label('refundState', order.refundState)],
    [fields.createdAt, write(order.createdAt)],
    ...times,
  ];
}

function productFields(
  { order, locale }: OrderDocument,
  { invoicingEntities }: Rules,
  write: Writer,
): Fields {
  const { fields } = documentWords[locale];
  const label = labelsIn(locale);
  const { duration, unitPrice, servicePeriod, serviceType, invoicingEntity, plan, planChange } = order;
  const seller = invoicingEntities.find(({ code }) => code === invoicingEntity)?.[locale].name;
  const period = servicePeriod && `${write(servicePeriod.start)} – ${write(servicePeriod.end)}`;
  return [
    [fields.product, `${order.productName[locale]} (${order.productCode})`],
    [fields.seller, seller ?? invoicingEntity],
    ...(planChange?.from ? [[fields.planBefore, planChange.from] as const] : []),
    ...(plan ? [[fields.plan, `${plan.name[locale]} (${plan.code})`] as const] : []),
    ...(serviceType ? [[fields.serviceType, label('serviceType', serviceType)] as const] : []),
    [fields.billType, label('billType', order.billType)],
    [fields.chargeType, label('chargeType', order.chargeType)],
    [fields.count, String(order.count)],
    [fields.duration, duration && durationIn(locale, duration)],
    [
      fields.unitPrice,
      `${unitPrice.amount} ${unitPrice.currency} / ${wordOf('unit', unitPrice.unit, locale)}`,
    ],
    [fields.servicePeriod, period],
  ];
}

function amountFields({ order, locale }: OrderDocument): Fields {
  const { fields } = documentWords[locale];
  const shownIfAny = ['voucherPaid', 'cashReturned'] as const;
  const named = ['productAmount', 'discountAmount', 'payableAmount', 'cashPaid', ...shownIfAny] as const;
  return named
    .filter((name) => !shownIfAny.some((one) => one === name && isZero(order[one])))
    .map((name) => [fields[name], order[name] && formatMoney(order[name], locale)]);
}

async function printConfiguration(pdf: PdfDocument, { order, locale }: OrderDocument): Promise<void> {
  const words = documentWords[locale];
  const [name, value] = words.configurationColumns;
  await printTable(pdf, words.configuration, {
    columns: [
      { title: name, width: 150 },
      { title: value, width: page.contentWidth - 150 },
    ],
    rows: order.configuration.map((item) => [item.name, item.value]),
  });
}

/** ORD-24: the rest that a change of plan is for, which its price follows from. */
async function printRests(pdf: PdfDocument, { order, locale }: OrderDocument, write: Writer): Promise<void> {
  const words = documentWords[locale];
  await printTable(pdf, words.rests, {
    columns: words.restColumns.map((title, at) => ({ title, width: widths[at]! })),
    rows: (order.planChange?.rest ?? []).map((rest) => [
      rest.instanceId,
      write(new Date(rest.start)),
      write(new Date(rest.end)),
      words.left(rest),
      `${rest.priceBefore} → ${rest.priceAfter} ${order.unitPrice.currency}`,
    ]),
  });
}

/** Of the tables of instances. */
const widths = [160, 90, 90, 65, 100.28];

async function printInstances(
  pdf: PdfDocument,
  { order, locale }: OrderDocument,
  write: Writer,
): Promise<void> {
  const words = documentWords[locale];
  const refunded = new Set(order.refundedInstanceIds);
  const known = new Map(order.instances.map((instance) => [instance.instanceId, instance]));
  const ids = [...new Set([...order.instanceIds, ...known.keys()])];
  await printTable(pdf, words.instances, {
    columns: words.instanceColumns.map((title, at) => ({ title, width: widths[at]! })),
    rows: ids.map((id) => {
      const { start = null, end = null, region = null, ipAddress = null } = known.get(id) ?? {};
      const times = [start, end].map((moment) => (moment ? write(moment) : dash));
      return [refunded.has(id) ? words.refunded(id) : id, ...times, region ?? dash, ipAddress ?? dash];
    }),
  });
}

const dash = '—';

/** Nothing where there are no rows. Lets other work run between them. */
async function printTable(
  pdf: PdfDocument,
  title: string,
  { columns, rows }: { columns: Parameters<typeof openTable>[1]; rows: readonly (readonly string[])[] },
): Promise<void> {
  if (rows.length === 0) return;
  pdf.ensureSpace(70);
  pdf.paragraph(title, { size: 9.5, weight: 'bold' });
  pdf.y += 2;
  const table = openTable(pdf, columns);
  for (const [index, row] of rows.entries()) {
    table.print({ cells: row.map((text, column) => table.lines(column, [text])) });
    if (index % rowsAtOnce === rowsAtOnce - 1) await breathe();
  }
  pdf.y += 8;
}
