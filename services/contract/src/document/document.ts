import {
  colors,
  loadTypefaces,
  openPdfDocument,
  page,
  printRunningLines,
  type PdfDocument,
  type SignatureRoom,
} from '@accord/pdf';
import { printBills } from './bill-table.ts';
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
 * contract. With `signature` it keeps room for one.
 *
 * @throws RangeError where an amount or the time zone is malformed.
 */
export async function renderDocument(content: DocumentContent, signature?: SignatureRoom): Promise<Buffer> {
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
  await (content.kind === 'bill' ? printBills : printOrders)(pdf, content, words);
  pdf.y += 8;
  printSection(pdf, words.section(2, words.amount));
  printAmount(pdf, content, words);
  printClauses(pdf, content, words, 3);
  const place = printSignatures(pdf, content, words);
  if (content.mark === 'official') await stampSeal(pdf, content, words, place);
  finishPages(pdf, content, words);
  if (signature) pdf.keepSignature(signature);
  return pdf.end();
}

/** A slice of the seal is 3 mm wide at least: over more pages it is cut from several seals. */
const mostSlices = 10;
const sliceScale = 0.76;

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
  const { pageCount } = pdf;
  if (pageCount === 1) return;
  const seals = Math.ceil(pageCount / mostSlices);
  for (let index = 0; index < seals; index += 1) {
    const [first, end] = [index, index + 1].map((part) => Math.floor((part * pageCount) / seals)) as [
      number,
      number,
    ];
    cutSeal(pdf, seal, { first, end, label: seals > 1 ? words.sliced(first + 1, end) : [] });
  }
}

/** One seal over the edges of some pages, counted from 0 and without `end`, with a label below each slice. */
function cutSeal(
  pdf: PdfDocument,
  seal: ReturnType<PdfDocument['defineGraphic']>,
  { first, end, label }: { first: number; end: number; label: readonly string[] },
): void {
  const across = 2 * sealRadius * sliceScale;
  const width = across / (end - first);
  const top = (page.height - across) / 2;
  for (let index = first; index < end; index += 1) {
    pdf.goToPage(index);
    const slice = { x: page.width - width, y: top, width, height: across };
    const left = slice.x - (index - first) * width;
    pdf.drawGraphic(seal, { x: left + across / 2, y: page.height / 2, scale: sliceScale }, slice);
    const place = { x: page.right, y: top + across + 2, width: page.width - page.right - 3 };
    pdf.text(label, place, { size: 5.5, color: colors.faint, align: 'right' });
  }
}

/** Head and foot of every page, and the document's standing: a draft, or sealed with a test key (CTR-17, CTR-22). */
function finishPages(pdf: PdfDocument, content: DocumentContent, words: Wording): void {
  const isDraft = content.mark === 'draft';
  printRunningLines(pdf, {
    head: [words.title[content.kind], content.number],
    mark: isDraft ? words.watermark : content.testSeal ? words.testSeal : '',
    foot: (page, pages) => [words.template + content.templateVersion, words.page(page, pages)],
  });
  for (let index = 0; isDraft && index < pdf.pageCount; index += 1) {
    pdf.goToPage(index);
    pdf.watermark(words.watermark);
  }
}
