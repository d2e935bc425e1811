import type { SignatureRoom } from '@accord/pdf';
import { serveRendering } from '@accord/pdf/pool';
import type { DocumentContent } from './content.ts';
import { renderDocument } from './document.ts';

/** A document to be rendered, as plain data. */
export interface RenderTask {
  readonly content: DocumentContent;
  readonly signature?: SignatureRoom | undefined;
}

// The file of a worker (`rendering.ts`).
serveRendering(({ content, signature }: RenderTask) => renderDocument(content, signature));
