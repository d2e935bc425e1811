import type { Check } from './check.ts';

const funds = ['cash', 'gift_credit', 'stored_card', 'voucher'] as const;
const inJson = {
  cash: 'cash',
  gift_credit: 'giftCredit',
  stored_card: 'storedCard',
  voucher: 'voucher',
} as const;

/** The parts of a split, a row for each fund. */
const partsOf = (split: string) =>
  `lateral (values ${funds
    .map((fund) => `('${fund}', (${split} -> '${inJson[fund]}' ->> 'amount')::numeric)`)
    .join(', ')}) parts (fund, part)`;

/** Given back of each order and fund, as the refunds that succeeded say. */
const givenBack = `(
  select line ->> 'orderId' as order_id, fund, sum(part) as amount
  from refunds.refunds, jsonb_array_elements(lines) line, ${partsOf(`(line -> 'split')`)}
  where status = 'succeeded' group by 1, 2) given`;

/** Paid and given back of each order and fund, as the order remembers. */
const remembered = `(
  select order_id, fund, paid, refunded from refunds.refunded_orders, lateral (values ${funds
    .map((fund) => `('${fund}', paid_${fund}, refunded_${fund})`)
    .join(', ')}) parts (fund, paid, refunded)) remembered`;

const posted = `(
  select t.refund_id, substr(p.ledger_account, 10) as fund, sum(p.amount) as amount
  from refunds.ledger_transactions t join refunds.ledger_postings p using (transaction_id)
  where t.refund_id is not null and p.ledger_account like 'customer:%' group by 1, 2) posted`;

/** In money, without vouchers; the smallest unit of the currency is that of an amount's last digit. */
const sums = `(
  select order_id, refunded_cash + refunded_gift_credit + refunded_stored_card as refunded,
    paid_cash + paid_gift_credit + paid_stored_card as paid, power(10::numeric, -scale(paid_cash)) as unit,
    split_part(exact ->> 'refund', '/', 1)::numeric as exact,
    coalesce(nullif(split_part(exact ->> 'refund', '/', 2), ''), '1')::numeric as of
  from refunds.refunded_orders) sums`;

const amountOf = (name: string) => `(line -> '${name}' ->> 'amount')::numeric`;
const fundOf = (name: string) => `(line -> 'split' -> '${name}' ->> 'amount')::numeric`;

/** Refunds by each fund and each line: what was said, what the order remembers, what was paid. */
export const refundSumChecks: readonly Check[] = [
  {
    rule: 'EVT-33',
    says: 'each succeeded refund is paid exactly once, each part to its fund',
    mends: 'refund',
    sql: `select refund_id as id, fund || ': ' || coalesce(posted.amount, 0) || ' posted, of '
        || coalesce(said.amount, 0) as found, fund as mark
      from (select refund_id, fund, part as amount from refunds.refunds, ${partsOf('split')}
        where status = 'succeeded') said
      left join ${posted} using (refund_id, fund)
      where coalesce(posted.amount, 0) <> said.amount`,
  },
  {
    rule: 'EVT-33',
    says: 'a refund is the sum of its funds, and each fund the sum of its lines',
    mends: 'refund',
    sql: `select refund_id as id, fund || ': ' || said || ', its lines ' || of_lines as found, fund as mark from (
        select refund_id, fund, part as said, (select coalesce(sum((line -> 'split'
          -> case fund when 'gift_credit' then 'giftCredit' when 'stored_card' then 'storedCard' else fund end
          ->> 'amount')::numeric), 0) from jsonb_array_elements(lines) line) as of_lines
        from refunds.refunds, ${partsOf('split')}
        union all
        select refund_id, 'all', amount, (split -> 'cash' ->> 'amount')::numeric
          + (split -> 'giftCredit' ->> 'amount')::numeric + (split -> 'storedCard' ->> 'amount')::numeric
        from refunds.refunds) both_ways
      where said <> of_lines`,
  },
  {
    rule: 'EVT-33',
    says: 'a line is paid = consumed + fee + refund, its refund is its funds, and nothing of it is below 0',
    mends: 'refund',
    sql: `select refund_id as id, (line ->> 'orderId') || ' ' || coalesce(line ->> 'instanceId', 'whole')
        || ': ' || (line -> 'refund' ->> 'amount') || ' of ' || (line -> 'paid' ->> 'amount') as found
      from refunds.refunds, jsonb_array_elements(lines) line
      where ${amountOf('paid')} <> ${amountOf('consumed')} + ${amountOf('fee')} + ${amountOf('refund')}
        or ${amountOf('refund')} <> ${fundOf('cash')} + ${fundOf('giftCredit')} + ${fundOf('storedCard')}
        or least(${amountOf('consumed')}, ${amountOf('fee')}, ${fundOf('cash')}, ${fundOf('giftCredit')},
          ${fundOf('storedCard')}, ${fundOf('voucher')}) < 0`,
  },
  {
    rule: 'RFD-9',
    says: 'a renewal that is given back by itself comes back in full, to within one unit',
    mends: 'refund',
    sql: `select refund_id as id, (line ->> 'orderId') || ' ' || (line ->> 'instanceId') || ': '
        || (line -> 'refund' ->> 'amount') || ' of ' || (line -> 'paid' ->> 'amount') as found
      from refunds.refunds, jsonb_array_elements(lines) line
      where kind = 'renewal_only' and ${amountOf('fee')} + ${amountOf('consumed')}
        > power(10::numeric, -scale(${amountOf('paid')}))`,
  },
  {
    rule: 'EVT-33',
    says: 'no fund gets more back of an order than was paid by it',
    mends: 'refund',
    sql: `select order_id as id, fund || ': ' || refunded || ' of ' || coalesce(paid_by.part, 0) as found,
        fund as mark
      from ${remembered} join orders.orders o using (order_id) left join lateral (
        select part from ${partsOf('o.paid_parts')} where parts.fund = remembered.fund) paid_by on true
      where refunded > coalesce(paid_by.part, 0)`,
  },
  {
    rule: 'EVT-33',
    says: 'what an order gave back of each fund is what its refunds say',
    mends: 'refund',
    sql: `select order_id as id, fund || ': ' || coalesce(refunded, 0) || ', its refunds say '
        || coalesce(given.amount, 0) as found, fund as mark
      from ${remembered} full join ${givenBack} using (order_id, fund)
      where coalesce(refunded, 0) <> coalesce(given.amount, 0)`,
  },
  {
    rule: 'EVT-33',
    says: 'what an order tells contracts of its returned cash is what its refunds say (CTR-16)',
    mends: 'order',
    sql: `select order_id as id, coalesce(o.cash_returned, 0) || ', its refunds say '
        || coalesce(said.amount, 0) as found
      from orders.orders o full join (
        select line ->> 'orderId' as order_id, sum(${amountOf('refund')}) as amount
        from refunds.refunds, jsonb_array_elements(lines) line
        where status = 'succeeded' group by 1) said using (order_id)
      where coalesce(o.cash_returned, 0) <> coalesce(said.amount, 0)`,
  },
  {
    rule: 'EVT-33',
    says: 'what an order gave back is the exact sum of its parts, rounded once (RFD-7)',
    mends: 'refund',
    sql: `select order_id as id, refunded || ' of exactly ' || exact || '/' || of as found from ${sums}
      where 2 * abs(refunded * of - exact) > unit * of`,
  },
  {
    rule: 'EVT-33',
    says: 'each fund has its share of what an order gave back, to within one unit (RFD-11)',
    mends: 'refund',
    sql: `select order_id as id, fund || ': ' || remembered.refunded || ' of ' || sums.refunded as found, fund as mark
      from ${remembered} join ${sums} using (order_id)
      where fund <> 'voucher'
        and abs(remembered.refunded * sums.paid - sums.refunded * remembered.paid) > unit * sums.paid`,
  },
];
