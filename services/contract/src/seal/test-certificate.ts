import { KeyObject, randomBytes } from 'node:crypto';
import { BitString, Integer, Utf8String } from 'asn1js';
import { AttributeTypeAndValue, BasicConstraints, Certificate, Extension, Time, TimeType } from 'pkijs';

const commonName = '2.5.4.3';
const basicConstraints = '2.5.29.19';
const keyUsage = '2.5.29.15';
/** digitalSignature and nonRepudiation. */
const usage = new BitString({ valueHex: Uint8Array.of(0xc0).buffer, unusedBits: 6 });

/**
 * A new RSA key and the certificate it gives itself, under a name that says it is for tests (CTR-22). It is valid
 * whatever the time: clocks are moved in development.
 */
export async function issueTestCertificate(): Promise<{ key: KeyObject; certificate: Buffer }> {
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const name = new AttributeTypeAndValue({
    type: commonName,
    value: new Utf8String({ value: 'Accord TEST SEAL' }),
  });
  const certificate = new Certificate({
    version: 2,
    serialNumber: Integer.fromBigInt(BigInt(`0x01${randomBytes(15).toString('hex')}`)),
    notBefore: new Time({ value: new Date('2000-01-01T00:00:00Z') }),
    notAfter: new Time({ type: TimeType.GeneralizedTime, value: new Date('2999-12-31T00:00:00Z') }),
    extensions: [
      new Extension({
        extnID: basicConstraints,
        critical: true,
        extnValue: new BasicConstraints({ cA: false }).toSchema().toBER(),
      }),
      new Extension({ extnID: keyUsage, critical: true, extnValue: usage.toBER() }),
    ],
  });
  certificate.issuer.typesAndValues.push(name);
  certificate.subject.typesAndValues.push(name);
  await certificate.subjectPublicKeyInfo.importKey(pair.publicKey);
  await certificate.sign(pair.privateKey, 'SHA-256');
  return {
    key: KeyObject.from(pair.privateKey),
    certificate: Buffer.from(certificate.toSchema(true).toBER()),
  };
}
