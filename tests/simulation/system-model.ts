import { Refusal, type Actor } from '@accord/core';
import { withContext } from '@accord/core/observability';
import { newEventId } from '@accord/core/runtime';
import { headersOf, subjectOf, type Event, type Fact } from '@accord/events';
import type { ServiceName } from '@accord/events/services';
import type { Route, RouteRequest } from '@accord/http';
import { keyedRequest, onceInTransaction } from '@accord/http/server';
import type { Incoming } from '@accord/kafka';
import { handleMessages } from '@accord/messaging';
import type { Money } from '@accord/money';
import { Death, log, type Environment, type Part } from './environment.ts';

/** An announced event, as the log of all topics keeps it. */
export interface Told {
  readonly type: string;
  readonly aggregate: string;
  readonly id: string;
  readonly version: number;
  readonly at: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * The messages one service has still to hear about one key on one topic: in this order, none left out (EVT-7,
 * EVT-11).
 */
interface Line {
  readonly to: ServiceName;
  readonly topic: string;
  /** The key's name in scripts. */
  readonly about: string;
  readonly messages: Incoming[];
  /** Handled so far. */
  handled: number;
}

interface Command {
  readonly by: Actor;
  readonly method: 'post' | 'put' | 'delete';
  readonly path: `/v1/${string}`;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** The service dies before it commits, and the client sends the same again under the same key (API-6). */
  readonly dies?: boolean;
  /** Sent twice under one key. */
  readonly twice?: boolean;
  /** Told the answer before what was announced is published: the time to name what it made. */
  readonly onAnswer?: (body: Record<string, unknown>) => void;
}

type Reply =
  | { readonly status: number; readonly body: Record<string, unknown> }
  | { readonly refused: string };

type ShownOrder = {
  readonly orderId: string;
  readonly version: number;
  readonly status: string;
  readonly fulfilment: string;
};

interface OutboxRow {
  readonly topic: string;
  readonly key: string;
  readonly type: string;
  readonly aggregate: string;
  readonly id: string;
  readonly version: string;
  readonly payload: string;
  readonly headers: string;
  readonly at: Date;
}

/**
 * Ends a run that found a breach before its end, such as a command that fails in a way no client should see.
 */
export class Breakdown extends Error {}

const workers = {
  order: ['expire', 'expiring', 'remittance-claims', 'exporting', 'export-expiry', 'statistics'],
  contract: ['sealing', 'draft-reminder'],
  refund: ['payout'],
} as const;
export type WorkerName = (typeof workers)[keyof typeof workers][number];
const ownerOf = (worker: WorkerName) =>
  (Object.keys(workers) as (keyof typeof workers)[]).find((name) =>
    (workers[name] as readonly string[]).includes(worker),
  )!;

/**
 * The workers that may have something to do: one look instead of one for each. Their own findings decide.
 */
const dueWork = `
  select array_remove(array[
      case when exists (select from orders.orders where status = 'unpaid' and pay_by <= $1) then 'expire' end,
      case when exists (select from orders.orders where status = 'unpaid'
      and pay_by <= $1::timestamptz + interval '1 day') then 'expiring' end,
      case when exists (select from orders.remittance_claims where status = 'waiting' and look_at <= $1)
      then 'remittance-claims' end,
      case when exists (select from orders.exports where status = 'running' and expires_at > $1)
      then 'exporting' end,
      case when exists (select from orders.exports where status in ('running', 'ready') and expires_at <= $1)
      then 'export-expiry' end,
      case when exists (select from orders.order_deltas) then 'statistics' end,
      case when exists (select from contracts.contracts where status = 'sealing') then 'sealing' end,
      case when exists (select from contracts.contracts where status = 'draft' and reminded_at is null
      and drafted_at <= $1::timestamptz - interval '7 days') then 'draft-reminder' end,
      case when exists (select from refunds.refunds where status in ('approved', 'paying'))
      then 'payout' end], null) as workers,
    exists (select from contracts.contracts where status = 'sealing') as sealing`;

/** Refunds that a payout would pay, of instances that the refund service knows to be frozen. */
const payableOfFrozen = `
  select r.refund_id as id from refunds.refunds r
   where r.status in ('approved', 'paying') and exists (select from refunds.resource_view v
     where v.instance_id = any (r.instance_ids) and v.snapshot ->> 'frozenBy' is not null)`;

/** An order as its customer knows it from the answers so far. */
export interface KnownOrder {
  readonly product: string;
  readonly instances: readonly string[];
  /** To its instances. */
  readonly gives: 'new' | 'more time' | 'another plan';
  readonly amount: Money;
}

/** A bill as the platform told it last. */
export interface ToldBill {
  readonly version: number;
  readonly status: 'unpaid' | 'withdrawn';
}

export type OrderState = 'unpaid' | 'paid' | 'created' | 'over';

/** A command that was accepted, and where its effect must be found (EVT-35). */
interface Accepted {
  readonly what: string;
  readonly id: string;
}

const requestOf = (
  route: Route,
  { by, params = {}, body }: Pick<Command, 'by' | 'params' | 'body'>,
): RouteRequest => ({
  actor: by,
  params: route.params?.parse(params),
  query: route.query?.parse({}),
  body: route.body?.parse(body ?? {}),
  ifMatch: undefined,
  locale: 'en',
  timeZone: 'Asia/Shanghai',
  requestId: 'simulation',
  wordsOf: ({ code }) => ({ title: code, detail: code }),
  item: () => Promise.reject(new Error('no batches here')),
  left: () => new AbortController().signal,
});

/**
 * One run: the four services on cleared schemas, and between them the lines of what was announced and not yet
 * heard.
 */
export class SystemModel {
  readonly environment: Environment;
  readonly accountId: string;
  readonly log: Told[] = [];
  readonly orders = new Map<string, KnownOrder>();
  readonly contracts: string[] = [];
  readonly tickets: string[] = [];
  readonly quotes: string[] = [];
  readonly refunds: string[] = [];
  readonly accepted: Accepted[] = [];
  /** Money told of by topic, by its reference, and for which order. */
  readonly received = new Map<string, { readonly order: string; readonly amount: Money }>();
  /** Until when instances run, by their ids, as the platform told last. */
  readonly ends = new Map<string, Date>();
  /** Transfers that the bank has reported, by their names. */
  readonly transfers: string[] = [];
  /** Refunds that were paid although an instance was known to be frozen (RFD-13). */
  readonly paidOfFrozen: string[] = [];
  /** The last version of a report of an instance; there is one between any two. */
  reports = 0;
  /** Monthly bills by their names, as they were told last. */
  readonly bills = new Map<string, ToldBill>();
  /** By instance, the newest report that was answered (ORD-11). */
  readonly reported = new Map<string, { readonly reportVersion: number; readonly frozenBy: string | null }>();
  /** The name of the last accepted command's step. */
  lastCommand = '';
  #lines = new Map<string, Line>();
  #names = new Map<string, string>();
  #ids = new Map<string, string>();
  #status = new Map<string, string>();
  #newest = new Map<string, ShownOrder>();
  #keys = 0;
  #offsets = 0;

  constructor(environment: Environment, run: number) {
    this.environment = environment;
    this.accountId = `acc_${run}`;
    environment.clock.offsetMs = 0;
    for (const part of Object.values(environment.parts)) part.dies = part.announced = false;
    this.call('account', this.accountId);
  }

  /** Gives `id` the name that scripts know it by. */
  call(name: string, id: string): void {
    this.#names.set(id, name);
    this.#ids.set(name, id);
  }

  /** Undefined where a script names what its steps did not make. */
  idOf = (name: string): string | undefined => this.#ids.get(name);
  /** The id itself where nobody named it. */
  nameOf = (id: string): string => this.#names.get(id) ?? id;
  inNames = (text: string): string => text.replaceAll(/\b[a-z]+_[0-9a-z]+/g, (id) => this.nameOf(id));
  /** Of a contract, refund or ticket by its name, as it was announced last. */
  statusOf = (name: string): string | undefined => this.#status.get(this.idOf(name) ?? '');
  /** Of an order by its name, as its newest version that was announced. */
  stateOf = (name: string): OrderState => {
    const { status, fulfilment } = this.#newest.get(this.idOf(name) ?? '') ?? {
      status: 'unpaid',
      fulfilment: 'none',
    };
    if (status === 'unpaid') return 'unpaid';
    if (status === 'paid') return fulfilment === 'created' ? 'created' : 'paid';
    return 'over';
  };
  /** Of an instance by its name, where an order made it. */
  productOf = (instance: string): string | undefined =>
    [...this.orders.values()].find(({ instances }) => instances.includes(this.idOf(instance) ?? ''))?.product;
  now = (): Date => new Date(Date.now() + this.environment.clock.offsetMs);

  /** Lines with something to deliver, in the order in which they began. */
  pending = (to?: ServiceName): readonly Line[] =>
    [...this.#lines.values()].filter(
      (line) => line.handled < line.messages.length && (!to || line.to === to),
    );
  /** Lines of which something was handled already. */
  heard = (): readonly Line[] =>
    [...this.#lines.values()].filter((line) => line.handled > 0 && line.to !== 'notification');

  /** Through the route's own schemas and code, in one transaction with its idempotency key. */
  async command({
    by,
    method,
    path,
    params = {},
    body,
    dies = false,
    twice = false,
    onAnswer,
  }: Command): Promise<Reply> {
    const [part, route] = this.#routeOf(method, path);
    const ask = requestOf(route, { by, params, body });
    const key = `key-${(this.#keys += 1)}`;
    const keyed = keyedRequest({
      key,
      issuer: 'simulation',
      actor: by,
      method,
      path,
      params,
      query: {},
      body: Buffer.from(JSON.stringify(body ?? {})),
    });
    const send = async (): Promise<Reply> => {
      try {
        const { status, text } = await onceInTransaction(part.db, by, keyed, async (tx) => {
          const { status: given = 200, body: answer } = (await route.inTransaction!(tx, ask)) as {
            status?: number;
            body: unknown;
          };
          return { status: given, headers: {}, text: JSON.stringify(answer) };
        });
        return { status, body: JSON.parse(text) as Record<string, unknown> };
      } catch (error) {
        if (error instanceof Refusal) return { refused: error.code };
        throw error;
      }
    };
    part.dies = dies;
    let reply: Reply;
    try {
      reply = await send();
    } catch (error) {
      if (!(error instanceof Death))
        throw new Breakdown(`${method} ${path}: ${(error as Error).message}`, { cause: error });
      reply = await send();
    }
    part.dies = false; // a refusal never came to its end
    if (twice && 'status' in reply) {
      const again = await send();
      if (JSON.stringify(again) !== JSON.stringify(reply))
        throw new Breakdown(`${method} ${path}: the same key was answered differently`);
    }
    if ('body' in reply) onAnswer?.(reply.body);
    await this.#collect();
    return reply;
  }

  /** The answer of a route that reads. */
  async read(by: Actor, path: Command['path']): Promise<Record<string, unknown>> {
    const [part, route] = this.#routeOf('get', path);
    const ask = requestOf(route, { by });
    const { body } = (await part.db.transaction(by, (tx) => route.inTransaction!(tx, ask))) as {
      body: unknown;
    };
    return body as Record<string, unknown>;
  }

  #routeOf(method: string, path: string) {
    for (const part of Object.values(this.environment.parts)) {
      const route = part.service.routes.find((one) => one.method === method && one.path === path);
      if (route?.inTransaction) return [part, route] as const;
    }
    throw new Error(`no route ${method} ${path}`);
  }

  /**
   * The next event of each of these lines, handled together in one transaction. False where a service died of
   * it: nothing happened, and they wait to be delivered again.
   */
  async deliver(
    to: ServiceName,
    lines: readonly { topic: string; about: string }[],
    { dies = false } = {},
  ): Promise<boolean> {
    const found = lines
      .flatMap(({ topic, about }) => this.#lines.get(`${to} ${topic} ${about}`) ?? [])
      .filter((line) => line.handled < line.messages.length);
    if (found.length === 0) return false;
    const part = this.environment.parts[to];
    part.dies = dies;
    const done = await this.#handle(
      part,
      found.map((line) => line.messages[line.handled]!),
    );
    if (done) for (const line of found) line.handled += 1;
    await this.#collect();
    return done;
  }

  async #handle(part: Part, messages: readonly Incoming[]): Promise<boolean> {
    const { service, db } = part;
    try {
      await handleMessages(
        {
          group: `accord.${service.name}`,
          database: db,
          subscriptions: service.subscriptions,
          lockRows: service.lockRows,
          log,
        },
        messages,
      );
      return true;
    } catch (error) {
      if (error instanceof Death) return false;
      throw error;
    } finally {
      part.dies = false;
    }
  }

  /**
   * The consumer begins this line once more from its beginning; with `forgotten`, after its inbox was cleared
   * of it (EVT-13).
   */
  async rewind(to: ServiceName, topic: string, about: string, { forgotten = false } = {}): Promise<void> {
    const line = this.#lines.get(`${to} ${topic} ${about}`);
    if (!line) return;
    if (forgotten) {
      const ids = line.messages.slice(0, line.handled).map(({ headers }) => headers['ce_id']);
      await this.environment.sql(
        `delete from ${this.environment.parts[to].service.schema}.inbox where event_id = any ($1::uuid[])`,
        [ids],
      );
    }
    line.handled = 0;
  }

  /**
   * A worker's look and what it finds due, one item after the other; answers how many it found. Dying, it
   * leaves the rest.
   */
  async work(name: WorkerName, { dies = false } = {}): Promise<number> {
    const part = this.environment.parts[ownerOf(name)];
    const worker = part.service.workers.find((one) => one.name === name)!;
    const due = await part.db.transaction({ kind: 'system', id: name }, (tx) => worker.due(tx, 100));
    const frozen =
      name === 'payout' ? await this.environment.sql<{ id: string }>(payableOfFrozen, [], 'frozen') : [];
    part.dies = dies;
    try {
      for (const item of due) {
        const id = newEventId();
        await withContext({ causationId: id, correlationId: id }, () => worker.run(part.db, item));
      }
    } catch (error) {
      if (!(error instanceof Death))
        throw new Breakdown(`worker ${name}: ${(error as Error).message}`, { cause: error });
    }
    part.dies = false;
    await this.#collect();
    this.paidOfFrozen.push(
      ...frozen.map(({ id }) => id).filter((id) => this.#status.get(id) === 'succeeded'),
    );
    return due.length;
  }

  /** In a transaction of a service, as work of its own that no route or worker of today reaches. */
  async inside(name: ServiceName, work: Parameters<Part['db']['transaction']>[1]): Promise<void> {
    await this.environment.parts[name].db.transaction(
      { kind: 'system', id: 'simulation', accountId: this.accountId },
      work,
    );
    await this.#collect();
  }

  wait(ms: number): void {
    this.environment.clock.offsetMs += ms;
  }

  /** Delivers all that waits, and what follows from it; answers how many events. */
  async catchUp(): Promise<number> {
    let delivered = 0;
    for (let before = -1; before < delivered;) {
      before = delivered;
      for (const to of Object.keys(this.environment.parts) as ServiceName[]) {
        const lines = this.pending(to);
        if (lines.length > 0) await this.deliver(to, lines);
        delivered += lines.length;
      }
    }
    return delivered;
  }

  /** Delivers everything and does everything due, until nothing moves any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < 60; round += 1) {
      let moved = await this.catchUp();
      const [{ workers: due, sealing } = { workers: [], sealing: false }] = await this.environment.sql<{
        workers: WorkerName[];
        sealing: boolean;
      }>(dueWork, [this.now()], 'due');
      for (const worker of due) moved += await this.work(worker);
      if (moved > 0) continue;
      if (!sealing) return;
      this.wait(61_000); // its worker died: another takes it once the lease is over
    }
    throw new Breakdown('it does not come to rest');
  }

  /** As the relay does: by seq, then gone from the outbox; into the line of every service that listens. */
  async #collect(): Promise<void> {
    for (const part of Object.values(this.environment.parts)) {
      if (!part.announced) continue;
      part.announced = false;
      const rows = await this.environment.sql<OutboxRow & { seq: string }>(
        `delete from ${part.service.schema}.outbox
          returning seq, topic, key, type, aggregate_type as aggregate, aggregate_id as id,
           aggregate_version as version, payload, headers, occurred_at as at`,
      );
      for (const row of rows.sort((a, b) => Number(a.seq) - Number(b.seq))) this.#publish(row);
    }
  }

  #publish({ topic, key, type, aggregate, id, version, payload, headers, at }: OutboxRow): void {
    const data = JSON.parse(payload) as Told['data'];
    this.log.push({ type, aggregate, id, version: Number(version), at, data });
    if (type === 'refund.succeeded')
      this.#nameAutomatic(data as { refund: { refundId: string; orderIds: string[] } });
    if (type === 'resource.changed')
      this.#endSooner((data as { resource: { instanceId: string; end: string | null } }).resource);
    const { status } = { ...(data['contract'] ?? data['refund'] ?? data['ticket'] ?? {}) } as {
      status?: string;
    };
    if (status) this.#status.set(id, status);
    for (const order of [data['order'] ?? [], data['orders'] ?? []].flat() as ShownOrder[]) {
      if (order.version > (this.#newest.get(order.orderId)?.version ?? 0))
        this.#newest.set(order.orderId, order);
    }
    this.#send({ topic, key, value: payload, headers: JSON.parse(headers) as Record<string, string> });
  }

  /** The platform hears that a renewal was given back (RFD-9). */
  #endSooner({ instanceId, end }: { instanceId: string; end: string | null }): void {
    const known = this.ends.get(instanceId);
    if (known && end && new Date(end) < known) this.ends.set(instanceId, new Date(end));
  }

  /** Sends a fact that the platform tells by topic (EVT-14). */
  tell(fact: Fact, at = this.now()): void {
    const id = newEventId();
    const subject = subjectOf(fact);
    const event = {
      ...fact,
      id,
      source: '/platform/bank',
      time: at,
      actor: 'platform:bank',
      causationId: id,
      correlationId: id,
      subject,
    } as Event;
    this.#send({
      topic: fact.type,
      key: subject.id,
      value: JSON.stringify(fact.data),
      headers: headersOf(event),
    });
  }

  /** Into the line of every service that listens. */
  #send(sent: Pick<Incoming, 'topic' | 'key' | 'value' | 'headers'>): void {
    const { topic, key } = sent;
    const about = this.nameOf(key);
    const message: Incoming = { ...sent, partition: 0, offset: String((this.#offsets += 1)) };
    for (const [to, { service }] of Object.entries(this.environment.parts) as [ServiceName, Part][]) {
      if (!(topic in service.subscriptions)) continue;
      const name = `${to} ${topic} ${about}`;
      const line = this.#lines.get(name) ?? { to, topic, about, messages: [], handled: 0 };
      this.#lines.set(name, line);
      line.messages.push(message);
    }
  }

  /** A refund that nobody asked for is named after the order whose fulfilment failed. */
  #nameAutomatic({ refund }: { refund: { refundId: string; orderIds: string[] } }): void {
    if (!this.#names.has(refund.refundId))
      this.call(`refund of ${refund.orderIds.map(this.nameOf).join(' ')}`, refund.refundId);
  }
}
