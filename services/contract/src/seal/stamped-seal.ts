import type { Logger } from 'pino';
import type { DocumentContent } from '../document/content.ts';
import type { Rendering } from '../document/rendering.ts';
import { OutsideFailed } from './outside.ts';
import type { SealKey } from './seal-key.ts';
import { sealDocument } from './sign-document.ts';
import type { TimeStampAuthority } from './time-stamp-authority.ts';

interface Sealer {
  readonly sealKey: SealKey;
  readonly timeStamps?: TimeStampAuthority | undefined;
  readonly rendering: Pick<Rendering, 'toSeal'>;
}

export const isForStamp = (error: unknown): error is OutsideFailed =>
  error instanceof OutsideFailed && error.outside === 'time stamp authority';

/**
 * The official contract with its time stamp, where there is an authority for them; without one, which is told, where
 * the authority is away and the profile lets it be sealed so by now (CTR-37).
 *
 * @throws Error as `sealDocument`
 */
export async function sealStamped(
  content: DocumentContent,
  { sealKey, timeStamps, rendering: { toSeal: render } }: Sealer,
  { at, mayLackStamp, log }: { at: Date; mayLackStamp: boolean; log: Pick<Logger, 'warn'> },
): Promise<{ file: Buffer; sha256: string }> {
  if (!timeStamps) return sealDocument(content, sealKey, at, { render });
  try {
    timeStamps.expectBack();
    return await sealDocument(content, sealKey, at, { render, stamp: timeStamps.stamp });
  } catch (error) {
    if (!mayLackStamp || !isForStamp(error)) throw error;
    const sealed = await sealDocument(content, sealKey, at, { render });
    timeStamps.leftOut();
    const { number } = content;
    log.warn({ number, reason: error.message }, 'a contract is sealed without a time stamp');
    return sealed;
  }
}
