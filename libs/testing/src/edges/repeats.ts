import { randomBytes, randomUUID } from 'node:crypto';
import type { Route } from '@accord/http';
import type { Client, Reply } from '../client.ts';
import { rowsOf } from '../rows.ts';
import type { TestService } from '../test-service.ts';

/** A request that succeeds. */
interface Granted {
  readonly by: Client;
  readonly path: string;
  readonly body?: object | Buffer;
  /** Another body, or file, that the route takes; where it takes none, an empty object is another one. */
  readonly other?: object | Buffer;
  /** A field of the answer that a repeat has as null. */
  readonly toldOnce?: string;
  /** Resolves when its consequences are over, where `settled` does not know of them. */
  readonly over?: () => Promise<unknown>;
}

/** By route, `POST /v1/orders`: makes what the request needs, and the request. */
type GrantedRequests = Readonly<Record<string, () => Promise<Granted>>>;

const nameOf = ({ method, path }: Route) => `${method.toUpperCase()} ${path}`;
const keyOf = (route: Route) =>
  route.access === 'anyone'
    ? 'none'
    : (route.idempotencyKey ?? (route.method === 'post' ? 'optional' : 'none'));
const said = ({ status, body }: Reply) => `${status} ${String(body?.code)}`;
const isReplay = ({ headers }: Reply) => headers.get('idempotency-replayed') === 'true';
const kept = ['content-type', 'etag', 'location'];
const isSame = (one: Reply, other: Reply, toldOnce?: string) =>
  one.status === other.status &&
  (toldOnce === undefined
    ? one.bytes.equals(other.bytes)
    : one.bytes.equals(Buffer.from(JSON.stringify({ ...other.body, [toldOnce]: null })))) &&
  kept.every((name) => one.headers.get(name) === other.headers.get(name));

/** One route's wrong answers to requests with keys. */
async function flawsOf(
  t: TestService,
  route: Route,
  { by, path, body, other = {}, toldOnce, over }: Granted,
): Promise<string[]> {
  const flaws: string[] = [];
  const key = randomBytes(9).toString('hex');
  const elsewhere = route.path.replaceAll(/\{\w+\}/g, 'none_1');
  const send = (used: string | undefined, sent = body, to = path) =>
    by.send(route.method.toUpperCase(), to, Buffer.isBuffer(sent) ? sent : sent && JSON.stringify(sent), {
      ...(sent && { 'content-type': Buffer.isBuffer(sent) ? 'application/pdf' : 'application/json' }),
      ...(used !== undefined && { 'idempotency-key': used }),
    });
  const state = async () => `${await rowsOf(t)} ${t.events.length}`;
  const refused = (attempt: string, reply: Reply, expected: string) => {
    const problem = reply.headers.get('content-type') === 'application/problem+json';
    if (said(reply) !== expected || !problem || isReplay(reply))
      flaws.push(`${attempt}: expected ${expected}, got ${said(reply)}`);
  };
  /** The key is of one path: under another it is a new one, and a refusal is not kept under it. */
  const refusedElsewhere = async (when: string) => {
    if (elsewhere === route.path) return;
    const [one, again] = [await send(key, body, elsewhere), await send(key, body, elsewhere)];
    if (one.status !== 404) flaws.push(`the key on another path, ${when}: expected 404, got ${said(one)}`);
    refused(`the key on another path, ${when}, again`, again, said(one));
  };

  await t.settled();
  const untouched = await state();
  if (keyOf(route) === 'required') refused('no key', await send(undefined), '400 idempotency.key_required');
  refused('an empty key', await send(''), '400 idempotency.key_invalid');
  refused('a key of 256', await send('k'.repeat(256)), '400 idempotency.key_invalid');
  await refusedElsewhere('before');
  if ((await state()) !== untouched) flaws.push('what was refused changed rows');

  const first = await send(key);
  if (first.status >= 300 || isReplay(first)) return [...flaws, `is not granted: ${said(first)}`];
  await over?.();
  await t.settled();
  const done = await state();
  if (done === untouched) flaws.push('what was granted left no trace');
  for (const again of [await send(key), await send(key)])
    if (!isSame(again, first, toldOnce) || !isReplay(again))
      flaws.push(`the key again: expected ${said(first)} as it was, got ${said(again)}`);
  refused('the key with another body', await send(key, other), '422 idempotency.key_reused');
  await refusedElsewhere('after');
  await t.settled();
  if ((await state()) !== done) flaws.push('a repeat changed rows or was announced');
  return flaws;
}

/** Requests of the platform's own routes: for an event that is not there they are granted, with a count of 0. */
function redriveOf(t: TestService): GrantedRequests {
  const ask = (act: 'replay' | 'discard') => {
    const path = `/v1/${t.running.service.name}-dead-letters/${act}`;
    const [eventIds, others] = [[randomUUID()], [randomUUID()]];
    return {
      [`POST ${path}`]: () =>
        Promise.resolve({ by: t.operator(), path, body: { eventIds }, other: { eventIds: others } }),
    };
  };
  return { ...ask('replay'), ...ask('discard') };
}

/**
 * API-6 on every route that takes a key: required, malformed, repeated, with another body, on another path.
 * @returns a line for each wrong answer, and for each route without a request here.
 */
export async function flawsUnderRepeats(t: TestService, granted: GrantedRequests): Promise<string[]> {
  const all: GrantedRequests = { ...redriveOf(t), ...granted };
  const routes = new Map(
    t.running.service.routes
      .filter((route) => keyOf(route) !== 'none')
      .map((route) => [nameOf(route), route]),
  );
  const flaws = Object.keys(all)
    .filter((name) => !routes.has(name))
    .map((name) => `${name}: takes no key`);
  for (const [name, route] of routes) {
    const make = all[name];
    if (!make) flaws.push(`${name}: no request that is granted`);
    else flaws.push(...(await flawsOf(t, route, await make())).map((flaw) => `${name}: ${flaw}`));
  }
  return flaws;
}
