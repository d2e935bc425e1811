import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { accountName, customerScopes } from '@accord/http/server';

export type TokenKind = 'customer' | 'operator' | 'platform';

export interface TokenAsk {
  readonly kind: TokenKind;
  /** Needed for a customer, and theirs alone. */
  readonly accountId?: string;
  readonly subject?: string;
  /** Space separated; a customer's default is everything a customer may do. */
  readonly scope?: string;
}

export interface Signer {
  readonly issuer: string;
  readonly audience: string;
  readonly publicKey: JWK;
  /** @throws Error where the ask makes no sense; its message is for the one who asked. */
  token(ask: TokenAsk): Promise<string>;
}

export const issuerName = 'accord-development';
export const audience = 'accord';
const lifetime = '12h';

/**
 * Signs development tokens with the key in `keyFile`, made at the first use, so that tokens outlive a
 * restart.
 */
export async function openSigner(keyFile: string): Promise<Signer> {
  if (process.env.ACCORD_ENV !== 'development')
    throw new Error('The built-in token issuer starts only with ACCORD_ENV=development.');
  if (!existsSync(keyFile)) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    mkdirSync(dirname(keyFile), { recursive: true });
    writeFileSync(keyFile, JSON.stringify(await exportJWK(privateKey)), { mode: 0o600 });
  }
  const { d, ...open } = JSON.parse(readFileSync(keyFile, 'utf8')) as JWK;
  const key = await importJWK({ ...open, d }, 'ES256');
  const kid = 'development';
  return {
    issuer: issuerName,
    audience,
    publicKey: { ...open, kid, alg: 'ES256', use: 'sig' },
    token: (ask) =>
      new SignJWT(claimsOf(ask))
        .setProtectedHeader({ alg: 'ES256', kid, typ: 'at+jwt' })
        .setSubject(ask.subject ?? `${ask.kind}_demo`)
        .setIssuer(issuerName)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(lifetime)
        .sign(key),
  };
}

function claimsOf({ kind, accountId, scope }: TokenAsk) {
  if (!['customer', 'operator', 'platform'].includes(kind))
    throw new Error('kind is customer, operator or platform');
  if ((kind === 'customer') !== Boolean(accountId))
    throw new Error('a customer has an account, and nobody else has one');
  if (accountId && !accountName.test(accountId)) throw new Error(`no account is named ${accountId}`);
  return kind === 'customer'
    ? { scope: scope ?? customerScopes.join(' '), account_id: accountId }
    : { scope: scope ?? kind };
}

export interface Issuer extends Signer {
  readonly url: string;
  readonly jwksUrl: string;
  stop(): Promise<void>;
}

/**
 * `GET /.well-known/jwks.json` and `POST /token` with `{ kind, accountId?, subject?, scope? }` → `{
 * access_token, token_type, expires_in }`.
 */
export async function startIssuer(signer: Signer, { port = 0, host = '127.0.0.1' } = {}): Promise<Issuer> {
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const asked = `${request.method} ${request.url}`;
    if (asked === 'GET /.well-known/jwks.json') return void answer(200, { keys: [signer.publicKey] });
    if (asked !== 'POST /token') return void answer(404, { error: 'not_found' });
    bodyOf(request)
      .then((body) => signer.token(JSON.parse(body) as TokenAsk))
      .then((token) => answer(200, { access_token: token, token_type: 'Bearer', expires_in: 12 * 3600 }))
      .catch((error: Error) => answer(400, { error: 'invalid_request', error_description: error.message }));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...signer,
    url,
    jwksUrl: `${url}/.well-known/jwks.json`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > 10_000) throw new Error('the body is too large');
  }
  return body;
}
