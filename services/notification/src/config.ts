import { z } from 'zod';
import { readSettings } from '@accord/core/runtime';
import { platformSettings } from '@accord/platform';

const settings = platformSettings.extend({
  /** `smtp://user:password@host:587`, or `smtps:`. */
  ACCORD_SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** `no-reply@example.com`; a name before it, `Accord <…>`, gives way to the provider's (NTF-16). */
  ACCORD_MAIL_FROM: z.string().regex(/^[^\r\n]*@[^\s@>]+>?$/),
});

export const readConfig = (env: NodeJS.ProcessEnv) => readSettings(settings, env);
