import { z } from 'zod';
import { isPlainWire, readSettings, renewed } from '@accord/core/runtime';
import { platformSettings, trustFor } from '@accord/platform';
import type { SmtpSettings } from './delivery/smtp.ts';
import { networksIn } from './webhook/address.ts';
import { areKeys } from './webhook/secret.ts';
import { urlRules, type WebhookSettings } from './webhook/settings.ts';

const ms = (usual: number) => z.coerce.number().int().min(100).max(60_000).default(usual);
const areNetworks = (text: string) => {
  try {
    return networksIn(text).length >= 0;
  } catch {
    return false;
  }
};

const settings = platformSettings.extend({
  /** `smtp://user:password@host:587`, or `smtps:`; the password may be in `ACCORD_SMTP_PASSWORD`. */
  ACCORD_SMTP_URL: renewed(z.url({ protocol: /^smtps?$/ })),
  /** Path of a PEM file: of those who sign the certificate of the mail server. */
  ACCORD_SMTP_CA_FILE: z.string().min(1).optional(),
  /** `no-reply@example.com`; a name before it, `Accord <…>`, gives way to the provider's (NTF-16). */
  ACCORD_MAIL_FROM: z.string().regex(/^[^\r\n]*@[^\s@>]+>?$/),
  /** 32 bytes or more in base64, of which secrets are made. Several with commas: the first makes new ones. */
  ACCORD_WEBHOOK_KEYS: renewed(z.string().refine(areKeys, 'are keys of 32 bytes in base64')).optional(),
  /** Ports that an endpoint may have, comma between. */
  ACCORD_WEBHOOK_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/)
    .default('443,8443'),
  /** Networks of the provider's own that no webhook goes to, beyond those that are special everywhere. */
  ACCORD_WEBHOOK_REFUSED_NETWORKS: z.string().refine(areNetworks, 'are networks, comma between').default(''),
  /** `http://proxy:4750`: a forward proxy that all webhooks go through. */
  ACCORD_WEBHOOK_PROXY_URL: z.url({ protocol: /^https?$/ }).optional(),
  ACCORD_WEBHOOK_PARALLEL: z.coerce.number().int().min(1).max(64).default(8),
  ACCORD_WEBHOOK_SOCKETS: z.coerce.number().int().min(8).max(8_192).default(512),
  ACCORD_WEBHOOK_CONNECT_MS: ms(5_000),
  ACCORD_WEBHOOK_HEADERS_MS: ms(15_000),
  ACCORD_WEBHOOK_TIMEOUT_MS: ms(15_000),
  ACCORD_WEBHOOK_DISABLE_AFTER_HOURS: z.coerce.number().int().min(1).max(2_000).default(120),
});

export const readConfig = (env: NodeJS.ProcessEnv) => readSettings(settings, env);

/** How the mail server is reached. @throws Error where its CA is not right, or of no use (API-17). */
export function smtpOf(config: z.infer<typeof settings>): SmtpSettings {
  const { ACCORD_SMTP_URL: url, ACCORD_SMTP_CA_FILE: ca } = config;
  return {
    url,
    tls: trustFor('smtp', { ...config, url: url(), ca }),
    requireTls: !isPlainWire('smtp', config),
  };
}

export const webhooksOf = (config: z.infer<typeof settings>): WebhookSettings => ({
  keys: config.ACCORD_WEBHOOK_KEYS,
  urls: urlRules({
    ports: config.ACCORD_WEBHOOK_PORTS,
    refusedNetworks: config.ACCORD_WEBHOOK_REFUSED_NETWORKS,
    development: config.ACCORD_ENV === 'development',
  }),
  proxyUrl: config.ACCORD_WEBHOOK_PROXY_URL,
  parallel: config.ACCORD_WEBHOOK_PARALLEL,
  sockets: config.ACCORD_WEBHOOK_SOCKETS,
  connectMs: config.ACCORD_WEBHOOK_CONNECT_MS,
  headersMs: config.ACCORD_WEBHOOK_HEADERS_MS,
  wholeMs: config.ACCORD_WEBHOOK_TIMEOUT_MS,
  disableAfterMs: config.ACCORD_WEBHOOK_DISABLE_AFTER_HOURS * 3_600_000,
});
