import { hash } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
} from 'jose';
import { Refusal, type Actor } from '@accord/core';
import type { TlsMaterial } from '@accord/core/runtime';
import { Problem } from './problem.ts';
import type { Access } from './route.ts';
import { trustingFetch } from './trusting-fetch.ts';

/** The caller, as the token says. */
export interface Caller {
  readonly actor: Actor;
  readonly issuer: string;
  readonly scopes: ReadonlySet<string>;
}

/**
 * @throws Problem 401 `auth.token_invalid`, 403 where the token is of no kind or of several, 503 where the
 * issuer's keys cannot be had.
 */
export type TokenVerifier = (token: string) => Promise<Caller>;

interface TokenSettings {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  /** With which its server is trusted; absent: those that Node knows. */
  readonly tls?: () => TlsMaterial;
  /** The longest time from issue to expiry that a token may have; default: a day. */
  readonly lifetimeSeconds?: number;
}

const algorithms = ['ES256', 'EdDSA', 'Ed25519', 'RS256', 'PS256'];
const types = new Set(['jwt', 'at+jwt', 'application/at+jwt']);
const toleranceSeconds = 5;
const rememberedMs = 60_000;
const rememberedTokens = 10_000;
/** Names that an account may have. */
export const accountName = /^[A-Za-z0-9_.-]{1,64}$/;
/** It goes on into the headers of every event that follows, as a line of text (`readEvent`). */
const subjectName = /^[^\p{C}\p{Zl}\p{Zp}\uFFFD]{1,255}$/u;

const invalid = (cause: unknown) =>
  new Problem(
    401,
    'auth.token_invalid',
    {},
    { cause, headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' } },
  );

/** API-4: a token is of exactly one kind. */
export function callerOf(claims: JWTPayload): Caller {
  const { sub, iss, scope, account_id: accountId } = claims;
  // Claims are of any type until they are looked at, whatever their declaration says.
  if (typeof sub !== 'string' || !subjectName.test(sub))
    throw invalid('sub is missing or of an unexpected form');
  if (scope !== undefined && typeof scope !== 'string') throw invalid('scope is no string');
  const scopes = new Set(scope?.split(' '));
  const kinds = [
    scopes.has('operator') && 'operator',
    scopes.has('platform') && 'platform',
    accountId !== undefined && 'customer',
  ] as const;
  const [kind, ...others] = kinds.filter((name) => name !== false);
  if (others.length > 0) throw new Problem(403, 'auth.token_ambiguous');
  if (!kind) throw new Problem(403, 'auth.account_missing');
  if (kind !== 'customer') return { actor: { kind, id: sub }, issuer: iss!, scopes };
  if (typeof accountId !== 'string' || !accountName.test(accountId))
    throw invalid('account_id is of an unexpected form');
  return { actor: { kind, id: sub, accountId }, issuer: iss!, scopes };
}

/** The token's own fault, or that of the way to the issuer's keys? */
function faultOf(error: unknown): Problem {
  const keysAway =
    !(error instanceof errors.JOSEError) ||
    ['ERR_JOSE_GENERIC', 'ERR_JWKS_TIMEOUT', 'ERR_JWKS_INVALID'].includes(error.code);
  return keysAway
    ? new Problem(503, 'server.unavailable', {}, { cause: error, headers: { 'Retry-After': '1' } })
    : invalid(error);
}

type Keys = ReturnType<typeof createRemoteJWKSet>;
type Verified = Awaited<ReturnType<typeof jwtVerify>>;

/** A token that names no key is tried on each of the issuer's that fits its algorithm. */
async function verifyWith(keys: Keys, token: string, options: JWTVerifyOptions): Promise<Verified> {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      try {
        return await jwtVerify(token, key, options);
      } catch (failed) {
        // A key that is of no use, such as a short one, is no reason to leave out the next.
        const another = failed instanceof errors.JWSSignatureVerificationFailed;
        if (failed instanceof errors.JOSEError && !another) throw failed;
      }
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/**
 * The same, and once more with the issuer's present keys where a token that names no key has the signature of
 * none we know: the issuer may have a new one.
 */
async function verifyWithPresent(keys: Keys, token: string, options: JWTVerifyOptions): Promise<Verified> {
  try {
    return await verifyWith(keys, token, options);
  } catch (error) {
    const renewable = error instanceof errors.JWSSignatureVerificationFailed && !keys.coolingDown;
    if (!renewable || decodeProtectedHeader(token).kid !== undefined) throw error;
    await keys.reload();
    return verifyWith(keys, token, options);
  }
}

/**
 * @throws Problem 401 where the token is of another type than a JWT for access, or is made for longer than
 * `lifetimeSeconds`. A token without `iat`, or with one to come, was made now at the earliest.
 */
function checkForm(
  { payload, protectedHeader }: Verified,
  lifetimeSeconds: number,
  nowSeconds: number,
): void {
  const { typ } = protectedHeader as { typ?: unknown };
  if (typeof typ !== 'string' || !types.has(typ.toLowerCase())) throw invalid('typ is missing or another');
  const { exp, iat = nowSeconds } = payload;
  if (exp! - Math.min(iat, nowSeconds) > lifetimeSeconds + toleranceSeconds)
    throw invalid(`it lasts longer than ${lifetimeSeconds} s`);
}

/**
 * Checks a JWT as RFC 8725 says: an asymmetric algorithm, `typ` `JWT` or `at+jwt`, issuer, audience, expiry,
 * lifetime. A result is remembered for at most 60 s under a hash of the token, never beyond its expiry.
 */
export function tokenVerifier(of: TokenSettings): TokenVerifier & {
  /** @throws Error where the issuer does not answer with keys. */ loadKeys(): Promise<void>;
} {
  const { issuer, audience, jwksUrl, tls, lifetimeSeconds = 86_400 } = of;
  const keys = createRemoteJWKSet(new URL(jwksUrl), {
    cacheMaxAge: 600_000,
    cooldownDuration: 10_000,
    timeoutDuration: 3_000,
    ...(tls && { [customFetch]: trustingFetch(tls) }),
  });
  const options: JWTVerifyOptions = {
    issuer,
    audience,
    algorithms,
    requiredClaims: ['exp', 'sub', 'iss', 'aud'],
    clockTolerance: toleranceSeconds,
  };
  const remembered = new Map<string, { caller: Caller; until: number }>();

  const verify: TokenVerifier = async (token) => {
    const name = hash('sha256', token, 'base64');
    const known = remembered.get(name);
    const now = Date.now();
    if (known && known.until > now) return known.caller;
    const verified = await verifyWithPresent(keys, token, options).catch((error: unknown) => {
      throw faultOf(error);
    });
    checkForm(verified, lifetimeSeconds, now / 1_000);
    const caller = callerOf(verified.payload);
    remembered.delete(name);
    if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value!);
    remembered.set(name, { caller, until: Math.min(now + rememberedMs, verified.payload.exp! * 1_000) });
    return caller;
  };
  return Object.assign(verify, { loadKeys: () => keys.reload() });
}

/** The token of an Authorization header. @throws Problem 401 */
export function bearerOf(authorization: string | undefined): string {
  const token = authorization && /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization)?.[1];
  if (token) return token;
  if (authorization) throw invalid('not a bearer token');
  throw new Problem(401, 'auth.token_missing', {}, { headers: { 'WWW-Authenticate': 'Bearer' } });
}

/** The scopes of `access`, in words for people. */
export const neededFor = (access: Exclude<Access, 'anyone'>): string =>
  [access.customer, access.operator && 'operator', access.platform && 'platform'].filter(Boolean).join(' | ');

/**
 * @throws Problem 403 `auth.scope_missing` where the token's kind is not named, or a customer's scope is
 * missing (API-4).
 */
export function checkAccess({ actor, scopes }: Caller, access: Exclude<Access, 'anyone'>): void {
  const reaches =
    actor.kind === 'customer'
      ? access.customer !== undefined && scopes.has(access.customer)
      : access[actor.kind as 'operator' | 'platform'];
  if (reaches) return;
  const needed = neededFor(access);
  const headers = {
    'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${needed.replaceAll(' | ', ' ')}"`,
  };
  throw new Problem(403, 'auth.scope_missing', { needed }, { headers });
}

/**
 * The account whose rows a list shows: a customer's own; for an operator and the platform the one they name, and
 * all where they name none.
 *
 * @throws Refusal `request.account_not_yours`
 */
export function listedAccountOf(actor: Actor, given: string | undefined): string | undefined {
  if (actor.kind !== 'customer') return given;
  if (given !== undefined && given !== actor.accountId)
    throw new Refusal('invalid', 'request.account_not_yours');
  return actor.accountId!;
}

/** Codes that `accountOf` refuses with. */
export const accountRefusals = ['request.account_not_yours', 'request.account_required'] as const;

/**
 * The account a call is about: a customer's own; for an operator and the platform the one they name.
 *
 * @throws Refusal of `accountRefusals`.
 */
export function accountOf(actor: Actor, given?: string): string {
  const accountId = listedAccountOf(actor, given);
  if (accountId === undefined) throw new Refusal('invalid', 'request.account_required');
  return accountId;
}
