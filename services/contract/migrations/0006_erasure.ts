import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // All that the command `account erase` may change of contracts: of those of one account that ended without
  // a signature, the party and its words.
  `create function erase_unsigned(account text) returns bigint
     language sql security definer set search_path from current as
   $$ with ended as (
        select c.contract_id from contracts c
         where c.account_id = account and c.status in ('refused', 'voided') and c.finalized_at is null
           and c.party_a ->> 'name' <> '—'
           and not exists (select from contract_documents d where d.contract_id = c.contract_id)
         order by c.contract_id for update),
      erased as (
        update contracts c set content = null, void_text = null,
            party_a = '{"name": "—", "certificate": null, "address": null, "contact": null}'
          from ended where c.contract_id = ended.contract_id returning 1)
      select count(*) from erased $$`,
  `revoke all on function erase_unsigned(text) from public`,
  `grant execute on function erase_unsigned(text) to accord_contract_operator`,
];
