import type { Subscriptions } from '@accord/messaging';
import type { Service } from '@accord/platform';

/**
 * A service as small as can be around the platform's outbox, relay, inbox and parking; its one table is
 * `seen`.
 */
export const smallService = (subscriptions: Subscriptions): Service => ({
  name: 'notification',
  schema: 'notifications',
  migrations: new URL('../migrations/', import.meta.url),
  routes: [],
  problems: {},
  timeZone: 'Asia/Shanghai',
  subscriptions,
  workers: [],
});
