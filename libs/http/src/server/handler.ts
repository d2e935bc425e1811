import { Refusal, type Actor, type Database, type Tx } from '@accord/core';
import { bearerOf, checkAccess, type Caller, type TokenVerifier } from '../auth.ts';
import { readBody } from '../body.ts';
import { itemKey, keyedRequest, onceInTransaction, onceLeased, type KeyedRequest } from '../idempotency.ts';
import { ifMatchOf } from '../if-match.ts';
import { waitForOutcome, waitOf } from '../prefer-wait.ts';
import { Problem, problemOf, wordsOf } from '../problem.ts';
import { fileReplyOf, isFile, replyOf, type FileReply, type Reply } from '../reply.ts';
import { sendFile, sendReply, type HttpRequest, type HttpResponse } from '../request-context.ts';
import {
  idempotencyKeyOf,
  signatureHeaders,
  type Api,
  type FileResponse,
  type Route,
  type RouteRequest,
  type RouteResponse,
  type SignedBody,
} from '../route.ts';
import { readUpload } from '../upload.ts';
import { checkPlain, parserOf } from '../validation.ts';
import { answersVersion } from './described-headers.ts';
import { statusesOf } from './described-problems.ts';
import type { Limits } from './rate-limit.ts';

export interface HandlerContext {
  readonly db: Database;
  readonly service: Pick<Api, 'problems' | 'timeZone'>;
  readonly verify: TokenVerifier;
  readonly limits: Limits;
  /** The address that a request came from, as limits count it. */
  readonly addressOf: (req: HttpRequest) => string;
  /**
   * Holds each answer against the route's schema and statuses (API-3); costs time, so for tests and
   * development.
   */
  readonly checkAnswers: boolean;
  /** Aborted when the service stops. */
  readonly stopping: AbortSignal;
}

/** No account has this caller: row-level security shows it no account's rows. */
const anyone: Caller = { actor: { kind: 'customer', id: 'anyone' }, issuer: '', scopes: new Set() };

interface Admitted extends Caller {
  /** The name under which limits count the caller: of the token, else of the address. */
  readonly countedAs: string;
}

/** The caller, once he is allowed to call the route (API-4, API-11). */
async function admit(
  route: Route,
  { verify, limits, addressOf }: HandlerContext,
  req: HttpRequest,
  res: HttpResponse,
): Promise<Admitted> {
  const { requestContext } = res.locals;
  if (route.access === 'anyone') {
    const countedAs = addressOf(req);
    requestContext.headers = await limits.byAddress(countedAs);
    return { ...anyone, countedAs };
  }
  let caller: Caller;
  try {
    caller = await verify(bearerOf(req.headers.authorization));
  } catch (error) {
    if (error instanceof Problem && error.status === 401)
      requestContext.headers = await limits.byAddress(addressOf(req));
    throw error;
  }
  const countedAs = `${caller.issuer} ${caller.actor.id}`;
  requestContext.headers = await limits.byToken(countedAs);
  checkAccess(caller, route.access);
  return { ...caller, countedAs };
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
function checkRefused(route: Route, { problems }: HandlerContext['service'], error: unknown): never {
  const { status, code } = problemOf(error);
  if (statusesOf(route, problems).get(code)?.includes(status)) throw error;
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
  const { method, params, query } = req;
  return keyedRequest({ key, issuer, actor, method, path: route.path, params, query, body });
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

/** Aborted when the caller leaves. */
function leftOf(res: HttpResponse): AbortSignal {
  if (res.closed) return AbortSignal.abort();
  const left = new AbortController();
  res.once('close', () => left.abort());
  return left.signal;
}

const signedBody = ({ headers }: HttpRequest, bytes: Buffer = Buffer.alloc(0)): SignedBody => {
  const sent = signatureHeaders.map((name) => [name, headers[name] as string | undefined]);
  return { bytes, headers: Object.fromEntries(sent) as SignedBody['headers'] };
};

type Handler = (req: HttpRequest, res: HttpResponse) => Promise<void>;

/** Parses a request by the route's schemas, which are made ready once. */
function requestReader(route: Route, { db, limits, service: { timeZone, problems: texts } }: HandlerContext) {
  const parseParams = route.params && parserOf(route.params, 'path');
  const parseQuery = parserOf(route.query, 'query');
  const parseBody = parserOf(route.body, 'body');
  const bodyless = route.method === 'get' || (route.method === 'delete' && !route.body);

  return async (req: HttpRequest, res: HttpResponse, caller: Admitted) => {
    const { locale, requestId } = res.locals.requestContext;
    const ifMatch = ifMatchOf(route, req.headers['if-match']);
    checkPlain(req.params, 'path');
    checkPlain(req.query, 'query');
    const params = parseParams?.(req.params, locale);
    const query = parseQuery(req.query, locale);
    // Read last: a request that is refused for its head costs no more.
    const file = route.upload && (await readUpload(req, route.upload));
    const count = (bytes: number) => limits.bytes(caller.countedAs, bytes);
    const body = bodyless || file ? undefined : await readBody(req, count);
    const parsed = route.body || body ? parseBody(body?.value, locale) : undefined;
    const keyed = keyedOf(route, req, { ...caller, body: file ? Buffer.from(file.sha256) : body?.raw });
    const request: RouteRequest = {
      actor: caller.actor,
      params,
      query,
      body: parsed,
      ifMatch,
      locale,
      timeZone,
      requestId,
      wordsOf: (refusal) => wordsOf(refusal, { locale, timeZone, texts }),
      item: itemOf(db, caller.actor, keyed),
      left: () => leftOf(res),
      ...(file && { file }),
      ...(route.signed && { signed: signedBody(req, body?.raw) }),
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
    const ended = AbortSignal.any([leftOf(res), context.stopping]);
    const by = { actor, locale, seconds, ended };
    const began = performance.now();
    const outcome = await waitForOutcome(context.db, route.outcome!, reply, by);
    res.locals.requestContext.waitedMs = performance.now() - began;
    sendReply(res, outcome);
  };
  return context.checkAnswers
    ? (req, res) => handle(req, res).catch((error: unknown) => checkRefused(route, context.service, error))
    : handle;
}
