import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Actor, Database, Locale, Refusal, Tx } from '@accord/core';
import type { ProblemTexts } from './problem-texts.ts';
import type { Upload } from './upload.ts';

/**
 * Every scope that a customer's token may carry (API-4). The timeline tells of orders, contracts and refunds
 * together, so none of their scopes reaches it.
 */
export const customerScopes = [
  'orders:read',
  'orders:write',
  'contracts:read',
  'contracts:write',
  'refunds:read',
  'refunds:write',
  'notifications:read',
  'notifications:write',
  'timeline:read',
] as const;
export type CustomerScope = (typeof customerScopes)[number];

/** The kinds of caller that a route admits (API-4). A kind that is not named is refused with 403. */
export type Access =
  | 'anyone'
  | {
      /** The scope a customer's token needs; absent: never a customer. */
      readonly customer?: CustomerScope;
      readonly operator?: true;
      readonly platform?: true;
    };

/** Headers of Standard Webhooks 1.0. */
export const signatureHeaders = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

export interface SignedBody {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<(typeof signatureHeaders)[number], string | undefined>>;
}

/** A parsed request. */
export interface RouteRequest<P = unknown, Q = unknown, B = unknown> {
  readonly actor: Actor;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /**
   * The versions in If-Match; undefined where the caller sent none (API-8). Check them with `expectVersion`, and
   * list `request.version_mismatch` among the refusals.
   */
  readonly ifMatch: readonly number[] | undefined;
  readonly locale: Locale;
  /** Where the provider is: the zone of a date that stands alone (ORD-15). */
  readonly timeZone: string;
  readonly requestId: string;
  /** Title and detail of a refusal that is part of an answer, in the caller's language. */
  readonly wordsOf: (refusal: Pick<Refusal, 'code' | 'facts'>) => { title: string; detail: string };
  /** Of a route with `signed`: the body as it came, and the headers by which its sender is known. */
  readonly signed?: SignedBody;
  /** The body of a route with `upload`; it is read to its end before the route runs. */
  readonly file?: Upload;
  /**
   * For batches in `run`: one item in a transaction of its own. Where the request has an idempotency key,
   * what `work` gives (JSON) is stored with its effect, so a batch that died halfway and is sent again
   * answers its done items as they were (API-6). A refusal is not stored.
   */
  readonly item: <T>(id: string, work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** For work that is not worth finishing then: aborted when the caller leaves. */
  readonly left: () => AbortSignal;
}

export interface RouteResponse<R = unknown> {
  /** Default 200. */
  readonly status?: number;
  readonly body: R;
  /** Kept for a repeat (API-6) in the place of `body`: without what is told once and kept nowhere. */
  readonly kept?: R;
  /** Becomes the ETag `"<version>"`. */
  readonly version?: number;
  /** Becomes the Location header. */
  readonly location?: string;
}

export interface FileResponse {
  readonly file: Buffer | Readable;
  readonly contentType: string;
  readonly fileName: string;
  /** Bytes of a stream, where they are known; becomes the Content-Length header. */
  readonly length?: number;
  /** In hex; becomes the Repr-Digest header. */
  readonly sha256?: string;
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Out<S> = S extends z.ZodType ? z.input<S> : undefined;
type In<S> = S extends z.ZodType ? z.output<S> : undefined;
type Schema = z.ZodType | undefined;

/**
 * One route: its input, its answers, its callers. The same schemas validate and make the OpenAPI
 * page (API-3). Exactly one of `inTransaction` and `run` is given.
 */
interface RouteSpec<P extends Schema, Q extends Schema, B extends Schema, R extends Schema> {
  readonly method: Method;
  /** `/v1/orders/{orderId}` */
  readonly path: `/v1/${string}`;
  /** The name of the call, `cancelOrder`; unique in a service, and its `operationId`. */
  readonly operationId: string;
  /** One line for the OpenAPI page. */
  readonly summary: string;
  readonly access: Access;
  /** strictObject of the path's parameters. */
  readonly params?: P;
  /** strictObject; values arrive as strings. */
  readonly query?: Q;
  /** strictObject. */
  readonly body?: B;
  /** A body for the OpenAPI page; a test of the service sends it. */
  readonly example?: Out<B>;
  /** Schema of every 2xx JSON body; absent for files. */
  readonly answer?: R;
  /** Statuses it answers on success; default [200]. */
  readonly success?: readonly number[];
  /**
   * The refusals it may answer, for the OpenAPI page: of the domain, of `accountOf`, of `expectVersion`.
   * The edge's own are added.
   */
  readonly refusals?: readonly Refusal['code'][];
  /** Content type of a file answer, or each that it may have. */
  readonly produces?: string | readonly string[];
  /**
   * Takes one PDF instead of JSON (`RouteRequest.file`), as the body itself or in a form: of at most 64 MiB where
   * its hash is enough, of at most 20 MiB where its bytes are kept.
   */
  readonly upload?: 'hashed' | 'kept';
  /**
   * Its caller is known by a signature over the bytes of the body (Standard Webhooks 1.0), which the route checks:
   * `RouteRequest.signed`.
   */
  readonly signed?: true;
  /**
   * For routes that change something: whether a key must, may or need not come. POST default 'optional',
   * others 'none' (API-6).
   */
  readonly idempotencyKey?: 'required' | 'optional' | 'none';
  /**
   * `inTransaction` reads something before it asks for the time, so the transaction's begin needs no round
   * trip of its own.
   */
  readonly readsFirst?: true;
  /** Runs in one transaction, together with the stored idempotent response. */
  readonly inTransaction?: (
    tx: Tx,
    ask: RouteRequest<In<P>, In<Q>, In<B>>,
  ) => Promise<RouteResponse<Out<R>> | FileResponse>;
  /**
   * Opens its own transactions (batches, calls outside). With an idempotency key its whole answer is stored
   * after it ends.
   */
  readonly run?: (
    db: Database,
    ask: RouteRequest<In<P>, In<Q>, In<B>>,
  ) => Promise<RouteResponse<Out<R>> | FileResponse>;
  /**
   * For calls that start a saga (API-14): asked again, in fresh transactions, while `Prefer: wait` lasts; the
   * outcome once there is one. `answered` is the body of the first answer. Without `Prefer` the first answer
   * goes out.
   */
  readonly outcome?: (tx: Tx, answered: Out<R>, locale: Locale) => Promise<RouteResponse<Out<R>> | undefined>;
}

/** A route with its types closed over; a service lists these. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a list of routes of different types
export type Route = RouteSpec<any, any, any, any>;

export const route = <
  P extends Schema = undefined,
  Q extends Schema = undefined,
  B extends Schema = undefined,
  R extends Schema = undefined,
>(
  spec: RouteSpec<P, Q, B, R>,
): Route => spec;

export const idempotencyKeyOf = ({ idempotencyKey, method }: Route) =>
  idempotencyKey ?? (method === 'post' ? 'optional' : 'none');

/**
 * Whether the call goes by If-Match (API-8). A changing call that does not refuses the header, so that no caller
 * takes himself for protected.
 */
export const supportsIfMatch = ({ method, refusals }: Route): boolean =>
  method !== 'get' && (refusals?.includes('request.version_mismatch') ?? false);

/** A service as its callers see it. */
export interface Api {
  /** `order` */
  readonly name: string;
  readonly routes: readonly Route[];
  readonly problems: ProblemTexts;
  /** First segment under `/v1` → a line about it, for the OpenAPI page: its routes stand together. */
  readonly tags?: Readonly<Record<string, string>>;
  /** IANA name; `RouteRequest.timeZone`. */
  readonly timeZone: string;
}
