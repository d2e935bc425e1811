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
const { KafkaJSConnectionError: ConnectionError } = internals('kafkajs/src/errors') as {
  KafkaJSConnectionError: new (message: string) => Error;
};
type Provider = (credentials: object) => Mechanism['authenticationProvider'];
const providerOf = (name: string) => internals(`kafkajs/src/broker/saslAuthenticator/${name}`) as Provider;
const providers: Readonly<Record<Sasl['mechanism'], Provider>> = {
  'SCRAM-SHA-512': providerOf('scram512'),
  PLAIN: providerOf('plain'),
  OAUTHBEARER: providerOf('oauthBearer'),
};

/** What one attempt is made with, as it is now. */
function credentialsOf(sasl: Sasl): { credentials: object; refused: () => boolean } {
  if (sasl.mechanism === 'OAUTHBEARER') {
    const value = sasl.token();
    return {
      credentials: { oauthBearerProvider: () => Promise.resolve({ value }) },
      refused: () => sasl.token.refused(value),
    };
  }
  const password = sasl.password();
  return {
    credentials: { username: sasl.username, password },
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
      const { credentials, refused } = credentialsOf(sasl);
      try {
        await providers[sasl.mechanism](credentials)(args).authenticate();
      } catch (error) {
        throw refused() ? new ConnectionError((error as Error).message) : error;
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
