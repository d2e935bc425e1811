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

type VoidReason = z.infer<typeof ContractVoidReason>;
/** The reasons that a person may give; the others come with an order's end (CTR-26, CTR-28), or a draft's (CTR-40). */
export type GivenReason = Exclude<VoidReason, 'order_cancelled' | 'order_voided' | 'draft_expired'>;
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
  | 'amount'
  | 'createdAt'
>;

/**
 * EVT-20: asks the order service for the orders, naming the holders that ended here and may still hold them
 * there (ORD-13).
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
 * The orders are held. A contract that no longer waits for them stays as it is.
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

/**
 * An order of the payment request was paid meanwhile (CTR-29), cash of an order came back (CTR-16), or the seal could
 * not be made (CTR-34).
 */
export type SealFailure = 'order_paid' | 'cash_returned' | 'signing_failed' | 'tried_too_often';

/** A draft again, over the amount that its orders leave by now. */
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

interface Voiding {
  readonly reason: VoidReason;
  readonly text: string | null;
  /** The order whose end it is (CTR-28). */
  readonly orderId: string | null;
  readonly at: Date;
  readonly removed?: boolean;
}

/** Ends a live contract. @throws Refusal `contract.transition_refused` for one that has ended. */
export function voidContract(
  contract: Contract,
  { reason, text, orderId, at, removed = false }: Voiding,
): Decision<Contract> {
  const status = contractLifecycle.after(contract.status, 'void');
  const next = amend(contract, { status, voidReason: reason, voidText: text, voidedAt: at, removed });
  return changed(next, {
    type: 'contract.voided',
    data: { contract: contractSnapshot(next), reason, text, orderId },
  });
}

/** The profile's rules for ending a contract by oneself (CTR-25, CTR-26). */
export interface VoidRules {
  readonly removeDraft: 'void' | 'delete';
  readonly voidOfficial: 'ticket' | 'self_service';
}

/** CTR-25, CTR-26: how the customer of a live contract ends it where these rules hold. */
export function endingOf(
  { status }: Pick<Contract, 'status'>,
  { removeDraft, voidOfficial }: VoidRules,
): 'void' | 'delete' | 'ticket' | 'wait' {
  if (status === 'sealing') return 'wait';
  if (status === 'official') return voidOfficial === 'ticket' ? 'ticket' : 'void';
  return removeDraft;
}

/**
 * CTR-25, CTR-26: by the customer, or an operator for one.
 *
 * @throws Refusal `contract.sealing`, `contract.needs_ticket`, `contract.voided`,
 * `contract.transition_refused`
 */
export function voidByHand(
  contract: Contract,
  by: Pick<Voiding, 'reason' | 'text' | 'at'>,
  rules: VoidRules,
): Decision<Contract> {
  const { contractId, status } = contract;
  if (status === 'voided') throw new Refusal('conflict', 'contract.voided', { contractId });
  if (status === 'sealing')
    throw new Refusal('conflict', 'contract.sealing', { contractId, remedy: 'try_again_when_sealed' });
  if (status === 'official' && rules.voidOfficial === 'ticket') {
    throw new Refusal('conflict', 'contract.needs_ticket', {
      contractId,
      ticketKind: 'void_official',
      remedy: 'submit_ticket',
    });
  }
  const removed = status !== 'official' && rules.removeDraft === 'delete';
  return voidContract(contract, { ...by, orderId: null, removed });
}

/** CTR-28: a contract dies with any one of its orders. One that has ended stays as it ended. */
export function voidForDeadOrder(
  contract: Contract,
  order: { orderId: string; status: 'cancelled' | 'voided' },
  at: Date,
): Decision<Contract> {
  if (!isLive(contract)) return unchanged(contract);
  const reason = order.status === 'cancelled' ? 'order_cancelled' : 'order_voided';
  return voidContract(contract, { reason, text: null, orderId: order.orderId, at });
}
