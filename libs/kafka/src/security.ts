import { createRequire } from 'node:module';
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import type { Authenticator, ISocketFactory, KafkaConfig, Mechanism } from 'kafkajs';

/** A value that may change meanwhile, and whether there is another one where a broker refused it. */
interface Changing<T> {
  (): T;
  refused(value: T): boolean;
}

/** PEM. The same object as long as nothing in it changes. */
type TlsMaterial = Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>;

/** How connections to a broker are made; absent parts are left out (API-17). */
export interface KafkaSecurity {
  /** By TLS that verifies the broker's certificate and name; with a certificate of our own where there is one. */
  readonly tls?: Changing<TlsMaterial>;
  readonly sasl?:
    | {
        readonly mechanism: 'SCRAM-SHA-512' | 'PLAIN';
        readonly username: string;
        readonly password: Changing<string>;
      }
    | { readonly mechanism: 'OAUTHBEARER'; readonly token: Changing<string> };
}

type Sasl = NonNullable<KafkaSecurity['sasl']>;

const internals = createRequire(import.meta.url);
const { KafkaJSConnectionError: ConnectionError, KafkaJSSASLAuthenticationError: AuthenticationError } =
  internals('kafkajs/src/errors') as Record<string, new (message: string) => Error>;
type Authenticate = Mechanism['authenticationProvider'];
const providerOf = (name: string) =>
  internals(`kafkajs/src/broker/saslAuthenticator/${name}`) as (credentials: object) => Authenticate;
const byPassword = { 'SCRAM-SHA-512': providerOf('scram512'), PLAIN: providerOf('plain') } as const;

/** Bytes as Kafka's protocol sends them: their number first. */
function counted(text: string): Buffer {
  const bytes = Buffer.from(text);
  const all = Buffer.alloc(4 + bytes.length);
  all.writeInt32BE(bytes.length);
  bytes.copy(all, 4);
  return all;
}

/**
 * The exchange of RFC 7628. kafkajs does not read the broker's first answer, which says why a token is refused, and
 * takes every token for accepted.
 */
const byToken =
  (token: string): Authenticate =>
  ({ saslAuthenticate }) => ({
    async authenticate() {
      const ask = (text: string) =>
        saslAuthenticate({
          request: { encode: () => counted(text) },
          response: { decode: (answer) => answer, parse: (answer) => answer },
        });
      const answer = (await ask(`n,,\x01auth=Bearer ${token}\x01\x01`)) as Buffer;
      if (answer.length <= 4) return;
      const why = answer.toString('utf8', 4);
      // The broker says no once it has heard that we know.
      await ask('\x01').catch(() => undefined);
      throw new AuthenticationError!(`SASL OAUTHBEARER authentication failed: ${why}`);
    },
  });

/** One attempt, with the credentials as they are now. */
function attemptOf(sasl: Sasl): { by: Authenticate; refused: () => boolean } {
  if (sasl.mechanism === 'OAUTHBEARER') {
    const token = sasl.token();
    return { by: byToken(token), refused: () => sasl.token.refused(token) };
  }
  const { username } = sasl;
  const password = sasl.password();
  return {
    by: byPassword[sasl.mechanism]({ username, password }),
    refused: () => sasl.password.refused(password),
  };
}

/**
 * kafkajs keeps the password that it began with, and takes a refused one for the end. Here each authentication
 * reads it anew, that of a connection which is authenticated again too (`connections.max.reauth.ms`).
 */
const saslOf = (sasl: Sasl): Mechanism => ({
  mechanism: sasl.mechanism,
  authenticationProvider: (args): Authenticator => ({
    async authenticate() {
      const { by, refused } = attemptOf(sasl);
      try {
        await by(args).authenticate();
      } catch (error) {
        throw refused() ? new ConnectionError!((error as Error).message) : error;
      }
    },
  }),
});

/** Of sockets: whether a new one would be made with something else. */
const outdated = new WeakMap<Socket, () => boolean>();

/** A connection that was made with another password or certificate than those of now. */
export const isOutdated = (socket: Socket): boolean => outdated.get(socket)?.() ?? false;

const lookEveryMs = 1_000;
const keepAliveMs = 60_000;

/** Like that of kafkajs, with certificates read anew for each connection. */
function socketFactoryOf({ tls, sasl }: KafkaSecurity): ISocketFactory {
  const password = () => (sasl && 'password' in sasl ? sasl.password() : undefined);
  return ({ host, port, onConnect }) => {
    const madeWith = { tls: tls?.(), password: password() };
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls
      ? connect({ host, port, ...name, ...madeWith.tls }, onConnect)
      : connectPlain({ host, port }, onConnect);
    socket.setKeepAlive(true, keepAliveMs);
    let lookedAt = performance.now();
    outdated.set(socket, () => {
      if (performance.now() - lookedAt < lookEveryMs) return false;
      lookedAt = performance.now();
      return madeWith.tls !== tls?.() || madeWith.password !== password();
    });
    return socket;
  };
}

/** Nothing for a plain wire without SASL. */
export const securedBy = (security: KafkaSecurity = {}): Partial<KafkaConfig> => ({
  ...(security.tls && { ssl: true }),
  ...(security.sasl && { sasl: saslOf(security.sasl) }),
  ...((security.tls || security.sasl) && { socketFactory: socketFactoryOf(security) }),
});
