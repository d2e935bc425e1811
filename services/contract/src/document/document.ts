import { ink, loadFaces, openPaper, sheet, type Paper } from '@accord/pdf';
import type { DocumentContent } from './content.ts';
import { printOrders } from './order-table.ts';
import { drawSeal, sealRadius } from './seal-picture.ts';
import {
  printAmount,
  printClauses,
  printHeading,
  printParties,
  printSection,
  printSignatures,
} from './sections.ts';
import { wordings, type Wording } from './wording.ts';

export type { DocumentContent, DocumentRow, RowPeriod } from './content.ts';

/**
 * The contract as a PDF with real text and embedded fonts (CTR-14 to CTR-19). The same content makes the same
 * bytes. What is marked official shows the seal but is not signed: only `sealDocument` makes a contract that
 * counts.
 *
 * @throws RangeError where an amount or the time zone is malformed.
 */
export async function renderDocument(content: DocumentContent): Promise<Buffer> {
  const words = wordings[content.language];
  const paper = await openPaper({
    title: `${words.title[content.kind]} ${content.number}`,
    author: content.partyB.name,
    language: words.locale,
    createdAt: new Date(content.createdAt),
  });
  printHeading(paper, content, words);
  printParties(paper, content, words);
  printSection(paper, words.section(1, words.services));
  paper.paragraph(words.agreed, { size: 9 });
  paper.y += 4;
  await printOrders(paper, content, words);
  paper.y += 8;
  printSection(paper, words.section(2, words.amount));
  printAmount(paper, content, words);
  printClauses(paper, content, words, 3);
  const seat = printSignatures(paper, content, words);
  if (content.mark === 'official') await stampSeal(paper, content, words, seat);
  finishPages(paper, content, words);
  return paper.close();
}

/**
 * The full seal on the signature page, and a slice of one more on the edge of every page, left to right
 * (CTR-18).
 */
async function stampSeal(
  paper: Paper,
  content: DocumentContent,
  words: Wording,
  seat: { page: number; x: number; y: number },
): Promise<void> {
  const picture = drawSeal(
    { name: content.partyB.name, caption: words.caption, test: content.testSeal },
    await loadFaces(),
  );
  const seal = paper.engrave(picture);
  paper.back(seat.page);
  paper.stamp(seal, { x: seat.x, y: seat.y, scale: 1 });
  const pages = paper.pages;
  if (pages === 1) return;
  const scale = 0.76;
  const across = 2 * sealRadius * scale;
  const slice = across / pages;
  for (let page = 0; page < pages; page += 1) {
    paper.back(page);
    const box = { x: sheet.width - slice, y: (sheet.height - across) / 2, width: slice, height: across };
    paper.stamp(seal, { x: box.x - page * slice + across / 2, y: sheet.height / 2, scale }, box);
  }
}

/**
 * Head and foot of every page, and what the document is: a draft, or sealed with a test key (CTR-17, CTR-22).
 */
function finishPages(paper: Paper, content: DocumentContent, words: Wording): void {
  const pages = paper.pages;
  const style = { size: 8, color: ink.faint };
  const line = (y: number) => ({ x: sheet.left, y, width: sheet.inner });
  for (let page = 0; page < pages; page += 1) {
    paper.back(page);
    paper.print([words.title[content.kind]], line(36), style);
    paper.print([content.number], line(36), { ...style, align: 'right' });
    paper.rule({ x: sheet.left, y: 52 }, { x: sheet.right, y: 52 });
    paper.rule({ x: sheet.left, y: 795 }, { x: sheet.right, y: 795 });
    paper.print([words.template + content.templateVersion], line(799), style);
    paper.print([words.page(page + 1, pages)], line(799), { ...style, align: 'right' });
    const said = content.mark === 'draft' ? words.watermark : content.testSeal ? words.testSeal : '';
    paper.print([said], line(36), { size: 8, weight: 'strong', color: ink.mark, align: 'center' });
    if (content.mark === 'draft') paper.watermark(words.watermark);
  }
}
