import { createHmac, hash, hkdfSync } from 'node:crypto';
import type { Renewed } from '@accord/core/runtime';

// NTF-7: secrets are kept nowhere. Each is made of a key of the deployment, the endpoint and a number that grows with
// each rotation; the row has the number and the name of the key. A copy of the database signs nothing.

/** Of one secret: the name of the key of the deployment, and how many there were before it. */
export interface SecretMark {
  readonly key: string;
  readonly generation: number;
}

export interface WebhookKeys {
  /** The key that new secrets are made of; undefined where the deployment has none. */
  present(): string | undefined;
  /** `whsec_…`; undefined where its key is not among those of the deployment any more. */
  secretOf(endpointId: string, mark: SecretMark): string | undefined;
}

/** A key is named by its hash, of which its length and more is left out. */
const nameOf = (key: string): string => hash('sha256', `accord webhook key ${key}`, 'hex').slice(0, 12);

/** @param keys as the setting has them, comma between: the first makes new secrets, the others stay good. */
export function webhookKeys(keys: Renewed<string> | undefined): WebhookKeys {
  let [text, ring] = ['', new Map<string, Buffer>()];
  const look = () => {
    const now = keys?.() ?? '';
    if (now !== text) {
      text = now;
      ring = new Map(keysIn(now).map((key) => [nameOf(key), Buffer.from(key, 'base64')]));
    }
    return ring;
  };
  return {
    present: () => look().keys().next().value,
    secretOf(endpointId, { key, generation }) {
      const bytes = look().get(key);
      if (!bytes) return undefined;
      const made = hkdfSync('sha256', bytes, '', `accord webhook ${endpointId} ${generation}`, 32);
      return `whsec_${Buffer.from(made).toString('base64')}`;
    },
  };
}

const keysIn = (text: string): string[] =>
  text
    .split(',')
    .map((key) => key.trim())
    .filter(Boolean);

/** Whether a setting is keys of 32 bytes or more in base64, comma between. */
export const areKeys = (text: string): boolean =>
  keysIn(text).length > 0 &&
  keysIn(text).every((key) => /^[A-Za-z0-9+/]+={0,2}$/.test(key) && Buffer.from(key, 'base64').length >= 32);

/** Standard Webhooks 1.0: of each secret `v1,` and the HMAC-SHA256, a blank between. */
export function signatureOf(
  secrets: readonly string[],
  { id, timestamp, body }: { readonly id: string; readonly timestamp: number; readonly body: string },
): string {
  const signed = `${id}.${timestamp}.${body}`;
  return secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    })
    .join(' ');
}
