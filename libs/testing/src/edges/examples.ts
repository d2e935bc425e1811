import { randomUUID } from 'node:crypto';
import type { EventType } from '@accord/events';
import type { Route } from '@accord/http';
import type { Client, Reply } from '../client.ts';
import { giveUp, parkedEvent, publishRaw } from '../outsider.ts';
import type { TestService } from '../test-service.ts';
import { changes, json, takesBody } from './case.ts';

/** The request that the document shows for one route, as somebody sends it. */
interface ExampleCall {
  readonly by: Client;
  /**
   * Names of what is there, put in the place of the document's own: in the path and in the example, by parameter
   * and field (`orderId` stands for `orderIds`, too). Default: what the answers so far said.
   */
  readonly ids?: Readonly<Record<string, string>>;
  /** `from=2026-01-01` */
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a route that takes a file. */
  readonly file?: Buffer;
}

/** By operation, `placeOrder`: makes what its request needs, after the calls before it. */
export type ExampleCalls = Readonly<Record<string, () => ExampleCall | Promise<ExampleCall>>>;

type Ids = Readonly<Record<string, string>>;
const nameOf = ({ operationId, method, path }: Route) => `${operationId}, ${method.toUpperCase()} ${path}`;

/** The example with the names of what is there. */
function named(example: unknown, ids: Ids, field = ''): unknown {
  if (Array.isArray(example)) return example.map((one) => named(one, ids, field.replace(/s$/, '')));
  if (typeof example === 'object' && example !== null)
    return Object.fromEntries(Object.entries(example).map(([name, one]) => [name, named(one, ids, name)]));
  return (typeof example === 'string' ? ids[field] : undefined) ?? example;
}

const isName = ([field, value]: [string, unknown]): boolean =>
  /Id$|Code$/.test(field) && typeof value === 'string';

/** Names in an answer, or in its first row. */
function idsIn({ body }: Reply): Ids {
  const row = (Array.isArray(body?.data) ? body.data[0] : body) as Record<string, unknown> | undefined;
  return Object.fromEntries(Object.entries(row ?? {}).filter(isName)) as Ids;
}

/** An example that finds nothing shows nothing. */
const saysNothing = ({ body, bytes }: Reply) =>
  bytes.length === 0 || body?.data?.length === 0 || body?.count === 0;

async function send(t: TestService, route: Route, call: ExampleCall, ids: Ids): Promise<Reply> {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? `no ${name}`);
  const headers = {
    ...(route.method === 'post' && { 'idempotency-key': `example-${randomUUID()}` }),
    ...(takesBody(route) && route.body && json),
    ...(route.upload && { 'content-type': 'application/pdf' }),
    ...call.headers,
  };
  const body = route.example === undefined ? call.file : JSON.stringify(named(route.example, ids));
  const to = path + (call.query === undefined ? '' : `?${call.query}`);
  const reply = await call.by.send(route.method.toUpperCase(), to, body, headers);
  if (changes(route)) await t.settled();
  return reply;
}

/** The calls of the platform's own routes, each about an event that was given up as the example says. */
function redriveOf(t: TestService): { calls: ExampleCalls; over: () => Promise<void> } {
  const { name, routes } = t.running.service;
  const letters = `${name.replace(/^./, (first) => first.toUpperCase())}DeadLetter`;
  const shown = routes.find(({ operationId }) => operationId === `replay${letters}s`)!.example;
  const { type, reason } = shown as { type: EventType; reason: string };
  const keys: string[] = [];
  const call = async (): Promise<ExampleCall> => {
    const key = `example-${randomUUID()}`;
    keys.push(key);
    await publishRaw(t, type, [{ key, value: '{}' }]);
    await parkedEvent(t, key);
    const [row] = await t.sql<{ eventId: string }>(
      `update parked_events set status = 'dead', reason = $2 where right(key, length($1)) = $1
        returning event_id as "eventId"`,
      [key, reason],
    );
    return { by: t.operator(), ids: row! };
  };
  const operations = [`list${letters}s`, `get${letters}`, `replay${letters}s`, `discard${letters}s`];
  return {
    calls: Object.fromEntries(operations.map((operation) => [operation, call])),
    over: async () => {
      for (const key of keys) await giveUp(t, key);
    },
  };
}

/**
 * Sends the request that the document shows for each route, one after the other as the calls stand, and expects a
 * success that it describes, which shows something (API-3).
 * @returns a line for each that was answered otherwise, for each route without a call or an example, and for each
 * call without a route.
 */
export async function flawsOfExamples(t: TestService, calls: ExampleCalls): Promise<string[]> {
  const { calls: own, over } = redriveOf(t);
  const all: ExampleCalls = { ...calls, ...own };
  const routes = new Map(t.running.service.routes.map((route) => [route.operationId, route]));
  const flaws = [...routes.values()].flatMap((route) => [
    ...(route.operationId in all ? [] : [`${nameOf(route)}: nothing sends it`]),
    ...(route.body && route.example === undefined ? [`${nameOf(route)}: shows no example`] : []),
  ]);
  let said: Ids = {};
  for (const [operationId, make] of Object.entries(all)) {
    const route = routes.get(operationId);
    if (!route) {
      flaws.push(`${operationId}: is no route`);
      continue;
    }
    const call = await make();
    const reply = await send(t, route, call, { ...said, ...call.ids });
    if (!(route.success ?? [200]).includes(reply.status))
      flaws.push(`${nameOf(route)}: ${reply.status} ${JSON.stringify(reply.body)}`);
    else if (saysNothing(reply)) flaws.push(`${nameOf(route)}: shows nothing`);
    else if (changes(route)) said = { ...said, ...idsIn(reply) };
  }
  await over();
  return flaws;
}
