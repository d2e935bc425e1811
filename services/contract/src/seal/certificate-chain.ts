import type { KeyObject, X509Certificate } from 'node:crypto';
import { BitString } from 'asn1js';
import { BasicConstraints, Certificate } from 'pkijs';

/** The signer's certificate, then those that issued it one after the other, as far as known. */
export type CertificateChain = readonly [X509Certificate, ...X509Certificate[]];

/**
 * The chain of a key's certificate among some in any order; others are left out.
 *
 * @throws Error where none belongs to the key, or one of the chain can carry no seal at any time (CTR-37): its
 * key is too short, its digest broken, or it was issued for another use.
 */
export function chainOf(key: KeyObject, certificates: readonly X509Certificate[]): CertificateChain {
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (!own) throw new Error('seal key: no certificate belongs to the private key');
  const issuers: X509Certificate[] = [];
  for (let next = issuerOf(own, certificates); next; next = issuerOf(next, certificates)) {
    if (next === own || issuers.includes(next)) break;
    issuers.push(next);
  }
  const faults = [
    ...[...keyFaults(own), ...signerFaults(own)].map((fault) => `${subjectOf(own)}: ${fault}`),
    ...issuers.flatMap((one) =>
      [...keyFaults(one), ...issuerFaults(one)].map((fault) => `${subjectOf(one)}: ${fault}`),
    ),
  ];
  if (faults.length > 0) throw new Error(`seal key: not for seals: ${faults.join('; ')}`);
  return [own, ...issuers];
}

const issuerOf = (certificate: X509Certificate, all: readonly X509Certificate[]) =>
  all.find((one) => certificate.checkIssued(one) && certificate.verify(one.publicKey));

/** On one line: `CN=Example Seal, O=Example`. */
export const subjectOf = ({ subject, serialNumber }: X509Certificate): string =>
  subject?.replaceAll('\n', ', ') || `serial number ${serialNumber}`;

const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);
/** Of MD5 and SHA-1, with RSA and ECDSA. */
const brokenDigests = /md5|sha-?1\b|sha1/i;

function keyFaults({ publicKey, issuer, subject, signatureAlgorithm = '' }: X509Certificate): string[] {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = publicKey;
  const { modulusLength = 0, namedCurve = 'unknown' } = details ?? {};
  return [
    type !== 'rsa' && type !== 'ec' && `${type} keys cannot seal; RSA and EC keys can`,
    type === 'rsa' && modulusLength < 2048 && `an RSA key of ${modulusLength} bits; a seal takes 2048`,
    type === 'ec' && !curves.has(namedCurve) && `the curve ${namedCurve}; a seal takes P-256, P-384 or P-521`,
    issuer !== subject && brokenDigests.test(signatureAlgorithm) && `signed by ${signatureAlgorithm}`,
  ].filter((fault) => fault !== false);
}

/** Bits of the first byte of a key usage. */
const [digitalSignature, nonRepudiation] = [0x80, 0x40];
/** Extended uses under which documents are signed: any, documents (RFC 9336, Microsoft, Adobe), e-mail. */
const signingUses = new Set([
  '2.5.29.37.0',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.311.10.3.12',
  '1.2.840.113583.1.1.5',
  '1.3.6.1.5.5.7.3.4',
]);
const serverUse = '1.3.6.1.5.5.7.3.1';

function signerFaults(certificate: X509Certificate): string[] {
  const { isAuthority, usage } = limitsOf(certificate);
  const { keyUsage: uses, subjectAltName = '' } = certificate;
  const isServer = uses?.includes(serverUse) ?? subjectAltName.includes('DNS:');
  return [
    isAuthority && 'it is of a certificate authority',
    (usage & (digitalSignature | nonRepudiation)) === 0 &&
      'its key usage is neither digital signature nor non-repudiation',
    isServer && 'it is of a TLS server',
    !isServer &&
      uses &&
      !uses.some((use) => signingUses.has(use)) &&
      `its extended uses are ${uses.join(', ')}`,
  ].filter((fault) => typeof fault === 'string');
}

const issuerFaults = (certificate: X509Certificate): string[] =>
  limitsOf(certificate).isAuthority ? [] : ['it issued a certificate and is no authority'];

/** Basic constraints, and the first byte of the key usage: all bits where the certificate does not limit it. */
function limitsOf({ raw }: X509Certificate): { isAuthority: boolean; usage: number } {
  const { extensions = [] } = Certificate.fromBER(raw);
  const valueOf = (id: string): unknown => extensions.find(({ extnID }) => extnID === id)?.parsedValue;
  const [constraints, usage] = [valueOf('2.5.29.19'), valueOf('2.5.29.15')];
  return {
    isAuthority: constraints instanceof BasicConstraints && constraints.cA,
    usage: usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : 0xff,
  };
}
