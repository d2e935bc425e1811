import { tlsFilesOf, tlsOf, type Renewed, type TlsMaterial } from '@accord/core/runtime';

/** The URL of a database and a role; or what says it anew for each connection, with the password of now. */
export type DatabaseAddress = string | Renewed<string>;

/** A connection's own part of its configuration. */
interface ConnectionPoint {
  readonly connectionString: string;
  readonly ssl?: TlsMaterial & { readonly rejectUnauthorized: true };
}

/** By their paths: a certificate whose key is being replaced is read as it was. */
const materials = new Map<string, Renewed<TlsMaterial>>();

/**
 * The URL of now. Its files are read by us: the driver would take a new certificate with the key of the old one.
 *
 * @throws Error where a file that it names was never right.
 */
export function connectionPoint(address: string): ConnectionPoint {
  if (!URL.canParse(address)) return { connectionString: address };
  const url = new URL(address);
  if (url.searchParams.get('sslmode') !== 'verify-full') return { connectionString: address };
  const files = tlsFilesOf(url);
  const place = JSON.stringify(files);
  const material = materials.get(place) ?? tlsOf(files, 'ACCORD_DATABASE_');
  materials.set(place, material);
  for (const word of ['sslmode', 'sslrootcert', 'sslcert', 'sslkey']) url.searchParams.delete(word);
  return { connectionString: url.href, ssl: { ...material(), rejectUnauthorized: true } };
}

export const urlOf = (address: DatabaseAddress): string =>
  typeof address === 'string' ? address : address();

/** Of the server: a wrong password, or a role that may not log in so. */
const refusals = new Set(['28P01', '28000']);

/**
 * True where the server refused this URL and there is another one now: it does not know the new password yet, or no
 * more the one before.
 */
export const isRefused = (address: DatabaseAddress, error: unknown, url: string | undefined): boolean =>
  typeof address !== 'string' &&
  url !== undefined &&
  refusals.has((error as { code?: string }).code ?? '') &&
  address.refused(url);
