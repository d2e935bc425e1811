import { platformSettings } from '@accord/platform';
import { z } from 'zod';

export const settings = platformSettings.extend({
  /** `smtp://user:password@host:587`, or `smtps:`. */
  ACCORD_SMTP_URL: z.url({ protocol: /^smtps?$/ }),
  /** `Accord <no-reply@example.com>` */
  ACCORD_MAIL_FROM: z.string().regex(/^[^\r\n]*@[^\s@>]+>?$/),
});
