import { accountTable, innerTable, type Migration } from '@accord/postgres';

export const up: Migration = [
  // Transfers as the bank reported them (ORD-21). They belong to no account, so a customer's transaction sees none,
  // claimed or not; `claim_remittance` compares for it.
  `create table remittances (
     remittance_id text primary key,
     bank_reference text not null unique,
     amount numeric not null check (amount > 0),
     currency text not null,
     payer_name text not null,
     payer_key text not null,
     received_at timestamptz not null,
     reported_at timestamptz not null,
     claim_id text unique,
     claimed_at timestamptz,
     check ((claim_id is null) = (claimed_at is null))
   )`,
  'create index remittances_by_time on remittances (reported_at, remittance_id)',
  'create index remittances_unclaimed on remittances (reported_at, remittance_id) where claim_id is null',
  innerTable('order', 'remittances', { app: [], operator: ['insert'] }),

  // A claim waits for its transfer until it is looked at, look_at: when the transfer is reported, and at its
  // end.
  `create table remittance_claims (
     claim_id text primary key,
     account_id text not null,
     claimed_by text not null,
     bank_reference text not null,
     amount numeric not null check (amount > 0),
     currency text not null,
     order_ids text[] not null check (cardinality(order_ids) > 0),
     contract_id text,
     status text not null check (status in ('waiting', 'paid', 'failed', 'expired')),
     failure text check (failure in ('order_not_payable', 'contract_ended')),
     remittance_id text unique references remittances,
     created_at timestamptz not null,
     expires_at timestamptz not null,
     look_at timestamptz,
     ended_at timestamptz,
     check ((status = 'paid') = (remittance_id is not null)),
     check ((status = 'failed') = (failure is not null)),
     check ((status = 'waiting') = (ended_at is null)),
     check ((status = 'waiting') = (look_at is not null))
   )`,
  'create index remittance_claims_of_account on remittance_claims (account_id, created_at, claim_id)',
  'create index remittance_claims_by_time on remittance_claims (created_at, claim_id)',
  'create index remittance_claims_of_reference on remittance_claims (bank_reference, created_at)',
  `create index remittance_claims_due on remittance_claims (look_at) where status = 'waiting'`,
  accountTable('order', 'remittance_claims', [
    'insert',
    'update (status, failure, remittance_id, look_at, ended_at)',
  ]),

  // The transfer that is all of what is asked for and not claimed; null where anything differs, whatever it is.
  // Given a claim, it is that claim's from now on. Reports and claims of one reference come one after the other.
  `create function claim_remittance(reference text, asked numeric, asked_currency text, payer text, claim text,
     at timestamptz) returns text language plpgsql security definer set search_path from current as $$
   declare found_id text;
   begin
     perform pg_advisory_xact_lock(hashtextextended('remittance ' || reference, 0));
     select r.remittance_id into found_id from remittances r
      where r.bank_reference = reference and r.amount = asked and r.currency = asked_currency
        and r.payer_key = payer and r.claim_id is null;
     if claim is not null then
       update remittances r set claim_id = claim, claimed_at = at where r.remittance_id = found_id;
     end if;
     return found_id;
   end $$`,
  'revoke all on function claim_remittance(text, numeric, text, text, text, timestamptz) from public',
  `grant execute on function claim_remittance(text, numeric, text, text, text, timestamptz)
     to accord_order, accord_order_operator`,
];
