import { z } from 'zod';
import { Refusal, type Tx } from '@accord/core';
import type { ServiceName } from '@accord/events/services';
import {
  paged,
  pageOf,
  pageQuery,
  pageRange,
  rangeQuery,
  route,
  separatedByCommas,
  timeRange,
  type ProblemTexts,
  type Route,
} from '@accord/http';
import {
  findDeadLetter,
  listActs,
  listDeadLetters,
  redrive,
  type Act,
  type DeadLetter,
} from '@accord/messaging/dead-letters';
import type { Service } from './service.ts';

// EVT-10: operators list, inspect, replay and discard events that were given up. `npm run redrive` calls the
// same routes.

const EventIds = z.array(z.guid()).min(1).max(200);
const filter = {
  direction: z
    .enum(['in', 'out'])
    .optional()
    .meta({ description: '`in`: it came and was given up here; `out`: the broker refused it.' }),
  type: z.string().min(1).max(100).optional(),
  key: z.string().min(1).max(500).optional(),
  source: z.string().max(300).optional(),
  reason: z.string().min(1).max(200).optional().meta({ description: 'A part of the reason, in any case.' }),
  ...rangeQuery,
};

/** A replay or a discard names one filter at least. */
const Selection = z
  .strictObject({ ...filter, eventIds: EventIds.optional() })
  .refine((given) => Object.values(given).some((value) => value !== undefined), {
    message: 'names at least one of eventIds, source, direction, type, key, reason, from, to',
    params: { 'zh-CN': '请至少指定 eventIds、source、direction、type、key、reason、from、to 之一' },
  })
  .meta({ id: 'DeadLetterSelection', minProperties: 1 });

const Listing = z.strictObject({
  ...pageQuery,
  ...filter,
  eventIds: separatedByCommas(EventIds),
});

const Shown = z
  .object({
    direction: z.enum(['in', 'out']),
    eventId: z.string(),
    source: z.string().meta({
      description: 'Of the event: its id is its own only together with it. Empty where it names none.',
    }),
    type: z.string(),
    key: z.string(),
    topic: z.string(),
    partition: z.int().nullable(),
    offset: z.string().nullable(),
    attempts: z.int(),
    reason: z.string().nullable(),
    parkedAt: z.iso.datetime(),
    /** Later events of its key, which follow in order after it. */
    waitingBehind: z.int(),
  })
  .meta({ id: 'DeadLetter' });

const Inspected = Shown.extend({
  payload: z.string(),
  headers: z.record(z.string(), z.string()),
  acts: z.array(
    z
      .object({ act: z.enum(['replay', 'discard']), actor: z.string(), at: z.iso.datetime() })
      .meta({ id: 'DeadLetterAct' }),
  ),
}).meta({ id: 'DeadLetterDetail' });

const Letters = paged(Shown);
const Count = z.object({ count: z.int() }).meta({ id: 'DeadLetterCount' });

const shown = ({ parkedAt, ...letter }: DeadLetter) => ({ ...letter, parkedAt: parkedAt.toISOString() });

async function inspect(tx: Tx, eventId: string, source?: string): Promise<z.input<typeof Inspected>> {
  const letter = await findDeadLetter(tx, eventId, source);
  if (!letter) throw new Refusal('not_found', 'dead_letter.not_found', { eventId });
  const acts = await listActs(tx, letter);
  const headers = JSON.parse(letter.headers) as Record<string, string>;
  return {
    ...shown(letter),
    payload: letter.payload,
    headers,
    acts: acts.map((one) => ({ ...one, at: one.at.toISOString() })),
  };
}

const access = { operator: true } as const;

const pathOf = (name: ServiceName) => `/v1/${name}-dead-letters` as const;
/** `OrderDeadLetter`: the operations of one service, told from those of the others. */
const lettersOf = (name: ServiceName) => `${name.replace(/^./, (first) => first.toUpperCase())}DeadLetter`;

const reading = (name: ServiceName): Route[] => [
  route({
    method: 'get',
    path: pathOf(name),
    operationId: `list${lettersOf(name)}s`,
    summary:
      'Events given up here and events the broker refused, oldest first. ' +
      'Each keeps the later events of its key waiting.',
    access,
    query: Listing,
    answer: Letters,
    refusals: ['request.range_reversed'],
    inTransaction: async (tx, { timeZone, query: { limit, cursor, ...query } }) => {
      const wanted = { ...query, ...timeRange(query, timeZone) };
      const found = await listDeadLetters(tx, wanted, pageRange({ limit, cursor }));
      const key = ({ parkedAt, eventId, source }: DeadLetter) => [
        parkedAt.toISOString(),
        `${eventId} ${source}`,
      ];
      return { body: pageOf(found, limit, { item: shown, key }) };
    },
  }),
  route({
    method: 'get',
    path: `${pathOf(name)}/{eventId}`,
    operationId: `get${lettersOf(name)}`,
    summary: 'One of them with its payload, its headers and what was done about it.',
    access,
    params: z.strictObject({ eventId: z.string().min(1).max(64) }),
    query: z.strictObject({ source: filter.source }),
    answer: Inspected,
    refusals: ['dead_letter.not_found'],
    inTransaction: async (tx, { params: { eventId }, query: { source } }) => ({
      body: await inspect(tx, eventId, source),
    }),
  }),
];

const acting = ({ name, subscriptions }: Service, act: Act, summary: string): Route =>
  route({
    method: 'post',
    path: `${pathOf(name)}/${act}`,
    operationId: `${act}${lettersOf(name)}s`,
    summary,
    access,
    body: Selection,
    example: { type: Object.keys(subscriptions)[0], reason: 'timeout' },
    answer: Count,
    refusals: ['request.range_reversed'],
    inTransaction: async (tx, { timeZone, body }) => ({
      body: { count: await redrive(tx, act, { ...body, ...timeRange(body, timeZone) }) },
    }),
  });

const texts = {
  'dead_letter.not_found': {
    kind: 'not_found',
    en: {
      title: 'No such dead letter',
      detail: 'Event {eventId} is not among the events given up or refused here.',
    },
    'zh-CN': { title: '死信不存在', detail: '事件 {eventId} 不在本服务放弃或被拒收的事件之中。' },
  },
} as const satisfies ProblemTexts;

declare module '@accord/core' {
  interface RefusalCodes extends Record<keyof typeof texts, true> {}
}

/** The service with `/v1/<service>-dead-letters` for operators: list, inspect, replay, discard. */
export function withDeadLetterRoutes(service: Service): Service {
  const { name } = service;
  const routes = [
    ...service.routes,
    ...reading(name),
    acting(service, 'replay', 'Tries them again, and after each the later events of its key, in order.'),
    acting(service, 'discard', 'Drops them for good; the later events of their keys follow.'),
  ];
  const tags = {
    ...service.tags,
    [`${name}-dead-letters`]: 'Events that were given up there; for operators.',
  };
  return { ...service, routes, tags, problems: { ...service.problems, ...texts } };
}
