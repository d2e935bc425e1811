import { createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { BitString } from 'asn1js';
import { BasicConstraints, Certificate, ExtKeyUsage } from 'pkijs';

/** The signer's certificate, then those that issued it one after the other, as far as known. */
export type CertificateChain = readonly [X509Certificate, ...X509Certificate[]];

/** All that a key may seal with: after a renewal there are several, of which one is valid (CTR-37). */
export type CertificateChains = readonly [CertificateChain, ...CertificateChain[]];

/**
 * The chains of a key's certificates among some in any order; others are left out, and so is a chain that can carry
 * no seal at any time. The key is a private one, or its public half.
 *
 * @throws Error where none belongs to the key, or none of them can carry a seal (CTR-37): a key is too short, a
 * digest broken, or a certificate was issued for another use.
 */
export function chainsOf(key: KeyObject, certificates: readonly X509Certificate[]): CertificateChains {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  const own = certificates.filter((certificate) => certificate.publicKey.equals(publicKey));
  if (own.length === 0) throw new Error('seal key: no certificate belongs to the private key');
  const chains = own.flatMap((one) => continued([one], certificates));
  const [first, ...others] = chains.filter((chain) => faultsOf(chain).length === 0);
  if (first) return [first, ...others];
  throw new Error(`seal key: not for seals: ${faultsOf(chains[0]!).join('; ')}`);
}

/** Each way from the last certificate of a chain to an end. */
function continued(chain: CertificateChain, all: readonly X509Certificate[]): CertificateChain[] {
  const last = chain.at(-1)!;
  const issuers = all.filter(
    (one) => !chain.some((known) => isSame(known, one)) && isOf(last, one) && last.verify(one.publicKey),
  );
  const isRoot = isOf(last, last);
  if (issuers.length === 0 || isRoot) return [chain];
  return issuers.flatMap((issuer) => continued([...chain, issuer], all));
}

/**
 * The chain from the certificate of a time stamp authority to one that is trusted, by others that are known.
 *
 * @throws Error where none leads there that is valid at that time, or the certificate is not for time stamps alone
 * (RFC 3161, 2.3).
 */
export function timeStampChain(
  own: X509Certificate,
  {
    known,
    trusted,
    at,
  }: { known: readonly X509Certificate[]; trusted: readonly X509Certificate[]; at: Date },
): CertificateChain {
  const faults = [...keyFaults(own), ...timeStampFaults(own)];
  if (faults.length > 0) throw new Error(`${subjectOf(own)}: ${faults.join('; ')}`);
  const isTrusted = (one: X509Certificate) => trusted.some((root) => isSame(root, one));
  const chains = continued([own], [...trusted, ...known.filter((one) => !isTrusted(one))])
    .filter((chain) => chain.some(isTrusted))
    .map(
      (chain) => chain.slice(0, chain.findIndex(isTrusted) + 1) as [X509Certificate, ...X509Certificate[]],
    );
  const [first, ...others] = chains;
  if (!first) throw new Error(`${subjectOf(own)}: no chain of its leads to a certificate that is trusted`);
  const chain = chainAt([first, ...others], at);
  const invalid = invalidAt(chain, at);
  if (invalid) throw new Error(validityOf(invalid));
  const ofIssuers = issuersFaults(chain);
  if (ofIssuers.length > 0) throw new Error(ofIssuers.join('; '));
  return chain;
}

/** For a certificate that is not valid now. */
export function validityOf(certificate: X509Certificate): string {
  const { validFromDate, validToDate } = certificate;
  const [from, to] = [validFromDate, validToDate].map((date) => date.toISOString());
  return `${subjectOf(certificate)} is valid from ${from} to ${to}, not now`;
}

/** By name, also where the issuer may issue none, which is told then. */
const isOf = (one: X509Certificate, issuer: X509Certificate): boolean =>
  one.checkIssued(issuer) || one.issuer === issuer.subject;

const isSame = (a: X509Certificate, b: X509Certificate): boolean => a.fingerprint256 === b.fingerprint256;

/**
 * The chain that is valid at that time; of several, and where none is, the one that ends last.
 */
export function chainAt(chains: CertificateChains, at: Date): CertificateChain {
  const ends = (chain: CertificateChain) => Math.min(...chain.map(({ validToDate }) => Number(validToDate)));
  const [first, ...others] = chains;
  return others.reduce((best, chain) => {
    const [now, before] = [chain, best].map((one) => Number(invalidAt(one, at) === undefined)) as [
      number,
      number,
    ];
    return now > before || (now === before && ends(chain) > ends(best)) ? chain : best;
  }, first);
}

/** A certificate that is not valid at that time. */
export const invalidAt = (chain: CertificateChain, at: Date): X509Certificate | undefined =>
  chain.find(({ validFromDate, validToDate }) => at < validFromDate || at > validToDate);

const faultsOf = (chain: CertificateChain): string[] => [
  ...[...keyFaults(chain[0]), ...signerFaults(chain[0])].map((fault) => `${subjectOf(chain[0])}: ${fault}`),
  ...issuersFaults(chain),
];

const issuersFaults = ([, ...issuers]: CertificateChain): string[] =>
  issuers.flatMap((one, below) =>
    [...keyFaults(one), ...issuerFaults(one, below)].map((fault) => `${subjectOf(one)}: ${fault}`),
  );

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
const [digitalSignature, nonRepudiation, keyCertSign] = [0x80, 0x40, 0x04];
const anyUse = '2.5.29.37.0';
/** Extended uses under which documents are signed: documents (RFC 9336, Microsoft, Adobe), e-mail. */
const signingUses = new Set([
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.4.1.311.10.3.12',
  '1.2.840.113583.1.1.5',
  '1.3.6.1.5.5.7.3.4',
]);
const serverUse = '1.3.6.1.5.5.7.3.1';

function signerFaults(certificate: X509Certificate): string[] {
  const { isAuthority, usage } = limitsOf(certificate);
  const { keyUsage: uses, subjectAltName = '' } = certificate;
  const signs = uses?.some((use) => signingUses.has(use)) ?? false;
  const isServer = uses?.includes(serverUse) || (subjectAltName.includes('DNS:') && !signs);
  return [
    isAuthority && 'it is of a certificate authority',
    usage !== null &&
      (usage & (digitalSignature | nonRepudiation)) === 0 &&
      'its key usage is neither digital signature nor non-repudiation',
    usage !== null && (usage & keyCertSign) !== 0 && 'its key usage is to issue certificates',
    isServer && 'it is of a TLS server',
    !isServer && uses && !signs && !uses.includes(anyUse) && `its extended uses are ${uses.join(', ')}`,
  ].filter((fault) => typeof fault === 'string');
}

const timeStampUse = '1.3.6.1.5.5.7.3.8';

function timeStampFaults(certificate: X509Certificate): string[] {
  const { isAuthority, usage } = limitsOf(certificate);
  const uses = Certificate.fromBER(certificate.raw).extensions?.find(({ extnID }) => extnID === '2.5.29.37');
  const purposes = uses?.parsedValue instanceof ExtKeyUsage ? uses.parsedValue.keyPurposes : [];
  return [
    isAuthority && 'it is of a certificate authority',
    usage !== null && (usage & (digitalSignature | nonRepudiation)) === 0 && 'its key usage is not to sign',
    (purposes.length !== 1 || purposes[0] !== timeStampUse) && 'its extended use is not time stamps alone',
    uses?.critical === false && 'its extended use is not critical',
  ].filter((fault) => typeof fault === 'string');
}

/** @param below how many authorities stand between it and the signer. */
function issuerFaults(certificate: X509Certificate, below: number): string[] {
  const { isAuthority, mostBelow, usage } = limitsOf(certificate);
  return [
    !isAuthority && 'it issued a certificate and is no authority',
    usage !== null &&
      (usage & keyCertSign) === 0 &&
      'it issued a certificate, and its key usage is not to issue any',
    below > mostBelow && `it has ${below} authorities below it and may have ${mostBelow}`,
  ].filter((fault) => typeof fault === 'string');
}

interface Limits {
  readonly isAuthority: boolean;
  /** Authorities between it and a signer. */
  readonly mostBelow: number;
  /** The first byte of the key usage; null where the certificate does not limit it. */
  readonly usage: number | null;
}

function limitsOf({ raw }: X509Certificate): Limits {
  const { extensions = [] } = Certificate.fromBER(raw);
  const valueOf = (id: string): unknown => extensions.find(({ extnID }) => extnID === id)?.parsedValue;
  const [constraints, usage] = [valueOf('2.5.29.19'), valueOf('2.5.29.15')];
  return {
    isAuthority: constraints instanceof BasicConstraints && constraints.cA,
    mostBelow:
      constraints instanceof BasicConstraints && typeof constraints.pathLenConstraint === 'number'
        ? constraints.pathLenConstraint
        : Infinity,
    usage: usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : null,
  };
}
