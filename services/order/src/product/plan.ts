import type { z } from 'zod';
import { Refusal } from '@accord/core';
import type { Plan as PlanSnapshot, ProductSnapshot } from '@accord/events/product';

/** One size of a product (ORD-24). */
export type Plan = Readonly<z.infer<typeof PlanSnapshot>>;
type Product = Readonly<z.infer<typeof ProductSnapshot>>;
type WithPlans = Pick<Product, 'plans'>;

export const plansOf = ({ plans }: WithPlans): readonly Plan[] => plans ?? [];

/** @throws Refusal `order.plan_unknown`. */
export function getPlan(product: Product, code: string): Plan {
  const plan = plansOf(product).find((one) => one.code === code);
  if (plan) return plan;
  throw new Refusal('invalid', 'order.plan_unknown', { plan: code, productCode: product.productCode });
}

/** The prices of an instance that has this plan: the product's own where it has none. */
export const pricesOf = (product: Product, plan: Plan | null): Product['prices'] => (plan ?? product).prices;

/**
 * Instances keep their plan, so one that was published once stays in the catalogue; `onSale: false` withdraws it.
 *
 * @throws Refusal `product.plan_removed`.
 */
export function expectPlansStay(before: WithPlans | undefined, publication: WithPlans): void {
  const codes = plansOf(publication).map(({ code }) => code);
  const gone = before && plansOf(before).find(({ code }) => !codes.includes(code));
  if (gone) throw new Refusal('conflict', 'product.plan_removed', { plan: gone.code });
}
