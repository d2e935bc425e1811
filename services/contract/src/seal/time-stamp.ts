import { constants, randomBytes, verify, X509Certificate } from 'node:crypto';
import { fromBER, Integer, ObjectIdentifier, OctetString, Sequence, type BaseBlock } from 'asn1js';
import {
  AlgorithmIdentifier,
  Certificate,
  ContentInfo,
  MessageImprint,
  SignedData,
  type SignerInfo,
  TimeStampReq,
  TimeStampResp,
  TSTInfo,
} from 'pkijs';
import { timeStampChain, type CertificateChain } from './certificate-chain.ts';
import { digestOf, withPadding, type Hash } from './signature-scheme.ts';

// RFC 3161: a request for a time stamp, and whether an answer is what was asked for.

export interface StampWanted {
  /** SHA-256 of what is stamped. */
  readonly imprint: Buffer;
  readonly nonce: bigint;
  /** The authority's policy, an object identifier; undefined: whichever it has. */
  readonly policy: string | undefined;
}

export interface TimeStamp {
  /** The token, DER: a signed CMS with its certificates. */
  readonly token: Buffer;
  readonly chain: CertificateChain;
}

const sha256 = '2.16.840.1.101.3.4.2.1';
/** The content type of a token. */
const timeStampInfo = '1.2.840.113549.1.9.16.1.4';

export const stampWanted = (bytes: Uint8Array, policy: string | undefined): StampWanted => ({
  imprint: digestOf('sha256', bytes),
  nonce: BigInt(`0x01${randomBytes(15).toString('hex')}`),
  policy,
});

/** DER of the request, which asks for the certificates too. */
export function timeStampRequest({ imprint, nonce, policy }: StampWanted): Buffer {
  const request = new TimeStampReq({
    version: 1,
    messageImprint: new MessageImprint({
      hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256 }),
      hashedMessage: new OctetString({ valueHex: new Uint8Array(imprint).buffer }),
    }),
    ...(policy !== undefined && { reqPolicy: policy }),
    nonce: Integer.fromBigInt(nonce),
    certReq: true,
  });
  return Buffer.from(request.toSchema().toBER());
}

/** The authority's clock may be off by so much. */
const clockSkewMs = 300_000;
const mostCertificates = 10;

/**
 * The time stamp in an answer, once all of it was checked: status, what it is over, nonce, policy, time, signature,
 * and the certificate up to one that is trusted.
 *
 * @param now the time outside, whatever clock the service has in development.
 * @throws Error that says what is wrong; all of them are errors of the authority.
 */
export function timeStampIn(
  answer: Buffer,
  wanted: StampWanted,
  { trusted, now }: { trusted: readonly X509Certificate[]; now: Date },
): TimeStamp {
  const { token, signed } = tokenOf(answer);
  const info = infoOf(signed);
  expectWanted(info.tst, wanted, now);
  const certificates = (signed.certificates ?? []).flatMap((one) =>
    one instanceof Certificate ? [new X509Certificate(Buffer.from(one.toSchema().toBER()))] : [],
  );
  if (certificates.length > mostCertificates) throw new Error('it brings too many certificates');
  const own = signedBy(signed.signerInfos, info.encoded, certificates);
  return { token, chain: timeStampChain(own, { known: certificates, trusted, at: info.tst.genTime }) };
}

/** Granted, or granted with changes, which are looked at one by one. */
const granted = [0, 1];

function tokenOf(answer: Buffer): { token: Buffer; signed: SignedData } {
  const { result, offset } = fromBER(answer);
  if (offset !== answer.length) throw new Error('its answer is no time stamp');
  const { status } = attempt('its answer is no time stamp', () => new TimeStampResp({ schema: result }));
  if (!granted.includes(status.status)) {
    const why = status.statusStrings?.map((one) => one.valueBlock.value).join('; ');
    throw new Error(`it does not grant it: status ${status.status}${why ? `, ${oneLine(why)}` : ''}`);
  }
  const token = (result as Sequence).valueBlock.value[1];
  if (!token) throw new Error('it grants a time stamp and sends none');
  return attempt('its answer is no time stamp', () => {
    const { contentType, content } = new ContentInfo({ schema: token });
    if (contentType !== ContentInfo.SIGNED_DATA) throw new Error('it is not signed');
    return {
      token: Buffer.from(token.valueBeforeDecodeView),
      signed: new SignedData({ schema: content as BaseBlock }),
    };
  });
}

/** A line of the log: short, and nothing in it that would end the line. */
const oneLine = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, ' ').slice(0, 200);

function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}

function infoOf({ encapContentInfo: { eContentType, eContent } }: SignedData): {
  tst: TSTInfo;
  encoded: Buffer;
} {
  if (eContentType !== timeStampInfo || !eContent) throw new Error('its token has no time stamp');
  const encoded = Buffer.from(eContent.getValue());
  return { encoded, tst: attempt('its token has no time stamp', () => TSTInfo.fromBER(encoded)) };
}

function expectWanted(tst: TSTInfo, { imprint, nonce, policy }: StampWanted, now: Date): void {
  const { hashAlgorithm, hashedMessage } = tst.messageImprint;
  const isOver =
    hashAlgorithm.algorithmId === sha256 && Buffer.from(hashedMessage.getValue()).equals(imprint);
  if (!isOver) throw new Error('its time stamp is over something else');
  if (tst.nonce?.toBigInt() !== nonce) throw new Error('its time stamp has another nonce');
  if (policy !== undefined && tst.policy !== policy)
    throw new Error(`its time stamp has another policy, ${tst.policy}`);
  if (Math.abs(tst.genTime.getTime() - now.getTime()) > clockSkewMs)
    throw new Error(`its time is ${tst.genTime.toISOString()}, and here it is ${now.toISOString()}`);
}

const [contentType, messageDigest] = ['1.2.840.113549.1.9.3', '1.2.840.113549.1.9.4'];
const signingCertificate = '1.2.840.113549.1.9.16.2.12';
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47';
const hashes: Readonly<Record<string, Hash>> = {
  [sha256]: 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** Of RSA by PKCS#1 v1.5, and of ECDSA; with a hash of their own, or that of the digest. */
const algorithms = /^1\.2\.840\.(113549\.1\.1\.(1|11|12|13)|10045\.(2\.1|4\.3\.[234]))$/;

/** The certificate that signed the time stamp. @throws Error where none of these did. */
function signedBy(
  signers: readonly SignerInfo[],
  encoded: Buffer,
  certificates: readonly X509Certificate[],
): X509Certificate {
  const [signer, ...others] = signers;
  const attributes = signer?.signedAttrs;
  if (!signer || !attributes || others.length > 0) throw new Error('its token is not signed by one');
  const valueOf = (type: string): unknown =>
    attributes.attributes.find((one) => one.type === type)?.values[0];
  const hash = hashes[signer.digestAlgorithm.algorithmId];
  const { algorithmId } = signer.signatureAlgorithm;
  if (!hash || !algorithms.test(algorithmId))
    throw new Error(`its signature is by ${algorithmId}, which is not known`);
  const [type, digest] = [valueOf(contentType), valueOf(messageDigest)];
  const isOver =
    type instanceof ObjectIdentifier &&
    type.getValue() === timeStampInfo &&
    digest instanceof OctetString &&
    Buffer.from(digest.getValue()).equals(digestOf(hash, encoded));
  if (!isOver) throw new Error('its signature is over something else');
  const own = certificates.find((one) =>
    isNamed(one, valueOf(signingCertificateV2), valueOf(signingCertificate)),
  );
  if (!own) throw new Error('the certificate that it names is not there');
  const key = withPadding(
    own.publicKey,
    own.publicKey.asymmetricKeyType === 'rsa' ? { padding: constants.RSA_PKCS1_PADDING } : {},
  );
  const signature = Buffer.from(signer.signature.getValue());
  if (!verify(hash, Buffer.from(attributes.encodedValue), key, signature))
    throw new Error('its signature is wrong');
  return own;
}

/** By the hash that a signing certificate attribute has first: SHA-256 or another in the second version, else SHA-1. */
function isNamed(certificate: X509Certificate, v2: unknown, v1: unknown): boolean {
  const attribute = v2 ?? v1;
  const [list] = attribute instanceof Sequence ? attribute.valueBlock.value : [];
  const [first] = list instanceof Sequence ? list.valueBlock.value : [];
  const parts = first instanceof Sequence ? first.valueBlock.value : [];
  const algorithm = parts[0] instanceof Sequence ? parts[0].valueBlock.value[0] : undefined;
  const named = algorithm instanceof ObjectIdentifier ? parts[1] : parts[0];
  const hash = algorithm instanceof ObjectIdentifier ? hashes[algorithm.getValue()] : v2 ? 'sha256' : 'sha1';
  return (
    hash !== undefined &&
    named instanceof OctetString &&
    Buffer.from(named.getValue()).equals(digestOf(hash, certificate.raw))
  );
}
