import type { Migration } from '@accord/postgres';

export const up: Migration = [
  // RFD-9: the renewals that an account gave back by themselves are looked for by each quote.
  `create index refunds_of_renewals on refunds (account_id)
    where kind = 'renewal_only' and status = 'succeeded'`,
];
