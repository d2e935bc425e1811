import ipaddr from 'ipaddr.js';

// NTF-9: which addresses a webhook may go to. The registries of special addresses are those of ipaddr.js.

/** They are in no registry, or too old for it. */
const refusedNetworks = [
  '168.63.129.16/32', // metadata of Azure's machines, in a public range
  '::/96', // IPv4-compatible, deprecated
].map((network) => ipaddr.parseCIDR(network));

/** All that is routed in the world: the rest of IPv6 is reserved. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** `10.0.0.0/8,2001:db8::/32`. @throws Error where one is no network. */
export const networksIn = (text: string): readonly Network[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean)
    .map((one) => ipaddr.parseCIDR(one));

const isIn = (address: ipaddr.IPv4 | ipaddr.IPv6, networks: readonly Network[]): boolean =>
  networks.some(
    ([network, bits]) => network.kind() === address.kind() && address.match([network, bits] as never),
  );

export interface AddressRules {
  /** The provider's own, which are in no registry. */
  readonly refused: readonly Network[];
  /** Of development alone: loopback. */
  readonly allowed: readonly Network[];
}

/**
 * Why nothing goes to this address, `loopback`; undefined where it may be dialled.
 *
 * @param text an address as the resolver or the URL has it, without brackets
 */
export function refusalOfAddress(text: string, { refused, allowed }: AddressRules): string | undefined {
  if (text.includes('%') || !ipaddr.isValid(text)) return 'no_address';
  const address = ipaddr.parse(text);
  if (isIn(address, allowed)) return undefined;
  const range = address.range();
  if (range !== 'unicast') return range;
  if (isIn(address, refusedNetworks) || isIn(address, refused)) return 'refused_network';
  if (address.kind() === 'ipv6' && !isIn(address, [globalUnicast])) return 'reserved';
  return undefined;
}

export interface UrlRules {
  readonly addresses: AddressRules;
  readonly ports: readonly number[];
  /** With `ACCORD_ENV=development` alone: plain HTTP, and any port. */
  readonly development: boolean;
}

/** Names that are answered inside, whatever a resolver outside says. */
const insideName = /(^|\.)(localhost|local|localdomain|internal|intranet|lan|home|corp|arpa|onion)$/;

/** The host of a URL as an address, without brackets; undefined where it is a name. */
export const literalOf = ({ hostname }: URL): string | undefined => {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1');
  return ipaddr.isValid(bare) ? bare : undefined;
};

/**
 * Why a URL cannot be an endpoint's, whatever its name resolves to: `scheme`, `userinfo`, `loopback` …; undefined
 * where it can. The parser has made decimal, octal and hexadecimal hosts plain before.
 */
export function refusalOfUrl(text: string, rules: UrlRules): string | undefined {
  const url = URL.parse(text);
  if (!url || text.length > 2_048 || /[\s\\\p{Cc}]/u.test(text)) return 'no_url';
  if (url.protocol !== 'https:' && !(rules.development && url.protocol === 'http:')) return 'scheme';
  if (url.username !== '' || url.password !== '') return 'userinfo';
  if (url.hash !== '') return 'fragment';
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  if (!rules.development && !rules.ports.includes(port)) return 'port';
  const literal = literalOf(url);
  if (literal !== undefined) return refusalOfAddress(literal, rules.addresses);
  if (url.hostname.endsWith('.')) return 'trailing_dot';
  const isAllowedName = rules.development && url.hostname === 'localhost';
  if (!isAllowedName && (!url.hostname.includes('.') || insideName.test(url.hostname))) return 'inside_name';
  return undefined;
}
