import { Refusal, type Tx } from '@accord/core';
import type { Profile } from '@accord/profile';
import { ordersOf } from './contract-content.ts';
import { placesOf, type Place } from './contract/contract-orders.ts';
import { getContract } from './contract/contract-store.ts';
import { checkFiling, type Filing, type FilingCheck, type IcpFilingRule } from './contract/icp-filing.ts';

// Whether a contract is what a region's authority wants for a commercial filing (CTR-31), by addresses that are given
// or by those of the contract's own instances (CTR-39).

type Rules = Pick<Profile['contracts'], 'icpFiling'>;

function rulesOf({ icpFiling }: Rules): readonly IcpFilingRule[] {
  if (icpFiling === 'none') throw new Refusal('invalid', 'contract.icp_not_offered');
  return icpFiling;
}

/** @throws Refusal `contract.icp_not_offered` */
export const checkGivenFiling = (rules: Rules, filing: Filing): FilingCheck =>
  checkFiling(filing, rulesOf(rules));

interface FilingOfContract extends Pick<Filing, 'region' | 'destinationIp' | 'filedIp'> {
  readonly contractId: string;
  /** Undefined: all of the contract. */
  readonly instanceIds: readonly string[] | undefined;
  /** Of servers that are not the contract's, whose the other addresses are. */
  readonly serverRegions: readonly string[];
}

/**
 * By the places that its file states, or that a draft would state now.
 *
 * @throws Refusal `contract.icp_not_offered`, `contract.not_found`, `contract.instance_not_found`,
 * `contract.place_unknown`
 */
export async function checkFilingOfContract(
  tx: Tx,
  rules: Rules,
  { contractId, instanceIds, ...ask }: FilingOfContract,
): Promise<{ filing: Filing; check: FilingCheck }> {
  const known = rulesOf(rules);
  const places = await placesOfContract(tx, contractId, instanceIds);
  const contractIps = places.map(({ ipAddress }) => ipAddress!);
  const strange = [ask.destinationIp, ask.filedIp].some((ip) => !contractIps.includes(ip));
  const filing = {
    ...ask,
    contractIps,
    serverRegions: [
      ...places.map(({ region }) => region),
      ...(strange && ask.serverRegions.length === 0 ? [null] : ask.serverRegions),
    ],
  };
  return { filing, check: checkFiling(filing, known) };
}

async function placesOfContract(
  tx: Tx,
  contractId: string,
  instanceIds: readonly string[] | undefined,
): Promise<readonly Place[]> {
  const contract = await getContract(tx, contractId);
  const { orders } = await ordersOf(tx, contract);
  const told = contract.content?.rows.flatMap((row) => row.places) ?? orders.flatMap(placesOf);
  const all = new Set(orders.flatMap((order) => order.instanceIds));
  const asked = instanceIds ?? [...all];
  const missing = asked.filter((id) => !all.has(id));
  if (missing.length > 0)
    throw new Refusal('not_found', 'contract.instance_not_found', { contractId, instanceIds: missing });
  const places = new Map(told.map((place) => [place.instanceId, place]));
  const unknown = asked.filter((id) => !places.get(id)?.ipAddress);
  if (unknown.length > 0 || asked.length === 0)
    throw new Refusal('conflict', 'contract.place_unknown', { contractId, instanceIds: unknown });
  return asked.map((id) => places.get(id)!);
}
