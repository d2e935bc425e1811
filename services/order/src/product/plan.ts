import type { z } from 'zod';
import { Refusal } from '@accord/core';
import type { Plan as PlanSnapshot } from '@accord/events/product';
import type { Product, Publication } from './product.ts';

/** One size of a product (ORD-24). */
export type Plan = Readonly<z.infer<typeof PlanSnapshot>>;

export const plansOf = ({ plans }: Pick<Product, 'plans'>): readonly Plan[] => plans ?? [];

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
export function expectPlansStay(before: Product | undefined, publication: Publication): void {
  const codes = plansOf(publication).map(({ code }) => code);
  const gone = before && plansOf(before).find(({ code }) => !codes.includes(code));
  if (gone) throw new Refusal('conflict', 'product.plan_removed', { plan: gone.code });
}
