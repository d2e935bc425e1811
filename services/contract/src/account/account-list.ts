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

/**
 * By account id. The counts are of all that this service has heard of until now (API-19). Each set of filters has a
 * text of its own.
 */
export function listAccounts(tx: Tx, filter: AccountFilter): Promise<CountedAccount[]> {
  const values: unknown[] = [filter.after ?? '', filter.limit];
  const where = ['account_id > $1'];
  const also = (value: unknown, condition: (place: string) => string): void => {
    if (value !== undefined) where.push(condition(`$${values.push(value)}`));
  };
  const has = (column: string) => (place: string) =>
    `strpos(${column}, lower(normalize(${place}::text, nfkc))) > 0`;
  also(filter.accountId, (place) => `account_id = ${place}`);
  also(filter.certifiedName, has('name_search'));
  also(filter.partnerType, (place) => `partner_type = ${place}`);
  also(filter.partner, has('partner_search'));
  return tx.many(
    `select (select facts from accounts a where a.account_id = found.account_id) as facts,
        (select count(*)::int from order_view o where o.account_id = found.account_id) as orders,
        (select count(*)::int from contracts c where c.account_id = found.account_id and not removed) as contracts,
        (select count(*)::int from refund_view r where r.account_id = found.account_id) as refunds
      from (select account_id from accounts where ${where.join(' and ')} order by account_id limit $2) found
      order by account_id`,
    values,
  );
}
