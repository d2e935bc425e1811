import { createHash, randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Client } from '@accord/testing';
import type { MidwayName } from './die-at.ts';
import type { Environment } from './environment.ts';
import { machine, persist } from './load.ts';

// Work of the order service in several transactions: begun here, and looked at once all is at rest.

const exporter = 'acc_export';
const forgetful = 'acc_overdue';
export const ownersOfMasses: readonly string[] = [exporter, forgetful];

async function placeMany(orders: Client, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () => persist(orders, '/v1/orders', machine, randomUUID())),
  );
}

/** A job of several parts. */
export async function beginExport(environment: Environment): Promise<void> {
  const { orders } = environment.customer(exporter);
  await placeMany(orders, 45);
  const { reply } = await persist(orders, '/v1/exports', {}, randomUUID());
  if (reply.status >= 300) throw new Error(`the export was answered with ${reply.status}`);
}

/** More overdue orders than are cancelled together. */
export async function beginMassExpiry(environment: Environment): Promise<void> {
  await placeMany(environment.customer(forgetful).orders, 120);
  const client = new pg.Client({ connectionString: environment.databaseUrl });
  await client.connect();
  await client.query(
    `update orders.orders set pay_by = now() - interval '1 hour' where account_id = $1 and status = 'unpaid'`,
    [forgetful],
  );
  await client.end();
}

const committed = {
  'an export job': 'select from orders.export_parts where export_id = any ($1)',
  'a mass expiry': `select from orders.orders
      where account_id = '${forgetful}' and status = 'cancelled' and order_id <> all ($1)`,
} as const satisfies Record<MidwayName, string>;

/**
 * That a process was killed in the middle: a part of the mass was committed, and another was in its hands.
 *
 * @param inHand the ids of what it had begun: the export, or orders.
 * @throws Error where it was not.
 */
export async function expectMidway(
  { databaseUrl }: Environment,
  point: MidwayName,
  inHand: readonly string[],
): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rowCount: done } = await client.query(committed[point], [inHand]).finally(() => client.end());
  if (inHand.length === 0 || !done)
    throw new Error(`killed outside of ${point}: ${done} committed, ${inHand.length} in hand`);
}

/** ORD-8, ORD-19: each overdue order was cancelled once, and a file has each of its account's orders once. */
export async function halfDone(client: pg.Client): Promise<string[]> {
  const { rows: overdue } = await client.query<{ id: string; status: string; times: number }>(
    `select order_id as id, status, (select count(*)::int from orders.order_history h
        where h.order_id = o.order_id and h.change = 'cancelled') as times
       from orders.orders o where account_id = $1`,
    [forgetful],
  );
  const { rows: files } = await client.query<{
    id: string;
    status: string;
    sha256: string | null;
    file: Buffer | null;
    orderIds: string[];
  }>(
    `select export_id as id, status, sha256,
        (select string_agg(bytes, ''::bytea order by part) from orders.export_parts p
          where p.export_id = e.export_id) as file,
        (select array_agg(order_id order by order_id) from orders.orders o
          where o.account_id = e.account_id) as "orderIds"
       from orders.exports e`,
  );
  return [
    ...overdue
      .filter(({ status, times }) => status !== 'cancelled' || times !== 1)
      .map(({ id, status, times }) => `ORD-8 order ${id} is ${status}, cancelled ${times} times`),
    ...files.flatMap(({ id, status, sha256, file, orderIds }) => {
      if (status !== 'ready' || file === null) return [`ORD-19 export ${id} is ${status}`];
      const listed = file.toString().match(/\bord_[0-9a-f]{32}\b/g) ?? [];
      const isAsTold = createHash('sha256').update(file).digest('hex') === sha256;
      const isWhole = listed.sort().join() === orderIds.join();
      return isAsTold && isWhole ? [] : [`ORD-19 the file of export ${id} is not what it should be`];
    }),
  ];
}
