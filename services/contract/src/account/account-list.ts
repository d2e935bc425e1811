import type { Tx } from '@accord/core';
import type { Account } from './account.ts';

interface AccountFilter {
  readonly accountId?: string | undefined;
  /** A part of the certified name, in any case and width. */
  readonly certifiedName?: string | undefined;
  readonly partnerType?: string | undefined;
  /** A part of the name of the partner that it is a customer of. */
  readonly partner?: string | undefined;
  /** Account id of the last one seen. */
  readonly after: string | undefined;
  readonly limit: number;
}

interface CountedAccount {
  readonly facts: Account;
  readonly orders: number;
  /** Without the removed ones (CTR-25). */
  readonly contracts: number;
  readonly refunds: number;
}

/** By account id. The counts are of all that this service has heard of until now (API-19). */
export const listAccounts = (tx: Tx, filter: AccountFilter) =>
  tx.many<CountedAccount>(
    `select facts,
        (select count(*)::int from order_view o where o.account_id = found.account_id) as orders,
        (select count(*)::int from contracts c where c.account_id = found.account_id and not removed) as contracts,
        (select count(*)::int from refund_view r where r.account_id = found.account_id) as refunds
      from (select account_id from accounts
         where account_id > $1 and ($2::text is null or account_id = $2)
           and ($3::text is null or strpos(name_search, lower(normalize($3, nfkc))) > 0)
           and ($4::text is null or partner_type = $4)
           and ($5::text is null or strpos(partner_search, lower(normalize($5, nfkc))) > 0)
         order by account_id limit $6) found join accounts using (account_id)
      order by account_id`,
    [
      filter.after ?? '',
      filter.accountId ?? null,
      filter.certifiedName ?? null,
      filter.partnerType ?? null,
      filter.partner ?? null,
      filter.limit,
    ],
  );
