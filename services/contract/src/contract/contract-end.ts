import { amend, changed, Refusal, unchanged, type Decision } from '@accord/core';
import { contractLifecycle, contractSnapshot, isLive, type Contract, type VoidReason } from './contract.ts';
import { paperLifecycle, type PaperCopies, type PaperDecision } from './paper-copy.ts';

interface Voiding {
  readonly reason: VoidReason;
  readonly text: string | null;
  /** The order whose end it is (CTR-28). */
  readonly orderId: string | null;
  /** The bill whose withdrawal it is (CTR-35). */
  readonly billId?: string;
  readonly at: Date;
  readonly removed?: boolean;
}

/** Ends a live contract. @throws Refusal `contract.transition_refused` for one that has ended. */
export function voidContract(
  contract: Contract,
  { reason, text, orderId, billId, at, removed = false }: Voiding,
): Decision<Contract> {
  const status = contractLifecycle.after(contract.status, 'void');
  const next = amend(contract, { status, voidReason: reason, voidText: text, voidedAt: at, removed });
  return changed(next, {
    type: 'contract.voided',
    data: { contract: contractSnapshot(next), reason, text, orderId, billId: billId ?? null },
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

/** CTR-35: a contract dies with any one of its bills. One that has ended stays as it ended. */
export const voidForWithdrawnBill = (contract: Contract, billId: string, at: Date): Decision<Contract> =>
  isLive(contract)
    ? voidContract(contract, { reason: 'bill_withdrawn', text: null, orderId: null, billId, at })
    : unchanged(contract);

/** CTR-24: a contract that has ended takes its paper copies along; undefined where they are in the mail, or beyond. */
export function cancelPaper(contract: Contract, paper: PaperCopies, at: Date): PaperDecision | undefined {
  const { status } = paper;
  if (!paperLifecycle.allows(status, 'cancel')) return undefined;
  const next = amend(contract, {});
  return {
    paper: { ...paper, status: paperLifecycle.after(status, 'cancel'), endedAt: at },
    contract: changed(next, {
      type: 'contract.paper_cancelled',
      data: { contract: contractSnapshot(next) },
    }),
  };
}
