import type { z } from 'zod';
import { lifecycle, Refusal, type Decision } from '@accord/core';
import type { Fact } from '@accord/events';
import type {
  ContractKind,
  ContractRefusalReason,
  ContractSnapshot,
  ContractVoidReason,
  Language,
} from '@accord/events/contract';
import type { Money } from '@accord/money';
import type { Party } from '../account/account.ts';
import type { DocumentContent } from '../document/content.ts';

export const contractLifecycle = lifecycle('contract', 'requested', {
  requested: { draft: 'draft', refuse: 'refused', void: 'voided' },
  draft: { seal: 'sealing', void: 'voided' },
  sealing: { sealed: 'official', sealFailed: 'draft', void: 'voided' },
  official: { void: 'voided' },
  refused: {},
  voided: {},
});

export type Kind = z.infer<typeof ContractKind>;
export type Tongue = z.infer<typeof Language>;
export type VoidReason = z.infer<typeof ContractVoidReason>;
/** What a person may give as reason; the others come with an order's end (CTR-26, CTR-28). */
export type GivenReason = Exclude<VoidReason, 'order_cancelled' | 'order_voided'>;
export type RefusedOrder = ContractRefusalReason;
export type Snapshot = z.infer<typeof ContractSnapshot>;
export type EarlierEnded = { readonly orderId: string; readonly contractId: string };

export interface Contract {
  readonly contractId: string;
  /** Grows with every announced change; a step of sealing that nobody is told of leaves it (EVT-5). */
  readonly version: number;
  readonly accountId: string;
  /** Never reused, also where its contract was removed (CTR-25). */
  readonly number: string | null;
  readonly kind: Kind;
  readonly status: Snapshot['status'];
  readonly language: Tongue;
  readonly invoicingEntity: string;
  /** As certified at application; no later change of the account reaches it (CTR-9, CTR-10). */
  readonly partyA: Party;
  readonly orderIds: readonly string[];
  readonly amount: Money | null;
  readonly refusals: readonly RefusedOrder[];
  readonly voidReason: VoidReason | null;
  readonly voidText: string | null;
  /** Gone from the lists (CTR-25, profiles that delete drafts). */
  readonly removed: boolean;
  readonly createdAt: Date;
  readonly draftedAt: Date | null;
  readonly finalizedAt: Date | null;
  readonly voidedAt: Date | null;
  /** What is sealed, fixed when finalizing was asked for. */
  readonly content: DocumentContent | null;
}

const iso = (date: Date | null) => date && date.toISOString();

export const snapshotOf = (contract: Contract): Snapshot => ({
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

const amend = (contract: Contract, change: Partial<Contract>): Contract => ({
  ...contract,
  ...change,
  version: contract.version + 1,
});
const decide = (state: Contract, fact: (contract: Snapshot) => Fact): Decision<Contract> => ({
  state,
  facts: [fact(snapshotOf(state))],
});
const unchanged = (state: Contract): Decision<Contract> => ({ state, facts: [] });

export const isLive = ({ status }: Pick<Contract, 'status'>) => !contractLifecycle.ends.includes(status);

/**
 * EVT-20: asks the order service for the orders, naming the holders that ended here and may still hold them
 * there (ORD-13).
 */
export function requestContract(
  of: Pick<
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
  >,
  { earlierEnded }: { earlierEnded: readonly EarlierEnded[] },
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
  return decide(contract, (snapshot) => ({
    type: 'contract.requested',
    data: { contract: snapshot, earlierEnded: earlierEnded.map((earlier) => ({ ...earlier })) },
  }));
}

/** The orders are held. A contract that no longer waits for them stays as it is. */
export function draftContract(
  contract: Contract,
  { number, at }: { number: string; at: Date },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'draft')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'draft'),
    number,
    draftedAt: at,
  });
  return decide(next, (snapshot) => ({ type: 'contract.drafted', data: { contract: snapshot } }));
}

/** The orders could not be held, or are not what was decided on (CTR-4). */
export function refuseContract(contract: Contract, refusals: readonly RefusedOrder[]): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'refuse')) return unchanged(contract);
  const next = amend(contract, { status: contractLifecycle.after(contract.status, 'refuse'), refusals });
  return decide(next, (snapshot) => ({
    type: 'contract.refused',
    data: { contract: snapshot, refusals: [...refusals] },
  }));
}

/** @throws Refusal `contract.voided`, `contract.not_a_draft` */
export function expectDraft({ contractId, status }: Contract): void {
  if (status === 'voided')
    throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
  if (status !== 'draft') throw new Refusal('conflict', 'contract.not_a_draft', { contractId, status });
}

/** Of a draft. No fact: nobody hears of it until it is sealed. */
export const beginSealing = (contract: Contract, content: DocumentContent): Contract => ({
  ...contract,
  status: contractLifecycle.after(contract.status, 'seal'),
  content,
});

/** CTR-34: one that was voided, or sealed by another, stays as it is. */
export function finalizeContract(
  contract: Contract,
  { sha256, at }: { sha256: string; at: Date },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'sealed')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'sealed'),
    finalizedAt: at,
  });
  return decide(next, (snapshot) => ({ type: 'contract.finalized', data: { contract: snapshot, sha256 } }));
}

export function failSealing(contract: Contract, reason: string): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'sealFailed')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'sealFailed'),
    content: null,
  });
  return decide(next, (snapshot) => ({ type: 'contract.seal_failed', data: { contract: snapshot, reason } }));
}

export interface Voiding {
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
  return decide(next, (snapshot) => ({
    type: 'contract.voided',
    data: { contract: snapshot, reason, text, orderId },
  }));
}

/** What the profile says of ending a contract by oneself (CTR-25, CTR-26). */
export interface VoidRules {
  readonly removeDraft: 'void' | 'delete';
  readonly voidOfficial: 'ticket' | 'self_service';
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
