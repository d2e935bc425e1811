import type { Change } from '../changed-source.ts';

/** A bug that the rules of the sagas are there to prevent. */
export interface Planted {
  readonly name: string;
  /** The rule the bug is against. */
  readonly rule: string;
  /** The wrong that it does. */
  readonly says: string;
  /** The rule that the simulation sees broken. */
  readonly breaks: string;
  /** Where the tests begin to look: the run of this seed showed it. `npm run simulate -- --planted` tells a new one. */
  readonly seed: number;
  readonly changes: readonly Change[];
}

const reservation = 'services/order/src/reservation.ts';

export const planted: readonly Planted[] = [
  {
    name: 'no-memory-of-ends',
    rule: 'ORD-13',
    says: 'a holder that ended before it was reserved gets its orders all the same',
    breaks: 'EVT-32',
    seed: 10,
    changes: [
      {
        file: 'services/order/src/order/holder-store.ts',
        fragment: `return row.endedAt ? 'ended' : 'live';`,
        replacement: `return 'live';`,
      },
    ],
  },
  {
    name: 'version-ignored',
    rule: 'EVT-5',
    says: 'an event that comes late overwrites what a newer one told',
    breaks: 'EVT-36',
    seed: 6,
    changes: [
      {
        file: 'libs/messaging/src/keep-newest.ts',
        fragment: 'where ${table}.version < excluded.version',
        replacement: '',
      },
    ],
  },
  {
    name: 'release-unchecked',
    rule: 'ORD-13',
    says: 'the end of a contract frees the orders it lists, whoever holds them by now',
    breaks: 'EVT-32',
    seed: 12,
    changes: [
      {
        file: reservation,
        fragment: `endHolder(tx, { kind: 'contract', id: contract.contractId }, contract.accountId);`,
        replacement: `(saveEnds(tx, { kind: 'contract', ids: [contract.contractId], accountId: contract.accountId }),
            lockOrders(tx, contract.orderIds))
          .then((orders) => void saveOrders(tx, orders.map((order) => releaseOrder(order, order.hold))));`,
      },
    ],
  },
  {
    name: 'failed-payout-frees',
    rule: 'ORD-13, RFD-17',
    says: 'a payout that failed ends the holds of its refund',
    breaks: 'EVT-32',
    seed: 56,
    changes: [
      {
        file: 'services/order/src/service.ts',
        fragment: `'refund.succeeded': {`,
        replacement: `'refund.failed': { on: onRefundEnded, locks: refundRows }, 'refund.succeeded': {`,
      },
    ],
  },
  {
    name: 'hold-kept',
    rule: 'ORD-13',
    says: 'an order that was refunded in part stays held by the refund that succeeded',
    breaks: 'EVT-32',
    seed: 6,
    changes: [
      {
        file: 'services/order/src/order/order-refund.ts',
        fragment: 'hold: null,\n      refundedInstanceIds,',
        replacement: 'refundedInstanceIds,',
      },
    ],
  },
  {
    name: 'order-on-refunded-instance',
    rule: 'ORD-12',
    says: 'an order is accepted on an instance whose orders a refund holds',
    breaks: 'EVT-32',
    seed: 19,
    changes: [
      {
        file: 'services/order/src/order/order-instance-store.ts',
        fragment: ` or o.hold_kind = 'refund')`,
        replacement: ')',
      },
    ],
  },
  {
    name: 'ended-contract-unnamed',
    rule: 'ORD-13',
    says: 'an application does not name the ended contract that may still hold its order',
    breaks: 'CTR-27',
    seed: 12,
    changes: [
      {
        file: 'services/contract/src/contract/contract.ts',
        fragment: 'earlierEnded: earlierEnded.map((earlier) => ({ ...earlier }))',
        replacement: 'earlierEnded: []',
      },
    ],
  },
  {
    name: 'not-decided-again',
    rule: 'CTR-4',
    says: 'a contract is drafted although its orders are not what it was decided on',
    breaks: 'CTR-4',
    seed: 2,
    changes: [
      {
        file: 'services/contract/src/application.ts',
        fragment: 'if (refusals.length > 0) {',
        replacement: 'if (refusals.length < 0) {',
      },
    ],
  },
  {
    name: 'money-dropped',
    rule: 'ORD-5',
    says: 'money that arrives for an order that cannot be paid is dropped',
    breaks: 'ORD-5',
    seed: 2,
    changes: [
      {
        file: 'services/order/src/payment.ts',
        fragment: 'if (reason) await giveBack(tx, order, { paymentReference, parts, reason });',
        replacement: 'if (reason) return;',
      },
    ],
  },
  {
    name: 'overdue-reserved',
    rule: 'ORD-12',
    says: 'an order past its payBy is reserved for a contract',
    breaks: 'ORD-12',
    seed: 23,
    changes: [
      {
        file: reservation,
        fragment: 'const orders = await expireDue(tx, freed);',
        replacement: 'const orders = freed;',
      },
    ],
  },
  {
    name: 'paid-unseen',
    rule: 'RFD-13',
    says: 'a refund is paid whatever was told of its instance since it was approved',
    breaks: 'RFD-13',
    seed: 217,
    changes: [
      {
        file: 'services/refund/src/refund-request.ts',
        fragment: 'if (against.refusals.length > 0) {',
        replacement: 'if (against.refusals.length < 0) {',
      },
    ],
  },
];

export function plantOf(name: string): Planted {
  const found = planted.find((one) => one.name === name);
  if (!found)
    throw new Error(
      `There is no planted bug ${name}; there are ${planted.map((one) => one.name).join(', ')}.`,
    );
  return found;
}
