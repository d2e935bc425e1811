import type { z } from 'zod';
import type { OrderInstance as OrderInstanceSnapshot } from '@accord/events/order';

// An instance of an order, with the period that the order pays for there (RFD-22, ORD-26).

/** An instance as the platform gave it; `end` is null where it runs until it is released. */
export type Given = Readonly<{
  instanceId: string;
  start: Date | null;
  end: Date | null;
  region: string | null;
  ipAddress: string | null;
}>;

type TellingOfPeriod = Pick<Given, 'start' | 'end'> & {
  /** The report of the instance that was the newest by then; 0 where there was none. */
  readonly afterReport?: number | undefined;
};

/** An instance that an order was given, its period as last reported. */
export type OrderInstance = Given & {
  /** The period as its fulfilment told it, which no correction changes; null until it did. */
  readonly told: TellingOfPeriod | null;
  /** When its period or its place was told last (ORD-25). */
  readonly knownSince: Date | null;
};

/** The instances with those of `given`, which take the place of what was known of them. */
export function joinInstances(
  instances: readonly OrderInstance[],
  given: readonly OrderInstance[],
): OrderInstance[] {
  const latest = new Map([...instances, ...given].map((instance) => [instance.instanceId, instance]));
  return [...latest.values()];
}

/** From the first start to the last end; null where one of them has none. */
export function servicePeriodOf(instances: readonly Given[]): { start: Date; end: Date } | null {
  const periods = instances.flatMap(({ start, end }) => (start && end ? [{ start, end }] : []));
  if (periods.length === 0 || periods.length < instances.length) return null;
  const [starts, ends] = [periods.map(({ start }) => Number(start)), periods.map(({ end }) => Number(end))];
  return { start: new Date(Math.min(...starts)), end: new Date(Math.max(...ends)) };
}

/** As every event of its order carries it; `plan` is the code of the plan that the order pays for. */
export const instanceSnapshot = (
  { told: _told, start, end, knownSince, ...instance }: OrderInstance,
  plan: string | null,
): z.output<typeof OrderInstanceSnapshot> => ({
  ...instance,
  start: start?.toISOString() ?? null,
  end: end?.toISOString() ?? null,
  plan,
  knownSince: knownSince?.toISOString() ?? null,
});
