import { colors, loadTypefaces, openPdfDocument, page, type PdfDocument } from '@accord/pdf';
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
  type SealPlace,
} from './sections.ts';
import { wordings, type Wording } from './wording.ts';

/**
 * The contract as a PDF with real text and embedded fonts (CTR-14 to CTR-19). The same content makes the same
 * bytes. A document marked official shows the seal but is not signed: only `sealDocument` makes a binding
 * contract.
 *
 * @throws RangeError where an amount or the time zone is malformed.
 */
export async function renderDocument(content: DocumentContent): Promise<Buffer> {
  const words = wordings[content.language];
  const pdf = await openPdfDocument({
    title: `${words.title[content.kind]} ${content.number}`,
    author: content.partyB.name,
    language: words.locale,
    createdAt: new Date(content.createdAt),
  });
  printHeading(pdf, content, words);
  printParties(pdf, content, words);
  printSection(pdf, words.section(1, words.services));
  pdf.paragraph(words.agreed, { size: 9 });
  pdf.y += 4;
  await printOrders(pdf, content, words);
  pdf.y += 8;
  printSection(pdf, words.section(2, words.amount));
  printAmount(pdf, content, words);
  printClauses(pdf, content, words, 3);
  const place = printSignatures(pdf, content, words);
  if (content.mark === 'official') await stampSeal(pdf, content, words, place);
  finishPages(pdf, content, words);
  return pdf.end();
}

/** The full seal on the signature page, and a slice of another on the edge of every page, in order (CTR-18). */
async function stampSeal(
  pdf: PdfDocument,
  { partyB, testSeal }: DocumentContent,
  words: Wording,
  place: SealPlace,
): Promise<void> {
  const picture = drawSeal(
    { name: partyB.name, caption: words.caption, test: testSeal },
    await loadTypefaces(),
  );
  const seal = pdf.defineGraphic('Seal', picture);
  pdf.goToPage(place.page);
  pdf.drawGraphic(seal, { x: place.x, y: place.y, scale: 1 });
  if (pdf.pageCount === 1) return;
  const scale = 0.76;
  const across = 2 * sealRadius * scale;
  const width = across / pdf.pageCount;
  for (let index = 0; index < pdf.pageCount; index += 1) {
    pdf.goToPage(index);
    const slice = { x: page.width - width, y: (page.height - across) / 2, width, height: across };
    const middle = { x: slice.x - index * width + across / 2, y: page.height / 2, scale };
    pdf.drawGraphic(seal, middle, slice);
  }
}

/** Head and foot of every page, and the document's standing: a draft, or sealed with a test key (CTR-17, CTR-22). */
function finishPages(pdf: PdfDocument, content: DocumentContent, words: Wording): void {
  const style = { size: 8, color: colors.faint };
  const line = (y: number) => ({ x: page.left, y, width: page.contentWidth });
  for (let index = 0; index < pdf.pageCount; index += 1) {
    pdf.goToPage(index);
    pdf.text([words.title[content.kind]], line(36), style);
    pdf.text([content.number], line(36), { ...style, align: 'right' });
    pdf.rule({ x: page.left, y: 52 }, { x: page.right, y: 52 });
    pdf.rule({ x: page.left, y: 795 }, { x: page.right, y: 795 });
    pdf.text([words.template + content.templateVersion], line(799), style);
    pdf.text([words.page(index + 1, pdf.pageCount)], line(799), { ...style, align: 'right' });
    const standing = content.mark === 'draft' ? words.watermark : content.testSeal ? words.testSeal : '';
    pdf.text([standing], line(36), { size: 8, weight: 'bold', color: colors.mark, align: 'center' });
    if (content.mark === 'draft') pdf.watermark(words.watermark);
  }
}
