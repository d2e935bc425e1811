import nodemailer from 'nodemailer';
import type SmtpPool from 'nodemailer/lib/smtp-pool';
import type { Renewed, TlsMaterial } from '@accord/core/runtime';
import type { Outcome } from './delivery.ts';

interface Mail {
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

export interface Smtp {
  /** Tries once, for at most 30 s; never throws. */
  readonly send: (mail: Mail) => Promise<Outcome>;
  readonly close: () => void;
}

export const connections = 8;
const wholeAttemptMs = 30_000;

export interface SmtpSettings {
  /** `smtp://user:password@host:587`, or `smtps:`; read anew for each mail, so that a password may change. */
  readonly url: Renewed<string>;
  /** With which the server is trusted; absent: those that Node knows. */
  readonly tls?: (() => TlsMaterial) | undefined;
  /** Sends nothing before the connection is by TLS; otherwise where the server offers it. */
  readonly requireTls?: boolean;
}

type Transport = ReturnType<typeof openTransport>;

function openTransport(url: string, trust: TlsMaterial | undefined, requireTLS: boolean) {
  const pool = nodemailer.createTransport({
    pool: true,
    url,
    requireTLS,
    ...(trust && { tls: trust }),
    maxConnections: connections,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 15_000,
    disableFileAccess: true,
    disableUrlAccess: true,
    maxRequeues: 0, // a failed attempt is ours to repeat, later
  } as SmtpPool.Options & { maxRequeues: number });
  return { pool, url, trust, sending: 0, isRetired: false };
}

function closeWhenDone(transport: Transport | undefined): void {
  if (!transport) return;
  transport.isRetired = true;
  if (transport.sending === 0) transport.pool.close();
}

/**
 * A pool of connections to one SMTP server; another one once its password or CA has changed.
 *
 * @param from `no-reply@example.com`, or `Accord <no-reply@example.com>`, whose name is left out: each mail has
 * its own
 */
export function openSmtp({ url, tls, requireTls = false }: SmtpSettings, from: string): Smtp {
  const [, address, domain] = /([^\s<@]+@([^\s@>]+))>?\s*$/.exec(from) ?? [];
  if (!address || !domain) throw new Error('the sender of mails has no address');
  let current: Transport | undefined;
  const transportNow = (): Transport => {
    const [server, trust] = [url(), tls?.()];
    if (current?.url === server && current.trust === trust) return current;
    closeWhenDone(current);
    return (current = openTransport(server, trust, requireTls));
  };

  /** Undefined where the server knows another password than the one of now, and there is one to try. */
  async function attempt({ notificationId, from: name, ...mail }: Mail): Promise<Outcome | undefined> {
    const transport = transportNow();
    transport.sending += 1;
    const sending = transport.pool.sendMail({
      messageId: `<${notificationId}@${domain}>`,
      from: { name, address: address! },
      ...mail,
      headers: { 'Auto-Submitted': 'auto-generated' },
      textEncoding: 'base64',
    });
    try {
      await inTime(sending);
      return { sent: true };
    } catch (error) {
      const isUnknown = (error as SmtpError).code === 'EAUTH' && url.refused(transport.url);
      return isUnknown ? undefined : { sent: false, ...reasonOf(error as SmtpError) };
    } finally {
      transport.sending -= 1;
      if (transport.isRetired) closeWhenDone(transport);
    }
  }

  return {
    async send(mail) {
      for (;;) {
        const outcome = await attempt(mail);
        if (outcome) return outcome;
      }
    },
    close: () => current?.pool.close(),
  };
}

/** @throws Error `ETIMEDOUT` where the whole attempt takes too long. */
async function inTime(sending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error('too slow'), { code: 'ETIMEDOUT' })),
      wholeAttemptMs,
    );
  });
  await Promise.race([sending, late]).finally(() => clearTimeout(timer));
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
