import { capitalNumerals, formatMoney } from '@accord/money';
import { colors, lineHeight, page, setFieldBox, type PdfDocument, type TextStyle } from '@accord/pdf';
import type { DocumentContent } from './content.ts';
import { timeWriter } from './order-table.ts';
import type { Wording } from './wording.ts';

const body: TextStyle = { size: 9 };
const small: TextStyle = { size: 8, color: colors.faint };
const strong: TextStyle = { size: 9.5, weight: 'bold' };
const half = page.contentWidth / 2;

export function printHeading(pdf: PdfDocument, content: DocumentContent, words: Wording): void {
  const title: TextStyle = { size: 19, weight: 'bold', align: 'center' };
  for (const line of pdf.lines(words.title[content.kind], page.contentWidth, title)) {
    pdf.text([line], { x: page.left, y: pdf.y, width: page.contentWidth }, title);
    pdf.y += lineHeight(title);
  }
  pdf.y += 6;
  const place = { x: page.left, y: pdf.y, width: page.contentWidth };
  pdf.text([words.number + content.number], place, body);
  pdf.text([words.createdAt + timeWriter(content.timeZone)(content.createdAt).slice(0, 10)], place, {
    ...body,
    align: 'right',
  });
  pdf.y += lineHeight(body) + 6;
}

/** Both parties (CTR-14) beside each other, or where that fits no page one below the other. */
export function printParties(pdf: PdfDocument, content: DocumentContent, words: Wording): void {
  const beside = setParties(pdf, content, words, half);
  const height = Math.max(...beside.map((party) => party.height));
  if (pdf.y + height <= page.bottom) {
    beside.forEach((party, index) => party.print({ x: page.left + index * half, height }));
    pdf.y += height + 10;
    return;
  }
  for (const party of setParties(pdf, content, words, page.contentWidth)) {
    pdf.ensureSpace(party.height);
    party.print({ x: page.left, height: party.height });
    pdf.y += party.height + 10;
  }
}

function setParties(
  pdf: PdfDocument,
  { partyA, partyB }: DocumentContent,
  { fields, ...words }: Wording,
  width: number,
) {
  const common = ['name', 'certificate', 'address', 'contact'] as const;
  const bank = ['bank', 'account'] as const;
  return [
    setFieldBox(pdf, {
      title: words.partyA,
      fields: common.map((field) => [fields[field], partyA[field]]),
      width,
    }),
    setFieldBox(pdf, {
      title: words.partyB,
      fields: [...common, ...bank].map((field) => [fields[field], partyB[field]]),
      width,
    }),
  ];
}

/** A heading, on one page with what its section begins with: some lines, or the sum with its note. */
export function printSection(pdf: PdfDocument, title: string): void {
  pdf.ensureSpace(lineHeight(strong) + 5 * lineHeight(body));
  pdf.paragraph(title, strong);
  pdf.y += 2;
}

/**
 * The sum in figures and, in Chinese, in capital numerals, beside each other where both fit; none where all
 * is pay as you go (CTR-14, CTR-16).
 */
export function printAmount(
  pdf: PdfDocument,
  { kind, total, rows, language }: DocumentContent,
  words: Wording,
): void {
  pdf.y += 6;
  if (total) {
    const figures = words.inFigures + formatMoney(total, words.locale);
    const capitals =
      language === 'zh-CN' && total.currency === 'CNY' ? words.inCapitals + capitalNumerals(total) : '';
    const column = { x: page.left + 8, width: page.contentWidth - 16 };
    const left = pdf.lines(capitals, column.width, strong);
    const below =
      pdf.lines(`${capitals} ${figures}`, column.width - 8, strong).length === 1
        ? 0
        : left.length * lineHeight(strong);
    const height = below + lineHeight(strong) + 10;
    pdf.ensureSpace(height + 3 + lineHeight(small));
    pdf.fillBox({ x: page.left, y: pdf.y, width: page.contentWidth, height });
    pdf.text(left, { ...column, y: pdf.y + 5 }, strong);
    pdf.text([figures], { ...column, y: pdf.y + 5 + below }, { ...strong, align: 'right' });
    pdf.y += height + 3;
    pdf.paragraph(kind === 'bill' ? words.billNote : words.cashNote, small);
    if (rows.some((row) => row.cashPayable === null)) pdf.paragraph(words.usageNote, small);
  } else {
    pdf.paragraph(words.usageOnly, body);
  }
  pdf.y += 6;
}

/** The clauses after the amount, numbered on from it (CTR-14). */
export function printClauses(
  pdf: PdfDocument,
  content: DocumentContent,
  words: Wording,
  first: number,
): void {
  const payBy = content.kind === 'payment_request' ? content.payBy : null;
  const clauses = [
    ...(payBy === null
      ? []
      : [
          {
            title: words.payment,
            text: words.payBy(`${timeWriter(content.timeZone)(payBy)} (${content.timeZone})`),
          },
        ]),
    { title: words.terms, text: '' },
    { title: words.effect, text: words.effectText },
  ];
  clauses.forEach(({ title, text }, index) => {
    printSection(pdf, words.section(first + index, title));
    if (title === words.terms) printTerms(pdf, content, words);
    else pdf.paragraph(text, body);
    pdf.y += 5;
  });
}

type Service = Pick<DocumentContent['rows'][number], 'serviceName' | 'terms'>;

/** CTR-23: a link to the terms, or the terms themselves; each with its services where they differ. */
function printTerms(pdf: PdfDocument, { rows, bills, terms }: DocumentContent, words: Wording): void {
  const all: readonly Service[] = [...rows, ...bills.flatMap(({ lines }) => lines)];
  const said = Map.groupBy(all, ({ terms: { url } }) => url);
  const services = (of: readonly Service[]) =>
    said.size === 1
      ? words.theseServices
      : [...new Set(of.map(({ serviceName }) => serviceName))].join(words.and);
  for (const [url, of] of said) {
    if (url === null) continue;
    pdf.paragraph(words.termsPublished(services(of)) + url, body);
    const line = {
      x: page.left,
      y: pdf.y - lineHeight(body),
      width: page.contentWidth,
      height: lineHeight(body),
    };
    pdf.link(line, url);
  }
  if (terms.length === 0) return;
  pdf.paragraph(words.termsIncluded(services(all.filter((one) => one.terms.included))), body);
  for (const paragraph of terms) pdf.paragraph(paragraph, body);
}

/** The page of the signatures, counted from 0, and the middle of the provider's seal on it. */
export interface SealPlace {
  readonly page: number;
  readonly x: number;
  readonly y: number;
}

/** Both signature areas on one page (CTR-14); answers the place of the provider's seal (CTR-18). */
export function printSignatures(pdf: PdfDocument, content: DocumentContent, words: Wording): SealPlace {
  const gap = 16;
  const width = (page.contentWidth - gap) / 2;
  const names = [words.sealOfA + content.partyA.name, words.sealOfB + content.partyB.name].map((text) =>
    pdf.lines(text, width, strong),
  );
  const nameHeight = Math.max(...names.map((lines) => lines.length)) * lineHeight(strong);
  /** Less than a seal: as is the custom, it reaches into name and date. */
  const area = 102;
  pdf.ensureSpace(nameHeight + area + 2 * lineHeight(body) + 18);
  pdf.y += 8;
  const left = page.left;
  const right = page.left + width + gap;
  pdf.text(names[0] ?? [], { x: left, y: pdf.y, width }, strong);
  pdf.text(names[1] ?? [], { x: right, y: pdf.y, width }, strong);
  pdf.y += nameHeight + 4;
  const top = pdf.y;
  pdf.strokeBox({ x: left, y: top, width: 150, height: area }, true);
  pdf.text([words.placeOfA], { x: left, y: top + area / 2 - 7, width: 150 }, { ...small, align: 'center' });
  pdf.y += area + 4;
  pdf.text([words.date], { x: left, y: pdf.y, width }, body);
  pdf.text([words.dateOfB], { x: right, y: pdf.y, width }, body);
  pdf.y += lineHeight(body) + 2;
  pdf.paragraph(words.nothingBack, small);
  return { page: pdf.pageCount - 1, x: right + 85, y: top + area / 2 };
}
