import { Refusal, type Tx } from '@accord/core';
import type { Quote } from './quote.ts';

export function insertQuote(tx: Tx, quote: Quote): Quote {
  tx.write(
    `insert into quotes (quote_id, account_id, kind, amount, currency, instances, created_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      quote.quoteId,
      quote.accountId,
      quote.kind,
      quote.total?.refund.amount ?? null,
      quote.total?.refund.currency ?? null,
      JSON.stringify({ instances: quote.instances, total: quote.total }),
      quote.createdAt,
      quote.expiresAt,
    ],
  );
  return quote;
}

export type StoredQuote = Quote & { /** The refund that used it. */ readonly refundId: string | null };

type Row = Omit<StoredQuote, 'instances' | 'total'> & { stored: Pick<Quote, 'instances' | 'total'> };

/** @throws Refusal `refund.quote_not_found`, also where it is another account's. */
export async function getQuote(tx: Tx, quoteId: string): Promise<StoredQuote> {
  const row = await tx.one<Row>(
    `select q.quote_id as "quoteId", q.account_id as "accountId", q.kind, q.instances as stored,
       q.created_at as "createdAt", q.expires_at as "expiresAt", r.refund_id as "refundId"
       from quotes q left join refunds r on r.quote_id = q.quote_id where q.quote_id = $1`,
    [quoteId],
  );
  if (!row) throw new Refusal('not_found', 'refund.quote_not_found', { quoteId });
  const { stored, ...quote } = row;
  return { ...quote, ...stored };
}

/** For update, so that one quote is used once. @throws Refusal `refund.quote_not_found`. */
export async function lockQuote(tx: Tx, quoteId: string): Promise<StoredQuote> {
  await tx.one('select 1 from quotes where quote_id = $1 for update', [quoteId]);
  return getQuote(tx, quoteId);
}

/** SQL: a quote that no refund used. */
export const isUnusedQuote =
  'not used and not exists (select from refunds r where r.quote_id = quotes.quote_id)';
