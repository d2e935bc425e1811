import { z } from 'zod';
import type { Locale } from '@accord/core';
import { Id } from '@accord/events/fields';
import { IpAddress, Region } from '@accord/events/platform';
import { route, type Route } from '@accord/http';
import type { Profile } from '@accord/profile';
import type { BrokenRule, Filing, FilingCheck } from '../contract/icp-filing.ts';
import { checkFilingOfContract, checkGivenFiling } from '../filing-check.ts';

const reader = { customer: 'contracts:read', operator: true } as const;
const Regions = z.array(Region).max(500);
const filed = {
  region: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)
    .meta({ description: 'Whose authority it is filed with: `beijing`, `guangdong`, `shenzhen` …' }),
  destinationIp: IpAddress,
  filedIp: IpAddress,
};

const FilingCheckAnswer = z
  .object({
    outcome: z.enum(['pass', 'fail', 'consult']),
    broken: z.array(
      z
        .object({
          rule: z.enum(['addresses_all_equal', 'contract_is_destination', 'servers_in_region']),
          text: z.string(),
        })
        .meta({ id: 'BrokenFilingRule' }),
    ),
    text: z.string(),
    region: z.string(),
    contractIps: z.array(z.string()),
    destinationIp: z.string(),
    filedIp: z.string(),
    serverRegions: z
      .array(z.string().nullable())
      .meta({ description: 'Null: of a server whose region is not known.' }),
  })
  .meta({ id: 'FilingCheck' });

const outcomes: Readonly<Record<FilingCheck['outcome'], Readonly<Record<Locale, string>>>> = {
  pass: { en: 'The contract is as the authority wants it.', 'zh-CN': '合同符合当地管局的要求。' },
  fail: { en: 'The contract is not as the authority wants it.', 'zh-CN': '合同不符合当地管局的要求。' },
  consult: {
    en: 'No rule of this region is known: consult the authority before you apply for a contract.',
    'zh-CN': '没有该地区的已知要求，请在申请合同前咨询当地管局。',
  },
};
const rules: Readonly<Record<BrokenRule, Readonly<Record<Locale, string>>>> = {
  addresses_all_equal: {
    en: 'The address in the contract, the destination address and the filed address have to be the same.',
    'zh-CN': '合同中的 IP 地址、目标 IP 地址与备案 IP 地址须一致。',
  },
  contract_is_destination: {
    en: 'The address in the contract has to be the destination address.',
    'zh-CN': '合同中的 IP 地址须与目标 IP 地址一致。',
  },
  servers_in_region: {
    en: 'The servers of these addresses have to be in the region that it is filed in.',
    'zh-CN': '这些 IP 地址对应的服务器须位于备案所在地区。',
  },
};

const toFilingCheckAnswer = (
  filing: Filing,
  check: FilingCheck,
  locale: Locale,
): z.input<typeof FilingCheckAnswer> => ({
  ...filing,
  contractIps: [...filing.contractIps],
  serverRegions: [...filing.serverRegions],
  outcome: check.outcome,
  broken: check.outcome === 'fail' ? check.broken.map((rule) => ({ rule, text: rules[rule][locale] })) : [],
  text: outcomes[check.outcome][locale],
});

const checkIcpFiling = ({ contracts }: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts/icp-check',
    operationId: 'checkIcpFiling',
    summary: 'Whether a contract over these addresses is what the authority of a commercial filing wants.',
    access: reader,
    idempotencyKey: 'none',
    body: z.strictObject({
      ...filed,
      contractIps: z.array(IpAddress).min(1).max(500),
      serverRegions: Regions.min(1).meta({ description: 'Of the servers that the addresses are of.' }),
    }),
    example: {
      region: 'beijing',
      contractIps: ['192.0.2.7'],
      destinationIp: '192.0.2.7',
      filedIp: '192.0.2.7',
      serverRegions: ['cn-beijing'],
    },
    answer: FilingCheckAnswer,
    refusals: ['contract.icp_not_offered'],
    inTransaction: (_tx, { body, locale }) =>
      Promise.resolve({ body: toFilingCheckAnswer(body, checkGivenFiling(contracts, body), locale) }),
  });

const checkIcpFilingOfContract = ({ contracts }: Profile) =>
  route({
    method: 'post',
    path: '/v1/contracts/{contractId}/icp-check',
    operationId: 'checkIcpFilingOfContract',
    summary: 'The same by the places of the contract’s own instances, as it states them.',
    access: reader,
    idempotencyKey: 'none',
    params: z.strictObject({ contractId: Id }),
    body: z.strictObject({
      ...filed,
      instanceIds: z.array(Id).min(1).max(500).optional().meta({ description: 'Default: all.' }),
      serverRegions: Regions.default([]).meta({
        description: 'Of servers that are not the contract’s, whose the destination or filed address is.',
      }),
    }),
    example: { region: 'beijing', destinationIp: '192.0.2.7', filedIp: '192.0.2.7' },
    answer: FilingCheckAnswer,
    refusals: [
      'contract.icp_not_offered',
      'contract.not_found',
      'contract.instance_not_found',
      'contract.place_unknown',
    ],
    inTransaction: async (tx, { params, body: { instanceIds, ...body }, locale }) => {
      const ask = { ...params, ...body, instanceIds };
      const { filing, check } = await checkFilingOfContract(tx, contracts, ask);
      return { body: toFilingCheckAnswer(filing, check, locale) };
    },
  });

/** CTR-31. */
export const filingRoutes = (profile: Profile): readonly Route[] => [
  checkIcpFiling(profile),
  checkIcpFilingOfContract(profile),
];
