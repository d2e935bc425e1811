import type { z } from 'zod';
import { amend, changed, lifecycle, Refusal, unchanged, type Decision } from '@accord/core';
import type { ContractRefusalReason, ContractSnapshot, ContractVoidReason } from '@accord/events/contract';
import { equal, type Money } from '@accord/money';
import type { Party } from '../account/account.ts';
import type { DocumentContent, DocumentLanguage } from '../document/content.ts';
import type { Kind } from './contract-orders.ts';

export const contractLifecycle = lifecycle('contract', 'requested', {
  requested: { draft: 'draft', record: 'official', refuse: 'refused', void: 'voided' },
  draft: { seal: 'sealing', void: 'voided' },
  sealing: { sealed: 'official', sealFailed: 'draft', void: 'voided' },
  official: { void: 'voided' },
  refused: {},
  voided: {},
});

export type VoidReason = z.infer<typeof ContractVoidReason>;
/**
 * The reasons that a person may give; the others come with the end of an order or a bill (CTR-28, CTR-35), or of a
 * draft's time (CTR-40).
 */
export type GivenReason = Exclude<
  VoidReason,
  'order_cancelled' | 'order_voided' | 'bill_withdrawn' | 'draft_expired'
>;
type Snapshot = z.infer<typeof ContractSnapshot>;
/** An ended contract that may still hold the order at the order service (ORD-13). */
export type EarlierEnded = { readonly orderId: string; readonly contractId: string };

export interface Contract {
  readonly contractId: string;
  /** Grows with every announced change; a step of sealing that no event tells of leaves it (EVT-5). */
  readonly version: number;
  readonly accountId: string;
  /** Never reused, also where its contract was removed (CTR-25). */
  readonly number: string | null;
  readonly kind: Kind;
  readonly status: Snapshot['status'];
  readonly language: DocumentLanguage;
  readonly invoicingEntity: string;
  /** As certified at application; no later change of the account reaches it (CTR-9, CTR-10). */
  readonly partyA: Party;
  readonly orderIds: readonly string[];
  readonly billIds: readonly string[];
  readonly amount: Money | null;
  readonly refusals: readonly ContractRefusalReason[];
  readonly voidReason: VoidReason | null;
  readonly voidText: string | null;
  /** Gone from the lists (CTR-25, profiles that delete drafts). */
  readonly removed: boolean;
  readonly createdAt: Date;
  readonly draftedAt: Date | null;
  readonly finalizedAt: Date | null;
  readonly voidedAt: Date | null;
  /** The words to seal, fixed when finalizing was asked for. */
  readonly content: DocumentContent | null;
}

const iso = (date: Date | null) => date && date.toISOString();

export const contractSnapshot = (contract: Contract): Snapshot => ({
  contractId: contract.contractId,
  version: contract.version,
  accountId: contract.accountId,
  number: contract.number,
  kind: contract.kind,
  status: contract.status,
  language: contract.language,
  invoicingEntity: contract.invoicingEntity,
  partyA: contract.partyA.name,
  orderIds: [...contract.orderIds],
  billIds: [...contract.billIds],
  amount: contract.amount,
  createdAt: contract.createdAt.toISOString(),
  draftedAt: iso(contract.draftedAt),
  finalizedAt: iso(contract.finalizedAt),
  voidedAt: iso(contract.voidedAt),
});

export const isLive = ({ status }: Pick<Contract, 'status'>) => !contractLifecycle.ends.includes(status);

type RequestedContract = Pick<
  Contract,
  | 'contractId'
  | 'accountId'
  | 'kind'
  | 'language'
  | 'invoicingEntity'
  | 'partyA'
  | 'orderIds'
  | 'billIds'
  | 'amount'
  | 'createdAt'
>;

/**
 * EVT-20: asks the order service for the orders, naming the holders that ended here and may still hold them
 * there (ORD-13). Over bills nobody is asked, and the draft follows at once.
 */
export function requestContract(
  of: RequestedContract,
  { earlierEnded }: { readonly earlierEnded: readonly EarlierEnded[] },
): Decision<Contract> {
  const contract: Contract = {
    ...of,
    version: 1,
    number: null,
    status: contractLifecycle.start,
    refusals: [],
    voidReason: null,
    voidText: null,
    removed: false,
    draftedAt: null,
    finalizedAt: null,
    voidedAt: null,
    content: null,
  };
  return changed(contract, {
    type: 'contract.requested',
    data: {
      contract: contractSnapshot(contract),
      earlierEnded: earlierEnded.map((earlier) => ({ ...earlier })),
    },
  });
}

/**
 * The orders are held, or the bills. A contract that no longer waits for them stays as it is.
 *
 * @param as `payBy` is that of a payment request, as the draft leaves it.
 */
export function draftContract(
  contract: Contract,
  { number, payBy, at }: { number: string; payBy: string | null; at: Date },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'draft')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'draft'),
    number,
    draftedAt: at,
  });
  return changed(next, { type: 'contract.drafted', data: { contract: contractSnapshot(next), payBy } });
}

/** The orders could not be held, or have changed since the decision on them (CTR-4). */
export function refuseContract(
  contract: Contract,
  refusals: readonly ContractRefusalReason[],
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'refuse')) return unchanged(contract);
  const next = amend(contract, { status: contractLifecycle.after(contract.status, 'refuse'), refusals });
  return changed(next, {
    type: 'contract.refused',
    data: { contract: contractSnapshot(next), refusals: [...refusals] },
  });
}

/** @throws Refusal `contract.voided`, `contract.not_a_draft` */
export function expectDraft({ contractId, status }: Contract): void {
  if (status === 'voided')
    throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
  if (status !== 'draft') throw new Refusal('conflict', 'contract.not_a_draft', { contractId, status });
}

/** Of a draft. No event tells of it, so the version stays (EVT-5). */
export const beginSealing = (contract: Contract, content: DocumentContent): Contract => ({
  ...contract,
  status: contractLifecycle.after(contract.status, 'seal'),
  content,
});

/** CTR-34: a contract that was voided, or sealed by another instance, stays as it is. */
export function finalizeContract(
  contract: Contract,
  { sha256, at }: { sha256: string; at: Date },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'sealed')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'sealed'),
    finalizedAt: at,
  });
  const payBy = contract.content?.payBy ?? null;
  return changed(next, {
    type: 'contract.finalized',
    data: { contract: contractSnapshot(next), sha256, payBy },
  });
}

/** CTR-16: a draft states the cash that its orders leave; a contract of any other status keeps its amount. */
export function followAmount(contract: Contract, amount: Money | null): Decision<Contract> {
  if (contract.status !== 'draft' || equal(contract.amount, amount)) return unchanged(contract);
  const next = amend(contract, { amount });
  return changed(next, {
    type: 'contract.changed',
    data: { contract: contractSnapshot(next), what: ['amount'] },
  });
}

/** CTR-35: a draft states its bills as they were told last; a contract of any other status keeps them. */
export function followBills(contract: Contract, amount: Money): Decision<Contract> {
  if (contract.status !== 'draft') return unchanged(contract);
  const next = amend(contract, { amount });
  const what = equal(contract.amount, amount) ? ['bills'] : ['bills', 'amount'];
  return changed(next, { type: 'contract.changed', data: { contract: contractSnapshot(next), what } });
}

/**
 * An order of the payment request was paid meanwhile (CTR-29), cash of an order came back (CTR-16), a bill was told
 * anew (CTR-35), or the seal could not be made (CTR-34).
 */
export type SealFailure =
  | 'order_paid'
  | 'cash_returned'
  | 'bill_changed'
  | 'signing_failed'
  | 'tried_too_often';

/** A draft again, over the amount that its orders leave, or its bills have, by now. */
export function failSealing(
  contract: Contract,
  { reason, amount }: { reason: SealFailure; amount: Money | null },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'sealFailed')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'sealFailed'),
    amount,
    content: null,
  });
  return changed(next, { type: 'contract.seal_failed', data: { contract: contractSnapshot(next), reason } });
}
