import { announcedIn, listDisowned, missingOf, owners, Sightings, versionsOf } from '@accord/audit';
import { readJson } from '@accord/core/runtime';
import { eventTypes, type EventType, type Fact } from '@accord/events';
import { readTopics, type Incoming, type KafkaClient } from '@accord/kafka';
import type { Connection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';
import { identityOf, lostAmong, eventOf, type LostEvent, type ReadEvent } from './lost-events.ts';
import { newestHandled, Positions, type Position } from './positions.ts';

/** An aggregate whose state has to be told again: as each version after `version` up to `to`, or as `version`. */
export interface Restatement {
  readonly aggregate: string;
  readonly id: string;
  /** The owner's. */
  readonly version: number;
  /** Beyond `version` where a lost event has used later versions up. */
  readonly to: number;
  /** The first version that the topics lack. */
  readonly from: number;
  /** Versions before the owner's that nobody has heard of: the timeline lacks them. */
  readonly unheard: readonly number[];
}

export interface Comparison {
  /** Found now, and not yet counted as never told. */
  readonly lost: readonly LostEvent[];
  readonly restatements: readonly Restatement[];
  readonly positions: readonly Position[];
  /** The highest contract number that a lost event tells of; 0 where none does. */
  readonly contractNumber: number;
  readonly messages: number;
  /** Topics that are not there. */
  readonly missingTopics: readonly EventType[];
}

/** A transaction is told with the time at which it began, and begins so long before its commit at most. */
const longestTransactionMs = 10 * 60_000;

/** An event that is further ahead of its owner is not the owner's, whatever it says of itself. */
const mostLostVersions = 1_000;
const mostLostNumbers = 100_000;

/** Nouns whose versions are counted by their owner, so that one may be used twice. */
const counted = new Set(['order', 'resource', 'product', 'contract', 'ticket', 'refund']);

/**
 * Reads all topics and compares them with the databases, which nobody changes meanwhile.
 *
 * @param connection of a role that reads all four schemas.
 */
export async function compare(kafka: KafkaClient, connection: Connection): Promise<Comparison> {
  const scan = new TopicScan(
    connection,
    await listDisowned(connection),
    (await newestHandled(connection)) - longestTransactionMs,
    await Positions.open(connection),
  );
  const topics = await readTopics(kafka, {
    reader: 'reconcile',
    topics: eventTypes,
    onMessages: (type, partition, messages) => scan.take(type, partition, messages),
  });
  try {
    const ranges = await topics.offsetRanges();
    await topics.untilRead(ranges);
    await seeOutboxes(connection, scan.sightings);
    return {
      lost: scan.lost,
      restatements: await restatementsOf(connection, scan),
      positions: scan.positions.all(ranges),
      contractNumber: await contractNumberOf(connection, scan),
      messages: scan.messages,
      missingTopics: topics.missing,
    };
  } finally {
    await topics.close();
  }
}

/** Of a contract that was made here; one signed outside has a number of the provider's. */
const ownNumber = /^CT-\d{4}-(\d{8,})$/;

/** The highest number that lost events tell of; 0 where the sequence is beyond it, or cannot have come so far. */
async function contractNumberOf(connection: Connection, { contractNumbers }: TopicScan): Promise<number> {
  const { rows } = await connection.query<{ highest: number }>(
    `select coalesce(max(substring(number from '[0-9]+$')::numeric), 0)::float8 as highest
       from contracts.contracts where number ~ '^CT-[0-9]{4}-[0-9]{8,}$'`,
  );
  const { highest } = rows[0]!;
  const drawn = [...contractNumbers].filter((one) => one > highest && one - highest <= mostLostNumbers);
  return Math.max(0, ...drawn);
}

class TopicScan {
  readonly sightings = new Sightings();
  /** Of what counts as never told: the highest version of each aggregate, by its noun and id. */
  readonly disownedVersions = new Map<string, number>();
  readonly lost: LostEvent[] = [];
  readonly positions: Positions;
  readonly contractNumbers = new Set<number>();
  messages = 0;
  readonly #connection: Connection;
  readonly #disowned: ReadonlySet<string>;
  readonly #certainBefore: number;

  constructor(
    connection: Connection,
    disowned: ReadonlySet<string>,
    certainBefore: number,
    positions: Positions,
  ) {
    this.#connection = connection;
    this.#disowned = disowned;
    this.#certainBefore = certainBefore;
    this.positions = positions;
  }

  async take(type: EventType, partition: number, messages: readonly Incoming[]): Promise<void> {
    this.messages += messages.length;
    const told = messages.flatMap((message) => eventOf(type, message) ?? []);
    const [before, others] = split(told, (one) => this.#disowned.has(identityOf(one)));
    const recent = others.filter(({ time }) => !(Date.parse(time) < this.#certainBefore));
    const lost = new Set(recent.length > 0 ? await lostAmong(this.#connection, recent) : []);
    for (const one of lost) this.lost.push(one);
    for (const one of [...before, ...lost]) this.#countDisowned(one);
    const kept = others.filter((one) => !lost.has(one));
    for (const one of kept) see(this.sightings, one);
    await this.positions.see(type, partition, kept);
  }

  #countDisowned({ announced, data }: ReadEvent): void {
    for (const { aggregate, id, version } of announced) {
      const key = `${aggregate} ${id}`;
      this.disownedVersions.set(key, Math.max(version, this.disownedVersions.get(key) ?? 0));
    }
    const { number } = (data as { contract?: { number?: string | null } }).contract ?? {};
    const drawn = Number(ownNumber.exec(number ?? '')?.[1] ?? 0);
    if (drawn > 0) this.contractNumbers.add(drawn);
  }
}

function split<T>(all: readonly T[], is: (one: T) => boolean): [T[], T[]] {
  const { true: yes = [], false: no = [] } = Object.groupBy(all, (one) => String(is(one)));
  return [yes, no];
}

function see(sightings: Sightings, { announced: [subject, ...others], restatedFrom }: ReadEvent): void {
  sightings.see(subject!.aggregate, subject!.id, subject!.version, restatedFrom ?? subject!.version);
  for (const { aggregate, id, version } of others) sightings.see(aggregate, id, version);
}

/** An event that waits to be published will be told. */
async function seeOutboxes(connection: Connection, sightings: Sightings): Promise<void> {
  const waiting = Object.values(schemas).flatMap((schema) =>
    ['outbox', 'outbox_refused'].map(
      (table) => `select type, payload, headers from ${schema}.${table} where topic = type`,
    ),
  );
  const { rows } = await connection.query<{ type: EventType; payload: string; headers: string }>(
    waiting.join(' union all '),
  );
  for (const { type, payload, headers } of rows) {
    const from = (JSON.parse(headers) as Record<string, string>)['ce_restatedfrom'];
    const fact = { type, data: readJson(payload) } as Fact;
    const [subject, ...others] = announcedIn(type, fact.data);
    sightings.see(subject!.aggregate, subject!.id, subject!.version, Number(from ?? subject!.version));
    for (const { aggregate, id, version } of others) sightings.see(aggregate, id, version);
  }
}

async function restatementsOf(
  connection: Connection,
  { sightings, disownedVersions }: TopicScan,
): Promise<Restatement[]> {
  const found: Restatement[] = [];
  for (const [aggregate, owner] of Object.entries(owners)) {
    const seen = sightings.of(aggregate);
    for await (const { id, version } of versionsOf(connection, owner)) {
      const missing = missingOf(seen.get(id) ?? 0, version);
      // Of versions that are counted outside the newest alone has to be there.
      const lacks = owner.versions === 'newest' ? missing.slice(0, 1).map(() => version) : missing;
      const used = counted.has(aggregate) ? (disownedVersions.get(`${aggregate} ${id}`) ?? 0) : 0;
      const to = used > version && used - version <= mostLostVersions ? used + 1 : version;
      if (lacks.length > 0 || to > version)
        found.push({ aggregate, id, version, to, from: lacks[0] ?? version + 1, unheard: [] });
    }
  }
  return withUnheard(connection, found);
}

const heardText = `
  select aggregate || ' ' || aggregate_id as name, array_agg(distinct aggregate_version::float8) as versions
    from notifications.timeline_events group by aggregate, aggregate_id`;
/** The reservation tells of them, and the timeline tells of the reservation. */
const heldText = `
  select 'order ' || order_id as name, array_agg(version) as versions from orders.order_history
   where change in ('held_by_contract', 'held_by_refund') group by order_id`;

/** A version that was published before the topics were lost, and reached nobody, is told by itself. */
async function withUnheard(connection: Connection, found: readonly Restatement[]): Promise<Restatement[]> {
  const isOlder = ({ from, version, aggregate }: Restatement) => from < version && inTimeline.has(aggregate);
  if (!found.some(isOlder)) return [...found];
  const versionsBy = async (text: string) => {
    const { rows } = await connection.query<{ name: string; versions: number[] }>(text);
    return new Map(rows.map(({ name, versions }) => [name, versions]));
  };
  const [heard, held] = [await versionsBy(heardText), await versionsBy(heldText)];
  return found.map((one) => {
    if (!isOlder(one)) return one;
    const name = `${one.aggregate} ${one.id}`;
    const known = new Set([...(heard.get(name) ?? []), ...(held.get(name) ?? [])]);
    const earlier = Array.from({ length: one.version - one.from }, (_, n) => one.from + n);
    return { ...one, unheard: earlier.filter((version) => !known.has(version)) };
  });
}

/** Of what is counted from 1 on and belongs to an account. */
const inTimeline = new Set(['order', 'resource', 'contract', 'ticket', 'refund', 'notification']);
