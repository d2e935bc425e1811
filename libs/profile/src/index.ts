export { businessDayEnd } from './business-days.ts';
export { isExcludedFromContracts, isRefusedUnpaidDomain } from './contract-rules.ts';
export { loadProfile } from './load.ts';
export {
  Profile,
  shippedProfiles,
  type FeeTable,
  type InvoicingEntity,
  type PartyDetails,
} from './schema.ts';
