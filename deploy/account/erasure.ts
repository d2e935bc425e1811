import { setTimeout as sleep } from 'node:timers/promises';
import { newEventId } from '@accord/core/runtime';
import type { Data } from '@accord/events';
import type { ServiceName } from '@accord/events/services';
import { outbox } from '@accord/messaging';
import type { Connection } from '@accord/postgres';
import { inTransaction } from '@accord/postgres/command';
import { schemas } from '@accord/postgres/provision';
import { tablesOfAccounts } from './exporting.ts';
import { personalData, type Fate } from './personal-data.ts';

export interface Connections {
  /** Reads all four schemas. */
  readonly auditor: Connection;
  /** Of these two services, their operators' role, in its schema. */
  readonly contract: Connection;
  readonly notification: Connection;
  readonly publicUrl: string | undefined;
}

/**
 * The last version that an account can have. All that the platform tells later, or again, is older and changes
 * nothing: here, in a rebuilt view, and at every subscriber that keeps the newest (EVT-5).
 */
const lastVersion = Number.MAX_SAFE_INTEGER;

/** Each with the column `id`: what has to end before. */
const openProcesses: Readonly<Record<string, string>> = {
  'an order that is not paid': `select order_id as id from orders.orders where account_id = $1 and status = 'unpaid'`,
  'an order that is not fulfilled': `select order_id as id from orders.orders
    where account_id = $1 and status = 'paid' and fulfilment = 'creating'`,
  'an instance that lives': `select instance_id as id from orders.resources
    where account_id = $1 and not released and not archived and (ends_at is null or ends_at > now())`,
  'a claim that waits for its transfer': `select claim_id as id from orders.remittance_claims
    where account_id = $1 and status = 'waiting'`,
  'a contract that is neither signed nor ended': `select contract_id as id from contracts.contracts
    where account_id = $1 and status in ('requested', 'draft', 'sealing')`,
  'a ticket that is not decided': `select ticket_id as id from contracts.tickets
    where account_id = $1 and status = 'submitted'`,
  'a refund that has not ended': `select refund_id as id from refunds.refunds
    where account_id = $1 and status not in ('refused', 'rejected', 'withdrawn', 'succeeded')`,
};

/** Events of the account that an operator has to decide on first: nothing else deletes what they hold. */
const waitingEvents = Object.entries(schemas).flatMap(([service, schema]) =>
  Object.entries(personalData[service as ServiceName])
    .filter(([, { fate }]) => fate?.is === 'waits')
    .map(([table, { isOf }]) => `select event_id::text as id from ${schema}.${table} where ${isOf}`),
);

/** Up to so many of a kind are named. */
const namedAtMost = 5;

/** All that stands in the way, a line each. */
export async function obstaclesOf(
  { auditor }: Pick<Connections, 'auditor'>,
  accountId: string,
): Promise<string[]> {
  const kinds = { ...openProcesses, 'an event that waits for an operator': waitingEvents.join(' union ') };
  const found: string[] = [];
  for (const [kind, text] of Object.entries(kinds)) {
    const { rows } = await auditor.query<{ id: string }>(
      `select id from (${text}) open order by id limit ${namedAtMost}`,
      [accountId],
    );
    found.push(...rows.map(({ id }) => `${kind}: ${id}`));
  }
  return found;
}

/** In the place of a name. */
const noName = '—';

/** Contracts that ended without a signature: no law asks for the name in them. */
const unsigned = `select contract_id from contracts.contracts c
  where account_id = $1 and status in ('refused', 'voided') and finalized_at is null
    and not exists (select from contracts.contract_documents d where d.contract_id = c.contract_id)`;

/** By table, a row for each that is still to be erased; the services' own functions erase them. */
const toErase: Readonly<Record<string, string>> = {
  'contracts.accounts': missing('contracts.accounts'),
  'contracts.address_books': `select from contracts.address_books where account_id = $1 and entries <> '[]'`,
  'orders.account_view': missing('orders.account_view'),
  'notifications.contacts': missing('notifications.contacts'),
  'notifications.preferences': `select from notifications.preferences where account_id = $1`,
  'notifications.webhook_deliveries': `select from notifications.webhook_deliveries where account_id = $1`,
  'notifications.webhook_endpoints': `select from notifications.webhook_endpoints
    where account_id = $1 and (status <> 'deleted' or url <> '' or description is not null)`,
  'notifications.webhook_queue': `select from notifications.webhook_queue where account_id = $1`,
  'contracts.contracts': `select from contracts.contracts
    where contract_id in (${unsigned}) and party_a ->> 'name' <> '${noName}'`,
  'notifications.timeline_events': `select from notifications.timeline_events
    where account_id = $1 and (aggregate = 'account' and data -> 'account' ->> 'certifiedName' is not null
      or aggregate = 'contract' and aggregate_id in (${unsigned})
        and data -> 'contract' ->> 'partyA' <> '${noName}')`,
};

/** One row, where the table does not have the account at its last version. */
function missing(table: string): string {
  return `select where not exists (select from ${table} where account_id = $1 and version = ${lastVersion})`;
}

export interface Held {
  readonly table: string;
  readonly rows: number;
  /** Absent: nothing in it is personal, apart from the account's id. */
  readonly fate: Fate | undefined;
  readonly toErase: number;
}

/** Of each table that has rows of the account, or has to get one. */
export async function heldOf({ auditor }: Pick<Connections, 'auditor'>, accountId: string): Promise<Held[]> {
  const count = async (text: string) =>
    Number((await auditor.query<{ n: string }>(`select count(*) as n from ${text}`, [accountId])).rows[0]!.n);
  const held: Held[] = [];
  for (const { table, isOf, fate } of tablesOfAccounts()) {
    const rows = await count(`${table} where ${isOf}`);
    const text = toErase[table];
    held.push({ table, rows, fate, toErase: text ? await count(`(${text}) rest`) : 0 });
  }
  return held.some(({ rows }) => rows > 0) ? held.filter((one) => one.rows + one.toErase > 0) : [];
}

/**
 * May be done again, and while the services run. In one transaction the contract service forgets the account and
 * announces it, which empties the views of the others; in another the notification service forgets how it wanted to be
 * told, and the names in lines of its timeline.
 */
export async function erase(connections: Connections, accountId: string): Promise<void> {
  const { contract, notification } = connections;
  await inTransaction(contract, async () => {
    await forgetAccount(contract, accountId, connections.publicUrl);
    await contract.query(
      `update address_books set version = version + 1, entries = '[]', default_id = null, updated_at = now()
        where account_id = $1 and entries <> '[]'`,
      [accountId],
    );
    await contract.query('select erase_unsigned($1)', [accountId]);
  });
  const { rows } = await connections.auditor.query<{ contract_id: string }>(unsigned, [accountId]);
  const contractIds = rows.map(({ contract_id }) => contract_id);
  await inTransaction(notification, async () => {
    await notification.query('delete from preferences where account_id = $1', [accountId]);
    await eraseWebhooks(notification, accountId);
    await notification.query('select erase_names($1, $2)', [accountId, contractIds]);
  });
}

/** Nothing more is sent, not even a delivery that is under way again and again. */
async function eraseWebhooks(notification: Connection, accountId: string): Promise<void> {
  await notification.query(
    `update webhook_endpoints
        set status = 'deleted', url = '', description = null, previous_key = null, previous_generation = null,
          previous_until = null, version = version + 1, updated_at = now()
      where account_id = $1 and (status <> 'deleted' or url <> '' or description is not null)`,
    [accountId],
  );
  for (const table of ['webhook_arrivals', 'webhook_lanes', 'webhook_queue', 'webhook_deliveries'])
    await notification.query(`delete from ${table} where account_id = $1`, [accountId]);
}

/** Announced where it is news. */
async function forgetAccount(contract: Connection, accountId: string, publicUrl: string | undefined) {
  const account: Data<'account.updated'>['account'] = {
    accountId,
    version: lastVersion,
    certifiedName: null,
    certificate: null,
    invoiceTitle: null,
    partner: null,
    contacts: [],
    address: null,
  };
  const now = new Date();
  const { rows } = await contract.query(
    `insert into accounts (account_id, version, facts, updated_at) values ($1, $2, $3, $4)
       on conflict (account_id) do update
         set version = excluded.version, facts = excluded.facts, updated_at = excluded.updated_at
       where accounts.version < excluded.version
     returning account_id`,
    [accountId, lastVersion, JSON.stringify(account), now],
  );
  if (rows.length === 0) return;
  const correlationId = newEventId();
  const announced = outbox.announce(
    { type: 'account.updated', data: { account } },
    {
      now,
      actor: { kind: 'system', id: 'account' },
      cause: { causationId: correlationId, correlationId },
      source: '/services/contract',
      publicUrl,
    },
  );
  await outbox.store(contract, [announced]);
}

const followsWithinMs = 30_000;

/** Waits until the services have heard of it. @returns what is left to be erased; nothing, where all is done. */
export async function untilErased(connections: Connections, accountId: string): Promise<Held[]> {
  for (const deadline = performance.now() + followsWithinMs; ; await sleep(200)) {
    const left = (await heldOf(connections, accountId)).filter((one) => one.toErase > 0);
    if (left.length === 0 || performance.now() > deadline) return left;
  }
}
