import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly to: string;
  readonly messageId: string;
  readonly raw: string;
}

export interface MailServer {
  readonly url: string;
  readonly mails: ReceivedMail[];
  /** Decides about an address; default: takes the mail. */
  behave: (address: string) => 'take' | 'hang' | 'refuse' | 'later';
  /** Runs when a whole mail has arrived, before it is accepted. */
  beforeAccepting: () => Promise<void>;
  down(): Promise<void>;
  up(): Promise<void>;
}

const serverOf = (mailServer: MailServer) =>
  new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 50,
    onRcptTo({ address }, _session, done) {
      const behaviour = mailServer.behave(address);
      if (behaviour === 'hang') return;
      if (behaviour === 'take') return done();
      done(
        Object.assign(new Error(`no mail for ${address}`), {
          responseCode: behaviour === 'refuse' ? 550 : 451,
        }),
      );
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks).toString();
        const messageId = /^Message-ID: (.*)$/im.exec(raw)?.[1] ?? '';
        mailServer.mails.push(
          ...session.envelope.rcptTo.map(({ address }) => ({ to: address, messageId, raw })),
        );
        mailServer.beforeAccepting().then(() => done(), done);
      });
    },
  });

/** A real SMTP server, in this process. */
export async function startMailServer(): Promise<MailServer> {
  let server: SMTPServer;
  let port = 0;
  const mailServer: MailServer = {
    get url() {
      return `smtp://127.0.0.1:${port}`;
    },
    mails: [],
    behave: () => 'take',
    beforeAccepting: () => Promise.resolve(),
    down: () => new Promise((resolve) => server.close(() => resolve())),
    up: () =>
      new Promise((resolve) => {
        server = serverOf(mailServer);
        server.on('error', () => undefined); // a client that hangs up is no concern of the test
        server.listen(port, '127.0.0.1', () => {
          port = (server.server.address() as AddressInfo).port;
          resolve();
        });
      }),
  };
  await mailServer.up();
  return mailServer;
}
