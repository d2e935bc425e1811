import { Temporal } from 'temporal-polyfill';
import { amend, changed, Refusal, unchanged, type Decision } from '@accord/core';
import { contractLifecycle, contractSnapshot, type Contract } from './contract.ts';

/** The facts of a contract that was signed outside (CTR-36), fixed when its recording was asked for. */
export interface Offline {
  /** The provider's own; it becomes the contract's once the contract is official. */
  readonly number: string;
  /** `2026-03-01` */
  readonly signedOn: string;
  /** Of the file, in hex. */
  readonly sha256: string;
  /** The approved ticket that it was recorded for. */
  readonly ticketId: string | null;
  /** Of the operator who records without a ticket (CTR-38). */
  readonly reason: string | null;
}

/** The form of the numbers that are drawn here (API-10). */
const ours = /^CT-\d{4}-\d{8,}$/;

/** @throws Refusal `contract.number_reserved` for a number that a contract made here could get. */
export function expectForeignNumber(number: string): void {
  if (ours.test(number)) throw new Refusal('invalid', 'contract.number_reserved', { number });
}

/** By the provider's calendar. @throws Refusal `contract.signed_in_future` */
export function expectSigned(signedOn: string, timeZone: string, now: Date): void {
  const today = Temporal.Instant.fromEpochMilliseconds(now.getTime())
    .toZonedDateTimeISO(timeZone)
    .toPlainDate()
    .toString();
  if (signedOn > today) throw new Refusal('invalid', 'contract.signed_in_future', { signedOn, today });
}

/**
 * The orders of a contract signed outside are held, so it is official (CTR-36). One that no longer waits for them stays
 * as it is.
 */
export function recordContract(
  contract: Contract,
  { number, sha256, signedOn, at }: Pick<Offline, 'number' | 'sha256' | 'signedOn'> & { readonly at: Date },
): Decision<Contract> {
  if (!contractLifecycle.allows(contract.status, 'record')) return unchanged(contract);
  const next = amend(contract, {
    status: contractLifecycle.after(contract.status, 'record'),
    number,
    finalizedAt: at,
  });
  return changed(next, {
    type: 'contract.finalized',
    data: { contract: contractSnapshot(next), sha256, payBy: null, signedOn },
  });
}
