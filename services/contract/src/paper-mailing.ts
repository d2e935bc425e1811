import { expectVersion, Refusal, type Tx } from '@accord/core';
import { businessDayEnd, type Profile } from '@accord/profile';
import { lockContract, saveContract } from './contract/contract-store.ts';
import type { Contract } from './contract/contract.ts';
import { insertPaper, lockPaperIfAny, savePaper } from './contract/paper-copy-store.ts';
import {
  deliverPaper,
  mailPaper,
  printPaper,
  requestPaper,
  returnPaper,
  type PaperCopies,
  type PaperDecision,
  type Recipient,
} from './contract/paper-copy.ts';

// Paper copies of an official contract (CTR-30): the customer asks for them, operators print and mail them and
// say where they came to. The contract is locked first, as every end of a contract locks it (CTR-24).

interface Target {
  readonly contractId: string;
  /** The version of the contract that the caller saw, where it said so. */
  readonly ifMatch: readonly number[] | undefined;
}

interface Mailing {
  readonly paper: PaperCopies;
  readonly contract: Contract;
}

/**
 * @throws Refusal `contract.not_found`, `contract.voided`, `contract.not_official`, `paper.by_ticket`,
 * `paper.copies_out_of_bounds`, `paper.already_requested`, `request.version_mismatch`
 */
export async function requestPaperCopies(
  tx: Tx,
  profile: Profile,
  { contractId, ifMatch, copies, ...to }: Target & Recipient & { readonly copies: number },
): Promise<Mailing> {
  const contract = await lockContract(tx, contractId);
  expectVersion(ifMatch, contract.version);
  const { paper: rules } = profile.contracts;
  if (rules.by === 'ticket') {
    throw new Refusal('conflict', 'paper.by_ticket', {
      contractId,
      ticketKind: 'physical_seal',
      remedy: 'submit_ticket',
    });
  }
  const { minCopies, maxCopies, mailedWithinBusinessDays: days } = rules;
  if (copies < minCopies || copies > maxCopies)
    throw new Refusal('invalid', 'paper.copies_out_of_bounds', { copies, minCopies, maxCopies });
  const [from, by] = days.map((day) => businessDayEnd(profile, tx.now, day)) as [Date, Date];
  const decision = requestPaper(contract, { ...to, copies, promised: [from, by], at: tx.now });
  await insertPaper(tx, decision.paper);
  return { paper: decision.paper, contract: saveContract(tx, decision.contract) };
}

/** Both for update. @throws Refusal `contract.not_found`, `paper.not_found`, `request.version_mismatch` */
async function lockMailing(tx: Tx, { contractId, ifMatch }: Target): Promise<Mailing> {
  const contract = await lockContract(tx, contractId);
  const paper = await lockPaperIfAny(tx, contractId);
  if (!paper) throw new Refusal('not_found', 'paper.not_found', { contractId });
  expectVersion(ifMatch, contract.version);
  return { paper, contract };
}

function save(tx: Tx, { paper, contract }: PaperDecision): Mailing {
  savePaper(tx, paper);
  return { paper, contract: saveContract(tx, contract) };
}

/** @throws Refusal as `lockMailing` does, `paper.wrong_status`, as the others below */
export async function printPaperCopies(tx: Tx, target: Target): Promise<Mailing> {
  const { paper, contract } = await lockMailing(tx, target);
  const printed = printPaper(paper, tx.now);
  savePaper(tx, printed);
  return { paper: printed, contract };
}

export async function mailPaperCopies(
  tx: Tx,
  {
    carrier,
    trackingNumber,
    ...target
  }: Target & { readonly carrier: string; readonly trackingNumber: string },
): Promise<Mailing> {
  const { paper, contract } = await lockMailing(tx, target);
  return save(tx, mailPaper(contract, paper, { carrier, trackingNumber, at: tx.now }));
}

export async function deliverPaperCopies(tx: Tx, target: Target): Promise<Mailing> {
  const { paper, contract } = await lockMailing(tx, target);
  return save(tx, deliverPaper(contract, paper, tx.now));
}

export async function returnPaperCopies(
  tx: Tx,
  { text, ...target }: Target & { readonly text: string },
): Promise<Mailing> {
  const { paper, contract } = await lockMailing(tx, target);
  return save(tx, returnPaper(contract, paper, { text, at: tx.now }));
}
