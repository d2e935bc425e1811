import type { Check } from './check.ts';

/** Money that paid no order, each part with the fund it came from (ORD-5). */
const unapplied = `(
  select payment_reference, account_id, fund, part ->> 'currency' as currency, (part ->> 'amount')::numeric as amount
  from orders.unapplied_payments, lateral (values ('cash', parts -> 'cash'), ('gift_credit', parts -> 'giftCredit'),
    ('stored_card', parts -> 'storedCard'), ('voucher', parts -> 'voucher')) as parted (fund, part)
  where (part ->> 'amount')::numeric <> 0) unapplied`;

/** The part of such money that the ledger credited. */
const credited = `(
  select t.payment_reference, t.account_id, substr(p.ledger_account, 10) as fund, p.currency, sum(p.amount) as amount
  from refunds.ledger_transactions t join refunds.ledger_postings p using (transaction_id)
  where t.payment_reference is not null and p.ledger_account like 'customer:%' group by 1, 2, 3, 4) credited`;

/** The money that was paid, and the money that went back. */
export const ledgerChecks: readonly Check[] = [
  {
    rule: 'EVT-33',
    says: 'the postings of a transaction sum to zero',
    mends: 'refund',
    sql: `select transaction_id as id, currency || ' ' || sum(amount) as found from refunds.ledger_postings
      group by transaction_id, currency having sum(amount) <> 0`,
  },
  {
    rule: 'EVT-33',
    says: 'only a refund that succeeded was paid',
    mends: 'refund',
    sql: `select t.refund_id as id, t.transaction_id || ' posted for it, it is ' || coalesce(r.status,
      'not there') as found
      from refunds.ledger_transactions t left join refunds.refunds r using (refund_id)
      where t.refund_id is not null and r.status is distinct from 'succeeded'`,
  },
  {
    rule: 'EVT-33',
    says: 'a balance is the sum of its postings',
    mends: 'refund',
    sql: `select account_id || ' ' || fund || ' ' || currency as id, coalesce(b.amount,
      0) || ' of ' || coalesce(posted, 0) as found
      from refunds.balances b full join (
        select account_id, substr(ledger_account, 10) as fund, currency, sum(amount) as posted
        from refunds.ledger_postings
        where ledger_account like 'customer:%' group by 1, 2, 3) p using (account_id, fund, currency)
      where coalesce(b.amount, 0) <> coalesce(posted, 0)`,
  },
  {
    rule: 'EVT-33',
    says: 'an order that owed something is paid exactly when its payment is stored',
    mends: 'order',
    sql: `select o.order_id as id, o.status || case when p.order_id is null then ' without a payment'
      else ' with payment ' || p.payment_reference end as found
      from orders.orders o left join orders.payments p using (order_id)
      where o.payable_amount > 0 and (o.status in ('paid', 'voided')) <> (p.order_id is not null)`,
  },
  {
    rule: 'EVT-33',
    says: 'money that paid no order is credited to its account once, each part to its fund (ORD-5)',
    mends: 'refund',
    sql: `select payment_reference as id, account_id || ' ' || fund || ': ' || coalesce(credited.amount,
      0) || ' of ' || coalesce(unapplied.amount, 0) || ' ' || currency
        as found, account_id || fund || currency as mark
      from ${unapplied} full join ${credited} using (payment_reference, account_id, fund, currency)
      where credited.amount is distinct from unapplied.amount`,
  },
  {
    rule: 'EVT-33',
    says: 'money pays an order or is credited, never both (ORD-5)',
    mends: 'order',
    sql: `select payment_reference as id, 'paid ' || p.order_id || ' and could not pay ' || u.order_id as found
      from orders.payments p join orders.unapplied_payments u using (payment_reference)`,
  },
  {
    rule: 'EVT-33',
    says: 'a claimed transfer pays the orders of its claim, all of its amount (ORD-21)',
    mends: 'order',
    sql: `select remittance_id as id, 'paid ' || coalesce(p.amount, 0) || ' of ' || coalesce(r.amount, 0) as found
      from (
        select remittance_id, amount, order_ids from orders.remittances left join (
          select claim_id, order_ids from orders.remittance_claims) c using (claim_id)
        where claim_id is not null) r
      full join (
        select split_part(payment_reference, ':', 1) as remittance_id,
          array_agg(order_id order by order_id) as order_ids, sum((parts -> 'cash' ->> 'amount')::numeric) as amount
        from orders.payments where payment_reference ~ '^rem_[0-9a-f]{32}:' group by 1) p using (remittance_id)
      where r.amount is distinct from p.amount or r.order_ids is distinct from p.order_ids`,
  },
  {
    rule: 'EVT-33',
    says: 'a claim is paid by the transfer that it has, and a transfer is in one claim (ORD-21)',
    mends: 'order',
    sql: `select claim_id as id, coalesce(c.status, 'not there') || ', has ' || coalesce(r.remittance_id,
      'nothing') as found
      from orders.remittance_claims c full join (
        select claim_id, remittance_id from orders.remittances where claim_id is not null) r using (claim_id)
      where c.status is null or (c.status = 'paid') <> (r.remittance_id is not null)
        or c.remittance_id is distinct from r.remittance_id`,
  },
  {
    rule: 'EVT-33',
    says: 'no claim of a transfer waits beyond its time (ORD-21)',
    mends: 'order',
    sql: `select claim_id as id, 'waits until ' || expires_at as found from orders.remittance_claims
      where status = 'waiting' and expires_at < now()`,
  },
];
