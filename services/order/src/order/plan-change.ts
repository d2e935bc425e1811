import { Refusal } from '@accord/core';
import { roundHalfUp, zero, type Money } from '@accord/money';
import type { Profile } from '@accord/profile';
import {
  differenceOf,
  restsOf,
  unusedOf,
  type CountingRules,
  type PaidPeriod,
  type Rest,
} from '../product/plan-price.ts';
import { getPlan, plansOf, type Plan } from '../product/plan.ts';
import { chargeable, unitPriceOf, type Quote } from '../product/price.ts';
import type { Product } from '../product/product.ts';
import type { Resource } from '../resource/resource.ts';
import { billedFromNowOn, changesLeft, periodsLeft } from './instance-life.ts';
import type { Order } from './order.ts';
import { layersOf, partsOf, type LayeredPeriod, type Parts } from './paid-price.ts';

// ORD-24: the plan that an order is for, and a change from one plan to another.

interface Ask extends Pick<Order, 'orderType' | 'billType' | 'chargeType' | 'instanceIds' | 'count'> {
  /** Code of the plan that the order names. */
  readonly plan: string | null;
}

/** The instances that an order names, locked, and all their paid orders. */
export interface Named {
  readonly resources: readonly Resource[];
  readonly orders: readonly Order[];
}

/** An upgrade or a downgrade of a product with plans is a change of plan; of any other it is priced by duration. */
export const changesPlan = ({ orderType }: Pick<Order, 'orderType'>, product: Product): boolean =>
  (orderType === 'upgrade' || orderType === 'downgrade') && plansOf(product).length > 0;

/**
 * The plan that is bought or changed to; of every other order the one that its instances have. Null where there is
 * none: then the product's own prices hold.
 *
 * @throws Refusal `order.plan_required`, `order.plan_not_allowed`, `order.plan_unknown`, `order.plan_withdrawn`,
 * `order.instances_differ`.
 */
export function planOf(ask: Ask, product: Product, resources: readonly Resource[]): Plan | null {
  const { productCode } = product;
  const chooses = changesPlan(ask, product) || ask.orderType === 'purchase';
  if (!chooses) {
    if (ask.plan !== null)
      throw new Refusal('invalid', 'order.plan_not_allowed', { orderType: ask.orderType });
    return planOfInstances(product, resources);
  }
  if (ask.plan === null) {
    if (plansOf(product).length === 0) return null;
    throw new Refusal('invalid', 'order.plan_required', { plans: plansOf(product).map(({ code }) => code) });
  }
  const plan = getPlan(product, ask.plan);
  if (!plan.onSale) throw new Refusal('invalid', 'order.plan_withdrawn', { plan: plan.code, productCode });
  return plan;
}

function planOfInstances(product: Product, resources: readonly Resource[]): Plan | null {
  const [code = null, ...others] = new Set(resources.map(({ plan }) => plan ?? null));
  if (others.length > 0) throw instancesDiffer(resources);
  return code === null ? null : getPlan(product, code);
}

const instancesDiffer = (resources: readonly Resource[]) =>
  new Refusal('invalid', 'order.instances_differ', {
    instanceIds: resources.map(({ instanceId }) => instanceId),
  });

/** `servicePeriod` is null where the instances are billed by use. */
type ChangeOfPlan = Pick<Order, 'planChange' | 'servicePeriod'> & { readonly quote: Quote };

interface ChangeRules extends CountingRules {
  readonly currency: string;
  readonly returns: Profile['orders']['downgradeReturns'];
  readonly now: Date;
}

const dayMs = 86_400_000;

/**
 * A change of plan takes effect at once and is for the rest of all that the instances were paid for, renewals that
 * have not begun included: from the price that each period was ordered at to what the catalogue says now. An upgrade
 * costs the difference, half up once; a downgrade costs nothing. Money is split equally over the instances of an order
 * (ORD-14), so the difference of each has to be the same.
 *
 * @throws Refusal `order.plan_unchanged`, `order.instance_frozen`, `order.instance_billed_otherwise`,
 * `order.no_running_period`, `order.too_late_to_upgrade`, `order.not_an_upgrade`, `order.not_a_downgrade`,
 * `order.instances_differ`, `order.price_missing`, `order.amount_too_small`, `order.amount_too_large`.
 */
export function changePlan(
  ask: Ask,
  { product, plan, resources, orders }: Named & { readonly product: Product; readonly plan: Plan },
  rules: ChangeRules,
): ChangeOfPlan {
  for (const resource of resources) expectChangeable(ask, resource, plan);
  const before = planOfInstances(product, resources);
  const from = before?.code ?? null;
  const unitPrice = unitPriceOf(plan.prices, { chargeType: ask.chargeType, currency: rules.currency });
  const paidFor = resources.map(({ instanceId }) => paidForOn(ask, instanceId, { orders, now: rules.now }));
  if (ask.billType === 'postpay') {
    expectByUse(paidFor);
    const planChange = { from, returns: 'none' as const, rest: [] };
    return { planChange, servicePeriod: null, quote: { unitPrice, productAmount: null } };
  }

  const returns = ask.orderType === 'downgrade' ? rules.returns : 'none';
  const each = paidFor.map(({ instanceId, periods, changes }) => {
    const end = endOf(ask, instanceId, { periods, now: rules.now });
    const on = { instanceId, orders, currency: rules.currency };
    const priced = periods.map((period) => layersOf(period, on));
    const rests = restsOf(priced, rules.now, { ...rules, prices: plan.prices }, rules);
    const given = returns === 'difference' ? givenBack({ ...on, priced, rests, changes }, rules) : rests;
    return { instanceId, end, rests, given };
  });
  const [difference, ...others] = each.map(({ rests }) => differenceOf(rests));
  if (others.some((other) => !other.equals(difference!))) throw instancesDiffer(resources);
  const sign = ask.orderType === 'upgrade' ? 1 : -1;
  if (difference!.mul(sign).compare(0) < 0)
    throw new Refusal('invalid', sign > 0 ? 'order.not_an_upgrade' : 'order.not_a_downgrade', {
      plan: plan.code,
      from,
    });
  const starts = each.map(({ rests }) => Number(rests[0]?.start ?? rules.now));
  const ends = each.map(({ end }) => Number(end));
  return {
    planChange: {
      from,
      returns,
      rest: each.flatMap(({ instanceId, given }) => given.map((rest) => restSnapshot(instanceId, rest))),
    },
    servicePeriod: { start: new Date(Math.min(...starts)), end: new Date(Math.max(...ends)) },
    quote: { unitPrice, productAmount: costOf(difference!.mul(ask.count), unitPrice, sign > 0) },
  };
}

type GivenRest = Rest & Partial<Parts>;

interface Giving {
  readonly instanceId: string;
  readonly orders: readonly Order[];
  readonly priced: readonly LayeredPeriod[];
  readonly rests: readonly Rest[];
  readonly changes: readonly PaidPeriod[];
}

/** The rests with the part of each order that comes back, and those of earlier upgrades that give something back. */
function givenBack({ priced, rests, changes, ...on }: Giving, rules: ChangeRules): GivenRest[] {
  const [first] = rests;
  const parts = partsOf(priced, rests, on);
  const beside = changes.flatMap((change) =>
    unusedOf(change, rules.now, rules).flatMap((rest) => {
      const gives = parts.get(rest.orderId)?.returned.compare(0);
      return first && gives ? { ...first, ...rest } : [];
    }),
  );
  return [...rests, ...beside].map((rest) => ({ ...rest, ...parts.get(rest.orderId) }));
}

interface PaidFor {
  readonly instanceId: string;
  readonly periods: readonly PaidPeriod[];
  /** The periods of earlier changes of plan. */
  readonly changes: readonly PaidPeriod[];
}

/** @throws Refusal `order.instance_billed_otherwise`. */
function paidForOn(
  { billType }: Ask,
  instanceId: string,
  { orders, now }: { readonly orders: readonly Order[]; readonly now: Date },
): PaidFor {
  const own = orders.filter(({ instanceIds }) => instanceIds.includes(instanceId));
  expectBilled(billType, own, instanceId);
  return {
    instanceId,
    periods: periodsLeft(own, instanceId, now),
    changes: changesLeft(own, instanceId, now),
  };
}

/** Until a switch to postpay takes effect (ORD-2), an instance is paid for and not billed by use. */
function expectByUse(paidFor: readonly PaidFor[]): void {
  const stillPaid = paidFor.find(({ periods }) => periods.length > 0);
  if (stillPaid) throw billedOtherwise(stillPaid.instanceId, 'prepay');
}

function costOf(
  difference: ReturnType<typeof differenceOf>,
  unitPrice: Quote['unitPrice'],
  isUpgrade: boolean,
): Money {
  const { currency } = unitPrice;
  if (!isUpgrade || difference.equals(0)) return zero(currency);
  return chargeable(roundHalfUp(difference, currency), unitPrice);
}

function expectChangeable(ask: Ask, { instanceId, frozenBy, plan: has }: Resource, plan: Plan): void {
  if (frozenBy) throw new Refusal('conflict', 'order.instance_frozen', { instanceId, frozenBy });
  if (has === plan.code)
    throw new Refusal('conflict', 'order.plan_unchanged', { instanceId, plan: plan.code });
}

/** @throws Refusal `order.instance_billed_otherwise`. */
function expectBilled(billType: Order['billType'], orders: readonly Order[], instanceId: string): void {
  const billed = billedFromNowOn(orders);
  if (billed && billed !== billType) throw billedOtherwise(instanceId, billed);
}

/** Of all instances that the order names. @throws Refusal `order.instance_billed_otherwise`. */
export function expectEachBilled({ billType, instanceIds }: Ask, orders: readonly Order[]): void {
  for (const id of instanceIds)
    expectBilled(
      billType,
      orders.filter((order) => order.instanceIds.includes(id)),
      id,
    );
}

/**
 * ORD-2: a switch to prepay starts a period now, which would be paid for twice where the instance has time left.
 *
 * @throws Refusal `order.instance_paid`.
 */
export function expectNothingPaid(
  { billType, chargeType, instanceIds }: Ask,
  orders: readonly Order[],
  now: Date,
): void {
  if (billType !== 'prepay' || chargeType !== 'subscription') return;
  for (const instanceId of instanceIds) {
    const paidUntil = Math.max(...periodsLeft(orders, instanceId, now).map(({ end }) => end.getTime()));
    if (paidUntil > now.getTime())
      throw new Refusal('conflict', 'order.instance_paid', {
        instanceId,
        paidUntil: new Date(paidUntil).toISOString(),
      });
  }
}

const billedOtherwise = (instanceId: string, billType: Order['billType']) =>
  new Refusal('conflict', 'order.instance_billed_otherwise', { instanceId, billType });

/** The end of all that is paid for. An upgrade is for a day at least. */
function endOf(
  { orderType }: Ask,
  instanceId: string,
  { periods, now }: { readonly periods: readonly PaidPeriod[]; readonly now: Date },
): Date {
  if (periods.length === 0) throw new Refusal('conflict', 'order.no_running_period', { instanceId });
  const end = new Date(Math.max(...periods.map((period) => period.end.getTime())));
  if (orderType === 'upgrade' && end.getTime() - now.getTime() < dayMs)
    throw new Refusal('conflict', 'order.too_late_to_upgrade', { instanceId, end: end.toISOString() });
  return end;
}

const restSnapshot = (instanceId: string, { returned, kept, ...rest }: GivenRest) => ({
  instanceId,
  ...rest,
  ...(returned && kept && { returned: returned.toFraction(), kept: kept.toFraction() }),
  start: rest.start.toISOString(),
  end: rest.end.toISOString(),
  priceBefore: rest.priceBefore.toString(),
  priceAfter: rest.priceAfter.toString(),
});

/** The rest that a change of plan is for on an instance; undefined where it is billed by use. */
export function restOfInstance(
  { planChange, servicePeriod }: Pick<Order, 'planChange' | 'servicePeriod'>,
  instanceId: string,
): { start: Date; end: Date } | undefined {
  const rests = (planChange?.rest ?? []).filter((rest) => rest.instanceId === instanceId);
  const [first] = rests;
  if (!first) return servicePeriod ?? undefined;
  const ends = rests.map(({ end }) => Date.parse(end));
  return { start: new Date(first.start), end: new Date(Math.max(...ends)) };
}

/** As the customer saw it: what the plan has, then all that was chosen besides. */
export function configurationOf(
  { configuration }: Pick<Order, 'configuration'>,
  plan: Plan | null,
): Order['configuration'] {
  const ofPlan = plan?.configuration ?? [];
  const others = configuration.filter(({ name }) => !ofPlan.some((item) => item.name === name));
  return [...ofPlan, ...others];
}
