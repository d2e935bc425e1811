import { createHmac, timingSafeEqual } from 'node:crypto';

// Standard Webhooks 1.0: how the SMS gateway knows our requests, and we know its reports.

/** Headers of a signed message. */
export interface SignedHeaders {
  readonly 'webhook-id': string;
  /** Seconds since 1970. */
  readonly 'webhook-timestamp': string;
  /** `v1,` and the HMAC in base64; several with a blank between. */
  readonly 'webhook-signature': string;
}

/** `whsec_` and base64 of 24 to 64 bytes; several with a comma between, of which the first signs. */
export const secretsForm = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}(,whsec_[A-Za-z0-9+/]{32,88}={0,2})*$/;

const keysOf = (secrets: string) =>
  secrets.split(',').map((secret) => Buffer.from(secret.slice('whsec_'.length), 'base64'));
const digest = (key: Buffer, { id, seconds, body }: { id: string; seconds: string; body: string | Buffer }) =>
  createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest();

/** @param secrets of `secretsForm` */
export function signed(
  secrets: string,
  { id, body, now }: { id: string; body: string; now: Date },
): SignedHeaders {
  const seconds = String(Math.floor(+now / 1_000));
  const [key] = keysOf(secrets) as [Buffer];
  return {
    'webhook-id': id,
    'webhook-timestamp': seconds,
    'webhook-signature': `v1,${digest(key, { id, seconds, body }).toString('base64')}`,
  };
}

const toleranceSeconds = 300;

/** Whether one of the secrets signed these bytes, five minutes ago or ahead at most. */
export function isSigned(
  secrets: string,
  headers: { readonly [name in keyof SignedHeaders]: string | undefined },
  { body, now }: { body: Buffer; now: Date },
): boolean {
  const {
    'webhook-id': id,
    'webhook-timestamp': seconds = '',
    'webhook-signature': signatures = '',
  } = headers;
  if (!id || !/^\d{1,12}$/.test(seconds)) return false;
  if (Math.abs(+now / 1_000 - Number(seconds)) > toleranceSeconds) return false;
  const given = signatures
    .split(' ')
    .flatMap((one) => (one.startsWith('v1,') ? [Buffer.from(one.slice(3), 'base64')] : []));
  return keysOf(secrets).some((key) => {
    const right = digest(key, { id, seconds, body });
    return given.some((one) => one.length === right.length && timingSafeEqual(one, right));
  });
}
