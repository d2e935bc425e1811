import { Socket } from 'node:net';
import pg from 'pg';
import { connectionPoint, isRefused, urlOf, type DatabaseAddress } from './address.ts';
import { messageSocket } from './message-socket.ts';

/** A session of the server, of a pool or by itself. Its statements run in the order they are sent. */
export type Connection = pg.ClientBase;

/** A connection that its opener ends. */
export type OwnConnection = pg.Client;

interface ConnectOptions {
  /** Settings of the session: `{ search_path: 'orders', statement_timeout: 5000 }`; times in ms. */
  readonly settings?: SessionSettings;
  readonly applicationName?: string;
  /** Longest wait for the server to accept the connection; default: for ever. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for an answer, for a server that is gone without a word; default: for ever. */
  readonly answerTimeoutMs?: number;
  readonly keepAlive?: boolean;
  /** Needed for `pipelined`. */
  readonly pipeline?: boolean;
}

type SessionSettings = Readonly<Record<string, string | number>>;

/** Every limit that ends a session holding locks: it is slow, does nothing, or takes no more of what it is sent. */
const limits: SessionSettings = {
  statement_timeout: 5_000,
  lock_timeout: 4_000,
  idle_in_transaction_session_timeout: 10_000,
  tcp_user_timeout: 10_000,
};

const asOptions = (settings: SessionSettings): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${String(value).replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

const ignore = () => undefined;

/**
 * A connection outside of any pool, for a session lock, a listener or a command line. A connection that breaks
 * while it is idle is reported by its next statement, and to `on('error')`.
 *
 * @throws Error where the server cannot be reached or refuses the role.
 */
export async function connect(
  address: DatabaseAddress,
  options: ConnectOptions = {},
): Promise<OwnConnection> {
  const url = urlOf(address);
  try {
    return await connectOnce(url, options);
  } catch (error) {
    if (isRefused(address, error, url)) return connectOnce(urlOf(address), options);
    throw error;
  }
}

async function connectOnce(url: string, options: ConnectOptions): Promise<OwnConnection> {
  const { settings, applicationName, connectTimeoutMs, answerTimeoutMs, keepAlive, pipeline } = options;
  const connection = new pg.Client({
    ...connectionPoint(url),
    ...(settings && { options: asOptions(settings) }),
    ...(applicationName !== undefined && { application_name: applicationName }),
    ...(connectTimeoutMs !== undefined && { connectionTimeoutMillis: connectTimeoutMs }),
    ...(answerTimeoutMs !== undefined && { query_timeout: answerTimeoutMs }),
    ...(keepAlive && { keepAlive }),
    ...(pipeline && { pipeline }),
  } as pg.ClientConfig);
  // Without a listener an 'error' event would end the process; statements that wait fail by themselves.
  connection.on('error', ignore);
  try {
    await connection.connect();
  } catch (error) {
    connection.end().catch(ignore);
    throw error;
  }
  return connection;
}

type Done = (error?: Error) => void;
type Connected = (error: Error | undefined, client?: pg.PoolClient, done?: pg.PoolClient['release']) => void;

/**
 * A pool each of whose connections is made with the password and the certificates of its time. They are looked for
 * when one is made, never when one is taken.
 */
function renewedPool(address: DatabaseAddress, config: pg.PoolConfig): pg.Pool {
  const failedUrls = new WeakMap<Error, string>();
  class Client extends pg.Client {
    constructor(of?: pg.ClientConfig) {
      const url = urlOf(address);
      super({ ...of, ...connectionPoint(url) });
      const begin = this.connect.bind(this) as (done: Done) => void;
      // The pool hands over a callback.
      this.connect = ((done: Done) =>
        begin((error) => {
          if (error) failedUrls.set(error, url);
          done(error);
        })) as typeof this.connect;
    }
  }
  const pool = new pg.Pool({ ...config, Client } as pg.PoolConfig);
  const take = pool.connect.bind(pool) as () => Promise<pg.PoolClient>;
  const taken = () =>
    take().catch((error: Error) => {
      if (isRefused(address, error, failedUrls.get(error))) return take();
      throw error;
    });
  // So does the pool's own `query`.
  pool.connect = ((then?: Connected) => {
    if (!then) return taken();
    void taken().then(
      (client) => then(undefined, client, client.release),
      (error: Error) => then(error, undefined, ignore),
    );
  }) as typeof pool.connect;
  return pool;
}

/** @param size connections at most. */
export function openPool(address: DatabaseAddress, schema: string, size: number): pg.Pool {
  const pool = renewedPool(address, {
    max: size,
    // To compile a plan would take longer than any of these statements.
    options: asOptions({ search_path: schema, timezone: 'UTC', jit: 'off', ...limits }),
    pipeline: true,
    // A server is asked for TLS, and answers, without messages.
    stream: ({ ssl }: { readonly ssl: unknown }) => (ssl ? new Socket() : messageSocket()),
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    // However busy it is, no connection outlives its password or certificate for longer.
    maxLifetimeSeconds: 1_800,
    // The server's limits end what is slow; these end a wait for a server that is gone without a word.
    keepAlive: true,
    query_timeout: 15_000,
  } as unknown as pg.PoolConfig);
  // An idle connection that was cut is replaced by the pool, and the next use reports what is wrong.
  pool.on('error', ignore);
  return pool;
}

const awayCodes =
  /^(ECONN|EPIPE|ENOTFOUND|EAI_AGAIN|EHOST|ENET|ETIMEDOUT|57P0|08|53[0-3]00|58030|25006|25P03)/;
/** Errors that the driver gives no code. */
const awayMessages = [
  'Connection terminated',
  'Query read timeout',
  'timeout exceeded when trying to connect',
  'Client was closed',
  'Client has encountered a connection error',
];

/**
 * True for a lost or refused connection and for a server that starts or stops, has no room on its disk or may
 * not write: the work may succeed later, unchanged.
 */
export const isDatabaseAway = (error: unknown): boolean => {
  const { code, message } = error as { code?: string; message?: string };
  return awayCodes.test(code ?? '') || awayMessages.some((beginning) => message?.startsWith(beginning));
};
