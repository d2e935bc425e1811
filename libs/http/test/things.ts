import { Readable } from 'node:stream';
import { z } from 'zod';
import { expectVersion, newId, Refusal, type Tx } from '@accord/core';
import type { Service } from '@accord/platform';
import { accountOf } from '../src/auth.ts';
import { IdPlace, paged, pageOf, pageQuery, pageRange } from '../src/paging.ts';
import type { ProblemTexts } from '../src/problem-texts.ts';
import { route, type Route, type RouteRequest } from '../src/route.ts';

// A service as small as can be behind every kind of route, to try the HTTP edge on.

const Thing = z.object({
  thingId: z.string(),
  title: z.string(),
  size: z.int(),
  version: z.int(),
  done: z.boolean(),
});
type Thing = z.infer<typeof Thing>;
const NewThing = z.strictObject({
  title: z.string().min(1).max(80),
  size: z.int().min(0).max(1_000),
  accountId: z.string().max(64).optional(),
  parts: z
    .array(z.strictObject({ weight: z.int().positive() }))
    .max(10)
    .optional(),
});

const columns = `thing_id as "thingId", title, size, version, done`;
const thingId = z.strictObject({ thingId: z.string().max(100) });
const customer = {
  read: { customer: 'refunds:read', operator: true },
  write: { customer: 'refunds:write', operator: true },
} as const;

/** Tests hang a function here, which runs in the middle of a route's work. */
export const inTheMiddle: { of?: ((tx: Tx, title: string) => Promise<unknown>) | undefined } = {};

async function insertThing(tx: Tx, thing: z.infer<typeof NewThing>): Promise<Thing> {
  if (thing.title === 'refused')
    throw new Refusal('conflict', 'thing.refused', { title: thing.title, parts: ['a', 'b'] });
  const made = await tx.one<Thing>(
    `insert into things (thing_id, account_id, title, size) values ($1, $2, $3, $4) returning ${columns}`,
    [newId('thg'), accountOf(tx.actor, thing.accountId), thing.title, thing.size],
  );
  await inTheMiddle.of?.(tx, thing.title);
  return made!;
}

async function findThing(tx: Tx, id: string): Promise<Thing> {
  const found = await tx.one<Thing>(`select ${columns} from things where thing_id = $1`, [id]);
  if (!found) throw new Refusal('not_found', 'thing.not_found', { thingId: id });
  return found;
}

const listThings = (tx: Tx, { after = '', limit }: { after: string | undefined; limit: number }) =>
  tx.many<Thing>(`select ${columns} from things where thing_id > $1 order by thing_id limit $2`, [
    after,
    limit,
  ]);

const placing = route({
  method: 'post',
  path: '/v1/things',
  operationId: 'postThings',
  summary: 'Makes a thing.',
  access: customer.write,
  body: NewThing,
  answer: Thing,
  success: [201],
  refusals: ['thing.refused', 'request.account_required', 'request.account_not_yours'],
  inTransaction: async (tx, { body }) => {
    const thing = await insertThing(tx, body);
    return { status: 201, body: thing, version: thing.version, location: `/v1/things/${thing.thingId}` };
  },
});

const reading: Route[] = [
  route({
    method: 'get',
    path: '/v1/things',
    operationId: 'getThings',
    summary: 'Lists things.',
    access: customer.read,
    query: z.strictObject({ ...pageQuery }),
    answer: paged(Thing),
    inTransaction: async (tx, { query }) => {
      const things = await listThings(tx, pageRange(query, IdPlace));
      return {
        body: pageOf(things, query.limit, { item: (thing) => thing, key: (thing) => [thing.thingId] }),
      };
    },
  }),
  route({
    method: 'get',
    path: '/v1/things/{thingId}',
    operationId: 'getThingsThingId',
    summary: 'One thing.',
    access: customer.read,
    params: thingId,
    answer: Thing,
    refusals: ['thing.not_found'],
    inTransaction: async (tx, { params }) => {
      const thing = await findThing(tx, params.thingId);
      return { body: thing, version: thing.version };
    },
  }),
  route({
    method: 'get',
    path: '/v1/things/{thingId}/document',
    operationId: 'getThingsThingIdDocument',
    summary: 'A file.',
    access: customer.read,
    params: z.strictObject({ thingId: z.enum(['whole', 'streamed']) }),
    produces: 'application/pdf',
    inTransaction: (_tx, { params }) =>
      Promise.resolve({
        file:
          params.thingId === 'streamed'
            ? Readable.from([Buffer.from('stre'), Buffer.from('amed')])
            : Buffer.from('whole'),
        contentType: 'application/pdf',
        fileName: '合同 "1".pdf',
        sha256: 'ab'.repeat(32),
      }),
  }),
];

const changing: Route[] = [
  route({
    method: 'patch',
    path: '/v1/things/{thingId}',
    operationId: 'patchThingsThingId',
    summary: 'Changes a thing.',
    access: customer.write,
    params: thingId,
    body: z.strictObject({ title: z.string().min(1).max(80) }),
    answer: Thing,
    refusals: ['thing.not_found', 'request.version_mismatch'],
    inTransaction: async (tx, { params, body, ifMatch }) => {
      expectVersion(ifMatch, (await findThing(tx, params.thingId)).version);
      const thing = await tx.one<Thing>(
        `update things set title = $2, version = version + 1 where thing_id = $1 returning ${columns}`,
        [params.thingId, body.title],
      );
      return { body: thing!, version: thing!.version };
    },
  }),
  route({
    method: 'post',
    path: '/v1/things/{thingId}/payments',
    operationId: 'postThingsThingIdPayments',
    summary: 'Needs an idempotency key.',
    access: { platform: true },
    params: thingId,
    body: z.strictObject({ size: z.int() }),
    answer: Thing,
    idempotencyKey: 'required',
    refusals: ['thing.not_found'],
    inTransaction: async (tx, { params, body }) => {
      const thing = await tx.one<Thing>(
        `update things set size = size + $2 where thing_id = $1 returning ${columns}`,
        [params.thingId, body.size],
      );
      if (!thing) throw new Refusal('not_found', 'thing.not_found', params);
      return { body: thing, version: thing.version };
    },
  }),
  route({
    method: 'post',
    path: '/v1/things/{thingId}/completion',
    operationId: 'postThingsThingIdCompletion',
    summary: 'Starts a saga.',
    access: customer.write,
    params: thingId,
    answer: Thing,
    success: [202, 200],
    refusals: ['thing.not_found'],
    inTransaction: async (tx, { params }) => {
      const thing = await findThing(tx, params.thingId);
      return { status: 202, body: thing, version: thing.version, location: `/v1/things/${params.thingId}` };
    },
    outcome: async (tx, { thingId: id }) => {
      const thing = await findThing(tx, id);
      return thing.done ? { body: thing, version: thing.version } : undefined;
    },
  }),
  route({
    method: 'post',
    path: '/v1/uploads',
    operationId: 'postUploads',
    summary: 'Takes a file.',
    access: customer.write,
    upload: 'hashed',
    answer: z.object({ sha256: z.string(), size: z.int() }),
    inTransaction: (_tx, { file }) => Promise.resolve({ body: file! }),
  }),
];

const Outcome = z.object({ title: z.string(), thingId: z.string().optional(), code: z.string().optional() });

async function oneOfBatch(ask: RouteRequest, title: string): Promise<z.infer<typeof Outcome>> {
  try {
    return await ask.item(title, async (tx) => ({
      title,
      thingId: (await insertThing(tx, { title, size: 1 })).thingId,
    }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { title, code: error.code };
  }
}

const batch = route({
  method: 'post',
  path: '/v1/things/batch',
  operationId: 'postThingsBatch',
  summary: 'Makes several, each by itself.',
  access: { customer: 'refunds:write' },
  body: z.strictObject({ titles: z.array(z.string()).min(1).max(10) }),
  answer: z.object({ data: z.array(Outcome) }),
  run: async (_db, ask) => {
    const data: z.infer<typeof Outcome>[] = [];
    for (const title of ask.body.titles) data.push(await oneOfBatch(ask as RouteRequest, title));
    return { body: { data } };
  },
});

const odd: Route[] = [
  route({
    method: 'get',
    path: '/v1/catalogue',
    operationId: 'getCatalogue',
    summary: 'For anyone.',
    access: 'anyone',
    answer: z.array(Thing),
    inTransaction: async (tx) => ({ body: await tx.many<Thing>(`select ${columns} from things`) }),
  }),
  route({
    method: 'get',
    path: '/v1/broken',
    operationId: 'getBroken',
    summary: 'Has a bug.',
    access: { operator: true },
    inTransaction: (tx) => tx.many('select secret_column from no_such_table') as never,
  }),
  route({
    method: 'get',
    path: '/v1/undescribed',
    operationId: 'getUndescribed',
    summary: 'Answers something else.',
    access: { operator: true },
    answer: Thing,
    inTransaction: () => Promise.resolve({ body: { surprise: true } as never }),
  }),
  route({
    method: 'get',
    path: '/v1/unlisted',
    operationId: 'getUnlisted',
    summary: 'Refuses with a code that it does not list.',
    access: { operator: true },
    inTransaction: () => Promise.reject(new Refusal('conflict', 'thing.refused')),
  }),
];

const problems = {
  'thing.not_found': {
    kind: 'not_found',
    en: { title: 'No such thing', detail: 'There is no thing {thingId}.' },
    'zh-CN': { title: '对象不存在', detail: '找不到对象 {thingId}。' },
  },
  'thing.refused': {
    kind: 'conflict',
    en: { title: 'Refused', detail: '{title} with {parts} is refused.' },
    'zh-CN': { title: '被拒绝', detail: '{title}（{parts}）被拒绝。' },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof problems, true> {}
}

export const thingService = (): Service => ({
  name: 'refund',
  schema: 'refunds',
  migrations: new URL('./migrations/', import.meta.url),
  routes: [placing, ...reading, ...changing, batch, ...odd],
  timeZone: 'Asia/Shanghai',
  problems,
  subscriptions: {},
  workers: [],
});
