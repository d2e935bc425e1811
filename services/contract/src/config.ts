import { readFile } from 'node:fs/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { readSettings, renewed, tlsOf } from '@accord/core/runtime';
import { platformSettings, trustFor } from '@accord/platform';
import { renderDefaults, type RenderSettings } from './document/rendering.ts';
import { freshOf } from './seal/fresh-files.ts';
import { loadSealKey, sealKeyOfFile, sealKeyOfPort, type SealKey } from './seal/seal-key.ts';
import { certificatesOf, openSigningPort } from './seal/signing-port.ts';
import { openTimeStampAuthority, type TimeStampAuthority } from './seal/time-stamp-authority.ts';

const contractSettings = platformSettings.extend({
  /**
   * Path of the PKCS#12 file with the seal's key and certificate; development makes a test seal without it and without
   * a signing port (CTR-22).
   */
  ACCORD_SEAL_P12: z.string().min(1).optional(),
  ACCORD_SEAL_PASSWORD: renewed(z.string()).optional(),
  /** `https://signer.example/v1/keys/seal/sign`: the key behind a signing port (docs/signing-port.openapi.json). */
  ACCORD_SEAL_SIGNER_URL: z.url({ protocol: /^https$/ }).optional(),
  /** Path of a PEM file: of those who sign the certificate of its server. */
  ACCORD_SEAL_SIGNER_CA_FILE: z.string().min(1).optional(),
  ACCORD_SEAL_SIGNER_TOKEN: renewed(z.string().regex(/^[\x20-\x7e]+$/, 'is one line')).optional(),
  /** Paths of PEM files: the certificate by which this service is known there, and its key. */
  ACCORD_SEAL_SIGNER_CERTIFICATE_FILE: z.string().min(1).optional(),
  ACCORD_SEAL_SIGNER_KEY_FILE: z.string().min(1).optional(),
  /** Path of a PEM file: the certificate of the key there, and those that issued it. */
  ACCORD_SEAL_CERTIFICATE_FILE: z.string().min(1).optional(),
  /** A time stamp authority by RFC 3161 (CTR-37). */
  ACCORD_TSA_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Path of a PEM file: of those who sign the certificate of its server. */
  ACCORD_TSA_CA_FILE: z.string().min(1).optional(),
  /** Path of a PEM file: those that the certificates of its time stamps lead to. */
  ACCORD_TSA_ISSUERS_FILE: z.string().min(1).optional(),
  ACCORD_TSA_USER: z
    .string()
    .regex(/^[^:]+$/, 'has no colon')
    .optional(),
  ACCORD_TSA_PASSWORD: renewed(z.string()).optional(),
  ACCORD_TSA_POLICY: z
    .string()
    .regex(/^[0-2](\.\d+)+$/, 'is an object identifier: 1.2.3.4')
    .optional(),
  /** Threads that render contracts, at most; each starts when it is needed. */
  ACCORD_RENDER_WORKERS: z.coerce.number().int().min(1).max(64).default(renderDefaults.workers),
  /** Drafts that wait to be rendered; more are refused with 503. */
  ACCORD_RENDER_QUEUE: z.coerce.number().int().min(1).max(10_000).default(renderDefaults.queue),
  /** Of one contract, ms; a sealing's lease is 20 s. */
  ACCORD_RENDER_DEADLINE_MS: z.coerce.number().int().min(100).max(15_000).default(renderDefaults.deadlineMs),
  /** JavaScript's heap of a render worker, MB; beside it lie 21 MB of fonts and the file. */
  ACCORD_RENDER_MEMORY_MB: z.coerce.number().int().min(64).max(4_096).default(renderDefaults.memoryMegabytes),
});

export const renderSettingsOf = (settings: z.output<typeof contractSettings>): RenderSettings => ({
  workers: settings.ACCORD_RENDER_WORKERS,
  queue: settings.ACCORD_RENDER_QUEUE,
  deadlineMs: settings.ACCORD_RENDER_DEADLINE_MS,
  memoryMegabytes: settings.ACCORD_RENDER_MEMORY_MB,
});

type Config = z.output<typeof contractSettings>;

/** @throws Error where a setting is missing, wrong, or of no use beside the others. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const config = readSettings(contractSettings, env);
  const wrong = [...sealFaults(config), ...stampFaults(config)];
  if (wrong.length > 0) throw new Error(`settings: ${wrong.join('; ')}`);
  return config;
}

type Name = keyof Config & string;

/** A fault for each of `names` that is set although `by` is not. */
const useless = (config: Config, by: Name, names: readonly Name[]): string[] =>
  names.filter((name) => config[name] !== undefined).map((name) => `${name} is set, and ${by} is not`);

function sealFaults(config: Config): string[] {
  const port = 'ACCORD_SEAL_SIGNER_URL';
  const ofPort = [
    'ACCORD_SEAL_SIGNER_CA_FILE',
    'ACCORD_SEAL_SIGNER_TOKEN',
    'ACCORD_SEAL_SIGNER_CERTIFICATE_FILE',
    'ACCORD_SEAL_SIGNER_KEY_FILE',
    'ACCORD_SEAL_CERTIFICATE_FILE',
  ] as const;
  if (config[port] === undefined) return useless(config, port, ofPort);
  const isKnown =
    config.ACCORD_SEAL_SIGNER_TOKEN !== undefined || config.ACCORD_SEAL_SIGNER_CERTIFICATE_FILE !== undefined;
  return [
    ...(config.ACCORD_SEAL_P12 === undefined ? [] : [`ACCORD_SEAL_P12 and ${port} are both set`]),
    ...(config.ACCORD_SEAL_CERTIFICATE_FILE === undefined ? ['ACCORD_SEAL_CERTIFICATE_FILE is missing'] : []),
    ...(isKnown ? [] : ['ACCORD_SEAL_SIGNER_TOKEN or ACCORD_SEAL_SIGNER_CERTIFICATE_FILE is missing']),
  ];
}

function stampFaults(config: Config): string[] {
  const { ACCORD_TSA_URL: url, ACCORD_TSA_USER: user, ACCORD_TSA_PASSWORD: password } = config;
  if (url === undefined) {
    const others = ['CA_FILE', 'ISSUERS_FILE', 'USER', 'PASSWORD', 'POLICY'] as const;
    return useless(
      config,
      'ACCORD_TSA_URL',
      others.map((one) => `ACCORD_TSA_${one}` as const),
    );
  }
  return [
    ...(config.ACCORD_TSA_ISSUERS_FILE === undefined ? ['ACCORD_TSA_ISSUERS_FILE is missing'] : []),
    ...((user === undefined) === (password === undefined)
      ? []
      : ['of ACCORD_TSA_USER and ACCORD_TSA_PASSWORD one is missing']),
    ...(user !== undefined && url.startsWith('http:')
      ? ['ACCORD_TSA_PASSWORD needs ACCORD_TSA_URL by https:']
      : []),
  ];
}

/** @throws Error where the key, or a file beside it, cannot be used (CTR-22, CTR-37). */
export async function sealKeyOf(config: Config, log: Logger): Promise<SealKey> {
  const { ACCORD_SEAL_P12: path, ACCORD_SEAL_PASSWORD: password, ACCORD_SEAL_SIGNER_URL: url } = config;
  if (path !== undefined) return sealKeyOfFile({ path, password: () => password?.() }, { log });
  if (url === undefined) return loadSealKey({ env: config.ACCORD_ENV });
  const files = {
    ca: config.ACCORD_SEAL_SIGNER_CA_FILE,
    certificate: config.ACCORD_SEAL_SIGNER_CERTIFICATE_FILE,
    key: config.ACCORD_SEAL_SIGNER_KEY_FILE,
  };
  const tls = tlsOf(files, 'ACCORD_SEAL_SIGNER_');
  const port = openSigningPort({ url: new URL(url), tls, token: config.ACCORD_SEAL_SIGNER_TOKEN });
  return sealKeyOfPort({ port, certificates: config.ACCORD_SEAL_CERTIFICATE_FILE! }, { log });
}

/** Undefined where none is configured. @throws Error where a file of it cannot be used. */
export async function timeStampsOf(config: Config, log: Logger): Promise<TimeStampAuthority | undefined> {
  const { ACCORD_TSA_URL: url, ACCORD_TSA_CA_FILE: ca, ACCORD_TSA_ISSUERS_FILE: issuers } = config;
  if (url === undefined || issuers === undefined) return undefined;
  const tls = trustFor('tsa', { ...config, url, ca });
  const trusted = await freshOf({
    name: 'time stamp issuers',
    log,
    read: async () => [await readFile(issuers, 'utf8')],
    make: ([pem]) => {
      const certificates = certificatesOf(String(pem));
      if (certificates.length === 0) throw new Error('ACCORD_TSA_ISSUERS_FILE has no certificate in PEM');
      return Promise.resolve(certificates);
    },
  });
  return openTimeStampAuthority({
    url: new URL(url),
    tls: tls ?? (() => ({})),
    trusted,
    user: config.ACCORD_TSA_USER,
    password: config.ACCORD_TSA_PASSWORD,
    policy: config.ACCORD_TSA_POLICY,
  });
}
