import { expectVersion, Refusal, type Decision, type Tx } from '@accord/core';
import type { Event, EventAbout } from '@accord/events';
import { eventsAbout, type Subscriptions } from '@accord/messaging';
import type { Profile } from '@accord/profile';
import { cancelPaper, voidByHand, voidForDeadOrder } from './contract/contract-end.ts';
import { markReleased } from './contract/contract-orders-store.ts';
import { lockContract, lockLiveContractOf, saveContract } from './contract/contract-store.ts';
import type { Contract, GivenReason } from './contract/contract.ts';
import { lockPaperIfAny, savePaper } from './contract/paper-copy-store.ts';
import { lockOpenTicketsOf, saveTicket } from './ticket/ticket-store.ts';
import { withdrawTicket } from './ticket/ticket.ts';

// A contract ends by the customer's hand, by an approved ticket, or with one of its orders or bills. These are
// free here at once, and the order service ends the holds when it hears `contract.voided` (EVT-21, EVT-22).
// Locks go contract first, then its tickets.

/**
 * Saves a contract's end; its open tickets are withdrawn with it (`ticket.withdrawn`), and paper copies that are not
 * in the mail yet are cancelled (`contract.paper_cancelled`, CTR-24).
 */
export async function endContract(tx: Tx, decision: Decision<Contract>): Promise<Contract> {
  const contract = saveContract(tx, decision);
  if (decision.facts.length === 0) return contract;
  for (const ticket of await lockOpenTicketsOf(tx, contract.contractId))
    saveTicket(tx, withdrawTicket(ticket, { text: 'contract_ended', at: tx.now }));
  const paper = contract.finalizedAt === null ? undefined : await lockPaperIfAny(tx, contract.contractId);
  const cancelled = paper && cancelPaper(contract, paper, tx.now);
  if (!cancelled) return contract;
  savePaper(tx, cancelled.paper);
  return saveContract(tx, cancelled.contract);
}

interface VoidAsk {
  readonly contractId: string;
  readonly reason: GivenReason;
  readonly text: string | null;
  /** The version the caller saw, where it said so. */
  readonly ifMatch: readonly number[] | undefined;
}

/**
 * CTR-25, CTR-26.
 *
 * @throws Refusal as `voidByHand` does, `contract.not_found`, `request.version_mismatch`
 */
export async function voidOnRequest(
  tx: Tx,
  { contracts: rules }: Profile,
  { contractId, reason, text, ifMatch }: VoidAsk,
): Promise<Contract> {
  const contract = await lockContract(tx, contractId);
  expectVersion(ifMatch, contract.version);
  return endContract(tx, voidByHand(contract, { reason, text, at: tx.now }, rules));
}

/**
 * CTR-25, where the profile deletes drafts.
 *
 * @throws Refusal as `voidByHand` does, `contract.not_found`, `contract.not_a_draft`, `contract.void_instead`,
 * `request.version_mismatch`
 */
export async function removeDraft(
  tx: Tx,
  { contracts: rules }: Profile,
  { contractId, ifMatch }: Pick<VoidAsk, 'contractId' | 'ifMatch'>,
): Promise<Contract> {
  const contract = await lockContract(tx, contractId);
  expectVersion(ifMatch, contract.version);
  if (contract.status === 'official' || contract.status === 'refused') {
    throw new Refusal('conflict', 'contract.not_a_draft', { contractId, status: contract.status });
  }
  const removed = voidByHand(contract, { reason: 'unintended', text: null, at: tx.now }, rules);
  if (rules.removeDraft === 'void')
    throw new Refusal('conflict', 'contract.void_instead', { contractId, remedy: 'void_contract' });
  return endContract(tx, removed);
}

/** CTR-28: an order's end, whichever event shows it, is an end for its live contract. */
async function onOrder(tx: Tx, { data: { order } }: Event<EventAbout<'order'>>): Promise<void> {
  const { orderId, status } = order;
  if (status !== 'cancelled' && status !== 'voided') return;
  const contract = await lockLiveContractOf(tx, orderId);
  if (contract) await endContract(tx, voidForDeadOrder(contract, { orderId, status }, tx.now));
}

/** ORD-13: an order that its holder let go need not be named as held by it in a later application. */
async function onOrderReleased(tx: Tx, event: Event<'order.released'>): Promise<void> {
  await onOrder(tx, event);
  const { holder, order } = event.data;
  if (holder.kind === 'contract') markReleased(tx, holder.id, order.orderId);
}

/** An order's event locks the order and its live contract. */
export const orderRows = ({ data: { order } }: Event<EventAbout<'order'>>) => [order.orderId];

/** An order that was just placed cannot have ended: its event changes the view alone. */
const { 'order.placed': _placed, ...laterEvents } = eventsAbout('order', { on: onOrder, locks: orderRows });

export const voidingSubscriptions: Subscriptions = {
  ...laterEvents,
  'order.released': { on: onOrderReleased, locks: orderRows },
};
