import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { z } from 'zod';
import { readSettings, renewed, tlsOf } from '@accord/core/runtime';
import { otlpAgent } from '../../libs/core/src/observability/otlp-agent.ts';
import { openSmtp } from '../../services/notification/src/delivery/smtp.ts';
import { makeAuthority, type Authority } from './certificates.ts';

// Mails and traces by TLS with a CA of our own, which changes meanwhile, as the password does.

const folder = mkdtempSync(join(tmpdir(), 'own-ca-'));
afterAll(() => rmSync(folder, { recursive: true }));
function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

const mail = {
  ...{ notificationId: 'ntf_1', from: 'Accord', subject: 'A', text: 'a', html: '<p>a</p>' },
  to: { name: 'A', address: 'a@example.com' },
};

const offered: (string | null | undefined)[] = [];
/** A mail server that begins TLS when it is asked to, and takes nothing before. */
async function startMailServer(by: Authority, password: () => string, port = 0) {
  const { certificate: cert, key } = await by.issue('mail');
  const server = new SMTPServer({
    ...{ cert, key, closeTimeout: 50, authMethods: ['PLAIN'] },
    onAuth: ({ password: given }, _, done) => {
      offered.push(given);
      if (given === password()) done(null, { user: 'accord' });
      else done(new Error('wrong password'));
    },
    onData: (stream, _, done) => stream.resume().once('end', () => done()),
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()));
  return server;
}

test('API-17 mails leave by TLS that is verified; password and CA change without a mail that fails', async () => {
  const [first, next] = await Promise.all([makeAuthority('First'), makeAuthority('Next')]);
  let password = 'v1';
  let server = await startMailServer(first, () => password);
  const port = portOf(server.server);
  const settings = z.object({ ACCORD_SMTP_URL: renewed(z.url()) });
  const { ACCORD_SMTP_URL: url } = readSettings(settings, {
    ACCORD_SMTP_URL: `smtp://accord@127.0.0.1:${port}`,
    ACCORD_SMTP_PASSWORD_FILE: file('password', 'v1'),
  });
  const tls = tlsOf({ ca: file('ca.pem', first.certificate) }, 'ACCORD_SMTP_');
  const smtp = openSmtp({ url, tls, requireTls: true }, 'no-reply@accord.example');
  expect(await smtp.send(mail)).toEqual({ sent: true });

  // The file first: the server is offered the new one, and gets the one before until it knows it.
  file('password', 'v2');
  expect(await smtp.send(mail)).toEqual({ sent: true });
  expect(offered).toEqual(['v1', 'v2', 'v1']);
  password = 'v2';
  file('ca.pem', first.certificate + next.certificate);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  server = await startMailServer(next, () => password, port);
  expect(await smtp.send(mail)).toEqual({ sent: true });
  smtp.close();

  const untrusting = openSmtp({ url, requireTls: true }, 'no-reply@accord.example');
  expect(await untrusting.send(mail)).toMatchObject({ sent: false, permanent: false });
  untrusting.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test('API-17 traces go by TLS with the CA that the file has by then', async () => {
  const [first, next] = await Promise.all([makeAuthority('First'), makeAuthority('Next')]);
  const { certificate: cert, key } = await first.issue('collector');
  const server = createServer({ cert, key }, (_, answer) => answer.setHeader('connection', 'close').end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const makeAgent = otlpAgent({ OTEL_EXPORTER_OTLP_CERTIFICATE: file('collector.pem', first.certificate) })!;
  const agent = await makeAgent();
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      request({ host: '127.0.0.1', port: portOf(server), agent }, (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode));
      })
        .once('error', reject)
        .end();
    });
  expect(await ask()).toBe(200);
  server.setSecureContext(
    await next.issue('collector').then((own) => ({ cert: own.certificate, key: own.key })),
  );
  await expect(ask()).rejects.toThrow(/certificate/);
  file('collector.pem', next.certificate);
  expect(await ask()).toBe(200);
  agent.destroy();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(otlpAgent({})).toBeUndefined();
});
