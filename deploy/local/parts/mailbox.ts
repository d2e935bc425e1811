import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface Mail {
  readonly at: Date;
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** Its plain text, decoded. */
  readonly text: string;
  readonly raw: string;
}

export interface Mailbox {
  /** `smtp://127.0.0.1:2525` */
  readonly url: string;
  /** All that came, oldest first. */
  readonly mails: readonly Mail[];
  stop(): Promise<void>;
}

/** An SMTP server that keeps what it is given. */
export async function startMailbox({
  port = 0,
  host = '127.0.0.1',
  onMail,
}: { port?: number; host?: string; onMail?: (mail: Mail) => void } = {}): Promise<Mailbox> {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    size: 10 * 1024 * 1024,
    rejectOversized: true,
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', done);
      stream.once('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };
        const mail = { at: new Date(), ...envelope, ...readMail(Buffer.concat(chunks).toString('utf8')) };
        mails.push(mail);
        onMail?.(mail);
        done();
      });
    },
  });
  // A client that goes away in the middle is its own trouble.
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => server.listen(port, host, resolve).once('error', reject));
  const address = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${address.port}`,
    mails,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const mailLine = ({ to, subject }: Pick<Mail, 'to' | 'subject'>) =>
  `mail to ${to.join(', ')}: ${subject}`;

/**
 * Subject and first plain text of a message (RFC 5322, MIME), as far as a reader of tests and demos needs it.
 */
export function readMail(raw: string): { subject: string; text: string; raw: string } {
  const { headers } = partsOf(raw);
  return { subject: decodeWords(headers.get('subject') ?? ''), text: plainText(raw) ?? '', raw };
}

function partsOf(entity: string) {
  const [head = '', ...rest] = entity.split(/\r?\n\r?\n/);
  const lines = head.replaceAll(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { headers, body: rest.join('\r\n\r\n') };
}

function plainText(entity: string): string | undefined {
  const { headers, body } = partsOf(entity);
  const type = headers.get('content-type') ?? 'text/plain';
  const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
  if (boundary) {
    const inner = body
      .split(`--${boundary}`)
      .slice(1, -1)
      .map((part) => plainText(part.replace(/^\r?\n/, '')));
    return inner.find((text) => text !== undefined);
  }
  if (!/^text\/plain/i.test(type)) return undefined;
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? quotedPrintable(body.replaceAll(/=\r?\n/g, '')) : body;
}

const quotedPrintable = (text: string): string =>
  Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');

const decodeWords = (text: string): string =>
  text
    .replaceAll(/\?=\s+=\?/g, '?==?')
    .replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : quotedPrintable(word.replaceAll('_', ' ')),
    );
