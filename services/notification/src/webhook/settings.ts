import type { Renewed } from '@accord/core/runtime';
import { networksIn, type UrlRules } from './address.ts';

/** How webhooks are sent (NTF-8, NTF-9). Times in milliseconds. */
export interface WebhookSettings {
  /** Of which secrets are made; absent: no endpoint can be made. */
  readonly keys: Renewed<string> | undefined;
  readonly urls: UrlRules;
  /** Through which all goes out: it then judges what names resolve to. */
  readonly proxyUrl: string | undefined;
  /** Deliveries under way at once to one endpoint, of one process. */
  readonly parallel: number;
  /** The same to all endpoints. */
  readonly sockets: number;
  readonly connectMs: number;
  readonly headersMs: number;
  readonly wholeMs: number;
  /** An endpoint is disabled when nothing has arrived for so long. */
  readonly disableAfterMs: number;
}

const hour = 3_600_000;

export const usualWebhooks: Omit<WebhookSettings, 'keys' | 'urls'> = {
  proxyUrl: undefined,
  parallel: 8,
  sockets: 512,
  connectMs: 5_000,
  headersMs: 15_000,
  wholeMs: 15_000,
  disableAfterMs: 120 * hour,
};

/** Of production; in development loopback may be dialled, and any port. */
export const urlRules = ({
  ports = '443,8443',
  refusedNetworks = '',
  development = false,
}: {
  readonly ports?: string;
  readonly refusedNetworks?: string;
  readonly development?: boolean;
}): UrlRules => ({
  ports: ports.split(',').map(Number),
  development,
  addresses: {
    refused: networksIn(refusedNetworks),
    allowed: networksIn(development ? '127.0.0.0/8,::1/128' : ''),
  },
});
