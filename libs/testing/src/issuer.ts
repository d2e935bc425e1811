import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { customerScopes } from '@accord/http/server';

export interface TestIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** A signed token; `claims` may break it on purpose. */
  token(claims: {
    sub?: string;
    scope?: string;
    account_id?: string;
    iss?: string;
    aud?: string;
    exp?: number | string;
  }): Promise<string>;
  close(): Promise<void>;
}

/** The scopes of a customer who may do everything. */
export const everyScope = customerScopes.join(' ');

/** A token issuer of its own, with its key set behind real HTTP. */
export async function startIssuer(): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = JSON.stringify({
    keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }],
  });
  const server = createServer((_, res) => res.setHeader('content-type', 'application/json').end(keys));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer: url,
    jwksUrl: `${url}/jwks.json`,
    token: ({ sub = 'usr_1', iss = url, aud = 'accord', exp = '1h', ...claims }) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', kid: 'test', typ: 'JWT' })
        .setSubject(sub)
        .setIssuer(iss)
        .setAudience(aud)
        .setIssuedAt()
        .setExpirationTime(exp)
        .sign(privateKey),
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
