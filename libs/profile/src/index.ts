export { businessDayEnd, holidaysEndSoon } from './business-days.ts';
export { calendarEnd } from './calendar.ts';
export { isExcludedFromContracts, isRefusedUnpaidDomain } from './contract-rules.ts';
export { loadProfile } from './load.ts';
export { isInPart, mostInstancesOfQuote, payByOf } from './order-rules.ts';
export { Profile, shippedProfiles, type OfflineAddress, type PartyDetails } from './schema.ts';
export { keptOf, pricedPeriods, returnedPart, returnsDifference, type Usage } from './returned-part.ts';
export { restOf, usedOf } from './service-period.ts';
