export { businessDayEnd } from './business-days.ts';
export { loadProfile } from './load.ts';
export {
  Profile,
  shippedProfiles,
  type FeeTable,
  type InvoicingEntity,
  type OfflineAddress,
  type PartyDetails,
} from './schema.ts';
