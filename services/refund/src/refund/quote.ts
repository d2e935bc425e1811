import { newId, Refusal } from '@accord/core';
import { equal, isZero, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import {
  afterLine,
  lineOf,
  total,
  untouched,
  type Amounts,
  type Line,
  type RefundedOrder,
} from './amount.ts';
import {
  candidateOf,
  isGone,
  isOfSeveralCurrencies,
  isUsedPackage,
  originOf,
  type Candidate,
  type CandidateAsk,
  type Facts,
  type Order,
  type RefundKind,
  type Resource,
} from './candidate.ts';
import { forfeitedOrders, reasonsAgainst, type RefusalReason } from './eligibility.ts';

const goodForMs = 15 * 60_000;

export interface QuoteFacts extends Facts {
  /** Orders of the instances that gave something back before, with others of their instances. */
  readonly refunded: readonly RefundedOrder[];
}

/**
 * `amounts` and `lines` are what would come back were the reasons mended; null and none where the instance is
 * not found (RFD-4), or was paid in several currencies.
 */
export interface InstanceQuote {
  readonly instanceId: string;
  readonly refundable: boolean;
  readonly reasons: readonly RefusalReason[];
  readonly amounts: Amounts | null;
  readonly lines: readonly Line[];
}

export interface Quote {
  readonly quoteId: string;
  readonly accountId: string;
  readonly kind: RefundKind;
  readonly instances: readonly InstanceQuote[];
  /** The refundable instances together; null where there is none. */
  readonly total: Amounts | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** RFD-1. @throws Refusal `refund.mixed_currencies`. */
export function makeQuote(
  { accountId, kind, at }: Pick<Quote, 'accountId' | 'kind'> & { readonly at: Date },
  instances: readonly InstanceQuote[],
): Quote {
  const refundable = instances.flatMap((instance) =>
    instance.refundable && instance.amounts ? [instance.amounts] : [],
  );
  expectOneCurrency(instances.flatMap(({ amounts }) => amounts?.refund.currency ?? []));
  return {
    quoteId: newId('rfq'),
    accountId,
    kind,
    instances,
    total: refundable[0] ? total(refundable, refundable[0].refund.currency) : null,
    createdAt: at,
    expiresAt: new Date(at.getTime() + goodForMs),
  };
}

/** The part of each instance that would come back at `ask.at`, one after the other, and everything against it. */
export function quoteInstances(
  instanceIds: readonly string[],
  facts: QuoteFacts,
  ask: CandidateAsk,
  profile: Profile,
): InstanceQuote[] {
  const together = new Set(instanceIds);
  const soFar = new Map(facts.refunded.map((order) => [order.orderId, order]));
  const priced = instanceIds.map((instanceId) => {
    const candidate = candidateOf(instanceId, together, facts, ask);
    const hasSum = !isGone(candidate) && !isOfSeveralCurrencies(candidate);
    const lines = hasSum ? linesOf(candidate, profile, soFar) : [];
    return { candidate, lines, amounts: amountsOf(candidate, lines) };
  });
  const givesNothing = priced.every(({ candidate, amounts }) =>
    amounts ? isNothing(amounts) : !isOfSeveralCurrencies(candidate),
  );
  return priced.map(({ candidate, lines, amounts }) => {
    const { instanceId } = candidate;
    const reasons = reasonsAgainst({ ...candidate, givesNothing }, profile);
    if (reasons.some(({ code }) => code === 'INSTANCE_NOT_FOUND'))
      return { instanceId, refundable: false, reasons, amounts: null, lines: [] };
    return { instanceId, refundable: reasons.length === 0, reasons, amounts, lines };
  });
}

/** Null where no one sum says it. */
function amountsOf(candidate: Candidate, lines: readonly Line[]): Amounts | null {
  const origin = originOf(candidate);
  if (!origin || isOfSeveralCurrencies(candidate)) return null;
  return total(lines, (lines[0]?.paid ?? origin.cashPaid).currency);
}

const isNothing = ({ refund, split }: Amounts) => isZero(refund) && isZero(split.voucher);

/**
 * Whether the facts as reserved give what was quoted (RFD-12). Which order gives which part of it may differ.
 */
export const asQuoted = (
  refund: { readonly lines: readonly Line[]; readonly amount: Money },
  again: readonly InstanceQuote[],
): boolean =>
  again.every(({ instanceId, amounts }) => {
    const quoted = total(
      refund.lines.filter((line) => line.instanceId === instanceId),
      refund.amount.currency,
    );
    return (
      amounts !== null &&
      amounts.refund.currency === quoted.refund.currency &&
      equal(amounts.refund, quoted.refund) &&
      equal(amounts.split.voucher, quoted.split.voucher)
    );
  });

/**
 * A line for each paid order of the instance's whole life, one that gives nothing back included (RFD-5), or for each
 * renewal that has not begun, in full (RFD-9).
 * `soFar` learns of each: an order that has several of the instances is rounded over all of them (RFD-7).
 */
function linesOf(candidate: Candidate, profile: Profile, soFar: Map<string, RefundedOrder>): Line[] {
  const { instanceId, at } = candidate;
  const { refunds, timeZone } = profile;
  const paid = candidate.returning.filter(({ status }) => status === 'paid');
  const forfeits = forfeitedOrders(candidate, profile);
  return paid.map((order) => {
    const packageUsed = isUsedPackage(candidate, order, profile);
    const forfeited = forfeits.has(order.orderId);
    const ask = { instanceId, at, packageUsed, forfeited, orders: candidate.orders };
    const before = soFar.get(order.orderId) ?? untouched(order);
    const line = lineOf(order, ask, { ...refunds, timeZone }, before);
    soFar.set(order.orderId, afterLine(before, line));
    return line;
  });
}

function expectOneCurrency(currencies: readonly string[]): void {
  const different = [...new Set(currencies)];
  if (different.length > 1)
    throw new Refusal('invalid', 'refund.mixed_currencies', { currencies: different.join(', ') });
}

// The facts that decide about a refund, so that a change since it was asked for can be told (RFD-13).

/** A fact of an instance, of an order, or of what an order pays for on an instance. */
export interface KnownFact {
  readonly instanceId: string | null;
  readonly orderId: string | null;
  readonly fact: FactName;
  readonly value: string | null;
}

/** `before` is null where the fact was not there yet, `now` where it is there no more. */
export interface FactChange extends Omit<KnownFact, 'value'> {
  readonly before: string | null;
  readonly now: string | null;
}

const ofResource = [
  'start',
  'end',
  'usage',
  'inEffect',
  'frozenBy',
  'released',
  'archived',
  'scaledAt',
] as const satisfies (keyof Resource)[];
const ofOrder = ['status', 'fulfilment', 'invoiced', 'supportRightsUsed'] as const satisfies (keyof Order)[];
const ofMoney = ['cashPaid', 'voucherPaid'] as const satisfies (keyof Order)[];
const ofPeriod = ['periodStart', 'periodEnd'] as const;
export const factNames = [...ofResource, ...ofOrder, ...ofMoney, ...ofPeriod] as const;
type FactName = (typeof factNames)[number];

/** Of the instances and their living orders. */
export function knownFacts(
  instanceIds: readonly string[],
  { orders, resources }: Pick<Facts, 'orders' | 'resources'>,
): KnownFact[] {
  const living = orders.filter(({ status }) => status === 'paid' || status === 'unpaid');
  return [
    ...resources.filter(({ instanceId }) => instanceIds.includes(instanceId)).flatMap(factsOfResource),
    ...living.flatMap(factsOfOrder),
    ...living.flatMap((order) => factsOfPeriods(order, instanceIds)),
  ];
}

const factsOfResource = (resource: Resource): KnownFact[] =>
  ofResource.map((fact) => ({
    instanceId: resource.instanceId,
    orderId: null,
    fact,
    value: textOf(resource[fact]),
  }));

function factsOfOrder(order: Order): KnownFact[] {
  const about = { instanceId: null, orderId: order.orderId };
  return [
    ...ofOrder.map((fact) => ({ ...about, fact, value: textOf(order[fact]) })),
    ...ofMoney.map((fact) => ({ ...about, fact, value: order[fact].amount })),
  ];
}

const factsOfPeriods = ({ orderId, instances = [] }: Order, instanceIds: readonly string[]): KnownFact[] =>
  instances
    .filter(({ instanceId }) => instanceIds.includes(instanceId))
    .flatMap(({ instanceId, start, end }) => [
      { instanceId, orderId, fact: 'periodStart' as const, value: start },
      { instanceId, orderId, fact: 'periodEnd' as const, value: end },
    ]);

const textOf = (value: string | boolean | null): string | null => (value === null ? null : String(value));

export function changesOf(before: readonly KnownFact[], now: readonly KnownFact[]): FactChange[] {
  const keyOf = ({ instanceId, orderId, fact }: KnownFact) => JSON.stringify([instanceId, orderId, fact]);
  const [was, is] = [before, now].map((facts) => new Map(facts.map((fact) => [keyOf(fact), fact]))) as [
    Map<string, KnownFact>,
    Map<string, KnownFact>,
  ];
  return [...new Map([...was, ...is])].flatMap(([key, { value: _value, ...about }]) => {
    const change = { before: was.get(key)?.value ?? null, now: is.get(key)?.value ?? null };
    return change.before === change.now ? [] : [{ ...about, ...change }];
  });
}
