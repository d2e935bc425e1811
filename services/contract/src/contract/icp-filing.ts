import { isIPv6 } from 'node:net';
import type { Profile } from '@accord/profile';

export type IcpFilingRule = Exclude<Profile['contracts']['icpFiling'], 'none'>[number];

/** A commercial filing with a region's authority, and the contract that it is for (CTR-31). */
export interface Filing {
  /** The region of the authority that it is filed with. */
  readonly region: string;
  /** Of the contract's servers, one at least. */
  readonly contractIps: readonly string[];
  readonly destinationIp: string;
  readonly filedIp: string;
  /** Where the servers are that these addresses are of; null where that of one is not known. */
  readonly serverRegions: readonly (string | null)[];
}

export type BrokenRule = 'addresses_all_equal' | 'contract_is_destination' | 'servers_in_region';

export type FilingCheck =
  | { readonly outcome: 'pass' | 'consult' }
  | { readonly outcome: 'fail'; readonly broken: readonly BrokenRule[] };

/** One address may be written in several ways. */
const canonical = (ip: string): string => (isIPv6(ip) ? new URL(`http://[${ip}]`).hostname : ip);

const areEqual = (ips: readonly string[]): boolean => new Set(ips.map(canonical)).size === 1;

/** CTR-31: a region without a rule is for its authority to say. Pure. */
export function checkFiling(filing: Filing, rules: readonly IcpFilingRule[]): FilingCheck {
  const rule = rules.find(({ region }) => region === filing.region);
  if (!rule) return { outcome: 'consult' };
  const { contractIps, destinationIp, filedIp, serverRegions } = filing;
  const { addresses, servers } = rule;
  const broken = [
    addresses === 'all_equal' &&
      !areEqual([...contractIps, destinationIp, filedIp]) &&
      ('addresses_all_equal' as const),
    addresses === 'contract_is_destination' &&
      !areEqual([...contractIps, destinationIp]) &&
      ('contract_is_destination' as const),
    servers !== null &&
      !serverRegions.every((region) => region !== null && servers.includes(region)) &&
      ('servers_in_region' as const),
  ].filter((one) => one !== false);
  return broken.length > 0 ? { outcome: 'fail', broken } : { outcome: 'pass' };
}
