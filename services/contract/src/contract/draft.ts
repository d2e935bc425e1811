import { amend, changed, unchanged, type Decision } from '@accord/core';
import type { Party } from '../account/account.ts';
import { voidContract } from './contract-end.ts';
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
  return changed(next, {
    type: 'contract.changed',
    data: { contract: contractSnapshot(next), what: ['address'] },
  });
}

/** How long drafts may wait, ms (CTR-40). */
export interface WaitRules {
  readonly draftRemindAfterMs: number;
  /** Null: for ever. */
  readonly draftExpiresAfterMs: number | null;
}

const after = (time: Date, ms: number) => new Date(time.getTime() + ms);

/** When a draft is voided because nothing was done about it; null where it waits for ever. */
export const expiryOf = (
  { draftedAt }: Contract,
  { draftExpiresAfterMs }: Pick<WaitRules, 'draftExpiresAfterMs'>,
): Date | null => (draftedAt && draftExpiresAfterMs !== null ? after(draftedAt, draftExpiresAfterMs) : null);

/** CTR-40: announced of a draft. Nothing of the contract changes, so its version stays (EVT-5). */
export function remindOfDraft(contract: Contract, rules: WaitRules): Decision<Contract> {
  if (contract.status !== 'draft') return unchanged(contract);
  const expiresAt = expiryOf(contract, rules)?.toISOString() ?? null;
  return changed(contract, {
    type: 'contract.draft_idle',
    data: { contract: contractSnapshot(contract), expiresAt },
  });
}

/** CTR-40: ends a draft that has waited too long; any other contract stays as it is. */
export function expireDraft(contract: Contract, rules: WaitRules, at: Date): Decision<Contract> {
  const expiresAt = expiryOf(contract, rules);
  if (contract.status !== 'draft' || expiresAt === null || expiresAt > at) return unchanged(contract);
  return voidContract(contract, { reason: 'draft_expired', text: null, orderId: null, at });
}
