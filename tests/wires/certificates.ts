import { KeyObject, randomBytes, X509Certificate, type webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import { Integer, OctetString, Utf8String } from 'asn1js';
import {
  AltName,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  GeneralName,
  Time,
  TimeType,
} from 'pkijs';

/** PEM. */
interface Issued {
  readonly certificate: string;
  /** PKCS#8. */
  readonly key: string;
}

export interface Authority {
  /** PEM of the certificate that signs. */
  readonly certificate: string;
  /** A certificate under this common name, for a server at 127.0.0.1 and `localhost`, or for a client. */
  issue(commonName: string): Promise<Issued>;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const commonName = '2.5.4.3';
const [basicConstraints, alternativeNames] = ['2.5.29.19', '2.5.29.17'];
const [dnsName, ipAddress] = [2, 7] as const;

const pem = (label: string, der: ArrayBuffer) => {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!;
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
};

const nameOf = (name: string) =>
  new AttributeTypeAndValue({ type: commonName, value: new Utf8String({ value: name }) });

const serverNames = new AltName({
  altNames: [
    new GeneralName({ type: dnsName, value: 'localhost' }),
    new GeneralName({
      type: ipAddress,
      value: new OctetString({ valueHex: Uint8Array.of(127, 0, 0, 1).buffer }),
    }),
  ],
});

async function certify(ask: {
  subject: string;
  issuer: string;
  publicKey: webcrypto.CryptoKey;
  signWith: webcrypto.CryptoKey;
  isAuthority: boolean;
}): Promise<string> {
  const { subject, issuer, publicKey, signWith, isAuthority } = ask;
  const certificate = new Certificate({
    version: 2,
    serialNumber: Integer.fromBigInt(BigInt(`0x01${randomBytes(15).toString('hex')}`)),
    notBefore: new Time({ value: new Date('2000-01-01T00:00:00Z') }),
    notAfter: new Time({ type: TimeType.GeneralizedTime, value: new Date('2999-12-31T00:00:00Z') }),
    extensions: [
      new Extension({
        extnID: basicConstraints,
        critical: true,
        extnValue: new BasicConstraints({ cA: isAuthority }).toSchema().toBER(),
      }),
      new Extension({ extnID: alternativeNames, extnValue: serverNames.toSchema().toBER() }),
    ],
  });
  certificate.issuer.typesAndValues.push(nameOf(issuer));
  certificate.subject.typesAndValues.push(nameOf(subject));
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  await certificate.sign(signWith, 'SHA-256');
  return pem('CERTIFICATE', certificate.toSchema(true).toBER());
}

/** One who signs certificates, for tests. */
export async function makeAuthority(name: string): Promise<Authority> {
  const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const signWith = own.privateKey;
  return {
    certificate: await certify({
      subject: name,
      issuer: name,
      publicKey: own.publicKey,
      signWith,
      isAuthority: true,
    }),
    async issue(subject) {
      const { publicKey, privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      return {
        certificate: await certify({ subject, issuer: name, publicKey, signWith, isAuthority: false }),
        key: KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }) as string,
      };
    },
  };
}

export const fingerprintOf = (certificate: string): string => new X509Certificate(certificate).fingerprint256;

/** Asks a Postgres for TLS. */
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/** Of the certificate that the server at this port of 127.0.0.1 shows now. @param begin how its TLS begins. */
export async function presentedBy(
  port: number,
  begin: 'at once' | 'when asked' = 'at once',
): Promise<string> {
  const wire = connectPlain(port, '127.0.0.1');
  wire.on('error', () => undefined);
  try {
    await once(wire, 'connect');
    if (begin === 'when asked') {
      wire.write(sslRequest);
      await once(wire, 'data');
    }
    const socket = connect({ socket: wire, rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket.getPeerX509Certificate()!.fingerprint256;
  } finally {
    wire.destroy();
  }
}
