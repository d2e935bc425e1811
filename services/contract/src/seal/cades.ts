import { Set as AsnSet, fromBER, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import type { Signer } from './seal-key.ts';
import { digestOf, schemeOf, type Hash } from './signature-scheme.ts';

const contentType = '1.2.840.113549.1.9.3';
const messageDigest = '1.2.840.113549.1.9.4';
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47';
const signatureTimeStamp = '1.2.840.113549.1.9.16.2.14';
const hashes: Readonly<Record<Hash, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** Gives a time stamp over a signature, as the DER of its token. */
export type Stamp = (signature: Buffer) => Promise<Buffer>;

/**
 * A detached CAdES signature over bytes, as PAdES B-B wants it: content type, digest and the signer's
 * certificate are signed; the time is not among them, the PDF states it (CTR-18). With a stamp, PAdES B-T: the time
 * stamp of the signature goes along unsigned (CTR-37). Answers DER.
 */
export async function signCades(bytes: Uint8Array, key: Signer, stamp?: Stamp): Promise<Buffer> {
  const certificates = key.chain.map(({ raw }) => Certificate.fromBER(raw));
  const signer = certificates[0]!;
  const { publicKey } = key.chain[0];
  const { hash, oid } = schemeOf(publicKey);
  const digestAlgorithm = new AlgorithmIdentifier({ algorithmId: hashes[hash] });
  const attributes = derSet([
    attribute(contentType, new ObjectIdentifier({ value: ContentInfo.DATA })),
    attribute(messageDigest, octets(digestOf(hash, bytes))),
    attribute(signingCertificateV2, certificateReference(key.chain[0].raw)),
  ]);
  const signature = await key.sign(
    new Uint8Array(new AsnSet({ value: attributes.map((entry) => entry.toSchema()) }).toBER()),
  );
  const token = stamp && (await stamp(signature));
  const signed = new SignedData({
    version: 1,
    digestAlgorithms: [digestAlgorithm],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
    certificates,
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer: signer.issuer, serialNumber: signer.serialNumber }),
        digestAlgorithm,
        signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
        signatureAlgorithm: new AlgorithmIdentifier({
          algorithmId: oid,
          ...(publicKey.asymmetricKeyType === 'rsa' && { algorithmParams: new Null() }),
        }),
        signature: octets(signature),
        ...(token && {
          unsignedAttrs: new SignedAndUnsignedAttributes({ type: 1, attributes: [stampOf(token)] }),
        }),
      }),
    ],
  });
  return Buffer.from(
    new ContentInfo({ contentType: ContentInfo.SIGNED_DATA, content: signed.toSchema(true) })
      .toSchema()
      .toBER(),
  );
}

/** Bytes of a signature by this key; every other one of an EC key is of another length. */
export const cadesLength = async (key: Signer): Promise<number> =>
  (
    await signCades(Buffer.alloc(0), {
      ...key,
      sign: () => Promise.resolve(Buffer.alloc(schemeOf(key.chain[0].publicKey).length)),
    })
  ).length;

const octets = (bytes: Buffer): OctetString => new OctetString({ valueHex: new Uint8Array(bytes).buffer });

const attribute = (type: string, value: ObjectIdentifier | OctetString | Sequence): Attribute =>
  new Attribute({ type, values: [value] });

/** @throws Error where the token is not in DER: bytes that its signature is over would change. */
function stampOf(token: Buffer): Attribute {
  const { result } = fromBER(token);
  if (!Buffer.from(result.toBER()).equals(token)) throw new Error('seal: the time stamp is not in DER');
  return attribute(signatureTimeStamp, result as Sequence);
}

/** SigningCertificateV2 with the default SHA-256: a list of one ESSCertIDv2 with the certificate's hash. */
const certificateReference = (der: Buffer): Sequence =>
  new Sequence({
    value: [new Sequence({ value: [new Sequence({ value: [octets(digestOf('sha256', der))] })] })],
  });

/** A set is signed in the order of its encoded members. */
const derSet = (attributes: Attribute[]): Attribute[] =>
  attributes
    .map((entry) => ({ entry, der: Buffer.from(entry.toSchema().toBER()) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ entry }) => entry);
