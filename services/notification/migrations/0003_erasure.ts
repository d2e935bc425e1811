import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // All that the command `account erase` may change of the timeline: the names in an account's own lines and
  // in those of these contracts of it.
  `create function erase_names(account text, contracts text[]) returns bigint
     language sql security definer set search_path from current as
   $$ with erased as (
        update timeline_events e
           set data = case e.aggregate when 'account' then jsonb_set(e.data, '{account,certifiedName}', 'null')
             else jsonb_set(jsonb_set(e.data, '{contract,partyA}', '"—"'), '{text}', 'null', false) end
         where e.account_id = account
           and (e.aggregate = 'account' and e.data -> 'account' ->> 'certifiedName' is not null
             or e.aggregate = 'contract' and e.aggregate_id = any (contracts)
               and e.data -> 'contract' ->> 'partyA' <> '—')
         returning 1)
      select count(*) from erased $$`,
  `revoke all on function erase_names(text, text[]) from public`,
  `grant execute on function erase_names(text, text[]) to accord_notification_operator`,
];
