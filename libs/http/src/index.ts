export { ActorView, maskActor } from './actor-view.ts';
export { accountOf, accountRefusals, listedAccountOf } from './auth.ts';
export { listFilter } from './list-filter.ts';
export { encodeCursor, IdPlace, pageOf, pageQuery, pageRange, paged } from './paging.ts';
export { separatedByCommas } from './query-list.ts';
export { type RouteRequest, type Route, route } from './route.ts';
export type { ProblemTexts } from './problem-texts.ts';
export { rangeQuery, timeRange } from './time-range.ts';
