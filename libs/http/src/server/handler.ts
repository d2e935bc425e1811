import express, { type RequestHandler } from 'express';
import { Refusal, type Actor, type Database, type Tx } from '@accord/core';
import { bearerOf, checkAccess, type Caller, type TokenVerifier } from '../auth.ts';
import { itemKey, keyedRequest, onceInTransaction, onceLeased, type KeyedRequest } from '../idempotency.ts';
import { ifMatchOf } from '../if-match.ts';
import { waitForOutcome, waitOf } from '../prefer-wait.ts';
import { Problem, problemOf } from '../problem.ts';
import { fileReplyOf, isFile, replyOf, type FileReply, type Reply } from '../reply.ts';
import { sendFile, sendReply, type HttpRequest, type HttpResponse } from '../request-context.ts';
import {
  idempotencyKeyOf,
  type FileResponse,
  type Route,
  type RouteRequest,
  type RouteResponse,
} from '../route.ts';
import { readUpload } from '../upload.ts';
import { checkBody, checkPlain, keepRaw, parserOf, type RawBody } from '../validation.ts';
import { answersVersion } from './described-headers.ts';
import { codesOf } from './described-problems.ts';
import { addressOf, type RateLimit } from './rate-limit.ts';

export interface HandlerContext {
  readonly db: Database;
  readonly verify: TokenVerifier;
  readonly limits: { readonly byToken: RateLimit; readonly byAddress: RateLimit };
  /**
   * Holds each answer against the route's schema and statuses (API-3); costs time, so for tests and
   * development.
   */
  readonly checkAnswers: boolean;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

export const largestBody = 1_048_576;

const json = express.json({
  limit: largestBody,
  inflate: false,
  type: () => true,
  verify: keepRaw,
  strict: false,
});
const jsonType = /^application\/(?:[\w.-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

const take = (reader: RequestHandler, req: HttpRequest, res: HttpResponse) =>
  new Promise<void>((resolve, reject) =>
    reader(req, res, (error?: unknown) => (error ? reject(error as Error) : resolve())),
  );

const hasBody = ({ headers }: HttpRequest) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** No account has this caller: row-level security shows it no account's rows. */
const anyone: Caller = { actor: { kind: 'customer', id: 'anyone' }, issuer: '', scopes: new Set() };

/** The caller, once he is allowed to call the route (API-4, API-11). */
async function admit(
  route: Route,
  { verify, limits }: HandlerContext,
  req: HttpRequest,
  res: HttpResponse,
): Promise<Caller> {
  const { requestContext } = res.locals;
  if (route.access === 'anyone') {
    requestContext.headers = await limits.byAddress(addressOf(req.ip));
    return anyone;
  }
  let caller: Caller;
  try {
    caller = await verify(bearerOf(req.headers.authorization));
  } catch (error) {
    if (error instanceof Problem && error.status === 401)
      requestContext.headers = await limits.byAddress(addressOf(req.ip));
    throw error;
  }
  requestContext.headers = await limits.byToken(`${caller.issuer} ${caller.actor.id}`);
  checkAccess(caller, route.access);
  return caller;
}

async function readBody(req: HttpRequest, res: HttpResponse): Promise<unknown> {
  if (!hasBody(req)) return undefined;
  if (!jsonType.test(req.headers['content-type'] ?? ''))
    throw new Problem(415, 'request.content_type', { expected: 'application/json' });
  await take(json, req, res);
  const { raw: bytes } = req as RawBody;
  if (!bytes?.length) return undefined;
  checkBody(req.body, bytes);
  return req.body;
}

/** @throws Error where the service answers what its own description does not say (API-3). */
function checkAnswer(route: Route, answer: RouteResponse | FileResponse, reply: Reply | FileReply): void {
  const described = route.success ?? [200];
  if (!described.includes(reply.status))
    throw new Error(`${route.method} ${route.path} answers ${reply.status}, which it does not describe`);
  if (answersVersion(route) && !('ETag' in reply.headers))
    throw new Error(`${route.method} ${route.path} answers without the ETag that it describes`);
  if (isFile(answer) || !route.answer) return;
  route.answer.parse(JSON.parse((reply as Reply).text));
}

/** The same for what it refuses (API-2). @throws Error in place of what is not described. */
function checkRefused(route: Route, error: unknown): never {
  const { status, code } = problemOf(error);
  if (codesOf(route).includes(code)) throw error;
  throw new Error(`${route.method} ${route.path} answers ${status} ${code}, which it does not describe`, {
    cause: error,
  });
}

/**
 * The idempotency key that came, with what makes it the caller's own; undefined where the route takes none.
 * `body` tells the request from others under one key.
 */
function keyedOf(
  route: Route,
  req: HttpRequest,
  { actor, issuer, body = Buffer.alloc(0) }: Caller & { body?: Buffer | undefined },
): KeyedRequest | undefined {
  const wanted = idempotencyKeyOf(route);
  if (wanted === 'none' || route.access === 'anyone') return undefined;
  const key = req.headers['idempotency-key'];
  if (key === undefined && wanted === 'required') throw new Problem(400, 'idempotency.key_required');
  if (typeof key !== 'string') return undefined;
  const [path = '', query = ''] = req.originalUrl.split('?', 2);
  return keyedRequest({ key, issuer, actor, method: req.method, path, query, body });
}

function storable(reply: Reply | FileReply): Reply {
  if ('file' in reply) throw new Error('a file is not kept under an idempotency key');
  return reply;
}

/** One item of a batch, once per key and item where the request has a key (API-6). */
const itemOf =
  (db: Database, actor: Actor, keyed: KeyedRequest | undefined): RouteRequest['item'] =>
  async <T>(id: string, work: (tx: Tx) => Promise<T>): Promise<T> => {
    if (!keyed) return db.transaction(actor, work);
    const once = onceInTransaction(db, actor, itemKey(keyed, id), async (tx) =>
      replyOf({ body: await work(tx) }),
    );
    const reply = await once.catch((error: unknown) => {
      // No outcome of the item: the whole request is under way elsewhere, so it must not be taken for one and
      // stored.
      throw error instanceof Refusal && error.code === 'idempotency.in_progress' ? problemOf(error) : error;
    });
    return (reply.text === '' ? undefined : JSON.parse(reply.text)) as T;
  };

async function answer(
  route: Route,
  { db, checkAnswers }: HandlerContext,
  request: RouteRequest,
  keyed: KeyedRequest | undefined,
): Promise<Reply | FileReply> {
  const { actor } = request;
  const reply = (given: RouteResponse | FileResponse) => {
    const made = isFile(given) ? fileReplyOf(given) : replyOf(given);
    if (checkAnswers) checkAnswer(route, given, made);
    return made;
  };
  if (route.inTransaction) {
    const work = async (tx: Tx) => reply(await route.inTransaction!(tx, request));
    return keyed
      ? onceInTransaction(db, actor, keyed, async (tx) => storable(await work(tx)))
      : db.transaction(actor, work, { atOnce: route.readsFirst });
  }
  const work = async () => reply(await route.run!(db, request));
  return keyed ? onceLeased(db, actor, keyed, async () => storable(await work())) : work();
}

/** Aborted when the caller leaves or the service stops. */
function endOf(res: HttpResponse, stopping: AbortSignal): AbortSignal {
  const left = new AbortController();
  res.once('close', () => left.abort());
  return AbortSignal.any([left.signal, stopping]);
}

type Handler = (req: HttpRequest, res: HttpResponse) => Promise<void>;

/** Parses a request by the route's schemas, which are made ready once. */
function requestReader(route: Route, { db }: HandlerContext) {
  const parseParams = route.params && parserOf(route.params, 'path');
  const parseQuery = parserOf(route.query, 'query');
  const parseBody = parserOf(route.body, 'body');
  const bodyless = route.method === 'get' || (route.method === 'delete' && !route.body);

  return async (req: HttpRequest, res: HttpResponse, caller: Caller) => {
    const { locale, requestId } = res.locals.requestContext;
    const ifMatch = ifMatchOf(route, req.headers['if-match']);
    const file = route.upload && (await readUpload(req));
    const body = bodyless || file ? undefined : await readBody(req, res);
    checkPlain(req.params, 'path');
    checkPlain(req.query, 'query');
    const params = parseParams?.(req.params, locale);
    const query = parseQuery(req.query, locale);
    const parsed = route.body || body !== undefined ? parseBody(body, locale) : undefined;
    const keyed = keyedOf(route, req, {
      ...caller,
      body: file ? Buffer.from(file.sha256) : (req as RawBody).raw,
    });
    const request: RouteRequest = {
      actor: caller.actor,
      params,
      query,
      body: parsed,
      ifMatch,
      locale,
      requestId,
      item: itemOf(db, caller.actor, keyed),
      ...(file && { file }),
    };
    return { request, keyed };
  };
}

/** A request runs through its handler: admit, parse, answer, wait for the outcome. */
export function handlerOf(route: Route, context: HandlerContext): Handler {
  if (!route.inTransaction === !route.run)
    throw new Error(`${route.method} ${route.path} has neither or both of inTransaction and run`);
  const readRequest = requestReader(route, context);

  const handle: Handler = async (req, res) => {
    res.locals.requestContext.pattern = route.path;
    const caller = await admit(route, context, req, res);
    const { request, keyed } = await readRequest(req, res, caller);
    const reply = await answer(route, context, request, keyed);
    if ('file' in reply) return sendFile(res, reply);
    const seconds = route.outcome && waitOf(req.headers.prefer as string | undefined);
    if (!seconds || reply.status !== 202) return sendReply(res, reply);
    const { actor, locale } = request;
    const ended = endOf(res, context.stopping);
    const by = { actor, locale, seconds, ended };
    sendReply(res, await waitForOutcome(context.db, route.outcome!, reply, by));
  };
  return context.checkAnswers
    ? (req, res) => handle(req, res).catch((error: unknown) => checkRefused(route, error))
    : handle;
}
