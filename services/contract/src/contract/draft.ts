import { amend, recorded, unchanged, type Decision } from '@accord/core';
import type { Party } from '../account/account.ts';
import { contractSnapshot, expectDraft, type Contract } from './contract.ts';

// A draft between its reservation and its seal.

/**
 * CTR-11: contact and address are others from now on; the name stays as it was certified at application.
 *
 * @throws Refusal `contract.voided`, `contract.not_a_draft`
 */
export function changeAddress(
  contract: Contract,
  { address, contact }: Pick<Party, 'address' | 'contact'>,
): Decision<Contract> {
  expectDraft(contract);
  const { partyA } = contract;
  if (partyA.address === address && partyA.contact === contact) return unchanged(contract);
  const next = amend(contract, { partyA: { ...partyA, address, contact } });
  return recorded(
    next,
    { change: 'contract.changed', note: 'address' },
    { type: 'contract.changed', data: { contract: contractSnapshot(next), what: ['address'] } },
  );
}
