import type { Facts, Order, Resource } from './candidate.ts';

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
