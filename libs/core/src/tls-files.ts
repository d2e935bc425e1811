import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { renewedBy, type Renewed } from './renewed.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  /** Certificates of those who may sign the other side's; absent: those that Node knows. */
  readonly ca?: string | undefined;
  /** Of this side, with those that lead to its CA; and its private key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** As `tls.connect` takes them. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function checkCertificates(pem: string): void {
  const found = pem.match(certificates) ?? [];
  if (found.length === 0) throw new Error('has no certificate in PEM');
  found.forEach((one) => new X509Certificate(one));
}

function readTls({ ca, certificate, key }: TlsFiles, prefix: string): TlsMaterial {
  const step = <T>(setting: string, work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw new Error(`${prefix}${setting}: ${(cause as Error).message}`, { cause });
    }
  };
  const read = (setting: string, path: string | undefined) =>
    path === undefined ? undefined : step(setting, () => readFileSync(path, 'utf8'));
  const [trusted, cert] = [read('CA_FILE', ca), read('CERTIFICATE_FILE', certificate)];
  const secret = read('KEY_FILE', key);
  if (trusted !== undefined) step('CA_FILE', () => checkCertificates(trusted));
  if (cert !== undefined) step('CERTIFICATE_FILE', () => checkCertificates(cert));
  if (cert === undefined && secret === undefined) return trusted === undefined ? {} : { ca: trusted };
  if (cert === undefined) throw new Error(`${prefix}CERTIFICATE_FILE is missing`);
  if (secret === undefined) throw new Error(`${prefix}KEY_FILE is missing`);
  try {
    createSecureContext({ cert, key: secret });
  } catch (cause) {
    throw new Error(`${prefix}KEY_FILE is not the key of the certificate`, { cause });
  }
  return { ...(trusted !== undefined && { ca: trusted }), cert, key: secret };
}

/**
 * The files as they are now, or as they last were right; the same object as long as nothing in them changes. A
 * certificate is taken together with its key alone, however far the replacing of the two has come.
 *
 * @param prefix of the settings that name the files: `ACCORD_KAFKA_`.
 * @throws Error where they are not right now; it names the setting, and says nothing of what is in the file.
 */
export function tlsOf(files: TlsFiles, prefix: string): Renewed<TlsMaterial> {
  const first = readTls(files, prefix);
  let last = first;
  return renewedBy(() => {
    const next = readTls(files, prefix);
    const same = next.ca === last.ca && next.cert === last.cert && next.key === last.key;
    if (!same) last = next;
    return last;
  }, first);
}
