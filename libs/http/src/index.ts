export { ActorView, maskActor } from './actor-view.ts';
export { accountOf, accountRefusals, listedAccountOf } from './auth.ts';
export { decodeCursor, decodeTimeCursor, encodeCursor, pageOf, pageQuery, paged } from './paging.ts';
export { separatedByCommas } from './query-list.ts';
export { type Access, type RouteResponse, type RouteRequest, type Route, route } from './route.ts';
export type { ProblemTexts } from './problem-texts.ts';
export { rangeQuery, timeRange } from './time-range.ts';
