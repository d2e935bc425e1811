import pg from 'pg';

/** One thing that must hold once everything is quiet; its statement finds what breaks it, over the schemas of all four services. */
interface Invariant {
  readonly rule: string;
  readonly says: string;
  /** Columns `id` and `found`. */
  readonly sql: string;
}

export interface Breach {
  readonly rule: string;
  readonly says: string;
  readonly id: string;
  readonly found: string;
}

const liveContract = `status in ('requested', 'draft', 'sealing', 'official')`;
const holdingContract = `status in ('draft', 'sealing', 'official')`;
const runningRefund = `kind <> 'failed_fulfilment' and status in ('checking', 'reviewing', 'approved', 'paying', 'failed', 'unknown')`;

const inLiveContract = `(select order_id, contract_id from contracts.contracts, unnest(order_ids) as order_id where ${liveContract}) live`;
const inRunningRefund = `(select order_id, refund_id from refunds.refunds, unnest(order_ids) as order_id where ${runningRefund}) running`;

export const invariants: readonly Invariant[] = [
  {
    rule: 'EVT-30',
    says: 'an order is in at most one live contract',
    sql: `select order_id as id, string_agg(contract_id, ', ') as found from ${inLiveContract} group by order_id having count(*) > 1`,
  },
  {
    rule: 'EVT-30',
    says: 'an order is never at once in a live contract and a running refund',
    sql: `select order_id as id, contract_id || ' and ' || refund_id as found from ${inLiveContract} join ${inRunningRefund} using (order_id)`,
  },
  {
    rule: 'EVT-31',
    says: 'a cancelled or voided order is in no live contract',
    sql: `select order_id as id, o.status || ' in ' || contract_id as found from ${inLiveContract} join orders.orders o using (order_id)
      where o.status in ('cancelled', 'voided')`,
  },
  {
    rule: 'EVT-32',
    says: 'the holder of an order is live and lists it',
    sql: `select o.order_id as id, o.hold_kind || ' ' || o.hold_id as found from orders.orders o
      where o.hold_kind = 'contract' and not exists (
        select from contracts.contracts c where c.contract_id = o.hold_id and ${holdingContract} and o.order_id = any (c.order_ids))
      or o.hold_kind = 'refund' and not exists (
        select from refunds.refunds r where r.refund_id = o.hold_id and ${runningRefund} and o.order_id = any (r.order_ids))`,
  },
  {
    rule: 'EVT-32',
    says: 'a live holder holds every order it lists',
    sql: `select order_id as id, holder || ' lists it, held by ' || coalesce(o.hold_id, 'nobody') as found from (
        select order_id, contract_id as holder from contracts.contracts, unnest(order_ids) as order_id where ${holdingContract}
        union all select order_id, refund_id from refunds.refunds, unnest(order_ids) as order_id where ${runningRefund}) listed
      join orders.orders o using (order_id) where o.hold_id is distinct from holder`,
  },
  {
    rule: 'EVT-33',
    says: 'the postings of the ledger sum to zero',
    sql: `select transaction_id as id, currency || ' ' || sum(amount) as found from refunds.ledger_postings group by transaction_id, currency having sum(amount) <> 0`,
  },
  {
    rule: 'EVT-33',
    says: 'each succeeded refund is paid exactly once, in full',
    sql: `select r.refund_id as id, coalesce(sum(p.amount), 0) || ' posted of ' || r.amount as found from refunds.refunds r
        left join refunds.ledger_transactions t using (refund_id)
        left join refunds.ledger_postings p on p.transaction_id = t.transaction_id and p.balance_after is not null
          and p.ledger_account not like '%voucher%'
      where r.status = 'succeeded' group by r.refund_id having coalesce(sum(p.amount), 0) <> r.amount`,
  },
  {
    rule: 'EVT-33',
    says: 'no more is refunded than was paid',
    sql: `select order_id as id, refunded || ' of ' || o.cash_paid as found from refunds.refunded_orders r join orders.orders o using (order_id)
      where r.refunded > o.cash_paid or r.voucher_refunded > o.voucher_paid`,
  },
  {
    rule: 'EVT-36',
    says: 'the contract service sees every order as its owner does',
    sql: `select o.order_id as id, 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || o.version as found
      from orders.orders o left join contracts.order_view v using (order_id)
      where v.version is distinct from o.version or v.status <> o.status or v.hold_kind is distinct from o.hold_kind`,
  },
  {
    rule: 'EVT-36',
    says: 'the refund service sees every order as its owner does',
    sql: `select o.order_id as id, 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || o.version as found
      from orders.orders o left join refunds.order_view v using (order_id)
      where v.version is distinct from o.version or v.snapshot ->> 'status' <> o.status`,
  },
  {
    rule: 'EVT-36',
    says: 'the refund service sees every resource as its owner does',
    sql: `select r.instance_id as id, 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || r.version as found
      from orders.resources r left join refunds.resource_view v using (instance_id) where v.version is distinct from r.version`,
  },
  {
    rule: 'EVT-36',
    says: 'the refund service sees every contract as its owner does',
    sql: `select c.contract_id as id, 'version ' || coalesce(v.version::text, 'none') || ', the owner has ' || c.version as found
      from contracts.contracts c left join refunds.contract_view v using (contract_id)
      where v.version is distinct from c.version or v.status <> c.status and c.status <> 'sealing'`,
  },
  {
    rule: 'EVT-36',
    says: 'the timeline knows every contract and refund as its owner does',
    sql: `select id, 'version ' || coalesce(t.version::text, 'none') || ', the owner has ' || owned.version as found from (
        select 'contract' as aggregate, contract_id as id, version from contracts.contracts
        union all select 'refund', refund_id, version from refunds.refunds) owned
      left join (select aggregate, aggregate_id as id, max(aggregate_version) as version from notifications.timeline_events group by 1, 2) t
        using (aggregate, id) where t.version is distinct from owned.version`,
  },
];

/** Nothing is under way between the services: outboxes and parked events are empty, no saga waits for an answer. */
const underWay = `
  select (select count(*) from orders.outbox) + (select count(*) from contracts.outbox) + (select count(*) from refunds.outbox)
       + (select count(*) from notifications.outbox) + (select count(*) from contracts.contracts where status in ('requested', 'sealing'))
       + (select count(*) from refunds.refunds where status in ('requested', 'checking', 'approved', 'paying')) as moving`;

const parked = ['orders', 'contracts', 'refunds', 'notifications']
  .map((schema) => `select '${schema}' as id, type || ' ' || key || ': ' || coalesce(reason, '') as found from ${schema}.parked_events`)
  .join(' union all ');

/**
 * EVT-30 to EVT-33 and EVT-36 on the live databases of all services. Waits until nothing moves, then until the differences are gone or
 * `settleMs` have passed: an event on its way is no breach.
 */
export async function breaches(superuserUrl: string, { settleMs = 10_000 } = {}): Promise<Breach[]> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    const started = performance.now();
    for (;;) {
      const moving = Number((await client.query<{ moving: string }>(underWay)).rows[0]!.moving);
      const found = moving > 0 ? [] : await differences(client);
      const late = performance.now() - started > settleMs;
      if (moving === 0 && (found.length === 0 || late)) return found;
      if (late) return [{ rule: 'EVT-34', says: 'everything comes to rest', id: '-', found: `${moving} still under way` }, ...(await differences(client))];
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.end();
  }
}

async function differences(client: pg.Client): Promise<Breach[]> {
  const found: Breach[] = [];
  for (const { rule, says, sql } of [...invariants, { rule: 'EVT-9', says: 'no event waits for help', sql: parked }]) {
    const { rows } = await client.query<{ id: string; found: string }>(sql);
    found.push(...rows.map((row) => ({ rule, says, ...row })));
  }
  return found;
}
