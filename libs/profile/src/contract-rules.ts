import type { Profile } from './schema.ts';

// Which orders the profile excludes from contracts by self-service, for those who refuse them and those who offer
// them (CTR-3, CTR-7, ORD-16).

type Rules = Profile['contracts'];

/** CTR-3. */
export const isExcludedFromContracts = (
  { category, customised }: { readonly category: string; readonly customised?: boolean },
  rules: Rules,
): boolean =>
  rules.excludedCategories.includes(category) ||
  (customised === true && rules.excludedCategories.includes('CUSTOM')) ||
  (rules.marketplace === 'excluded' && rules.marketplaceCategories.includes(category));

interface DomainOrder {
  readonly status: string;
  readonly productForm: string;
  readonly brand: string;
  readonly serviceType: Exclude<Rules['unpaidDomainServiceTypes'], 'any'>[number] | null;
}

/** CTR-7: an unpaid domain order of a brand or a service type that gets no contract before it is paid. */
export const isRefusedUnpaidDomain = (
  { status, productForm, brand, serviceType }: DomainOrder,
  { unpaidDomainRefusedBrands: brands, unpaidDomainServiceTypes: serviceTypes }: Rules,
): boolean =>
  status === 'unpaid' &&
  productForm === 'domain' &&
  (brands.includes(brand) ||
    (serviceTypes !== 'any' && !(serviceType && serviceTypes.includes(serviceType))));
