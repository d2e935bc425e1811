import { loadProfile } from '@accord/profile';
import { checkFiling, type Filing } from './icp-filing.ts';

const rules = loadProfile('alibaba').contracts.icpFiling;
if (rules === 'none') throw new Error('alibaba checks filings');

const [one, two] = ['192.0.2.1', '192.0.2.2'];
const filing = (region: string, change: Partial<Filing> = {}): Filing => ({
  region,
  contractIps: [one],
  destinationIp: one,
  filedIp: one,
  serverRegions: ['cn-beijing'],
  ...change,
});
const failed = (...broken: string[]) => ({ outcome: 'fail', broken });
const [passed, consult] = [{ outcome: 'pass' }, { outcome: 'consult' }];
const inGuangdong = ['cn-shenzhen', 'cn-guangzhou'];

test.each<[string, Filing, object]>([
  ['Beijing: all equal, server there', filing('beijing'), passed],
  ['Beijing: another destination', filing('beijing', { destinationIp: two }), failed('addresses_all_equal')],
  ['Beijing: another filed address', filing('beijing', { filedIp: two }), failed('addresses_all_equal')],
  [
    'Beijing: several in the contract',
    filing('beijing', { contractIps: [one, two] }),
    failed('addresses_all_equal'),
  ],
  [
    'Beijing: a server elsewhere',
    filing('beijing', { serverRegions: ['cn-beijing', 'cn-hangzhou'] }),
    failed('servers_in_region'),
  ],
  [
    'Beijing: neither',
    filing('beijing', { filedIp: two, serverRegions: ['cn-shanghai'] }),
    failed('addresses_all_equal', 'servers_in_region'),
  ],
  [
    'Guangdong: any addresses of servers there',
    filing('guangdong', { contractIps: [one, two], filedIp: '192.0.2.3', serverRegions: inGuangdong }),
    passed,
  ],
  ['Guangdong: servers elsewhere', filing('guangdong'), failed('servers_in_region')],
  [
    'Guangdong: a server that is not known',
    filing('guangdong', { serverRegions: ['cn-shenzhen', null] }),
    failed('servers_in_region'),
  ],
  ['Shenzhen: not as Guangdong', filing('shenzhen', { serverRegions: inGuangdong }), consult],
  ['Shanghai: contract and destination', filing('shanghai', { filedIp: two }), passed],
  [
    'Shanghai: another destination',
    filing('shanghai', { destinationIp: two }),
    failed('contract_is_destination'),
  ],
  ['Hebei: contract and destination', filing('hebei', { filedIp: two, serverRegions: [null] }), passed],
  ['Hebei: another destination', filing('hebei', { destinationIp: two }), failed('contract_is_destination')],
  ['elsewhere', filing('zhejiang', { destinationIp: two }), consult],
  [
    'one address, written in two ways',
    filing('shanghai', { contractIps: ['2001:DB8::1'], destinationIp: '2001:db8:0:0:0:0:0:1' }),
    passed,
  ],
])('CTR-31 %s', (_name, asked, answer) => {
  expect(checkFiling(asked, rules)).toEqual(answer);
});
