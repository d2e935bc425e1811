import { createHash } from 'node:crypto';
import { Set as AsnSet, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js';
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

const contentType = '1.2.840.113549.1.9.3';
const messageDigest = '1.2.840.113549.1.9.4';
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47';
const sha256 = '2.16.840.1.101.3.4.2.1';
const signatures: Record<Signer['algorithm'], () => AlgorithmIdentifier> = {
  rsa: () => new AlgorithmIdentifier({ algorithmId: '1.2.840.113549.1.1.11', algorithmParams: new Null() }),
  ecdsa: () => new AlgorithmIdentifier({ algorithmId: '1.2.840.10045.4.3.2' }),
};

/**
 * A detached CAdES signature over bytes, as PAdES B-B wants it: content type, digest and the signer's
 * certificate are signed; the time is not among them, the PDF states it (CTR-18). Answers DER.
 */
export async function signCades(bytes: Uint8Array, key: Signer): Promise<Buffer> {
  const certificates = key.chain.map(({ raw }) => Certificate.fromBER(raw));
  const signer = certificates[0]!;
  const attributes = derSet([
    attribute(contentType, new ObjectIdentifier({ value: ContentInfo.DATA })),
    attribute(messageDigest, octets(digest(bytes))),
    attribute(signingCertificateV2, certificateReference(key.chain[0].raw)),
  ]);
  const signature = await key.sign(
    new Uint8Array(new AsnSet({ value: attributes.map((entry) => entry.toSchema()) }).toBER()),
  );
  const signed = new SignedData({
    version: 1,
    digestAlgorithms: [new AlgorithmIdentifier({ algorithmId: sha256 })],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: ContentInfo.DATA }),
    certificates,
    signerInfos: [
      new SignerInfo({
        version: 1,
        sid: new IssuerAndSerialNumber({ issuer: signer.issuer, serialNumber: signer.serialNumber }),
        digestAlgorithm: new AlgorithmIdentifier({ algorithmId: sha256 }),
        signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes }),
        signatureAlgorithm: signatures[key.algorithm](),
        signature: octets(signature),
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
      sign: () => Promise.resolve(Buffer.alloc(key.signatureLength)),
    })
  ).length;

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const octets = (bytes: Buffer): OctetString => new OctetString({ valueHex: new Uint8Array(bytes).buffer });

const attribute = (type: string, value: ObjectIdentifier | OctetString | Sequence): Attribute =>
  new Attribute({ type, values: [value] });

/** SigningCertificateV2 with the default SHA-256: a list of one ESSCertIDv2 with the certificate's hash. */
const certificateReference = (der: Buffer): Sequence =>
  new Sequence({ value: [new Sequence({ value: [new Sequence({ value: [octets(digest(der))] })] })] });

/** A set is signed in the order of its encoded members. */
const derSet = (attributes: Attribute[]): Attribute[] =>
  attributes
    .map((entry) => ({ entry, der: Buffer.from(entry.toSchema().toBER()) }))
    .sort((a, b) => Buffer.compare(a.der, b.der))
    .map(({ entry }) => entry);
