import pg from 'pg';
import { type ServiceName, serviceNames } from '@accord/events/services';
import type { Service } from '@accord/platform';
import { rolesOf, roleUrl, schemas } from '@accord/postgres/provision';
import { developmentPassword, testDatabase, type TestDatabase } from '@accord/testing';

// The rights of each role, as the catalogue of a migrated database has them. A right that is not listed here is
// one that was not decided on.

/** Rights on a table beyond reading: of both runtime roles, or of the service's own and of its operators'. */
type Rights = string | readonly [app: string, operator: string];
type Tables = Readonly<Record<string, Rights>>;

const [none, grows, view] = ['', 'insert', ['insert, update', ''] as const];

const ofEveryService: Tables = {
  begun_events: ['insert, update, delete', 'delete'],
  disowned_events: [none, grows],
  idempotency_keys: 'insert, update, delete',
  inbox: ['insert', 'insert, delete'],
  knex_migrations: none,
  outbox: ['insert', 'insert, delete'],
  outbox_refused: [none, 'insert, delete'],
  parked_events: ['insert, update, delete', 'update, delete'],
  rate_limits: ['insert, update, delete', none],
  redrive_acts: [none, grows],
  row_security_probe: none,
};

const ofService: Readonly<Record<ServiceName, Tables>> = {
  order: {
    account_view: view,
    export_parts: 'insert, delete',
    exports:
      'insert, update (version, status, rows_written, parts, bytes, last_key, writer_state, whole, sha256, ' +
      'worked_at, ready_at, expires_at)',
    holders: 'insert, update (answered_at, ended_at, succeeded)',
    order_deltas: ['insert', 'insert, delete'],
    order_facets: grows,
    order_history: grows,
    order_instances: 'insert, update (open)',
    order_totals: [none, 'insert, update, delete'],
    orders:
      'insert, update (version, cash_paid, voucher_paid, cash_returned, paid_parts, status, fulfilment, ' +
      'refund_state, hold_kind, hold_id, instance_ids, instances, refunded_instance_ids, refund_ids, ' +
      'period_start, period_end, invoiced, support_rights_used, pay_by, paid_at, cancelled_at, voided_at, ' +
      'expiring_announced)',
    payment_references: grows,
    payments: grows,
    product_history: [none, grows],
    product_names: grows,
    products: [none, 'insert, update'],
    remittance_claims: 'insert, update (status, failure, remittance_id, look_at, ended_at)',
    remittances: [none, 'insert'],
    resources: 'insert, update',
    unapplied_payments: grows,
  },
  contract: {
    accounts: 'insert, update',
    address_books: 'insert, update (version, entries, default_id, updated_at)',
    bills: 'insert, update',
    contract_bills: 'insert, update (snapshot)',
    contract_documents: grows,
    contract_downloads: 'insert, update (downloads, last_at)',
    contract_history: grows,
    contract_orders: 'insert, update (snapshot, released)',
    contract_products: grows,
    contracts:
      'insert, update (version, number, status, party_a, amount, refusals, void_reason, void_text, removed, ' +
      'drafted_at, finalized_at, voided_at, content, sealing_since, seal_attempts, seal_lease_until, reminded_at, ' +
      'stamp_missed_since)',
    live_bills: 'insert, delete',
    live_orders: 'insert, delete',
    offline_contracts: 'insert, update (released)',
    offline_files: 'insert, update (recorded), delete',
    order_view: view,
    paper_copies:
      'insert, update (status, printed_at, mailed_at, carrier, tracking_number, ended_at, return_text)',
    products: view,
    refund_view: view,
    tickets: 'insert, update (version, status, decision_text, closed_at)',
  },
  refund: {
    balances: 'insert, update (amount)',
    claimed_instances: 'insert, update (refunded_at), delete',
    contract_view: view,
    failed_fulfilments: grows,
    settled_downgrades: grows,
    ledger_postings: grows,
    ledger_transactions: grows,
    order_view: view,
    order_view_instances: [grows, none],
    product_view: view,
    quotes: ['insert, update (used)', 'insert, update (used), delete'],
    refund_orders: grows,
    refunded_orders:
      'insert, update (instances, consumed, fee, exact, refunded_cash, refunded_gift_credit, refunded_stored_card, ' +
      'refunded_voucher)',
    refunds:
      'insert, update (version, status, order_ids, amount, split, lines, review, reserved_facts, changes, refusals, ' +
      'new_quote_id, failure, ended_at)',
    resource_view: view,
  },
  notification: {
    contacts: view,
    notification_attempts: 'insert, update (ended_at, outcome)',
    notifications: ['insert, update, delete', 'update'],
    preferences: ['insert, update', 'delete'],
    sms_counts: ['insert, update', 'delete'],
    timeline_events: [grows, none],
    timeline_links: [grows, none],
    webhook_arrivals: ['insert', 'delete'],
    webhook_deliveries: 'insert, delete',
    webhook_endpoints: 'insert, update',
    webhook_lanes: 'insert, update, delete',
    webhook_queue: 'insert, update, delete',
  },
};

/** Rows that stay as they were written: histories, money that came and went, documents, what customers saw. */
const staying: Readonly<Record<ServiceName, readonly string[]>> = {
  order: ['order_history', 'product_history', 'payments', 'payment_references', 'unapplied_payments'],
  contract: ['contract_history', 'contract_documents'],
  refund: [
    'ledger_transactions',
    'ledger_postings',
    'refund_orders',
    'failed_fulfilments',
    'settled_downgrades',
  ],
  notification: ['timeline_events', 'timeline_links'],
};

/** Functions that operators alone may call: the part of `account erase` that no other right covers. */
const erasing: Readonly<Partial<Record<ServiceName, string>>> = {
  contract: 'erase_unsigned',
  notification: 'erase_names',
};

/** Of every role, on every table, in the order of the rights: `insert, update (a, b)`. */
const rightsText = `
  with tables as (
    select oid, relname, relacl from pg_class
     where relnamespace = $1::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')),
  granted as (
    select relname, grantee, privilege_type, null::text as attname, 0 as attnum from tables, aclexplode(relacl)
    union all
    select relname, grantee, privilege_type, attname::text, attnum
      from tables join pg_attribute on attrelid = tables.oid, aclexplode(attacl)),
  kinds as (
    select relname, grantee, lower(privilege_type) as kind, string_agg(attname, ', ' order by attnum) as columns
      from granted group by 1, 2, 3)
  select relname as "table", case grantee when 0 then 'public' else grantee::regrole::text end as role,
      string_agg(kind || coalesce(' (' || columns || ')', ''), ', '
        order by array_position(array['select', 'insert', 'update', 'delete'], kind), kind) as rights
    from kinds group by 1, 2`;

describe.each(serviceNames)('%s', (name) => {
  const schema = schemas[name];
  const { app, operator, owner } = rolesOf(name);
  let database: TestDatabase;
  let superuser: pg.Client;
  const open = async (connectionString: string) => {
    const client = new pg.Client({ connectionString, options: `-c search_path=${schema}` });
    await client.connect();
    return client;
  };
  beforeAll(async () => {
    const migrations = new URL(`../../services/${name}/migrations/`, import.meta.url);
    const service = { name, schema, migrations } as Service;
    database = await testDatabase(process.env['ACCORD_POSTGRES_URL']!, service);
    superuser = await open(database.url);
  });
  afterAll(async () => {
    await superuser?.end();
    await database?.drop();
  });
  const ask = async <Row extends pg.QueryResultRow>(text: string) =>
    (await superuser.query<Row>(text, [schema])).rows;

  test('API-5 each role has on each table the rights that were decided on, and no more', async () => {
    const rows = await ask<{ table: string; role: string; rights: string }>(rightsText);
    const actual = new Map(rows.map(({ table, role, rights }) => [`${table} ${role}`, rights]));
    const decided = Object.entries({ ...ofEveryService, ...ofService[name] }).flatMap(([table, rights]) => {
      const [mine, theirs] = typeof rights === 'string' ? [rights, rights] : rights;
      const reads = (more: string) => ['select', more].filter(Boolean).join(', ');
      // The service's own role does not see what is under way, and nothing of what operators decide.
      const blind = /^(outbox|redrive|disowned)/.test(table);
      return [
        [`${table} ${app}`, blind ? mine : reads(mine)],
        [`${table} ${operator}`, reads(theirs)],
        [`${table} accord_auditor`, 'select'],
      ] as const;
    });
    const ofOthers = [...actual].filter(([key]) => !key.endsWith(` ${owner}`));
    expect(Object.fromEntries(ofOthers)).toEqual(Object.fromEntries(decided.filter(([, rights]) => rights)));
  });

  test.each([app, operator])(
    'API-5 what was written stays, also where %s is asked to change it',
    async (role) => {
      const client = await open(roleUrl(database.url, role, developmentPassword(role)));
      try {
        for (const table of [
          ...staying[name],
          'disowned_events',
          'redrive_acts',
          'row_security_probe',
          ...(role === app ? ['inbox'] : []),
        ]) {
          const [column] = await superuser
            .query<{ name: string }>(
              `select attname as name from pg_attribute
            where attrelid = $1::regclass and attnum > 0 and attidentity = '' order by attnum limit 1`,
              [table],
            )
            .then(({ rows }) => rows);
          for (const change of [
            `update ${table} set ${column!.name} = ${column!.name}`,
            `delete from ${table}`,
            `truncate ${table}`,
            `alter table ${table} disable row level security`,
          ])
            await expect(client.query(change)).rejects.toMatchObject({ code: '42501' });
        }
      } finally {
        await client.end();
      }
    },
  );

  test('API-5 every table has row security, forced, but for those that belong to no account', async () => {
    const open = await ask<{ table: string }>(
      `select relname as table from pg_class
        where relnamespace = $1::regnamespace and relkind in ('r', 'p') and not (relrowsecurity and relforcerowsecurity)
        order by 1`,
    );
    const shared = {
      order: ['product_names', 'products'],
      contract: ['products'],
      refund: ['product_view'],
      notification: ['sms_counts'],
    }[name];
    expect(
      open
        .map(({ table }) => table)
        .filter((table) => !table.startsWith('knex_'))
        .sort(),
    ).toEqual(['disowned_events', 'inbox', 'outbox', 'outbox_refused', 'redrive_acts', ...shared].sort());
  });

  test('API-5 a function that runs as the owner is for the runtime roles alone, and reads its own schema', async () => {
    const functions = await ask<{ name: string; callers: string; path: string }>(
      `select proname as name, array_to_string(proconfig, ' ') as path,
          (select string_agg(case grantee when 0 then 'public' else grantee::regrole::text end, ' ' order by 1)
             from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee <> proowner) as callers
         from pg_proc
        where pronamespace = $1::regnamespace and prosecdef and prorettype <> 'trigger'::regtype`,
    );
    const callers = (one: string) => (one === erasing[name] ? [operator] : [app, operator].sort()).join(' ');
    expect(functions.filter((one) => one.callers !== callers(one.name))).toEqual([]);
    expect(functions.map((one) => one.name).filter((one) => one.startsWith('erase'))).toEqual(
      [erasing[name] ?? []].flat(),
    );
    expect(functions.filter(({ path }) => !path.includes(`search_path=${schema},pg_temp`))).toEqual([]);
  });
});
