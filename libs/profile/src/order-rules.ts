// Rules about orders by which several services decide alike.

/** RFD-1: so many instances are in one quote at most; a bundle is quoted whole, whatever its size. */
export const mostInstancesOfQuote = 10;

/** ORD-26: some of its instances are there, others still to come; it gets no contract before the last. */
export const isInPart = ({
  fulfilment,
  instances = [],
}: {
  readonly fulfilment: string;
  readonly instances?: readonly unknown[] | undefined;
}): boolean => fulfilment === 'creating' && instances.length > 0;

interface Placed {
  readonly createdAt: Date | string;
  readonly planChange?: object | null | undefined;
  readonly servicePeriod: { readonly end: Date | string } | null;
}

/** ORD-8; a change of plan pays for a rest of a period, so only until that is over (ORD-24). */
export function payByOf({ createdAt, planChange, servicePeriod }: Placed, payWithinMs: number): Date {
  const latest = new Date(createdAt).getTime() + payWithinMs;
  return new Date(
    planChange && servicePeriod ? Math.min(latest, new Date(servicePeriod.end).getTime()) : latest,
  );
}
