import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, SocketAddress } from 'node:net';

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
const mapped = '::ffff:';

/**
 * An address in its one form, without the port and the zone that proxies write beside it: of
 * `[2001:DB8::1]:443` `2001:db8::1`, of `::ffff:a00:1` `10.0.0.1`; undefined of anything else.
 */
function addressIn(text: string): string | undefined {
  const [, inBrackets, withPort] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$/.exec(text.trim()) ?? [];
  const [address = ''] = (inBrackets ?? withPort ?? text.trim()).split('%', 1);
  if (isIP(address) === 0) return undefined;
  const { address: written } = new SocketAddress({ address, family: family(address) });
  return written.startsWith(mapped) && isIP(written.slice(mapped.length)) === 4
    ? written.slice(mapped.length)
    : written;
}

/**
 * Addresses and networks, `10.1.2.3, 10.2.0.0/16, 2001:db8::/32`; none where the text is empty.
 *
 * @throws Error that names the first that is neither.
 */
export function networksOf(text: string): BlockList {
  const networks = new BlockList();
  for (const network of text.split(',').filter((one) => one.trim() !== '')) {
    const [, given = '', bits] = /^\s*([^/\s]+)(?:\/(\d{1,3}))?\s*$/.exec(network) ?? [];
    const most = isIP(given) === 6 ? 128 : 32;
    if (isIP(given) === 0 || Number(bits ?? 0) > most)
      throw new Error(`${network.trim()} is no address and no network such as 10.0.0.0/8`);
    networks.addSubnet(given, Number(bits ?? most), family(given));
  }
  return networks;
}

/**
 * The address that a request came from (API-11): the last in its chain that is none of `proxies`. The chain is
 * X-Forwarded-For, which is read from its end for as long as the one who wrote it is trusted, and the address of
 * the connection behind it. An entry that is no address ends it: the proxy that passed it on stands for it.
 */
function clientAddress({ headers, socket }: IncomingMessage, proxies: BlockList): string {
  const told = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').reverse();
  let address = addressIn(socket.remoteAddress ?? '');
  for (const one of told) {
    if (!address || !proxies.check(address, family(address))) break;
    const before = addressIn(one);
    if (!before) break;
    address = before;
  }
  return address ?? 'unknown';
}

/** An IPv6 address stands for its whole /64: its owner has all of it. */
function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - last.length);
  return [...groups, ...Array<string>(zeros).fill('0'), ...last].slice(0, 4).join(':');
}

/** The caller whom a limit by address counts, `10.0.0.1` or `2001:db8:0:1`. */
export const callerAddress = (request: IncomingMessage, proxies: BlockList): string =>
  networkOf(clientAddress(request, proxies));
