import { isPlainWire } from './plain-wires.ts';
import { tlsOf, type TlsFiles } from './tls-files.ts';

type Read = (name: string) => string | undefined;

/** Of `sslmode`: without TLS, or without a look at the server's certificate. */
const unverified = new Set(['disable', 'no-verify']);

/** A file of the role's own, else that of `ACCORD_DATABASE_…`. A certificate is not joined to another's key. */
function filesOf(prefix: string, read: Read) {
  const hasPair = read(`${prefix}CERTIFICATE_FILE`) ?? read(`${prefix}KEY_FILE`);
  const pairOf = hasPair === undefined ? 'ACCORD_DATABASE_' : prefix;
  const caOf = read(`${prefix}CA_FILE`) === undefined ? 'ACCORD_DATABASE_' : prefix;
  return [
    { setting: `${caOf}CA_FILE`, word: 'sslrootcert' },
    { setting: `${pairOf}CERTIFICATE_FILE`, word: 'sslcert' },
    { setting: `${pairOf}KEY_FILE`, word: 'sslkey' },
  ].flatMap(({ setting, word }) => {
    const path = read(setting);
    return path === undefined ? [] : [{ setting, word, path }];
  });
}

/**
 * The address with libpq's words for TLS, as its settings and `ACCORD_PLAIN_WIRES` say: `sslmode=verify-full`, and
 * the paths of the role's files. An address that has an `sslmode` of its own keeps it.
 *
 * @throws Error where a file is not right, or a plain wire is not asked for by name (API-17).
 */
export function databaseTls(name: string, given: URL, read: Read): URL {
  const url = new URL(given);
  const prefix = name.slice(0, -'URL'.length);
  const files = filesOf(prefix, read);
  const mode = url.searchParams.get('sslmode');
  const mayBePlain = isPlainWire('postgres', {
    ACCORD_ENV: read('ACCORD_ENV'),
    ACCORD_PLAIN_WIRES: read('ACCORD_PLAIN_WIRES'),
  });
  if (mode !== null && unverified.has(mode) && !mayBePlain)
    throw new Error(`${name}: sslmode=${mode} needs postgres in ACCORD_PLAIN_WIRES`);
  if (mode === null ? mayBePlain : unverified.has(mode)) {
    if (files[0]) throw new Error(`${files[0].setting} is set, and ACCORD_PLAIN_WIRES has postgres`);
    return url;
  }
  url.searchParams.set('sslmode', 'verify-full');
  for (const { word, path } of files) if (!url.searchParams.has(word)) url.searchParams.set(word, path);
  tlsOf(tlsFilesOf(url), prefix);
  return url;
}

/** The files that an address names in libpq's words. */
export const tlsFilesOf = ({ searchParams }: URL): TlsFiles => ({
  ca: searchParams.get('sslrootcert') ?? undefined,
  certificate: searchParams.get('sslcert') ?? undefined,
  key: searchParams.get('sslkey') ?? undefined,
});
