import { checks } from '@accord/audit';
import { equal, money } from '@accord/money';
import { operator } from './steps.ts';
import type { Told, SystemModel } from './system-model.ts';

export interface Breach {
  readonly rule: string;
  readonly says: string;
  /** In the names of the script. */
  readonly found: string;
}

interface Statement {
  readonly rule: string;
  readonly says: string;
  /** Columns `id` and `found`. */
  readonly sql: string;
}

/** Of each change of plan, the rests that it is priced by. */
const rests = `(select order_id, order_type, rest
  from orders.orders, jsonb_array_elements(terms #> '{planChange,rest}') rest) rests`;

/** Statements by the rules of these flows, beyond what the auditor looks for. */
const own: readonly Statement[] = [
  {
    rule: 'ORD-14',
    says: 'an order that was refunded in full, or died, is in no state between',
    sql: `select order_id as id, status || ' ' || refund_state || ' ' || fulfilment as found from orders.orders
      where refund_state = 'full' and status <> 'voided' or refund_state = 'in_progress'
      and hold_kind is distinct from 'refund'
         or fulfilment = 'failed' and status <> 'voided'
         or fulfilment = 'failed' and refund_state <> 'full' and cash_paid + voucher_paid > 0`,
  },
  {
    rule: 'CTR-4',
    says: 'kind and invoicing entity of a drafted contract are those of its orders as reserved',
    sql: `select contract_id as id,
      order_id || ' was ' || (o.snapshot ->> 'status') || ' in a contract of kind ' || kind as found
      from contracts.contracts join contracts.contract_orders o using (contract_id)
      where drafted_at is not null
        and ((o.snapshot ->> 'status' = 'unpaid') <> (kind = 'payment_request')
        or o.snapshot ->> 'invoicingEntity' <> invoicing_entity)`,
  },
  {
    rule: 'CTR-4',
    says: 'the amount of a drafted contract is the cash payable of its orders, less what came back of them by then',
    sql: `select contract_id as id, (c.amount ->> 'amount') || ' for ' || sum(cash - came_back) as found
      from contracts.contracts c join (
        select contract_id, (snapshot -> 'payableAmount' ->> 'amount')::numeric
          - (snapshot -> 'voucherPaid' ->> 'amount')::numeric as cash,
          coalesce((snapshot -> 'cashReturned' ->> 'amount')::numeric, 0) as came_back, cash_returned
          from contracts.contract_orders join orders.orders using (order_id)) listed using (contract_id)
      where drafted_at is not null group by contract_id
      -- At its reservation, and by now.
      having (c.amount ->> 'amount')::numeric not between sum(cash - cash_returned) and sum(cash - came_back)`,
  },
  {
    rule: 'CTR-27',
    says: 'no application is refused for a contract that had ended before (ORD-13)',
    sql: `select b.contract_id as id, 'refused for ' || a.contract_id as found
      from contracts.contracts b, jsonb_array_elements(b.refusals) refusal
      join contracts.contracts a on a.contract_id = refusal ->> 'contractId'
      where exists (select from contracts.contract_history h where h.contract_id = a.contract_id
      and h.status in ('voided', 'refused') and h.at < b.created_at)`,
  },
  {
    rule: 'ORD-26',
    says: 'an order is fulfilled by as many instances as were ordered, and says for each what it pays for',
    sql: `select order_id as id, fulfilment || ' with ' || given as found
      from orders.orders, lateral (select count(*) as given, min((i ->> 'start')::timestamptz) as first,
        max((i ->> 'end')::timestamptz) as last from jsonb_array_elements(instances) i) told
      where given > (terms ->> 'count')::int
        or fulfilment = 'created' and (given <> (terms ->> 'count')::int
          or first is distinct from period_start or last is distinct from period_end)`,
  },
  {
    rule: 'ORD-26',
    says: 'an instance has the plan and, until it is reported, the end of the orders that took effect and stayed',
    sql: `select instance_id as id, coalesce(r.plan, 'none') || ' until ' || ends_at as found
      from orders.resources r, lateral (select (array_agg(terms #>> '{plan,code}' order by created_at desc))[1] as plan,
        max((i ->> 'end')::timestamptz) as last from orders.orders o, jsonb_array_elements(instances) i
        where i ->> 'instanceId' = r.instance_id and fulfilment = 'created'
          and not exists (select from refunds.refunds alone, jsonb_array_elements(lines) line
            where kind = 'renewal_only' and alone.status = 'succeeded' and line ->> 'orderId' = o.order_id
              and line ->> 'instanceId' = r.instance_id)) given
      where given.last is not null
        and (r.plan is distinct from given.plan or report_version = 0 and ends_at is distinct from given.last)`,
  },
  {
    rule: 'ORD-26',
    says: 'a later end of an instance is that of the order which pays for its last time',
    sql: `select instance_id as id, ends_at || ' after ' || paid.last as found
      from orders.resources r, lateral (
        select max("end") as last, (array_agg(start order by "end" desc, start))[1] as since
          from orders.orders o,
            jsonb_to_recordset(instances) as i ("instanceId" text, start timestamptz, "end" timestamptz)
          where i."instanceId" = r.instance_id and status = 'paid'
            and not r.instance_id = any (refunded_instance_ids)) paid
      where not released and report_version > 0 and ends_at > paid.last
        -- More would be another month, which nobody has paid for.
        and ends_at < paid.since + interval '55 days'
        and not exists (select from orders.order_instances i where i.instance_id = r.instance_id and open)`,
  },
  {
    rule: 'ORD-11',
    says: 'no order is open on an instance that was released',
    sql: `select instance_id as id, order_id || ' is open' as found
      from orders.resources r join orders.order_instances i using (instance_id) join orders.orders o using (order_id)
      where r.released and i.open and o.order_type <> 'purchase'`,
  },
  {
    rule: 'ORD-24',
    says: 'a change of plan names each rest once, within what its instance is paid for',
    sql: `select order_id as id, concat_ws(' ', times, 'times', rest ->> 'remaining', 'of', rest ->> 'total', 'of',
        rest ->> 'orderId') as found
      from (select order_id, rest, count(*) over (partition by order_id, rest ->> 'instanceId', rest ->> 'orderId')
          as times from ${rests}) named
      where times > 1 or (rest ->> 'remaining')::int not between 1 and (rest ->> 'total')::int`,
  },
  {
    rule: 'ORD-24',
    says: 'an upgrade costs the difference of its rests, rounded once, and a downgrade nothing',
    sql: `select order_id as id, payable_amount || ' for ' || coalesce(costs, 0) as found
      from (select order_id, order_type, round(sum((rest ->> 'remaining')::numeric / (rest ->> 'total')::numeric
          * ((rest ->> 'priceAfter')::numeric - (rest ->> 'priceBefore')::numeric)), 2) as costs
        from ${rests} group by 1, 2) priced
      join orders.orders using (order_id)
      where payable_amount <> case priced.order_type when 'upgrade' then costs else 0 end`,
  },
  {
    rule: 'ORD-24',
    says: 'the difference of a downgrade has come back: all of it but for vouchers and periods that were corrected',
    sql: `select order_id as id, coalesce(amount, 0) || ' of ' || round(dearer, 2) as found
      from (select rests.order_id, sum((rest ->> 'remaining')::numeric / (rest ->> 'total')::numeric
          * ((rest ->> 'priceBefore')::numeric - (rest ->> 'priceAfter')::numeric)) as dearer
        from ${rests} join orders.orders b on b.order_id = rest ->> 'orderId'
        where rests.order_type = 'downgrade' and b.terms ->> 'planChange' is null group by 1) downgrade
      join orders.orders using (order_id)
      left join refunds.refunds on kind = 'downgrade_difference' and order_ids[1] = order_id
      where fulfilment = 'created' and coalesce(amount, 0) not between dearer / 2 - 0.01 and dearer + 0.01`,
  },
  {
    rule: 'RFD-20',
    says: 'no more came back of an instance than was paid for it, to the minor unit of each line',
    sql: `select instance_id as id, back || ' of ' || round(paid, 2) as found
      from (select line ->> 'instanceId' as instance_id, sum((line #>> '{refund,amount}')::numeric) as back,
          count(*) as lines from refunds.refunds, jsonb_array_elements(lines) line
        where status = 'succeeded' and line ->> 'instanceId' is not null group by 1) given,
      lateral (select sum(cash_paid / (terms ->> 'count')::int) as paid
        from orders.order_instances i join orders.orders using (order_id)
        where i.instance_id = given.instance_id) spent
      where back > coalesce(paid, 0) + lines * 0.01`,
  },
  {
    rule: 'RFD-9',
    says: 'no renewal comes back alone of an instance that was scaled after it',
    sql: `select line ->> 'orderId' as id, scaling.order_type || ' ' || scaling.order_id as found
      from refunds.refunds r, jsonb_array_elements(r.lines) line
      join orders.orders renewal on renewal.order_id = line ->> 'orderId'
      join orders.order_instances i on i.instance_id = line ->> 'instanceId'
      join orders.orders scaling on scaling.order_id = i.order_id
      where r.kind = 'renewal_only' and r.status = 'succeeded' and scaling.order_type in ('upgrade', 'downgrade')
        and scaling.fulfilment = 'created' and scaling.paid_at > renewal.paid_at
        and scaling.created_at < r.created_at`,
  },
  {
    rule: 'ORD-21',
    says: 'no claim waits for a transfer that is there and fits',
    sql: `select c.claim_id as id, 'waits beside ' || r.remittance_id as found
      from orders.remittance_claims c join orders.remittances r using (bank_reference, amount, currency)
      where c.status = 'waiting' and r.claim_id is null
        and payer_key = (select upper(facts ->> 'certifiedName') from orders.account_view a
          where a.account_id = c.account_id)`,
  },
  {
    rule: 'ORD-21',
    says: 'a claim that failed says why, and its orders could not be paid',
    sql: `select claim_id as id, coalesce(failure, 'no reason') as found from orders.remittance_claims c
      where (status = 'failed') <> (failure is not null) or status = 'failed'
        and not exists (select from orders.orders o where o.order_id = any (c.order_ids) and o.status <> 'unpaid')`,
  },
  {
    rule: 'ORD-19',
    says: 'a file that is ready has the hash that was told, and a row for each order that was counted',
    sql: `select export_id as id, rows_written || ' rows, hash ' || sha256 as found
      from orders.exports join lateral (select string_agg(bytes, ''::bytea order by part) as file
        from orders.export_parts p where p.export_id = exports.export_id) written on true
      where status = 'ready' and (sha256 <> encode(sha256(file), 'hex')
        or rows_written <> regexp_count(convert_from(file, 'UTF8'), E'\r\n') - 1)`,
  },
  {
    rule: 'RFD-13',
    says: 'a refund that was refused says why, and one that was paid had nothing against it that was known',
    sql: `select refund_id as id, status || ' with ' || jsonb_array_length(refusals) || ' reasons' as found
      from refunds.refunds where (status = 'refused') <> (jsonb_array_length(refusals) > 0)
        and not (status in ('failed', 'withdrawn') and failure = 'refund.not_refundable')`,
  },
  {
    rule: 'RFD-14',
    says: 'each failed fulfilment is refunded once, with all that was paid',
    sql: `select o.order_id as id, count(r.refund_id) || ' refunds' as found
      from orders.orders o left join refunds.refunds r on r.kind = 'failed_fulfilment'
      and r.order_ids = array[o.order_id] and r.amount = o.cash_paid
      where o.fulfilment = 'failed' group by o.order_id
      having count(r.refund_id) <> case when o.cash_paid + o.voucher_paid > 0 then 1 else 0 end`,
  },
];

const statements: readonly Statement[] = [...checks, ...own];
const beyondStatements = [
  'CTR-35',
  'EVT-5',
  'EVT-34',
  'EVT-35',
  'EVT-36',
  'ORD-5',
  'ORD-11',
  'ORD-12',
  'ORD-21',
  'RFD-13',
] as const;
/** All that a run is looked at for. */
export const rules: readonly string[] = [
  ...new Set([...statements.map(({ rule }) => rule), ...beyondStatements]),
];
const everything = statements
  .map(({ sql }, i) => `select ${i} as nth, id::text, found::text from (${sql}) found_${i}`)
  .join(' union all ');

/** Each owner's aggregates and their versions. */
const owned = `
  select 'order' as aggregate, order_id as id, version from orders.orders
  union all select 'resource', instance_id, version from orders.resources
  union all select 'contract', contract_id, version from contracts.contracts
  union all select 'ticket', ticket_id, version from contracts.tickets
  union all select 'refund', refund_id, version from refunds.refunds`;

const views = `
  select 'contract' as at, 'order' as aggregate, order_id as id, snapshot from contracts.order_view
  union all select 'refund', 'order', order_id, snapshot from refunds.order_view
  union all select 'refund', 'resource', instance_id, snapshot from refunds.resource_view`;

const effects = `
  select 'order' as what, order_id as id from orders.orders union all select status || ' order', order_id
  from orders.orders
  union all select fulfilment || ' order', order_id from orders.orders
  union all select 'payment', payment_reference from orders.payments
  union all select 'contract', contract_id from contracts.contracts
  union all select status || ' contract', contract_id from contracts.contracts
  union all select 'ticket', ticket_id from contracts.tickets
  union all select status || ' ticket', ticket_id from contracts.tickets
  union all select 'bill', bill_id from contracts.bills
  union all select 'export', export_id from orders.exports
  union all select 'refund', refund_id from refunds.refunds
    where kind not in ('failed_fulfilment', 'downgrade_difference')
  union all select status || ' refund', refund_id from refunds.refunds`;

/** Of what an event says, every aggregate that it shows whole: `order`, `orders`, `contract` … */
function snapshotsOf({ data }: Told): { aggregate: string; id: string; snapshot: Record<string, unknown> }[] {
  const ids = {
    order: 'orderId',
    resource: 'instanceId',
    contract: 'contractId',
    refund: 'refundId',
    ticket: 'ticketId',
  } as const;
  return Object.entries(ids).flatMap(([aggregate, id]) =>
    [data[aggregate] ?? [], data[`${aggregate}s`] ?? []].flat().map((each) => {
      const snapshot = each as Record<string, unknown>;
      return { aggregate, id: snapshot[id] as string, snapshot };
    }),
  );
}

/** EVT-30 to EVT-36, once everything is at rest. */
export async function breachesOf(model: SystemModel): Promise<Breach[]> {
  const { sql } = model.environment;
  const found: Breach[] = [];
  const breach = (rule: string, says: string, what: string) =>
    found.push({ rule, says, found: model.inNames(what) });
  for (const { nth, id, found: what } of await sql<{ nth: number; id: string; found: string }>(
    everything,
    [],
    'everything',
  )) {
    breach(statements[nth]!.rule, statements[nth]!.says, `${id}: ${what}`);
  }
  const told = toldVersions(model, breach);
  for (const { aggregate, id, version } of await sql<{ aggregate: string; id: string; version: number }>(
    owned,
    [],
    'owned',
  )) {
    const versions = told.get(`${aggregate} ${id}`) ?? new Map<number, unknown>();
    const missing = Array.from({ length: version }, (_, i) => i + 1).filter((each) => !versions.has(each));
    const beyond = [...versions.keys()].filter((each) => each > version);
    if (missing.length > 0)
      breach(
        'EVT-34',
        'every version of an aggregate was told',
        `${id}: ${aggregate} lacks ${missing.join(', ')} of ${version}`,
      );
    if (beyond.length > 0)
      breach(
        'EVT-34',
        'no version was told that the owner does not have',
        `${id}: ${aggregate} at ${version}, told ${beyond.join(', ')}`,
      );
  }
  for (const { at, aggregate, id, snapshot } of await sql<{
    at: string;
    aggregate: string;
    id: string;
    snapshot: { version: number };
  }>(views, [], 'views')) {
    const last = told.get(`${aggregate} ${id}`)?.get(snapshot.version);
    if (last !== canonical(snapshot))
      breach(
        'EVT-36',
        `the ${at} service keeps each ${aggregate} as it was told`,
        `${id}: version ${snapshot.version}`,
      );
  }
  await checkEffects(model, breach);
  await checkMoney(model, breach);
  await checkReports(model, breach);
  await checkDifferences(model, breach);
  await checkBills(model, breach);
  checkReservations(model, breach);
  for (const id of model.paidOfFrozen)
    breach('RFD-13', 'no refund is paid of an instance that is known to be frozen', id);
  return found;
}

type Tell = (rule: (typeof beyondStatements)[number], says: string, what: string) => void;

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** By aggregate and version, what the topics say of it. */
function toldVersions(model: SystemModel, breach: Tell): Map<string, Map<number, string>> {
  const told = new Map<string, Map<number, string>>();
  for (const event of model.log) {
    for (const { aggregate, id, snapshot } of snapshotsOf(event)) {
      const versions = told.get(`${aggregate} ${id}`) ?? new Map<number, string>();
      told.set(`${aggregate} ${id}`, versions);
      const { version } = snapshot as { version: number };
      const said = canonical(snapshot);
      if ((versions.get(version) ?? said) !== said)
        breach(
          'EVT-5',
          'a version says one thing, in whichever event',
          `${id}: ${aggregate} version ${version} in ${event.type}`,
        );
      versions.set(version, said);
    }
  }
  return told;
}

/** EVT-35: what was accepted is there, and nothing that was not. */
async function checkEffects(model: SystemModel, breach: Tell): Promise<void> {
  const found = await model.environment.sql<{ what: string; id: string }>(effects, [], 'effects');
  const there = new Set(found.map(({ what, id }) => `${what} ${id}`));
  for (const { what, id } of model.accepted) {
    if (!there.has(`${what} ${id}`))
      breach('EVT-35', 'every accepted command is visible afterwards', `${id}: no ${what}`);
  }
  const accepted = new Set(model.accepted.map(({ what, id }) => `${what} ${id}`));
  for (const { what, id } of found) {
    if (['order', 'contract', 'bill', 'refund', 'export'].includes(what) && !accepted.has(`${what} ${id}`))
      breach('EVT-35', 'one effect for each accepted command', `${id}: a ${what} nobody was told of`);
  }
}

const uses = `
  select payment_reference as reference, order_id as "orderId",
  (select coalesce(sum((part.value ->> 'amount')::numeric), 0) from jsonb_each(parts) part)::text as amount
    from orders.payments
  union all select payment_reference, order_id, (select coalesce(sum(amount), 0)
  from refunds.ledger_postings p where p.transaction_id = t.transaction_id and balance_after is not null)::text
    from refunds.ledger_transactions t where payment_reference is not null`;

const isOfTransfer = (reference: string): boolean => /^rem_[0-9a-f]{32}:/.test(reference);

/** ORD-5: money pays its order or is credited to the account, once; money nobody sent does neither. */
async function checkMoney(model: SystemModel, breach: Tell): Promise<void> {
  const found = await model.environment.sql<{ reference: string; orderId: string; amount: string }>(
    uses,
    [],
    'uses',
  );
  for (const [reference, { order, amount }] of model.received) {
    const its = found.filter((use) => use.reference === reference);
    const right =
      its.length === 1 && its[0]!.orderId === order && equal(money(its[0]!.amount, amount.currency), amount);
    if (!right)
      breach(
        'ORD-5',
        'money that arrives pays its order or is credited, once',
        `${reference} for ${order}: ${JSON.stringify(its)} of ${amount.amount}`,
      );
  }
  const accepted = new Set(model.accepted.filter(({ what }) => what === 'payment').map(({ id }) => id));
  for (const { reference, orderId } of found) {
    if (isOfTransfer(reference)) continue; // the auditor compares them with the transfers
    if (!model.received.has(reference) && !accepted.has(reference))
      breach('EVT-35', 'one effect for each accepted command', `${orderId}: money ${reference} from nobody`);
  }
}

/** ORD-11: whatever comes late, an instance is as its newest report says. */
async function checkReports(model: SystemModel, breach: Tell): Promise<void> {
  if (model.reported.size === 0) return;
  const found = await model.environment.sql<{ id: string; version: string; frozenBy: string | null }>(
    'select instance_id as id, report_version as version, frozen_by as "frozenBy" from orders.resources',
  );
  for (const { id, version, frozenBy } of found) {
    const newest = model.reported.get(id);
    if (newest && (Number(version) !== newest.reportVersion || frozenBy !== newest.frozenBy))
      breach(
        'ORD-11',
        'an instance is as its newest report says',
        `${id}: report ${version}, frozen by ${frozenBy}; the newest is ${JSON.stringify(newest)}`,
      );
  }
}

interface NamedClaim {
  readonly claimId: string;
  readonly status: string;
  readonly differs: readonly string[];
}

/** ORD-21: operators are told of each claim what keeps it from its transfer; from the one it has paid with, nothing. */
async function checkDifferences(model: SystemModel, breach: Tell): Promise<void> {
  if (model.transfers.length === 0) return;
  const { data } = await model.read(operator, '/v1/remittances');
  for (const { claimId, status, differs } of (data as { claims: NamedClaim[] }[]).flatMap(
    ({ claims }) => claims,
  )) {
    const isWrong =
      (status === 'paid' && differs.length > 0) || (status === 'waiting' && differs.length === 0);
    if (isWrong)
      breach(
        'ORD-21',
        'what keeps a claim from its transfer is named',
        `${claimId}: ${status}, differs in ${differs.join(', ') || 'nothing'}`,
      );
  }
}

/** CTR-35: whatever comes late, a bill is as it was told last. */
async function checkBills(model: SystemModel, breach: Tell): Promise<void> {
  if (model.bills.size === 0) return;
  const found = await model.environment.sql<{ id: string; version: string; status: string }>(
    'select bill_id as id, version, status from contracts.bills',
  );
  for (const { id, version, status } of found) {
    const told = model.bills.get(model.nameOf(id));
    if (told && (Number(version) !== told.version || status !== told.status))
      breach('CTR-35', 'a bill is as it was told last', `${id}: version ${version}, ${status}`);
  }
}

/** ORD-12: an order past its payBy is expired on the spot instead of reserved. */
function checkReservations(model: SystemModel, breach: Tell): void {
  for (const { type, at, data } of model.log) {
    if (type !== 'order.reserved') continue;
    for (const order of data['orders'] as { orderId: string; status: string; payBy: string | null }[]) {
      if (order.status === 'unpaid' && order.payBy && new Date(order.payBy) <= at)
        breach('ORD-12', 'no order is reserved past its payBy', `${order.orderId}: payBy ${order.payBy}`);
    }
  }
}
