import type { Change } from '../changed-source.ts';
import type { Environment } from './environment.ts';

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
  /** In a replacement `$planted` is an expression: whether this bug is the one that is awake. */
  readonly changes?: readonly Change[];
  /** Of what the database decides. */
  readonly inDatabase?: ChangedFunction;
}

/** A function of the database with another text while the bug is awake. */
interface ChangedFunction {
  /** `schema.name`, of one signature. */
  readonly name: string;
  /** Text that must be in it, once. */
  readonly fragment: string;
  readonly replacement: string;
}

const reservation = 'services/order/src/reservation.ts';

export const planted: readonly Planted[] = [
  {
    name: 'no-memory-of-ends',
    rule: 'ORD-13',
    says: 'a holder that ended before it was reserved gets its orders all the same',
    breaks: 'EVT-32',
    seed: 16,
    changes: [
      {
        file: 'services/order/src/order/holder-store.ts',
        fragment: `return row.endedAt ? 'ended' : 'live';`,
        replacement: `return row.endedAt && !$planted ? 'ended' : 'live';`,
      },
    ],
  },
  {
    name: 'version-ignored',
    rule: 'EVT-5',
    says: 'an event that comes late overwrites what a newer one told',
    breaks: 'EVT-36',
    seed: 1,
    changes: [
      {
        file: 'libs/messaging/src/keep-newest.ts',
        fragment: 'writer.write(upsert,',
        replacement: `writer.write($planted ? upsert.replace(/where \\S+ < excluded.version/, '') : upsert,`,
      },
    ],
  },
  {
    name: 'release-unchecked',
    rule: 'ORD-13',
    says: 'the end of a contract frees the orders it lists, whoever holds them by now',
    breaks: 'EVT-32',
    seed: 21,
    changes: [
      {
        file: reservation,
        fragment: `endHolder(tx, { kind: 'contract', id: contract.contractId }, contract.accountId);`,
        replacement: `!$planted
          ? endHolder(tx, { kind: 'contract', id: contract.contractId }, contract.accountId)
          : (saveEnds(tx, { kind: 'contract', ids: [contract.contractId], accountId: contract.accountId }),
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
    seed: 7,
    changes: [
      {
        file: 'services/order/src/reservation.ts',
        fragment: `'refund.withdrawn': {`,
        replacement: `'refund.failed': {
          on: async (tx, event) => { if ($planted) await onRefundEnded(tx, event); }, locks: refundRows },
          'refund.withdrawn': {`,
      },
    ],
  },
  {
    name: 'hold-kept',
    rule: 'ORD-13',
    says: 'an order that was refunded in part stays held by the refund that succeeded',
    breaks: 'EVT-32',
    seed: 5,
    changes: [
      {
        file: 'services/order/src/order/order-refund.ts',
        fragment: 'hold: null,\n      refundedInstanceIds,',
        replacement: '...(!$planted && { hold: null }),\n      refundedInstanceIds,',
      },
    ],
  },
  {
    name: 'order-on-refunded-instance',
    rule: 'ORD-12',
    says: 'an order is accepted on an instance whose orders a refund holds',
    breaks: 'EVT-32',
    seed: 21,
    changes: [
      {
        file: 'services/order/src/order/order-instance-store.ts',
        fragment: ` or o.hold_kind = 'refund')`,
        replacement: '${$planted ? "" : " or o.hold_kind = \'refund\'"})',
      },
    ],
  },
  {
    name: 'ended-contract-unnamed',
    rule: 'ORD-13',
    says: 'an application does not name the ended contract that may still hold its order',
    breaks: 'CTR-27',
    seed: 62,
    changes: [
      {
        file: 'services/contract/src/contract/contract.ts',
        fragment: 'earlierEnded: earlierEnded.map((earlier) => ({ ...earlier }))',
        replacement: 'earlierEnded: $planted ? [] : earlierEnded.map((earlier) => ({ ...earlier }))',
      },
    ],
  },
  {
    name: 'not-decided-again',
    rule: 'CTR-4',
    says: 'a contract is drafted although its orders are not what it was decided on',
    breaks: 'CTR-4',
    seed: 39,
    changes: [
      {
        file: 'services/contract/src/application.ts',
        fragment: 'if (refusals.length > 0) {',
        replacement: 'if (refusals.length > 0 && !$planted) {',
      },
    ],
  },
  {
    name: 'bill-taken-twice',
    rule: 'CTR-5',
    says: 'an application takes a bill that a live contract has',
    breaks: 'CTR-5',
    seed: 19,
    changes: [
      {
        file: 'services/contract/src/bill-objections.ts',
        fragment: 'live !== null && inContract(',
        replacement: 'live !== null && !$planted && inContract(',
      },
      {
        file: 'services/contract/src/bill-contracts.ts',
        fragment: 'if (lost.length > 0) {',
        replacement: 'if (lost.length > 0 && !$planted) {',
      },
    ],
  },
  {
    name: 'bill-kept',
    rule: 'CTR-27',
    says: 'a contract that ends keeps its claims on bills',
    breaks: 'CTR-5',
    seed: 10,
    changes: [
      {
        file: 'services/contract/src/contract/contract-store.ts',
        fragment: `of ['live_orders', 'live_bills'])`,
        replacement: `of $planted ? ['live_orders'] : ['live_orders', 'live_bills'])`,
      },
    ],
  },
  {
    name: 'bill-not-followed',
    rule: 'CTR-35',
    says: 'a draft stays as it is when a bill is corrected',
    breaks: 'CTR-35',
    seed: 25,
    changes: [
      {
        file: 'services/contract/src/bill-contracts.ts',
        fragment: `if (contract.status !== 'draft') return;`,
        replacement: `if (contract.status !== 'draft' || $planted) return;`,
      },
    ],
  },
  {
    name: 'amount-not-followed',
    rule: 'CTR-35',
    says: 'a draft states a corrected bill and the amount of before',
    breaks: 'CTR-8',
    seed: 25,
    changes: [
      {
        file: 'services/contract/src/bill-contracts.ts',
        fragment: 'followBills(contract, amountOfBills(followed))',
        replacement: 'followBills(contract, $planted ? contract.amount! : amountOfBills(followed))',
      },
    ],
  },
  {
    name: 'withdrawn-bill-stays',
    rule: 'CTR-35',
    says: 'a contract lives on over a bill that is withdrawn',
    breaks: 'CTR-35',
    seed: 42,
    changes: [
      {
        file: 'services/contract/src/bill-contracts.ts',
        fragment: `if (bill.status === 'withdrawn') {`,
        replacement: `if (bill.status === 'withdrawn' && !$planted) {`,
      },
    ],
  },
  {
    name: 'money-dropped',
    rule: 'ORD-5',
    says: 'money that arrives for an order that cannot be paid is dropped',
    breaks: 'ORD-5',
    seed: 3,
    changes: [
      {
        file: 'services/order/src/payment.ts',
        fragment: 'if (reason) await giveBack(',
        replacement: 'if (reason && $planted) return;\n  if (reason) await giveBack(',
      },
    ],
  },
  {
    name: 'overdue-reserved',
    rule: 'ORD-12',
    says: 'an order past its payBy is reserved for a contract',
    breaks: 'ORD-12',
    seed: 36,
    changes: [
      {
        file: reservation,
        fragment: 'const orders = await expireDue(tx, freed);',
        replacement: 'const orders = $planted ? freed : await expireDue(tx, freed);',
      },
    ],
  },
  {
    name: 'paid-unseen',
    rule: 'RFD-13',
    says: 'a refund is paid whatever was told of its instance since it was approved',
    breaks: 'RFD-13',
    seed: 475,
    changes: [
      {
        file: 'services/refund/src/refund-request.ts',
        fragment: 'if (against.refusals.length > 0) {',
        replacement: 'if (against.refusals.length > 0 && !$planted) {',
      },
    ],
  },
  {
    name: 'renewal-keeps-its-time',
    rule: 'RFD-9',
    says: 'a renewal is given back alone, and its instance runs as long as before',
    breaks: 'RFD-9',
    seed: 59,
    changes: [
      {
        file: 'services/order/src/refund-settlement.ts',
        fragment: 'shortenResource(resource, paidTime(parts, resource))',
        replacement: 'shortenResource(resource, $planted ? 0 : paidTime(parts, resource))',
      },
    ],
  },
  {
    name: 'scaled-renewal-returned',
    rule: 'RFD-9',
    says: 'a renewal is given back alone although its instance was scaled after it',
    breaks: 'RFD-9',
    seed: 241,
    changes: [
      {
        file: 'services/refund/src/refund/eligibility.ts',
        fragment: `when(c.kind === 'renewal_only' && isScaledAfterRenewal(c))`,
        replacement: `when(!$planted && c.kind === 'renewal_only' && isScaledAfterRenewal(c))`,
      },
    ],
  },
  {
    name: 'rest-priced-twice',
    rule: 'ORD-24',
    says: 'a change of plan pays twice for the rest of a period',
    breaks: 'ORD-24',
    seed: 10,
    changes: [
      {
        file: 'services/order/src/order/plan-change.ts',
        fragment: 'const priced = periods.map((period) => layersOf(period, on));',
        replacement: `const priced = ($planted ? [...periods, ...periods] : periods).map((one) => layersOf(one, on));`,
      },
    ],
  },
  {
    name: 'difference-of-one',
    rule: 'ORD-24',
    says: 'an upgrade of several instances costs the difference of one',
    breaks: 'ORD-24',
    seed: 10,
    changes: [
      {
        file: 'services/order/src/order/plan-change.ts',
        fragment: 'costOf(difference!.mul(ask.count), unitPrice, sign > 0)',
        replacement: 'costOf(difference!.mul($planted ? 1 : ask.count), unitPrice, sign > 0)',
      },
    ],
  },
  {
    name: 'difference-kept',
    rule: 'ORD-24',
    says: 'a downgrade is settled, and its difference stays with the provider',
    breaks: 'ORD-24',
    seed: 66,
    changes: [
      {
        file: 'services/refund/src/automatic-credit.ts',
        fragment: 'const nothing = isNothing(split);',
        replacement: 'const nothing = isNothing(split) || $planted;',
      },
    ],
  },
  {
    name: 'end-lost',
    rule: 'ORD-26',
    says: 'an end that was told while an order was open is nobody’s once that order has failed',
    breaks: 'ORD-26',
    seed: 53,
    changes: [
      {
        file: 'services/order/src/period-settlement.ts',
        fragment: 'return reported ? settle(',
        replacement: 'return reported && !$planted ? settle(',
      },
    ],
  },
  {
    name: 'released-left-open',
    rule: 'ORD-11',
    says: 'an order stays open on an instance that was released',
    breaks: 'ORD-11',
    seed: 6,
    changes: [
      {
        file: 'services/order/src/resource-report.ts',
        fragment: 'if (told.released) orders =',
        replacement: 'if (told.released && !$planted) orders =',
      },
    ],
  },
  {
    name: 'failed-claim-spends',
    rule: 'ORD-21',
    says: 'a claim whose order can no longer be paid takes its transfer all the same',
    breaks: 'EVT-33',
    seed: 28,
    changes: [
      {
        file: 'services/order/src/remittance-claim.ts',
        fragment: 'const find = failure ? findFitting : takeRemittance;',
        replacement: 'const find = failure && !$planted ? findFitting : takeRemittance;',
      },
    ],
  },
  {
    name: 'claim-left-waiting',
    rule: 'ORD-21',
    says: 'a transfer that is reported wakes no claim',
    breaks: 'ORD-21',
    seed: 28,
    changes: [
      {
        file: 'services/order/src/remittance-claim.ts',
        fragment: 'wakeClaims(tx, told.bankReference);',
        replacement: 'if (!$planted) wakeClaims(tx, told.bankReference);',
      },
    ],
  },
  {
    name: 'difference-unnamed',
    rule: 'ORD-21',
    says: 'operators are not told that a payer is another one than the account',
    breaks: 'ORD-21',
    seed: 186,
    changes: [
      {
        file: 'services/order/src/remittance/claim.ts',
        fragment: 'payer: !isPayer,',
        replacement: 'payer: !isPayer && !$planted,',
      },
    ],
  },
  {
    name: 'older-report-overwrites',
    rule: 'ORD-11',
    says: 'a report that comes late overwrites what a newer one said of the instance',
    breaks: 'ORD-11',
    seed: 47,
    changes: [
      {
        file: 'services/order/src/resource-report.ts',
        fragment: 'if (known && known.reportVersion >= told.reportVersion) return known;',
        replacement: 'if (known && known.reportVersion >= told.reportVersion && !$planted) return known;',
      },
      {
        file: 'services/order/src/resource/resource.ts',
        fragment: 'if (report.reportVersion <= resource.reportVersion) return unchanged(resource);',
        replacement:
          'if (report.reportVersion <= resource.reportVersion && !$planted) return unchanged(resource);',
      },
    ],
  },
  {
    name: 'half-changed',
    rule: 'ORD-26',
    says: 'an order for several instances that are there takes effect on the first alone',
    breaks: 'ORD-26',
    seed: 7,
    changes: [
      {
        file: 'services/order/src/fulfilment.ts',
        fragment: 'if (!isThere)',
        replacement: `if (!isThere && !($planted && order.orderType !== 'purchase' && one !== order.instances[0]))`,
      },
    ],
  },
  {
    name: 'ticket-outlives',
    rule: 'CTR-24',
    says: 'the end of a contract leaves its tickets open',
    breaks: 'CTR-24',
    seed: 31,
    changes: [
      {
        file: 'services/contract/src/voiding.ts',
        fragment: 'if (decision.facts.length === 0) return',
        replacement: 'if ($planted || decision.facts.length === 0) return',
      },
    ],
  },
  {
    name: 'recorded-unapproved',
    rule: 'CTR-24',
    says: 'a contract is recorded for a ticket that nobody approved',
    breaks: 'CTR-36',
    seed: 1,
    changes: [
      {
        file: 'services/contract/src/ticket/ticket.ts',
        fragment: `if (status !== 'approved')`,
        replacement: `if (status !== 'approved' && !$planted)`,
      },
    ],
  },
  {
    name: 'recorded-without-number',
    rule: 'CTR-36',
    says: 'a contract signed outside is official under no number',
    breaks: 'CTR-36',
    seed: 26,
    changes: [
      {
        file: 'services/contract/src/contract/offline.ts',
        fragment: '    number,\n    finalizedAt: at,',
        replacement: '    number: $planted ? null : number,\n    finalizedAt: at,',
      },
    ],
  },
  {
    name: 'cancelled-uncounted',
    rule: 'ORD-23',
    says: 'the totals forget an order that is cancelled',
    breaks: 'ORD-23',
    seed: 2,
    inDatabase: {
      name: 'orders.on_changed',
      fragment: 'from changed) moved',
      replacement: `from changed) moved where status <> 'cancelled'`,
    },
  },
];

/**
 * All planted bugs are in the sources of one process, for loading them costs more than a run; each is asleep until it
 * is named.
 */
export const awake = {
  changesOf: ({ name, changes = [] }: Planted): Change[] =>
    changes.map((change) => ({
      ...change,
      replacement: change.replacement.replaceAll('$planted', `(globalThis.plantedBug === '${name}')`),
    })),

  /**
   * @returns how to put it to sleep again.
   * @throws Error where the database's function has not the fragment exactly once.
   */
  async wake(environment: Environment, name: string | undefined): Promise<() => Promise<void>> {
    const { inDatabase } = name === undefined ? {} : plantOf(name);
    const before = inDatabase && (await functionText(environment, inDatabase.name));
    if (inDatabase) {
      const { fragment, replacement } = inDatabase;
      const times = before!.split(fragment).length - 1;
      if (times !== 1)
        throw new Error(`${inDatabase.name} has this ${times} times, not once:\n  ${fragment}`);
      await environment.sql(before!.replace(fragment, () => replacement));
    }
    Object.assign(globalThis, { plantedBug: name });
    return async () => {
      Object.assign(globalThis, { plantedBug: undefined });
      if (before) await environment.sql(before);
    };
  },
};

async function functionText(environment: Environment, name: string): Promise<string> {
  const [row] = await environment.sql<{ text: string }>('select pg_get_functiondef($1::regproc) as text', [
    name,
  ]);
  return row!.text;
}

export function plantOf(name: string): Planted {
  const found = planted.find((one) => one.name === name);
  if (!found)
    throw new Error(
      `There is no planted bug ${name}; there are ${planted.map((one) => one.name).join(', ')}.`,
    );
  return found;
}
