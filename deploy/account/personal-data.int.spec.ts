import { eventTypes } from '@accord/events';
import { personalFields } from '@accord/events/access';
import { type ServiceName, serviceNames } from '@accord/events/services';
import type { Service } from '@accord/platform';
import { connect, type OwnConnection } from '@accord/postgres';
import { schemas } from '@accord/postgres/provision';
import { testDatabase, type TestDatabase } from '@accord/testing';
import { keptFields } from './kept-fields.ts';
import { personalData } from './personal-data.ts';

// The table of personal data against the tables and columns that a migrated database really has.

/** Columns that hold ids, kinds, states and amounts by their names, in any table. */
const plain =
  /^(.+_(ids?|code|hash|types?|kind|state|reference|entity)|kind|status|currency|fulfilment|sha256)$/;
/** The others that can hold words by their type and say nothing of a person, each looked at. */
const lookedAt = new Set(
  `balances.fund bills.facts bills.month contract_bills.snapshot contract_history.event
    contract_history.what contract_view.number contracts.amount contracts.language
    contracts.number contracts.refusals contracts.void_reason disowned_events.key
    disowned_events.of_account disowned_events.source disowned_events.type exports.format exports.last_key
    exports.locale inbox.source knex_migrations.name ledger_postings.ledger_account
    notification_attempts.outcome notifications.channel notifications.message_class notifications.reason
    notifications.sms
    offline_contracts.number
    order_history.change order_totals.grain orders.instances orders.paid_parts outbox.key outbox.topic
    outbox.type outbox_refused.key outbox_refused.reason outbox_refused.topic outbox_refused.type
    parked_events.key parked_events.source parked_events.topic parked_events.type payments.parts
    preferences.quiet_hours preferences.switched_off
    product_history.changed product_history.product product_names.search product_view.snapshot
    products.brand products.category products.form products.name products.plans products.prices
    products.snapshot products.terms_url quotes.instances rate_limits.key redrive_acts.act
    redrive_acts.source refunded_orders.exact refunds.changes refunds.failure refunds.lines refunds.refusals
    refunds.reserved_facts refunds.split remittance_claims.failure resource_view.snapshot
    resources.frozen_by resources.ip_address resources.plan resources.region resources.usage
    tickets.contract_number timeline_events.aggregate timeline_events.source timeline_events.type
    timeline_links.id timeline_links.source unapplied_payments.parts unapplied_payments.reason
    webhook_arrivals.aggregate
    webhook_arrivals.source webhook_deliveries.lane webhook_deliveries.reason webhook_deliveries.source
    webhook_deliveries.state
    webhook_endpoints.disabled_reason webhook_endpoints.event_types webhook_endpoints.previous_key
    webhook_endpoints.secret_key webhook_endpoints.service webhook_lanes.lane
    webhook_lanes.lease webhook_queue.lane
    webhook_queue.source`.split(/\s+/),
);

describe.each(serviceNames)('%s', (name) => {
  const held = personalData[name];
  let database: TestDatabase;
  let connection: OwnConnection;
  beforeAll(async () => {
    const migrations = new URL(`../../services/${name}/migrations/`, import.meta.url);
    const service = { name, schema: schemas[name], migrations } as Service;
    database = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
    connection = await connect(database.url);
  });
  afterAll(async () => {
    await connection?.end();
    await database?.drop();
  });

  const columnsOf = async () => {
    const { rows } = await connection.query<{ table: string; column: string; type: string }>(
      `select relname as table, attname as column, format_type(atttypid, null) as type
         from pg_class join pg_attribute on attrelid = pg_class.oid
        where relnamespace = $1::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
          and relname not like 'knex_migrations_%'`,
      [schemas[name]],
    );
    return Map.groupBy(rows, ({ table }) => table);
  };

  test('EVT-15 every table is classified, and nothing else is', async () => {
    expect([...(await columnsOf()).keys()].sort()).toEqual(Object.keys(held).sort());
  });

  test('EVT-15 every column that can hold words says whether they are personal', async () => {
    const words = /^(text|jsonb?|bytea|character varying)(\[\])?$/;
    const unsaid = [...(await columnsOf())].flatMap(([table, columns]) =>
      columns
        .filter(
          ({ type, column }) =>
            words.test(type) && !plain.test(column) && !lookedAt.has(`${table}.${column}`),
        )
        .map(({ column }) => column)
        .filter(
          (column) => !Object.keys(held[table]?.personal ?? {}).some((path) => path.split('.')[0] === column),
        )
        .map((column) => `${table}.${column}`),
    );
    expect(unsaid).toEqual([]);
  });

  test('EVT-15 what is personal is there, and has a fate', async () => {
    const columns = await columnsOf();
    for (const [table, { personal, fate }] of Object.entries(held)) {
      const named = columns.get(table)!.map(({ column }) => column);
      for (const path of Object.keys(personal ?? {})) expect(named).toContain(path.split('.')[0]);
      expect([table, fate !== undefined]).toEqual([table, personal !== undefined]);
    }
  });

  test('EVT-15 a table with an account in it has rows of accounts', async () => {
    for (const [table, columns] of await columnsOf()) {
      const hasAccount = columns.some(({ column }) => /^(account_id|of_account)$/.test(column));
      if (hasAccount) expect([table, held[table]!.isOf]).toEqual([table, expect.any(String)]);
    }
  });
});

test('EVT-15 every personal field of an event says where it is kept', () => {
  expect(eventTypes.length).toBeGreaterThan(0);
  expect(Object.keys(keptFields).sort()).toEqual([...personalFields].sort());
  for (const places of Object.values(keptFields))
    for (const place of places) {
      const [service, table] = place.split('.') as [ServiceName, string];
      expect([place, personalData[service][table]?.personal]).toEqual([place, expect.any(Object)]);
    }
});
