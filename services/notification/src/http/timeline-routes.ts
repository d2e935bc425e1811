import { z } from 'zod';
import { Refusal, type Actor, type Tx } from '@accord/core';
import { Id, Moment } from '@accord/events/fields';
import {
  accountOf,
  ActorView,
  maskActor,
  paged,
  pageOf,
  pageQuery,
  pageRange,
  rangeQuery,
  route,
  timeRange,
} from '@accord/http';
import { listEventsAbout, listEventsOfAccount } from '../timeline/timeline-store.ts';
import { inCausalOrder, starterOf, type Link, type TimelineEvent } from '../timeline/timeline.ts';

const TimelineEventAnswer = z
  .object({
    eventId: z.string(),
    type: z.string(),
    time: Moment,
    /** An event did what followed from it by itself. */
    actor: ActorView,
    /** The actor that set off the chain of events that led here, where its start is on the page. */
    startedBy: ActorView.nullable(),
    causationId: z.string(),
    subject: z.object({ kind: z.string(), id: z.string(), version: z.int() }).meta({ id: 'EventSubject' }),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineEvent' });

const TimelineQuery = z
  .strictObject({
    ...pageQuery,
    orderId: Id.optional(),
    contractId: Id.optional(),
    refundId: Id.optional(),
    billId: Id.optional(),
    accountId: Id.optional(),
    ...rangeQuery,
  })
  .refine(
    ({ orderId, contractId, refundId, billId, accountId }) =>
      [orderId, contractId, refundId, billId, accountId].filter(Boolean).length <= 1,
    {
      message: 'names at most one of orderId, contractId, refundId, billId and accountId',
      params: {
        'zh-CN': 'orderId、contractId、refundId、billId、accountId 至多指定一个',
        beyondSchema: true,
      },
    },
  );

/** More than happens to any one order, contract or refund: a contract has at most 500 orders (CTR-5). */
const wholeStory = 20_000;

export const getTimeline = route({
  method: 'get',
  path: '/v1/timeline',
  operationId: 'getTimeline',
  summary:
    'Everything that happened to an order, a contract, a refund or a monthly bill, causes first; or to an account, ' +
    'page by page.',
  access: { customer: 'timeline:read', operator: true },
  query: TimelineQuery,
  answer: paged(TimelineEventAnswer),
  refusals: ['timeline.not_found', 'request.account_required', 'request.range_reversed'],
  inTransaction: async (tx, { actor, query, timeZone }) => {
    const about = aboutOf(query);
    const range = timeRange(query, timeZone);
    if (!about) return { body: await accountTimeline(tx, actor, { ...query, ...range }) };
    const events = await listEventsAbout(tx, about, wholeStory);
    if (events.length === 0) throw new Refusal('not_found', 'timeline.not_found', { id: about.id });
    return { body: { data: toAnswers(events.filter(isWithin(range)), actor), nextCursor: null } };
  },
});

const isWithin =
  ({ from, before }: TimeRange) =>
  ({ time }: TimelineEvent) =>
    (from === undefined || time >= from) && (before === undefined || time < before);

function aboutOf({
  orderId,
  contractId,
  refundId,
  billId,
}: z.output<typeof TimelineQuery>): Link | undefined {
  if (orderId !== undefined) return { kind: 'order', id: orderId };
  if (contractId !== undefined) return { kind: 'contract', id: contractId };
  if (refundId !== undefined) return { kind: 'refund', id: refundId };
  return billId === undefined ? undefined : { kind: 'bill', id: billId };
}

type TimeRange = ReturnType<typeof timeRange>;
type AccountQuery = Omit<z.output<typeof TimelineQuery>, keyof TimeRange> & TimeRange;

/** Pages by time; each page in causal order. Another account's is not there (API-5). */
async function accountTimeline(
  tx: Tx,
  actor: Actor,
  { accountId: given, limit, cursor, from, before }: AccountQuery,
) {
  if (actor.kind === 'customer' && given !== undefined && given !== actor.accountId)
    throw new Refusal('not_found', 'timeline.not_found', { id: given });
  const accountId = accountOf(actor, given);
  const rows = await listEventsOfAccount(tx, { accountId, from, before, ...pageRange({ limit, cursor }) });
  const page = pageOf(rows, limit, {
    item: (event) => event,
    key: ({ time, eventId, source }) => [time.toISOString(), `${eventId} ${source}`],
  });
  return { data: toAnswers(page.data, actor), nextCursor: page.nextCursor };
}

function toAnswers(events: readonly TimelineEvent[], reader: Actor): z.input<typeof TimelineEventAnswer>[] {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  return inCausalOrder(events).map((event) => {
    const starter = starterOf(event, byId);
    return {
      eventId: event.eventId,
      type: event.type,
      time: event.time.toISOString(),
      actor: maskActor(reader, event.actor),
      startedBy: starter === undefined ? null : maskActor(reader, starter),
      causationId: event.causationId,
      subject: { kind: event.aggregate, id: event.aggregateId, version: event.aggregateVersion },
      data: event.data,
    };
  });
}
