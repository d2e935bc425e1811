/** The four services; the one place that lists them. */
export const serviceNames = ['order', 'contract', 'refund', 'notification'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** All that announce events: ours, and `platform` for other services of the provider's platform. */
export const speakers = [...serviceNames, 'platform'] as const;
export type Speaker = (typeof speakers)[number];
