import { networksIn, refusalOfAddress, refusalOfUrl } from './address.ts';
import { urlRules } from './settings.ts';

const rules = urlRules({ refusedNetworks: '198.35.26.0/24,2620:0:860::/46' });
const development = urlRules({ development: true });

/** Addresses that a name may resolve to, or that may stand in a URL. */
const refused: readonly (readonly [address: string, why: string])[] = [
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['100.64.0.1', 'carrierGradeNat'],
  ['100.100.100.200', 'carrierGradeNat'],
  ['100.127.255.255', 'carrierGradeNat'],
  ['127.0.0.1', 'loopback'],
  ['127.1.2.3', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['168.63.129.16', 'refused_network'],
  ['169.254.0.1', 'linkLocal'],
  ['169.254.169.254', 'linkLocal'],
  ['169.254.170.2', 'linkLocal'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.0.0.1', 'reserved'],
  ['192.0.0.192', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['192.168.0.1', 'private'],
  ['192.168.255.255', 'private'],
  ['198.18.0.1', 'reserved'],
  ['198.35.26.96', 'refused_network'],
  ['198.51.100.7', 'reserved'],
  ['203.0.113.9', 'reserved'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::127.0.0.1', 'ipv4Mapped'],
  ['::7f00:1', 'refused_network'],
  ['::ffff:127.0.0.1', 'ipv4Mapped'],
  ['::ffff:10.0.0.1', 'ipv4Mapped'],
  ['::ffff:93.184.216.34', 'ipv4Mapped'],
  ['::ffff:a9fe:a9fe', 'ipv4Mapped'],
  ['::ffff:0:127.0.0.1', 'rfc6145'],
  ['64:ff9b::a00:1', 'rfc6052'],
  ['64:ff9b::169.254.169.254', 'rfc6052'],
  ['64:ff9b:1::a00:1', 'rfc6052'],
  ['100::1', 'discard'],
  ['2001::1', 'teredo'],
  ['2001:0:7f00:1::1', 'teredo'],
  ['2001:2::1', 'benchmarking'],
  ['2001:20::1', 'orchid2'],
  ['2001:db8::1', 'reserved'],
  ['2002:7f00:1::1', '6to4'],
  ['2002:a9fe:a9fe::', '6to4'],
  ['2620:0:860:1::1', 'refused_network'],
  ['3fff::1', 'reserved'],
  ['5f00::1', 'segmentRouting'],
  ['4000::1', 'reserved'],
  ['fc00::1', 'uniqueLocal'],
  ['fd00:ec2::254', 'uniqueLocal'],
  ['fd12:3456:789a::1', 'uniqueLocal'],
  ['fe80::1', 'linkLocal'],
  ['fe80::1%eth0', 'no_address'],
  ['febf::1', 'linkLocal'],
  ['fec0::1', 'deprecatedSiteLocal'],
  ['ff02::1', 'multicast'],
  ['ff0e::1', 'multicast'],
  ['localhost', 'no_address'],
  ['', 'no_address'],
];

test.each(refused)('NTF-9 nothing is sent to the address %s: %s', (address, why) => {
  expect(refusalOfAddress(address, rules.addresses)).toBe(why);
});

test.each(['1.1.1.1', '93.184.216.34', '223.5.5.5', '2400:3200::1', '2606:4700:4700::1111'])(
  'NTF-9 %s is an address of the world',
  (address) => {
    expect(refusalOfAddress(address, rules.addresses)).toBeUndefined();
  },
);

/** Each is tried as an endpoint's URL. */
const urls: readonly (readonly [url: string, why: string])[] = [
  ['http://hooks.example.com/', 'scheme'],
  ['ftp://hooks.example.com/', 'scheme'],
  ['file:///etc/passwd', 'scheme'],
  ['gopher://hooks.example.com/', 'scheme'],
  ['https:', 'no_url'],
  ['hooks.example.com', 'no_url'],
  ['https://exa mple.com/', 'no_url'],
  ['https://hooks.example.com/\\..', 'no_url'],
  ['https://hooks.example.com/\n', 'no_url'],
  [`https://hooks.example.com/${'a'.repeat(2_048)}`, 'no_url'],
  ['https://user@hooks.example.com/', 'userinfo'],
  ['https://user:secret@hooks.example.com/', 'userinfo'],
  ['https://hooks.example.com@10.0.0.1/', 'userinfo'],
  ['https://hooks.example.com/#part', 'fragment'],
  ['https://hooks.example.com:22/', 'port'],
  ['https://hooks.example.com:5432/', 'port'],
  ['https://hooks.example.com:0/', 'port'],
  ['https://hooks.example.com:65536/', 'no_url'],
  ['https://hooks.example.com./', 'trailing_dot'],
  ['https://localhost./', 'trailing_dot'],
  ['https://127.0.0.1./', 'loopback'],
  ['https://127.0.0.1/', 'loopback'],
  ['https://127.1/', 'loopback'],
  ['https://2130706433/', 'loopback'],
  ['https://0x7f000001/', 'loopback'],
  ['https://0x7f.1/', 'loopback'],
  ['https://0177.0.0.1/', 'loopback'],
  ['https://017700000001/', 'loopback'],
  ['https://127.0x0.0.1/', 'loopback'],
  ['https://１２７.０.０.１/', 'loopback'],
  ['https://127。0。0。1/', 'loopback'],
  ['https://%31%32%37.0.0.1/', 'loopback'],
  ['https://0/', 'unspecified'],
  ['https://2852039166/', 'linkLocal'],
  ['https://169.254.43518/', 'linkLocal'],
  ['https://0xa9fea9fe/latest/meta-data', 'linkLocal'],
  ['https://[::1]/', 'loopback'],
  ['https://[::]/', 'unspecified'],
  ['https://[::ffff:127.0.0.1]/', 'ipv4Mapped'],
  ['https://[::ffff:7f00:1]/', 'ipv4Mapped'],
  ['https://[64:ff9b::a9fe:a9fe]/', 'rfc6052'],
  ['https://[2002:7f00:1::]/', '6to4'],
  ['https://[fe80::1%25eth0]/', 'no_url'],
  ['https://[fe80::1]/', 'linkLocal'],
  ['https://[fd00::1]/', 'uniqueLocal'],
  ['https://localhost/', 'inside_name'],
  ['https://api.localhost/', 'inside_name'],
  ['https://LOCALHOST/', 'inside_name'],
  ['https://ⓛocalhost/', 'inside_name'],
  ['https://metadata/', 'inside_name'],
  ['https://metadata.google.internal/', 'inside_name'],
  ['https://printer.local/', 'inside_name'],
  ['https://postgres.svc.cluster.local/', 'inside_name'],
  ['https://kubernetes/', 'inside_name'],
];

test.each(urls)('NTF-9 %s is no endpoint in production: %s', (url, why) => {
  expect(refusalOfUrl(url, rules)).toBe(why);
});

test.each([
  'https://hooks.example.com/accord?account=1',
  'https://hooks.example.com:8443/',
  'https://例子.example/',
  'https://1.1.1.1/',
  'https://[2606:4700:4700::1111]/hook',
])('NTF-9 %s may be an endpoint', (url) => {
  expect(refusalOfUrl(url, rules)).toBeUndefined();
});

test('NTF-9 development alone has plain HTTP and loopback, and no more of the inside', () => {
  const said = (url: string) => refusalOfUrl(url, development);
  expect(['http://127.0.0.1:3000/', 'http://localhost:3000/', 'https://[::1]/'].map(said)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([said('http://10.0.0.1/'), said('http://169.254.169.254/'), said('http://[fd00::1]/')]).toEqual([
    'private',
    'linkLocal',
    'uniqueLocal',
  ]);
});

test('NTF-9 networks of the provider are read, and a wrong one is told', () => {
  expect(networksIn(' 10.0.0.0/8, 2001:db8::/32 ,')).toHaveLength(2);
  expect(() => networksIn('10.0.0.0')).toThrow();
});
