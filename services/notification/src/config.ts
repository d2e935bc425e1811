import { z } from 'zod';
import { isPlainWire, readSettings, renewed, tlsOf } from '@accord/core/runtime';
import { priceTimes } from '@accord/money';
import { platformSettings, trustFor } from '@accord/platform';
import type { SmtpSettings } from './delivery/smtp.ts';
import { secretsForm } from './sms/signature.ts';
import type { SmsGatewayAddress } from './sms/sms-gateway.ts';
import type { SmsRules } from './texting.ts';
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
  /** `https://sms.example`: the SMS gateway (docs/sms-port.openapi.json); unset, no SMS goes out. */
  ACCORD_SMS_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Path of a PEM file: of those who sign the certificate of the gateway. */
  ACCORD_SMS_CA_FILE: z.string().min(1).optional(),
  /** `whsec_…`; while it is changed both, with a comma between: the first signs. */
  ACCORD_SMS_SECRET: renewed(
    z.string().regex(secretsForm, 'is whsec_ and base64 of 24 to 64 bytes'),
  ).optional(),
  /** Of numbers that name no country. */
  ACCORD_SMS_COUNTRY_CODE: z
    .string()
    .regex(/^[1-9]\d{0,2}$/)
    .default('86'),
  /** `0.045 CNY`: of a segment, for the estimate of costs. */
  ACCORD_SMS_SEGMENT_PRICE: z
    .string()
    .regex(/^\d{1,6}(\.\d{1,6})? [A-Z]{3}$/)
    .optional(),
  /** Messages a day to the contacts of one account, and to one number. */
  ACCORD_SMS_ACCOUNT_LIMIT: z.coerce.number().int().min(0).default(200),
  ACCORD_SMS_NUMBER_LIMIT: z.coerce.number().int().min(0).default(20),
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

type Config = z.infer<typeof settings>;

/** @throws Error where a setting is missing, wrong, or of no use beside the others. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const config = readSettings(settings, env);
  const { ACCORD_SMS_URL: url, ACCORD_SMS_SECRET: secret, ACCORD_SMS_CA_FILE: ca } = config;
  const wrong = [
    ...(url !== undefined && secret === undefined ? ['ACCORD_SMS_SECRET is missing'] : []),
    ...(url === undefined && secret !== undefined
      ? ['ACCORD_SMS_SECRET is set, and ACCORD_SMS_URL is not']
      : []),
    ...(url === undefined && ca !== undefined
      ? ['ACCORD_SMS_CA_FILE is set, and ACCORD_SMS_URL is not']
      : []),
  ];
  if (wrong.length > 0) throw new Error(`settings: ${wrong.join('; ')}`);
  return config;
}

/** Undefined where no gateway is configured. @throws Error where its CA or its price is not right. */
export function smsOf(config: Config): (SmsGatewayAddress & SmsRules) | undefined {
  const { ACCORD_SMS_URL: url, ACCORD_SMS_SECRET: secrets, ACCORD_SMS_SEGMENT_PRICE: price } = config;
  if (url === undefined || secrets === undefined) return undefined;
  const [amount, currency] = price?.split(' ') ?? [];
  if (amount !== undefined) priceTimes(amount, currency!, 1n);
  return {
    url: new URL(url),
    tls: tlsOf({ ca: config.ACCORD_SMS_CA_FILE }, 'ACCORD_SMS_'),
    secrets,
    countryCode: config.ACCORD_SMS_COUNTRY_CODE,
    price: amount === undefined ? undefined : { amount, currency: currency! },
    limits: { perAccount: config.ACCORD_SMS_ACCOUNT_LIMIT, perNumber: config.ACCORD_SMS_NUMBER_LIMIT },
  };
}

/** How the mail server is reached. @throws Error where its CA is not right, or of no use (API-17). */
export function smtpOf(config: Config): SmtpSettings {
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
