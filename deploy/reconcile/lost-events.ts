import { announcedIn, owners } from '@accord/audit';
import { readJson } from '@accord/core/runtime';
import { subjectOf, type EventType, type Fact } from '@accord/events';
import { speakerOf } from '@accord/events/topics';
import type { Incoming } from '@accord/kafka';
import type { Connection } from '@accord/postgres';

/** An event of ours that its owner's database does not know: it was told after the moment that was restored. */
export interface LostEvent {
  readonly eventId: string;
  readonly source: string;
  readonly type: EventType;
  readonly key: string;
  readonly aggregate: string;
  readonly id: string;
  readonly version: number;
  readonly accountId: string | undefined;
  readonly time: string;
  readonly partition: number;
  readonly offset: string;
  readonly data: unknown;
}

/** A message that is an event by its looks. */
export interface ReadEvent extends LostEvent {
  /** Versions of which it carries the snapshot; the first is its own. */
  readonly announced: ReturnType<typeof announcedIn>;
  readonly restatedFrom: number | undefined;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Undefined where it is none: its consumers gave it up. */
export function eventOf(type: EventType, message: Incoming): ReadEvent | undefined {
  const { ce_id: eventId = '', ce_source: source = '', ce_time: time = '' } = message.headers;
  if (!uuid.test(eventId)) return undefined;
  try {
    const data = readJson(message.value);
    const { aggregate, id, version, accountId } = subjectOf({ type, data } as Fact);
    const announced = announcedIn(type, data);
    const from = message.headers['ce_restatedfrom'];
    return {
      eventId: eventId.toLowerCase(),
      source,
      type,
      key: message.key,
      aggregate,
      id,
      version,
      accountId,
      time,
      partition: message.partition,
      offset: message.offset,
      data,
      announced,
      restatedFrom: from === undefined ? undefined : Number(from),
    };
  } catch {
    return undefined;
  }
}

export const identityOf = ({ eventId, source }: Pick<LostEvent, 'eventId' | 'source'>) =>
  `${eventId} ${source}`;

/** Nouns that are told of once, and leave a row; their version is 1. */
const onceTold: Readonly<Record<string, string>> = {
  remittance: 'select remittance_id as id, 1 as version from orders.remittances where claim_id is not null',
  remittance_claim: `select claim_id as id, 1 as version from orders.remittance_claims
    where status in ('failed', 'expired')`,
};

const rowsOf = (aggregate: string) =>
  owners[aggregate]?.versions === 'every' ? owners[aggregate].rows : onceTold[aggregate];

/** Facts that others tell are theirs: they stay true, and are handled anew. */
const isOurs = ({ type, source }: ReadEvent) =>
  type !== 'account.updated' && source === `/services/${speakerOf(type)}`;

/** The events among them that their owners' rows do not know. */
export async function lostAmong(connection: Connection, told: readonly ReadEvent[]): Promise<ReadEvent[]> {
  const lost: ReadEvent[] = [];
  for (const [aggregate, events] of Map.groupBy(told.filter(isOurs), (one) => one.aggregate)) {
    const rows = rowsOf(aggregate);
    if (rows === undefined) continue;
    const known = await versionsOfThese(connection, rows, [...new Set(events.map(({ id }) => id))]);
    lost.push(...events.filter(({ id, version }) => version > (known.get(id) ?? 0)));
  }
  return [...lost, ...(await forgottenReminders(connection, told, lost))];
}

async function versionsOfThese(connection: Connection, rows: string, ids: readonly string[]) {
  const { rows: found } = await connection.query<{ id: string; version: number }>(
    `select id, version::float8 as version from (${rows}) owned where id = any ($1)`,
    [ids],
  );
  return new Map(found.map(({ id, version }) => [id, version]));
}

/** `order.expiring` has no version of its own: the order remembers for which end it was told. */
async function forgottenReminders(
  connection: Connection,
  told: readonly ReadEvent[],
  lost: readonly ReadEvent[],
) {
  const reminders = told.filter((one) => one.type === 'order.expiring' && isOurs(one) && !lost.includes(one));
  if (reminders.length === 0) return [];
  const { rows } = await connection.query<{ id: string; at: Date }>(
    `select order_id as id, expiring_announced as at from orders.orders
      where order_id = any ($1) and expiring_announced is not null`,
    [reminders.map(({ id }) => id)],
  );
  const announced = new Map(rows.map(({ id, at }) => [id, at.getTime()]));
  return reminders.filter(
    ({ id, data }) => announced.get(id) !== new Date((data as { payBy: string }).payBy).getTime(),
  );
}
