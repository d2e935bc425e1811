export { businessDayEnd, holidaysEndSoon } from './business-days.ts';
export { calendarEnd } from './calendar.ts';
export { isExcludedFromContracts, isRefusedUnpaidDomain } from './contract-rules.ts';
export { loadProfile } from './load.ts';
export {
  Profile,
  shippedProfiles,
  type FeeTable,
  type InvoicingEntity,
  type OfflineAddress,
  type PartyDetails,
} from './schema.ts';
export { isWithinMonths, monthsOf, restOf, usedOf, type Period, type Units } from './service-period.ts';
