import { capitalNumerals, formatMoney } from '@accord/money';
import { ink, lineHeight, sheet, type Paper, type TextStyle } from '@accord/pdf';
import type { DocumentContent } from './content.ts';
import { timeWriter } from './order-table.ts';
import type { Wording } from './wording.ts';

const body: TextStyle = { size: 9 };
const small: TextStyle = { size: 8, color: ink.faint };
const strong: TextStyle = { size: 9.5, weight: 'strong' };
const half = sheet.inner / 2;

export function printHeading(paper: Paper, content: DocumentContent, words: Wording): void {
  const title: TextStyle = { size: 19, weight: 'strong', align: 'center' };
  for (const line of paper.lines(words.title[content.kind], sheet.inner, title)) {
    paper.print([line], { x: sheet.left, y: paper.y, width: sheet.inner }, title);
    paper.y += lineHeight(title);
  }
  paper.y += 6;
  const place = { x: sheet.left, y: paper.y, width: sheet.inner };
  paper.print([words.number + content.number], place, body);
  paper.print([words.createdAt + timeWriter(content.timeZone)(content.createdAt).slice(0, 10)], place, {
    ...body,
    align: 'right',
  });
  paper.y += lineHeight(body) + 6;
}

/** Both parties beside each other (CTR-14). */
export function printParties(paper: Paper, { partyA, partyB }: DocumentContent, words: Wording): void {
  const fields = words.fields;
  const common = ['name', 'certificate', 'address', 'contact'] as const;
  const ofA = common.map((field) => [fields[field], partyA[field]] as const);
  const ofB = [...common, 'bank' as const, 'account' as const].map(
    (field) => [fields[field], partyB[field]] as const,
  );
  const label = { ...small, size: 8.5 };
  const value: TextStyle = { size: 8.5 };
  const labelWidth =
    Math.max(...[...ofA, ...ofB].map(([name]) => name.length)) * (words.locale === 'en' ? 5 : 8.5) + 10;
  const head = lineHeight(strong) + 8;
  const top = paper.y;
  let bottom = top;
  const column = (title: string, rows: typeof ofB | typeof ofA, x: number) => {
    paper.print([title], { x: x + 8, y: top + 4, width: half - 16 }, strong);
    let y = top + head + 5;
    for (const [name, text] of rows) {
      const lines = paper.lines(text ?? '—', half - labelWidth - 16, value);
      paper.print([name], { x: x + 8, y, width: labelWidth }, label);
      paper.print(lines, { x: x + 8 + labelWidth, y, width: half - labelWidth - 16 }, value);
      y += lines.length * lineHeight(value) + 1;
    }
    bottom = Math.max(bottom, y + 4);
  };
  paper.fill({ x: sheet.left, y: top, width: sheet.inner, height: head });
  column(words.partyA, ofA, sheet.left);
  column(words.partyB, ofB, sheet.left + half);
  paper.frame({ x: sheet.left, y: top, width: sheet.inner, height: bottom - top });
  paper.rule({ x: sheet.left + half, y: top }, { x: sheet.left + half, y: bottom });
  paper.rule({ x: sheet.left, y: top + head }, { x: sheet.right, y: top + head });
  paper.y = bottom + 10;
}

export function printSection(paper: Paper, title: string): void {
  paper.need(lineHeight(strong) + 2 * lineHeight(body));
  paper.paragraph(title, strong);
  paper.y += 2;
}

/**
 * The sum in figures and, in Chinese, in capital numerals, beside each other where both fit; none where all
 * is pay as you go (CTR-14, CTR-16).
 */
export function printAmount(paper: Paper, { total, rows, language }: DocumentContent, words: Wording): void {
  paper.y += 6;
  if (total) {
    const figures = words.inFigures + formatMoney(total, words.locale);
    const capitals =
      language === 'zh' && total.currency === 'CNY' ? words.inCapitals + capitalNumerals(total) : '';
    const column = { x: sheet.left + 8, width: sheet.inner - 16 };
    const left = paper.lines(capitals, column.width, strong);
    const below =
      paper.lines(`${capitals} ${figures}`, column.width - 8, strong).length === 1
        ? 0
        : left.length * lineHeight(strong);
    const height = below + lineHeight(strong) + 10;
    paper.need(height);
    paper.fill({ x: sheet.left, y: paper.y, width: sheet.inner, height });
    paper.print(left, { ...column, y: paper.y + 5 }, strong);
    paper.print([figures], { ...column, y: paper.y + 5 + below }, { ...strong, align: 'right' });
    paper.y += height + 3;
    paper.paragraph(words.cashNote, small);
    if (rows.some((row) => row.cashPayable === null)) paper.paragraph(words.usageNote, small);
  } else {
    paper.paragraph(words.usageOnly, body);
  }
  paper.y += 6;
}

/** What follows the amount, numbered on from it; the terms as a link (CTR-14, CTR-23). */
export function printClauses(paper: Paper, content: DocumentContent, words: Wording, first: number): void {
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
    { title: words.terms, text: words.termsText + content.termsUrl, url: content.termsUrl },
    { title: words.effect, text: words.effectText },
  ];
  clauses.forEach(({ title, text, ...more }, index) => {
    printSection(paper, words.section(first + index, title));
    paper.paragraph(text, body);
    if ('url' in more) {
      paper.link(
        { x: sheet.left, y: paper.y - lineHeight(body), width: sheet.inner, height: lineHeight(body) },
        content.termsUrl,
      );
    }
    paper.y += 5;
  });
}

/**
 * Both signature areas on one page; answers where the middle of the provider's seal goes (CTR-14, CTR-18).
 */
export function printSignatures(
  paper: Paper,
  content: DocumentContent,
  words: Wording,
): { page: number; x: number; y: number } {
  const gap = 16;
  const width = (sheet.inner - gap) / 2;
  const names = [words.sealOfA + content.partyA.name, words.sealOfB + content.partyB.name].map((text) =>
    paper.lines(text, width, strong),
  );
  const nameHeight = Math.max(...names.map((lines) => lines.length)) * lineHeight(strong);
  /** Less than a seal: as is the custom, it reaches into name and date. */
  const area = 102;
  paper.need(nameHeight + area + 2 * lineHeight(body) + 18);
  paper.y += 8;
  const left = sheet.left;
  const right = sheet.left + width + gap;
  paper.print(names[0] ?? [], { x: left, y: paper.y, width }, strong);
  paper.print(names[1] ?? [], { x: right, y: paper.y, width }, strong);
  paper.y += nameHeight + 4;
  const top = paper.y;
  paper.frame({ x: left, y: top, width: 150, height: area }, true);
  paper.print(
    [words.placeOfA],
    { x: left, y: top + area / 2 - 7, width: 150 },
    { ...small, align: 'center' },
  );
  paper.y += area + 4;
  paper.print([words.date], { x: left, y: paper.y, width }, body);
  paper.print([words.dateOfB], { x: right, y: paper.y, width }, body);
  paper.y += lineHeight(body) + 2;
  paper.paragraph(words.nothingBack, small);
  return { page: paper.pages - 1, x: right + 85, y: top + area / 2 };
}
