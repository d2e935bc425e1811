import { subjectOf, type EventType, type Fact } from '@accord/events';
import type { ServiceName } from '@accord/events/services';
import type { Connection } from '@accord/postgres';
import type { Difference } from './check.ts';
import { listedAtMost } from './differences.ts';

interface Owner {
  readonly service: ServiceName;
  /** Columns `id` and `version`. */
  readonly rows: string;
  /**
   * `every`: 1, 2 … n without a gap, and none beyond. `newest`: the source is outside and counts as it likes;
   * what it told on the topic itself may have been older than what was known, or refused.
   */
  readonly versions: 'every' | 'newest';
}

const every = (service: ServiceName, rows: string): Owner => ({ service, rows, versions: 'every' });

/**
 * Where each aggregate's versions are kept. A message (version 0) is announced once it is sent or dead. Of
 * what the platform tells (a received payment, a reported resource, a bill) nobody here owns the versions:
 * what becomes of it is compared.
 */
const owned = {
  order: every('order', 'select order_id as id, version from orders.orders'),
  resource: every('order', 'select instance_id as id, version from orders.resources'),
  export: every('order', 'select export_id as id, version from orders.exports where version > 0'),
  product: every('order', 'select product_code as id, version from orders.products'),
  reservation: every(
    'order',
    'select holder_id as id, 1 as version from orders.holders where answered_at is not null',
  ),
  contract: every('contract', 'select contract_id as id, version from contracts.contracts'),
  ticket: every('contract', 'select ticket_id as id, version from contracts.tickets'),
  account: {
    ...every('contract', 'select account_id as id, version from contracts.accounts'),
    versions: 'newest',
  },
  refund: every('refund', 'select refund_id as id, version from refunds.refunds'),
  payment: every('order', 'select payment_reference as id, 1 as version from orders.unapplied_payments'),
  notification: every(
    'notification',
    'select notification_id as id, version from notifications.notifications',
  ),
} satisfies Record<string, Owner>;

export type OwnedAggregate = keyof typeof owned;
/** By the name of any aggregate; those without versions of their own have none. */
export const owners: Readonly<Record<string, Owner>> = owned;

/**
 * Of one aggregate: 1 to `upTo` all seen, and those beyond a gap. Nearly all have no gap, and are a number.
 */
type Seen = number | { upTo: number; readonly beyond: Set<number> };

const upToOf = (seen: Seen) => (typeof seen === 'number' ? seen : seen.upTo);
const beyondOf = (seen: Seen): readonly number[] => (typeof seen === 'number' ? [] : [...seen.beyond]);

function with1More(seen: Seen, version: number): Seen {
  const upTo = upToOf(seen);
  if (version <= upTo) return seen;
  const beyond = new Set([...beyondOf(seen), version]);
  let next = upTo;
  while (beyond.delete(next + 1)) next += 1;
  return beyond.size === 0 ? next : { upTo: next, beyond };
}

/** Which versions of which aggregates the topics were seen to hold. */
export class Sightings {
  readonly #byAggregate = new Map<string, Map<string, Seen>>();

  /**
   * @param from the first of the versions that it stands for, where a state was told again.
   * @throws TypeError where it is no version.
   */
  see(aggregate: string, id: string, version: number, from = version): void {
    if (typeof id !== 'string' || !Number.isSafeInteger(version))
      throw new TypeError(`${aggregate} has no id and version`);
    for (let earlier = Math.max(from, 1); earlier < version; earlier += 1) this.see(aggregate, id, earlier);
    let ofAggregate = this.#byAggregate.get(aggregate);
    if (!ofAggregate) this.#byAggregate.set(aggregate, (ofAggregate = new Map()));
    const seen = ofAggregate.get(id) ?? 0;
    ofAggregate.set(
      id,
      owners[aggregate]?.versions === 'newest' ? Math.max(upToOf(seen), version) : with1More(seen, version),
    );
  }

  of(aggregate: string): ReadonlyMap<string, Seen> {
    return this.#byAggregate.get(aggregate) ?? new Map();
  }
}

type Snapshots = {
  orders?: { orderId: string; version: number }[];
  resources?: { instanceId: string; version: number }[];
};

/**
 * Every aggregate of which a message of `type` carries a snapshot: a reservation announces the versions of
 * the orders that it holds (EVT-5).
 */
export function announcedIn(
  type: EventType,
  data: unknown,
): { aggregate: string; id: string; version: number }[] {
  const { aggregate, id, version } = subjectOf({ type, data } as Fact);
  const { orders = [], resources = [] } = data as Snapshots;
  return [
    { aggregate, id, version },
    ...orders.map((order) => ({ aggregate: 'order', id: order.orderId, version: order.version })),
    ...resources.map((resource) => ({
      aggregate: 'resource',
      id: resource.instanceId,
      version: resource.version,
    })),
  ];
}

const rowsAtOnce = 20_000;

/** Page by page in short transactions: one long look would slow every relay of the database. */
export async function* versionsOf(
  connection: Connection,
  { rows }: Owner,
): AsyncGenerator<{ id: string; version: number }> {
  for (let after = ''; ;) {
    const text = `select id, version::float8 as version
      from (${rows}) owned where id > $1 order by id limit ${rowsAtOnce}`;
    const { rows: page } = await connection.query<{ id: string; version: number }>(text, [after]);
    yield* page;
    if (page.length < rowsAtOnce) return;
    after = page.at(-1)!.id;
  }
}

/**
 * EVT-34. Call it after the topics were read: what was written since is in the owner's version alone, and
 * gone at the next look.
 */
export async function versionDifferences(
  connection: Connection,
  sightings: Sightings,
): Promise<{ differences: Difference[]; aggregates: number }> {
  const differences: Difference[] = [];
  let aggregates = 0;
  for (const [aggregate, owner] of Object.entries(owners)) {
    const seen = sightings.of(aggregate);
    const notOwned = new Set(seen.keys());
    const found: Difference[] = [];
    for await (const { id, version } of versionsOf(connection, owner)) {
      aggregates += 1;
      notOwned.delete(id);
      found.push(...compare({ aggregate, id, version, seen: seen.get(id) ?? 0 }, owner));
    }
    for (const id of notOwned)
      found.push(...compare({ aggregate, id, version: 0, seen: seen.get(id)! }, owner));
    differences.push(...found.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, listedAtMost));
  }
  return { differences, aggregates };
}

/** `version` is the owner's, 0 where it has none. */
function compare(
  of: { aggregate: string; id: string; version: number; seen: Seen },
  { service, versions }: Owner,
): Difference[] {
  const { aggregate, id, version, seen } = of;
  const [upTo, beyond] = [upToOf(seen), beyondOf(seen)];
  if (upTo === version && beyond.length === 0) return [];
  const missing =
    versions === 'newest' ? [version].filter((newest) => newest > upTo) : gaps(upTo, beyond, version);
  const strange = versions === 'newest' ? [] : [upTo, ...beyond].filter((one) => one > version);
  const owned = version === 0 ? 'which its owner does not have' : `of which its owner has ${version}`;
  const difference = (says: string, what: string, mark: number) => ({
    rule: 'EVT-34',
    says,
    id,
    found: `${aggregate} ${what}`,
    mends: service,
    mark: String(mark),
  });
  return [
    ...(missing.length > 0
      ? [
          difference(
            'the topics hold each version',
            `version ${listed(missing)} of ${version} in no topic`,
            missing[0]!,
          ),
        ]
      : []),
    ...(strange.length > 0
      ? [
          difference(
            'the topics hold no version that its owner does not have',
            `version ${listed(strange)} in a topic, ${owned}`,
            strange[0]!,
          ),
        ]
      : []),
  ];
}

/** The versions up to the owner's that were not seen, ten at most. */
export const missingOf = (seen: Seen, version: number): readonly number[] =>
  gaps(upToOf(seen), beyondOf(seen), version);

function gaps(upTo: number, beyond: readonly number[], version: number): number[] {
  const missing: number[] = [];
  for (let one = upTo + 1; one <= version && missing.length < 10; one += 1)
    if (!beyond.includes(one)) missing.push(one);
  return missing;
}

const listed = (versions: readonly number[]) => versions.join(', ');
