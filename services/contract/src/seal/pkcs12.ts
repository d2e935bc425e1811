import { createPrivateKey, type KeyObject } from 'node:crypto';
import { OctetString } from 'asn1js';
import {
  CertBag,
  ContentInfo,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  type SafeBag,
  type SafeContents,
} from 'pkijs';

/**
 * The private key and the certificates of a PKCS#12 file, as `openssl pkcs12 -export` of OpenSSL 3 writes
 * them (PBES2; not the RC2 and 3DES of older tools).
 *
 * @throws Error where the password is wrong, the file is damaged or encrypted in an old way, or it holds no
 * private key.
 */
export async function readPkcs12(
  file: Buffer,
  password: string,
): Promise<{ key: KeyObject; certificates: Buffer[] }> {
  try {
    const secret = new Uint8Array(Buffer.from(password)).buffer;
    const bags = (await openSafes(file, secret)).map(({ bagValue }) => bagValue);
    const certificates = bags.flatMap((bag) =>
      bag instanceof CertBag && bag.certValue instanceof OctetString ? [bytesOf(bag.certValue)] : [],
    );
    const [key] = await Promise.all(
      bags.flatMap((bag) =>
        bag instanceof PrivateKeyInfo || bag instanceof PKCS8ShroudedKeyBag ? [openKey(bag, secret)] : [],
      ),
    );
    if (!key) throw new Error('it holds no private key');
    return { key, certificates };
  } catch (cause) {
    throw new Error(
      `seal key: the PKCS#12 file cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

async function openSafes(file: Buffer, password: ArrayBuffer): Promise<SafeBag[]> {
  const pfx = PFX.fromBER(file);
  await pfx.parseInternalValues({ password, checkIntegrity: true });
  const safes = pfx.parsedValue?.authenticatedSafe;
  if (!safes) throw new Error('it is empty');
  const secrets = safes.safeContents.map(({ contentType }) =>
    contentType === ContentInfo.ENCRYPTED_DATA ? { password } : {},
  );
  await safes.parseInternalValues({ safeContents: secrets });
  const opened = safes.parsedValue as { safeContents: { value: SafeContents }[] };
  return opened.safeContents.flatMap(({ value }) => value.safeBags);
}

async function openKey(bag: PrivateKeyInfo | PKCS8ShroudedKeyBag, password: ArrayBuffer): Promise<KeyObject> {
  if (bag instanceof PKCS8ShroudedKeyBag) {
    const shrouded = bag as PKCS8ShroudedKeyBag & {
      parseInternalValues(parameters: { password: ArrayBuffer }): Promise<void>;
    };
    await shrouded.parseInternalValues({ password });
  }
  const info = bag instanceof PKCS8ShroudedKeyBag ? bag.parsedValue : bag;
  if (!info) throw new Error('its private key cannot be read');
  return createPrivateKey({ key: Buffer.from(info.toSchema().toBER()), format: 'der', type: 'pkcs8' });
}

const bytesOf = (octets: OctetString): Buffer => Buffer.from(octets.getValue());
