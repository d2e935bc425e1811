import type { DueItem, Tx, Worker } from '@accord/core';
import type { Profile } from '@accord/profile';
import type { Contract } from './contract/contract.ts';
import { expireDraft, remindOfDraft, type WaitRules } from './contract/draft.ts';
import {
  listOldDrafts,
  listSilentDrafts,
  lockFreeDrafts,
  rememberReminded,
} from './contract/waiting-store.ts';
import { endContract } from './voiding.ts';

// Drafts that wait too long (CTR-40), over all accounts. They fall due one by one, or in masses after the service
// was down: so several are done in one transaction, which waits for none that somebody is working on.

const everyMs = 10_000;
const ago = ({ now }: Tx, ms: number) => new Date(now.getTime() - ms);

/** Told once of each draft; of one whose time is up already nothing is told, for it ends. */
const reminding = (rules: WaitRules): Worker =>
  perDraft('draft-reminder', {
    due: (tx, limit) => {
      const { draftRemindAfterMs, draftExpiresAfterMs } = rules;
      const from = draftExpiresAfterMs === null ? null : ago(tx, draftExpiresAfterMs);
      return listSilentDrafts(tx, { from, before: ago(tx, draftRemindAfterMs) }, limit);
    },
    async act(tx, drafts) {
      const fresh = await rememberReminded(
        tx,
        drafts.map(({ contractId }) => contractId),
      );
      for (const draft of drafts.filter(({ contractId }) => fresh.has(contractId)))
        tx.emit(...remindOfDraft(draft, rules).facts);
    },
  });

/** Voided, also when the service was down meanwhile. The contract's lock decides against a finalizing. */
const expiring = (rules: WaitRules & { readonly draftExpiresAfterMs: number }): Worker =>
  perDraft('draft-expiry', {
    due: (tx, limit) => listOldDrafts(tx, ago(tx, rules.draftExpiresAfterMs), limit),
    async act(tx, drafts) {
      for (const draft of drafts) await endContract(tx, expireDraft(draft, rules, tx.now));
    },
  });

interface Work {
  readonly due: Worker['due'];
  /** On locked drafts, which may have changed since they were found. */
  readonly act: (tx: Tx, drafts: readonly Contract[]) => Promise<void>;
}

function perDraft(name: string, { due, act }: Work): Worker {
  const drafts = (tx: Tx, items: readonly DueItem[]) =>
    lockFreeDrafts(
      tx,
      items.map(({ id }) => id),
    );
  return {
    name,
    everyMs,
    due,
    run: (db, item) =>
      db.transaction({ kind: 'system', id: name, accountId: item.accountId }, async (tx) =>
        act(tx, await drafts(tx, [item])),
      ),
    together: (db, items) =>
      db.transaction({ kind: 'system', id: name }, async (tx) => act(tx, await drafts(tx, items))),
  };
}

/** CTR-40, as the profile has it. */
export function waitingDrafts({ contracts: rules }: Profile): readonly Worker[] {
  const { draftExpiresAfterMs } = rules;
  return [
    reminding(rules),
    ...(draftExpiresAfterMs === null ? [] : [expiring({ ...rules, draftExpiresAfterMs })]),
  ];
}
