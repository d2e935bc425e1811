import { readFileSync } from 'node:fs';

/** A change of one place in the sources: the fragment must be there, once. */
export interface Edit {
  /** Below the repository's root. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

/** A bug that the rules of the sagas are there to prevent; planted while the sources are loaded, never in the files. */
export interface Planted {
  readonly name: string;
  readonly rule: string;
  /** What is wrong. */
  readonly says: string;
  readonly edits: readonly Edit[];
}

const reservation = 'services/order/src/reservation.ts';
const order = 'services/order/src/order.ts';

export const planted: readonly Planted[] = [
  {
    name: 'no-memory-of-ends',
    rule: 'ORD-13',
    says: 'a holder that ended before it was reserved gets its orders all the same',
    edits: [{ file: 'services/order/src/holder.ts', find: `return row.endedAt ? 'ended' : 'live';`, put: `return 'live';` }],
  },
  {
    name: 'version-ignored',
    rule: 'EVT-5',
    says: 'an event that comes late overwrites what a newer one told',
    edits: [{ file: 'services/contract/src/order-view.ts', find: 'where order_view.version < excluded.version', put: '' }],
  },
  {
    name: 'release-unchecked',
    rule: 'ORD-13',
    says: 'the end of a contract frees the orders it lists, whoever holds them by now',
    edits: [
      {
        file: reservation,
        find: `onHolderEnded(tx, { kind: 'contract', id: contract.contractId }, contract.accountId);`,
        put: `rememberEnds(tx, 'contract', [contract.contractId], contract.accountId)
          .then(() => lockOrders(tx, contract.orderIds)).then((orders) => void saveOrders(tx, orders.map((order) => releaseOrder(order, order.hold))));`,
      },
    ],
  },
  {
    name: 'failed-payout-frees',
    rule: 'ORD-13, RFD-17',
    says: 'a payout that failed ends the holds of its refund',
    edits: [
      {
        file: 'services/order/src/service.ts',
        find: `'refund.succeeded': {`,
        put: `'refund.failed': { on: onRefundEnded, locks: refundRows }, 'refund.succeeded': {`,
      },
    ],
  },
  {
    name: 'hold-kept',
    rule: 'ORD-13',
    says: 'an order that was refunded in part stays held by the refund that succeeded',
    edits: [{ file: order, find: 'const part = amend(order, { hold: null, refundedInstanceIds,', put: 'const part = amend(order, { refundedInstanceIds,' }],
  },
  {
    name: 'order-on-refunded-instance',
    rule: 'ORD-12',
    says: 'an order is accepted on an instance whose orders a refund holds',
    edits: [{ file: 'services/order/src/order-store.ts', find: ` or o.hold_kind = 'refund')`, put: ')' }],
  },
  {
    name: 'ended-contract-unnamed',
    rule: 'ORD-13',
    says: 'an application does not name the ended contract that may still hold its order',
    edits: [{ file: 'services/contract/src/contract.ts', find: 'earlierEnded: earlierEnded.map((earlier) => ({ ...earlier }))', put: 'earlierEnded: []' }],
  },
  {
    name: 'not-decided-again',
    rule: 'CTR-4',
    says: 'a contract is drafted although its orders are not what it was decided on',
    edits: [{ file: 'services/contract/src/application.ts', find: 'if (changed.length > 0) {', put: 'if (changed.length < 0) {' }],
  },
  {
    name: 'money-dropped',
    rule: 'ORD-5',
    says: 'money that arrives for an order that cannot be paid is dropped',
    edits: [
      { file: 'services/order/src/payment.ts', find: 'if (reason) await giveBack(tx, order, { paymentReference, parts, reason });', put: 'if (reason) return;' },
    ],
  },
  {
    name: 'overdue-reserved',
    rule: 'ORD-12',
    says: 'an order past its payBy is reserved for a contract',
    edits: [{ file: reservation, find: 'const orders = await expireDue(tx, freed);', put: 'const orders = freed;' }],
  },
];

export function plantOf(name: string): Planted {
  const found = planted.find((one) => one.name === name);
  if (!found) throw new Error(`There is no planted bug ${name}; there are ${planted.map((one) => one.name).join(', ')}.`);
  return found;
}

const root = new URL('../../', import.meta.url);

/** @throws Error where a fragment is not in its file exactly once: a bug that is not planted would not be found either. */
export function planting(bug: Planted): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const { file, find, put } of bug.edits) {
    const url = new URL(file, root);
    const source = sources.get(url.href) ?? readFileSync(url, 'utf8');
    const times = source.split(find).length - 1;
    if (times !== 1) throw new Error(`The planted bug ${bug.name} no longer applies: ${file} has ${times} times\n  ${find}`);
    sources.set(url.href, source.replace(find, () => put));
  }
  return sources;
}
