import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, json } from 'node:stream/consumers';
import { z } from 'zod';
import { certificatePem, ecKey, issue, keyPem, type Issued } from './certificates.ts';

/** How it answers. `holds`: not before it is told to behave otherwise. */
export type SignerMood =
  | 'honest'
  | 'a wrong signature'
  | 'another key'
  | 'no JSON'
  | 'another answer'
  | 'huge'
  | 'holds'
  | { readonly status: number; readonly headers?: Record<string, string> };

export interface LocalSigner {
  readonly url: string;
  /** PEM: who signed the certificate of its server. */
  readonly ca: string;
  /** Of a client that it knows. */
  readonly client: { readonly cert: string; readonly key: string };
  key: Issued;
  mood: SignerMood;
  readonly moods: Map<string, SignerMood>;
  readonly asked: {
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly wrong: string[];
  }[];
  held(path: string): Promise<void>;
  close(): Promise<void>;
}

interface Document {
  readonly components: {
    readonly schemas: Record<'SignDigest' | 'Signature', Parameters<typeof z.fromJSONSchema>[0]>;
  };
}
const { schemas } = (
  JSON.parse(
    readFileSync(new URL('../../../docs/signing-port.openapi.json', import.meta.url), 'utf8'),
  ) as Document
).components;
const [SignDigest, Signature] = [z.fromJSONSchema(schemas.SignDigest), z.fromJSONSchema(schemas.Signature)];

/** OpenSSL signs a digest as it is, which node:crypto does not. */
async function signDigest({ key }: Issued, digest: Buffer): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'signer-'));
  try {
    const file = join(folder, 'key.pem');
    writeFileSync(file, key.export({ format: 'pem', type: 'pkcs8' }));
    const hash = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }[digest.length];
    const openssl = spawn('openssl', ['pkeyutl', '-sign', '-inkey', file, '-pkeyopt', `digest:${hash}`]);
    openssl.stdin.end(digest);
    return await buffer(openssl.stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * A key service as the signing port wants it (docs/signing-port.openapi.json), by HTTPS with clients' certificates. It
 * signs the digest that it is given, and also lies.
 */
export async function startSigner(key: Issued): Promise<LocalSigner> {
  const root = await issue({ name: 'Signer Root', ca: true, usage: 0x06 });
  const own = await issue({ name: 'signer', issuer: root, dnsNames: ['localhost'], usage: 0x80 });
  const client = await issue({ name: 'accord', issuer: root, usage: 0x80 });
  const held = new Map<string, PromiseWithResolvers<void>>();
  const holding = (path: string) => held.get(path) ?? held.set(path, Promise.withResolvers()).get(path)!;
  const signer: LocalSigner = {
    url: '',
    ca: certificatePem(root),
    client: { cert: certificatePem(client), key: keyPem(client) },
    key,
    mood: 'honest',
    moods: new Map(),
    asked: [],
    held: (path) => holding(path).promise,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const respond = async (path: string, digest: Buffer, res: ServerResponse): Promise<void> => {
    const mood = signer.moods.get(path) ?? signer.mood;
    if (mood === 'holds') return holding(path).resolve();
    if (typeof mood === 'object') return void res.writeHead(mood.status, mood.headers).end();
    if (mood === 'no JSON') return void res.end('signature');
    if (mood === 'another answer') return void res.end('{"Signature":"AAAA"}');
    if (mood === 'huge') return void res.end('x'.repeat(1_000_000));
    const by = mood === 'another key' ? { ...signer.key, key: otherKey(signer.key) } : signer.key;
    const signature = await signDigest(by, digest);
    if (mood === 'a wrong signature') signature[signature.length - 1]! ^= 1;
    const answer = { signature: signature.toString('base64') };
    Signature.parse(answer);
    res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  };
  const tls = { key: keyPem(own), cert: certificatePem(own), ca: signer.ca };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (req, res) => {
    const path = req.url ?? '/';
    void json(req).then((body) => {
      const wrong = (SignDigest.safeParse(body).error?.issues ?? []).map(({ message }) => message);
      signer.asked.push({ path, headers: req.headers, wrong });
      const isKnown =
        (req.socket as { authorized?: boolean }).authorized || req.headers.authorization === 'Bearer s3cret';
      if (!isKnown) return void res.writeHead(401).end();
      return respond(path, Buffer.from((body as { digest: string }).digest, 'base64'), res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(signer, {
    url: `https://localhost:${(server.address() as AddressInfo).port}/v1/keys/seal/sign`,
  });
}

const otherKeys = new Map<Issued, Issued['key']>();
const otherKey = (like: Issued) => otherKeys.get(like) ?? otherKeys.set(like, ecKey()).get(like)!;
