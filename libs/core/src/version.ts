import { Refusal } from './refusal.ts';

/** Expected of `If-Match: *`: whichever version there is. */
export const anyVersion = -1;

/**
 * Holds a decision to the version it was taken on (API-8).
 *
 * @param expected undefined where the caller decided on no certain version.
 * @param version the present one; undefined where there is nothing, which no expectation fits.
 * @throws Refusal `precondition` `request.version_mismatch` where the caller decided on another version.
 */
export function expectVersion(expected: number | undefined, version: number | undefined): void {
  if (expected === undefined || (version !== undefined && (expected === anyVersion || expected === version)))
    return;
  throw new Refusal('precondition', 'request.version_mismatch', {
    expected: expected === anyVersion ? '*' : expected,
    actual: version ?? null,
  });
}
