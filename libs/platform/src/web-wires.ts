import { isPlainWire, tlsOf, type PlainWireSettings, type TlsMaterial } from '@accord/core/runtime';
import { tokenVerifier } from '@accord/http/server';
import type { PlatformSettings } from './settings.ts';

/**
 * The CA for connections to the server of `url`, of `ACCORD_<NAME>_URL` and `ACCORD_<NAME>_CA_FILE`.
 *
 * @throws Error where a plain wire is not asked for by name, or the CA is not right or of no use (API-17).
 */
export function trustFor(
  wire: 'jwks' | 'smtp' | 'tsa',
  { url, ca, ...settings }: PlainWireSettings & { readonly url: string; readonly ca: string | undefined },
): (() => TlsMaterial) | undefined {
  const name = `ACCORD_${wire.toUpperCase()}_`;
  const isPlain = url.startsWith('http:') || (url.startsWith('smtp:') && isPlainWire('smtp', settings));
  if (isPlain && !isPlainWire(wire, settings))
    throw new Error(`settings: ${name}URL is without TLS, and ACCORD_PLAIN_WIRES does not have ${wire}`);
  if (isPlain && ca !== undefined)
    throw new Error(`settings: ${name}CA_FILE is set, and ${name}URL is without TLS`);
  try {
    return ca === undefined ? undefined : tlsOf({ ca }, name);
  } catch (error) {
    throw new Error(`settings: ${(error as Error).message}`, { cause: error });
  }
}

/** The verifier of tokens. @throws Error where the way to the issuer's keys is not right. */
export function verifierFor(settings: PlatformSettings) {
  const { ACCORD_JWKS_URL: jwksUrl, ACCORD_JWKS_CA_FILE: ca } = settings;
  const tls = trustFor('jwks', { ...settings, url: jwksUrl, ca });
  return tokenVerifier({
    issuer: settings.ACCORD_TOKEN_ISSUER,
    audience: settings.ACCORD_TOKEN_AUDIENCE,
    jwksUrl,
    ...(tls && { tls }),
    lifetimeSeconds: settings.ACCORD_TOKEN_LIFETIME_SECONDS,
  });
}
