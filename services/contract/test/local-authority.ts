import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { fromBER, Integer, Sequence } from 'asn1js';
import { ContentInfo, SignedData, TimeStampReq } from 'pkijs';
import { stampWanted, timeStampRequest } from '../src/seal/time-stamp.ts';
import { certificatePem, issue, keyPem, rsaKey, type Issued, type Wanted } from './certificates.ts';

const run = promisify(execFile);
const timeStamps = { key: rsaKey(), extendedUses: ['1.3.6.1.5.5.7.3.8'], critical: true } as const;

/** How it answers. `holds`: not before it is told to behave otherwise. */
export type Mood =
  | 'honest'
  | 'another nonce'
  | 'another imprint'
  | 'another policy'
  | 'not granted'
  | 'garbage'
  | 'another content type'
  | 'cut'
  | 'huge'
  | 'holds'
  | { readonly status: number; readonly headers?: Record<string, string> }
  /** Signed by a certificate that is not as it should be, whatever OpenSSL would say to it. */
  | { readonly signer: Wanted };

export interface LocalAuthority {
  readonly url: string;
  readonly root: Issued;
  /** By path: `/one`; else for all. */
  mood: Mood;
  readonly moods: Map<string, Mood>;
  /** Requests as they came, with their headers. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** Once it has a request under this path that it holds. */
  held(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A time stamp authority of `openssl ts` behind HTTP, which also lies. */
export async function startAuthority(): Promise<LocalAuthority> {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  const root = await issue({ name: 'Time Stamp Root', ca: true, usage: 0x06 });
  const signer = await issue({ name: 'Time Stamps', issuer: root, ...timeStamps });
  const file = (name: string) => join(folder, name);
  writeFileSync(file('signer.pem'), certificatePem(signer));
  writeFileSync(file('signer.key'), keyPem(signer));
  writeFileSync(file('root.pem'), certificatePem(root));
  writeFileSync(file('serial'), '01\n');
  writeFileSync(file('ts.cnf'), configuration(folder));
  const openssl = (...args: string[]) => run('openssl', args, { encoding: 'buffer' });
  let [questions, last] = [0, Promise.resolve(Buffer.alloc(0))];

  /** One after the other: they share a serial number. */
  const reply = (query: Buffer): Promise<Buffer> => {
    const [asked, answered] = [++questions, file(`answer-${questions}`)];
    last = last
      .catch(() => undefined)
      .then(async () => {
        await writeFile(file(`query-${asked}`), query);
        const io = ['-queryfile', file(`query-${asked}`), '-out', answered];
        await openssl('ts', '-reply', '-config', file('ts.cnf'), '-section', 'tsa', ...io);
        return readFile(answered);
      });
    return last;
  };

  /** The same time stamp, signed anew. */
  const signedBy = async (answer: Buffer, wanted: Wanted): Promise<Buffer> => {
    const own = await issue({ name: 'Other Time Stamps', issuer: root, ...timeStamps, ...wanted });
    const names = ['other.pem', 'other.key', 'info.der', 'token.der'] as const;
    const [certificate, key, info, token] = names.map(file) as [string, string, string, string];
    const [, given] = (fromBER(answer).result as Sequence).valueBlock.value;
    const signed = new SignedData({ schema: new ContentInfo({ schema: given! }).content });
    await writeFile(certificate, certificatePem(own));
    await writeFile(key, keyPem(own));
    await writeFile(info, Buffer.from(signed.encapContentInfo.eContent!.getValue()));
    const how = ['-sign', '-binary', '-nodetach', '-cades', '-md', 'sha256', '-econtent_type', tokenType];
    const io = ['-in', info, '-outform', 'DER', '-out', token];
    await openssl('cms', ...how, '-signer', certificate, '-inkey', key, ...io);
    const status = new Sequence({ value: [new Integer({ value: 0 })] });
    const resigned = fromBER(await readFile(token)).result;
    return Buffer.from(new Sequence({ value: [status, resigned] }).toBER());
  };

  /** Its answer in each mood that has one. */
  async function say(mood: Mood, query: Buffer): Promise<Buffer> {
    if (typeof mood === 'object' && 'signer' in mood) return signedBy(await reply(query), mood.signer);
    const { messageImprint, nonce } = TimeStampReq.fromBER(query);
    const imprint = Buffer.from(messageImprint.hashedMessage.getValue());
    const asked = { imprint, nonce: nonce!.toBigInt(), policy: undefined };
    const other = stampWanted(Buffer.from('other'), undefined);
    if (mood === 'another nonce') return reply(timeStampRequest({ ...asked, nonce: other.nonce }));
    if (mood === 'another imprint') return reply(timeStampRequest({ ...asked, imprint: other.imprint }));
    if (mood === 'another policy') return reply(timeStampRequest({ ...asked, policy: '1.2.3.4.5' }));
    if (mood === 'not granted') return reply(timeStampRequest({ ...asked, policy: '1.2.3.99' }));
    if (mood === 'garbage') return Buffer.from('<html>no time</html>');
    if (mood === 'huge') return Buffer.alloc(1_000_000, 0x30);
    return reply(query);
  }

  const held = new Map<string, PromiseWithResolvers<void>>();
  const holding = (path: string) => held.get(path) ?? held.set(path, Promise.withResolvers()).get(path)!;
  const authority: LocalAuthority = {
    url: '',
    root,
    mood: 'honest',
    moods: new Map(),
    asked: [],
    held: (path) => holding(path).promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  async function respond(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const path = req.url ?? '/';
    authority.asked.push({ path, headers: req.headers });
    const mood = authority.moods.get(path) ?? authority.mood;
    const query = await buffer(req);
    if (mood === 'holds') return holding(path).resolve();
    if (typeof mood === 'object' && 'status' in mood)
      return void res.writeHead(mood.status, mood.headers).end();
    const body = await say(mood, query);
    const type = mood === 'another content type' ? 'text/html' : 'application/timestamp-reply';
    res.writeHead(200, { 'content-type': type, 'content-length': body.length });
    if (mood !== 'cut') return void res.end(body);
    res.write(body.subarray(0, body.length / 2), () => res.destroy());
  }
  const server = createServer((req, res) => {
    respond(req, res).catch((error: Error) => res.writeHead(500).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(authority, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const tokenType = '1.2.840.113549.1.9.16.1.4';

const configuration = (folder: string) => `
[ tsa ]
serial = ${folder}/serial
signer_cert = ${folder}/signer.pem
signer_key = ${folder}/signer.key
certs = ${folder}/root.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384
accuracy = secs:1
ess_cert_id_alg = sha256
`;
