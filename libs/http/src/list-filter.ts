import { listedAccountOf } from './auth.ts';
import { pageRange } from './paging.ts';
import type { RouteRequest } from './route.ts';
import { timeRange } from './time-range.ts';

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly accountId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/**
 * The filter that a store reads a list over accounts with, sorted by time: the query's own fields, the account,
 * the range of time and the page, by `listedAccountOf`, `timeRange` and `pageRange`.
 *
 * @throws Refusal `request.account_not_yours`, `request.range_reversed`, `request.bad_cursor`.
 */
export function listFilter<Q extends ListQuery>(
  request: Pick<RouteRequest<unknown, Q>, 'actor' | 'timeZone' | 'query'>,
) {
  const { limit, cursor, accountId, from, to, ...filter } = request.query;
  return {
    ...filter,
    ...pageRange({ limit, cursor }),
    ...timeRange({ from, to }, request.timeZone),
    accountId: listedAccountOf(request.actor, accountId),
  };
}
