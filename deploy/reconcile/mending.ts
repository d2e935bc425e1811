import { owners } from '@accord/audit';
import { newEventId } from '@accord/core/runtime';
import type { EventType, Fact } from '@accord/events';
import { topicsReadBy } from '@accord/events/access';
import type { ServiceName } from '@accord/events/services';
import { topicsSpokenBy } from '@accord/events/topics';
import type { openAdmin } from '@accord/kafka';
import { outbox, type OutboxRow } from '@accord/messaging';
import type { Connection } from '@accord/postgres';
import { inTransaction } from '@accord/postgres/command';
import type { Comparison, Restatement } from './comparison.ts';
import type { LostEvent } from './lost-events.ts';
import { asVersion, statesOf } from './states.ts';

export interface Connections {
  /** Reads all four schemas. */
  readonly auditor: Connection;
  /** Of each service, its operators' role, in its schema. */
  readonly operators: ReadonlyMap<ServiceName, Connection>;
  readonly admin: Awaited<ReturnType<typeof openAdmin>>;
  readonly publicUrl: string | undefined;
}

const atOnce = 500;

const insertDisowned = `
  with lost as (
    select * from json_to_recordset($1::json) as l ("eventId" uuid, source text, type text, key text, version bigint,
      "accountId" text, time timestamptz, partition int, "offset" bigint)),
  kept as (
    insert into disowned_events (event_id, source, type, key, version, of_account, occurred_at, partition, "offset")
    select * from lost on conflict do nothing)
  insert into inbox (event_id, source) select "eventId", source from lost on conflict do nothing`;

/**
 * Each step may be done again; what follows from a comparison that is made anew after it is the rest. First the lost
 * events count as never told, in every service that hears or tells them: from then on none of them can be handled.
 */
export async function mend(comparison: Comparison, connections: Connections): Promise<void> {
  for (const service of connections.operators.keys()) await disown(service, comparison.lost, connections);
  await drawNumbers(comparison.contractNumber, connections);
  for (const [aggregate, all] of Map.groupBy(comparison.restatements, (one) => one.aggregate))
    for (let from = 0; from < all.length; from += atOnce)
      await restate(aggregate, all.slice(from, from + atOnce), connections);
  for (const [service, positions] of Map.groupBy(comparison.positions, (one) => one.service))
    await connections.admin.setGroupOffsets(`accord.${service}`, positions);
}

async function disown(
  service: ServiceName,
  lost: readonly LostEvent[],
  { operators }: Connections,
): Promise<void> {
  const types = new Set<EventType>([...topicsReadBy(service), ...topicsSpokenBy(service)]);
  const ofService = lost.filter(({ type }) => types.has(type)).map(({ data: _, ...event }) => event);
  for (let from = 0; from < ofService.length; from += atOnce)
    await operators
      .get(service)!
      .query(insertDisowned, [JSON.stringify(ofService.slice(from, from + atOnce))]);
}

/** No number that a lost contract has shown to a customer is drawn again (API-10). */
async function drawNumbers(highest: number, { operators }: Connections): Promise<void> {
  const contracts = operators.get('contract')!;
  for (let drawn = 0; drawn < highest;)
    drawn = Number((await contracts.query(`select nextval('contract_numbers') as n`)).rows[0].n);
}

const changes = `json_to_recordset($1::json) as c (id text, version int, "to" int)`;
const raise = (table: string, key: string) =>
  `update ${table} t set version = c."to" from ${changes} where t.${key} = c.id and t.version = c.version`;
const eachVersion = `${changes} cross join generate_series(c.version + 1, c."to") as v`;

/** The owner's rows go on behind the versions that are used up; the lines of a history between say so. */
const raises: Readonly<Record<string, readonly string[]>> = {
  order: [
    raise('orders', 'order_id'),
    `insert into order_history (order_id, version, account_id, at, actor, change, status)
     select o.order_id, v, o.account_id, now(), 'system:reconcile', 'restated', o.status
       from ${eachVersion} join orders o on o.order_id = c.id`,
  ],
  resource: [raise('resources', 'instance_id')],
  product: [
    raise('products', 'product_code'),
    `insert into product_history (product_code, version, at, actor, changed, product)
     select h.product_code, v, now(), 'system:reconcile', '{}', h.product
       from ${eachVersion} join product_history h on h.product_code = c.id and h.version = c.version`,
  ],
  contract: [
    raise('contracts', 'contract_id'),
    `insert into contract_history (contract_id, version, account_id, event, status, at, actor)
     select k.contract_id, v, k.account_id, 'contract.changed', k.status, now(), 'system:reconcile'
       from ${eachVersion} join contracts k on k.contract_id = c.id`,
  ],
  ticket: [raise('tickets', 'ticket_id')],
  refund: [raise('refunds', 'refund_id')],
};

async function restate(
  aggregate: string,
  restatements: readonly Restatement[],
  { auditor, operators, publicUrl }: Connections,
): Promise<void> {
  const { service } = owners[aggregate]!;
  const raised = restatements.filter(({ version, to }) => to > version);
  const others = restatements.filter(({ version, to }) => to === version);
  const states = new Map([
    ...(await statesOf(auditor, aggregate, raised, { quietly: true })),
    ...(await statesOf(auditor, aggregate, others, { quietly: false })),
  ]);
  const now = new Date();
  const correlationId = newEventId();
  const rows = restatements.flatMap((one) =>
    factsOf(one, states.get(one.id)!).map(([fact, restatedFrom]) =>
      outbox.announce(fact, {
        now,
        actor: { kind: 'system', id: 'reconcile' },
        cause: { causationId: correlationId, correlationId },
        source: `/services/${service}`,
        publicUrl,
        restatedFrom,
      }),
    ),
  );
  const connection = operators.get(service)!;
  await inTransaction(connection, async () => {
    for (const text of raised.length > 0 ? raises[aggregate]! : [])
      await connection.query(text, [JSON.stringify(raised)]);
    const waiting = await takeWaiting(connection, rows);
    await outbox.store(
      connection,
      rows.map((row) => standingIn(row, waiting.get(placeOf(row)))),
    );
  });
}

type Waiting = Pick<
  OutboxRow,
  'aggregateId' | 'aggregateVersion' | 'type' | 'eventId' | 'payload' | 'headers'
> & {
  readonly occurredAt: Date;
};
const placeOf = ({
  aggregateId,
  aggregateVersion,
  type,
}: Omit<Waiting, 'eventId' | 'payload' | 'headers' | 'occurredAt'>) =>
  `${type} ${aggregateId} ${aggregateVersion}`;

const takeText = `
  delete from outbox o using json_to_recordset($1::json)
    as c ("aggregateType" text, "aggregateId" text, "aggregateVersion" bigint, type text)
   where o.aggregate_type = c."aggregateType" and o.aggregate_id = c."aggregateId"
     and o.aggregate_version = c."aggregateVersion" and o.type = c.type
  returning o.aggregate_id as "aggregateId", o.aggregate_version::float8 as "aggregateVersion", o.type,
    o.event_id as "eventId", o.payload, o.headers, o.occurred_at as "occurredAt"`;

/** Events of the same versions and types that were announced and not yet published; they are news to all. */
async function takeWaiting(
  connection: Connection,
  rows: readonly OutboxRow[],
): Promise<Map<string, Waiting>> {
  const asked = rows.map(({ aggregateType, aggregateId, aggregateVersion, type }) => ({
    aggregateType,
    aggregateId,
    aggregateVersion,
    type,
  }));
  const { rows: taken } = await connection.query<Waiting>(takeText, [JSON.stringify(asked)]);
  return new Map(taken.map((row) => [placeOf(row), row]));
}

/** The event that waited, which from now on stands for the versions before it as well. */
function standingIn(row: OutboxRow, waiting: Waiting | undefined): OutboxRow {
  if (!waiting) return row;
  const { ce_restatedfrom } = JSON.parse(row.headers) as Record<string, string>;
  const headers = { ...(JSON.parse(waiting.headers) as Record<string, string>), ce_restatedfrom };
  const { eventId, payload, occurredAt } = waiting;
  return { ...row, eventId, payload, occurredAt, headers: JSON.stringify(headers) };
}

/** For each version that is told the state, and the first version that this event stands for. */
function factsOf({ aggregate, version, to, from, unheard }: Restatement, state: Fact): [Fact, number][] {
  if (to === version)
    return [
      ...unheard.map((told): [Fact, number] => [asVersion(state, aggregate, told), told]),
      [state, from],
    ];
  return Array.from({ length: to - version }, (_, n) => {
    const told = version + 1 + n;
    return [asVersion(state, aggregate, told), n === 0 ? Math.min(from, told) : told];
  });
}
