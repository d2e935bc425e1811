import { Refusal } from './refusal.ts';

/** Expected of `If-Match: *`: whichever version there is. */
export const anyVersion = -1;

/**
 * Holds a decision to the version it was taken on (API-8).
 *
 * @param expected those that If-Match names; undefined where the caller decided on no certain version.
 * @param version the present one; undefined where there is nothing, which no expectation fits.
 * @throws Refusal `precondition` `request.version_mismatch` where the caller decided on another version.
 */
export function expectVersion(expected: readonly number[] | undefined, version: number | undefined): void {
  if (!expected) return;
  if (version !== undefined && (expected.includes(version) || expected.includes(anyVersion))) return;
  const [first, ...others] = expected.map((one) => (one === anyVersion ? '*' : one));
  throw new Refusal('precondition', 'request.version_mismatch', {
    expected: others.length > 0 ? [first, ...others] : first,
    actual: version ?? null,
  });
}
