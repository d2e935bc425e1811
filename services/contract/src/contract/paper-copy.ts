import { amend, changed, lifecycle, Refusal, type Decision } from '@accord/core';
import type { Fact } from '@accord/events';
import { contractSnapshot, type Contract } from './contract.ts';

export const paperLifecycle = lifecycle('paper', 'requested', {
  requested: { print: 'printed', cancel: 'cancelled' },
  printed: { mail: 'mailed', cancel: 'cancelled' },
  mailed: { deliver: 'delivered', return: 'returned' },
  delivered: {},
  returned: {},
  cancelled: {},
});

export interface Recipient {
  readonly recipient: string;
  readonly phone: string;
  readonly address: string;
}

/** The paper copies of an official contract, once per contract (CTR-30). */
export interface PaperCopies extends Recipient {
  readonly contractId: string;
  readonly accountId: string;
  readonly status: typeof paperLifecycle.start | (typeof paperLifecycle.ends)[number] | 'printed' | 'mailed';
  readonly copies: number;
  readonly requestedAt: Date;
  /** Ends of the business days between which they are mailed, as was promised when they were asked for. */
  readonly promisedFrom: Date;
  readonly promisedBy: Date;
  readonly printedAt: Date | null;
  readonly mailedAt: Date | null;
  readonly carrier: string | null;
  readonly trackingNumber: string | null;
  /** Delivered, returned or cancelled then. */
  readonly endedAt: Date | null;
  /** Why they came back, in words. */
  readonly returnText: string | null;
}

/** The copies, and their contract: each step that is announced is a version of the contract. */
export interface PaperDecision {
  readonly paper: PaperCopies;
  readonly contract: Decision<Contract>;
}

const announced = (contract: Contract, fact: (next: Contract) => Fact) => {
  const next = amend(contract, {});
  return changed(next, fact(next));
};

/** @throws Refusal `contract.voided`, `contract.not_official` */
export function requestPaper(
  contract: Contract,
  { promised: [promisedFrom, promisedBy], at, ...ask }: Recipient & PaperAsk,
): PaperDecision {
  const { contractId, accountId, status } = contract;
  if (status === 'voided')
    throw new Refusal('conflict', 'contract.voided', { contractId, remedy: 'apply_again' });
  if (status !== 'official')
    throw new Refusal('conflict', 'contract.not_official', { contractId, status, remedy: 'finalize_first' });
  const paper: PaperCopies = {
    ...ask,
    contractId,
    accountId,
    status: paperLifecycle.start,
    requestedAt: at,
    promisedFrom,
    promisedBy,
    printedAt: null,
    mailedAt: null,
    carrier: null,
    trackingNumber: null,
    endedAt: null,
    returnText: null,
  };
  return {
    paper,
    contract: announced(contract, (next) => ({
      type: 'contract.paper_requested',
      data: { contract: contractSnapshot(next), copies: ask.copies },
    })),
  };
}

interface PaperAsk {
  readonly copies: number;
  readonly promised: readonly [from: Date, by: Date];
  readonly at: Date;
}

type Action = 'print' | 'mail' | 'deliver' | 'return';

/** @throws Refusal `paper.wrong_status` */
const stepped = (paper: PaperCopies, action: Action, change: Partial<PaperCopies>): PaperCopies => {
  const { contractId, status } = paper;
  if (!paperLifecycle.allows(status, action))
    throw new Refusal('conflict', 'paper.wrong_status', { contractId, status, action });
  return { ...paper, ...change, status: paperLifecycle.after(status, action) };
};

/** No event tells of it, so the contract keeps its version. @throws Refusal `paper.wrong_status` */
export const printPaper = (paper: PaperCopies, at: Date): PaperCopies =>
  stepped(paper, 'print', { printedAt: at });

/** @throws Refusal `paper.wrong_status` */
export const mailPaper = (
  contract: Contract,
  paper: PaperCopies,
  { carrier, trackingNumber, at }: { carrier: string; trackingNumber: string; at: Date },
): PaperDecision => ({
  paper: stepped(paper, 'mail', { carrier, trackingNumber, mailedAt: at }),
  contract: announced(contract, (next) => ({
    type: 'contract.paper_mailed',
    data: { contract: contractSnapshot(next), carrier, trackingNumber },
  })),
});

/** @throws Refusal `paper.wrong_status` */
export const deliverPaper = (contract: Contract, paper: PaperCopies, at: Date): PaperDecision => ({
  paper: stepped(paper, 'deliver', { endedAt: at }),
  contract: announced(contract, (next) => ({
    type: 'contract.paper_delivered',
    data: { contract: contractSnapshot(next) },
  })),
});

/** @throws Refusal `paper.wrong_status` */
export const returnPaper = (
  contract: Contract,
  paper: PaperCopies,
  { text, at }: { text: string; at: Date },
): PaperDecision => ({
  paper: stepped(paper, 'return', { endedAt: at, returnText: text }),
  contract: announced(contract, (next) => ({
    type: 'contract.paper_returned',
    data: { contract: contractSnapshot(next), text },
  })),
});

export const isLate = ({ mailedAt, endedAt, promisedBy }: PaperCopies, now: Date) =>
  mailedAt === null && endedAt === null && promisedBy < now;
