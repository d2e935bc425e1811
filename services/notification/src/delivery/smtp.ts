import nodemailer from 'nodemailer';
import type SmtpPool from 'nodemailer/lib/smtp-pool';

export interface Mail {
  /**
   * Its Message-ID is made of this; a mail sent again, for nobody knew whether it had arrived, has the same.
   */
  readonly notificationId: string;
  /** The name that it is from; the address is that of the service. */
  readonly from: string;
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** `reason` names what the server or the network did, never a person's data. */
export type Outcome =
  | { readonly sent: true }
  | { readonly sent: false; readonly reason: string; readonly permanent: boolean };

export interface Smtp {
  /** Tries once, for at most 30 s; never throws. */
  readonly send: (mail: Mail) => Promise<Outcome>;
  readonly close: () => void;
}

export const connections = 8;
const wholeAttemptMs = 30_000;

/**
 * A pool of connections to one SMTP server. @param url `smtp://user:password@host:587`, or `smtps:` @param
 * from `no-reply@example.com`, or `Accord <no-reply@example.com>`, whose name is left out: each mail has its own
 */
export function openSmtp({ url, from }: { url: string; from: string }): Smtp {
  const transport = nodemailer.createTransport({
    pool: true,
    url,
    maxConnections: connections,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    maxRequeues: 0, // a failed attempt is ours to repeat, later
  } as SmtpPool.Options & { maxRequeues: number });
  const [, address, domain] = /([^\s<@]+@([^\s@>]+))>?\s*$/.exec(from) ?? [];
  if (!address || !domain) throw new Error('the sender of mails has no address');

  return {
    async send({ notificationId, from: name, to, subject, text, html }) {
      const headers = { 'Auto-Submitted': 'auto-generated' };
      const sending = transport.sendMail({
        messageId: `<${notificationId}@${domain}>`,
        from: { name, address },
        to,
        subject,
        text,
        html,
        headers,
        textEncoding: 'base64',
      });
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(
          () => reject(Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' })),
          wholeAttemptMs,
        );
      });
      try {
        await Promise.race([sending, late]);
        return { sent: true };
      } catch (error) {
        return { sent: false, ...reasonOf(error as SmtpError) };
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => transport.close(),
  };
}

type SmtpError = { readonly code?: string; readonly responseCode?: number; readonly command?: string };

/**
 * The server's 5xx to this mail, or an address that is none, will not change; whatever else went wrong may.
 */
function reasonOf({ code = 'UNKNOWN', responseCode, command }: SmtpError): {
  reason: string;
  permanent: boolean;
} {
  const ofThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  const permanent = ofThisMail && (responseCode === undefined || responseCode >= 500);
  return { reason: ['smtp', code, responseCode, command].filter(Boolean).join(' '), permanent };
}
