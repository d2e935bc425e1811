import { createPublicKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { BitString, Integer, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthenticatedSafe,
  BasicConstraints,
  CertBag,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  PublicKeyInfo,
  SafeBag,
  SafeContents,
  Time,
} from 'pkijs';

// Keys, certificates and PKCS#12 files as providers of seals might mount them, good and bad ones.

export interface Issued {
  readonly name: string;
  readonly key: KeyObject;
  readonly certificate: Buffer;
}

export interface Wanted {
  readonly name?: string;
  readonly key?: KeyObject;
  /** Default: itself. */
  readonly issuer?: Issued;
  readonly from?: string;
  readonly to?: string;
  readonly ca?: boolean;
  /** Authorities that an authority may have between it and a signer; absent: any number. */
  readonly mostBelow?: number;
  /** The first byte of the key usage; null: none. Default: digital signature and non-repudiation. */
  readonly usage?: number | null;
  readonly extendedUses?: readonly string[];
  /** Whether the extended uses are critical. Default: not. */
  readonly critical?: boolean;
  readonly dnsNames?: readonly string[];
  /** Default: SHA-256. */
  readonly digest?: 'SHA-1' | 'SHA-256';
}

export const ecKey = (namedCurve = 'P-256'): KeyObject =>
  generateKeyPairSync('ec', { namedCurve }).privateKey;
export const rsaKey = (modulusLength = 2048): KeyObject =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey;

/** A certificate for a key; an EC key on P-256 unless another is given. The issuer's key is one of P-256 or RSA. */
export async function issue(wanted: Wanted = {}): Promise<Issued> {
  const { name = 'Example Seal', key = ecKey(), issuer, digest = 'SHA-256' } = wanted;
  const certificate = new Certificate({
    version: 2,
    serialNumber: Integer.fromBigInt(BigInt(`0x01${randomBytes(15).toString('hex')}`)),
    notBefore: new Time({ value: new Date(wanted.from ?? '2020-01-01T00:00:00Z') }),
    notAfter: new Time({ value: new Date(wanted.to ?? '2049-01-01T00:00:00Z') }),
    extensions: extensionsOf(wanted),
  });
  certificate.subject.typesAndValues.push(commonName(name));
  certificate.issuer.typesAndValues.push(commonName(issuer?.name ?? name));
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' });
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(publicKey);
  await certificate.sign(await signingKeyOf(issuer?.key ?? key, digest), digest);
  return { name, key, certificate: Buffer.from(certificate.toSchema(true).toBER()) };
}

const commonName = (value: string) =>
  new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value }) });

function extensionsOf(wanted: Wanted): Extension[] {
  const {
    ca = false,
    mostBelow: pathLenConstraint,
    usage = 0xc0,
    extendedUses,
    dnsNames,
    critical = false,
  } = wanted;
  const extension = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }) =>
    new Extension({ extnID, critical, extnValue: value.toBER() });
  const bits = usage !== null && new BitString({ valueHex: Uint8Array.of(usage).buffer });
  const names = dnsNames?.map((value) => new GeneralName({ type: 2, value }));
  return [
    extension(
      '2.5.29.19',
      true,
      new BasicConstraints({
        cA: ca,
        ...(pathLenConstraint !== undefined && { pathLenConstraint }),
      }).toSchema(),
    ),
    ...(bits ? [extension('2.5.29.15', true, bits)] : []),
    ...(extendedUses
      ? [extension('2.5.29.37', critical, new ExtKeyUsage({ keyPurposes: [...extendedUses] }).toSchema())]
      : []),
    ...(names ? [extension('2.5.29.17', false, new GeneralNames({ names }).toSchema())] : []),
  ];
}

const pem = (label: string, der: Buffer) =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
export const certificatePem = (...all: readonly Issued[]): string =>
  all.map(({ certificate }) => pem('CERTIFICATE', certificate)).join('');
export const keyPem = ({ key }: Issued): string => key.export({ format: 'pem', type: 'pkcs8' }) as string;

function signingKeyOf(key: KeyObject, hash: string) {
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash }
      : { name: 'ECDSA', namedCurve: 'P-256' };
  return crypto.subtle.importKey('pkcs8', key.export({ format: 'der', type: 'pkcs8' }), algorithm, true, [
    'sign',
  ]);
}

/** A PKCS#12 file with the key and its certificate, then those of others. */
export async function packKey(
  { key, certificate }: Issued,
  ...others: readonly Issued[]
): Promise<{ p12: Buffer; password: string }> {
  const password = 'geheim';
  const secret = new Uint8Array(Buffer.from(password)).buffer;
  const info = PrivateKeyInfo.fromBER(key.export({ format: 'der', type: 'pkcs8' }));
  const bag = new PKCS8ShroudedKeyBag({ parsedValue: info });
  await (bag as unknown as { makeInternalValues(p: object): Promise<void> }).makeInternalValues({
    password: secret,
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: 2048,
  });
  const certificates = [certificate, ...others.map((one) => one.certificate)].map(
    (der) => new CertBag({ parsedValue: Certificate.fromBER(der) }),
  );
  const bags = [
    new SafeBag({ bagId: '1.2.840.113549.1.12.10.1.2', bagValue: bag }),
    ...certificates.map((bagValue) => new SafeBag({ bagId: '1.2.840.113549.1.12.10.1.3', bagValue })),
  ];
  const safes = new AuthenticatedSafe({
    parsedValue: { safeContents: [{ privacyMode: 0, value: new SafeContents({ safeBags: bags }) }] },
  });
  await safes.makeInternalValues({ safeContents: [{}] });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safes } });
  await pfx.makeInternalValues({
    password: secret,
    iterations: 2048,
    pbkdf2HashAlgorithm: 'SHA-256',
    hmacHashAlgorithm: 'SHA-256',
  });
  return { p12: Buffer.from(pfx.toSchema().toBER()), password };
}
