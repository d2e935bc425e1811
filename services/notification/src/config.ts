import { z } from 'zod';
import { isPlainWire, readSettings, renewed } from '@accord/core/runtime';
import { platformSettings, trustFor } from '@accord/platform';
import type { SmtpSettings } from './delivery/smtp.ts';

const settings = platformSettings.extend({
  /** `smtp://user:password@host:587`, or `smtps:`; the password may be in `ACCORD_SMTP_PASSWORD`. */
  ACCORD_SMTP_URL: renewed(z.url({ protocol: /^smtps?$/ })),
  /** Path of a PEM file: of those who sign the certificate of the mail server. */
  ACCORD_SMTP_CA_FILE: z.string().min(1).optional(),
  /** `no-reply@example.com`; a name before it, `Accord <…>`, gives way to the provider's (NTF-16). */
  ACCORD_MAIL_FROM: z.string().regex(/^[^\r\n]*@[^\s@>]+>?$/),
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
