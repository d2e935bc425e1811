export { Who, maskActor } from './actor-view.ts';
export { accountOf, accountRefusals } from './auth.ts';
export { expectVersion } from './if-match.ts';
export { decodeCursor, decodeTimeCursor, encodeCursor, pageQuery, paged } from './paging.ts';
export { type Access, type Answer, type Ask, type Route, supportsIfMatch, route } from './route.ts';
