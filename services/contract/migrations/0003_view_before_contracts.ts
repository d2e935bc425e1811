import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // In the order in which a single event takes them: the order it shows is kept first, then the process
  // changes contracts.
  `create or replace function lock_contracts(ids text[]) returns void
     language plpgsql security definer set search_path from current as
   $$ begin
     perform 1 from order_view where order_id = any(ids) order by order_id for update;
     perform 1 from contracts
       where contract_id = any(ids) or contract_id in (select contract_id from live_orders where order_id = any(ids))
       order by contract_id for update;
   end $$`,
];
